# SPDX-License-Identifier: Apache-2.0
"""Hostile input (hostile.py), as a patch, as an edit by hand and at the start: an answer within a second, a worker
that takes less than 64 MiB, readers that wait for nothing, and no trace afterwards.

The memory is what the worker has resident at its peak (VmHWM), pages that it shares with others counted in full: no
less than its proportional share (PSS) is. The notifier is not looked at: it is a fork of a worker that has read
nothing yet, and never holds more of an input than a name.
"""

import errno
import functools
import os
import re
import shutil
import statistics
import threading
import time

import pytest

import hostile
from support import AUDIT_JSON, CONFIG, TIME_LIMIT, program, wait_until

SECONDS_MAX = 1.0  # from the first byte to the answer
MEMORY_MAX = 64 << 10  # KiB of the worker at any moment
MEMORY_LEFT_MAX = 8 << 10  # KiB more than before, after a patch that changed nothing
READER_MAX = 0.1  # seconds that the median reader waits
START_MAX = 3.0  # seconds of a start, which a busy machine makes wait for its processors
ATTEMPTS = 5  # the machine may be busy
CHUNK = 64 << 10  # bytes of one write(2): what the kernel does not divide

# meson has malloc(3) fill all memory that it gives, which would be counted though nobody uses it.
os.environ.pop("MALLOC_PERTURB_", None)

# A sanitizer takes many times as much: then only the answers count.
with open(program("seccompfsd"), "rb") as worker_file:
    HAS_BARS = b"__asan_init" not in worker_file.read()

# Nor does it look at every input, which would take minutes: the fuzzers look for faults of memory in far more of them.
SANITIZER_STEP = 3


def chosen(inputs):
    """Each; with a sanitizer every third, the first included."""
    return list(inputs)[:: 1 if HAS_BARS else SANITIZER_STEP]


class Worker:
    """What the kernel tells of a process that serves."""

    def __init__(self, instance):
        children = f"/proc/{instance.process.pid}/task/{instance.process.pid}/children"
        with open(children, encoding="ascii") as file:
            pids = file.read().split()
        self.pid = next(pid for pid in pids if self.command(pid) == "seccompfsd")

    @staticmethod
    def command(pid):
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()

    def status(self, key):
        with open(f"/proc/{self.pid}/status", encoding="utf-8", errors="replace") as file:
            return int(re.search(rf"^{key}:\s+(\d+) kB$", file.read(), re.MULTILINE)[1])

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")

    def times(self):
        """Of each thread: seconds that it ran, and that it was ready to and others had the processors."""
        times = {}
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{thread}/schedstat", encoding="ascii") as file:
                times[thread] = [int(field) / 1e9 for field in file.read().split()[:2]]
        return times

    def delay_since(self, before):
        """Of the thread that worked most."""
        spent = [[b - a for a, b in zip(before[thread], now)] for thread, now in self.times().items()]
        return max(spent)[1]


class Reader(threading.Thread):
    """Asks for names that do not exist, which the kernel never answers by itself, and notes how long that takes."""

    def __init__(self, directory):
        super().__init__()
        self.directory = directory
        self.waits = []
        self.errors = []
        self.is_stopped = threading.Event()

    def ask(self):
        begin = time.monotonic()
        try:
            assert not (self.directory / f"missing-{len(self.waits)}").exists()
        except (AssertionError, OSError) as error:
            self.errors.append(error)
        self.waits.append(time.monotonic() - begin)

    def run(self):
        self.ask()
        while not self.is_stopped.wait(0.002):
            self.ask()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_stopped.set()
        self.join(timeout=TIME_LIMIT)
        assert not self.is_alive(), "a reader hangs"
        assert not self.errors, self.errors


class Answer:
    """One input: when the answer came, what it was and what it took."""

    def __init__(self, instance, give):
        worker = Worker(instance)
        worker.forget_peak()
        with Reader(instance.mount_point) as reader:
            before, times, begin = worker.status("VmRSS"), worker.times(), time.monotonic()
            self.error = give()
            self.elapsed = time.monotonic() - begin
            self.seconds = self.elapsed - worker.delay_since(times)
        self.waits = reader.waits
        self.peak = worker.status("VmHWM")
        self.left = worker.status("VmRSS") - before
        self.result = instance.result()
        assert Worker(instance).pid == worker.pid, "the worker died"

    def is_good(self):
        has_left = self.error and self.left >= MEMORY_LEFT_MAX
        return self.seconds <= SECONDS_MAX and self.peak < MEMORY_MAX and not has_left

    def describe(self):
        return (
            f"{self.elapsed:.2f} s ({self.seconds:.2f} s without waiting for a processor), peak {self.peak >> 10} MiB, "
            f"{self.left >> 10:+} MiB left"
        )


def answer_to(instance, give):
    """The first of a few answers that is within the bars, or the last."""
    for _ in range(ATTEMPTS if HAS_BARS else 1):
        answer = Answer(instance, give)
        # An error changed nothing.
        assert not answer.error or instance.cat("audit.json") == AUDIT_JSON
        begin_anew(instance)
        if answer.is_good():
            break
    return answer


def check(name, answer):
    if answer.error:
        # The reason, and where it is.
        assert re.search(r"^result: failed$", answer.result, re.MULTILINE), name
        assert re.search(r"line: [1-9]\d*\s+column: [1-9]", answer.result) or "max_patch" in answer.result, (
            f"{name}: {answer.result[:500]}"
        )
    else:
        assert re.search(r"^result: (applied|skipped)$", answer.result, re.MULTILINE), name
    assert answer.is_good() or not HAS_BARS, f"{name}: {answer.describe()}: {answer.result[:300]}"


def show(capsys, what, answers):
    waits = [wait for answer in answers.values() for wait in answer.waits]
    with capsys.disabled():
        for name, answer in answers.items():
            print(f"# {what}, {name}: {answer.describe()}")
        print(f"# readers meanwhile: {len(waits)}, median {statistics.median(waits):.4f} s, longest {max(waits):.3f} s")
    assert not HAS_BARS or statistics.median(waits) < READER_MAX


def write_patch(instance, data):
    """As cat does; the errno, or 0."""
    fd = os.open(instance.control, os.O_WRONLY)
    try:
        for i in range(0, len(data), CHUNK):
            os.write(fd, data[i : i + CHUNK])
    except OSError as error:
        return error.errno
    finally:
        try:
            os.close(fd)
            failed = 0
        except OSError as error:
            failed = error.errno
    return failed


def begin_anew(instance):
    """The config and the state of the first start."""
    if instance.config.read_text(encoding="utf-8", errors="replace") == CONFIG:
        return
    assert instance.stop() == 0, instance.log_text()
    instance.config.write_text(CONFIG, encoding="utf-8")
    for file in instance.state.iterdir():
        file.unlink()
    instance.start()


GROUPS = {
    "aliases": hostile.ALIASES,
    "depth": hostile.DEPTH,
    "keys": hostile.KEYS,
    "errors": hostile.ERRORS,
    "scalars": hostile.SCALARS,
    "JSON patch": hostile.JSON_PATCHES,
}


@pytest.mark.parametrize("group", GROUPS)
def test_patches(mounted, capsys, group):
    answers = {}
    for name in chosen(GROUPS[group]):
        data = GROUPS[group][name]()
        assert len(data) <= hostile.SIZE, name
        answers[name] = answer_to(mounted, functools.partial(write_patch, mounted, data))
        check(name, answers[name])
    show(capsys, group, answers)


# What is a config, or nearly one; a JSON patch is none.
EDITS = [
    ("aliases", "of a mapping of 20 keys"),
    ("aliases", "of rules"),
    ("aliases", "of rules, as many as are allowed"),
    ("aliases", "a billion laughs"),
    ("aliases", "a merge key in each mapping"),
    ("depth", "["),
    ("depth", "- "),
    ("depth", "500 and tokens"),
    ("keys", "100,000"),
    ("keys", "in JSON"),
    ("keys", "of a profile"),
    ("keys", "single pairs"),
    ("errors", "the same key"),
    ("errors", "empty entries"),
    ("errors", "unknown system calls"),
    ("errors", "unknown architectures"),
    ("scalars", "without an end"),
    ("scalars", "documents"),
    ("scalars", "any byte"),
]


def edit(instance, data):
    """An edit by hand, until it was looked at. The errno that a patch would have given, or 0."""
    before = os.stat(instance.control).st_mtime_ns
    instance.config.write_bytes(data)
    wait_until(lambda: os.stat(instance.control).st_mtime_ns != before, "a look at the config")
    return errno.EINVAL if instance.result().startswith("result: failed") else 0


def test_edits(mounted, capsys):
    answers = {}
    for group, name in chosen(EDITS):
        data = GROUPS[group][name]()
        answers[name] = answer_to(mounted, functools.partial(edit, mounted, data))
        check(name, answers[name])
    show(capsys, "edit", answers)


def start_with(instance, data):
    """At once refused or served; the seconds that it took."""
    instance.config.write_bytes(data)
    begin = time.monotonic()
    try:
        instance.start()
    except AssertionError:
        assert instance.process.poll() == 1, instance.log_text()
        # The reason, and where it is.
        assert re.search(r"machine\.yaml:[1-9]\d*:[1-9]\d*: ", instance.log_text()), instance.log_text()
    else:
        assert instance.stop() == 0, instance.log_text()
    return time.monotonic() - begin


def test_starts(instance, capsys):
    """With no state to fall back on. This includes what a start and a stop take."""
    for group, name in chosen(EDITS):
        data = GROUPS[group][name]()
        seconds = []
        while len(seconds) < ATTEMPTS and (not seconds or HAS_BARS and min(seconds) > START_MAX):
            seconds.append(start_with(instance, data))
            shutil.rmtree(instance.state, ignore_errors=True)
            instance.log.unlink()
        with capsys.disabled():
            print(f"# start, {name}: {min(seconds):.2f} s")
        assert not HAS_BARS or min(seconds) <= START_MAX, name
