# SPDX-License-Identifier: Apache-2.0
"""What is measured and what it is measured against: instances of seccompfs, and the other file systems."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import time

from measure import Helper
from support import TIME_LIMIT, Instance, program, run, wait_until
from workers import children, worker_of

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """A seccompfs that went into the background becomes our child, and can be waited for."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def processes_of(supervisor):
    """The supervisor, its worker, and the worker's notifier."""
    found = [supervisor]
    for pid in found:
        found += children(pid)
    return found


def thread_files(pid, name):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/{name}", encoding="ascii") as file:
            yield file.read()


def cpu_time(pids):
    """Nanoseconds that the threads have run."""
    return sum(int(text.split()[0]) for pid in pids for text in thread_files(pid, "schedstat"))


def settle(pids):
    """Waits until the processes have been asleep for 100 ms: what follows a commit is over, such as the look that a
    worker takes at its own edit."""
    quiet_since, before = time.monotonic(), cpu_time(pids)

    def is_quiet():
        nonlocal quiet_since, before
        now = cpu_time(pids)
        if now != before:
            quiet_since, before = time.monotonic(), now
        return time.monotonic() - quiet_since >= 0.1

    wait_until(is_quiet, "the worker to rest")


def pss(pids):
    """Bytes: what is shared counts in parts."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            total += int(re.search(r"^Pss:\s+(\d+) kB$", file.read(), re.MULTILINE)[1]) << 10
    return total


class Mounted(Instance):
    """In the foreground, for what is measured while it serves."""

    def __init__(self, directory, text):
        directory.mkdir()
        super().__init__(directory)
        self.config.write_text(text, encoding="utf-8")
        self.start()

    @property
    def worker(self):
        return worker_of(self)

    @property
    def pids(self):
        return processes_of(self.process.pid)

    def settle(self):
        settle(self.pids)

    @property
    def replaced_bytes(self):
        """The sizes of the two files that a commit replaces."""
        return os.stat(self.config).st_size, os.stat(self.state / "state.json").st_size


class Background(Instance):
    """As mount(8) starts it; timed from its fork until a profile was read."""

    def __init__(self, directory, text, starter):
        directory.mkdir()
        super().__init__(directory)
        self.config.write_text(text, encoding="utf-8")
        self.starter = starter
        self.pid = None

    def forget(self):
        """As if it had never been there."""
        shutil.rmtree(self.state, ignore_errors=True)

    def begin(self, name):
        """Nanoseconds until the profile was read."""
        worker = program("seccompfsd")
        words = (program("seccompfs"), self.config, self.mount_point, "-o", self.options())
        ns, _ = self.starter.ask(self.mount_point / name, "/usr/bin/env", f"SECCOMPFS_WORKER={worker}", *words)
        (self.pid,) = [pid for pid in children(os.getpid()) if self.is_ours(pid)]
        (pid,) = children(self.pid)
        assert os.path.samefile(f"/proc/{pid}/exe", worker), "another program serves"
        return ns

    def is_ours(self, pid):
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
        # Not the notifier of a worker that was killed, which comes to us as well.
        return words[0] == os.fsencode(program("seccompfs")) and os.fsencode(self.mount_point) in words

    @property
    def pids(self):
        return processes_of(self.pid)

    def settle(self):
        settle(self.pids)

    def kill_worker(self, name):
        """Nanoseconds from its death until a profile was read that only the next one can give."""
        (worker,) = children(self.pid)
        path = self.mount_point / name
        begin = time.perf_counter_ns()
        os.kill(worker, signal.SIGKILL)
        with open(path, "rb", buffering=0) as file:
            assert file.read(1)
        return time.perf_counter_ns() - begin

    def end(self):
        if self.pid is None:
            return
        os.kill(self.pid, signal.SIGTERM)
        wait_until(lambda: os.waitpid(self.pid, os.WNOHANG)[0] == self.pid, "its end")
        self.pid = None


class Minimal:
    """The minimal libfuse server; its files are named 0, 1, 2…"""

    def __init__(self, directory, data, n_files, mode):
        self.mount_point = directory / "mnt"
        self.mount_point.mkdir(parents=True)
        (directory / "bytes").write_bytes(data)
        self.helper = Helper("minimal_fs", self.mount_point, directory / "bytes", str(n_files), mode)
        self.helper.answer()
        self.pid = self.helper.process.pid

    def invalidate(self):
        self.helper.ask("invalidate")

    def close(self):
        self.helper.close()


class NoLxcfs(Exception):
    """Why there is none."""


class Lxcfs:
    """lxcfs of the distribution, on a directory of its own; it needs control groups."""

    def __init__(self, directory):
        self.mount_point = directory / "lxcfs"
        self.mount_point.mkdir(parents=True)
        self.log = directory / "lxcfs.log"
        if not shutil.which("lxcfs"):
            raise NoLxcfs("lxcfs is not installed")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["lxcfs", "-f", "-p", directory / "lxcfs.pid", self.mount_point],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.path = self.mount_point / "proc" / "uptime"
        wait_until(lambda: self.process.poll() is not None or self.path.exists(), "lxcfs")
        if self.process.poll() is not None:
            reason = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise NoLxcfs(f"lxcfs ended: {reason[-1] if reason else 'without a word'}")

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=TIME_LIMIT)
        run("umount", "-l", self.mount_point)
