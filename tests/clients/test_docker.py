"""lambox in containers: an engine of our own (its data, socket and pid file in a temporary folder, no bridge, no iptables), images built
from scratch around the static program, run as root and as an ordinary user, in compose, and as the emulator inside a function's image.
Nothing is ever pulled. Where no engine can start, test_static.py has run the same scenario in a root folder of its own."""

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

from conftest import HANDLERS, ROOT
from test_static import STATIC, free_port, functions_folder, invoke_all, need, wait_healthy

DOCKER = ROOT / "docker"
INSTEAD = "; test_static.py runs the same scenario in an unpacked root instead"


class Engine:
    def __init__(self, folder):
        self.folder = folder
        self.socket = f"unix://{folder}/docker.sock"
        self.log = open(folder / "dockerd.log", "wb")
        self.process = subprocess.Popen(
            ["dockerd", "--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile", folder / "docker.pid", "-H", self.socket,
             "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"],
            stdout=self.log, stderr=self.log)

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "DOCKER_HOST": self.socket, "DOCKER_BUILDKIT": "0", **more}

    def docker(self, *arguments, check=True, timeout=120):
        done = subprocess.run(["docker", *map(str, arguments)], env=self.environment(), capture_output=True, text=True, timeout=timeout)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def started(self, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if self.docker("info", check=False, timeout=20).returncode == 0:
                return True
            time.sleep(0.2)
        return False

    def complaint(self):
        lines = (self.folder / "dockerd.log").read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        # Its network namespaces stay mounted.
        for line in pathlib.Path("/proc/mounts").read_text().splitlines():
            if line.split()[1].startswith(str(self.folder)):
                subprocess.run(["umount", "--lazy", line.split()[1]], check=False)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    need(STATIC, "static")
    for program in ("dockerd", "docker"):
        if shutil.which(program) is None:
            pytest.skip(f"SKIPPED: {program} is not installed" + INSTEAD)
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: an engine of our own needs root" + INSTEAD)
    one = Engine(tmp_path_factory.mktemp("engine"))
    try:
        if not one.started():
            pytest.skip("SKIPPED: no container engine can start here: " + one.complaint() + INSTEAD)
        yield one
    finally:
        one.stop()


@pytest.fixture(scope="module")
def image(engine, tmp_path_factory):
    context = tmp_path_factory.mktemp("image")
    context.chmod(0o755)
    shutil.copy(STATIC, context / "lambox")
    for name, mode in (("tmp", 0o1777), ("functions", 0o755)):
        (context / name).mkdir()
        (context / name).chmod(mode)
    engine.docker("build", "-f", DOCKER / "Dockerfile.binary", "-t", "lambox", context)
    return "lambox"


def run(engine, *arguments):
    """A container's id; it shares the machine's network."""
    return engine.docker("run", "-d", "--pull=never", "--network=host", *arguments).stdout.strip()


def state(engine, container):
    return json.loads(engine.docker("inspect", container).stdout)[0]["State"]


def wait_for_health(engine, container, seconds=90):
    """By the image's own health check."""
    end = time.monotonic() + seconds
    while state(engine, container)["Health"]["Status"] != "healthy":
        assert time.monotonic() < end and state(engine, container)["Running"], engine.docker("logs", container).stderr
        time.sleep(0.2)


@pytest.mark.parametrize("user", [[], ["--user", "12345:12345"]], ids=["root", "ordinary user"])
def test_serving_functions_of_a_folder(engine, image, tmp_path, user):
    functions = functions_folder(tmp_path / "functions")
    port = free_port()
    container = run(engine, *user, "--health-interval=1s", "-v", f"{functions}:/functions:ro", "-e", f"LAMBOX_PORT={port}", "-e",
                    f"LAMBOX_ENDPOINT=http://127.0.0.1:{port}", image, "serve", "--config", "/functions/lambox.yaml")
    try:
        wait_for_health(engine, container)
        invoke_all(port)
        engine.docker("stop", "-t", "30", container)
        assert state(engine, container)["ExitCode"] == 0, engine.docker("logs", container).stderr
    finally:
        engine.docker("rm", "-f", container)


def test_a_function_s_own_image(engine, tmp_path):
    context = tmp_path / "context"
    context.mkdir()
    shutil.copy(STATIC, context / "lambox")
    shutil.copy(HANDLERS / "echo-x86_64" / "bootstrap", context / "bootstrap")
    engine.docker("build", "-f", DOCKER / "function" / "Dockerfile", "-t", "function", context)
    port = free_port()
    container = run(engine, "-e", f"LAMBOX_RUNTIME_INTERFACE_EMULATOR_ADDRESS=127.0.0.1:{port}", "-e", "AWS_LAMBDA_FUNCTION_NAME=shop",
                    "function")
    try:
        wait_healthy(port)
        done = subprocess.run(["curl", "-sS", "-d", '{"a": "ä"}', f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"],
                              capture_output=True, text=True, timeout=60)
        assert json.loads(done.stdout) == {"a": "ä"}
        log = engine.docker("logs", container).stdout
        assert "START RequestId" in log and "REPORT RequestId" in log
        engine.docker("stop", "-t", "20", container)
        assert state(engine, container)["ExitCode"] == 0
    finally:
        engine.docker("rm", "-f", container)


def test_compose(engine, image, tmp_path):
    if shutil.which("docker-compose") is None:
        pytest.skip("SKIPPED: docker-compose is not installed")
    functions = functions_folder(tmp_path / "functions")
    port = free_port()
    # The engine has no bridge, so both share the machine's network, on a port that is free here.
    services = {name: {"network_mode": "host", "environment": {"LAMBOX_PORT": str(port), "LAMBOX_ENDPOINT": f"http://127.0.0.1:{port}"}}
                for name in ("lambox", "client")}
    services["lambox"]["healthcheck"] = {"interval": "1s"}
    services["client"]["command"] = ["invoke", "echo"]
    # There is nothing to publish then, and what a file has published no other can take back.
    text = (DOCKER / "docker-compose.yml").read_text()
    published = '    ports:\n      - "127.0.0.1:4566:4566"\n'
    assert published in text
    main = tmp_path / "docker-compose.yml"
    main.write_text(text.replace(published, ""))
    override = tmp_path / "override.json"
    override.write_text(json.dumps({"services": services}))
    compose = ["docker-compose", "-p", "lambox-test", "-f", str(main), "-f", str(override)]
    variables = engine.environment(LAMBOX_FUNCTIONS=str(functions), LAMBOX_IMAGE=image)
    try:
        done = subprocess.run([*compose, "up", "--exit-code-from", "client"], env=variables, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "REPORT RequestId" in done.stdout
    finally:
        subprocess.run([*compose, "down", "-t", "20"], env=variables, capture_output=True, timeout=120)
