# SPDX-License-Identifier: Apache-2.0
"""The supervisor is killed: the worker serves on, and the next start takes its place."""

import ctypes
import os
import signal
import subprocess

import pytest

from support import AUDIT_JSON, KILL_JSON, flow_patch, mounts_at, run, wait_until
from workers import start_cat, state_of, stop_process, wait_blocked, worker_of


@pytest.fixture
def orphan(mounted):
    """An instance whose supervisor was killed; its worker."""
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    worker = worker_of(mounted)
    mounted.process.kill()
    mounted.process.wait()
    yield worker
    if state_of(worker):
        os.kill(worker, signal.SIGKILL)
    if mounted.process and mounted.process.poll() is None:
        return
    for path in (mounted.mount_point, mounted.control_dir):
        subprocess.run(["umount", "-l", path], stderr=subprocess.DEVNULL, check=False)


def start_again(instance):
    """The old worker answers as well: so the log tells when the new one serves."""
    before = instance.log_text().count(": serves ")
    instance.start()
    wait_until(
        lambda: instance.process.poll() is not None or instance.log_text().count(": serves ") > before, "the new worker"
    )
    assert instance.process.poll() is None, instance.log_text()


def expect_fresh(instance, worker):
    """Another instance serves the same; of the old one nothing is left."""
    assert f"{instance.mount_point}: detached a mount whose supervisor has gone" in instance.log_text()
    wait_until(lambda: state_of(worker) in (None, "Z"), "the old worker to end")
    assert [m[1] for m in mounts_at(instance.mount_point)] == ["fuse.seccompfs"]
    assert [m[1] for m in mounts_at(instance.control_dir)] == ["fuse.seccompfs-control"]
    assert instance.cat("audit.json") == KILL_JSON
    assert instance.versions()["audit.json"] == 2


def claim(name):
    """Its file, and which: a number that became free may be another instance's at once."""
    try:
        st = os.stat(f"/run/seccompfs/{name}")
    except FileNotFoundError:
        return None
    return name, st.st_ino, st.st_ctime_ns


def claims():
    return {claim(n) for n in os.listdir("/run/seccompfs") if n.startswith(".") and n != ".lock"}


def claim_of(path):
    dev = os.stat(path).st_dev
    return claim(f".{os.major(dev)}-{os.minor(dev)}")


def test_the_worker_serves_on(mounted, orphan):
    mounted.patch(flow_patch("new.json", "SCMP_ACT_KILL"))
    assert mounted.cat("new.json") == KILL_JSON
    assert run("cat", mounted.mount_point / "none.json").returncode == 1
    assert mounted.versions() == {"audit.json": 2, "new.json": 1}


def test_the_next_start_takes_its_place(mounted, orphan):
    mounted.patch(flow_patch("new.json", "SCMP_ACT_KILL"))
    start_again(mounted)
    expect_fresh(mounted, orphan)
    assert mounted.versions() == {"audit.json": 2, "new.json": 1}
    assert mounted.stop() == 0


def test_while_it_is_in_use(mounted, orphan):
    """Here, and in a mount namespace that has the files too, as a container does."""
    container = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", 'echo; exec 3<"$1"; read -r _', "sh", mounted.mount_point / "audit.json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert container.stdout.readline() == b"\n"
    with open(mounted.mount_point / "audit.json", "rb"):
        start_again(mounted)
        expect_fresh(mounted, orphan)
    container.communicate(b"\n")


def test_one_with_a_supervisor_is_left_alone(mounted):
    """Also when its worker does not answer."""
    stop_process(worker_of(mounted))
    cat = start_cat(mounted.mount_point / "audit.json")
    wait_blocked(cat)
    other = type(mounted).__new__(type(mounted))
    other.__dict__.update(mounted.__dict__)
    assert other.start(expect_failure=True) == 1
    assert "seccompfs is mounted here already" in mounted.log_text()
    os.kill(worker_of(mounted), signal.SIGCONT)
    assert cat.communicate()[0] == AUDIT_JSON


def test_a_worker_that_does_not_end(mounted, orphan):
    """It has the state, and nobody can tell it anything: the start fails, and does not wait for ever."""
    stop_process(orphan)
    assert mounted.start(expect_failure=True) == 1
    assert "another instance has this state directory" in mounted.log_text()
    os.kill(orphan, signal.SIGKILL)
    start_again(mounted)
    assert mounted.cat("audit.json") == KILL_JSON and mounted.versions() == {"audit.json": 2}


def test_both_are_killed(mounted, orphan):
    os.kill(orphan, signal.SIGKILL)
    wait_until(lambda: state_of(orphan) in (None, "Z"), "the worker to end")
    with pytest.raises(OSError):
        os.statvfs(mounted.mount_point)
    start_again(mounted)
    assert "detached a" in mounted.log_text()
    assert mounted.cat("audit.json") == KILL_JSON and mounted.versions() == {"audit.json": 2}


@pytest.mark.parametrize("which", ["mount_point", "control_dir"])
def test_it_ends_with_its_mount(mounted, orphan, which):
    """Nobody tells it to."""
    assert run("umount", getattr(mounted, which)).returncode == 0
    wait_until(lambda: state_of(orphan) in (None, "Z"), "the worker to end")
    start_again(mounted)
    assert mounted.cat("audit.json") == KILL_JSON and mounted.versions() == {"audit.json": 2}


@pytest.fixture
def own_run():
    """Device numbers are the whole machine's: what has ours next, in another test, claims it in a /run of its own."""
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    yield
    subprocess.run(["umount", "-l", "/run"], check=True)


def test_claims_go_with_the_mount(own_run, mounted):
    assert claims() == {claim_of(mounted.mount_point), claim_of(mounted.control_dir)}
    assert mounted.stop() == 0
    assert not claims()


def test_claims_that_were_left_go_with_the_next(own_run, mounted, orphan):
    start_again(mounted)
    assert claims() == {claim_of(mounted.mount_point), claim_of(mounted.control_dir)}


# Mounts of others.


def mount_silent(path):
    """A FUSE mount whose server is there and does not answer. Its descriptor."""
    fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    data = f"fd={fd},rootmode=40000,user_id=0,group_id=0".encode()
    done = ctypes.CDLL(None, use_errno=True).mount(b"silent", os.fsencode(path), b"fuse.silent", 0, data)
    assert done == 0, os.strerror(ctypes.get_errno())
    return fd


@pytest.mark.parametrize("which", ["mount_point", "control_dir"])
def test_a_foreign_mount_that_does_not_answer(instance, which):
    path = getattr(instance, which)
    path.mkdir(exist_ok=True)
    fd = mount_silent(path)
    try:
        assert instance.start(expect_failure=True) == 1
        assert f"{path}: what is mounted here does not answer" in instance.log_text()
        assert [m[1] for m in mounts_at(path)] == ["fuse.silent"]
    finally:
        os.close(fd)
        assert run("umount", "-l", path).returncode == 0
