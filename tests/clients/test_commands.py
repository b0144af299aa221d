"""The commands as a new user meets them: results on stdout, everything else on stderr, exit codes, and what wrong input says."""

import json
import re
import signal
import subprocess

import botocore.exceptions
import pytest
from conftest import BINARY, HANDLERS, ROOT, function, go1x, in_parallel, invoke, run_lambox

ECHO = HANDLERS / "echo-x86_64"


def test_run_prints_the_result_alone_on_stdout_and_the_log_on_stderr():
    code, out, err = run_lambox("run", ECHO, "--event", "-", stdin=b'{"a": 1}')
    assert (code, out) == (0, '{"a": 1}\n')
    assert err.startswith("INIT_START \nSTART RequestId: ") and re.search(r"\nREPORT RequestId: .*Init Duration: .* ms\t\n$", err)
    assert "\x1b[" not in err + out


def test_run_takes_a_single_binary_a_folder_or_a_zip(tmp_path):
    import zipfile

    package = tmp_path / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        info = zipfile.ZipInfo("bootstrap")
        info.external_attr = 0o755 << 16
        archive.writestr(info, (ECHO / "bootstrap").read_bytes())
    for code_path in (ECHO, ECHO / "bootstrap", package):
        code, out, _ = run_lambox("run", code_path, "--architecture", "x86_64")
        assert (code, out) == (0, "{}\n"), code_path
    binary = HANDLERS / "go1.x-x86_64" / "sample-lambda"
    code, out, _ = run_lambox("run", binary, "--runtime", "go1.x", "--handler", "sample-lambda")
    assert code == 0 and json.loads(out)["statusCode"] == 200


def test_run_refuses_a_zip_that_would_write_outside(tmp_path):
    import zipfile

    package = tmp_path / "evil.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("../evil", "x")
    code, out, err = run_lambox("run", package)
    assert code == 3 and out == "" and "evil.zip" in err
    assert not (tmp_path / "evil").exists()


def test_run_reads_layers_and_variables(tmp_path):
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "bootstrap").write_bytes((ECHO / "bootstrap").read_bytes())
    (layer / "bootstrap").chmod(0o755)
    empty = tmp_path / "empty"
    empty.mkdir()
    code, out, _ = run_lambox("run", empty, "--layer", layer, "--env", "KEY=value", "--architecture", "x86_64")
    assert (code, out) == (0, "{}\n")


def test_run_as_json_carries_the_figures_and_the_emulation():
    code, out, err = run_lambox("run", HANDLERS / "echo-arm64", "--json")
    figures = json.loads(out)["figures"]
    assert code == 0 and figures["emulated"] is True and figures["emulator"].startswith("qemu-aarch64")
    assert "not comparable" in err
    report = [line for line in err.splitlines() if line.startswith("REPORT")][0]
    for name, member in [
        ("Duration", "duration_ms"),
        ("Billed Duration", "billed_duration_ms"),
        ("Max Memory Used", "max_memory_used_mb"),
        ("Init Duration", "init_duration_ms"),
    ]:
        printed = float(re.search(rf"\t{name}: ([\d.]+) ", report).group(1))
        assert abs(printed - figures[member]) < 0.0051, name  # printed with two decimals


def test_a_failing_function_is_exit_code_one():
    code, out, _ = run_lambox("run", HANDLERS / "fail-x86_64", "--event", "-", stdin=b'{"type":"T","message":"m"}')
    assert code == 1 and json.loads(out)["errorType"] == "T"


@pytest.mark.parametrize(
    "arguments, stdin, words",
    [
        (["run"], b"", "PATH"),
        (["run", "/no/such/path"], b"", "/no/such/path"),
        (["run", ECHO, "--memory-size", "64"], b"", "128"),
        (["run", ECHO, "--timeout", "901"], b"", "900"),
        (["run", ECHO, "--timeout", "soon"], b"", "--timeout"),
        (["run", ECHO, "--runtime", "cobol"], b"", "cobol"),
        (["run", ECHO, "--architecture", "sparc"], b"", "sparc"),
        (["run", ECHO, "--event", "-"], b"{", "JSON"),
        (["run", ECHO, "--event", "/no/such/event"], b"", "/no/such/event"),
        (["run", ECHO, "--env", "no-equals"], b"", "--env"),
        (["run", ECHO, "--isolation", "sandbag"], b"", "sandbox"),
        (["run", ECHO, "--no-such-flag"], b"", "--no-such-flag"),
        (["serve", "--port", "70000"], b"", "65535"),
        (["serve", "--era", "yesterday"], b"", "--era"),
        (["compare", "/no/such/file.yaml"], b"", "/no/such/file.yaml"),
        (["dance"], b"", "dance"),
        ([], b"", "serve"),
    ],
)
def test_wrong_usage_is_exit_code_two_and_says_what_is_wrong(arguments, stdin, words):
    code, out, err = run_lambox(*arguments, stdin=stdin)
    assert code == 2 and out == "" and words in err, (code, err)


@pytest.mark.parametrize("command", ["serve", "run", "invoke", "compare", "runtimes"])
def test_every_command_has_help_with_examples(command):
    code, out, err = run_lambox(command, "--help")
    assert code == 0 and err == "" and "Example" in out and f"lambox {command}" in out


def test_version():
    code, out, _ = run_lambox("--version")
    assert code == 0 and re.fullmatch(r"lambox \d+\.\d+\.\d+\ncommit ([0-9a-f]{12}(-dirty)?|unknown)\nbuild \w+, (static|dynamic), \w+\n", out)


def test_variables_stand_for_flags_and_flags_win():
    code, out, _ = run_lambox("run", HANDLERS / "sleep-x86_64", "--event", "-", stdin=b'{"ms": 1}', env={"LAMBOX_TIMEOUT": "0"})
    assert code == 2
    code, _, _ = run_lambox("run", HANDLERS / "sleep-x86_64", "--timeout", "5", "--event", "-", stdin=b'{"ms": 1}', env={"LAMBOX_TIMEOUT": "0"})
    assert code == 0


BAD_CONFIG = """\
region: us-east-1
regoin: x
functions:
  bad name!:
    runtime: provided.al2
    code: .
  small:
    runtime: provided.al2
    code: /no/such/folder
    memory_size: 100
    timeout: [3]
    memmory: 1
"""


def test_every_violation_of_a_file_is_told_at_once_with_its_line(tmp_path):
    config = tmp_path / "lambox.yaml"
    config.write_text(BAD_CONFIG)
    code, out, err = run_lambox("serve", "--config", config)
    assert code == 2 and out == ""
    for line, words in [(2, "regoin"), (4, "bad name!"), (9, "/no/such/folder"), (10, "128"), (11, "timeout"), (12, "memmory")]:
        assert any(text.startswith(f"{config}:{line}:") and words in text for text in err.splitlines()), (line, words, err)


def test_invoke_talks_to_a_running_service(start, tmp_path):
    server = start({"echo": function("echo"), "fail": function("fail")})
    endpoint = ["--endpoint", server.url]
    event = tmp_path / "event.json"
    event.write_text('{"k": "v"}')
    code, out, err = run_lambox("invoke", "echo", "--event", event, *endpoint)
    assert (code, out) == (0, '{"k": "v"}\n') and "REPORT RequestId" in err
    code, out, _ = run_lambox("invoke", "fail", "--event", "-", *endpoint, stdin=b'{"type":"T","message":"m"}')
    assert code == 1 and json.loads(out)["errorType"] == "T"
    code, out, err = run_lambox("invoke", "nope", *endpoint)
    assert code == 1 and out == "" and "Function not found" in err
    code, out, _ = run_lambox("invoke", "echo", "--invocation-type", "DryRun", *endpoint)
    assert (code, out) == (0, "")


def test_invoke_without_a_service_says_so():
    code, out, err = run_lambox("invoke", "echo", "--endpoint", "http://127.0.0.1:9")
    assert code == 3 and out == "" and "lambox serve" in err


def test_runtimes_lists_every_identifier_with_how_it_runs_here():
    code, out, _ = run_lambox("runtimes", "--era", "2022-11-19")
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line and not line.startswith(("IDENTIFIER", "INIT"))}
    seventeen = (
        "nodejs18.x nodejs16.x nodejs14.x nodejs12.x python3.9 python3.8 python3.7 java11 java8.al2 java8 dotnetcore3.1 dotnet6 "
        "dotnet5.0 go1.x ruby2.7 provided.al2 provided"
    ).split()
    assert set(seventeen) <= set(rows) and len(rows) >= 50
    assert "free" in rows["go1.x"] and "yes: Go RPC" in rows["go1.x"] and "Amazon Linux " in rows["go1.x"]
    assert "billed" in rows["provided.al2"] and "x86_64, arm64" in rows["provided.al2"]
    assert "bootstrap" not in rows["python3.9"]
    code, out, _ = run_lambox("runtimes", "--json")
    assert code == 0 and all(row["init_billed"] for row in json.loads(out)["runtimes"])


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    config = ROOT / "sample-handlers" / "go-comparison" / "lambox.yaml"
    page, data = folder / "page.html", folder / "samples.json"
    code, out, err = run_lambox("compare", config, "--requests", "40", "--cold", "4", "--html", page, "--json", data, timeout=300)
    assert code == 0, err
    return out, err, page, json.loads(data.read_text())


def test_compare_prints_the_article_s_table_and_marks_emulation(comparison):
    out, err, _, _ = comparison
    for words in ("Start", "Avg. Billed", "Avg. Max.", "Avg. Init", "Memory Used", "Runtime", "p50", "p99"):
        assert words in out
    assert "go1.x" in out and "provided.al2" in out and "2022-11-19" in out
    assert "not comparable" in out and "qemu-aarch64" in out + err
    assert "\x1b[" not in out


def test_compare_s_json_has_the_documented_shape_and_its_own_arithmetic(comparison):
    _, _, _, data = comparison
    assert data["era"] == "2022-11-19"
    functions = {f["name"]: f for f in data["functions"]}
    assert list(functions) == ["go1x-x86_64", "al2-arm64", "al2-x86_64"]
    assert functions["go1x-x86_64"]["init_billed"] is False and functions["al2-x86_64"]["init_billed"] is True
    assert functions["al2-arm64"]["emulated"] is True and functions["al2-x86_64"]["emulated"] is False
    for f in functions.values():
        assert f["cold"]["count"] == 4 and f["warm"]["count"] == 40
        assert f["warm"]["init_ms"] is None and f["cold"]["init_ms"]["mean"] > 0
        for series in ("cold", "warm"):
            for figure in ("duration_ms", "billed_ms", "max_memory_mb"):
                assert set(f[series][figure]) == {"mean", "p50", "p90", "p99", "max"}
    assert len(data["samples"]) == 3 * 44


def test_go1_x_s_init_is_free_in_2022_and_added_in_2026():
    for era, free in (("2022-11-19", True), ("2026-11-01", False)):
        config = ROOT / "sample-handlers" / "go-comparison" / "lambox.yaml"
        code, out, err = run_lambox("compare", config, "--requests", "3", "--cold", "3", "--era", era, "--json", "/dev/fd/1", timeout=300)
        assert code == 0, err
        data = json.loads(out[out.index('{\n') if '{\n' in out else out.index('{"') :])
        checked = 0
        for sample in data["samples"]:
            function_ = sample["function"]
            name = data["functions"][function_]["name"] if isinstance(function_, int) else function_
            if name != "go1x-x86_64" or not sample.get("init_ms"):
                continue
            exact = sample["duration_ms"] + (0 if free else sample["init_ms"])
            assert sample["billed_ms"] - 1 < exact <= sample["billed_ms"]
            checked += 1
        assert checked == 3


def test_the_page_is_self_contained_and_draws_its_charts(comparison, tmp_path):
    _, _, page, _ = comparison
    text = page.read_text()
    assert not re.search(r'(src|href)="https?:', text)
    dom = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path}/profile", "--virtual-time-budget=5000", "--dump-dom", f"file://{page}"],
        capture_output=True, timeout=120,
    )
    html = dom.stdout.decode(errors="replace")
    assert html.count("<canvas") >= 2, dom.stderr.decode(errors="replace")[-2000:]
    assert "go1x-x86_64" in html


@pytest.mark.parametrize("drain, answered", [("25", True), ("0", False)])
def test_serving_in_a_test_container(start, drain, answered):
    """What waits for a container needs: a ready line of JSON, a health route, and an end by SIGTERM that lets work finish in time."""
    lambox = start({"sleep": function("sleep", timeout=120)}, "--drain-timeout", drain)  # reads the ready line
    code, out, _ = run_lambox("health", "--endpoint", lambox.url)
    assert (code, out) == (0, "healthy\n")
    client = lambox.client()

    def call():
        try:
            return invoke(client, "sleep", {"ms": 1_000 if answered else 100_000})[1] is None
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            return False

    def end_it():
        lambox.wait_log("START RequestId")
        lambox.process.send_signal(signal.SIGTERM)

    assert in_parallel([call, end_it])[0] == answered
    assert lambox.stop(signals=0) == 0
