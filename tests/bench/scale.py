"""The series: what one warm invocation costs, in time and memory, at growing sizes of everything else that lambox holds."""

import contextlib
import http.client
import json
import socket
import time

from servers import LOG_TAIL, Lambox
from stored import state_folder

PROCESS = ("--isolation", "process")
LOG_GROUPS = 20  # so that the bound of all groups is reached, not only that of one
LOG_CALL_BYTES = 1_000_000
LINE = "x" * 99 + "\n"


class Point:
    def __init__(self, size, found, resident_mb):
        self.size, self.p50_us, self.p99_us, self.resident_mb = size, found["p50_us"], found["p99_us"], resident_mb


def api_of(server):
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    return http.client.HTTPConnection(host, int(port), timeout=120)


def call(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path} answered {answer.status}: {text[:500]}")
    return json.loads(text) if text.strip() else None


def list_all_functions(server):
    connection, marker, count = api_of(server), "", 0
    while True:
        page = call(connection, "GET", "/2015-03-31/functions" + (f"?Marker={marker}" if marker else ""))
        count += len(page["Functions"])
        marker = page.get("NextMarker")
        if not marker:
            return count


def measured(bench, dimension, size, server):
    """One caller, one warm function, and what is resident behind it."""
    options = ["--requests", str(bench.count(3000, 50)), "--warmup", str(bench.count(300, 10)), *LOG_TAIL]
    found = bench.load(f"scale: {dimension}", f"{size:,}", server.invoke_url, options)
    bench.scale.setdefault(dimension, {}).setdefault(size, []).append(Point(size, found, server.resident_mb()))


def functions(bench):
    for size in bench.count([0, 100, 1000, 10_000], [0, 20]):
        folder = state_folder(bench.programs, size)
        with Lambox(bench.programs, *PROCESS, "--state-dir", str(folder)) as server:
            measured(bench, "stored functions", size, server)


def environments(bench):
    """Each a function of its own, alive and frozen; the measured one is the first of them."""
    for size in bench.count([1, 50, 250, 500], [1, 5]):
        names = ["echo", *(f"other-{number}" for number in range(size - 1))]
        with Lambox(bench.programs, *PROCESS, functions=names) as server:
            if size > 1:
                options = ["--requests", str(size - 1), "--patience", "60"]
                bench.load("scale: cold starts", f"{size}", server.invoke_url_of("other-{n}"), options)
            measured(bench, "live environments", size, server)
            alive = call(api_of(server), "GET", "/_lambox/health")["environments"]
            if alive != size:
                bench.errors.append(f"scale, environments: {alive} are alive instead of {size}")


def connections(bench):
    """Open ones that have been used once and are silent now, beside the caller's own."""
    request = b"GET /_lambox/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for size in bench.count([1, 100, 1000], [1, 20]):
        with Lambox(bench.programs, *PROCESS) as server, contextlib.ExitStack() as open_ones:
            host, port = server.url.removeprefix("http://").rsplit(":", 1)
            for _ in range(size - 1):
                one = open_ones.enter_context(socket.create_connection((host, int(port)), timeout=60))
                one.sendall(request)
                if not one.recv(65536).startswith(b"HTTP/1.1 200"):
                    bench.errors.append("scale, connections: one was not answered")
            measured(bench, "open connections", size, server)


def put_log(connection, group, lines):
    message = {"timestamp": int(time.time() * 1000), "message": LINE}
    body = {"logGroupName": group, "logStreamName": "all", "logEvents": [message] * lines}
    headers = {"X-Amz-Target": "Logs_20140328.PutLogEvents", "Content-Type": "application/x-amz-json-1.1"}
    if "rejectedLogEventsInfo" in call(connection, "POST", "/", json.dumps(body), headers):
        raise RuntimeError("PutLogEvents refused some of the events")


def log_bytes(bench):
    lines = LOG_CALL_BYTES // (len(LINE) + 26)  # AWS counts 26 bytes more for each
    sizes = bench.count([0, 10, 100, 1000], [0, 1])
    with Lambox(bench.programs, *PROCESS) as server:
        connection, written = api_of(server), 0
        for number in range(LOG_GROUPS):
            for target, names in (("CreateLogGroup", {}), ("CreateLogStream", {"logStreamName": "all"})):
                headers = {"X-Amz-Target": f"Logs_20140328.{target}", "Content-Type": "application/x-amz-json-1.1"}
                call(connection, "POST", "/", json.dumps({"logGroupName": f"/bench/{number}", **names}), headers)
        for size in sizes:
            while written < size:
                put_log(connection, f"/bench/{written % LOG_GROUPS}", lines)
                written += 1
            measured(bench, "MB of log written", size, server)


def invocations(bench):
    with Lambox(bench.programs, *PROCESS) as server:
        done = 0
        for size in bench.count([10_000, 100_000, 1_000_000], [100, 300]):
            options = ["--requests", str(size - done), "--connections", "16", "--in-flight", "8", *LOG_TAIL]
            bench.load("scale: all invocations", f"{size:,}", server.invoke_url, options)
            done = size
            measured(bench, "invocations before", size, server)


SERIES = {
    "functions": functions,
    "environments": environments,
    "connections": connections,
    "log": log_bytes,
    "invocations": invocations,
}
