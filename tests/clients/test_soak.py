"""Many callers, crashes and timeouts mixed in: every request is answered exactly once with its own answer, and nothing is left. scripts/soak makes
a million of it, with the release build, and looks at the memory."""

import json
import os
import random
import socket
import threading
import time
import urllib.request
import uuid

from conftest import function, go1x

INVOCATIONS = int(os.environ.get("SOAK_INVOCATIONS", "20000"))
CRASH_PERCENT = float(os.environ.get("SOAK_CRASH_PERCENT", "4.9"))
TIMEOUT_PERCENT = float(os.environ.get("SOAK_TIMEOUT_PERCENT", "0.1"))
# Resident memory at the end is compared with that after so many invocations; 0 = not, as under the sanitizers, which free late.
MEMORY_AFTER = int(os.environ.get("SOAK_MEMORY_AFTER", "0"))
MEMORY_GROWTH_MAX = 1.1
CALLERS = 8
LOG_GROUP = "/soak"
LOG_GROUP_BYTES = 17_000_000  # more than is kept of a group
KINDS = ["echo", "go", "fail", "crash", "sleep"]


class Connection:
    """HTTP/1.1 over one kept connection, with less of Python's time than http.client takes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def post(self, path, body, headers):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.socket.sendall(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body)
        while b"\r\n\r\n" not in self.rest:
            self.receive()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        found = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        length = int(found["content-length"])
        while len(self.rest) < length:
            self.receive()
        answer, self.rest = self.rest[:length], self.rest[length:]
        return int(first.split()[1]), found, answer

    def receive(self):
        got = self.socket.recv(65536)
        assert got, "the connection was closed inside an answer"
        self.rest += got

    def close(self):
        self.socket.close()


def resident_kib(server):
    text = open(f"/proc/{server.process.pid}/status").read()
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS:")).split()[1])


def fill_log(server):
    """What is kept of a log group grows to its bound, as it is told; the memory looked at is everything else."""

    def call(target, **body):
        headers = {"X-Amz-Target": f"Logs_20140328.{target}", "Content-Type": "application/x-amz-json-1.1"}
        urllib.request.urlopen(urllib.request.Request(server.url, json.dumps(body).encode(), headers), timeout=60).read()

    call("CreateLogGroup", logGroupName=LOG_GROUP)
    call("CreateLogStream", logGroupName=LOG_GROUP, logStreamName="before")
    # As long as what an invocation writes, on average.
    events = [{"timestamp": int(time.time() * 1000), "message": "x" * 100 + "\n"}] * 7000
    for _ in range(LOG_GROUP_BYTES // (7000 * 127) + 1):
        call("PutLogEvents", logGroupName=LOG_GROUP, logStreamName="before", logEvents=events)


def event_of(kind, rng, token):
    if kind == "echo":
        return {"token": token}
    if kind == "go":
        return {"do": "echo", "value": token}
    if kind == "fail":
        return {"type": "T", "message": token}
    if kind == "crash":
        return rng.choice([{"mode": "exit", "code": 1}, {"mode": "exit", "code": 0}, {"mode": "signal", "signal": "SIGKILL"}])
    return {"ms": 5000}


def check(kind, event, token, request, value):
    if kind == "echo":
        assert value == event
    elif kind == "go":
        assert value == token
    elif kind == "fail":
        assert value["errorMessage"] == token
    elif kind == "crash":
        assert value["errorType"] == "Runtime.ExitError" and request in value["errorMessage"]
    else:
        assert value["errorType"] == "Sandbox.Timedout" and request in value["errorMessage"]


def test_every_request_is_answered_exactly_once_and_nothing_is_left(start):
    logging = {"log_group": LOG_GROUP}
    server = start(
        {
            "echo": function("echo", logging_config=logging),
            "go": go1x("probe-newest-go1.x-x86_64", "probe", logging_config=logging),
            "crash": function("crash", timeout=2, logging_config=logging),
            "sleep": function("sleep", timeout=1, logging_config=logging),
            "fail": function("fail", logging_config=logging),
        },
        "--log-level",
        "warn",
    )
    if MEMORY_AFTER:
        fill_log(server)
    descriptors = server.descriptors()
    seen = set()
    kinds = dict.fromkeys(KINDS, 0)
    memory = {}
    lock = threading.Lock()
    failures = []
    weights = [60, 25, 15 - CRASH_PERCENT - TIMEOUT_PERCENT, CRASH_PERCENT, TIMEOUT_PERCENT]
    begin = time.monotonic()

    def one(connection, rng, number):
        token = f"{number}-{rng.random()}"
        request = str(uuid.uuid4())
        kind = rng.choices(KINDS, weights)[0]
        event = event_of(kind, rng, token)
        path = f"/2015-03-31/functions/{kind}/invocations"
        status, headers, text = connection.post(path, json.dumps(event).encode(), {"x-amzn-RequestId": request})
        assert status == 200 and headers["x-amzn-requestid"] == request, (status, text)
        check(kind, event, token, request, json.loads(text))
        with lock:
            seen.add(request)
            kinds[kind] += 1
            if len(seen) == MEMORY_AFTER:
                memory["early"] = resident_kib(server)

    def caller(seed):
        rng = random.Random(seed)
        connection = Connection(server.port)
        try:
            for number in range(INVOCATIONS // CALLERS):
                one(connection, rng, number)
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=caller, args=(seed,)) for seed in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    assert len(seen) == INVOCATIONS // CALLERS * CALLERS
    if MEMORY_AFTER:
        memory["late"] = resident_kib(server)
        seconds = time.monotonic() - begin
        print(
            f"\n{len(seen):,} invocations in {seconds:.0f} s ({', '.join(f'{count:,} {kind}' for kind, count in kinds.items())}), each answered once; "
            f"resident {memory['early']:,} KiB after {MEMORY_AFTER:,}, {memory['late']:,} KiB at the end ({memory['late'] / memory['early']:.3f} x)"
        )
        assert memory["late"] <= MEMORY_GROWTH_MAX * memory["early"]
    assert server.log().count("REPORT RequestId") == len(seen)
    # Environments are alive still, on a busy machine more than there are callers; no more descriptors than those need.
    alive = json.loads(urllib.request.urlopen(server.url + "/_lambox/health", timeout=60).read())["environments"]
    assert server.descriptors() < descriptors + CALLERS + 10 * alive
    assert server.stop() == 0
