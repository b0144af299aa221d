"""Property: events that a subscriber has received and events reported to it as dropped are together the events that were emitted. Ten
thousand real invocations (LAMBOX_TEST_INVOCATIONS of them), with a subscriber that stalls at random; what was emitted is counted from the
function's log alone."""

import collections
import http.client
import http.server
import json
import os
import random
import re
import threading
import time

from conftest import function, in_parallel

INVOCATIONS = int(os.environ.get("LAMBOX_TEST_INVOCATIONS", "10000"))
ENVIRONMENTS = 2
OUTPUT_BYTES = 20_000_000  # of the function, in all: several times what lambox keeps for a slow subscriber

# Registers and has the listener below subscribed; each environment under a path of its own.
EXTENSION = """#!/usr/bin/env python3
import http.client, json, os, sys
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

def call(method, path, body, headers):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status} {text}")
    return answer

named = {"Lambda-Extension-Name": os.path.basename(sys.argv[0])}
identity = call("POST", "/2020-01-01/extension/register", '{"events": ["SHUTDOWN"]}', named).headers["Lambda-Extension-Identifier"]
wish = {"schemaVersion": "2022-12-13", "types": ["platform", "function"],
        "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
        "destination": {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{os.environ['LISTENER_PORT']}/{identity}"}}
call("PUT", "/2022-07-01/telemetry", json.dumps(wish), {"Lambda-Extension-Identifier": identity})
call("GET", "/2020-01-01/extension/event/next", None, {"Lambda-Extension-Identifier": identity})
"""


class Subscriber:
    """Counts what it gets, each batch once, and stalls until so many more invocations have been made."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.changed = threading.Condition()
        self.invoked = 0
        self.stalling = True
        self.batches = set()
        self.received = collections.Counter()  # by type
        self.dropped = 0
        self.subscriptions = set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.take(self.path, self.headers["sequence-id"], json.loads(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, sequence, events):
        with self.changed:
            first = path not in self.subscriptions
            self.subscriptions.add(path)
            if sequence not in self.batches:
                self.batches.add(sequence)
                for event in events:
                    if event["type"] == "platform.logsDropped":
                        self.dropped += event["record"]["droppedRecords"]
                    else:
                        self.received[event["type"]] += 1
                self.changed.notify_all()
            # The first stall is so long that events have to go; those after it are of any length, or none.
            share = 0.6 if first else self.random.choice((0, 0, 0, self.random.random() / 4))
            until = self.invoked + int(share * INVOCATIONS)
            self.changed.wait_for(lambda: not self.stalling or self.invoked >= until)

    def note_invocation(self):
        with self.changed:
            self.invoked += 1
            self.changed.notify_all()

    def account(self):
        return sum(self.received.values()) + self.dropped

    def settle(self, emitted, seconds):
        """Stops stalling, and waits until all is accounted for."""
        with self.changed:
            self.stalling = False
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.account() >= emitted, seconds)


def emitted(log):
    """By type, from the function's log: lines of the platform witness its events, all others are the function's own."""
    counts = collections.Counter()
    for line in log.split("\n"):
        told = re.match(r"f#\d+ \| (?:(INIT_START|EXTENSION|START|END|REPORT)\b)?", line)
        if told:
            counts[told[1] or "function"] += 1
    return {
        "platform.initStart": counts["INIT_START"],
        "platform.initRuntimeDone": counts["INIT_START"],
        "platform.initReport": counts["INIT_START"],
        "platform.telemetrySubscription": counts["EXTENSION"],
        "platform.extension": counts["EXTENSION"],
        "platform.start": counts["START"],
        "platform.runtimeDone": counts["END"],
        "platform.report": counts["REPORT"],
        "function": counts["function"],
    }


def test_received_and_dropped_are_what_was_emitted(start, tmp_path):
    subscriber = Subscriber(seed=20261126)
    extensions = tmp_path / "layer" / "extensions"
    extensions.mkdir(parents=True)
    (extensions / "account").write_text(EXTENSION)
    (extensions / "account").chmod(0o755)
    settings = {"layers": [str(extensions.parent)], "environment": {"LISTENER_PORT": str(subscriber.server.server_port)}, "timeout": 60}
    server = start({"f": function("chatter", **settings)}, "--isolation", "process")
    event = json.dumps({"do": "lines", "count": 2, "bytes": max(20, OUTPUT_BYTES // INVOCATIONS // 2)})

    def invoke_many():
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for _ in range(INVOCATIONS // ENVIRONMENTS):
            connection.request("POST", "/2015-03-31/functions/f/invocations", event)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"lines":2}')
            assert answer.headers["x-amz-function-error"] is None
            subscriber.note_invocation()
        connection.close()

    in_parallel([invoke_many] * ENVIRONMENTS)
    done = INVOCATIONS // ENVIRONMENTS * ENVIRONMENTS
    end = time.monotonic() + 30
    while server.log().count("REPORT RequestId") < done and time.monotonic() < end:
        time.sleep(0.1)  # a report follows its answer by a moment
    expected = emitted(server.log())
    assert expected["platform.report"] == expected["platform.start"] == done
    assert expected["platform.telemetrySubscription"] == expected["platform.initStart"] == len(subscriber.subscriptions)
    assert expected["function"] >= 2 * done
    total = sum(expected.values())
    subscriber.settle(total, seconds=120)
    assert subscriber.account() == total, (subscriber.received, subscriber.dropped, expected)
    assert subscriber.dropped > 0  # or nothing was shown
    for kind, count in subscriber.received.items():
        assert count <= expected[kind], kind
    assert server.stop() == 0
    assert subscriber.account() == total  # nothing comes twice, nor out of nowhere
    subscriber.server.shutdown()
    subscriber.server.server_close()
