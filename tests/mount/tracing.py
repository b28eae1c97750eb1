# SPDX-License-Identifier: Apache-2.0
"""strace(1) on one thread of a running worker: what it calls, and faults in place of the calls.

It attaches from outside, as root: what runs in a sandbox can neither be started by strace nor see itself traced. A
call that fails by injection is not made; strace makes getpid(2) in its place, which a seccomp filter lets through, as
it would not the number -1 that strace takes otherwise.
"""

import os
import re
import signal
import subprocess
from dataclasses import dataclass

from support import TIME_LIMIT, wait_until

LINE = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>.*)")
FD_PATH = re.compile(r"<(/[^<>]*)>")
QUOTED = re.compile(r'"([^"]*)"')
AT_CALLS = {"openat", "unlinkat", "renameat", "linkat", "faccessat", "faccessat2", "newfstatat"}


@dataclass
class Call:
    name: str
    arguments: str
    result: str
    number: int = 0  # among those of its name, from 1, since strace came; of read(2): of its name and path

    @property
    def is_injected(self):
        return self.result.endswith("(INJECTED)")

    @property
    def error(self):
        """The name of its errno; None: it succeeded."""
        return self.result.split()[1] if self.result.startswith("-1 ") else None

    @property
    def path(self):
        """What it is about: the path of its descriptor, or the name in that directory. The first of two."""
        fds = FD_PATH.findall(self.arguments)
        names = QUOTED.findall(self.arguments)
        if self.name in AT_CALLS and names and names[0]:
            return os.path.join(fds[0] if fds else "/", names[0])
        return fds[0] if fds else names[0] if names else ""

    @property
    def new_path(self):
        """Of a renameat(2): where to."""
        return os.path.join(FD_PATH.findall(self.arguments)[1], QUOTED.findall(self.arguments)[1])


def parse(text):
    calls, numbers = [], {}
    for line in text.splitlines():
        found = LINE.match(line)
        if found:
            call = Call(found["name"], found["arguments"], found["result"])
            key = (call.name, call.path if call.name == "read" else "")
            call.number = numbers[key] = numbers.get(key, 0) + 1
            calls.append(call)
    return calls


def only_of(call):
    """Between requests a worker reads from its inotify, whenever something happens in a directory on the way to the
    config: of read(2) only those of one path can be counted."""
    return ["-P", call.path] if call.name == "read" else []


def inject_error(call, error):
    """An option of strace: in place of the call, the error."""
    return [*only_of(call), "-e", f"inject={call.name}:error={error}:syscall=getpid:when={call.number}"]


def inject_two_errors(first, second, error):
    if first.name != second.name:
        return inject_error(first, error) + inject_error(second, error)
    when = f"{first.number}..{second.number}+{second.number - first.number}"
    return ["-e", f"inject={first.name}:error={error}:syscall=getpid:when={when}"]


def inject_errors_from(calls, first, names, error):
    """From the call first on, every call of these names."""
    options = []
    for name in names:
        number = 1 + sum(1 for call in calls[: calls.index(first)] if call.name == name)
        options += ["-e", f"inject={name}:error={error}:syscall=getpid:when={number}+"]
    return options


def inject_kill(call):
    """In place of the call, the end of the process."""
    return [*only_of(call), "-e", f"inject={call.name}:signal=KILL:when={call.number}"]


class Tracer:
    """strace(1), attached to the thread; its options say what it injects."""

    def __init__(self, thread, output, options=()):
        self.output = output
        self.messages = output.with_suffix(".messages")
        with open(self.messages, "wb") as messages:
            self.process = subprocess.Popen(
                ["strace", "-y", "-s", "300", "-o", output, "-p", str(thread), *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=messages,
            )
        # It says so when it has stopped the thread: being its TracerPid is not enough, since the next calls may be
        # made before that.
        wait_until(lambda: self.has_attached() or self.process.poll() is not None, "strace to attach")
        assert self.process.poll() is None, self.messages.read_text(encoding="utf-8")

    def has_attached(self):
        return " attached\n" in self.messages.read_text(encoding="utf-8")

    def stop(self):
        """Lets go of the thread, if that still lives. The calls it made."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=TIME_LIMIT)
        with open(self.output, encoding="utf-8", errors="replace") as file:
            return parse(file.read())
