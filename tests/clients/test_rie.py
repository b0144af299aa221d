"""`lambox rie`, and lambox under the name aws-lambda-rie: a container's function from inside it, as Lambda answers by default, and with
the bytes of AWS's own tool under --rie-quirks. Tables of what goes in and what comes out, over a real runtime."""

import base64
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from conftest import BINARY, HANDLERS, in_parallel, marked_processes, run_lambox

RUNTIME = str(pathlib.Path(__file__).parent / "rie" / "runtime.py")
COMMAND = [sys.executable, RUNTIME, "app.handler"]
PATH = "/2015-03-31/functions/function/invocations"
MODES = [pytest.param([], id="lambda"), pytest.param(["--rie-quirks"], id="quirks")]


class Rie:
    def __init__(self, tmp_path, *options, command=COMMAND, env={}, program=None, cwd=None):
        self.temporary = tmp_path / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.stdout_path = tmp_path / "stdout.txt"
        self.stderr_path = tmp_path / "stderr.txt"
        self.out, self.err = open(self.stdout_path, "wb"), open(self.stderr_path, "wb")
        program = program or [BINARY, "rie"]
        self.process = subprocess.Popen(
            [*program, "--runtime-interface-emulator-address", "127.0.0.1:0", "--json", *options, *command],
            stdout=self.out,
            stderr=self.err,
            cwd=cwd,
            # A timeout that a busy machine does not reach; an empty variable counts as none.
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.temporary), "AWS_LAMBDA_FUNCTION_TIMEOUT": "60", **env},
        )
        self.wait(lambda: '"ready":true' in self.stdout())
        self.port = int(json.loads(self.stdout().splitlines()[0])["url"].rsplit(":", 1)[1])

    def stdout(self):
        return self.stdout_path.read_text(errors="replace")

    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def wait(self, happened, seconds=20):
        end = time.monotonic() + seconds
        while not happened():
            assert self.process.poll() is None and time.monotonic() < end, self.stdout() + self.stderr()
            time.sleep(0.01)

    def post(self, event, headers={}, path=PATH, raw=None, method="POST"):
        """(status, headers in lower case, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, raw if raw is not None else json.dumps(event).encode(), headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def told(self, event={}, **keywords):
        status, _, body = self.post({"tell": True, **event}, **keywords)
        assert status == 200, body
        return json.loads(body)

    def stop(self, number=signal.SIGTERM, seconds=40):
        self.process.send_signal(number)
        return self.wait_end(seconds)

    def wait_end(self, seconds=40):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("it did not end:\n" + self.stderr())
        finally:
            self.out.close()
            self.err.close()


@pytest.fixture
def rie(tmp_path):
    running = []

    def starter(*options, **keywords):
        one = Rie(tmp_path, *options, **keywords)
        running.append(one)
        return one

    yield starter
    for one in running:
        if one.process.returncode is None:
            assert one.stop() == 0, one.stderr()
        assert [left for left in marked_processes(one.temporary) if "pytest" not in left[1]] == []
        assert list(one.temporary.iterdir()) == []
        assert "internal error" not in one.stderr() and "Sanitizer" not in one.stderr(), one.stderr()


# What reaches the function.


@pytest.mark.parametrize("mode", MODES)
def test_the_function_sees_its_image(rie, mode, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    variables = {
        "AWS_LAMBDA_FUNCTION_NAME": "shop",
        "AWS_LAMBDA_FUNCTION_VERSION": "7",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "a/secret+with=signs==",
        "DSN": "host=db user=x password=a=b==",
        "EMPTY": "",
        "UMLAUT": "ä€😀",
    }
    one = rie(*mode, env=variables, cwd=folder)
    told = one.told()
    seen = told["environment"]
    for name, value in variables.items():
        if name != "AWS_LAMBDA_FUNCTION_TIMEOUT":
            assert seen[name] == value, name
    assert "AWS_SESSION_TOKEN" not in seen, "credentials are the image's or nobody's"
    assert seen["_HANDLER"] == "app.handler"
    assert seen["TZ"] == ":UTC"
    assert seen["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert re.fullmatch(r"127\.0\.0\.1:\d+", seen["AWS_LAMBDA_RUNTIME_API"])
    assert seen["PATH"] == os.environ["PATH"]
    assert told["arguments"] == ["app.handler"]
    assert told["folder"] == str(folder)


@pytest.mark.parametrize(
    "mode, region, account", [([], "eu-central-1", "012345678912"), (["--account", "111122223333"], "eu-central-1", "111122223333"),
                              (["--rie-quirks"], "us-east-1", "012345678912")])
def test_the_arn(rie, mode, region, account):
    one = rie(*mode, env={"AWS_LAMBDA_FUNCTION_NAME": "shop", "AWS_REGION": "eu-central-1"})
    arn = one.told()["headers"]["lambda-runtime-invoked-function-arn"]
    assert arn == f"arn:aws:lambda:{region}:{account}:function:shop"


@pytest.mark.parametrize("mode, memory, seconds", [([], "128", 3), (["--rie-quirks"], "3008", 300)])
def test_defaults_and_deadline(rie, mode, memory, seconds):
    one = rie(*mode, env={"AWS_LAMBDA_FUNCTION_TIMEOUT": ""})
    told = one.told()
    assert told["environment"]["AWS_LAMBDA_FUNCTION_NAME"] == "test_function"
    assert told["environment"]["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert told["environment"]["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == memory
    # Only what cannot be otherwise on a busy machine: the deadline lies within the timeout from the time of the call on.
    left = int(told["headers"]["lambda-runtime-deadline-ms"]) - told["now_ms"]
    assert 0 < left <= seconds * 1000


def test_flags_beat_variables(rie):
    one = rie("--memory-size", "256", "--timeout=20", "--function-name", "flagged", "--log-level", "debug",
              env={"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_FUNCTION_NAME": "named", "LOG_LEVEL": "chatty"})
    seen = one.told()["environment"]
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "flagged"
    assert seen["LOG_LEVEL"] == "chatty", "the function's own business"


@pytest.mark.parametrize("variables, handler", [({"AWS_LAMBDA_FUNCTION_HANDLER": "from.variable", "_HANDLER": "other"}, "from.variable"),
                                                ({"_HANDLER": "from.image"}, "from.image"), ({}, None)])
def test_handler_of_a_lone_program(rie, tmp_path, variables, handler):
    program = tmp_path / "bootstrap"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} {RUNTIME}\n")
    program.chmod(0o755)
    one = rie(command=[program], env=variables)
    assert one.told()["environment"].get("_HANDLER") == handler


def test_the_client_context_and_trace_arrive(rie):
    context = {"custom": {"who": "ä"}}
    one = rie()
    headers = {
        "X-Amz-Client-Context": base64.b64encode(json.dumps(context).encode()).decode(),
        "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    }
    seen = one.told(headers=headers)["headers"]
    assert json.loads(seen["lambda-runtime-client-context"].encode("latin-1")) == context
    assert seen["lambda-runtime-trace-id"].startswith("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")


# What comes back.


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("event", [{}, [], "text", 5, None, {"ä": "€😀\u2028"}, {"nested": [{"a": [1.5, True]}]}])
def test_events_come_back(rie, mode, event):
    status, headers, body = rie(*mode).post(event)
    assert status == 200
    assert json.loads(body) == event
    assert headers["content-type"] == ("text/plain; charset=utf-8" if mode else "application/json")


@pytest.mark.parametrize("mode", MODES)
def test_large_events_and_answers(rie, mode):
    one = rie(*mode, "--memory-size", "1024", "--timeout", "60")
    text = "x" * (6_291_456 - 2)
    status, _, body = one.post(text)
    assert status == 200 and len(body) == 6_291_456
    status, _, body = one.post({"size": 6_291_556 - 2})
    assert status == 200 and len(body) == 6_291_556
    status, _, body = one.post({"size": 6_291_556})
    assert status == 200 and json.loads(body)["errorType"] == "Function.ResponseSizeTooLarge"
    if not mode:
        status, headers, _ = one.post(text + "xx")
        assert (status, headers["x-amzn-errortype"]) == (413, "RequestTooLargeException")


@pytest.mark.parametrize("mode, status", [([], 400), (["--rie-quirks"], 200)])
def test_an_event_that_is_no_json(rie, mode, status):
    got, _, body = rie(*mode).post(None, raw=b"{not json")
    assert got == status
    if mode:
        assert json.loads(body) == {"raw": "{not json"}


@pytest.mark.parametrize("mode", MODES)
def test_timeout(rie, mode):
    one = rie(*mode, env={"AWS_LAMBDA_FUNCTION_TIMEOUT": "5"})
    first = one.told()["pid"]
    status, headers, body = one.post({"sleep": 60})
    assert status == 200
    if mode:
        assert body == b"Task timed out after 5.00 seconds"
        assert "x-amz-function-error" not in headers
    else:
        id = headers["x-amzn-requestid"]
        assert json.loads(body) == {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {id} Error: Task timed out after 5.00 seconds",
        }
        assert headers["x-amz-function-error"] == "Unhandled"
    assert one.told()["pid"] != first, "a new process after the timeout"
    one.wait(lambda: one.stdout().count("REPORT") == 3)
    assert "\tDuration: 5000.00 ms\tBilled Duration: 5000 ms\t" in one.stdout()


CRASHES = [
    ({"exit": 3}, "Runtime exited with error: exit status 3"),
    ({"exit": 0}, "Runtime exited without providing a reason"),
    ({"signal": "SIGKILL"}, "Runtime exited with error: signal: killed"),
    ({"signal": "SIGTERM"}, "Runtime exited with error: signal: terminated"),
]


@pytest.mark.parametrize("mode", MODES)
def test_crash_and_restart(rie, mode):
    one = rie(*mode)
    pids = {one.told()["pid"]}
    for event, message in CRASHES:
        status, headers, body = one.post(event)
        assert status == (502 if mode else 200)
        error = json.loads(body)
        assert error["errorType"] == "Runtime.ExitError"
        assert re.fullmatch(r"RequestId: [0-9a-f-]{36} Error: " + re.escape(message), error["errorMessage"])
        assert headers.get("x-amz-function-error") == (None if mode else "Unhandled")
        pids.add(one.told()["pid"])
    assert len(pids) == len(CRASHES) + 1


@pytest.mark.parametrize("mode", MODES)
def test_a_handlers_error(rie, mode):
    status, headers, body = rie(*mode).post({"fail": "no luck"})
    assert status == 200
    assert json.loads(body) == {"errorMessage": "no luck", "errorType": "Failure"}
    assert headers.get("x-amz-function-error") == (None if mode else "Unhandled")


@pytest.mark.parametrize("mode", MODES)
def test_a_runtime_that_fails_in_init(rie, mode):
    status, _, body = rie(*mode, env={"FAIL_INIT": "1"}).post({})
    assert status == (502 if mode else 200)
    assert json.loads(body)["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("command, message", [
    (["/no/such/program"], "fork/exec /no/such/program: no such file or directory"),
    (["no-such-program", "x"], 'exec: "no-such-program": executable file not found in $PATH'),
    ([RUNTIME], f"fork/exec {RUNTIME}: permission denied"),
])
def test_a_program_that_cannot_be_started(rie, mode, command, message):
    one = rie(*mode, command=command)
    status, _, body = one.post({})
    assert status == (502 if mode else 200)
    error = json.loads(body)
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert error["errorMessage"].endswith("Error: " + message)
    assert message.split(": ")[0] in one.stderr()


def test_bootstraps_are_looked_for_where_images_have_them(rie):
    if any(os.path.exists(f"{folder}/bootstrap") for folder in ("/var/task", "/opt", "/var/runtime")):
        pytest.skip("SKIPPED: this machine has a bootstrap of its own")
    _, _, body = rie(command=[]).post({})
    assert "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap /var/runtime/bootstrap]" in body.decode()


def need_own_mounts():
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: changing the root needs root")
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("SKIPPED: no mount namespace can be made here")


@pytest.mark.parametrize("folder", ["var/task", "opt", "var/runtime"])
def test_a_bootstrap_is_found(rie, tmp_path, folder):
    """In a root of its own, as in an image, where only that folder has one."""
    need_own_mounts()
    home = tmp_path / "home"
    home.mkdir()
    os.symlink(HANDLERS / "echo-x86_64" / "bootstrap", home / "bootstrap")
    target = "/" + folder
    made = not os.path.isdir(target)
    script = f"mount --bind {home} {target} && exec {BINARY} rie \"$@\""
    os.makedirs(target, exist_ok=True)
    try:
        one = rie(command=[], program=["unshare", "--mount", "sh", "-c", script, "sh"])
        assert json.loads(one.post({"a": 1})[2]) == {"a": 1}
        assert one.stop() == 0
    finally:
        if made:
            os.rmdir(target)


@pytest.mark.parametrize("mode", MODES)
def test_the_image_s_extensions_are_started(rie, mode):
    need_own_mounts()
    script = f"mount --bind {HANDLERS / 'extension-recorder-x86_64'} /opt && exec {BINARY} rie \"$@\""
    one = rie(*mode, program=["unshare", "--mount", "sh", "-c", script, "sh"])
    for event in ({"a": 1}, {"b": 2}):
        assert json.loads(one.post(event)[2]) == event
    assert "extension /opt/extensions/recorder" in one.stderr()
    assert one.stop() == 0
    told = re.findall(r"^recorder: (INVOKE|SHUTDOWN \w+)", one.stdout(), re.MULTILINE)
    assert told == ["INVOKE", "INVOKE", "SHUTDOWN spindown"], one.stdout()
    assert ("EXTENSION\tName: recorder\tState: Ready" in one.stdout()) == (mode == [])  # AWS's tool says nothing of it


# Names and paths.


@pytest.mark.parametrize("name, status", [("function", 200), ("shop", 200), ("shop:7", 200), ("shop:$LATEST", 200),
                                          ("arn:aws:lambda:us-east-1:012345678912:function:shop", 200), ("other", 404), ("shop:8", 404)])
def test_names(rie, name, status):
    one = rie(env={"AWS_LAMBDA_FUNCTION_NAME": "shop", "AWS_LAMBDA_FUNCTION_VERSION": "7"})
    got, headers, body = one.post({}, path=f"/2015-03-31/functions/{name}/invocations")
    assert got == status, body
    if status == 200:
        assert headers["x-amz-executed-version"] == "7"
    else:
        assert headers["x-amzn-errortype"] == "ResourceNotFoundException"


def test_other_requests(rie):
    one = rie()
    assert one.post({}, path="/elsewhere")[0] == 404
    assert one.post(None, raw=b"", method="GET")[0] == 405
    assert one.post({}, headers={"Host": "my-function:8080"})[0] == 200, "a container is called by any name"
    assert one.post({}, headers={"Origin": "http://evil.example"})[0] == 403
    status, _, body = one.post(None, raw=b"", method="GET", path="/_lambox/health")
    assert status == 200 and json.loads(body)["status"] == "ok"
    assert one.post({}, headers={"X-Amz-Invocation-Type": "DryRun"})[0] == 204
    status, headers, _ = one.post({"print": "tailed"}, headers={"X-Amz-Log-Type": "Tail"})
    assert "tailed" in base64.b64decode(headers["x-amz-log-result"]).decode()


def test_events_are_queued(rie):
    one = rie()
    status, _, body = one.post({"print": "printed later"}, headers={"X-Amz-Invocation-Type": "Event"})
    assert (status, body) == (202, b"")
    one.wait(lambda: "printed later" in one.stdout())


# Many at once.


def test_overlapping_requests_have_an_environment_each(rie):
    one = rie("--max-concurrency", "3", "--timeout", "30")
    told = in_parallel([lambda: one.told({"sleep": 1}) for _ in range(3)])
    assert len({answer["pid"] for answer in told}) == 3
    assert len({answer["environment"]["AWS_LAMBDA_RUNTIME_API"] for answer in told}) == 3


def test_over_the_limit_is_throttled(rie):
    one = rie("--max-concurrency", "2", "--timeout", "30")
    answers = in_parallel([lambda: one.post({"sleep": 2}) for _ in range(6)])
    statuses = sorted(status for status, _, _ in answers)
    assert statuses[:2] == [200, 200] and set(statuses) == {200, 429}
    refused = next(body for status, _, body in answers if status == 429)
    assert json.loads(refused)["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


@pytest.mark.parametrize("options", [["--max-concurrency", "2", "--queue"], ["--rie-quirks"], ["--max-concurrency", "1"]])
def test_over_the_limit_is_queued(rie, options):
    one = rie(*options, "--timeout", "30")
    told = in_parallel([lambda: one.told({"sleep": 0.05}) for _ in range(12)])
    assert 1 <= len({answer["pid"] for answer in told}) <= (2 if "2" in options else 1)
    # A crash in the middle takes nobody else with it.
    jobs = [lambda: one.told({"sleep": 0.02}) for _ in range(6)]
    jobs.insert(3, lambda: one.post({"exit": 1}))
    in_parallel(jobs)


def test_a_fixed_runtime_api(rie):
    with socket.socket() as probe:  # the kernel's choice, free a moment ago
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    one = rie("--runtime-api-address", f"127.0.0.1:{port}")
    answers = in_parallel([lambda: one.told() for _ in range(4)])
    assert {answer["environment"]["AWS_LAMBDA_RUNTIME_API"] for answer in answers} == {f"127.0.0.1:{port}"}
    one.post({"exit": 1})
    assert one.told()["environment"]["AWS_LAMBDA_RUNTIME_API"] == f"127.0.0.1:{port}"


# The log.

ID = "[0-9a-f-]{36}"
LAMBDA_LOG = (
    rf"INIT_START \ninit of test_function\nSTART RequestId: ({ID}) Version: \$LATEST\nhello\n"
    rf"END RequestId: \1\nREPORT RequestId: \1\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
    rf"Max Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\n"
)
QUIRKS_LOG = (
    rf"init of test_function\nSTART RequestId: ({ID}) Version: \$LATEST\nhello\nEND RequestId: \1\n"
    rf"REPORT RequestId: \1\tInit Duration: \d+\.\d\d ms\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 3008 MB\t"
    rf"Max Memory Used: 3008 MB\t\n"
)


@pytest.mark.parametrize("mode, log", [([], LAMBDA_LOG), (["--rie-quirks"], QUIRKS_LOG)])
def test_the_log_goes_to_stdout(rie, mode, log):
    one = rie(*mode)
    one.post({"print": "hello"})
    one.wait(lambda: "REPORT" in one.stdout())
    text = one.stdout().split("\n", 1)[1]  # behind the ready line
    assert re.fullmatch(log, text), text
    assert "hello" not in one.stderr()


# Starting and ending.


def test_under_the_name_of_aws_tool(rie, tmp_path):
    name = tmp_path / "aws-lambda-rie"
    name.symlink_to(BINARY)
    one = rie(program=[name])
    assert one.told()["arguments"] == ["app.handler"]


def test_options_end_where_the_command_begins(rie):
    one = rie(command=[sys.executable, RUNTIME, "--log-level", "--queue", "h"])
    assert one.told()["arguments"] == ["--log-level", "--queue", "h"]
    assert one.told()["environment"]["_HANDLER"] == "h"


@pytest.mark.parametrize("arguments, complaint", [
    (["--nonsense", "/bin/true"], "unknown option `--nonsense`"),
    (["--runtime-interface-emulator-address", "nowhere"], "does not fit"),
    (["--runtime-interface-emulator-address", "127.0.0.1:99999"], "does not fit"),
    (["--timeout", "0"], "out of range"),
    (["--runtime-api-address", "127.0.0.1:9001", "--max-concurrency", "2"], "one environment"),
    (["--log-level", "loud"], "does not fit"),
])
def test_wrong_usage(arguments, complaint):
    code, _, err = run_lambox("rie", *arguments)
    assert code == 2
    assert complaint in err


@pytest.mark.parametrize("variable, value", [("AWS_LAMBDA_FUNCTION_TIMEOUT", "soon"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "12"),
                                             ("AWS_LAMBDA_FUNCTION_NAME", "a b")])
def test_wrong_variables(variable, value):
    code, _, err = run_lambox("rie", "/bin/true", env={variable: value})
    assert code == 2
    assert variable in err


def test_a_port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = run_lambox("rie", "--runtime-interface-emulator-address", f"127.0.0.1:{taken.getsockname()[1]}", "/bin/true")
    assert code == 3
    assert "use" in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_running_invocation_finish(rie, number):
    one = rie("--timeout", "30", "--drain-timeout", "25")
    one.told()

    def end_it():
        one.wait(lambda: one.stdout().count("START RequestId") == 2)
        one.process.send_signal(number)

    answer, _ = in_parallel([lambda: one.told({"sleep": 1}), end_it])
    assert answer["pid"]
    assert one.wait_end() == 0


def test_the_drain_time_ends(rie):
    one = rie("--timeout", "300", "--drain-timeout", "0")
    one.told()

    def end_it():
        one.wait(lambda: one.stdout().count("START RequestId") == 2)
        one.process.send_signal(signal.SIGTERM)

    def cut():
        try:
            return one.post({"sleep": 200})[0]
        except (http.client.HTTPException, OSError):
            return 500

    status, _ = in_parallel([cut, end_it])
    assert status == 500
    assert one.wait_end() == 0


def test_health_command(rie):
    one = rie()
    code, out, _ = run_lambox("health", "--endpoint", f"http://127.0.0.1:{one.port}")
    assert (code, out) == (0, "healthy\n")
    code, out, _ = run_lambox("health", "--json", env={"LAMBOX_ENDPOINT": f"http://127.0.0.1:{one.port}"})
    assert code == 0 and json.loads(out)["status"] == "ok"
    assert one.stop() == 0
    code, _, err = run_lambox("health", "--endpoint", f"http://127.0.0.1:{one.port}")
    assert code == 1
    assert "unhealthy" in err
