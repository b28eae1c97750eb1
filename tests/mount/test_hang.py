# SPDX-License-Identifier: Apache-2.0
"""A worker that hangs is killed and followed; one that is merely slow, or that nobody waits for, is not."""

import os
import signal
import subprocess
import time

import pytest

from support import AUDIT_JSON, TIME_LIMIT, flow_patch, program, run, wait_until
from workers import (
    expect_output,
    notifier_of,
    restarts,
    start_cat,
    state_of,
    stop_process,
    wait_blocked,
    worker_of,
)

LIMIT_MS = 1500  # instead of 10 s
HUNG = "worker: hung: no progress for 1.5 s: restart 1 in 0 ms"


@pytest.fixture
def short(instance, monkeypatch):
    """An instance that serves, with a short limit."""
    monkeypatch.setenv("SECCOMPFS_HANG_MS", str(LIMIT_MS))
    instance.start()
    return instance


def wait_for_looks(n=20):
    """As long as the supervisor needs for twice as many looks as it takes to be sure: nothing may happen."""
    time.sleep(LIMIT_MS / 1000 / 10 * n)


def start_patch(instance, action):
    patch = f'echo "{flow_patch("audit.json", action).strip()}" > {instance.control}'
    return subprocess.Popen(["bash", "-c", patch], stderr=subprocess.PIPE)


def test_a_request_that_nobody_takes(short):
    worker = worker_of(short)
    stop_process(worker)
    cat = start_cat(short.mount_point / "audit.json")
    expect_output(cat, AUDIT_JSON)
    assert HUNG in short.log_text()
    assert state_of(worker) is None


def test_a_request_on_the_control_plane(short):
    """Both planes are looked at."""
    stop_process(worker_of(short))
    assert run("cat", short.control_dir / "seccompprofiles").returncode == 0
    assert HUNG in short.log_text()


def test_the_next_worker_is_told(short):
    stop_process(worker_of(short))
    assert short.cat("audit.json") == AUDIT_JSON
    with open(f"/proc/{worker_of(short)}/cmdline", encoding="utf-8") as words:
        assert {"--restarts=1", "--last-cause=hung: no progress for 1.5 s"} <= set(words.read().split("\0"))


def test_a_request_that_is_taken_and_never_answered(short):
    """The notifier is stopped: the patch is in, its writer waits for ever. The next worker has a notifier of its own."""
    assert short.cat("audit.json") == AUDIT_JSON
    notifier = notifier_of(worker_of(short))
    stop_process(notifier)
    writer = start_patch(short, "SCMP_ACT_KILL")
    wait_until(lambda: HUNG in short.log_text(), "the worker to be killed")
    os.kill(notifier, signal.SIGKILL)
    assert b"Input/output error" in writer.communicate(timeout=TIME_LIMIT)[1]
    wait_until(lambda: short.log_text().count(": serves ") == 2, "the next worker")
    assert short.cat("audit.json") == b'{"defaultAction":"SCMP_ACT_KILL"}'
    assert short.versions() == {"audit.json": 2}


def test_a_worker_that_nobody_waits_for(short):
    """What is warm needs no worker: that is no reason to kill one."""
    assert short.cat("audit.json") == AUDIT_JSON
    worker = worker_of(short)
    stop_process(worker)
    wait_for_looks()
    assert short.cat("audit.json") == AUDIT_JSON
    assert state_of(worker) == "T" and restarts(short) == 0
    os.kill(worker, signal.SIGCONT)


def test_a_worker_that_works(instance, monkeypatch):
    """Requests all the time for longer than the limit: each of them is progress."""
    monkeypatch.setenv("SECCOMPFS_HANG_MS", "3000")  # the machine may be busy
    instance.start()
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert run("ls", instance.mount_point / "none.json").returncode != 0
        instance.versions()
    assert restarts(instance) == 0


def test_a_worker_that_hangs_before_it_serves(instance, monkeypatch):
    """It gets six times as long, since it reads everything; then the next one is tried, after a pause."""
    script, count = instance.directory / "worker", instance.directory / "count"
    script.write_text(
        f'#!/bin/sh\necho >> {count}\n[ "$(wc -l < {count})" != 2 ] || kill -STOP $$\nexec {program("seccompfsd")} "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    monkeypatch.setenv("SECCOMPFS_HANG_MS", "600")
    instance.start(worker=script)
    os.kill(worker_of(instance), signal.SIGKILL)
    cat = start_cat(instance.mount_point / "audit.json")
    wait_blocked(cat)
    expect_output(cat, AUDIT_JSON)
    log = instance.log_text()
    assert "worker: killed by signal 9: restart 1 in 0 ms" in log
    assert "worker: hung: no progress for 3.6 s: restart 2 in 10 ms" in log
