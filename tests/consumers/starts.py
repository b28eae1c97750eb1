# SPDX-License-Identifier: Apache-2.0
"""Starts containers whose program does nothing, and says whether they started and what the runtime itself called."""

import contextlib
import copy
import fcntl
import json
import os
import pty
import random
import select
import signal
import socket
import subprocess
import termios
import threading
import time
from typing import NamedTuple

import audit
import host
import image
from runtimes import Podman, check

STATUS = 42  # of the program, see bare.c
OWN_CALLS = ["exit_group"]  # of the program; the one that waits does so in a loop when it may not sleep
TIME_LIMIT = 30.0  # seconds for a start: a call that is denied may make the runtime wait forever
PAUSE_MAX = 0.1  # seconds between create and start

RARE_CALL = "lookup_dcookie"  # neither a runtime nor a program makes it

LOG = {"defaultAction": "SCMP_ACT_LOG"}

# Makes the root of another system that of this mount namespace, with the directory $2, which both have, as it is
# here. Ends when its standard input is closed.
ENTER = """
root=$1 shared=$2
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount --rbind "$shared" "./$shared"
pivot_root . .
umount -l .
echo entered
exec cat
"""


def allow_only(names):
    """A profile that lets a container do these calls, and the program its own."""
    names = sorted({*names, *OWN_CALLS})
    return {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}]}


@contextlib.contextmanager
def system(root):
    """What commands have to begin with to be run in another system's root directory, here for None."""
    if root is None:
        yield []
        return
    command = ["unshare", "--mount", "--propagation", "private"]
    command += ["sh", "-euc", ENTER, "sh", os.path.abspath(root), "/tmp"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"entered\n", f"cannot enter {root}"
        yield ["nsenter", "--target", str(holder.pid), "--mount", "--"]


def wait_for(pid):
    """The exit status of a process that is or becomes our child, None if it does not end."""
    descriptor = os.pidfd_open(pid)
    try:
        ended, _, _ = select.select([descriptor], [], [], TIME_LIMIT)
    finally:
        os.close(descriptor)
    if not ended:
        return None
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def with_listener(seccomp, path):
    """The profile, and one call for an agent at path."""
    rule = {"names": [RARE_CALL], "action": "SCMP_ACT_NOTIFY"}
    return {**seccomp, "listenerPath": str(path), "syscalls": [*seccomp.get("syscalls", []), rule]}


class Agent:
    """Takes the descriptors that runtimes hand over, and keeps them as long as a start lasts."""

    def __init__(self, path):
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(os.fspath(path))
        self._socket.listen()

    def __enter__(self):
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._kept = []
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_UNIX) as end:  # with no message
            end.connect(os.fspath(self.path))
        self._thread.join()
        for descriptor in self._kept:
            os.close(descriptor)
        self._socket.close()
        self.path.unlink()

    def _take(self):
        while True:
            connection, _ = self._socket.accept()
            with connection:
                connection.settimeout(TIME_LIMIT)
                message, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, 8)
                self._kept += descriptors
                if not message:
                    return


class Outcome(NamedTuple):
    """Of one start."""

    status: int  # of the program, or the runtime; None: it took too long
    errors: str  # what the runtime said
    pids: list  # of the container, as far as they are known


class Starter:
    """A runtime by itself, on bundles."""

    def __init__(self, runtime, directory, prefix=()):
        """directory: below /tmp, empty. prefix: of system(). In host.private_host()."""
        self.program, self._waiting = audit.new_comm(), audit.new_comm()
        self._directory = directory
        self._runtime = [*prefix, runtime]
        self._state = directory / "state"
        self._n_starts = 0
        self._root = directory / "root"
        self._root.mkdir()
        image.compile_bare(self._root, self.program)
        image.compile_bare(self._root, self._waiting, "-DWAIT")
        check(*self._runtime, "spec", "--bundle", directory)
        self._template = json.loads((directory / "config.json").read_text(encoding="utf-8"))

    @property
    def programs(self):
        """The names of the processes that are no more the runtime."""
        return {self.program, self._waiting}

    def version(self):
        return check(*self._runtime, "--version").splitlines()[0].split()[2].split("+")[0]

    def start(self, variant, seccomp):
        """One container, from start to end."""
        if not variant.listener:
            return self._start(variant, seccomp)
        with Agent(self._directory / "agent") as agent:
            return self._start(variant, with_listener(seccomp, agent.path))

    def _start(self, variant, seccomp):
        self._n_starts += 1
        name = f"start-{os.getpid()}-{self._n_starts}"
        bundle = self._write_bundle(variant, seccomp)
        pid_file = self._directory / "pid"
        pid_file.unlink(missing_ok=True)
        how = {"run": self._run, "create": self._create, "gone": self._create, "exec": self._exec}[variant.how]
        others = host.children()
        try:
            return how(name, bundle, pid_file, variant)
        finally:
            if (self._state / name).exists():
                self._do(["delete", "--force", name])
            while left := host.children() - others:
                host.end(left)

    def _write_bundle(self, variant, seccomp):
        bundle = self._directory / "bundle"
        bundle.mkdir(exist_ok=True)
        program = {"exec": self._waiting, "gone": "gone"}.get(variant.how, self.program)
        if variant.how == "gone":
            os.link(self._root / self.program, self._root / "gone")
        config = copy.deepcopy(self._template)
        config["process"]["args"] = [f"/{program}"]
        config["process"]["terminal"] = variant.terminal and variant.how == "run"
        config["root"] = {"path": str(self._root), "readonly": False}
        config["linux"]["seccomp"] = seccomp
        variant.change(config)
        (bundle / "config.json").write_text(json.dumps(config), encoding="utf-8")
        return bundle

    def _do(self, arguments, terminal=None):
        """Runs the runtime. (its exit status, what it said)"""
        # A container keeps the descriptors, so a pipe for errors would never be closed.
        with open(self._directory / f"errors-{arguments[0]}", "wb") as errors:
            with subprocess.Popen(
                [*self._runtime, "--root", str(self._state), *map(str, arguments)],
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=subprocess.DEVNULL if terminal is None else terminal,
                stderr=errors,
                start_new_session=True,
                preexec_fn=None if terminal is None else lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            ) as process:
                try:
                    status = process.wait(TIME_LIMIT)
                except subprocess.TimeoutExpired:
                    status = None
                    os.killpg(process.pid, signal.SIGKILL)
        return status, self._said_by(arguments[0])

    def _said_by(self, verb):
        return (self._directory / f"errors-{verb}").read_text(encoding="utf-8", errors="replace")

    def _do_on_terminal(self, arguments):
        ours, theirs = pty.openpty()
        try:
            return self._do(arguments, theirs)
        finally:
            os.close(ours)
            os.close(theirs)

    def _run(self, name, bundle, pid_file, variant):
        do = self._do_on_terminal if variant.terminal else self._do
        return Outcome(*do(["run", "--bundle", bundle, name]), [])

    def _create(self, name, bundle, pid_file, variant):
        """Between create and start the runtime's process waits for a while; for "gone" its program is removed then."""
        status, errors = self._do(["create", "--bundle", bundle, "--pid-file", pid_file, name])
        if variant.how == "gone":
            (self._root / "gone").unlink()
        if status != 0:
            return Outcome(status, errors, [])
        pid = int(pid_file.read_text(encoding="ascii"))
        time.sleep(random.uniform(0, PAUSE_MAX))
        _, errors = self._do(["start", name])
        status = wait_for(pid)
        return Outcome(status, errors + self._said_by("create"), [pid])

    def _exec(self, name, bundle, pid_file, variant):
        status, errors = self._do(["run", "--detach", "--bundle", bundle, "--pid-file", pid_file, name])
        if status != 0:
            return Outcome(status, errors, [])
        if variant.terminal:
            return Outcome(*self._do_on_terminal(["exec", "--tty", name, f"/{self.program}"]), [])
        return Outcome(*self._do(["exec", name, f"/{self.program}"]), [])


class PodmanStarter:
    """A runtime below podman."""

    def __init__(self, runtime, directory):
        self.program = audit.new_comm()
        self.programs = {self.program}
        self._profile = directory / "profile.json"
        self._n_starts = 0
        layer = directory / "layer.tar"
        image.write_layer(image.compile_bare(directory, self.program), layer, self.program)
        self._podman = Podman(runtime, directory / "podman", layer)
        self._podman.start()

    def start(self, variant, seccomp):
        """As Starter's. Podman's own status for a container that does not start is none of the program's."""
        self._n_starts += 1
        name = f"start-{os.getpid()}-{self._n_starts}"
        self._profile.write_text(json.dumps(seccomp), encoding="utf-8")
        command = self._podman.command(name, self._profile, [f"/{self.program}"], interactive=False)
        place = command.index(image.NAME)
        command[place:place] = variant.options
        try:
            done = subprocess.run(
                [os.fspath(c) for c in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
                timeout=TIME_LIMIT,
                env={**os.environ, **self._podman.environment},
            )
        except subprocess.TimeoutExpired:
            self._podman.remove(name)
            return Outcome(None, "", [])
        return Outcome(done.returncode, done.stderr.decode(errors="replace"), [])


def calls_of_runtime(records, programs, pids):
    """(architecture, number) of the calls that the containers' processes made before they were the programs."""
    pids = {*pids, *(record.pid for record in records if record.comm in programs)}
    return {(record.arch, record.syscall) for record in records if record.pid in pids and record.comm not in programs}
