"""Starts what is measured: lambox and the floor, each a process with a ready line, ended with its context."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

LOG_TAIL = ["--header", "X-Amz-Log-Type: Tail"]


class Programs:
    """Where the measured programs are, and how each is started: at a raised priority where that is allowed, so that other work on the
    machine counts less, and on one core when asked."""

    def __init__(self, lambox, folder):
        self.lambox = str(lambox)
        self.load = str(folder / "bench_load")
        self.floor = str(folder / "bench_floor")
        self.runtime = str(folder / "bench_runtime")
        self.go_rpc = str(folder / "bench_go_rpc")
        self.go_handler = None
        self.kept = folder / "kept"  # what takes long to make, for the next run
        self.core = max(os.sched_getaffinity(0))
        raised = ["nice", "-n", "-15"]
        probe = subprocess.run([*raised, "nice"], capture_output=True, text=True)
        self.raised = raised if probe.stdout.strip() == "-15" else []
        self.priority = "raised priority" if self.raised else "ordinary priority"
        self.lambox_arguments = []

    def use_realtime(self):
        """Nothing else on the machine then takes the processor away. cgroup v1 lets no such process in, so groups stay off."""
        self.raised, self.priority = ["chrt", "--fifo", "5"], "real-time priority, no cgroups"
        self.lambox_arguments = ["--cgroups", "off"]

    def command(self, arguments, pinned):
        return [*self.raised, *(["taskset", "-c", str(self.core)] if pinned else []), *map(str, arguments)]

    def json_of(self, arguments, pinned=False):
        done = subprocess.run(self.command(arguments, pinned), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments[0]} failed: {done.stderr[-2000:]}")
        return json.loads(done.stdout)


class Server:
    def __init__(self, programs, arguments, pinned=False):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            programs.command(arguments, pinned), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log
        )
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError(f"{arguments[0]} did not start: {self.log.read().decode(errors='replace')}")
        self.url = json.loads(line)["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()
        self.log.close()

    def resident_mb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")


class Peer:
    """Another emulator: its whole invoke URL, or a shell command that starts it and prints that URL as its first line. The command finds
    the runtime that it is to run in BENCH_RUNTIME; it and all that it has started end with the context."""

    READY_SECONDS = 30

    def __init__(self, programs, wanted):
        self.url, self.process = wanted, None
        if wanted is None or wanted.startswith("http://"):
            return
        environment = {**os.environ, "BENCH_RUNTIME": programs.runtime}
        self.process = subprocess.Popen(programs.command(["sh", "-c", wanted], False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        env=environment, text=True, start_new_session=True)
        try:
            self.url = self.process.stdout.readline().strip()
            if not self.url.startswith("http://"):
                raise RuntimeError(f"--peer: the command's first line is to be its invoke URL, http://IPV4:PORT/PATH, not {self.url!r}")
            self.wait_until_it_listens()
        except BaseException:
            self.end()
            raise

    def wait_until_it_listens(self):
        address = urllib.parse.urlsplit(self.url)
        give_up = time.monotonic() + self.READY_SECONDS
        while True:
            try:
                socket.create_connection((address.hostname, address.port or 80), timeout=1).close()
                return
            except OSError as error:
                if time.monotonic() > give_up or self.process.poll() is not None:
                    raise RuntimeError(f"--peer: nothing listens at {self.url}: {error}") from None
                time.sleep(0.05)

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.end()


class Floor(Server):
    def __init__(self, programs, runtimes=1, pinned=False):
        super().__init__(programs, [programs.floor, "relay", runtimes, programs.runtime], pinned)
        self.invoke_url = self.url + "/2015-03-31/functions/floor/invocations"
        self.load_options = []


class Lambox(Server):
    """`lambox serve` in its default profile; `functions` are names of functions over the same runtime."""

    def __init__(self, programs, *arguments, functions=("echo",), pinned=False):
        self.folder = tempfile.TemporaryDirectory(prefix="lambox-bench-")
        config = pathlib.Path(self.folder.name) / "lambox.yaml"
        config.write_text(json.dumps({"functions": {name: definition(programs, name) for name in functions}}))  # JSON is YAML
        try:
            options = [*programs.lambox_arguments, *arguments]
            super().__init__(programs, [programs.lambox, "serve", "--config", config, "--port", "0", "--json", *options], pinned)
        except BaseException:
            self.folder.cleanup()
            raise
        self.invoke_url = self.invoke_url_of(functions[0])
        self.load_options = LOG_TAIL

    def invoke_url_of(self, name):
        return f"{self.url}/2015-03-31/functions/{name}/invocations"

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.folder.cleanup()


def definition(programs, name):
    if name == "go1x":
        return {"runtime": "go1.x", "handler": "sample-lambda", "code": str(programs.go_handler), "memory_size": 128, "timeout": 30}
    return {
        "runtime": "provided.al2023",
        "handler": "bootstrap",
        "architectures": [os.uname().machine.replace("aarch64", "arm64")],
        "code": programs.runtime,
        "memory_size": 128,
        "timeout": 30,
        "reserved_concurrent_executions": 8,
    }
