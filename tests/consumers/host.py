# SPDX-License-Identifier: Apache-2.0
"""A host for the runtimes on which nothing disturbs anybody: their shared directories are private, and what they leave
is ended."""

import contextlib
import ctypes
import os
import signal
import time

from runtimes import check
from support import mounts

PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS = 0x00020000
POLL_INTERVAL = 0.005  # seconds

# Where the runtimes put things whatever they are told. In this namespace each is a file system of our own.
SHARED_DIRECTORIES = ("/dev/shm", "/run/containerd", "/run/crun", "/run/libpod", "/run/runc", "/var/lib/containers")


def children():
    """The processes of this one; with us as subreaper also those that a runtime left."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return {int(pid) for pid in file.read().split()}


def end(pids):
    """Ends children. In no order: the first of a pid namespace is gone only when all others of it are."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    left = set(pids)
    while left:
        for pid in list(left):
            try:
                if os.waitpid(pid, os.WNOHANG)[0] == pid:
                    left.remove(pid)
            except ChildProcessError:
                left.remove(pid)
        time.sleep(POLL_INTERVAL if left else 0)


def call(function, *arguments):
    """Calls a function of the C library that Python does not have."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{function}: {os.strerror(error)}")


@contextlib.contextmanager
def private_host():
    """Takes this process into a mount namespace of its own, for good."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # runc is there, and not everyone's PATH has it
    # A namespace of this process, which takes all of it along: nothing here is ever done to the machine's mounts.
    call("unshare", CLONE_NEWNS)
    check("mount", "--make-rprivate", "/")
    for directory in SHARED_DIRECTORIES:
        os.makedirs(directory, exist_ok=True)
        check("mount", "-t", "tmpfs", "seccompfs-test", directory)
    # crun 1.8 refuses a host that has cgroups of both versions, unless the second has no controller or is not there.
    if ("/sys/fs/cgroup/unified", "cgroup2") in [mount[:2] for mount in mounts()]:
        check("umount", "/sys/fs/cgroup/unified")
    call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    while left := children():  # the last of a namespace leaves us its children
        end(left)
    call("prctl", PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
