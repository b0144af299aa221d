"""Goal: ten thousand functions can be created, found, invoked and listed, whole and in order.
Method: one run, which prints the median times of create, get and invoke at 100 and at 10,000 functions side by side, and the memory of an idle one
from /proc. They are for reading: a busy machine and the sanitizers make any bound on them a matter of luck."""

import json
import random
import statistics
import time

from conftest import Lambox, invoke
from packages import ROLE, shell_zip

COUNT = 10_000


def resident_kib(process):
    text = open(f"/proc/{process.pid}/smaps_rollup").read()
    return int(next(line for line in text.splitlines() if line.startswith("Rss:")).split()[1])


def timed(call):
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def test_create_get_and_invoke_stay_flat_over_ten_thousand_functions(tmp_path):
    server = Lambox(tmp_path, {}, "--log-level", "warn")
    try:
        client = server.client()
        package = shell_zip("echo ok")
        names = [f"many-{number:05d}" for number in range(COUNT)]

        def make(name):
            client.create_function(FunctionName=name, Runtime="provided.al2023", Role=ROLE, Handler="bootstrap", Code={"ZipFile": package})

        def medians(known):
            source = random.Random(3)
            chosen = [source.choice(known) for _ in range(100)]
            gets = [timed(lambda: client.get_function(FunctionName=name)) for name in chosen]
            invokes = [timed(lambda: invoke(client, name)) for name in chosen[:20]]
            return statistics.median(gets), statistics.median(invokes)

        early = [timed(lambda: make(name)) for name in names[:100]]
        get_early, invoke_early = medians(names[:100])
        memory_early = resident_kib(server.process)
        late = [timed(lambda: make(name)) for name in names[100:]]
        memory = (resident_kib(server.process) - memory_early) / (COUNT - 100)
        create_early, create_late = statistics.median(early), statistics.median(late[-100:])
        get_late, invoke_late = medians(names)
        listed = [one["FunctionName"] for page in client.get_paginator("list_functions").paginate() for one in page["Functions"]]
        assert listed == names
        assert client.get_account_settings()["AccountUsage"]["FunctionCount"] == COUNT
        print(
            json.dumps(
                {
                    "create_ms": [round(create_early, 2), round(create_late, 2)],
                    "get_ms": [round(get_early, 2), round(get_late, 2)],
                    "invoke_ms": [round(invoke_early, 2), round(invoke_late, 2)],
                    "kib_per_function": round(memory, 1),
                }
            )
        )
    finally:
        assert server.stop() == 0
