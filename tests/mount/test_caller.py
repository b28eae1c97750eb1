# SPDX-License-Identifier: Apache-2.0
"""What whoever starts seccompfs leaves to it, and what others on the machine do about it."""

import os
import signal
import socket
import subprocess

import pytest

from support import AUDIT_JSON, TIME_LIMIT, mounts_at, program, run, wait_until
from tracing import Tracer
from workers import children, kill_worker, restarts, worker_of


def test_one_that_ignores_the_end_of_its_children(instance):
    """What is ignored stays so in what is executed: then the kernel tells nobody that a worker has died."""
    instance.start(prefix=["env", "--ignore-signal=CHLD"])
    kill_worker(instance)
    assert instance.cat("audit.json") == AUDIT_JSON


def test_one_that_ignores_the_signal_to_stop(instance):
    """A worker that is told to stop before it listens ends all the same, and not only when its time is over."""
    instance.start(prefix=["env", "--ignore-signal=TERM,INT,HUP,PIPE"])
    with open(f"/proc/{worker_of(instance)}/status", encoding="utf-8") as file:
        fields = dict(line.partition(":")[::2] for line in file)
    assert int(fields["SigIgn"], 16) == 1 << signal.SIGPIPE - 1  # its own


@pytest.fixture
def own_run():
    """A /run that no other test uses."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "run", "/run"], check=True)
    yield
    subprocess.run(["umount", "-l", "/run"], check=True)


def test_a_lock_of_somebody_without_privileges(own_run, instance):
    """Whoever may open a directory may lock it: nobody may keep the machine from mounting, or from unmounting."""
    os.mkdir("/run/seccompfs", 0o755)
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    script = 'for file in /run/seccompfs{,/.*}; do exec {fd}<"$file" && flock -n $fd; done 2>&-; echo; read -r _'

    def lock_all():
        """All that can be had; the process that holds it until it reads a line."""
        other = subprocess.Popen([*user, "bash", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert other.stdout.readline() == b"\n"
        return other

    others = [lock_all()]
    try:
        instance.start()
        others.append(lock_all())
        assert instance.stop() == 0
        assert not mounts_at(instance.mount_point)
    finally:
        for other in others:
            other.communicate(b"\n")


def test_a_service_that_mounts(instance):
    """The notifications of another service are not ours to send."""
    path = os.fspath(instance.directory / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(path)
        heard.setblocking(False)
        env = {**os.environ, "NOTIFY_SOCKET": path, "SECCOMPFS_WORKER": program("seccompfsd")}
        done = run(program("seccompfs"), instance.config, instance.mount_point, "-o", instance.options(), env=env)
        assert done.returncode == 0, done.stderr
        assert run("umount", instance.mount_point).returncode == 0
        wait_until(lambda: not mounts_at(instance.control_dir), "the end")
        with pytest.raises(BlockingIOError):
            heard.recv(100)


def only_child(pid):
    wait_until(lambda: len(children(pid)) == 1, "all others to be reaped")
    return children(pid)[0]


def test_as_the_first_process_of_a_container(instance):
    """It gets the children of whoever dies there."""
    # What looks for leaks at the end finds itself in /proc, which here is that of another namespace.
    environment = ["env", "ASAN_OPTIONS=detect_leaks=0"]
    instance.start(prefix=[*environment, "unshare", "--pid", "--fork", "--kill-child"])
    (first,) = children(instance.process.pid)
    for i in range(3):
        os.kill(only_child(first), signal.SIGKILL)
        wait_until(lambda i=i: restarts(instance) > i, "the restart")
        assert instance.cat("audit.json") == AUDIT_JSON
    only_child(first)
    os.kill(first, signal.SIGTERM)
    assert instance.process.wait(timeout=TIME_LIMIT) == 0


def test_a_worker_that_cannot_be_started(mounted):
    """The log has the reason, and not how one before it ended."""
    worker = worker_of(mounted)
    options = ["-e", "inject=clone,clone3:error=EAGAIN:when=1..2"]
    tracer = Tracer(mounted.process.pid, mounted.directory / "trace", options)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: restarts(mounted) >= 3, "the restarts")
    assert mounted.cat("audit.json") == AUDIT_JSON
    tracer.stop()
    text = "worker: cannot be started: Resource temporarily unavailable: restart"
    assert f"{text} 2 in 10 ms" in mounted.log_text() and f"{text} 3 in 20 ms" in mounted.log_text()


def test_it_tells_why_it_ends(mounted):
    """Unmounted lazily by somebody, while a file is open: the worker sees nothing of it."""
    with open(mounted.mount_point / "audit.json", "rb"):
        assert run("umount", "-l", mounted.mount_point).returncode == 0
        assert mounted.process.wait(timeout=TIME_LIMIT) == 0
    assert f"{mounted.mount_point}: ends: a mount has gone\n" in mounted.log_text()


def test_a_copy_of_the_mount_that_is_hidden(mounted):
    """What cannot be reached stays; the mount point itself is unmounted."""
    hidden = mounted.directory / "over" / "hidden"
    hidden.mkdir(parents=True)
    assert run("mount", "--bind", mounted.mount_point, hidden).returncode == 0
    assert run("mount", "-t", "tmpfs", "over", hidden.parent).returncode == 0
    assert mounted.stop() == 0
    assert "something is mounted over it" in mounted.log_text()
    assert not mounts_at(mounted.mount_point) and not mounts_at(mounted.control_dir)
    assert run("umount", hidden.parent).returncode == 0
    assert run("umount", "-l", hidden).returncode == 0
