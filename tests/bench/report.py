# SPDX-License-Identifier: Apache-2.0
"""What a run leaves: the table, the same in Markdown and in JSON, and the plot."""

import json
import os
import re
import subprocess
import time

from measure import AT_MOST, Missing
from support import run

HEAD = ("what", "seccompfs", "compared with", "that one", "value", "quartiles", "bar", "verdict")


def _scaled(number, steps):
    for limit, unit in steps:
        if abs(number) >= limit:
            return f"{number / limit:.3g} {unit}"
    return f"{number:.3g} {steps[-1][1]}"


def amount(number, unit):
    """For a person: 1.23 ms, 5.6 MiB."""
    if unit == "ns":
        return _scaled(number, ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")))
    if unit == "B":
        return _scaled(number, ((1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")))
    return f"{number:,.0f}"


def _value(number, row):
    if row.value_unit == "":
        return f"{number:.0f}"
    return f"{number:.3g}" + ("" if row.value_unit == "x" else f" {row.value_unit}")


def _bar(row):
    if row.bar is None:
        return ""
    return f"{'at most' if row.relation == AT_MOST else 'at least'} {row.bar:g}"


def _cells(row):
    if isinstance(row, Missing):
        return (row.title, "", row.against, "", "", "", _bar(row), f"{row.verdict}: {row.reason}")
    first, third = row.value.quartiles
    theirs = amount(row.theirs.median, row.unit) if row.theirs else ""
    spread = f"{_value(first, row)}..{_value(third, row)}" if len(row.value) > 1 else ""
    return (
        row.title, amount(row.ours.median, row.unit), row.against, theirs, _value(row.value.median, row), spread,
        _bar(row), row.verdict,
    )  # fmt: skip


def _summary(rows):
    measured = [row for row in rows if row.bar]
    if not measured:
        return ""
    nearest = max(measured, key=lambda row: row.nearness)
    missed = [row.key for row in rows if row.verdict == "MISSED"]
    text = f"Nearest to its bar: {nearest.key}, {nearest.nearness:.0%} of it."
    return text + (f" Missed: {', '.join(missed)}." if missed else " No bar is missed.")


def table(rows, facts):
    cells = [HEAD, *map(_cells, rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([describe(facts), "", *lines, "", _summary(rows)]) + "\n"


def markdown(rows, facts):
    lines = [describe(facts), "", f"| {' | '.join(HEAD)} |", f"|{' --- |' * len(HEAD)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in _cells(row))} |" for row in rows]
    return "\n".join([*lines, "", _summary(rows)]) + "\n"


def _json_series(series):
    if not series:
        return None
    first, third = series.quartiles
    return {"median": series.median, "q1": first, "q3": third, "samples": list(series)}


def _json_row(row):
    common = {"key": row.key, "title": row.title, "against": row.against, "bar": row.bar, "verdict": row.verdict}
    if isinstance(row, Missing):
        return {**common, "reason": row.reason, "value": None}
    return {
        **common,
        "relation": row.relation,
        "unit": row.unit,
        "ours": _json_series(row.ours),
        "theirs": _json_series(row.theirs),
        "value": _json_series(row.value),
        "value_unit": row.value_unit,
        "extra": row.extra,
    }


def write_json(path, rows, facts, plot):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"machine": facts, "rows": [_json_row(row) for row in rows], "plot": plot}, file, indent=1)
        file.write("\n")


CURVES = ("first start", "start", "commit", "warm read")

GNUPLOT = """\
set terminal svg size 800,560 background "white"
set output "{svg}"
set title "Cost against number of profiles, 200 bytes of YAML each"
set logscale xy
set xlabel "profiles"
set ylabel "milliseconds"
set format x "%.0f"
set format y "%g"
set xrange [7:15000]
set grid
set key outside bottom center horizontal
plot {curves}
"""


def write_plot(directory, plot):
    """plot.svg, and what it is made of. Only where all sizes were measured."""
    data, script, svg = (os.path.join(directory, f"plot.{end}") for end in ("dat", "gp", "svg"))
    with open(data, "w", encoding="utf-8") as file:
        for name in CURVES:
            file.write(f'"{name}"\n')
            for point in plot:
                figures = [point[name][part] / 1e6 for part in ("median", "q1", "q3")]
                file.write(" ".join(map(str, [point["profiles"], *figures])) + "\n")
            file.write("\n\n")
    curves = ", ".join(
        f'"{data}" index {i} using 1:2:3:4 with yerrorlines pointtype 7 title "{name}"' for i, name in enumerate(CURVES)
    )
    with open(script, "w", encoding="utf-8") as file:
        file.write(GNUPLOT.format(svg=svg, curves=curves))
    done = run("gnuplot", script)
    assert done.returncode == 0, done.stderr.decode()
    return svg


def _first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def facts_of(directory, build, rounds):
    """What the figures depend on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = re.findall(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    source = os.path.dirname(os.path.abspath(__file__))
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": _first_line("git", "-C", source, "rev-parse", "--short=12", "HEAD"),
        "build type": _build_type(build),
        "cpu": models[0] if models else "unknown",
        "cpus": os.cpu_count(),
        "kernel": os.uname().release,
        "libfuse": _first_line("pkg-config", "--modversion", "fuse3"),
        "libyaml": _first_line("pkg-config", "--modversion", "yaml-0.1"),
        "disk": _first_line("findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", str(directory)),
        "rounds": rounds,
    }


def _build_type(build):
    try:
        with open(os.path.join(build, "meson-info", "intro-buildoptions.json"), encoding="utf-8") as file:
            return next(option["value"] for option in json.load(file) if option["name"] == "buildtype")
    except (OSError, StopIteration):
        return "unknown"


def describe(facts):
    disk = " ".join(facts["disk"].split())
    return (
        f"{facts['date']}, commit {facts['commit']} ({facts['build type']}): {facts['cpu']}, {facts['cpus']} CPUs; "
        f"Linux {facts['kernel']}; libfuse {facts['libfuse']}, libyaml {facts['libyaml']}; {disk}; "
        f"medians of {facts['rounds']} rounds"
    )
