# SPDX-License-Identifier: Apache-2.0
"""The mount outlives its supervisor where a service manager keeps the descriptors: restarts that no reader notices."""

import ctypes
import os
import re
import signal
import subprocess
import threading

import pytest

from manager import Manager
from support import AUDIT_JSON, KILL_JSON, TIME_LIMIT, flow_patch, mounts, mounts_at, run, wait_until

MNT_DETACH = 2
N_RESTARTS = 10


@pytest.fixture
def manager(instance):
    one = Manager(instance)
    yield one
    one.close()


class Held:
    """Which mounts are there. They are held, so that no other one gets their device numbers."""

    def __init__(self, instance):
        self.instance = instance
        self.fds = [os.open(path, os.O_PATH) for path in (instance.mount_point, instance.control_dir)]
        self.devices = self.now()

    def now(self):
        return [os.stat(path).st_dev for path in (self.instance.mount_point, self.instance.control_dir)]

    def are_there(self):
        return self.now() == self.devices

    def are_replaced(self):
        return not set(self.now()) & set(self.devices)

    def let_go(self):
        for fd in self.fds:
            os.close(fd)


@pytest.fixture
def hold():
    """A function that makes a Held of an instance."""
    made = []

    def make(instance):
        made.append(Held(instance))
        return made[-1]

    yield make
    for one in made:
        one.let_go()


def assert_gone(instance):
    assert not mounts_at(instance.mount_point) and not mounts_at(instance.control_dir)
    assert not instance.control_dir.exists()


class Reader(threading.Thread):
    """Reads, with programs of its own, until it is told to stop."""

    def __init__(self, command, is_good):
        super().__init__()
        self.command, self.is_good = command, is_good
        self.failures, self.n_reads, self.is_over = [], 0, False

    def run(self):
        while not self.is_over:
            done = subprocess.run(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.n_reads += 1
            if done.returncode or not self.is_good(done.stdout):
                self.failures.append((self.command, done.returncode, done.stdout, done.stderr))


class Readers:
    """Readers while a block runs; none may fail."""

    def __init__(self, *commands):
        self.readers = [Reader(*one) for one in commands]

    def __enter__(self):
        for reader in self.readers:
            reader.start()
        return self

    def wait_for_reads(self, n):
        """Until each has read n times more."""
        goals = [(reader, reader.n_reads + n) for reader in self.readers]
        wait_until(lambda: all(reader.n_reads >= goal for reader, goal in goals), "the readers")

    def __exit__(self, *_):
        for reader in self.readers:
            reader.is_over = True
        for reader in self.readers:
            reader.join(TIME_LIMIT)
            assert not reader.is_alive(), f"{reader.command} hangs"
            assert not reader.failures, reader.failures[:3]


def readers_of(instance):
    """A name that is cached, one that never is, and the listing."""
    path = instance.mount_point
    return Readers(
        (["cat", path / "audit.json"], lambda out: out in (AUDIT_JSON, KILL_JSON)),
        (["sh", "-c", 'cat "$1" 2>&1 || :', "sh", path / "none.json"], lambda out: b"No such file" in out),
        (["ls", "-l", path], lambda out: b"audit.json" in out),
    )


# Restart and stop.


def test_restarts_under_readers(manager, instance, hold, capsys):
    """Patches before and after each: versions rise by one, as without a restart."""
    manager.start()
    held = hold(instance)
    with readers_of(instance) as readers:
        for i in range(N_RESTARTS):
            instance.patch(flow_patch("audit.json", ["SCMP_ACT_KILL", "SCMP_ACT_LOG"][i % 2]))
            manager.restart()
            assert instance.cat("audit.json") == [KILL_JSON, AUDIT_JSON][i % 2]
            assert instance.versions() == {"audit.json": i + 2}
            readers.wait_for_reads(2)
    with capsys.disabled():
        print(f"# {N_RESTARTS} restarts under {sum(r.n_reads for r in readers.readers)} reads", flush=True)
    assert held.are_there()
    assert len(manager.names()) == 4
    assert manager.stop() == 0
    assert_gone(instance)


def test_names_in_the_store(manager, instance):
    manager.start()
    minors = [os.minor(os.stat(path).st_dev) for path in (instance.mount_point, instance.control_dir)]
    expected = [rf"{kind}-{minor}-{what}-[0-9a-f]{{16}}"
                for kind in ("flight", "fuse") for minor, what in zip(minors, ("data", "control-made"))]  # fmt: skip
    names = manager.names()
    assert len(names) == 4
    for pattern in expected:
        assert [name for name in names if re.fullmatch(pattern, name)], (pattern, names)
    assert manager.states.index("FDSTORE=1") < manager.states.index("READY=1")


def test_nothing_is_stored_by_one_that_never_serves(manager, instance):
    manager.launch(worker="/bin/false")
    assert manager.process.wait(timeout=TIME_LIMIT) == 1
    assert manager.names() == []
    assert_gone(instance)


def test_stop_unmounts_and_empties_the_store(manager, instance):
    manager.start()
    assert manager.end(signal.SIGTERM) == 0
    assert manager.names() == []
    assert_gone(instance)


def test_stop_after_a_restart(manager, instance):
    """Whoever takes over knows which control directory is to be removed."""
    manager.start()
    manager.restart()
    assert manager.end(signal.SIGTERM) == 0
    assert manager.names() == []
    assert_gone(instance)


def test_a_control_directory_that_was_there_stays(manager, instance):
    instance.control_dir.mkdir()
    manager.start()
    manager.restart()
    manager.restart()
    assert manager.end(signal.SIGTERM) == 0
    assert not mounts_at(instance.control_dir) and instance.control_dir.exists()


def test_the_last_signal_decides(manager, instance):
    """A stop that comes while a restart is under way."""
    manager.start()
    worker = manager.workers()[0]
    os.kill(worker, signal.SIGSTOP)
    manager.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: manager.heard("STOPPING=1"), "the restart to begin")
    manager.process.send_signal(signal.SIGTERM)
    os.kill(worker, signal.SIGCONT)
    assert manager.process.wait(timeout=TIME_LIMIT) == 0
    assert_gone(instance)


def test_without_a_manager_it_unmounts(instance):
    """The signal of a restart is one like SIGTERM where nobody keeps the descriptors."""
    instance.start()
    instance.process.send_signal(signal.SIGUSR1)
    assert instance.process.wait(timeout=TIME_LIMIT) == 0
    assert_gone(instance)


def test_nobody_answers_for_a_moment(manager, instance):
    """Between two supervisors: what is cached is read, the rest waits."""
    manager.start()
    instance.patch(flow_patch("cold.json", "SCMP_ACT_KILL"))
    assert instance.cat("audit.json") == AUDIT_JSON
    assert manager.end(signal.SIGUSR1) == 0
    assert not manager.workers()
    assert instance.cat("audit.json") == AUDIT_JSON
    cold = subprocess.Popen(["cat", instance.mount_point / "cold.json"], stdout=subprocess.PIPE)
    wait_until(lambda: "request_wait" in open(f"/proc/{cold.pid}/wchan", encoding="utf-8").read(), "a reader to wait")
    manager.start()
    assert cold.communicate(timeout=TIME_LIMIT)[0] == KILL_JSON


def test_what_is_open_stays_open(manager, instance):
    """In another process: what this one starts would close its copy, and wait for an answer to that."""
    manager.start()
    script = 'exec 3<"$1"; echo open; read -r line; exec cat <&3'
    with subprocess.Popen(
        ["bash", "-c", script, "bash", instance.mount_point / "audit.json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout.readline() == b"open\n"
        instance.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
        manager.restart()
        assert holder.communicate(b"\n", timeout=TIME_LIMIT)[0] == AUDIT_JSON
    assert instance.cat("audit.json") == KILL_JSON


# Kills.


def test_supervisor_killed(manager, instance, hold):
    """And what was in its group, as systemd does before it starts it again."""
    manager.start()
    held = hold(instance)
    with readers_of(instance) as readers:
        for _ in range(3):
            manager.end(signal.SIGKILL)
            manager.kill_workers()
            manager.start()
            readers.wait_for_reads(1)
    assert held.are_there()
    assert instance.facts_served() == (["audit.json"], [AUDIT_JSON], {"audit.json": 1})


def test_old_worker_and_new_supervisor(manager, instance):
    """One that outlives its supervisor has the state's lock: nobody else serves until it ends."""
    manager.start()
    old = manager.workers()[0]
    with readers_of(instance) as readers:
        manager.end(signal.SIGKILL)
        manager.launch()
        wait_until(lambda: b"another instance has this state directory" in instance.log_bytes(), "the refusal")
        assert not manager.heard("READY=1") and manager.process.poll() is None
        readers.wait_for_reads(1)
        os.kill(old, signal.SIGKILL)
        manager.wait_ready()
        readers.wait_for_reads(1)
    assert len(manager.workers()) == 1


def test_a_worker_that_fails_after_a_restart(manager, instance, hold):
    """The mount stays for as long as the manager lets us try."""
    manager.start()
    held = hold(instance)
    instance.cat("audit.json")
    manager.end(signal.SIGUSR1)
    manager.launch(worker="/bin/false")
    wait_until(lambda: b"restart 3 in" in instance.log_bytes(), "some tries")
    assert instance.cat("audit.json") == AUDIT_JSON
    assert not manager.heard("READY=1") and manager.process.poll() is None
    manager.restart()
    assert held.are_there()
    manager.end(signal.SIGUSR1)
    manager.launch(worker="/bin/false")
    wait_until(lambda: instance.log_bytes().count(b"restart 3 in") == 2, "some tries")
    # Its patience has ended.
    assert manager.end(signal.SIGTERM) == 1
    assert manager.names() == []
    assert_gone(instance)


def test_a_supervisor_that_cannot_be_run(manager, instance, hold):
    manager.start()
    held = hold(instance)
    assert instance.cat("audit.json") == AUDIT_JSON
    manager.end(signal.SIGUSR1)
    manager.launch(command=["/bin/false"])
    assert manager.process.wait(timeout=TIME_LIMIT) == 1
    assert instance.cat("audit.json") == AUDIT_JSON
    manager.start()
    assert held.are_there()


# What does not fit.


def other_mounts():
    return [m for m in mounts() if m[1].startswith("fuse.seccompfs")]


def test_garbage(manager, instance):
    """Of other names, of ours but of other kinds, and more than there is room for."""
    for name in ("stored", "", "fuse-1-x", "fuse-0-data-0123456789abcdef", "flight-7-data-0123456789abcdef"):
        manager.add(name, os.open(os.devnull, os.O_RDWR))
    manager.add("fuse-7-data-0123456789abcdef", os.open("/dev/fuse", os.O_RDWR))
    for _ in range(20):
        manager.add("many", os.memfd_create("many"))
    manager.start()
    assert instance.facts_served() == (["audit.json"], [AUDIT_JSON], {"audit.json": 1})
    assert instance.log_bytes().count(b"does not fit, closed") == 16
    assert b"more than 16 stored descriptors" in instance.log_bytes()
    # One of no name goes by another on its way.
    left = [name for name in manager.names() if not re.fullmatch("(fuse|flight)-.*-(data|control-made)-.*", name)]
    assert left in ([], [""])


@pytest.mark.parametrize("kind", ["fuse", "flight"])
@pytest.mark.parametrize("what", ["data", "control"])
@pytest.mark.parametrize("how", ["missing", "other"])
def test_one_of_the_four_is_wrong(manager, instance, hold, kind, what, how):
    """Nobody could answer there any more: both mounts are made anew."""
    manager.start()
    held = hold(instance)
    manager.end(signal.SIGUSR1)
    wrong = next(name for name in manager.names() if name.startswith(kind) and f"-{what}" in name)
    manager.forget(lambda name: name == wrong)
    if how == "other":
        manager.add(wrong, os.open(os.devnull, os.O_RDWR))
    manager.start()
    assert held.are_replaced()
    assert len(other_mounts()) == 2 and len(manager.names()) == 4
    assert instance.facts_served() == (["audit.json"], [AUDIT_JSON], {"audit.json": 1})
    assert b"does not fit, closed" in instance.log_bytes()


@pytest.mark.parametrize("what", ["mount_point", "control", "state", "config"])
def test_another_place(manager, instance, what):
    """What was asked for has changed between: nothing of the old mounts may be shown, or left."""
    manager.start()
    instance.patch(flow_patch("old.json", "SCMP_ACT_KILL"))
    instance.cat("old.json")
    manager.end(signal.SIGUSR1)
    other = instance.directory / "other"
    if what == "mount_point":
        other.mkdir()
        instance.mount_point = other
    elif what == "control":
        instance.control_dir = other
    elif what == "state":
        instance.state = other
    else:
        other.write_bytes(instance.config.read_bytes())
        instance.config = other
    manager.start()
    assert len(other_mounts()) == 2
    assert instance.cat("old.json") == KILL_JSON
    assert instance.versions()["audit.json"] == 1
    assert mounts_at(instance.mount_point)[0][2] == str(instance.config)


@pytest.mark.parametrize("which", ["mount_point", "control_dir"])
@pytest.mark.parametrize("flags", [0, MNT_DETACH])
def test_umount_while_nobody_runs(manager, instance, which, flags):
    """The system call, because umount(8) asks the server."""
    manager.start()
    holder = os.open(instance.mount_point, os.O_PATH) if flags else None
    manager.end(signal.SIGUSR1)
    assert ctypes.CDLL(None).umount2(os.fsencode(getattr(instance, which)), flags) == 0
    manager.start()
    if flags:
        os.close(holder)
    assert len(other_mounts()) == 2
    assert instance.facts_served() == (["audit.json"], [AUDIT_JSON], {"audit.json": 1})


def test_a_moved_mount_is_made_anew(manager, instance):
    manager.start()
    manager.end(signal.SIGUSR1)
    other = instance.directory / "other"
    other.mkdir()
    assert run("mount", "--move", instance.mount_point, other).returncode == 0
    manager.start()
    assert len(other_mounts()) == 2 and not mounts_at(other)
    assert instance.cat("audit.json") == AUDIT_JSON


def test_flight_of_another_version(manager, instance, hold):
    """A worker that cannot go on with the connection says so, and the next start makes another."""
    manager.start()
    held = hold(instance)
    manager.end(signal.SIGUSR1)
    for name, fd in manager.stored:
        if name.startswith("flight") and "-data" in name:
            os.pwrite(fd, b"other", 0)
    manager.launch()
    assert manager.process.wait(timeout=TIME_LIMIT) == 1
    assert b"mounted by another version" in instance.log_bytes()
    assert manager.names() == []
    assert_gone(instance)
    manager.start()
    assert held.are_replaced()


def test_the_environment_of_the_worker(manager, instance):
    """What the manager passes is for the supervisor alone."""
    manager.start()
    manager.restart()
    with open(f"/proc/{manager.workers()[0]}/environ", "rb") as file:
        assert b"LISTEN_" not in file.read()
