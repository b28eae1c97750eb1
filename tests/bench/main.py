# SPDX-License-Identifier: Apache-2.0
"""The benchmark: measures, prints the table, and leaves it as JSON and a plot in the build directory.

Exit codes: 0 when no bar is missed, 1 when one is or something failed, 2 for wrong usage.
"""

import argparse
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import report  # noqa: E402
import rows_commit  # noqa: E402
import rows_instructions  # noqa: E402
import rows_listing  # noqa: E402
import rows_read  # noqa: E402
import rows_start  # noqa: E402
import subjects  # noqa: E402
from bench import Bench  # noqa: E402
from support import build_dir  # noqa: E402

GROUPS = {
    "warm": rows_read.warm,
    "cold": rows_read.cold,
    "listing": rows_listing.listing,
    "commit": rows_commit.commit,
    "growth": rows_commit.growth,
    "start": rows_start.start,
    "killed": rows_start.killed,
    "memory": rows_start.memory,
    "instructions": rows_instructions.instructions,
}

# Of --quick: what takes a build is a test of its own.
QUICK_GROUPS = [name for name in GROUPS if name != "instructions"]

ROUNDS, QUICK_ROUNDS = 15, 2


def _groups(text):
    names = text.split(",")
    for name in names:
        if name not in GROUPS:
            raise argparse.ArgumentTypeError(f"no rows {name!r}: there are {', '.join(GROUPS)}")
    return names


def _positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rounds")
    return int(text)


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Measures seccompfs against what it is to be as fast as, in turn, and compares the ratios with "
        "their bars. docs/performance.md explains the rows.",
        epilog="Leaves table.txt, result.json and plot.svg in the directory bench of the build directory. Exit code: "
        "0 when no bar is missed, 1 when one is, 2 for wrong usage.",
    )
    parser.add_argument("--rows", type=_groups, metavar="NAME[,NAME...]",
                        help=f"only these: {', '.join(GROUPS)}")  # fmt: skip
    parser.add_argument("--rounds", type=_positive, metavar="N", help=f"rounds for each row (default: {ROUNDS})")
    parser.add_argument("--quick", action="store_true",
                        help=f"{QUICK_ROUNDS} short rounds: whether all works, no figures to believe")  # fmt: skip
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--output", metavar="DIRECTORY", help="where to leave the results instead")
    arguments = parser.parse_args()
    if arguments.rounds is None:
        arguments.rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    if arguments.rows is None:
        arguments.rows = QUICK_GROUPS if arguments.quick else list(GROUPS)
    return arguments


def measure(bench, names):
    rows = []
    for name in names:
        begin = time.monotonic()
        for row in GROUPS[name](bench):
            rows.append(row)
            value = f"{row.value.median:.3g}" if row.verdict != "not measured" else row.reason
            bench.say(f"{row.key}: {value} ({row.verdict})")
        bench.say(f"-- {name}: {time.monotonic() - begin:.0f} s")
    return rows


def leave(directory, rows, facts, plot):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "table.txt"), "w", encoding="utf-8") as file:
        file.write(report.table(rows, facts))
    report.write_json(os.path.join(directory, "result.json"), rows, facts, plot)
    if plot:
        report.write_plot(directory, plot)


def main():
    arguments = parse_arguments()
    output = arguments.output or os.path.join(build_dir(), "bench")
    os.makedirs(output, exist_ok=True)
    subjects.adopt_orphans()
    # On the disk of the build directory: what is in /tmp may be in memory.
    with tempfile.TemporaryDirectory(dir=output, prefix="run-") as directory:
        facts = report.facts_of(directory, build_dir(), arguments.rounds)
        with Bench(directory, arguments.rounds, arguments.quick) as bench:
            rows = measure(bench, arguments.rows)
    leave(output, rows, facts, bench.plot)
    print((report.markdown if arguments.markdown else report.table)(rows, facts), end="")
    return 1 if any(row.verdict == "MISSED" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
