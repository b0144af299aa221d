"""The static release program: nothing dynamic about it, small, and all that a root folder needs to serve functions - the same scenario as
in a container, without an engine."""

import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import struct
import subprocess
import time
import urllib.request

import boto3
import botocore.config
import pytest

from conftest import HANDLERS, ROOT, run_lambox

STATIC = pathlib.Path(os.environ.get("LAMBOX_STATIC_BINARY", ROOT / "build" / "static" / "lambox"))
STATIC_ARM64 = pathlib.Path(os.environ.get("LAMBOX_STATIC_ARM64_BINARY", ROOT / "build" / "static-arm64" / "lambox"))
PT_DYNAMIC, PT_INTERP = 2, 3
DT_NULL, DT_NEEDED = 0, 1


def need(binary, preset):
    if not binary.exists():
        pytest.skip(f"SKIPPED: {binary} is not built: cmake --preset {preset} && cmake --build --preset {preset}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def functions_folder(folder):
    """A lambox.yaml with a C++ handler and Go's on both protocols, their code beside it."""
    folder.mkdir()
    folder.chmod(0o755)
    for name in ("echo-x86_64", "go1.x-x86_64", "provided.al2-x86_64"):
        shutil.copytree(HANDLERS / name, folder / name)
    document = {
        "functions": {
            "echo": {"runtime": "provided.al2023", "handler": "bootstrap", "code": "echo-x86_64"},
            "go-rpc": {"runtime": "go1.x", "handler": "sample-lambda", "code": "go1.x-x86_64"},
            "go-api": {"runtime": "provided.al2", "handler": "bootstrap", "code": "provided.al2-x86_64"},
        }
    }
    (folder / "lambox.yaml").write_text(json.dumps(document))
    return folder


def invoke_all(port):
    """Each function, twice: cold and warm."""
    client = boto3.client("lambda", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="test", config=botocore.config.Config(retries={"total_max_attempts": 1}))
    for name in ("echo", "go-rpc", "go-api") * 2:
        answer = client.invoke(FunctionName=name, Payload=json.dumps({"foo": "bar"}), LogType="Tail")
        assert answer["StatusCode"] == 200 and "FunctionError" not in answer, (name, answer["Payload"].read())
        payload = json.loads(answer["Payload"].read())
        if name == "echo":
            assert payload == {"foo": "bar"}


def wait_healthy(port, seconds=60):
    end = time.monotonic() + seconds
    while run_lambox("health", "--endpoint", f"http://127.0.0.1:{port}")[0] != 0:
        assert time.monotonic() < end, "it does not become healthy"
        time.sleep(0.1)


def segments_of(binary):
    """The bytes of an ELF file's segments by their type, the last of each."""
    data = binary.read_bytes()
    assert data[:4] == b"\x7fELF"
    number = lambda at, size: int.from_bytes(data[at : at + size], "little")
    headers = [number(32, 8) + i * number(54, 2) for i in range(number(56, 2))]
    return {number(at, 4): data[number(at + 8, 8) :][: number(at + 32, 8)] for at in headers}


@pytest.mark.parametrize("binary, preset, bytes_max", [(STATIC, "static", 12_000_000), (STATIC_ARM64, "static-arm64", 12_000_000)])
def test_nothing_dynamic_and_small(binary, preset, bytes_max):
    need(binary, preset)
    segments = segments_of(binary)
    assert PT_INTERP not in segments
    # A static program that runs at any address has this segment, for itself; a library would be named in it.
    tags = [tag for tag, _ in struct.iter_unpack("<QQ", segments[PT_DYNAMIC])]
    assert DT_NULL in tags and DT_NEEDED not in tags
    assert binary.stat().st_size <= bytes_max
    assert b".symtab" not in binary.read_bytes(), "it is stripped"


def test_ldd_says_so():
    need(STATIC, "static")
    assert subprocess.check_output(["ldd", STATIC], text=True).strip() == "statically linked"


@pytest.fixture
def empty_root(tmp_path):
    root = tmp_path / "root"
    for name in ("tmp", "proc", "etc", "dev"):
        (root / name).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    shutil.copy(STATIC, root / "lambox") if STATIC.exists() else None
    functions_folder(root / "functions")
    # go1.x listens on `localhost`; engines of containers write this file too.
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost lambox-by-name\n")
    return root


def children(process):
    return [int(pid) for pid in pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.parametrize("user", [None, "12345:12345"])
def test_in_a_root_of_its_own(empty_root, user):
    need(STATIC, "static")
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: changing the root needs root")
    os.mknod(empty_root / "dev" / "null", 0o666 | 0o020000, os.makedev(1, 3))
    (empty_root / "dev" / "null").chmod(0o666)
    port = free_port()
    chroot = "chroot" + (f" --userspec={user}" if user else "")
    script = f'mount -t proc proc {empty_root}/proc && exec {chroot} {empty_root} /lambox serve --config /functions/lambox.yaml "$@"'
    # Nothing can be fetched by hand in there, so stopping it is what `docker stop` does: SIGTERM to process 1.
    process = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", "--port", str(port), "--isolation", "process",
         "--allowed-hosts", "lambox-by-name"],
        env={"PATH": os.environ["PATH"]}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        wait_healthy(port)
        invoke_all(port)
        # From inside, by a name: static glibc reads /etc/hosts and asks name servers by itself.
        inside = ["chroot", empty_root, "/lambox"]
        done = subprocess.run([*inside, "health", "--endpoint", f"http://lambox-by-name:{port}"], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, "healthy\n"), done.stderr
        done = subprocess.run([*inside, "invoke", "echo", "--endpoint", f"http://127.0.0.1:{port}"], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, "{}\n"), done.stderr
        os.kill(children(process)[0], signal.SIGTERM)
        assert process.wait(40) == 0
    finally:
        if process.poll() is None:
            for pid in children(process):  # process 1 in there: everything else goes with it
                os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=40)
    assert list((empty_root / "tmp").iterdir()) == []


def test_arm64_under_emulation(tmp_path):
    need(STATIC_ARM64, "static-arm64")
    command = [str(STATIC_ARM64)]
    if platform.machine() != "aarch64":
        emulator = shutil.which("qemu-aarch64-static")
        if emulator is None:
            pytest.skip("SKIPPED: qemu-aarch64-static is not here to run an arm64 program")
        command.insert(0, emulator)
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("lambox ") and "static, aarch64" in done.stdout
    done = subprocess.run([*command, "runtimes", "--json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and json.loads(done.stdout)
    service = subprocess.Popen([*command, "serve", "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               cwd=tmp_path, env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)})
    try:
        url = json.loads(service.stdout.readline())["url"]
        with urllib.request.urlopen(url + "/_lambox/health", timeout=60) as answer:
            assert json.loads(answer.read())["status"] == "ok"
        service.send_signal(signal.SIGTERM)
        assert service.wait(60) == 0
    finally:
        if service.poll() is None:
            service.kill()
            service.wait()
        service.stdout.close()
