# SPDX-License-Identifier: Apache-2.0
"""One instance that faults strike again and again, and what must hold after each.

Every patch of a bench changes two profiles and makes or removes a third, all to a number that no patch before had: so
one look tells whether what is there is wholly that of before, wholly the new, or a mixture.
"""

import contextlib
import errno
import json
import os
import re
import signal
from dataclasses import dataclass, field

from support import run, wait_until
from tracing import Tracer
from workers import control_thread, notifier_of, state_of

# What may be in the state directory for good.
STATE_NAMES = re.compile(r"state\.json|config-[0-9a-f]{64}\.yaml|replaced|replaced\.old")

# What the result says where the roll back failed as well.
STUCK = "could not be put back"


@dataclass(frozen=True)
class Facts:
    """All that a patch may change."""

    config: bytes
    served_config: bytes
    profiles: dict = field(hash=False)  # name to (bytes, version)


@dataclass
class Outcome:
    old: Facts
    error: int  # errno of the write; 0: it was acknowledged
    calls: list
    died: bool  # the worker
    result: str  # of the patch; None where the worker had died


def is_alive(pid):
    return state_of(pid) not in (None, "Z", "X")


def value(number):
    return "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: %d}" % number


def content(number):
    return b'{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":%d}' % number


class Bench:
    def __init__(self, instance, scratch):
        """scratch: a directory that nobody watches."""
        self.instance = instance
        self.trace_file = scratch / "trace"
        self.number = 0
        self.last_c = 0  # the highest version of c.json
        profiles = "".join(f"    - name: {name}\n      value: {value(0)}\n" for name in ("a.json", "b.json"))
        instance.config = instance.directory / "etc" / "machine.yaml"
        # Two file systems, so that nothing orders what is done to the one after what is done to the other; and quick.
        for directory in (instance.config.parent, instance.state):
            directory.mkdir()
            done = run("mount", "-t", "tmpfs", "-o", "mode=0700", "bench", directory)
            assert done.returncode == 0, done.stderr.decode()
        instance.config.write_text(f"# kept\nmachine:\n  seccompProfiles:\n{profiles}", encoding="utf-8")

    # The worker.

    def worker(self):
        """Its process id; of the kernel, which is quicker than pgrep(1)."""
        supervisor = self.instance.process.pid
        found = []

        def find():
            with open(f"/proc/{supervisor}/task/{supervisor}/children", encoding="utf-8") as file:
                found.extend(int(word) for word in file.read().split())
            return found

        wait_until(find, "a worker")
        return found[0]

    def n_served(self):
        """How often a worker came to serve."""
        return self.instance.log_text().count(": serves ")

    @staticmethod
    def is_polling(pid, thread):
        with open(f"/proc/{pid}/task/{thread}/wchan", encoding="utf-8") as file:
            return "poll" in file.read()

    def is_calm(self, pid, thread):
        return (
            self.is_polling(pid, thread)
            and not self.has_look_before_it(pid)
            and not self.has_replaced(pid)
            and not self.owes_copy()
            # It may have closed them just now, and be about to say so to the notifier.
            and self.is_polling(pid, thread)
        )

    @staticmethod
    def files_of(pid):
        """Its descriptors and where they lead, but for those that are closed meanwhile."""
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                yield fd, os.readlink(f"/proc/{pid}/fd/{fd}")

    def has_look_before_it(self, pid):
        """Whether the watch of the config is going to look at it."""
        for fd, place in self.files_of(pid):
            if place == "anon_inode:[timerfd]":
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="utf-8") as file:
                    text = file.read()
                if "ticks: 0\n" not in text or "it_value: (0, 0)\n" not in text:
                    return True
        return False

    def has_replaced(self, pid):
        """Whether the process has a file open that no name leads to any more."""
        places = [place for _, place in self.files_of(pid)]
        return any(p.startswith(str(self.instance.directory)) and p.endswith(" (deleted)") for p in places)

    def has_files_without_names(self):
        """Whether the two file systems have some; also those that are on their way from one process to another, or
        just being closed."""
        for directory in (self.instance.config.parent, self.instance.state):
            space = os.statvfs(directory)
            if space.f_files - space.f_ffree != 1 + len(os.listdir(directory)):
                return True
        return False

    def wait_for_space(self):
        """Until what was replaced takes no space any more, and nothing is to be written."""
        wait_until(lambda: not self.owes_copy(), "the copy of the config")
        wait_until(lambda: not self.has_files_without_names(), "the old files to be closed")

    def settle(self):
        """Until the control thread waits for requests, its watch of the config has no look before it, the copy of the
        config is written, and the old files are closed: then what it calls next is for the next request. The worker and that thread."""
        pid = self.worker()
        thread = control_thread(pid)
        wait_until(lambda: self.is_calm(pid, thread), "the control thread to wait")
        return pid, thread

    def restart_worker(self, pid):
        """Another one, that knows only what is on disk. pid: the one to follow, which may be dead."""
        before = self.n_served()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.n_served() > before, "the next worker")

    # Patches.

    def patch_text(self, old):
        third = "$patch: delete" if "c.json" in old.profiles else f"value: {value(self.number)}"
        return (
            f"{{machine: {{seccompProfiles: [{{name: a.json, value: {value(self.number)}}}, "
            f"{{name: b.json, value: {value(self.number)}}}, {{name: c.json, {third}}}]}}}}\n"
        )

    def patch(self):
        """One that nothing strikes. What there was before."""
        old = self.facts()
        self.number += 1
        self.instance.patch(self.patch_text(old))
        return old

    def strike(self, options=(), of_notifier=False):
        """One patch, in one write, with strace's options for the control thread or the notifier; then strace is gone."""
        old = self.facts()
        self.number += 1
        pid, thread = self.settle()
        n_served = self.n_served()
        error, result = 0, None
        fd = os.open(self.instance.control, os.O_RDWR)
        tracer = Tracer(notifier_of(pid) if of_notifier else thread, self.trace_file, options)
        try:
            os.write(fd, self.patch_text(old).encode())
        except OSError as e:
            error = e.errno
        died = not is_alive(pid)
        if not died:
            # Its answer is here, but strace may not have seen it return.
            wait_until(lambda: self.is_polling(pid, thread), "the control thread to wait again")
        calls = tracer.stop()
        if not died:
            # Of the patch, also where the watch of the config has found something since.
            result = os.read(fd, 1 << 16).decode()
        try:
            os.close(fd)
        except OSError as e:
            assert died and e.errno == errno.EIO
        if died:
            wait_until(lambda: self.n_served() > n_served, "the next worker")
        return Outcome(old, error, calls, died, result)

    # What is there.

    def facts(self):
        instance = self.instance
        names = sorted(name for name in os.listdir(instance.mount_point) if name != ".control")
        versions = instance.versions()
        assert sorted(versions) == names
        return Facts(
            instance.config.read_bytes(),
            (instance.control_dir / "machineconfig").read_bytes(),
            {name: ((instance.mount_point / name).read_bytes(), versions[name]) for name in names},
        )

    def is_new(self, old, facts):
        """Whether facts are wholly those of the patch on old."""
        has_c = "c.json" not in old.profiles
        versions = {name: old.profiles[name][1] + 1 for name in ("a.json", "b.json")}
        if has_c:
            versions["c.json"] = self.last_c + 1
        profiles = {name: (content(self.number), version) for name, version in versions.items()}
        return (
            facts.profiles == profiles
            and facts.config == facts.served_config
            and facts.config.count(b"defaultErrnoRet") == facts.config.count(b"defaultErrnoRet: %d}" % self.number)
            and facts.config.count(b"name: ") == len(profiles)
            and facts.config.startswith(b"# kept\n")
        )

    def which(self, old, facts):
        """'old' or 'new'; everything else is a failure."""
        if facts == old:
            return "old"
        assert self.is_new(old, facts), f"neither old nor new:\n{old}\n{facts}"
        return "new"

    def note(self, facts):
        """For the next expectation."""
        self.last_c = max(self.last_c, facts.profiles.get("c.json", (b"", 0))[1])

    def leftovers(self):
        """What no commit may leave in the two directories."""
        beside = [name for name in os.listdir(self.instance.config.parent) if name != self.instance.config.name]
        return beside + [name for name in os.listdir(self.instance.state) if not STATE_NAMES.fullmatch(name)]

    def copies(self):
        return sorted(name for name in os.listdir(self.instance.state) if name.startswith("config-"))

    def owes_copy(self):
        """Whether the config that the state names has no copy yet, or one from before is still there too."""
        state = json.loads((self.instance.state / "state.json").read_bytes())
        return self.copies() != [f"config-{state['configDigest']}.yaml"]
