# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the consumer tests: a seccompfs, the runtimes, and a place where neither disturbs anybody."""

import ctypes
import os
import pathlib
import shutil
import signal
import tempfile

import pytest

import image
from audit import Listener
from container import Container
from runtimes import Bundle, Containerd, Podman, check
from support import Instance, mounts, must_run

PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS = 0x00020000

# Where the runtimes put things whatever they are told. In this namespace each is a file system of our own.
SHARED_DIRECTORIES = ("/dev/shm", "/run/containerd", "/run/crun", "/run/libpod", "/run/runc", "/var/lib/containers")

CONFIG = """\
version: v1alpha1
machine:
  seccompProfiles:
    - name: audit.json
      value:
        defaultAction: SCMP_ACT_LOG
    - name: no-mkdir.json
      value:
        defaultAction: SCMP_ACT_ALLOW
        syscalls:
          - names: [mkdir, mkdirat]
            action: SCMP_ACT_ERRNO
            errnoRet: 1 # EPERM
"""


def need(*programs):
    """Skips, or fails where nothing may be skipped, when a program is not installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        message = f"not installed: {', '.join(missing)}"
        if must_run():
            pytest.fail(message, pytrace=False)
        pytest.skip(message)


def reap_orphans():
    """Ends the processes that a runtime left: with us as subreaper they are our children."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as children:
        pids = [int(pid) for pid in children.read().split()]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


def call(function, *arguments):
    """Calls a function of the C library that Python does not have."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{function}: {os.strerror(error)}")


@pytest.fixture(scope="module")
def private_host():
    """A host for the runtimes: their shared directories are private, and what they leave is ended at the end."""
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
    reap_orphans()
    call("prctl", PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def directory(private_host):
    """A directory for everything, with a name short enough for a socket."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="seccompfs-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def marker(directory):
    need("cc")
    program = image.compile_program("marker", directory)
    # Where nothing can be heard, everything fails here and at once.
    with Listener(program) as listener:
        listener.collect()
    return program


@pytest.fixture(scope="module")
def payload(directory):
    need("cc")
    return image.compile_program("payload", directory)


@pytest.fixture(scope="module")
def layer(directory, payload):
    path = directory / "layer.tar"
    image.write_layer(payload, path)
    return path


@pytest.fixture(scope="module")
def oci_layout(directory, layer):
    path = directory / "image.tar"
    image.write_oci_layout(layer, path)
    return path


@pytest.fixture(scope="module")
def profiles(directory):
    """A seccompfs that serves the profiles of CONFIG."""
    (directory / "seccompfs").mkdir()
    instance = Instance(directory / "seccompfs")
    instance.config.write_text(CONFIG, encoding="utf-8")
    instance.start()
    yield instance
    instance.close()


@pytest.fixture(scope="module", params=["runc", "crun", "podman-runc", "podman-crun", "ctr"])
def runtime(request, directory, payload, layer, oci_layout):
    name = request.param
    place = directory / name
    if name == "ctr":
        one = Containerd(place, oci_layout)
    elif name.startswith("podman-"):
        one = Podman(name.removeprefix("podman-"), place, layer)
    else:
        one = Bundle(name, place, payload)
    need(*one.programs)
    try:
        one.start()
        yield one
    finally:
        one.stop()


class Rig:
    """What a test starts containers with."""

    def __init__(self, runtime, marker):
        self._runtime = runtime
        self._marker = marker
        self._containers = []

    def start(self, profile=None):
        """A container whose payload waits; finish() lets it go on."""
        container = Container(self._runtime, self._marker, profile, wait=True)
        self._containers.append(container)
        container.wait_until_ready()
        return container

    def run(self, profile=None):
        """A container from start to end. Its outcome."""
        container = Container(self._runtime, self._marker, profile)
        self._containers.append(container)
        return container.finish()

    def close(self):
        for container in self._containers:
            container.kill()


@pytest.fixture
def rig(runtime, marker):
    one = Rig(runtime, marker)
    yield one
    one.close()
