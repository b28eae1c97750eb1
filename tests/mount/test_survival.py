# SPDX-License-Identifier: Apache-2.0
"""The mount outlives its worker: whatever kills that, readers and writers see no more than a pause."""

import errno
import os
import re
import signal
import subprocess

import pytest

from support import AUDIT_JSON, CONFIG, KILL_JSON, TIME_LIMIT, flow_patch, program, run, wait_until
from workers import (
    expect_output,
    kill_worker,
    notifier_of,
    restarts,
    start_cat,
    state_of,
    stop_process,
    wait_blocked,
    wait_idle,
    words_of,
    worker_of,
)


def read_through(fd):
    return os.pread(fd, 65536, 0)


# Readers.


def test_warm_and_cold_names(mounted):
    mounted.patch(flow_patch("cold.json", "SCMP_ACT_KILL"))
    assert mounted.cat("audit.json") == AUDIT_JSON
    kill_worker(mounted)
    assert mounted.cat("audit.json") == AUDIT_JSON
    assert mounted.cat("cold.json") == KILL_JSON
    assert mounted.names() == ["audit.json", "cold.json"]
    assert run("cat", mounted.mount_point / "none.json").stderr.endswith(b"No such file or directory\n")


def test_what_is_cached_stays(mounted):
    """A worker that died with nothing left to say costs nobody what the kernel knows: names, bytes and the listing."""
    mounted.patch(flow_patch("second.json", "SCMP_ACT_KILL"))
    names = ["audit.json", "second.json"]
    inodes = [os.stat(mounted.mount_point / name).st_ino for name in names]
    for n_workers in (2, 3):
        assert mounted.names() == names
        assert mounted.cat("audit.json") == AUDIT_JSON and mounted.cat("second.json") == KILL_JSON
        kill_worker(mounted)
        wait_until(lambda: mounted.log_text().count(": serves ") == n_workers, "the next worker")
        worker = worker_of(mounted)
        stop_process(worker)
        try:
            # Nobody would answer.
            done = run("cat", *(mounted.mount_point / name for name in names), timeout=TIME_LIMIT)
            assert done.stdout == AUDIT_JSON + KILL_JSON
            assert run("ls", mounted.mount_point, timeout=TIME_LIMIT).stdout.decode().split() == names
        finally:
            os.kill(worker, signal.SIGCONT)
        assert [os.stat(mounted.mount_point / name).st_ino for name in names] == inodes


def test_patches_go_on(mounted):
    for i in range(3):
        kill_worker(mounted)
        mounted.patch(flow_patch(f"new{i}.json", "SCMP_ACT_KILL"))
        mounted.patch(flow_patch("audit.json", ["SCMP_ACT_KILL", "SCMP_ACT_LOG"][i % 2]))
        assert mounted.cat(f"new{i}.json") == KILL_JSON
        assert mounted.cat("audit.json") == [KILL_JSON, AUDIT_JSON][i % 2]
    assert mounted.versions() == {"audit.json": 4, "new0.json": 1, "new1.json": 1, "new2.json": 1}
    assert mounted.log_text().count("restart 3 in 0 ms") == 1


def test_a_name_that_changed_while_nobody_notified(mounted):
    """An edit that only the new worker reads: the kernel's caches are of the old."""
    mounted.patch(flow_patch("gone.json", "SCMP_ACT_KILL"))
    assert mounted.cat("audit.json") == AUDIT_JSON and mounted.cat("gone.json") == KILL_JSON
    assert mounted.names() == ["audit.json", "gone.json"]
    text = mounted.config.read_text(encoding="utf-8")
    mounted.config.write_text(text.replace("gone.json", "new.json").replace("ACT_LOG", "ACT_KILL"), encoding="utf-8")
    kill_worker(mounted)
    wait_until(lambda: mounted.log_text().count(": serves ") == 2, "the next worker")
    assert mounted.cat("audit.json") == KILL_JSON
    assert mounted.names() == ["audit.json", "new.json"]
    assert run("cat", mounted.mount_point / "gone.json").returncode == 1
    assert mounted.versions() == {"audit.json": 2, "new.json": 1}


def test_a_notification_that_waits_does_not_hold_the_dead(mounted):
    """It waits in the kernel for a LOOKUP that only the next worker answers."""
    assert mounted.cat("audit.json") == AUDIT_JSON
    worker = worker_of(mounted)
    notifier = notifier_of(worker)
    stop_process(notifier)
    patch = f'echo "{flow_patch("audit.json", "SCMP_ACT_KILL").strip()}" > {mounted.control}'
    writer = subprocess.Popen(["bash", "-c", patch], stderr=subprocess.PIPE)
    wait_until(lambda: b"SCMP_ACT_KILL" in mounted.config.read_bytes(), "the commit")
    wait_until(lambda: b'"version": 2' in (mounted.state / "state.json").read_bytes().replace(b":2", b": 2"), "the state")
    # It has told the notifier, and waits for it.
    wait_idle(worker)
    stop_process(worker)
    cat = start_cat(mounted.mount_point / "none.json")
    wait_blocked(cat)
    os.kill(notifier, signal.SIGCONT)
    wait_until(lambda: state_of(notifier) == "D", "the notification to wait")
    os.kill(worker, signal.SIGKILL)
    assert cat.communicate(timeout=TIME_LIMIT)[1].endswith(b"No such file or directory\n")
    assert b"Input/output error" in writer.communicate(timeout=TIME_LIMIT)[1]
    wait_until(lambda: state_of(notifier) is None, "the notifier to end")
    wait_until(lambda: mounted.log_text().count(": serves ") == 2, "the next worker")
    assert mounted.cat("audit.json") == KILL_JSON and mounted.versions() == {"audit.json": 2}


def test_a_notifier_that_dies_takes_the_worker_along(mounted):
    """Without it the kernel would believe for ever what it knows."""
    worker = worker_of(mounted)
    os.kill(notifier_of(worker), signal.SIGKILL)
    wait_until(lambda: restarts(mounted) == 1, "the restart")
    assert "notifier: ended before us" in mounted.log_text()
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    assert mounted.cat("audit.json") == KILL_JSON


def test_workers_are_told_of_those_before(mounted):
    """What the metrics show."""
    assert {"--restarts=0", "--last-cause="} <= set(words_of(worker_of(mounted)))
    for count, number in ((1, signal.SIGKILL), (2, signal.SIGABRT)):
        worker = worker_of(mounted)
        os.kill(worker, number)
        wait_until(lambda: worker_of(mounted) != worker, "the next worker")
        expected = {f"--restarts={count}", f"--last-cause=killed by signal {int(number)}"}
        wait_until(lambda: expected <= set(words_of(worker_of(mounted))), f"{expected}")


# Requests that a worker dies of: killed when it is about to reply.


def trace_and_kill(pid):
    """strace(1) that kills the process at its next reply from its first thread, that of the data plane. It must not
    follow into the notifier: as its tracer it would wait for the end of that, as no supervisor does."""
    tracer = subprocess.Popen(
        ["strace", "-q", "-p", str(pid), "-e", "trace=writev", "-e", "inject=writev:signal=KILL:when=1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def is_traced():
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return f"TracerPid:\t{tracer.pid}\n" in file.read()

    wait_until(lambda: is_traced() or tracer.poll() is not None, "strace")
    assert tracer.poll() is None, "strace cannot attach"
    return tracer


def test_a_read_in_flight_is_answered_by_the_next(mounted):
    mounted.patch(flow_patch("cold.json", "SCMP_ACT_KILL"))
    fd = os.open(mounted.mount_point / "cold.json", os.O_RDONLY)
    tracer = trace_and_kill(worker_of(mounted))
    assert read_through(fd) == KILL_JSON
    os.close(fd)
    tracer.wait(timeout=TIME_LIMIT)
    assert restarts(mounted) == 1


def test_a_request_that_kills_every_worker_fails(instance):
    """The second worker that has it in flight dies too: it is given up, and all else goes on."""
    script = instance.directory / "worker"
    script.write_text(
        "#!/bin/sh\n"
        f"n=$(cat {instance.directory}/n 2>/dev/null || echo 0)\n"
        f"echo $((n + 1)) > {instance.directory}/n\n"
        f"set -- {program('seccompfsd')} \"$@\"\n"
        '[ "$n" != 1 ] || set -- strace -qq -o /dev/null -e trace=writev -e inject=writev:signal=KILL:when=1 "$@"\n'
        'exec "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    instance.start(worker=script)
    tracer = trace_and_kill(worker_of(instance))
    with pytest.raises(OSError) as error:
        os.stat(instance.mount_point / "none.json")
    assert error.value.errno == errno.EIO
    tracer.wait(timeout=TIME_LIMIT)
    assert restarts(instance) == 2
    assert "was in flight when 2 workers died: it fails" in instance.log_text()
    # Only that one request failed.
    with pytest.raises(FileNotFoundError):
        os.stat(instance.mount_point / "none.json")
    assert instance.cat("audit.json") == AUDIT_JSON


# The control plane.


def test_the_last_result_outlives_the_worker(mounted):
    with pytest.raises(OSError):
        mounted.patch(flow_patch("audit.json", "SCMP_ACT_NONSENSE"))
    last = mounted.result()
    assert "SCMP_ACT_NONSENSE" in last
    kill_worker(mounted)
    assert mounted.result() == last


# Old versions.


def test_an_old_version_that_is_open_is_read_to_its_end(mounted):
    """Its pages were never read; the worker that knew it is dead, and the next one as well."""
    fds = {}
    for action in ("SCMP_ACT_KILL", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO"):
        mounted.patch(flow_patch("old.json", action))
        fds[action] = os.open(mounted.mount_point / "old.json", os.O_RDONLY)
    for i in range(2):
        kill_worker(mounted)
        # The second of these is replaced by a worker that did not make it.
        mounted.patch(flow_patch("old.json", ["SCMP_ACT_LOG", "SCMP_ACT_ALLOW"][i]))
    kill_worker(mounted)
    for action, fd in fds.items():
        assert read_through(fd) == b'{"defaultAction":"%s"}' % action.encode()
        assert os.fstat(fd).st_size == len(read_through(fd))
        os.close(fd)
    assert mounted.cat("old.json") == b'{"defaultAction":"SCMP_ACT_ALLOW"}'


def test_a_version_that_was_edited_away_while_nobody_served(mounted):
    """Nobody took it out of the config but an editor, and the worker that served it is dead."""
    fd = os.open(mounted.mount_point / "audit.json", os.O_RDONLY)
    stop_process(mounted.process.pid)
    os.kill(worker_of(mounted), signal.SIGKILL)
    new = mounted.config.with_name("new.yaml")
    new.write_text(CONFIG.replace("SCMP_ACT_LOG", "SCMP_ACT_KILL"), encoding="utf-8")
    os.rename(new, mounted.config)
    mounted.process.send_signal(signal.SIGCONT)
    wait_until(lambda: mounted.cat("audit.json") == KILL_JSON, "the edit")
    assert read_through(fd) == AUDIT_JSON
    os.close(fd)
    # The same after a worker that did not make it.
    kill_worker(mounted)
    assert mounted.cat("audit.json") == KILL_JSON
    assert mounted.versions() == {"audit.json": 2}


def test_old_versions_end_with_the_mount(mounted):
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    assert [n for n in os.listdir(mounted.state) if n.startswith("replaced")]
    mounted.restart()
    assert not [n for n in os.listdir(mounted.state) if n.startswith("replaced")]


def big_patch(number):
    """Of a profile of 900 KiB, most of a patch."""
    text = f"{number} " + "x" * (900 << 10)
    return (
        "{machine: {seccompProfiles: [{name: old.json, value: {defaultAction: SCMP_ACT_ALLOW, "
        f'listenerPath: /run/a.sock, listenerMetadata: "{text}"}}}}]}}}}\n'
    )


def test_beyond_the_bound_an_old_version_is_stale(mounted):
    """The newest 16 MiB are kept."""
    n = 22
    fds = []
    for i in range(n):
        mounted.patch(big_patch(i))
        fds.append(os.open(mounted.mount_point / "old.json", os.O_RDONLY))
    # The worker that knows who has them open keeps them all.
    assert b'Metadata":"0 xxx' in os.pread(fds[0], 100, 0)
    os.posix_fadvise(fds[0], 0, 0, os.POSIX_FADV_DONTNEED)
    kill_worker(mounted)
    with pytest.raises(OSError) as error:
        os.pread(fds[0], 100, 0)
    assert error.value.errno == errno.ESTALE
    assert "an old version (inode" in mounted.log_text()
    for i in range(n - 18, n):
        data = os.pread(fds[i], 1 << 20, 0)
        assert b'Metadata":"%d xxx' % i in data and len(data) == os.fstat(fds[i]).st_size
    for fd in fds:
        os.close(fd)


def test_forgets_of_the_dead(mounted):
    """One that the dead worker took, one that it never read, and one of lookups that only it knew of."""
    mounted.patch(flow_patch("old.json", "SCMP_ACT_KILL"))
    fds = [os.open(mounted.mount_point / "old.json", os.O_RDONLY)]
    for action in ("SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_LOG"):
        mounted.patch(flow_patch("old.json", action))
        fds.append(os.open(mounted.mount_point / "old.json", os.O_RDONLY))
    # What was replaced has no name: with its last descriptor the kernel forgets it.
    os.close(fds.pop(0))
    worker = worker_of(mounted)
    wait_idle(worker)
    stop_process(worker)
    os.close(fds.pop(0))
    os.kill(worker, signal.SIGKILL)
    assert read_through(fds.pop(0)) == b'{"defaultAction":"SCMP_ACT_ERRNO"}'
    kill_worker(mounted)
    # The name leads to a version whose lookups were counted by workers that are dead.
    mounted.patch(flow_patch("old.json", "SCMP_ACT_ALLOW"))
    assert read_through(fds[0]) == AUDIT_JSON
    os.close(fds.pop())
    assert mounted.cat("old.json") == b'{"defaultAction":"SCMP_ACT_ALLOW"}'
    assert mounted.versions() == {"audit.json": 1, "old.json": 5}


# Workers that cannot start.


def spoil_state(instance):
    """A state that no worker may overwrite: of a newer schema. What it was."""
    state = instance.state / "state.json"
    good = state.read_bytes()
    state.write_text('{"schema": 99}', encoding="utf-8")
    return good


def test_a_state_that_is_spoilt_and_mended(mounted):
    """No worker can serve; what is warm is read all the same, and the rest waits."""
    mounted.patch(flow_patch("cold.json", "SCMP_ACT_KILL"))
    assert mounted.cat("audit.json") == AUDIT_JSON
    good = spoil_state(mounted)
    os.kill(worker_of(mounted), signal.SIGKILL)
    wait_until(lambda: "in 80 ms" in mounted.log_text(), "some failures")
    assert mounted.cat("audit.json") == AUDIT_JSON
    assert "schema" in mounted.log_text()
    cat = start_cat(mounted.mount_point / "cold.json")
    wait_blocked(cat)
    (mounted.state / "state.json").write_bytes(good)
    expect_output(cat, KILL_JSON)
    assert mounted.versions() == {"audit.json": 1, "cold.json": 1}
    # The next death has no pause again.
    wait_until(lambda: mounted.log_text().count(": serves ") == 2, "the worker to be ready")
    kill_worker(mounted)
    assert re.findall(r"restart \d+ in (\d+) ms", mounted.log_text())[-1] == "0"


def test_a_config_that_is_broken_does_not_stop_the_next_worker(mounted):
    """It serves the last good one, and says what is wrong."""
    assert mounted.cat("audit.json") == AUDIT_JSON
    # What control tells is behind the writing of the copy.
    mounted.result()
    mounted.config.write_text("machine: [\n", encoding="utf-8")
    kill_worker(mounted)
    wait_until(lambda: "machine.yaml" in mounted.result(), "the reason")
    assert mounted.names() == ["audit.json"]
    assert mounted.cat("audit.json") == AUDIT_JSON
    assert mounted.versions() == {"audit.json": 1}


def test_stop_while_no_worker_can_start(mounted):
    spoil_state(mounted)
    os.kill(worker_of(mounted), signal.SIGKILL)
    wait_until(lambda: "in 40 ms" in mounted.log_text(), "some failures")
    assert mounted.stop() == 0


def test_stop_just_after_a_death(mounted):
    """The new worker may not listen to signals yet: that is no failure."""
    for _ in range(5):
        os.kill(worker_of(mounted), signal.SIGKILL)
        wait_until(lambda: restarts(mounted) > 0, "the restart")
        mounted.restart()
        mounted.log.write_bytes(b"")
