# SPDX-License-Identifier: Apache-2.0
"""Measured in turn: series, their medians and quartiles, and the rows of the table that come of two of them."""

import os
import select
import statistics
import subprocess
from dataclasses import dataclass, field

from support import TIME_LIMIT, build_dir


class Helper:
    """A program of this directory that lives through the run: a command a line, words between tabs, and an answer."""

    def __init__(self, name, *arguments):
        self.name = name
        self.process = subprocess.Popen(
            [os.path.join(build_dir(), "tests", "bench", name), *map(os.fspath, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.rest = b""

    def tell(self, *words):
        self.process.stdin.write("\t".join(str(word) for word in words).encode() + b"\n")
        self.process.stdin.flush()

    def answer(self, limit=4 * TIME_LIMIT):
        """The nanoseconds, and the count of what was done."""
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], limit)
            assert ready, f"{self.name}: no answer within {limit} s"
            more = os.read(self.process.stdout.fileno(), 4096)
            assert more, f"{self.name}: ended with {self.process.wait(timeout=TIME_LIMIT)} instead of an answer"
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        ns, count = line.split()
        return int(ns), int(count)

    def ask(self, *words):
        self.tell(*words)
        return self.answer()

    def each(self, *words):
        """The nanoseconds of one of those that were done."""
        ns, count = self.ask(*words)
        return ns / count

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=TIME_LIMIT)
            raise
        finally:
            self.process.stdout.close()


class Series(list):
    """What was measured of one thing, a figure a round."""

    @property
    def median(self):
        return statistics.median(self)

    @property
    def quartiles(self):
        """The first and the third."""
        if len(self) < 2:
            return self[0], self[0]
        first, _, third = statistics.quantiles(self, n=4, method="inclusive")
        return first, third

    def over(self, other):
        """How many times the other one, round by round: what slows a machine for a moment slows both."""
        return Series(a / b for a, b in zip(self, other, strict=True))

    def plus(self, other):
        return Series(a + b for a, b in zip(self, other, strict=True))


def alternate(rounds, inner, *functions):
    """Calls the functions in turn, inner times a round, beginning with another one each time. For each its Series:
    the median of a round's calls. One call of each comes before, and does not count."""
    series = [Series() for _ in functions]
    for function in functions:
        function()
    for _ in range(rounds):
        figures = [[] for _ in functions]
        for k in range(inner):
            for i in range(len(functions)):
                chosen = (i + k) % len(functions)
                figures[chosen].append(functions[chosen]())
        for one, found in zip(series, figures, strict=True):
            one.append(statistics.median(found))
    return series


AT_MOST, AT_LEAST = "<=", ">="


@dataclass
class Row:
    """A line of the table. The value is what the bar is about: a ratio, or the figure itself."""

    key: str
    title: str
    against: str  # what it is compared with; "": nothing
    unit: str  # of ours and theirs: ns, B, or a count
    ours: Series
    theirs: Series | None = None
    value: Series | None = None  # else ours over theirs, or ours
    value_unit: str = "x"
    relation: str = AT_MOST
    bar: float | None = None  # None: reported only
    note: str = ""
    extra: dict = field(default_factory=dict)  # for the JSON: what else was seen

    def __post_init__(self):
        if self.value is None:
            self.value = self.ours.over(self.theirs) if self.theirs else self.ours

    @property
    def verdict(self):
        if self.bar is None:
            return "reported"
        value = self.value.median
        return "ok" if (value <= self.bar if self.relation == AT_MOST else value >= self.bar) else "MISSED"

    @property
    def nearness(self):
        """How much of its bar is used: 1 is all."""
        if not self.bar:
            return 0.0
        value = self.value.median
        return value / self.bar if self.relation == AT_MOST else self.bar / value


@dataclass
class Missing:
    """A line for what could not be measured here."""

    key: str
    title: str
    against: str
    reason: str
    relation: str = AT_MOST
    bar: float | None = None
    verdict = "not measured"
    nearness = 0.0
