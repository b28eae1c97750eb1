# SPDX-License-Identifier: Apache-2.0
"""Moby's conditions: read as plain OCI a profile loses them, and served it has them carried out.

The containers have the capabilities for the calls of probe.c, so the kernel itself refuses none with EPERM; that is
the filter's answer.
"""

import errno
import json
import os
import pathlib
import tempfile

import pytest

import image
from conftest import need
from container import errors_of
from runtimes import Bundle, Containerd, Podman
from support import Instance

GUARDED = ["mount", "setns", "bpf", "init_module", "open_by_handle_at"]
CAPABILITIES = ["CAP_BPF", "CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN", "CAP_SYS_MODULE"]

SOURCES = {"ours": pathlib.Path(os.environ["SECCOMPFS_TEST_DATA"]) / "moby" / "profile.json"}
# Text of other projects is not part of this one: where it is not at hand there is no such test.
VECTORS = os.environ.get("SECCOMPFS_VECTORS")
if VECTORS:
    SOURCES["moby"] = pathlib.Path(VECTORS) / "yaml-json" / "real-moby-default-json" / "input.yaml"


@pytest.fixture(scope="module", params=SOURCES)
def raw(request, directory):
    """The file as a person has it, with all that only Moby understands."""
    value = json.loads(SOURCES[request.param].read_text(encoding="utf-8"))
    path = directory / f"raw-{request.param}.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert {"archMap", "syscalls"} <= value.keys()
    return path


@pytest.fixture(scope="module")
def served(raw, directory):
    """The file that a seccompfs gives for it."""
    instance = Instance(pathlib.Path(tempfile.mkdtemp(dir=directory)))
    value = raw.read_text(encoding="utf-8")
    instance.config.write_text(
        f"version: v1alpha1\nmachine: {{seccompProfiles: [{{name: moby.json, value: {value}}}]}}\n", encoding="utf-8"
    )
    instance.start()
    yield instance.mount_point / "moby.json"
    instance.close()


@pytest.fixture(scope="module")
def probe(directory):
    need("cc")
    return image.compile_program("probe", directory)


def make_runtime(name, place, probe):
    if name in ("runc", "crun"):
        return Bundle(name, place, probe, CAPABILITIES)
    layer = place.with_suffix(".tar")
    image.write_layer(probe, layer)
    if name != "ctr":
        return Podman(name.removeprefix("podman-"), place, layer, CAPABILITIES)
    image.write_oci_layout(layer, place.with_suffix(".oci"))
    return Containerd(place, place.with_suffix(".oci"), CAPABILITIES)


@pytest.fixture(scope="module")
def prober(request, directory, probe):
    """What runs probe.c in a container of request.param."""
    place = pathlib.Path(tempfile.mkdtemp(dir=directory)) / "p"  # podman and sockets want their paths short
    runtime = make_runtime(request.param, place, probe)
    need(*runtime.programs)
    try:
        runtime.start()
        yield runtime
    finally:
        runtime.stop()


@pytest.mark.parametrize("prober", ["runc", "crun", "ctr"], indirect=True)
def test_without_conditions_calls_reach_the_kernel(prober, raw):
    errors = errors_of(prober, raw)
    assert errors.pop("getppid") == 0
    assert list(errors) == GUARDED
    assert errno.EPERM not in errors.values(), errors


# Podman carries conditions out itself, for the capabilities of the container: here those are not held.
@pytest.mark.parametrize("prober", ["runc", "crun", "ctr", "podman-runc", "podman-crun"], indirect=True)
def test_compiled_it_refuses_them(prober, served):
    errors = errors_of(prober, served)
    assert errors.pop("getppid") == 0
    assert errors == {name: errno.EPERM for name in GUARDED}
