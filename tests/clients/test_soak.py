"""Many callers, crashes and timeouts mixed in: every request is answered exactly once with its own answer, and nothing is left."""

import http.client
import json
import os
import random
import threading
import uuid

from conftest import function, go1x

INVOCATIONS = int(os.environ.get("SOAK_INVOCATIONS", "20000"))
CALLERS = 8


def test_every_request_is_answered_exactly_once_and_nothing_is_left(start):
    server = start(
        {
            "echo": function("echo"),
            "go": go1x("probe-newest-go1.x-x86_64", "probe"),
            "crash": function("crash", timeout=2),
            "sleep": function("sleep", timeout=1),
            "fail": function("fail"),
        },
        "--log-level",
        "warn",
    )
    descriptors = server.descriptors()
    seen = set()
    lock = threading.Lock()
    failures = []

    def one(connection, rng, number):
        token = f"{number}-{rng.random()}"
        request = str(uuid.uuid4())
        kind = rng.choices(["echo", "go", "fail", "crash", "sleep"], [60, 25, 10, 4.9, 0.1])[0]
        event = {
            "echo": {"token": token},
            "go": {"do": "echo", "value": token},
            "fail": {"type": "T", "message": token},
            "crash": rng.choice([{"mode": "exit", "code": 1}, {"mode": "exit", "code": 0}, {"mode": "signal", "signal": "SIGKILL"}]),
            "sleep": {"ms": 5000},
        }[kind]
        body = json.dumps(event)
        connection.request("POST", f"/2015-03-31/functions/{kind}/invocations", body, {"x-amzn-RequestId": request})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200 and answer.getheader("x-amzn-RequestId") == request, (answer.status, text)
        value = json.loads(text)
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
        with lock:
            seen.add(request)

    def caller(seed):
        rng = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
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
    log = server.log()
    assert log.count("REPORT RequestId") == len(seen)
    # Connections and environments are in use still; no more descriptors than those need.
    assert server.descriptors() < descriptors + 8 * 5 * 8
    assert server.stop() == 0
