# SPDX-License-Identifier: Apache-2.0
"""The copy of the config, which is written behind the answer to a patch: what comes of a fault or an end there."""

import os
import signal
import time

import pytest

import exposition
from faulty import is_alive
from support import wait_until
from tracing import Tracer, inject_error, inject_kill
from workers import control_thread

# What stat(2) calls of it are, others make as well, whenever they like.
NOT_COUNTED = {"newfstatat", "faccessat2"}
TAKE_SPACE = {"write", "sync_file_range", "fsync", "close"}
N_PROFILES = 300  # with those that the bench has
FAULTS = ("EIO", "ENOSPC", "KILL")


class Turns:
    """Patches that have one of two configs come of them, so that the names of the copies are known."""

    def __init__(self, bench):
        self.bench = bench
        self.n = 0
        self.names = [self.commit(), self.commit()]

    def text(self):
        return "{machine: {seccompProfiles: [{name: a.json, value: {defaultAction: SCMP_ACT_%s}}]}}\n" % (
            "LOG" if self.n % 2 else "KILL"
        )

    def content(self):
        """Of a.json, by the last patch."""
        return b'{"defaultAction":"SCMP_ACT_%s"}' % (b"LOG" if self.n % 2 else b"KILL")

    def commit(self):
        """One that nothing strikes. The name of its copy."""
        self.n += 1
        self.bench.instance.patch(self.text())
        wait_until(lambda: not self.bench.owes_copy(), "the copy")
        (name,) = self.bench.copies()
        return name

    def of_the_copies(self):
        """strace's options for the calls that are about the state directory and what they are called there."""
        paths = [self.bench.instance.state]
        for name in self.names:
            paths += [self.bench.instance.state / name, name]
        return [word for path in paths for word in ("-P", os.fspath(path))]

    def strike(self, options=()):
        """A patch, and what is done when it was answered; the calls, and whether the worker died of them."""
        self.n += 1
        pid, thread = self.bench.settle()
        n_served = self.bench.n_served()
        tracer = Tracer(thread, self.bench.trace_file, [*self.of_the_copies(), *options])
        try:
            with open(self.bench.instance.control, "wb", buffering=0) as file:
                file.write(self.text().encode())
            wait_until(lambda: self.is_over(pid, thread, bool(options)), "the control thread to rest")
            died = not is_alive(pid)
            if died:
                # It may have to say what the last call was.
                wait_until(lambda: tracer.process.poll() is not None, "strace to end")
        finally:
            calls = tracer.stop()
        if died:
            wait_until(lambda: self.bench.n_served() > n_served, "the next worker")
        return calls, died

    def is_over(self, pid, thread, is_struck):
        if not is_alive(pid):
            return True
        if is_struck:
            return "INJECTED" in self.bench.trace_file.read_text(encoding="utf-8")
        return not self.bench.owes_copy() and self.bench.is_polling(pid, thread)


def has_rested(bench):
    """A request is followed by a rest, if there is no other one."""
    bench.facts()
    time.sleep(0.05)
    return True


def n_tries(bench):
    """To write a copy, as a trace of the control thread has them."""
    return bench.trace_file.read_text(encoding="utf-8").count("O_EXCL")


def many_profiles(errno):
    """A patch that has the linter look at all of them."""
    value = "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: %d}" % errno
    items = ", ".join("{name: %d.json, value: %s}" % (i, value) for i in range(N_PROFILES - 2))
    return "{machine: {seccompProfiles: [%s]}}\n" % items


def n_linted(instance):
    """Asked seldom, since the linter works between requests."""
    time.sleep(0.2)
    metrics = exposition.parse((instance.control_dir / "metrics").read_bytes())
    return metrics["seccompfs_profiles_linted"].samples[()]


def behind_the_answer(calls):
    """Those from the fsync(2) of the directory on that has the state's name."""
    renamed = [call.name for call in calls].index("renameat")
    synced = [call.name for call in calls[renamed:]].index("fsync")
    return [call for call in calls[renamed + synced + 1 :] if call.name not in NOT_COUNTED]


def assert_whole(bench, turns, version):
    """The patch is in, for every worker and mount."""
    for again in (lambda: None, lambda: bench.restart_worker(bench.worker()), bench.instance.restart):
        again()
        facts = bench.facts()
        assert facts.profiles["a.json"] == (turns.content(), version)
        assert facts.config == facts.served_config
    assert not bench.owes_copy() and not bench.leftovers()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_step_behind_the_answer(bench, fault):
    turns = Turns(bench)
    calls, died = turns.strike()
    assert not died
    path = behind_the_answer(calls)
    names = [call.name for call in path]
    # Whole, with its name, before the old one goes.
    assert names.index("write") < names.index("fsync") < len(names) - 1 - names[::-1].index("unlinkat")
    assert names.count("fsync") == 2 and names.count("unlinkat") == 2
    for call in path:
        if fault == "ENOSPC" and call.name not in TAKE_SPACE and "O_CREAT" not in call.arguments:
            continue
        version = bench.instance.versions()["a.json"]
        struck, died = turns.strike(inject_kill(call) if fault == "KILL" else inject_error(call, fault))
        found = struck[-1] if fault == "KILL" else next(c for c in struck if c.is_injected)
        assert (found.name, found.number) == (call.name, call.number), struck
        assert died == (fault == "KILL")
        # A request is followed by a rest, at which the rest is done: but that the old one has not gone is no matter.
        assert bench.facts().profiles["a.json"] == (turns.content(), version + 1)
        if not died:
            wait_until(lambda: turns.names[(turns.n + 1) % 2] in bench.copies(), "the copy")
        assert_whole(bench, turns, version + 1)


def test_what_cannot_be_kept_is_told_once(bench):
    """But tried again, whenever there is time."""
    turns = Turns(bench)
    turns.n += 1
    _, thread = bench.settle()
    # No file can have that name.
    obstacle = bench.instance.state / turns.names[0]
    obstacle.mkdir()
    before = bench.copies()
    tracer = Tracer(thread, bench.trace_file, ["-P", obstacle.name])
    try:
        bench.instance.patch(turns.text())
        for n in range(1, 4):
            wait_until(lambda n=n: has_rested(bench) and n_tries(bench) >= n, "a try")
            assert bench.copies() == before
    finally:
        tracer.stop()
    assert bench.instance.log_text().count("no copy of the machine config can be kept") == 1
    obstacle.rmdir()
    wait_until(lambda: has_rested(bench) and not bench.owes_copy(), "the copy")


def test_what_cannot_be_kept_does_not_hold_up_the_linter(bench):
    """Who works in steps, with a rest before each."""
    instance = bench.instance
    instance.stop()
    instance.always = ""
    instance.start()
    names = []
    # Once they are there, two patches have two configs come of them.
    for errno in (1, 2, 1, 2):
        instance.patch(many_profiles(errno))
        wait_until(lambda: not bench.owes_copy(), "the copy")
        names += bench.copies()
    obstacle = instance.state / names[2]
    obstacle.mkdir()
    tracer = Tracer(control_thread(bench.worker()), bench.trace_file, ["-P", obstacle.name])
    try:
        instance.patch(many_profiles(1))
        wait_until(lambda: n_linted(instance) == N_PROFILES, "the linter")
    finally:
        tracer.stop()
    assert 1 <= n_tries(bench) < N_PROFILES / 3


@pytest.mark.parametrize("what", ["content", "gone"])
def test_a_config_that_is_spoilt_before_there_is_a_copy(bench, what):
    """Then what is served is the last text of which there is one, under versions that nobody has seen; and who mends the
    config has the patch again."""
    turns = Turns(bench)
    _, thread = bench.settle()
    before = bench.facts()
    worker = bench.worker()
    fd = os.open(bench.instance.mount_point / "a.json", os.O_RDONLY)
    bench.instance.process.send_signal(signal.SIGSTOP)
    tracer = Tracer(
        thread,
        bench.trace_file,
        [*turns.of_the_copies(), "-e", "inject=write:signal=KILL:when=1"],
    )
    n_served = bench.n_served()
    try:
        turns.n += 1
        bench.instance.patch(turns.text())
        wait_until(lambda: not is_alive(worker), "the worker to die")
    finally:
        tracer.stop()
    after = bench.instance.config.read_bytes()
    if what == "gone":
        bench.instance.config.unlink()
    else:
        bench.instance.config.write_text("machine: [\n", encoding="utf-8")
    bench.instance.process.send_signal(signal.SIGCONT)
    wait_until(lambda: bench.n_served() > n_served, "the next worker")
    version = before.profiles["a.json"][1]
    assert bench.instance.cat("a.json") == before.profiles["a.json"][0]
    assert bench.instance.versions() == {"a.json": version + 2, "b.json": before.profiles["b.json"][1]}
    # Either was served when it was opened.
    assert os.read(fd, 1 << 16) in (before.profiles["a.json"][0], turns.content())
    os.close(fd)
    assert "it is one from before" in bench.instance.log_text()
    assert "it is one from before" in bench.instance.result()
    bench.instance.config.write_bytes(after)
    wait_until(lambda: bench.instance.cat("a.json") == turns.content(), "the patch")
    assert bench.instance.versions()["a.json"] == version + 3
    assert_whole(bench, turns, version + 3)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_end_while_a_copy_waits(bench, how):
    """Who is told to end writes it before; after a death the next one does."""
    turns = Turns(bench)
    for _ in range(5):
        turns.n += 1
        bench.instance.patch(turns.text())
        if how == "stop":
            assert bench.instance.stop() == 0
            assert not bench.owes_copy()
            bench.instance.start()
        else:
            bench.restart_worker(bench.worker())
        assert bench.facts().profiles["a.json"][0] == turns.content()
        assert not bench.owes_copy()


def test_a_new_worker_while_a_copy_waits(bench):
    """SIGHUP."""
    turns = Turns(bench)
    for _ in range(3):
        worker = bench.worker()
        turns.n += 1
        bench.instance.patch(turns.text())
        bench.instance.process.send_signal(signal.SIGHUP)
        wait_until(lambda pid=worker: not is_alive(pid), "the old worker to end")
        assert bench.facts().profiles["a.json"][0] == turns.content()
        assert not bench.owes_copy()


def test_patches_without_a_rest(bench):
    """The copy falls behind, but not for long."""
    copies = set()
    with open(bench.instance.control, "wb", buffering=0) as file:
        for i in range(100):
            value = "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: %d}" % i
            file.write(b"{machine: {seccompProfiles: [{name: a.json, value: %s}]}}\n" % value.encode())
            copies.update(bench.copies())
    assert len(copies) > 4
    wait_until(lambda: not bench.owes_copy(), "the copy")
    assert bench.facts().profiles["a.json"][0].endswith(b"99}")
