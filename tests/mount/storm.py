# SPDX-License-Identifier: Apache-2.0
"""Kills the worker of a mount again and again, while others read and write."""

import json
import os
import random
import select
import signal
import statistics
import subprocess
import sys
import time

from support import TIME_LIMIT, wait_until
from traffic import Plan, patch_entry, patch_text

TRAFFIC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "traffic.py")
EARLY = 0.2  # the part of the kills that come while the worker starts
EARLY_IN_A_ROW = 2  # after more the pauses between the starts would be long, by design
BINS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)  # milliseconds


class Traffic:
    """The processes of a plan: starts them, ends them, and has what they report."""

    def __init__(self, instance, seed, n_readers, n_writers, n_listers=1, n_names=12, n_patches=None, pause=0.0):
        directory = instance.directory / "traffic"
        directory.mkdir()
        self.instance = instance
        self.plan = Plan.make(
            directory,
            mount_point=os.fspath(instance.mount_point),
            n_writers=n_writers,
            n_names=n_names,
            n_patches=n_patches,
            pause=pause,
        )
        self.seed = seed
        self.kinds = {"reader": n_readers, "lister": n_listers, "writer": n_writers}
        self.processes = {kind: [] for kind in self.kinds}
        self.reports = {}

    def start(self):
        instance, names = self.instance, self.plan.names
        instance.patch(patch_text(*(patch_entry(name, 1) for name in names)))
        for i in range(len(names)):
            self.plan.announce(i, 1)
            self.plan.acknowledge(i, 1)
        for kind, n in self.kinds.items():
            for index in range(n):
                command = [sys.executable, TRAFFIC, kind, self.plan.directory, str(index), str(self.seed)]
                self.processes[kind].append(subprocess.Popen(command, stdout=subprocess.PIPE))

    def wait(self, kind, limit=TIME_LIMIT):
        """Reads their reports until they end: one that does not hangs."""
        self.reports[kind] = []
        for process in self.processes[kind]:
            out, _ = process.communicate(timeout=limit)
            assert process.returncode == 0 and out, f"{kind}: ended with status {process.returncode}"
            self.reports[kind].append(json.loads(out))

    def n_acknowledged(self):
        return sum(self.plan.acknowledged(i) for i in range(len(self.plan.names)))

    def wait_progress(self, n_patches):
        before = self.n_acknowledged()
        wait_until(lambda: self.n_acknowledged() >= before + n_patches, f"{n_patches} more patches")

    def wait_all(self):
        """Tells all to end."""
        self.plan.end()
        for kind in self.kinds:
            if kind not in self.reports:
                self.wait(kind)

    def kill(self):
        for process in sum(self.processes.values(), []):
            process.kill()
            process.wait()

    def each_report(self, *kinds):
        return [report for kind in kinds or self.kinds for report in self.reports[kind]]

    @property
    def failures(self):
        return [failure for report in self.each_report() for failure in report["failures"]]

    def count(self, what):
        return sum(report["counts"].get(what, 0) for report in self.each_report())

    def longest(self, *kinds):
        return max(report["longest"] for report in self.each_report(*kinds))

    def check_end(self):
        """What is there at last: of each name what was acknowledged last, and a version for each number."""
        versions = self.instance.versions()
        for i, name in enumerate(self.plan.names):
            number = self.plan.acknowledged(i)
            assert number == self.plan.announced(i)
            with open(self.plan.path(name), "rb") as file:
                assert f'"{name} {number} ' in file.read().decode()
            assert versions[name] == number, f"{name}: version {versions[name]} of {number}"

    def describe(self):
        whats = sorted({what for report in self.each_report() for what in report["counts"]})
        return ", ".join(f"{what} {self.count(what)}" for what in whats)

    def describe_waits(self):
        waits = ", ".join(f"{kind} {self.longest(kind):.3f} s" for kind in self.kinds)
        return f"longest wait: {waits}"


class Killer:
    """Kills the worker at random moments: mostly when it has served for a while, sometimes while it starts."""

    def __init__(self, instance, seed):
        self.instance = instance
        self.supervisor = instance.process.pid
        self.random = random.Random(seed)
        self.moments = []
        self.restarts = []  # seconds from a kill to the first answer
        self.n_early = self.n_early_in_a_row = 0
        self.last_pid = 0
        self.log_size = 0  # bytes, at the last kill

    def find_worker(self):
        """The worker's process id; None: there is none now. Much faster than pgrep(1)."""
        for entry in sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True):
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                    state, parent = stat.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == self.supervisor and state not in "ZX" and entry != self.last_pid:
                return entry
        return None

    def wait_answer(self):
        """Until a worker answers, which nobody does in its stead: names that are not there are not cached."""
        assert not os.path.lexists(self.instance.mount_point / "nobody.json")

    def is_ready(self):
        with open(self.instance.log, "rb") as log:
            log.seek(self.log_size)
            return b": serves " in log.read()

    def wait_served(self, seconds):
        """Until the next worker has served so long. It may answer before it is ready; if it dies in between, the
        supervisor takes that for an early death, and pauses grow."""
        self.wait_answer()
        if self.moments:
            self.restarts.append(time.monotonic() - self.moments[-1])
        wait_until(self.is_ready, "the worker to be ready")
        time.sleep(seconds)

    def kill(self):
        """Kills the worker, and waits for its death."""
        found = []
        wait_until(lambda: found.append(self.find_worker()) or found[-1], "a worker")
        self.last_pid = found[-1]
        try:
            fd = os.pidfd_open(self.last_pid)
        except ProcessLookupError:
            return
        try:
            self.log_size = os.path.getsize(self.instance.log)
            self.moments.append(time.monotonic())
            signal.pidfd_send_signal(fd, signal.SIGKILL)
            readable, _, _ = select.select([fd], [], [], TIME_LIMIT)
            assert readable, f"the worker does not die within {TIME_LIMIT} s"
        finally:
            os.close(fd)

    def wait_moment(self, served_max):
        """Until the next kill is due: an early one comes somewhere in the time that a start takes."""
        if self.n_early_in_a_row < EARLY_IN_A_ROW and self.random.random() < EARLY:
            self.n_early += 1
            self.n_early_in_a_row += 1
            time.sleep(self.random.random() * (statistics.median(self.restarts) if self.restarts else 0.02))
            return
        self.n_early_in_a_row = 0
        self.wait_served(self.random.random() * served_max)

    def run(self, n_kills, served_max=0.1):
        for _ in range(n_kills):
            self.kill()
            self.wait_moment(served_max)
        self.wait_answer()

    def run_steadily(self, n_kills, served):
        """Kills each worker when it has served that many seconds."""
        for _ in range(n_kills):
            self.wait_served(served)
            self.kill()


def longest_waits(moments, reports):
    """Of each kill, the longest wait of a reader (seconds) that was not over when it came and began before the next."""
    waits = sorted(tuple(wait) for report in reports for wait in report["waits"])
    longest = []
    for i, moment in enumerate(moments):
        end = moments[i + 1] if i + 1 < len(moments) else float("inf")
        during = (seconds for begin, seconds in waits if begin < end and begin + seconds > moment)
        longest.append(max(during, default=0))
    return longest


def histogram(seconds):
    """Lines of a table."""
    lines, low = [], 0
    for high in (*BINS, float("inf")):
        n = sum(low <= 1000 * s < high for s in seconds)
        if n:
            lines.append(f"{low:>6} to {high:>6} ms: {n:>5} {'*' * (60 * n // len(seconds))}")
        low = high
    return lines


def fds_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def describe_times(name, seconds):
    ms = sorted(1000 * s for s in seconds)
    late = ms[len(ms) * 99 // 100]
    return f"{name}: median {statistics.median(ms):.1f} ms, 99 % {late:.1f} ms, longest {ms[-1]:.1f} ms"
