"""Runs the real binary for tests that drive it as users do: a server on a port of the kernel's choice, a temporary folder of its
own, and at the end the proof that no process, folder or descriptor of it is left."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import boto3
import botocore.config
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ["LAMBOX_BINARY"])
HANDLERS = ROOT / "build" / "handlers"


def marked_processes(temporary):
    """Processes whose environment names the folder that only this test's functions know, and sandboxes that nobody owns."""
    found = orphaned_sandboxes()
    needle = str(temporary).encode()
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if needle in (entry / "environ").read_bytes():
                found.append((int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")))
        except OSError:
            continue
    return found


def orphaned_sandboxes():
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text() == "lambox-init\n":
                status = (entry / "status").read_text()
                owner = re.search(r"PPid:\t(\d+)", status)[1]
                if owner in ("0", "1", str(os.getpid())) and "State:\tZ" not in status:
                    found.append((int(entry.name), "process 1 of a sandbox"))
        except OSError:
            continue
    return found


def marked(definition, temporary):
    return {**definition, "environment": {"LAMBOX_TEST": str(temporary), **definition.get("environment", {})}}


class Lambox:
    """One `lambox serve` over a lambox.yaml made of `functions`."""

    def __init__(self, tmp_path, functions, *arguments, era=None, program=(BINARY,)):
        self.temporary = tmp_path / "tmp"
        self.temporary.mkdir()
        self.temporary.chmod(0o777)  # a program may make itself another user's
        self.config = tmp_path / "lambox.yaml"
        document = {"functions": {name: marked(definition, self.temporary) for name, definition in functions.items()}}
        if era:
            document["era"] = era
        self.config.write_text(json.dumps(document))  # JSON is YAML
        self.stderr_path = tmp_path / "stderr.txt"
        self.stderr_file = open(self.stderr_path, "wb")
        self.process = subprocess.Popen(
            [*program, "serve", "--config", self.config, "--port", "0", "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=self.stderr_file,
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.temporary)},
        )
        line = self.process.stdout.readline()
        assert line, self.log()
        self.url = json.loads(line)["url"]
        self.port = int(self.url.rsplit(":", 1)[1])

    def log(self):
        return self.stderr_path.read_text(errors="replace")

    def client(self, **settings):
        config = botocore.config.Config(
            retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=16, **settings
        )
        return boto3.client(
            "lambda",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def wait_log(self, text, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if text in self.log():
                return
            time.sleep(0.02)
        raise AssertionError(f"{text!r} did not appear in:\n{self.log()}")

    def stop(self, signals=1, seconds=40):
        """Ends it as Ctrl-C does; returns the exit code once nothing of it is left."""
        for _ in range(signals):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
                time.sleep(0.05)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("lambox did not end:\n" + self.log())
        finally:
            self.stderr_file.close()
            self.process.stdout.close()
        # Other tests' sandboxes may be on their way out: a killed one is an orphan for a moment.
        end = time.monotonic() + 10
        while (left := marked_processes(self.temporary)) and time.monotonic() < end:
            time.sleep(0.05)
        assert left == []
        assert list(self.temporary.iterdir()) == []
        return code


@pytest.fixture
def start(tmp_path):
    """`start(functions, *arguments)`: a running Lambox, ended and checked after the test."""
    running = []

    def starter(functions, *arguments, **keywords):
        lambox = Lambox(tmp_path, functions, *arguments, **keywords)
        running.append(lambox)
        return lambox

    yield starter
    for lambox in running:
        if lambox.process.returncode is None:
            assert lambox.stop() == 0, lambox.log()
        text = lambox.log()
        assert "internal error" not in text and "Sanitizer" not in text and "task failed" not in text, text


def function(name, architecture="x86_64", **settings):
    """A sample handler as a function of runtime provided.al2023."""
    made = {
        "runtime": "provided.al2023",
        "handler": "bootstrap",
        "architectures": [architecture],
        "code": str(HANDLERS / f"{name}-{architecture}"),
        "memory_size": 128,
        "timeout": 3,
    }
    made.update(settings)
    return made


def go1x(folder, binary, **settings):
    made = {"runtime": "go1.x", "handler": binary, "code": str(HANDLERS / folder), "memory_size": 128, "timeout": 3}
    made.update(settings)
    return made


def run_lambox(*arguments, stdin=b"", cwd=None, env=None, timeout=120):
    """A command to its end: (exit code, stdout, stderr)."""
    variables = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    variables.update(env or {})
    done = subprocess.run([BINARY, *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd, env=variables, timeout=timeout)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def invoke(client, name, payload=None, **arguments):
    """(payload as JSON, FunctionError or None, whole answer)."""
    answer = client.invoke(FunctionName=name, Payload=json.dumps(payload if payload is not None else {}), **arguments)
    body = answer["Payload"].read()
    answer["Body"] = body
    try:
        value = json.loads(body) if body else None
    except ValueError:
        value = body
    return value, answer.get("FunctionError"), answer


def in_parallel(jobs):
    """Runs the callables at once; returns their results, or raises the first exception."""
    results = [None] * len(jobs)
    failures = []

    def work(index, job):
        try:
            results[index] = job()
        except BaseException as error:  # noqa: BLE001 - handed on below
            failures.append(error)

    threads = [threading.Thread(target=work, args=item) for item in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results
