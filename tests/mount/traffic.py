# SPDX-License-Identifier: Apache-2.0
"""Readers, listers and writers of profiles, each a process of its own, that check all that they see.

A profile's bytes follow from its name and a number, which rises with every patch. So a reader knows whether what it
has is one whole version, and which. How far each writer is stands in memory that all share: a number is announced
before it is written, and acknowledged when the write has succeeded or, where it failed with EIO, since then the outcome
is open, when `control` has told it and reading back has shown it. A reader must see no less than was acknowledged
before it opened the file, and no more than was announced when it had read it.

usage: traffic.py reader|lister|writer DIRECTORY INDEX SEED
"""

import collections
import errno
import json
import mmap
import os
import random
import re
import subprocess
import sys
import time

N_FRESH = 5  # names that a writer has made and not removed yet
SLOW = 0.001  # seconds; waits from there on are noted
FAILURES_MAX = 20  # of one process; then it ends

# What the shared memory has of each writer, beside two numbers for each of its names: those that it makes and removes.
ANNOUNCED, MADE, REMOVING = range(3)


class Plan:
    """What the processes agree on, in a directory: who writes which names until when, and how far it is."""

    def __init__(self, directory):
        self.directory = directory
        with open(os.path.join(directory, "plan.json"), encoding="utf-8") as file:
            plan = json.load(file)
        self.mount_point = plan["mount_point"]
        self.n_writers = plan["n_writers"]
        self.n_patches = plan["n_patches"]  # of each writer; None: until they are told to end
        self.pause = plan["pause"]  # seconds between two reads
        self.names = [f"p{i}.json" for i in range(plan["n_names"])]
        with open(os.path.join(directory, "shared"), "r+b") as file:
            self.shared = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")

    @classmethod
    def make(cls, directory, **plan):
        with open(os.path.join(directory, "plan.json"), "w", encoding="utf-8") as file:
            json.dump(plan, file)
        with open(os.path.join(directory, "shared"), "wb") as file:
            file.truncate(8 * (1 + 2 * plan["n_names"] + 3 * plan["n_writers"]))
        return cls(directory)

    @property
    def is_over(self):
        return self.shared[0] != 0

    def end(self):
        self.shared[0] = 1

    def announced(self, i):
        return self.shared[1 + 2 * i]

    def acknowledged(self, i):
        return self.shared[2 + 2 * i]

    def announce(self, i, number):
        self.shared[1 + 2 * i] = number

    def acknowledge(self, i, number):
        self.shared[2 + 2 * i] = number

    def fresh(self, writer, what):
        return self.shared[1 + 2 * len(self.names) + 3 * writer + what]

    def set_fresh(self, writer, what, number):
        self.shared[1 + 2 * len(self.names) + 3 * writer + what] = number

    def names_of(self, writer):
        return range(writer, len(self.names), self.n_writers)

    def path(self, name):
        return os.path.join(self.mount_point, name)


# Contents.


def metadata(name, number):
    """Each version has a size of its own; every fourth name needs several requests to be read."""
    n_times = 1 + number % 5 + (300 if re.match(r"p\d*[37]\.", name) else 0)
    return f"{name} {number} " * n_times


def content(name, number):
    """The bytes of a version."""
    return b'{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"%s","listenerPath":"/run/a.sock"}' % (
        metadata(name, number).encode()
    )


def patch_entry(name, number):
    return (
        f"{{name: {name}, value: {{defaultAction: SCMP_ACT_ALLOW, listenerPath: /run/a.sock, "
        f'listenerMetadata: "{metadata(name, number)}"}}}}'
    )


def patch_text(*entries):
    return f"{{machine: {{seccompProfiles: [{', '.join(entries)}]}}}}\n".encode()


def number_of(name, data):
    """The number of a version, of its bytes; an AssertionError if they are not those of one."""
    match = re.search(rb'Metadata":"\S+ (\d+) ', data)
    assert match, f"{name}: {data[:200]!r}"
    number = int(match[1])
    assert data == content(name, number), f"{name}: not version {number}: {len(data)} bytes {data[:200]!r}"
    return number


def fresh_name(writer, number):
    return f"g{writer}-{number}.json"


# Processes.


class Process:
    """Does one thing again and again; counts what it did, and keeps how long it waited."""

    def __init__(self, plan, index, seed):
        self.plan = plan
        self.index = index
        self.random = random.Random(seed)
        self.counts = collections.Counter()
        self.longest = 0.0
        self.waits = []  # (begin, seconds) of those that were slow

    def timed(self, call, *arguments):
        begin = time.monotonic()
        try:
            return call(*arguments)
        finally:
            seconds = time.monotonic() - begin
            self.longest = max(self.longest, seconds)
            if seconds > SLOW:
                self.waits.append((begin, seconds))

    def run(self):
        failures = []
        while not self.is_done() and len(failures) < FAILURES_MAX:
            try:
                self.step()
            except Exception as error:  # pylint: disable=broad-except
                failures.append(f"{type(self).__name__} {self.index}: {type(error).__name__}: {error}")
        self.close()
        report = {"counts": self.counts, "failures": failures, "longest": self.longest, "waits": self.waits}
        print(json.dumps(report), flush=True)

    def is_done(self):
        return self.plan.is_over

    def step(self):
        raise NotImplementedError

    def close(self):
        pass


def read_whole(fd):
    """As container runtimes do: as much as the size says, and a byte more, until the end."""
    data = b""
    while True:
        part = os.read(fd, max(512, os.fstat(fd).st_size + 1))
        data += part
        if not part:
            return data


Held = collections.namedtuple("Held", "fd name least most begun end")


class Reader(Process):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.seen = [0] * len(self.plan.names)
        self.held = []  # files that are read later

    def step(self):
        time.sleep(self.plan.pause)
        kinds = [self.read, self.hold, self.read_fresh, self.miss]
        self.random.choices(kinds, [6, 1, 2, 2])[0]()
        if self.held and (len(self.held) > 8 or self.held[0].end < time.monotonic()):
            self.read_held(self.held.pop(0))

    def read(self):
        i = self.random.randrange(len(self.plan.names))
        name = self.plan.names[i]
        acknowledged, seen = self.plan.acknowledged(i), self.seen[i]
        data = self.timed(self.open_and_read, name)
        number = number_of(name, data)
        most = self.plan.announced(i)
        told = f"{acknowledged} was acknowledged, {seen} seen, {most} announced"
        assert acknowledged <= number <= most, f"{name}: {number}, but {told}"
        # Before anybody was told of a change, an answer to ls that was under way may bring the old once more.
        self.counts["seen once more"] += number < seen
        self.seen[i] = number
        self.counts["read"] += 1

    def open_and_read(self, name):
        fd = os.open(self.plan.path(name), os.O_RDONLY | os.O_CLOEXEC)
        try:
            if self.random.random() < 0.5:
                # Out of the page cache: the worker is asked again.
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            return read_whole(fd)
        finally:
            os.close(fd)

    def hold(self):
        """Opens a file and reads its beginning, or nothing; the rest when it may have been replaced."""
        i = self.random.randrange(len(self.plan.names))
        name = self.plan.names[i]
        least = self.plan.acknowledged(i)
        fd = self.timed(os.open, self.plan.path(name), os.O_RDONLY | os.O_CLOEXEC)
        begun = self.timed(os.read, fd, 100) if self.random.random() < 0.5 else b""
        if self.random.random() < 0.5:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        end = time.monotonic() + 0.5 * self.random.random()
        self.held.append(Held(fd, name, least, self.plan.announced(i), begun, end))

    def read_held(self, held):
        try:
            number = number_of(held.name, held.begun + self.timed(read_whole, held.fd))
        finally:
            os.close(held.fd)
        assert held.least <= number <= held.most, f"held {held.name}: {number}, opened at {held.least} to {held.most}"
        i = self.plan.names.index(held.name)
        self.counts["read of what was replaced"] += number < self.plan.acknowledged(i)

    def read_fresh(self):
        writer = self.random.randrange(self.plan.n_writers)
        number = self.plan.fresh(writer, MADE)
        if not number:
            return
        number = max(1, number - self.random.randrange(N_FRESH))
        name = fresh_name(writer, number)
        try:
            data = self.timed(self.open_and_read, name)
        except FileNotFoundError:
            assert number <= self.plan.fresh(writer, REMOVING), f"{name}: not found"
            self.counts["removed"] += 1
            return
        assert data == content(name, number), f"{name}: {data[:200]!r}"
        self.counts["fresh read"] += 1

    def miss(self):
        try:
            os.close(self.timed(os.open, self.plan.path("none.json"), os.O_RDONLY))
        except FileNotFoundError:
            self.counts["miss"] += 1
            return
        raise AssertionError("none.json: it was opened")

    def close(self):
        for held in self.held:
            os.close(held.fd)


class Lister(Process):
    """ls(1): every name that stays is there once; those that come and go may be."""

    def step(self):
        time.sleep(self.plan.pause)
        writers = range(self.plan.n_writers)
        made = [self.plan.fresh(writer, MADE) for writer in writers]
        listed = self.timed(subprocess.check_output, ["ls", "-A", self.plan.mount_point]).decode().split()
        must = {*self.plan.names, "audit.json", ".control"}
        may = set()
        for writer in writers:
            removing = self.plan.fresh(writer, REMOVING)
            must |= {fresh_name(writer, i) for i in range(removing + 1, made[writer] + 1)}
            announced = self.plan.fresh(writer, ANNOUNCED)
            may |= {fresh_name(writer, i) for i in range(max(1, made[writer] - N_FRESH), announced + 1)}
        assert len(listed) == len(set(listed)), f"twice in a listing: {listed}"
        assert must <= set(listed), f"not listed: {must - set(listed)}"
        assert set(listed) <= must | may, f"listed: {set(listed) - must - may}"
        self.counts["listing"] += 1


class Writer(Process):
    def is_done(self):
        if self.plan.n_patches is None:
            return self.plan.is_over
        return self.counts["patch"] >= self.plan.n_patches

    def step(self):
        if self.counts["patch"] % 5 == 0:
            self.make_fresh()
        else:
            self.change()
        self.counts["patch"] += 1

    def change(self):
        i = self.random.choice(self.plan.names_of(self.index))
        name, number = self.plan.names[i], self.plan.announced(i) + 1
        self.plan.announce(i, number)
        self.write(patch_text(patch_entry(name, number)), lambda: self.number_in(name) == number)
        self.plan.acknowledge(i, number)

    def make_fresh(self):
        """Also removes the one that was made N_FRESH times before, in the same patch."""
        number = self.plan.fresh(self.index, ANNOUNCED) + 1
        name, old = fresh_name(self.index, number), number - N_FRESH
        entries = [patch_entry(name, number)]
        if old > 0:
            entries.append(f"{{name: {fresh_name(self.index, old)}, $patch: delete}}")
            self.plan.set_fresh(self.index, REMOVING, old)
        self.plan.set_fresh(self.index, ANNOUNCED, number)
        self.write(patch_text(*entries), lambda: os.path.lexists(self.plan.path(name)))
        assert self.number_in(name) == number
        assert old <= 0 or not os.path.lexists(self.plan.path(fresh_name(self.index, old))), f"{old}: still there"
        self.plan.set_fresh(self.index, MADE, number)

    def number_in(self, name):
        with open(self.plan.path(name), "rb") as file:
            return number_of(name, file.read())

    def write(self, text, is_in):
        """Until it is in. After EIO nobody knows that but who looks."""
        while not self.timed(self.try_write, text):
            self.counts["cut off"] += 1
            self.wait_outcome()
            if is_in():
                self.counts["cut off, but in"] += 1
                return

    def wait_outcome(self):
        """When `control` tells it, the next worker has made the kernel forget what is not so any more."""
        while True:
            try:
                with open(self.plan.path(".control"), "rb") as file:
                    file.read()
                return
            except OSError as error:
                if error.errno != errno.EIO:
                    raise

    def try_write(self, text):
        """One write(2), which commits, since it closes the document; an error of close(2) behind it tells nothing."""
        fd = -1
        try:
            fd = os.open(self.plan.path(".control"), os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
            n = os.write(fd, text)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        finally:
            if fd >= 0:
                self.close_file(fd)
        assert n == len(text), f"{n} of {len(text)} bytes written"
        return True

    def close_file(self, fd):
        try:
            os.close(fd)
        except OSError as error:
            if error.errno != errno.EIO:
                raise


KINDS = {"reader": Reader, "lister": Lister, "writer": Writer}


def main():
    kind, directory, index, seed = sys.argv[1:]
    KINDS[kind](Plan(directory), int(index), f"{kind} {index} {seed}").run()


if __name__ == "__main__":
    main()
