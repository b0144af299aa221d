"""Every language's own runtime client through the real server: cold, warm, errors, crashes, timeouts, large payloads, logs; and what AWS's
managed runtimes do beside: layers, exec wrappers, variables."""

import base64
import json
import threading

import pytest
from conftest import invoke, run_lambox
from containment import need_sandbox
from languages import LANGUAGES, clients_option, hello, need, runtime_of, runtimes
from packages import create, zipped

EACH = pytest.mark.parametrize("language", LANGUAGES)


def tail_of(answer):
    return base64.b64decode(answer["LogResult"]).decode(errors="replace")


@pytest.fixture
def serve(start):
    """`serve(functions, *arguments)`: a running Lambox that knows where the runtime clients are."""
    return lambda functions, *arguments: start(functions, *clients_option(), *arguments)


@EACH
@pytest.mark.parametrize("isolation", ["process", "sandbox"])
def test_cold_and_warm(serve, language, isolation):
    need(language)
    if isolation == "sandbox":
        need_sandbox()
    client = serve({"f": hello(language)}, "--isolation", isolation).client()
    tails = []
    for event in ({"a": ["ü", 1, None]}, {"b": 2.5}):
        value, error, answer = invoke(client, "f", event, LogType="Tail")
        tails.append(tail_of(answer))
        assert error is None and value == event, tails
        assert "hello from" in tails[-1] and answer["ResponseMetadata"]["RequestId"] in tails[-1]
    assert "Init Duration: " in tails[0] and "Init Duration: " not in tails[1]


@EACH
def test_a_handler_s_error_is_the_answer_and_the_environment_goes_on(serve, language):
    client = serve({"f": hello(language)}).client()
    value, error, _ = invoke(client, "f", {"fail": True})
    assert error == "Unhandled" and value["errorMessage"] == "as asked"
    assert value["errorType"] == LANGUAGES[language][3] or LANGUAGES[language][3] is None
    value, error, answer = invoke(client, "f", {"again": 1}, LogType="Tail")
    assert error is None and value == {"again": 1}
    assert "Init Duration: " not in tail_of(answer)


@EACH
def test_a_crash_is_an_exit_error_and_the_next_one_starts_anew(serve, language):
    client = serve({"f": hello(language)}).client()
    value, error, answer = invoke(client, "f", {"crash": True})
    request = answer["ResponseMetadata"]["RequestId"]
    assert error == "Unhandled"
    assert value == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request} Error: Runtime exited with error: exit status 3"}
    assert invoke(client, "f", {"again": 1})[0] == {"again": 1}


@EACH
def test_a_timeout_ends_it_and_its_log_came_while_it_ran(serve, language):
    server = serve({"f": hello(language, timeout=4)})
    answers = []
    caller = threading.Thread(target=lambda: answers.append(invoke(server.client(), "f", {"sleep_ms": 60_000})))
    caller.start()
    server.wait_log("hello from", seconds=60)
    assert caller.is_alive()  # the line is there before the answer is
    caller.join()
    value, error, _ = answers[0]
    assert error == "Unhandled" and value["errorType"] == "Sandbox.Timedout"
    assert value["errorMessage"].endswith("Task timed out after 4.00 seconds")


@EACH
def test_6_mb_there_and_back(serve, language):
    client = serve({"f": hello(language, memory_size=1024)}).client()
    value, error, answer = invoke(client, "f", {"size": 6 * 1024 * 1024})
    assert error is None and len(answer["Body"]) == 6 * 1024 * 1024 and value == "x" * (6 * 1024 * 1024 - 2)
    event = {"text": "y" * (6 * 1024 * 1024 - 100)}
    assert invoke(client, "f", event)[0] == event
    value, error, _ = invoke(client, "f", {"size": 6 * 1024 * 1024 + 200})
    assert error == "Unhandled" and value["errorType"] == "Function.ResponseSizeTooLarge"


# What follows is about managed runtimes, shown in Python.

PROBE = """
import os, sys
try:
    import from_layer
    layer = from_layer.NAME
except ImportError:
    layer = None
def handler(event, context):
    return {"variables": dict(os.environ), "path": sys.path, "layer": layer, "flags": sys.flags.verbose, "cwd": os.getcwd(),
            "optimised": sys.flags.optimize, "uid": os.getuid()}
"""


def probe(tmp_path, **settings):
    folder = tmp_path / "probe"
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(PROBE)
    return hello("python", code=str(folder), handler="app.handler", **settings)


def layer_of(tmp_path, name, text):
    """A layer with one executable file."""
    path = tmp_path / "layer" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(tmp_path / "layer")


def test_a_sandbox_shows_aws_s_variables_paths_and_user(serve, tmp_path):
    need("python")
    need_sandbox()
    layer = layer_of(tmp_path, "python/from_layer.py", "NAME = 'layer'\n")
    runtime = runtime_of("python")
    client = serve({"f": probe(tmp_path, layers=[layer])}, "--isolation", "sandbox").client()
    seen, error, _ = invoke(client, "f")
    assert error is None, seen
    variables = seen["variables"]
    expected = {
        "_HANDLER": "app.handler",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "PYTHONPATH": "/var/runtime",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PWD": "/var/task",
        "SHLVL": "0",
    }
    assert {name: variables.get(name) for name in expected} == expected
    assert not [name for name in variables if name.startswith("LAMBOX") and name != "LAMBOX_TEST"]
    assert seen["cwd"] == "/var/task" and seen["path"][0] == "/var/task" and seen["layer"] == "layer"
    version = runtime.removeprefix("python")
    assert seen["path"][1:3] == [f"/opt/python/lib/python{version}/site-packages", "/opt/python"]


def test_without_a_sandbox_layers_and_package_lie_where_they_are(serve, tmp_path):
    need("python")
    layer = layer_of(tmp_path, "python/from_layer.py", "NAME = 'layer'\n")
    client = serve({"f": probe(tmp_path, layers=[layer])}, "--isolation", "process").client()
    seen, error, _ = invoke(client, "f")
    assert error is None, seen
    assert seen["layer"] == "layer" and seen["variables"]["LAMBDA_TASK_ROOT"] == seen["cwd"] == str(tmp_path / "probe")


# AWS's own example: the wrapper puts options of the interpreter before the last word of its command.
WRAPPER = '#!/bin/bash\nset -- "${@:1:$#-1}" -O "${@: -1}"\nexport WRAPPED=yes\nexec "$@"\n'


@pytest.mark.parametrize("isolation", ["process", "sandbox"])
def test_an_exec_wrapper_starts_the_runtime(serve, tmp_path, isolation):
    need("python")
    if isolation == "sandbox":
        need_sandbox()
    layer = layer_of(tmp_path, "wrapper", WRAPPER)
    settings = {"layers": [layer], "environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}}
    client = serve({"f": probe(tmp_path, **settings)}, "--isolation", isolation).client()
    seen, error, _ = invoke(client, "f")
    assert error is None, seen
    assert seen["optimised"] == 1 and seen["variables"]["WRAPPED"] == "yes"


def test_a_missing_exec_wrapper_is_exit_status_127_and_os_only_runtimes_know_none(serve, tmp_path):
    need("python")
    environment = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/missing"}
    functions = {"f": probe(tmp_path, environment=environment), "go": hello("go", environment=environment)}
    client = serve(functions).client()
    value, error, _ = invoke(client, "f")
    assert error == "Unhandled" and value["errorType"] == "Runtime.ExitError"
    assert value["errorMessage"].endswith("Runtime exited with error: exit status 127")
    assert invoke(client, "go", {"a": 1})[0] == {"a": 1}


def test_node_options_and_java_tool_options_reach_the_interpreters(serve, tmp_path):
    need("node")
    need("java")
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "index.mjs").write_text("export const handler = async () => [process.title, process.execArgv];\n")
    functions = {
        "node": hello("node", code=str(tmp_path / "node"), environment={"NODE_OPTIONS": "--title=mine"}),
        "java": hello("java", environment={"JAVA_TOOL_OPTIONS": "-Dx=y"}),
    }
    server = serve(functions)
    title, arguments = invoke(server.client(), "node")[0]
    assert title == "mine" and "--max-old-space-size=230" in arguments
    assert invoke(server.client(), "java", {"a": 1})[0] == {"a": 1}
    assert "Picked up JAVA_TOOL_OPTIONS: -Dx=y" in server.log()


def test_an_error_in_init_has_the_client_s_own_words(serve, tmp_path):
    need("python")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "app.py").write_text("import nothing_of_that_name\n")
    value, error, _ = invoke(serve({"f": hello("python", code=str(tmp_path / "broken"), handler="app.handler")}).client(), "f")
    assert error == "Unhandled" and value["errorType"] == "Runtime.ImportModuleError"
    assert "nothing_of_that_name" in value["errorMessage"]


def test_functions_made_through_the_api_run_too(serve):
    need("python")
    server = serve({})
    code = {"ZipFile": zipped(**{"app.py": "def handler(event, context):\n    return context.function_name\n"})}
    create(server.client(), "made", code, Runtime=runtime_of("python"), Handler="app.handler")
    assert invoke(server.client(), "made")[0] == "made"


def test_run_takes_a_single_file_and_tells_of_another_version(tmp_path):
    need("python")
    other = next((name for name, row in runtimes().items() if name.startswith("python3") and "another version" in row["how"]), None)
    if other is None:
        pytest.skip("SKIPPED: every version of Python is here")
    file = tmp_path / "hello.py"
    file.write_text("def main(event, context):\n    return {'seen': event}\n")
    code, out, err = run_lambox("run", file, "--runtime", other, "--handler", "hello.main", "--event", "-", *clients_option(), stdin=b"[1]")
    assert code == 0 and json.loads(out) == {"seen": [1]}, err
    assert err.count(f"{other} is run by Python") == 1


def test_what_is_missing_is_named_to_the_caller(tmp_path):
    need("python")
    (tmp_path / "none").mkdir()
    file = tmp_path / "hello.py"
    file.write_text("def main(event, context):\n    return 1\n")
    run = ["run", file, "--runtime", runtime_of("python"), "--handler", "hello.main", "--runtime-clients", tmp_path / "none"]
    code, out, err = run_lambox(*run)
    if code == 0:
        pytest.skip("SKIPPED: Python's own packages hold the runtime client")
    value = json.loads(out)
    assert value["errorType"] == "Runtime.InvalidEntrypoint"
    assert "awslambdaric is missing" in value["errorMessage"] and "scripts/install-runtime-clients python" in value["errorMessage"]
    # One in the package itself does.
    package = tmp_path / "package"
    (package / "awslambdaric").mkdir(parents=True)
    (package / "awslambdaric" / "__main__.py").write_text("print('the one of the package')\n")
    (package / "hello.py").write_text(file.read_text())
    code, out, err = run_lambox("run", package, *run[2:])
    assert code == 1 and "the one of the package" in err


def test_runtimes_says_how_each_identifier_runs():
    rows = runtimes()
    assert rows["provided.al2023"]["runs_here"] and rows["go1.x"]["runs_here"]
    for name, row in rows.items():
        assert row["how"].startswith("yes: " if row["runs_here"] else "no: "), name
    if not rows["dotnet8"]["runs_here"]:
        assert "install the .NET runtime" in rows["dotnet8"]["how"] or "Amazon.Lambda.RuntimeSupport" in rows["dotnet8"]["how"]
