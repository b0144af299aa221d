"""Goal: nobody waits for what is not there, and nobody's slowness is another's: callers over the concurrency get 429 while the others still run, a
lambox without descriptors goes on when it has some again, a slow client holds no environment. Method: real sockets; the order of answers, no times.
Callers ask for the log tail: their answer then comes when the environment is free again."""

import json
import shutil
import socket
import threading

import botocore.exceptions
import pytest

from conftest import BINARY, ROOT, function, in_parallel, invoke

PAYLOAD_BYTES = 6_000_000
STATIC = ROOT / "build" / "static" / "lambox"


def connect(server, receive_buffer=None):
    made = socket.socket()
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)  # before the window is agreed on
    made.settimeout(60)
    made.connect(("127.0.0.1", server.port))
    return made


def head_of(name, length):
    fields = f"Host: 127.0.0.1\r\nX-Amz-Log-Type: Tail\r\nContent-Length: {length}\r\n"
    return f"POST /2015-03-31/functions/{name}/invocations HTTP/1.1\r\n{fields}\r\n".encode()


def read_head(connection):
    """(head, what came of the body), read a byte at a time."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, head
        head += byte
    return head


def test_callers_over_the_concurrency_are_refused_while_the_others_run(start):
    server = start({"f": function("sleep", reserved_concurrent_executions=2, timeout=20)})
    order = []
    started = threading.Barrier(2 + 1)

    def long_one():
        client = server.client()
        started.wait()
        assert invoke(client, "f", {"ms": 4000}, LogType="Tail")[0] == {"slept_ms": 4000}
        order.append("served")

    def refused():
        with pytest.raises(botocore.exceptions.ClientError) as failure:
            invoke(server.client(), "f", {"ms": 0})
        assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert failure.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
        order.append("refused")

    def crowd():
        started.wait()
        server_is_full(server)
        in_parallel([refused] * 30)

    in_parallel([long_one, long_one, crowd])
    assert order == ["refused"] * 30 + ["served"] * 2
    assert invoke(server.client(), "f", {"ms": 0}, LogType="Tail")[0] == {"slept_ms": 0}


def server_is_full(server):
    """Returns once both places are taken."""
    client = server.client()
    while True:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(b"GET /_lambox/state HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            text = b""
            while got := connection.recv(65536):
                text += got
        state = json.loads(text.partition(b"\r\n\r\n")[2])
        if [one["state"] for one in state["environments"]] == ["busy"] * 2:
            client.close()
            return


def test_a_client_that_reads_its_answer_byte_by_byte_holds_no_environment(start):
    server = start({"f": function("echo", reserved_concurrent_executions=1, timeout=20)})
    event = json.dumps({"text": "x" * (PAYLOAD_BYTES - 20)}).encode()
    slow = connect(server, receive_buffer=4096)
    slow.sendall(head_of("f", len(event)) + event)
    head = read_head(slow)
    assert head.startswith(b"HTTP/1.1 200 OK")
    body = b""
    client = server.client()
    for number in range(50):
        body += slow.recv(1)
        assert invoke(client, "f", {"number": number}, LogType="Tail")[0] == {"number": number}
    while len(body) < len(event):
        body += slow.recv(65536)
    assert body == event
    slow.close()
    assert server.log().count("INIT_START") == 1


def test_a_client_that_sends_its_event_byte_by_byte_holds_no_environment(start):
    server = start({"f": function("echo", reserved_concurrent_executions=1)})
    event = b'{"slow":1}'
    slow = connect(server)
    slow.sendall(head_of("f", len(event)))
    client = server.client()
    for number, byte in enumerate(event):
        assert invoke(client, "f", {"number": number}, LogType="Tail")[0] == {"number": number}
        slow.sendall(bytes([byte]))
    assert read_head(slow).startswith(b"HTTP/1.1 200 OK")
    assert slow.recv(65536) == event
    slow.close()
    assert server.log().count("INIT_START") == 1


def test_without_descriptors_what_runs_goes_on_and_what_waits_is_served_later(start):
    if not shutil.which("prlimit"):
        pytest.skip("SKIPPED: prlimit is not installed")
    program = next((one for one in (BINARY, STATIC) if one.exists() and b"__ubsan_handle" not in one.read_bytes()), None)
    if program is None:
        pytest.skip("SKIPPED: the undefined-behaviour sanitizer needs descriptors itself; build/static/lambox is not there")
    server = start({"f": function("echo")}, "--isolation", "process", program=("prlimit", "--nofile=80:80", program))
    warm = connect(server)
    event = b'{"a":1}'

    def invoke_warm():
        warm.sendall(head_of("f", len(event)) + event)
        assert read_head(warm).startswith(b"HTTP/1.1 200 OK")
        assert warm.recv(65536) == event

    invoke_warm()
    crowd = [connect(server) for _ in range(120)]  # more than it can take; the kernel keeps the rest for it
    for one in crowd:
        one.sendall(b"GET /_lambox/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        one.setblocking(False)
    holders = [connect(server) for _ in range(120)]  # these say nothing, and stay
    server.wait_log("a connection could not be accepted")
    for _ in range(20):
        invoke_warm()
    for one in holders:
        one.close()
    for one in crowd:
        one.settimeout(60)
        assert read_head(one).startswith(b"HTTP/1.1 200 OK")
        one.close()
    invoke_warm()
    warm.close()
    assert server.log().count("INIT_START") == 1
