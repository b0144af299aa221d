"""The page: the table and, for each case, how the times are distributed, as SVG that needs no script."""

import html
import math
import pathlib
import statistics

STYLE = pathlib.Path(__file__).resolve().parents[2] / "src" / "lab" / "page" / "report.css"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 620, 320, 62, 12, 12, 42
NINES_MAX = 4
SHARES = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"]
TITLES = {
    "warm": "Warm, sequential, 100 B",
    "pinned": "The same on one core",
    "throughput": "32 callers over 8 environments",
    "large": "6 MB in and out",
    "cold": "Cold start",
    "pause, not frozen": "Warm after 300 ms, freeze off",
    "pause, frozen": "Warm after 300 ms, frozen",
    "go": "go1.x, warm",
    "start": "Start to ready",
    "stored": "Start to ready, 10,000 stored functions",
}


def nines(share):
    return min(-math.log10(max(1 - share, 1e-9)), NINES_MAX)


def told(microseconds):
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:g} s"
    if microseconds >= 1e3:
        return f"{microseconds / 1e3:g} ms"
    return f"{microseconds:g} µs"


class Scale:
    """Nines across, the logarithm of the time upwards."""

    def __init__(self, sides):
        points = [point for runs in sides.values() for run in runs for point in run]
        times = [time for _, time in points if time > 0]
        self.low, self.high = math.log10(min(times)) - 0.05, math.log10(max(times)) + 0.05
        self.nines = max(1, math.ceil(max(nines(share) for share, _ in points)))

    def x(self, share):
        return LEFT + nines(share) / self.nines * (WIDTH - LEFT - RIGHT)

    def y(self, time):
        part = (math.log10(max(time, 1e-3)) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

    def ticks(self):
        steps = (1, 2, 5)
        decades = range(math.floor(self.low), math.ceil(self.high) + 1)
        return [step * 10.0**decade for decade in decades for step in steps if self.low <= math.log10(step * 10.0**decade) <= self.high]


def axes(scale):
    parts = []
    for time in scale.ticks():
        y = scale.y(time)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{told(time)}</text>')
    for count in range(scale.nines + 1):
        x = LEFT + count / scale.nines * (WIDTH - LEFT - RIGHT)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="var(--line)"/>')
        anchor = "end" if count == scale.nines else "middle"
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="{anchor}">{SHARES[count]}</text>')
    return parts


def chart(case, sides):
    scale = Scale(sides)
    parts = axes(scale)
    legend = []
    for number, (side, runs) in enumerate(sides.items()):
        colour = f"var(--s{number % 8})"
        legend.append(f'<span style="color:{colour}">■</span> {html.escape(side)}')
        for run in runs:
            path = " ".join(f"{scale.x(share):.1f},{scale.y(time):.1f}" for share, time in run)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-opacity=".75"/>')
    title = html.escape(TITLES.get(case, case))
    label = f"{title}: time kept within by each share of the requests, one line a run"
    return (
        f'<figure><figcaption>{title}</figcaption><p class="fine">{" &nbsp; ".join(legend)}</p>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" aria-label="{label}" font-size="12" fill="var(--faint)">{"".join(parts)}</svg></figure>'
    )


def row_of(cells):
    first, *rest = cells
    return f'<tr><th scope="row">{html.escape(first)}</th>' + "".join(f"<td>{html.escape(cell)}</td>" for cell in rest) + "</tr>"


class SizeAxis:
    """Sizes at equal steps, since the smallest is often none; the cost upwards from zero."""

    def __init__(self, sizes, values):
        self.sizes = sizes
        step = 10 ** math.floor(math.log10(max(*values, 1e-9)))
        self.unit = next(step * part for part in (0.25, 0.5, 1, 2.5) if max(values) / (step * part) <= 5)
        self.high = math.ceil(max(values) / self.unit) * self.unit

    def x(self, place):
        return LEFT + 30 + place * (WIDTH - LEFT - RIGHT - 60) / max(1, len(self.sizes) - 1)

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.high * (HEIGHT - TOP - BOTTOM)

    def drawn(self, name):
        parts = []
        for count in range(round(self.high / self.unit) + 1):
            y = self.y(count * self.unit)
            parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{name(count * self.unit)}</text>')
        for place, size in enumerate(self.sizes):
            parts.append(f'<text x="{self.x(place):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{size:,}</text>')
        return parts


def size_chart(title, sizes, sides, name):
    """`sides`: label -> the median at each size."""
    axis = SizeAxis(sizes, [value for values in sides.values() for value in values])
    parts, legend = axis.drawn(name), []
    for number, (side, values) in enumerate(sides.items()):
        colour = f"var(--s{number})"
        legend.append(f'<span style="color:{colour}">■</span> {side}')
        path = " ".join(f"{axis.x(place):.1f},{axis.y(value):.1f}" for place, value in enumerate(values))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.extend(f'<circle cx="{axis.x(place):.1f}" cy="{axis.y(value):.1f}" r="3.5" fill="{colour}"/>' for place, value in enumerate(values))
    return (
        f'<figure><figcaption>{html.escape(title)}</figcaption><p class="fine">{" &nbsp; ".join(legend)}</p>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" aria-label="{html.escape(title)}" font-size="12" fill="var(--faint)">'
        f'{"".join(parts)}</svg></figure>'
    )


def scale_part(found, headings, rows):
    charts = []
    for dimension, series in found["scale"].items():
        sizes = [size for size, _ in series]
        medians = {key: [statistics.median(point[key] for point in points) for _, points in series] for key in ("p50_us", "p99_us", "resident_mb")}
        times = {"p50": medians["p50_us"], "p99": medians["p99_us"]}
        title = dimension[0].upper() + dimension[1:]
        charts.append(size_chart(f"{title}: one warm invocation", sizes, times, told))
        charts.append(size_chart(f"{title}: resident memory", sizes, {"resident": medians["resident_mb"]}, lambda value: f"{value:g} MB"))
    if not charts:
        return ""
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    return (
        f'<h2>Cost against size</h2><p class="fine">One caller, one warm function, 100 B, with the log tail, while one thing grows.</p>'
        f'<div class="figures">{"".join(charts)}</div><h2>The same in figures</h2><div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f'<tbody>{"".join(map(row_of, rows))}</tbody></table></div>'
    )


def render(found, headings, rows, scale=""):
    machine = found["machine"]
    runs = found["runs"]
    facts = (
        f"{machine['processor']}, {machine['cpus']} CPUs, Linux {machine['kernel']}, {machine['date']}; load {machine['load']} before and "
        f"{machine['load_after']} after; {runs} whole {'run' if runs == 1 else 'runs'}, {machine['priority']}"
    )
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    errors = "".join(f'<p class="notice">{html.escape(error)}</p>' for error in found["errors"])
    charts = "".join(chart(case, sides) for case, sides in found["distributions"].items() if not case.startswith("scale: "))
    ratios = (
        f'<h2>Ratios</h2><div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{"".join(map(row_of, rows))}</tbody></table></div>'
        '<p class="fine">Floor and lambox are medians over the runs. The ratio is that of neighbouring measurements of one run; its median and range '
        "are over the runs.</p>"
    )
    distributions = (
        '<h2>Distributions</h2><p class="fine">Each line is one run: the time within which that share of the requests was answered.</p>'
        f'<div class="figures">{charts}</div>'
    )
    title = "lambox next to the floor" if rows else "lambox: cost against size"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{STYLE.read_text()}</style></head><body><main>
<p class="kicker">{html.escape(facts)}</p><h1>{title}</h1>{errors}
{ratios if rows else ""}{scale}{distributions if charts else ""}</main></body></html>
"""
