# SPDX-License-Identifier: Apache-2.0
"""Once it serves, the supervisor allocates nothing: there is nothing that it could fail to get."""

import os
import signal

import pytest

from support import AUDIT_JSON, build_dir, run, wait_until
from workers import kill_worker, stop_process, worker_of


@pytest.fixture
def allocations(instance, monkeypatch):
    """How many there were so far."""
    log = instance.directory / "allocations"
    monkeypatch.setenv("LD_PRELOAD", os.path.join(build_dir(), "tests", "mount", "libmalloc_log.so"))
    monkeypatch.setenv("MALLOC_LOG", os.fspath(log))
    monkeypatch.setenv("SECCOMPFS_HANG_MS", "1500")
    return lambda: log.stat().st_size if log.exists() else 0


def wait_for_log(instance, text, count=1):
    wait_until(lambda: instance.log_text().count(text) >= count, f"{text!r} in the log")


@pytest.mark.parametrize("end", ["SIGTERM", "umount"])
def test_none_once_it_serves(instance, allocations, end):
    program = instance.directory / "worker"
    program.write_text(f'#!/bin/sh\nexec {os.path.join(build_dir(), "src/daemon/seccompfsd")} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    instance.start(worker=program)
    wait_for_log(instance, ": serves ")
    wait_until(lambda: allocations() > 0, "what is allocated at the start to be seen")
    before = allocations()
    # A death, a hang, a change of the mounts, an upgrade, and one that fails.
    kill_worker(instance)
    wait_for_log(instance, ": serves ", 2)
    stop_process(worker_of(instance))
    assert instance.cat("audit.json") == AUDIT_JSON
    wait_for_log(instance, ": serves ", 3)
    other = instance.directory / "other"
    other.mkdir()
    assert run("mount", "-t", "tmpfs", "other", other).returncode == 0
    assert run("umount", other).returncode == 0
    instance.process.send_signal(signal.SIGHUP)
    wait_for_log(instance, "upgrade: the new worker serves")
    program.unlink()
    instance.process.send_signal(signal.SIGHUP)
    wait_for_log(instance, "the one before serves on")
    if end == "umount":
        assert run("umount", instance.mount_point).returncode == 0
        assert instance.process.wait() == 0
    else:
        assert instance.stop() == 0
    assert allocations() == before
