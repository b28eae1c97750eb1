# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the consumer tests: a seccompfs, the runtimes, and a place where neither disturbs anybody."""

import errno
import pathlib
import shutil
import tempfile

import pytest

import host
import image
from audit import Listener
from container import Container
from runtimes import Bundle, Containerd, Podman
from support import Instance, must_run, wait_until

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


@pytest.fixture(scope="module", name="private_host")
def enter_private_host():
    with host.private_host():
        yield


def is_removed(path):
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return not path.exists()
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
        return False
    return True


@pytest.fixture(scope="module")
def directory(private_host):
    """A directory for everything, with a name short enough for a socket."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="seccompfs-"))
    yield path
    # What podman leaves behind to clean up, it goes on with in another process.
    wait_until(lambda: is_removed(path), f"{path} to be removed")


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
