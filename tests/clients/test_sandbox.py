"""What a function sees and reaches under `--isolation sandbox`, and a little of it under `process`: the variables of behaviour §3.1, the
file system, user and limits of §3.2, and nothing of anybody else's."""

import os
import re
import shutil

import pytest
from conftest import function, invoke
from containment import CULPRIT, WITH_GROUPS, Level, at, culprit

SANDBOX = Level("sandbox")


@pytest.fixture
def serve(start):
    def starter(functions, *arguments):
        return start(functions, *SANDBOX.need().arguments, *arguments)

    return starter


# Every variable of a provided.al2023 function: behaviour §3.1 without those of other kinds of function (concurrency, metadata, JSON
# logs, managed runtimes, SnapStart) and without _X_AMZN_TRACE_ID, which a runtime sets itself..
VARIABLES = {
    "_HANDLER": "some.handler",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "seen",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/seen",
    "AWS_LAMBDA_LOG_STREAM_NAME": re.compile(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}"),
    "AWS_ACCESS_KEY_ID": re.compile(r".+"),
    "AWS_SECRET_ACCESS_KEY": re.compile(r".+"),
    "AWS_SESSION_TOKEN": re.compile(r".+"),
    "AWS_LAMBDA_RUNTIME_API": re.compile(r"127\.0\.0\.1:\d+"),
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
    "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
    "_AWS_XRAY_DAEMON_PORT": "2000",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    # What every function of these tests has of its own.
    "LAMBOX_TEST": re.compile(r"/.+"),
}


def test_the_whole_environment_is_aws_s_and_nothing_else(serve):
    server = serve({"seen": culprit(handler="some.handler", memory_size=256)})
    lines = invoke(server.client(), "seen", {"do": "surroundings"})[0]["environment"]
    pairs = [line.split("=", 1) for line in lines]
    assert sorted(name for name, _ in pairs) == sorted(VARIABLES)
    for name, value in pairs:
        wanted = VARIABLES[name]
        assert value == wanted if isinstance(wanted, str) else bool(wanted.fullmatch(value)), (name, value)


def test_the_folder_the_user_and_the_processes_are_its_own(serve):
    server = serve({"f": culprit()})
    client = server.client()
    seen = invoke(client, "f", {"do": "surroundings"})[0]
    assert seen["folder"] == "/var/task"
    if os.geteuid() == 0:
        assert (seen["user"], seen["group"], seen["groups"]) == (993, 990, [])
    assert seen["processes"] == [1, 2]
    # Its output, the connection to the Runtime API, and the listing itself.
    assert [int(number) for number in seen["descriptors"]] == [0, 1, 2, 3, 4]
    assert invoke(client, "f", {"do": "run", "command": ["/usr/bin/whoami"]})[0]["out"] == "sbx_user1051\n"


@at(WITH_GROUPS)
def test_the_limits_of_a_process_are_aws_s(start, level):
    server = start({"f": culprit()}, *level.need().arguments)
    seen = invoke(server.client(), "f", {"do": "surroundings"})[0]
    assert seen["files"] == [1024, 1024]
    assert seen["stack"][0] == 8 * 1024 * 1024
    assert [int(number) for number in seen["descriptors"]] == [0, 1, 2, 3, 4]


def test_everything_but_tmp_is_read_only(serve):
    client = serve({"f": culprit()}).client()
    for folder in ("/", "/var/task", "/opt", "/var", "/usr", "/etc", "/home", "/run", "/dev", "/mnt"):
        assert invoke(client, "f", {"do": "write", "path": folder + "/new"})[0]["error"] in ("EROFS", "EACCES"), folder
    assert invoke(client, "f", {"do": "write", "path": "/var/task/bootstrap"})[0]["error"] in ("EROFS", "EACCES")
    assert invoke(client, "f", {"do": "write", "path": "/tmp/new"})[0]["error"] is None
    assert invoke(client, "f", {"do": "write", "path": "/dev/null"})[0]["error"] is None


def layer(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return str(folder)


def test_layers_are_merged_into_opt_and_later_ones_win(serve, tmp_path):
    layers = [
        layer(tmp_path / "first", {"both": "first", "lib/one": "1"}),
        layer(tmp_path / "second", {"both": "second", "lib/two": "2"}),
    ]
    client = serve({"f": culprit(layers=layers)}).client()
    assert invoke(client, "f", {"do": "names", "path": "/opt"})[0] == {"names": ["both", "lib"]}
    assert invoke(client, "f", {"do": "names", "path": "/opt/lib"})[0] == {"names": ["one", "two"]}
    assert invoke(client, "f", {"do": "read", "path": "/opt/both"})[0] == {"text": "second"}
    assert invoke(client, "f", {"do": "write", "path": "/opt/both"})[0]["error"] in ("EROFS", "EACCES")


def package(folder):
    shutil.copytree(CULPRIT, folder)
    return folder


def test_links_out_of_the_package_dangle_and_set_user_id_has_no_effect(serve, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("not for functions")
    secret.chmod(0o644)
    code = package(tmp_path / "code")
    (code / "absolute").symlink_to(secret)
    (code / "relative").symlink_to("../secret")
    (code / "within").symlink_to("inside")
    (code / "inside").write_text("its own")
    shutil.copy("/usr/bin/id", code / "id")
    (code / "id").chmod(0o6755)
    client = serve({"f": culprit(code=str(code))}).client()
    for name in ("absolute", "relative"):
        assert invoke(client, "f", {"do": "read", "path": "/var/task/" + name})[0] == {"error": "ENOENT"}
    assert invoke(client, "f", {"do": "read", "path": "/var/task/within"})[0] == {"text": "its own"}
    ran = invoke(client, "f", {"do": "run", "command": ["/var/task/id"]})[0]
    assert ran["code"] == 0 and re.fullmatch(r"uid=\d+\(sbx_user1051\) gid=\d+\(sbx_user1051\)( groups=.*)?\n", ran["out"]), ran


def test_another_function_s_files_and_processes_are_out_of_reach(serve, tmp_path):
    code = package(tmp_path / "other")
    (code / "source").write_text("of another")
    server = serve({"f": culprit(), "other": culprit(code=str(code))})
    client = server.client()
    for name in ("f", "other"):
        assert invoke(client, name, {"do": "write", "path": "/tmp/mine", "text": name})[0]["error"] is None
    assert invoke(client, "f", {"do": "names", "path": "/tmp"})[0] == {"names": ["mine"]}
    assert invoke(client, "f", {"do": "read", "path": "/tmp/mine"})[0] == {"text": "f"}
    for path in (code, code / "source", server.config, server.temporary, tmp_path, f"/proc/{server.process.pid}/environ", "/sys", "/root"):
        for deed in ("read", "names"):
            assert invoke(client, "f", {"do": deed, "path": str(path)})[0] == {"error": "ENOENT"}, path
    for path in ("/proc/1/root/etc/passwd", "/proc/1/mem"):
        assert "error" in invoke(client, "f", {"do": "read", "path": path})[0]
    assert invoke(client, "f", {"do": "signal", "pid": server.process.pid})[0] == {"error": "ESRCH"}
    assert invoke(client, "f", {"do": "signal", "pid": os.getpid()})[0] == {"error": "ESRCH"}
    # Nor can it end process 1 of its own sandbox, which holds the namespace.
    invoke(client, "f", {"do": "signal", "pid": 1})
    assert invoke(client, "f", {"do": "surroundings"})[0]["processes"] == [1, 2]


def test_tmp_has_the_mode_and_the_size_that_aws_gives_it(serve):
    client = serve({"f": culprit(ephemeral_storage=700), "plain": function("echo")}).client()
    ran = invoke(client, "f", {"do": "run", "command": ["/usr/bin/stat", "-c", "%a", "/tmp"]})[0]
    assert ran["out"] == "1777\n"
    ran = invoke(client, "f", {"do": "run", "command": ["/usr/bin/df", "--output=size", "-m", "/tmp"]})[0]
    assert ran["out"].split()[-1] == "700"
