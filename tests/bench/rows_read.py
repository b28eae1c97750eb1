# SPDX-License-Identifier: Apache-2.0
"""Rows about reading one profile: from the kernel's cache, and past it."""

import contextlib
import functools
import os
import signal

import profiles
import requests
from measure import AT_LEAST, Missing, Row, Series, alternate
from subjects import Lxcfs, Minimal, Mounted, NoLxcfs, settle
from workers import stop_process

SIZES = {"40": ("short.json", "40 B"), "16384": ("long.json", "16 KiB")}

STOPPED_LIMIT = 30.0  # seconds, for reads that take milliseconds


class Warm:
    """An instance and a tmpfs that have the same files; all of it is in the kernel's cache."""

    def __init__(self, bench):
        extra = (profiles.entry("short.json", profiles.SHORT), profiles.entry("long.json", profiles.LONG))
        self.instance = bench.keep(Mounted(bench.fresh("warm"), profiles.config(20, "2 KB", *extra)))
        self.tmpfs = bench.tmpfs()
        self.reader = bench.helper("read_loop")
        self.count = bench.pick(400, 100)
        for name, text in (("short.json", profiles.SHORT), ("long.json", profiles.LONG)):
            (self.tmpfs / name).write_bytes(text.encode())
            data = (self.instance.mount_point / name).read_bytes()
            assert data == text.encode(), f"{name} is not what was to be measured"

    def ours(self, name):
        return lambda: self.reader.each(self.count, self.instance.mount_point / name)

    def theirs(self, name):
        return lambda: self.reader.each(self.count, self.tmpfs / name)


def warm(bench):
    subject = Warm(bench)
    inner = bench.pick(10, 5)
    for key, (name, size) in SIZES.items():
        ours, theirs = alternate(bench.rounds, inner, subject.ours(name), subject.theirs(name))
        title = f"warm open+fstat+read+close, {size}"
        yield Row(f"warm/{key}", title, "tmpfs", "ns", ours, theirs, bar=1.5)
        yield stopped(bench, subject, key, inner)
    for key, (name, size) in SIZES.items():
        yield two(bench, subject, key, inner)
    yield no_requests(subject)
    yield from faster(bench, subject)


def stopped(bench, subject, key, inner):
    """A read that waits for the worker is an error, and ends the run."""
    name, size = SIZES[key]
    worker = subject.instance.worker
    path = subject.instance.mount_point / name

    def while_stopped():
        stop_process(worker)
        try:
            subject.reader.tell(subject.count, path)
            ns, count = subject.reader.answer(STOPPED_LIMIT)
        finally:
            with contextlib.suppress(ProcessLookupError):  # it was replaced since somebody waited
                os.kill(worker, signal.SIGCONT)
        return ns / count

    running, halted = alternate(bench.rounds, inner, subject.ours(name), while_stopped)
    assert subject.instance.worker == worker, "the worker was replaced meanwhile"
    title = f"the same with the worker stopped, {size}"
    return Row(f"stopped/{key}", title, "worker running", "ns", halted, running, bar=1.05)


def two(bench, subject, key, inner):
    """Two processes at once; the mean of their times."""
    name, size = SIZES[key]
    count = 5 * subject.count  # so that one begins a little later does not count
    readers = [bench.helper("read_loop"), bench.helper("read_loop", which=1)]

    def both(directory):
        for reader in readers:
            reader.tell(count, directory / name)
        return sum(reader.answer()[0] for reader in readers) / len(readers) / count

    ours, theirs = alternate(
        bench.rounds, inner, lambda: both(subject.instance.mount_point), lambda: both(subject.tmpfs)
    )
    title = f"the same, 2 processes at once, {size}"
    return Row(f"two/{key}", title, "tmpfs, 2 processes", "ns", ours, theirs, bar=1.6)


def no_requests(subject):
    """As strace sees them; that it sees them is shown by a name that does not exist."""
    instance = subject.instance
    name, _ = SIZES["40"]

    def during(function):
        return requests.during(instance.worker, instance.mount_point, instance.directory, function)

    def miss():
        assert not os.path.exists(instance.mount_point / "none.json")

    taken = during(lambda: subject.reader.ask(1000, instance.mount_point / name))
    control = during(miss)
    assert control == {"LOOKUP": 1}, f"a lookup that reached the worker was seen as {control}"
    title = "requests to the daemon for 1,000 warm reads"
    count = Series([sum(taken.values())])
    return Row("requests", title, "", "count", count, value_unit="", bar=0, extra={"requests": taken})


def faster(bench, subject):
    name, _ = SIZES["40"]
    inner = bench.pick(5, 2)
    title = "warm read, 40 B: faster than"
    minimal = bench.keep(Minimal(bench.fresh("default"), profiles.SHORT.encode(), 1, "default"))
    ours, theirs = alternate(
        bench.rounds, inner, subject.ours(name), lambda: subject.reader.each(subject.count, minimal.mount_point / "0")
    )
    against = "minimal libfuse server, default caching"
    yield Row(
        "faster/minimal", title, against, "ns", ours, theirs, theirs.over(ours), relation=AT_LEAST, bar=4
    )
    key, against = "faster/lxcfs", "lxcfs /proc/uptime"
    try:
        lxcfs = bench.keep(Lxcfs(bench.fresh("lxcfs")))
    except NoLxcfs as reason:
        yield Missing(key, title, against, str(reason), AT_LEAST, 20)
        return
    stream_reader = bench.helper("read_loop", "stream")
    count = max(1, subject.count // 10)
    ours, theirs = alternate(bench.rounds, inner, subject.ours(name), lambda: stream_reader.each(count, lxcfs.path))
    yield Row(key, title, against, "ns", ours, theirs, theirs.over(ours), relation=AT_LEAST, bar=20)


N_COLD = 10  # files that are invalidated, and read, together


class Cold:
    """As many files in each: ours are made cold by a patch that changes them all, those of the minimal server by its
    own notifications. Then the same reads meet the same two round trips."""

    def __init__(self, bench, key, text):
        self.names = [f"cold{i}.json" for i in range(N_COLD)]
        extra = [profiles.entry(name, text) for name in self.names]
        directory = bench.fresh(f"cold-{key}")
        self.instance = Mounted(directory, profiles.config(20, "2 KB", *extra))
        self.ours = [self.instance.mount_point / name for name in self.names]
        self.minimal = Minimal(directory / "minimal", text.encode(), N_COLD, "cached")
        self.theirs = [self.minimal.mount_point / str(i) for i in range(N_COLD)]
        self.reader = bench.helper("read_loop")
        self.patches = [
            profiles.patch(*(profiles.entry(name, value) for name in self.names))
            for value in (profiles.turned(text), text)
        ]
        for path in self.ours:
            assert path.read_bytes() == text.encode()

    def make_cold(self):
        self.instance.patch(self.patches[0])
        self.patches.reverse()

    # Both servers rest before: what a commit leaves to be done behind its answer is none of a read.

    def read_ours(self):
        self.make_cold()
        self.instance.settle()
        return self.reader.each(1, *self.ours)

    def read_theirs(self):
        self.minimal.invalidate()
        settle([self.minimal.pid])
        return self.reader.each(1, *self.theirs)

    def count_requests(self):
        """Of one round of reads, of ours and of the minimal server."""

        def count(pid, paths):
            read = functools.partial(self.reader.ask, 1, *paths)
            return requests.during(pid, paths[0].parent, self.instance.directory, read)

        self.make_cold()
        self.instance.settle()
        self.minimal.invalidate()
        return count(self.instance.worker, self.ours), count(self.minimal.pid, self.theirs)

    def close(self):
        self.minimal.close()
        self.instance.close()


class Unread:
    """An instance of whose profiles each is read but once, when its bytes are made; the minimal server has them."""

    def __init__(self, bench):
        directory = bench.fresh("unread")
        self.instance = Mounted(directory, profiles.config(N_COLD * (1 + bench.rounds), "12 KB"))
        self.n_read = 0
        self.reader = bench.helper("read_loop")
        data = (self.instance.mount_point / profiles.name_of(0)).read_bytes()
        self.minimal = Minimal(directory / "minimal", data, N_COLD, "cached")
        self.theirs = [self.minimal.mount_point / str(i) for i in range(N_COLD)]

    def read_ours(self):
        names = [profiles.name_of(i) for i in range(self.n_read, self.n_read + N_COLD)]
        self.n_read += N_COLD
        self.instance.settle()
        return self.reader.each(1, *(self.instance.mount_point / name for name in names))

    def read_theirs(self):
        self.minimal.invalidate()
        settle([self.minimal.pid])
        return self.reader.each(1, *self.theirs)

    def close(self):
        self.minimal.close()
        self.instance.close()


def cold(bench):
    for key, text, size in (("55", profiles.SHORT_ERRNO, "55 B"), ("16384", profiles.LONG, "16 KiB")):
        with bench.using(Cold(bench, key, text)) as subject:
            ours, theirs = alternate(bench.rounds, bench.pick(5, 2), subject.read_ours, subject.read_theirs)
            of_ours, of_theirs = subject.count_requests()
        extra = {"requests": of_ours, "requests of the minimal server": of_theirs, "files": N_COLD}
        title = f"cold read after an invalidation, {size}"
        against = "minimal libfuse server, same round trips"
        yield Row(f"cold/{key}", title, against, "ns", ours, theirs, bar=1.3, extra=extra)
    with bench.using(Unread(bench)) as subject:
        ours, theirs = alternate(bench.rounds, 1, subject.read_ours, subject.read_theirs)
    title = "first read of a profile of 12 KB, which is made by that"
    yield Row("cold/made", title, against, "ns", ours, theirs)
