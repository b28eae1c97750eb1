# SPDX-License-Identifier: Apache-2.0
"""Rows about a start, about a worker that was killed, and about memory."""

import os
import struct

import profiles
from measure import Row, Series, alternate
from rows_commit import CHANGED
from subjects import Background, pss
from support import Instance, build_dir

KILLS = 3  # in one life of a mount


class Starts:
    def __init__(self, bench, count, kind):
        text = profiles.config(count, kind)
        self.n_bytes = len(text)
        self.subject = Background(bench.fresh(f"start-{count}"), text, bench.helper("start_once"))
        self.yaml = bench.helper("bare_yaml")

    def first(self):
        self.subject.forget()
        return self.again()

    def again(self):
        """The config is the one that was served before."""
        ns = self.subject.begin(profiles.name_of(0))
        self.subject.end()
        return ns

    def killed(self):
        """A name that nobody has asked for yet: the kernel has neither entry nor bytes."""
        self.subject.begin(profiles.name_of(0))
        ns = [self.subject.kill_worker(profiles.name_of(1 + i)) for i in range(KILLS)]
        self.subject.end()
        return sum(ns) / len(ns)

    def parse(self):
        return self.yaml.ask(self.subject.config)[0]

    def close(self):
        self.subject.end()


def start(bench):
    for count, kind, bar in ((1000, "12 KB", 2), (10000, "200 B", 4)):
        with bench.using(Starts(bench, count, kind)) as subject:
            first, again, parse = alternate(bench.rounds, 1, subject.first, subject.again, subject.parse)
        extra = {"bytes": subject.n_bytes}
        title = f"first start, {count:,} profiles of {kind}, until the first answer"
        yield Row(f"start/{count}", title, "bare libyaml", "ns", first, parse, bar=bar, extra=extra)
        title = f"start with unchanged config, {count:,} profiles of {kind}"
        yield Row(f"unchanged/{count}", title, "bare libyaml", "ns", again, parse, bar=bar, extra=extra)
        yield parsers(bench, count, kind)


class Parsers:
    """How many parsers of libyaml a worker begins until it serves. The linter begins a second later."""

    def __init__(self, directory, text):
        directory.mkdir()
        self.instance = Instance(directory)
        self.instance.config.write_text(text, encoding="utf-8")
        self.counter = directory / "parsers"

    def start(self):
        self.counter.unlink(missing_ok=True)
        library = os.path.join(build_dir(), "tests", "bench", "libyaml_parsers.so")
        self.instance.start(prefix=("env", f"LD_PRELOAD={library}", f"YAML_PARSERS={self.counter}"))
        (count,) = struct.unpack("=Q", self.counter.read_bytes())
        assert self.instance.stop() == 0, self.instance.log_text()
        return count

    def close(self):
        self.instance.close()


def parsers(bench, count, kind):
    with bench.using(Parsers(bench.fresh("parsers"), profiles.config(count, kind))) as subject:
        first, again = subject.start(), subject.start()
    assert first > 0, "the parser of the first start was not counted"
    title = f"parsers begun at a start with unchanged config, {count:,} profiles of {kind}"
    return Row(f"parsers/{count}", title, "", "count", Series([again]), value_unit="", bar=0, extra={"first": first})


def killed(bench):
    for count in (20, 1000):
        with bench.using(Starts(bench, count, "12 KB")) as subject:
            ours, theirs = alternate(bench.rounds, bench.pick(2, 1), subject.killed, subject.again)
        title = f"worker killed until the next answer, {count:,} profiles of 12 KB"
        yield Row(f"killed/{count}", title, "start with unchanged config", "ns", ours, theirs, bar=1.2)


class Memory:
    """The most that an instance has at four moments of its life."""

    def __init__(self, bench, count, kind):
        text = profiles.config(count, kind)
        self.count, self.kind = count, kind
        self.n_bytes = len(text)
        self.subject = Background(bench.fresh(f"memory-{count}"), text, bench.helper("start_once"))
        self.moments = {}

    def look(self, moment):
        self.subject.settle()
        self.moments.setdefault(moment, Series()).append(pss(self.subject.pids))
        return self.moments[moment][-1]

    def commit(self):
        for errno in (*profiles.TURNS, *profiles.TURNS):
            self.subject.patch(profiles.patch(profiles.KINDS[self.kind](CHANGED, errno)))

    def read_all(self):
        for i in range(self.count):
            with open(self.subject.mount_point / profiles.name_of(i), "rb", buffering=0) as file:
                assert file.read(1)

    def live(self):
        self.subject.forget()
        self.subject.begin(profiles.name_of(0))
        seen = [self.look("first start")]
        self.commit()
        seen.append(self.look("after 4 commits"))
        self.read_all()
        seen.append(self.look("after every profile was read"))
        self.subject.end()
        self.subject.begin(profiles.name_of(0))
        seen.append(self.look("start with unchanged config"))
        self.subject.end()
        return max(seen)

    def close(self):
        self.subject.end()


def memory(bench):
    for count, kind in ((20, "2 KB"), (1000, "12 KB")):
        with bench.using(Memory(bench, count, kind)) as subject:
            most = Series(subject.live() for _ in range(bench.pick(bench.rounds, 1)))
        extra = {moment: series.median for moment, series in subject.moments.items()}
        title = f"PSS of all processes, {count:,} profiles of {kind}"
        if count == 20:
            value = Series(n_bytes / (1 << 20) for n_bytes in most)
            yield Row("memory/20", title, "", "B", most, value=value, value_unit="MiB", bar=6, extra=extra)
        else:
            config = Series([subject.n_bytes] * len(most))
            yield Row(f"memory/{count}", title, "bytes of the config", "B", most, config, bar=3, extra=extra)
