# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: the program that is now on disk takes the worker's place if it can, and readers notice nothing."""

import os
import re
import signal
import socket
import threading

import pytest

from support import AUDIT_JSON, KILL_JSON, TIME_LIMIT, flow_patch, program, wait_until
from workers import children, kill_worker, restarts, stop_process, worker_of


class Manager:
    """systemd's part: what it hears."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(os.fspath(path))
        self.socket.settimeout(TIME_LIMIT)

    def hear(self):
        """The next message that is not about descriptors, as a dictionary."""
        while True:
            message = dict(line.partition("=")[::2] for line in self.socket.recv(4096).decode().splitlines())
            if not any(key.startswith("FD") for key in message):
                return message


@pytest.fixture
def manager(tmp_path, monkeypatch):
    one = Manager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", os.fspath(tmp_path / "notify"))
    yield one
    one.socket.close()


class Place:
    """An instance whose worker is at a path where other programs can be put."""

    def __init__(self, instance):
        self.instance = instance
        self.path = instance.directory / "worker"
        self.marks = instance.directory / "marks"

    def install(self, script):
        """As a package does it: by rename. {worker} in the script is the real program."""
        new = self.path.with_suffix(".new")
        new.write_text(script.format(worker=program("seccompfsd"), marks=self.marks), encoding="utf-8")
        new.chmod(0o755)
        new.rename(self.path)

    def reload(self):
        self.instance.process.send_signal(signal.SIGHUP)

    def marked(self):
        return self.marks.read_text(encoding="utf-8").split() if self.marks.exists() else []

    def wait_for_log(self, text, count=1):
        wait_until(lambda: self.instance.log_text().count(text) >= count, f"{text!r} in the log")


GOOD = '#!/bin/sh\nexec {worker} "$@"\n'
MARKS = '#!/bin/sh\necho $1 new >> {marks}\nexec {worker} "$@"\n'
CHECKS_WELL = '#!/bin/sh\ncase "$*" in *--check*) exec {worker} "$@";; esac\n'


@pytest.fixture
def place(instance, manager):
    """Serves, and the manager has been told so."""
    one = Place(instance)
    one.install(GOOD)
    instance.start(worker=one.path)
    assert "READY" in manager.hear()
    return one


def expect_reload(manager):
    """What the manager hears of one that goes well."""
    begin = manager.hear()
    assert begin["RELOADING"] == "1" and int(begin["MONOTONIC_USEC"]) > 0
    end = manager.hear()
    assert end == {"READY": "1", "STATUS": "serving"}


def expect_failure(place, manager, reason):
    """The manager hears of it, the log tells, and whoever has served goes on."""
    assert manager.hear()["RELOADING"] == "1"
    end = manager.hear()
    assert end["READY"] == "1"
    assert re.fullmatch(f"serving; the upgrade failed: the new worker: {reason}", end["STATUS"]), end
    assert re.search(f"upgrade: the new worker: {reason}: the one before serves on", place.instance.log_text())
    assert place.instance.cat("audit.json") == AUDIT_JSON
    place.instance.patch(flow_patch("after.json", "SCMP_ACT_KILL"))
    assert place.instance.cat("after.json") == KILL_JSON


class Readers:
    """Threads that look for a name that is there and one that is not, which only a worker can tell."""

    def __init__(self, instance, n=2):
        self.instance = instance
        self.is_over = False
        self.failures = []
        self.n_reads = [0] * n
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(n)]

    def run(self, i):
        try:
            while not self.is_over:
                assert (self.instance.mount_point / "audit.json").read_bytes() == AUDIT_JSON
                with pytest.raises(FileNotFoundError):
                    os.stat(self.instance.mount_point / "none.json")
                self.n_reads[i] += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.failures.append(repr(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        for thread in self.threads:
            thread.join(TIME_LIMIT)
            assert not thread.is_alive(), "a reader hangs"
        assert not self.failures
        assert min(self.n_reads) > 0


def test_readers_notice_nothing(place, manager):
    place.instance.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    place.instance.patch(flow_patch("audit.json", "SCMP_ACT_LOG"))
    with Readers(place.instance):
        for count in range(1, 6):
            worker = worker_of(place.instance)
            place.reload()
            expect_reload(manager)
            assert worker_of(place.instance) != worker
            place.wait_for_log(": serves ", count + 1)
    assert place.instance.versions() == {"audit.json": 3}
    # It is no death.
    assert restarts(place.instance) == 0
    with open(f"/proc/{worker_of(place.instance)}/cmdline", encoding="utf-8") as words:
        assert {"--restarts=5", "--last-cause=upgraded"} <= set(words.read().split("\0"))


def test_the_program_on_disk_is_taken(place, manager):
    """Not before: a worker that dies is followed by the same program."""
    place.install(MARKS)
    kill_worker(place.instance)
    place.wait_for_log(": serves ", 2)
    assert place.marked() == []
    place.reload()
    expect_reload(manager)
    assert place.marked().count("new") == 2  # to be checked, and to serve
    kill_worker(place.instance)
    place.wait_for_log(": serves ", 4)
    assert place.marked().count("new") == 3
    assert place.instance.cat("audit.json") == AUDIT_JSON


def test_two_at_once(place, manager):
    """The second one begins when the first is over: what came to the disk meanwhile is taken in any case."""
    place.install(MARKS)
    place.reload()
    assert manager.hear()["RELOADING"] == "1"
    place.reload()
    assert manager.hear()["READY"] == "1"
    expect_reload(manager)
    assert place.marked().count("new") == 4


@pytest.mark.parametrize(
    "script, reason",
    [
        ("\x7fELF, but not really", "cannot be run"),
        ("#!/bin/sh\nexit 3\n", "ended with status 3"),
        ("#!/bin/sh\nkill -SEGV $$\n", "killed by signal 11"),
    ],
)
def test_a_bad_program(place, manager, script, reason):
    worker = worker_of(place.instance)
    place.install(script)
    with Readers(place.instance):
        place.reload()
        expect_failure(place, manager, reason)
    assert worker_of(place.instance) == worker
    # It is mended.
    place.install(GOOD)
    place.reload()
    expect_reload(manager)
    assert worker_of(place.instance) != worker


def test_no_program(place, manager):
    worker = worker_of(place.instance)
    place.path.unlink()
    place.reload()
    expect_failure(place, manager, "No such file or directory")
    # What serves is still there to be started again.
    kill_worker(place.instance)
    assert worker_of(place.instance) != worker
    assert place.instance.cat("after.json") == KILL_JSON


@pytest.mark.parametrize("text, reason", [('{"schema": 99}', "schema"), ("{", r"state\.json")])
def test_a_state_that_the_new_one_cannot_use(place, manager, text, reason):
    """The one that runs has it in memory, and writes it again with the next patch."""
    worker = worker_of(place.instance)
    (place.instance.state / "state.json").write_text(text, encoding="utf-8")
    place.reload()
    expect_failure(place, manager, "ended with status 1")
    assert re.search(f"upgrade: .*{reason}", place.instance.log_text())
    assert worker_of(place.instance) == worker
    assert place.instance.versions() == {"audit.json": 1, "after.json": 1}


def test_a_config_that_is_broken(place, manager):
    """What is served is what the new one would serve as well."""
    # What control tells is behind the writing of the copy.
    place.instance.result()
    place.instance.config.write_text("machine: [\n", encoding="utf-8")
    place.reload()
    expect_reload(manager)
    assert place.instance.cat("audit.json") == AUDIT_JSON
    assert "machine.yaml" in place.instance.result()


def test_another_agreement_with_the_kernel(place, manager):
    """The answer to INIT that stands in the memfd is not the one that the new worker would give."""
    worker = worker_of(place.instance)
    supervisor = place.instance.process.pid
    answer = 8 + 4 + 4 + 8 + 8 + 4 + 4 + 4 + 512  # base/flight_layout.h
    for fd in os.listdir(f"/proc/{supervisor}/fd"):
        if "memfd:fuse.seccompfs " in os.readlink(f"/proc/{supervisor}/fd/{fd}"):
            with open(f"/proc/{supervisor}/fd/{fd}", "r+b", buffering=0) as memory:
                memory.seek(answer + 16 + 8)  # behind the header and the version: max_readahead
                memory.write(b"\x01\x02\x03\x04")
    place.reload()
    expect_failure(place, manager, "ended with status 1")
    assert "another answer for the kernel" in place.instance.log_text()
    assert worker_of(place.instance) == worker


def test_one_that_dies_before_it_serves(place, manager):
    """It has passed the check: so the old one has ended, and is started again."""
    worker = worker_of(place.instance)
    place.install(CHECKS_WELL)
    with Readers(place.instance):
        place.reload()
        expect_failure(place, manager, "ended with status 0")
    assert worker_of(place.instance) != worker
    # And stays what is started.
    kill_worker(place.instance)
    assert place.instance.cat("audit.json") == AUDIT_JSON
    assert place.instance.versions() == {"audit.json": 1, "after.json": 1}


def test_while_no_worker_is_there(place, manager):
    """They fail and fail; the next program is one that does not."""
    instance = place.instance
    good = (instance.state / "state.json").read_bytes()
    (instance.state / "state.json").write_text('{"schema": 99}', encoding="utf-8")
    os.kill(worker_of(instance), signal.SIGKILL)
    place.wait_for_log("in 160 ms")
    (instance.state / "state.json").write_bytes(good)
    place.install(MARKS)
    place.reload()
    assert manager.hear()["RELOADING"] == "1"
    assert manager.hear()["READY"] == "1"
    assert instance.cat("audit.json") == AUDIT_JSON


SLOW_CHECK = '#!/bin/sh\necho began >> {marks}\ncase "$*" in *--check*) exec sleep 1000;; esac\nexec {worker} "$@"\n'


@pytest.mark.parametrize("how", ["SIGTERM", "umount"])
def test_the_end_while_a_program_is_checked(place, manager, how):
    place.install(SLOW_CHECK)
    place.reload()
    assert manager.hear()["RELOADING"] == "1"
    wait_until(place.marked, "the check")
    check = next(pid for pid in children(place.instance.process.pid) if pid != worker_of(place.instance))
    if how == "umount":
        os.system(f"umount {place.instance.mount_point}")
    else:
        place.instance.process.send_signal(signal.SIGTERM)
    assert place.instance.process.wait(timeout=TIME_LIMIT) == 0
    wait_until(lambda: not os.path.exists(f"/proc/{check}"), "the check to end")
    place.instance.close()


def test_the_end_while_a_worker_is_replaced(place, manager):
    """The old one was told to end and does not hear it; the manager loses patience."""
    worker = worker_of(place.instance)
    stop_process(worker)
    place.reload()
    assert manager.hear()["RELOADING"] == "1"

    def is_told():
        with open(f"/proc/{worker}/status", encoding="utf-8") as status:
            pending = re.search(r"ShdPnd:\t(\w+)", status.read())[1]
        return int(pending, 16) & 1 << signal.SIGTERM - 1

    wait_until(is_told, "the old worker to be told")
    place.instance.process.send_signal(signal.SIGTERM)
    wait_until(lambda: manager.hear().get("STOPPING") == "1", "the supervisor to be told")
    os.kill(worker, signal.SIGCONT)
    assert place.instance.process.wait(timeout=TIME_LIMIT) == 0


def test_before_it_serves(instance, manager):
    """It is kept until then."""
    place = Place(instance)
    go = instance.directory / "go"
    place.install(f'#!/bin/sh\nwhile [ ! -e {go} ]; do sleep 0.01; done\nexec {{worker}} "$@"\n')
    starter = threading.Thread(target=lambda: instance.start(worker=place.path))
    starter.start()
    wait_until(lambda: instance.process and children(instance.process.pid), "the first worker")
    place.reload()
    go.touch()
    assert manager.hear()["READY"] == "1"
    expect_reload(manager)
    starter.join(TIME_LIMIT)
    assert instance.cat("audit.json") == AUDIT_JSON
