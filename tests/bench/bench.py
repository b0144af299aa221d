"""Runs the cases interleaved, so many whole runs, and prints ratios with their range. scripts/bench builds what it needs and calls it."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import sys

import cases
import page
import scale
from servers import Peer, Programs

RUNS, RUNS_QUICK = 7, 1


def machine():
    model = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {
        "processor": model,
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 2),
    }


def figure(value, unit):
    if unit in ("MB", "KB", "ms"):
        return f"{value:.2f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"


def median_of(values, unit):
    return f"{figure(statistics.median(values), unit)} {unit}" if values else "-"


def described(row):
    outcomes = row.outcomes()
    middle, low, high = statistics.median(outcomes), min(outcomes), max(outcomes)
    sign = "≥" if row.at_least else "≤"
    if row.compare == "ratio":
        found = f"{middle:.2f} ({low:.2f} to {high:.2f})"
        target = f"{sign} {row.target:g} ×" if row.target is not None else "-"
    elif row.compare == "difference":
        found = f"{figure(middle, row.unit)} ({figure(low, row.unit)} to {figure(high, row.unit)}) {row.unit} more"
        target = f"{sign} {row.target:g} {row.unit} more" if row.target is not None else "-"
    else:
        found = f"({figure(low, row.unit)} to {figure(high, row.unit)})"
        target = f"{sign} {row.target:g} {row.unit}" if row.target is not None else "-"
    met = None if row.target is None else (middle >= row.target if row.at_least else middle <= row.target)
    verdict = {None: "-", True: "met", False: "missed"}[met]
    cells = [row.label, median_of(row.floor, row.unit), median_of(row.lambox, row.unit), found, target, verdict]
    return cells, met


HEADINGS = ["case", "floor", "lambox", "lambox / floor, median (range)", "target", ""]


def table(rows, with_peer):
    lines = [HEADINGS + (["peer"] if with_peer else [])]
    for row in rows:
        lines.append(described(row)[0] + ([median_of(row.peer, row.unit)] if with_peer else []))
    return aligned(lines, (1, 2))


def aligned(lines, numeric):
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) if column in numeric else cell.ljust(width) for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines
    )


SCALE_HEADINGS = ["what grows", "size", "warm p50", "warm p99", "resident", "more than at the smallest"]


def scale_rows(bench):
    """Medians over the runs; what is resident is compared with the smallest size of the same series."""
    rows = []
    for dimension, sizes in bench.scale.items():
        least = None
        for size, points in sizes.items():
            p50, p99, resident = (statistics.median(getattr(point, name) for point in points) for name in ("p50_us", "p99_us", "resident_mb"))
            least = resident if least is None else least
            rows.append([dimension, f"{size:,}", f"{p50:.0f} µs", f"{p99:.0f} µs", f"{resident:.1f} MB", f"{resident - least:.1f} MB"])
    return rows


def document(bench, runs, facts):
    rows = []
    for row in bench.rows.values():
        _, met = described(row)
        values = {"floor": row.floor, "lambox": row.lambox, "peer": row.peer, "outcomes": row.outcomes()}
        meaning = {"case": row.case, "label": row.label, "unit": row.unit, "compare": row.compare, "target": row.target, "met": met}
        rows.append({**meaning, **values, "median": statistics.median(row.outcomes())})
    series = {name: [[size, [vars(point) for point in points]] for size, points in sizes.items()] for name, sizes in bench.scale.items()}
    found = {"machine": facts, "runs": runs, "rows": rows, "scale": series, "errors": bench.errors, "left_out": bench.left_out}
    return {**found, "distributions": bench.distributions}


def parsed(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures lambox next to the least that could do its work.")
    parser.add_argument("--runs", type=int, metavar="N", help=f"whole runs (default {RUNS}, with --quick {RUNS_QUICK})")
    parser.add_argument("--quick", action="store_true", help="few requests: shows that it works, measures nothing")
    parser.add_argument("--case", action="append", choices=list(cases.CASES), help="only this one; may be repeated")
    parser.add_argument("--scale", action="append", nargs="?", const="all", choices=["all", *scale.SERIES],
                        help="instead of the cases: cost against size, all series (some minutes, 1 run) or only this one")
    parser.add_argument("--peer", metavar="URL|COMMAND", help="another emulator beside the others: its whole invoke URL, http://IPV4:PORT/PATH, or "
                        "a shell command that starts it over the program in $BENCH_RUNTIME and prints that URL first")
    parser.add_argument("--realtime", action="store_true", help="run what is measured at real-time priority (needs root), lambox without "
                        "cgroups: on a machine that does other work, figures hold still")
    parser.add_argument("--json", metavar="FILE", help="write everything measured")
    parser.add_argument("--html", metavar="FILE", help="write a page with the table and the distributions")
    parser.add_argument("--lambox", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--go-handler", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.runs is not None and options.runs < 1:
        parser.error("--runs is at least 1")
    return options


def chosen(options):
    """Name -> what measures it, in order."""
    picked = {name: cases.CASES[name] for name in options.case or ([] if options.scale else cases.CASES)}
    wanted = list(scale.SERIES) if "all" in (options.scale or []) else options.scale or []
    picked.update({f"scale, {name}": scale.SERIES[name] for name in wanted})
    return picked


def main(arguments):
    options = parsed(arguments)
    programs = Programs(options.lambox.resolve(), options.programs.resolve())
    programs.go_handler = options.go_handler and options.go_handler.resolve()
    if options.realtime:
        programs.use_realtime()
    with Peer(programs, options.peer) as peer:
        return measured(options, programs, cases.Bench(programs, options.quick, peer.url))


def measured(options, programs, bench):
    runs = options.runs or (RUNS_QUICK if options.quick or options.scale and not options.case else RUNS)
    facts = {**machine(), "date": datetime.date.today().isoformat(), "priority": programs.priority}
    for bench.run in range(runs):
        for name, measure in chosen(options).items():
            print(f"run {bench.run + 1} of {runs}: {name}", file=sys.stderr)
            measure(bench)
    facts["load_after"] = round(os.getloadavg()[0], 2)
    print(f"{facts['processor']}, {facts['cpus']} CPUs, Linux {facts['kernel']}, {facts['date']}; load {facts['load']} to {facts['load_after']}; "
          f"{runs} whole {'run' if runs == 1 else 'runs'}, {programs.priority}\n")
    if bench.rows:
        print(table(bench.rows.values(), bool(options.peer)))
    if bench.scale:
        print(aligned([SCALE_HEADINGS, *scale_rows(bench)], (1, 2, 3, 4, 5)))
    for reason in bench.left_out:
        print(f"left out: {reason}", file=sys.stderr)
    for error in bench.errors:
        print(f"error: {error}", file=sys.stderr)
    found = document(bench, runs, facts)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(found))
    if options.html:
        cells = [described(row)[0] for row in bench.rows.values()]
        pathlib.Path(options.html).write_text(page.render(found, HEADINGS, cells, page.scale_part(found, SCALE_HEADINGS, scale_rows(bench))))
    return 1 if bench.errors else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RuntimeError as failure:
        sys.exit(f"scripts/bench: {failure}")
