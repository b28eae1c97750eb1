# SPDX-License-Identifier: Apache-2.0
"""Fixtures for every test that mounts: a real seccompfs in a private mount namespace."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from support import Instance, must_run  # noqa: E402


def is_first_mount_namespace():
    """Whether our mounts would be everybody's. Process 1 may not tell: it can have capabilities that we lack."""
    try:
        return os.path.samefile("/proc/self/ns/mnt", "/proc/1/ns/mnt")
    except PermissionError:
        return False


def pytest_configure(config):
    if os.geteuid() != 0:
        message = "mount tests need root"
        if must_run():
            pytest.exit(message, returncode=1)
    elif is_first_mount_namespace():
        pytest.exit("run these in a private mount namespace: unshare -m", returncode=1)


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.fixture
def instance(tmp_path):
    """A stopped Instance below a directory of its own; stopped and checked at the end."""
    one = Instance(tmp_path)
    yield one
    one.close()


@pytest.fixture
def mounted(instance):
    """An Instance that serves audit.json."""
    instance.start()
    return instance
