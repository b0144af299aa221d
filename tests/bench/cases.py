"""The cases: each measures lambox and what it is compared with next to each other, once for each whole run."""

import pathlib
import time

import scale
from servers import LOG_TAIL, Floor, Lambox, Server
from stored import state_folder

STORED, STORED_QUICK = 10_000, 50
PROCESS = ("--isolation", "process")
SANDBOX = ("--isolation", "sandbox")
NO_GROUPS = ("--cgroups", "off")


class Row:
    """One line of the table. `compare` is "ratio" (lambox over floor), "difference" (lambox minus floor), or "value" (lambox alone)."""

    def __init__(self, case, label, unit, target=None, compare="ratio", at_least=False):
        self.case, self.label, self.unit, self.target, self.compare, self.at_least = case, label, unit, target, compare, at_least
        self.floor, self.lambox, self.peer = [], [], []

    def add(self, floor, lambox, peer=None):
        if floor is not None:
            self.floor.append(floor)
        self.lambox.append(lambox)
        if peer is not None:
            self.peer.append(peer)

    def outcomes(self):
        if self.compare == "ratio":
            return [ours / theirs for ours, theirs in zip(self.lambox, self.floor)]
        if self.compare == "difference":
            return [ours - theirs for ours, theirs in zip(self.lambox, self.floor)]
        return self.lambox


class Bench:
    def __init__(self, programs, quick, peer):
        self.programs, self.quick, self.peer = programs, quick, peer
        self.rows = {}
        self.scale = {}  # dimension -> size -> one point for each run
        self.distributions = {}  # case -> side -> one distribution for each run
        self.errors = []
        self.left_out = []  # what this machine cannot do
        self.run = 0

    def count(self, full, quick):
        return quick if self.quick else full

    def row(self, case, label, unit, **options):
        return self.rows.setdefault((case, label), Row(case, label, unit, **options))

    def alternate(self, sides):
        """Calls each side, in turn from the front and from the back, so that neither is always the first; keeps the order of keys."""
        order = list(sides) if self.run % 2 == 0 else list(reversed(list(sides)))
        found = {name: sides[name]() for name in order}
        return {name: found[name] for name in sides}

    def load(self, case, side, url, options, pinned=False):
        found = self.programs.json_of([self.programs.load, "--url", url, *options], pinned)
        return self.keep(case, side, found)

    def keep(self, case, side, found):
        if found["errors"]:
            self.errors.append(f"{case}, {side}, run {self.run + 1}: {found['errors']} errors")
        if not found["requests"]:
            raise RuntimeError(f"{case}, {side}: nothing succeeded")
        self.distributions.setdefault(case, {}).setdefault(side, []).append(found["distribution"])
        return found

    def beside_floor(self, case, options, runtimes=1, pinned=False, lambox_arguments=()):
        """The same load on the floor, on lambox and on the peer, whose core is not ours to choose."""
        options = list(map(str, options))
        with Floor(self.programs, runtimes, pinned) as floor, Lambox(self.programs, *lambox_arguments, pinned=pinned) as lambox:
            sides = {
                "floor": lambda: self.load(case, "floor", floor.invoke_url, options, pinned),
                "lambox": lambda: self.load(case, "lambox", lambox.invoke_url, [*options, *LOG_TAIL], pinned),
            }
            if self.peer and not pinned and not lambox_arguments:
                sides["peer"] = lambda: self.load(case, "peer", self.peer, options)
            return self.alternate(sides)


def milliseconds(found, key):
    return found[key] / 1000


def add_times(row, found, key, scale=1.0):
    peer = found["peer"][key] * scale if "peer" in found else None
    row.add(found["floor"][key] * scale, found["lambox"][key] * scale, peer)


def warm(bench):
    found = bench.beside_floor("warm", ["--requests", bench.count(5000, 200), "--warmup", bench.count(500, 20)])
    add_times(bench.row("warm", "warm, sequential, 100 B, p50", "µs", target=1.15), found, "p50_us")
    add_times(bench.row("warm", "warm, sequential, 100 B, p99", "µs", target=1.5), found, "p99_us")


def pinned(bench):
    options = ["--requests", bench.count(5000, 200), "--warmup", bench.count(500, 20)]
    found = bench.beside_floor("pinned", options, pinned=True)
    add_times(bench.row("pinned", "the same on one core, p50", "µs", target=1.4), found, "p50_us")
    add_times(bench.row("pinned", "the same on one core, p99", "µs"), found, "p99_us")


def throughput(bench):
    options = ["--connections", 32, "--in-flight", 8, "--requests", bench.count(20000, 500), "--warmup", bench.count(2000, 100)]
    found = bench.beside_floor("throughput", options, runtimes=8)
    row = bench.row("throughput", "throughput, 32 callers, 8 environments", "/s", target=0.75, at_least=True)
    add_times(row, found, "rate")


def large(bench):
    options = ["--body-bytes", 6_000_000, "--requests", bench.count(40, 5), "--warmup", bench.count(5, 2)]
    found = bench.beside_floor("large", options)
    add_times(bench.row("large", "6 MB in and out, p50", "ms", target=1.2), found, "p50_us", 0.001)


def cold(bench):
    """Every request goes to a function of its own that nothing has invoked yet, and each environment is gone before the next one."""
    count, gap = bench.count(40, 5), 25
    kinds = {"process": PROCESS, "process, no cgroups": (*PROCESS, *NO_GROUPS)}
    kinds.update({"sandbox": SANDBOX, "sandbox, no cgroups": (*SANDBOX, *NO_GROUPS)})
    if bench.programs.lambox_arguments:  # without groups anyway
        kinds = {"process": PROCESS, "sandbox": SANDBOX}

    def lambox(side, arguments):
        names = [f"cold-{number}" for number in range(count)]
        with Lambox(bench.programs, "--keep-alive", "0", *arguments, functions=names) as server:
            options = ["--requests", str(count), "--gap-ms", str(gap), *LOG_TAIL]
            return bench.load("cold", side, server.invoke_url_of("cold-{n}"), options)

    def bare():
        return bench.keep("cold", "posix_spawn", bench.programs.json_of([bench.programs.floor, "spawn", count, gap, bench.programs.runtime]))

    found = {}
    for kind, arguments in kinds.items():
        try:
            sides = {"bare": bare, "lambox": lambda kind=kind, arguments=arguments: lambox(kind, arguments)}
            found[kind] = bench.alternate(sides)
        except RuntimeError as error:
            if kind.startswith("process"):
                raise
            bench.left_out.append(f"cold start, {kind}: {error}")
    for kind, times in found.items():
        target = 1.5 if kind == "process" else None
        row = bench.row("cold", f"cold start, {kind}, p50 (against posix_spawn)", "ms", target=target)
        row.add(milliseconds(times["bare"], "p50_us"), milliseconds(times["lambox"], "p50_us"))
    for ending in ("", ", no cgroups"):
        if "sandbox" + ending in found:
            label = f"cold start, sandbox{ending} (against process{ending})"
            row = bench.row("cold", label, "ms", target=1.0 if not ending else None, compare="difference")
            sides = [milliseconds(found[level + ending]["lambox"], "p50_us") for level in ("process", "sandbox")]
            row.add(*sides)


def freeze(bench):
    options = ["--requests", bench.count(12, 3), "--warmup", 2, "--gap-ms", 300]
    unfrozen = bench.beside_floor("pause, not frozen", options, lambox_arguments=("--freeze", "off"))
    frozen = bench.beside_floor("pause, frozen", options)
    add_times(bench.row("freeze", "warm after 300 ms, freeze off, p50", "µs"), unfrozen, "p50_us")
    add_times(bench.row("freeze", "warm after 300 ms, frozen, p50", "µs"), frozen, "p50_us")
    row = bench.row("freeze", "what the freeze costs (against freeze off)", "µs", target=30, compare="difference")
    row.add(unfrozen["lambox"]["p50_us"], frozen["lambox"]["p50_us"])


def go(bench):
    """The bare RPC has no caller behind it: one process fewer than lambox."""
    if bench.programs.go_handler is None:
        bench.left_out.append("go1.x: no handler was built")
        return
    count, warmup = bench.count(5000, 200), bench.count(500, 20)
    program = bench.programs.go_handler / "sample-lambda"
    with Lambox(bench.programs, functions=("go1x",)) as lambox:
        options = ["--requests", str(count), "--warmup", str(warmup), "--any-answer", "1", *LOG_TAIL]
        found = bench.alternate({
            "floor": lambda: bench.keep("go", "RPC", bench.programs.json_of([bench.programs.go_rpc, count, warmup, program])),
            "lambox": lambda: bench.load("go", "lambox", lambox.invoke_url, options),
        })
    add_times(bench.row("go", "go1.x, warm, p50 (against bare RPC)", "µs", target=1.2), found, "p50_us")


def start(bench):
    programs, count = bench.programs, bench.count(10, 2)
    served = [programs.lambox, "serve", "--port", "0", "--json"]
    found = bench.alternate({
        "floor": lambda: bench.keep("start", "floor", programs.json_of([programs.floor, "ready", count, programs.floor, "relay", 0, "-"])),
        "lambox": lambda: bench.keep("start", "lambox", programs.json_of([programs.floor, "ready", count, *served])),
    })
    row = bench.row("start", "start to ready, no functions", "ms", target=10, compare="value")
    add_times(row, found, "p50_us", 0.001)


def stored_start(bench):
    programs, count = bench.programs, bench.count(STORED, STORED_QUICK)
    served = [programs.lambox, "serve", "--port", "0", "--json", "--state-dir", state_folder(programs, count)]
    found = bench.keep("stored", "lambox", programs.json_of([programs.floor, "ready", bench.count(10, 2), *served]))
    row = bench.row("stored", f"start to ready, {count:,} stored functions", "ms", target=100, compare="value")
    row.add(None, milliseconds(found, "p50_us"))


def stored_memory(bench):
    """What each of many functions adds to a lambox that has none: after the start, and once all have been asked for."""
    count = bench.count(STORED, STORED_QUICK)

    def resident(folder):
        with Server(bench.programs, [bench.programs.lambox, "serve", "--port", "0", "--json", "--state-dir", folder]) as server:
            time.sleep(1)  # past what starting needed
            idle = server.resident_mb()
            scale.list_all_functions(server)
            time.sleep(1)
            return idle, server.resident_mb()

    none, many = resident(state_folder(bench.programs, 0)), resident(state_folder(bench.programs, count))
    for label, at in (("", 0), (", once all have been listed", 1)):
        row = bench.row("stored-memory", f"resident, each of {count:,} stored functions{label}", "KB", target=4, compare="value")
        row.add(None, (many[at] - none[at]) * 1024 / count)


def memory(bench):
    with Floor(bench.programs, 0) as floor, Server(bench.programs, [bench.programs.lambox, "serve", "--port", "0", "--json"]) as lambox:
        time.sleep(1)  # past what starting needed
        row = bench.row("memory", "resident, idle, no functions", "MB", target=15, compare="value")
        row.add(floor.resident_mb(), lambox.resident_mb())


def size(bench):
    static = pathlib.Path(__file__).resolve().parents[2] / "build" / "static" / "lambox"
    if not static.exists():
        return  # cmake --preset static && cmake --build --preset static
    row = bench.row("size", "static program", "MB", target=12, compare="value")
    row.add(pathlib.Path(bench.programs.floor).stat().st_size / 1e6, static.stat().st_size / 1e6)


CASES = {
    "warm": warm,
    "pinned": pinned,
    "throughput": throughput,
    "large": large,
    "cold": cold,
    "freeze": freeze,
    "go": go,
    "start": start,
    "stored": stored_start,
    "memory": memory,
    "stored-memory": stored_memory,
    "size": size,
}
