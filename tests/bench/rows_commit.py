# SPDX-License-Identifier: Apache-2.0
"""Rows about a patch that changes one profile, and what grows with the number of profiles."""

import profiles
from measure import Row, alternate
from subjects import Background, Mounted

CHANGED = 3  # which profile
BATCH = {10: 5, 20: 5, 100: 5, 1000: 3, 10000: 2}  # commits in a row; then the worker may rest


class Commits:
    """An instance, and the two patches that are written to it in turn."""

    def __init__(self, bench, count, kind):
        self.instance = Mounted(bench.fresh(f"commit-{count}"), profiles.config(count, kind))
        self.batch = 1 if bench.quick else BATCH[count]
        self.loop = bench.helper("commit_loop", which=self.instance.directory.name)
        self.floor = bench.helper("floor")
        self.yaml = bench.helper("bare_yaml")
        self.patches = []
        for errno in profiles.TURNS:
            path = self.instance.directory / f"patch-{errno}"
            path.write_text(profiles.patch(profiles.KINDS[kind](CHANGED, errno)), encoding="utf-8")
            self.patches.append(path)
        self.floor_dirs = [self.instance.directory / "floor-config", self.instance.directory / "floor-state"]
        for path in self.floor_dirs:
            path.mkdir()
        self.before = self.instance.versions()[profiles.name_of(CHANGED)]
        self.n_commits = 0

    def commit(self):
        ns = self.loop.each(self.batch, self.instance.control, *self.patches)
        self.n_commits += self.batch
        self.instance.settle()
        return ns

    def write(self):
        """As many bytes as a commit replaces, on the same disk."""
        words = []
        for path, n_bytes in zip(self.floor_dirs, self.instance.replaced_bytes, strict=True):
            words += [path, n_bytes]
        ns, count = self.floor.ask(*words * self.batch)
        return ns / (count / len(self.floor_dirs))

    def parse(self):
        return self.yaml.ask(self.instance.config)[0]

    def check(self):
        """That each was a commit."""
        version = self.instance.versions()[profiles.name_of(CHANGED)]
        assert version - self.before == self.n_commits, f"{version} after {self.n_commits} commits"

    def close(self):
        self.check()
        self.instance.close()


def commit(bench):
    with bench.using(Commits(bench, 20, "2 KB")) as subject:
        ours, theirs = alternate(bench.rounds, bench.pick(3, 2), subject.commit, subject.write)
        extra = {"bytes": subject.instance.replaced_bytes}
    title = "commit of one changed profile of 20, 2 KB each"
    yield Row("commit/20", title, "write+fsync+rename+fsync", "ns", ours, theirs, bar=2, extra=extra)
    for count, kind, bar in ((1000, "2 KB", 2), (10000, "200 B", 3)):
        with bench.using(Commits(bench, count, kind)) as subject:
            ours, floor, parse = alternate(bench.rounds, 1, subject.commit, subject.write, subject.parse)
            extra = {"bytes": subject.instance.replaced_bytes, "write ns": floor.median, "parse ns": parse.median}
        title = f"commit of one changed profile of {count:,}, {kind} each"
        against = "the writes and a bare libyaml parse"
        yield Row(f"commit/{count}", title, against, "ns", ours, floor.plus(parse), bar=bar, extra=extra)


COUNTS = (10, 100, 1000, 10000)
KIND = "200 B"


def _figures(series):
    first, third = series.quartiles
    return {"median": series.median, "q1": first, "q3": third}


def _measure_served(bench):
    """Commits and warm reads of instances of all sizes, in turn."""
    reader, count = bench.helper("read_loop"), bench.pick(400, 100)
    subjects = [bench.keep(Commits(bench, n, KIND)) for n in COUNTS]
    commits = alternate(bench.rounds, 1, *(subject.commit for subject in subjects))
    paths = [subject.instance.mount_point / profiles.name_of(0) for subject in subjects]
    reads = alternate(bench.rounds, bench.pick(5, 1), *(lambda p=path: reader.each(count, p) for path in paths))
    sizes = [subject.instance.replaced_bytes[0] for subject in subjects]
    return commits, reads, sizes


def _measure_starts(bench):
    """First starts, and starts with a config that has been served, in turn."""
    functions = []
    for n in COUNTS:
        subject = Background(bench.fresh(f"start-{n}"), profiles.config(n, KIND), bench.helper("start_once"))
        bench.keep(subject, "end")

        def first(subject=subject):
            subject.forget()
            return again(subject)

        def again(subject=subject):
            ns = subject.begin(profiles.name_of(0))
            subject.end()
            return ns

        functions += [first, again]
    series = alternate(bench.rounds, 1, *functions)
    return series[0::2], series[1::2]


def growth(bench):
    commits, reads, sizes = _measure_served(bench)
    firsts, agains = _measure_starts(bench)
    for n, size, *series in zip(COUNTS, sizes, commits, firsts, agains, reads, strict=True):
        names = ("commit", "first start", "start", "warm read")
        figures = {name: _figures(one) for name, one in zip(names, series, strict=True)}
        bench.plot.append({"profiles": n, "bytes": size, **figures})
    title = "commit of one changed profile of 10,000, 200 B each"
    extra = {"bytes": sizes}
    yield Row("growth", title, "the same of 1,000", "ns", commits[3], commits[2], bar=12, extra=extra)
