# SPDX-License-Identifier: Apache-2.0
"""A commit whose system calls fail, one by one, and a worker that dies at each of them.

The calls are those that a real worker makes, from the one that takes the request to the one that answers it; strace
shows them (tracing.py) and is also what makes them fail. After each fault profiles, versions and config are wholly
the old or wholly the new (faulty.py), and so they are for the next worker and for a new mount, which know only what
is on disk.
"""

import errno
import os
import signal

import pytest

from faulty import STUCK, is_alive
from support import wait_until
from tracing import Tracer, inject_error, inject_errors_from, inject_kill, inject_two_errors
from workers import notifier_of, show

# Calls that want space, or a share of somebody's quota, on one file system or another.
TAKE_SPACE = {"write", "sync_file_range", "fsync", "renameat", "close", "fchown", "fsetxattr"}

# Calls that touch no file: at these a process may die, but no error of a disk comes of them.
TO_NOTIFIER = {"sendmsg", "recvfrom"}
NOT_OF_A_DISK = {"getrandom", *TO_NOTIFIER}
OF_MEMORY = {
    *("mmap", "munmap", "mprotect", "brk", "madvise", "futex", "mremap", "sched_yield"),
    "rt_sigprocmask",  # around the memory of getrandom(3) in the vDSO, since glibc 2.41
}
OF_FILES = {
    *("openat", "read", "write", "close", "fsync", "sync_file_range", "ftruncate", "renameat", "unlinkat", "readlink"),
    *("fstat", "newfstatat", "faccessat2", "fchmod", "fchown", "fgetxattr", "fsetxattr", "fremovexattr"),
}

FAULTS = ("EIO", "ENOSPC", "EDQUOT", "KILL")


def commit_path(calls):
    """From the read(2) that takes the request to the writev(2) that answers it."""
    fuse = [i for i, call in enumerate(calls) if call.path == "/dev/fuse"]
    reads = [i for i in fuse if calls[i].name == "read"]
    answers = [i for i in fuse if calls[i].name == "writev"]
    assert reads and answers, calls
    return calls[reads[0] : answers[0] + 1]


def is_step(call):
    """Not the memory of the C library, nor what the log says of the writer."""
    return call.name not in OF_MEMORY and not call.path.startswith("/proc/")


def new_path(bench):
    """The commit path of a worker that just came."""
    bench.instance.restart()
    path = commit_path(bench.strike().calls)
    bench.note(bench.facts())
    unknown = {call.name for call in path} - OF_FILES - NOT_OF_A_DISK - OF_MEMORY - {"writev"}
    assert not unknown, f"calls that this test does not know: {unknown}"
    return [call for call in path if is_step(call)]


def steps(bench):
    """The calls of a commit that can fail, and its answer. A patch that adds a profile and one that removes it make the
    same: what is seen once can be struck the next time."""
    first, second = new_path(bench), new_path(bench)
    assert [(call.name, call.number, place(bench, call)) for call in first] == [
        (call.name, call.number, place(bench, call)) for call in second
    ]
    return second


def place(bench, call):
    """The file of a call, as the table names it."""
    instance, path = bench.instance, call.path.rstrip("/")
    name = os.path.basename(path)
    named = {
        str(instance.config): "config",
        str(instance.config.parent): "config directory",
        str(instance.state): "state directory",
        str(instance.log): "log",
    }
    if call.name in NOT_OF_A_DISK:
        return "the notifier" if call.name in TO_NOTIFIER else ""
    if path in named:
        return named[path]
    if ".seccompfs-" in name:
        return ("state" if "state.json" in name else "config") + ", temporary"
    if str(instance.config).startswith(path + "/"):
        return "above the config directory"
    if os.path.dirname(path) == str(instance.state):
        return name
    return path if path.startswith("/dev/") else name


def faults_of(call):
    """What can happen at a call."""
    if call.path == "/dev/fuse":
        return {"KILL"}
    if call.name in TO_NOTIFIER:
        return {"EIO", "KILL"}
    if call.name in NOT_OF_A_DISK:
        return {"KILL"}
    takes_space = call.name in TAKE_SPACE or "O_CREAT" in call.arguments
    return set(FAULTS) if takes_space else {"EIO", "KILL"}


def options_for(call, fault):
    return inject_kill(call) if fault == "KILL" else inject_error(call, fault)


def was_struck(bench, outcome, call, fault):
    """Whether the fault came where it should."""
    struck = outcome.calls[-1:] if fault == "KILL" else [c for c in outcome.calls if c.is_injected]
    return [(c.name, c.number, place(bench, c)) for c in struck] == [(call.name, call.number, place(bench, call))]


def strike_at(bench, call, fault):
    """One patch with one fault; what was acknowledged is in, and what failed is not."""
    outcome = bench.strike(options_for(call, fault))
    facts = bench.facts()
    found = bench.which(outcome.old, facts)
    assert was_struck(bench, outcome, call, fault), f"the fault came elsewhere: {outcome.calls}"
    # A worker whose notifications fail ends by itself.
    assert outcome.died == (fault == "KILL" or call.name in TO_NOTIFIER), outcome.result
    if outcome.died:
        assert outcome.error == errno.EIO
        return outcome, facts, ("killed: " if fault == "KILL" else "ended: ") + found
    assert (outcome.error != 0) == (found == "old"), outcome.result
    if not outcome.error:
        assert outcome.result.startswith("result: applied\n")
        return outcome, facts, "applied"
    assert outcome.error == (errno.EIO if fault == "EIO" else errno.ENOSPC), outcome.result
    assert outcome.result.startswith("result: failed\n") and STUCK not in outcome.result
    return outcome, facts, errno.errorcode[outcome.error]


def assert_lasting(bench, outcome, facts, with_new_mount):
    """The next worker, which is there already when the one of the patch has died, and a new mount, show the same, and
    nothing lies about."""
    if not outcome.died:
        bench.restart_worker(bench.worker())
        assert bench.facts() == facts
    if with_new_mount:
        bench.instance.restart()
        assert bench.facts() == facts
    assert not bench.leftovers()
    assert not bench.owes_copy()
    bench.note(facts)


def assert_going_on(bench):
    """The next patch is as good as ever, also for the next worker. It takes the place of the last result: the same
    failure again would not be written down again."""
    assert not bench.leftovers()
    old = bench.patch()
    facts = bench.facts()
    assert bench.which(old, facts) == "new"
    bench.note(facts)
    bench.restart_worker(bench.worker())
    assert bench.facts() == facts
    assert not bench.leftovers()
    assert not bench.owes_copy()


class Table:
    """Rows are steps, columns are faults."""

    def __init__(self):
        self.rows = []
        self.cells = {}

    def print(self):
        n_cases = len(self.cells)
        print(f"# {len(self.rows)} steps, {n_cases} cases; EIO, ENOSPC: so the writer was told, and nothing changed")
        print(f"# {'step':46}" + "".join(f"{fault:>14}" for fault in FAULTS))
        for i, row in enumerate(self.rows):
            cells = "".join(f"{self.cells.get((i, fault), '-'):>14}" for fault in FAULTS)
            print(f"# {i + 1:2} {row:43}{cells}", flush=True)


@pytest.fixture(scope="module")
def table(request):
    one = Table()
    yield one
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        one.print()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_step_of_a_commit(bench, table, fault):
    path = steps(bench)
    table.rows = [f"{call.name} {place(bench, call)}" for call in path]
    # One that has replaced something would make room with that, and try again (test_damage.py).
    bench.restart_worker(bench.worker())
    for i, call in enumerate(path):
        if fault in faults_of(call):
            outcome, facts, table.cells[i, fault] = strike_at(bench, call, fault)
            if not outcome.died and call.name != "unlinkat":
                assert not bench.leftovers()
            # One of a step's faults, each in turn: mounting takes longer than all else.
            assert_lasting(bench, outcome, facts, with_new_mount=FAULTS[i % len(FAULTS)] == fault)
    facts = bench.facts()
    bench.instance.restart()
    assert bench.facts() == facts


# Power cuts: what is on disk when.


def index_of(path, name, where, begin=0):
    found = [i for i, call in enumerate(path) if i >= begin and call.name == name and call.path == where]
    assert found, f"no {name} of {where}"
    return found


def assert_published(bench, path, target):
    """Written, fsynced, renamed, and the directory fsynced. Where in the path the rename is, and the last fsync."""
    (renamed,) = [i for i, call in enumerate(path) if call.name == "renameat" and call.new_path == str(target)]
    temporary = path[renamed].path
    (synced,) = index_of(path, "fsync", temporary)
    (begun,) = index_of(path, "sync_file_range", temporary)
    assert index_of(path, "write", temporary)[-1] < begun < synced < renamed
    (directory,) = index_of(path, "fsync", str(target.parent))
    assert renamed < directory
    return renamed, directory


def test_all_is_on_disk_before_the_answer(bench):
    path = new_path(bench)
    assert not [call for call in path if call.error and call.name == "fsync"]
    config, config_directory = assert_published(bench, path, bench.instance.config)
    state, state_directory = assert_published(bench, path, bench.instance.state / "state.json")
    # Who finds the new state finds the new config.
    assert config_directory < state
    # The disk has both to write when the first is waited for.
    first = next(i for i, call in enumerate(path) if call.name == "fsync")
    assert all(index_of(path, "sync_file_range", path[i].path)[0] < first for i in (config, state))
    assert [i for i, call in enumerate(path) if call.path == "/dev/fuse"][1:] == [len(path) - 1]
    assert config < state_directory < len(path) - 1
    # All that is written is one of these, or may be lost.
    written = {place(bench, call) for call in path if call.name == "write"}
    assert written == {*NEW_FILES, "replaced", "log"}


def test_a_file_that_could_not_be_fsynced_is_given_up(bench):
    """The kernel may have marked its pages as clean: another fsync(2) would succeed and mean nothing."""
    synced = [call for call in steps(bench) if call.name == "fsync" and is_of(bench, call, *NEW_FILES)]
    assert len(synced) == 2
    for step in synced:
        calls = bench.strike(inject_error(step, "EIO")).calls
        struck = [call.is_injected for call in calls].index(True)
        later = [call.name for call in calls[struck + 1 :] if call.path == calls[struck].path]
        assert sorted(later) == ["close", "unlinkat"]
        assert_going_on(bench)


def test_what_was_replaced_is_removed_behind_the_answer(bench):
    bench.patch()
    wait_until(lambda: not bench.owes_copy(), "the old copy to go")
    bench.wait_for_space()


def test_an_old_copy_that_cannot_be_removed(bench):
    """The patch is in all the same. It goes at the next start."""
    _, thread = bench.settle()
    tracer = Tracer(thread, bench.trace_file, ["-e", "inject=unlinkat:error=EIO:syscall=getpid:when=1+"])
    try:
        old = bench.patch()
        # The name of the new one is made free first.
        wait_until(lambda: bench.trace_file.read_text(encoding="utf-8").count("INJECTED") == 2, "both calls")
    finally:
        tracer.stop()
    facts = bench.facts()
    assert bench.which(old, facts) == "new"
    bench.note(facts)
    assert len(bench.copies()) == 2
    assert_going_on(bench)


# What was acknowledged is there, whoever dies the moment after.


def kill_all(bench, worker):
    """Supervisor and worker; the notifier follows, and with it the last descriptor of the mounts."""
    notifier = notifier_of(worker)
    os.kill(worker, signal.SIGKILL)
    bench.instance.process.kill()
    bench.instance.process.wait()
    wait_until(lambda: not is_alive(worker) and not is_alive(notifier), "the worker and its notifier to end")


@pytest.mark.parametrize("who", ["worker", "all"])
def test_an_acknowledged_patch_is_not_lost(bench, who):
    for _ in range(10):
        worker = bench.worker()
        old = bench.patch()
        if who == "worker":
            os.kill(worker, signal.SIGKILL)
        else:
            kill_all(bench, worker)
            n_served = bench.n_served()
            bench.instance.start()
            wait_until(lambda n=n_served: bench.n_served() > n, "the new mount")
        facts = bench.facts()
        assert bench.which(old, facts) == "new"
        assert not bench.owes_copy()
        bench.note(facts)


# Two faults in a row: one that makes the commit fail, and one while it is undone.

CHANGES = {"write", "fsync", "renameat"}
UNDOES = ("openat", "write", "fsync", "renameat", "unlinkat", "fchmod", "fchown", "ftruncate")


NEW_FILES = ("config, temporary", "state, temporary")
DIRECTORIES = ("config directory", "state directory")


def is_of(bench, call, *places):
    return place(bench, call) in places


def steps_that_change(bench):
    """Those that write what a commit needs, and put it in place."""
    return [call for call in steps(bench) if call.name in CHANGES and is_of(bench, call, *NEW_FILES, *DIRECTORIES)]


def undoing(bench, first):
    """What a worker does after that step has failed, until it has answered."""
    calls = bench.strike(inject_error(first, "EIO")).calls
    assert_going_on(bench)
    struck = [call.is_injected for call in calls].index(True)
    after = calls[struck + 1 :]
    answer = [call.path == "/dev/fuse" for call in after].index(True)
    return [call for call in after[:answer] if is_step(call) and call.name not in NOT_OF_A_DISK]


def assert_whole(bench, outcome):
    """After two faults and a restart. Where the result says that something could not be put back, it may be new, or be
    the old with versions above those that were written down for what nobody saw. What it is."""
    assert outcome.error == errno.EIO
    stuck = bool(outcome.result) and STUCK in outcome.result
    if not outcome.died and not stuck:
        assert bench.facts() == outcome.old, outcome.result
    bench.restart_worker(bench.worker())
    facts = bench.facts()
    old = outcome.old
    if stuck and facts.config == old.config and facts != old:
        assert {name: text for name, (text, _) in facts.profiles.items()} == {
            name: text for name, (text, _) in old.profiles.items()
        }
        assert all(facts.profiles[name][1] >= version for name, (_, version) in old.profiles.items())
        found = "risen"
    else:
        found = bench.which(old, facts)
    assert outcome.died or stuck or found == "old"
    bench.note(facts)
    assert_going_on(bench)
    return found + (", as it says" if stuck else "")


@pytest.mark.parametrize("second", ["EIO", "KILL"])
def test_a_fault_while_a_commit_is_undone(bench, capsys, second):
    counts = {}
    for first in steps_that_change(bench):
        for call in undoing(bench, first):
            # Of one call strace has one fault. The calls between two of a name can be struck, and are.
            if second == "KILL" and call.name == first.name:
                continue
            # It is told from others by its path, which hides the first fault; open(2) in front of it fails likewise.
            if call.name == "read":
                continue
            # Nothing was put in place: only temporary files are to be removed.
            if not is_of(bench, first, *DIRECTORIES) and call.name != "unlinkat":
                continue
            if second == "KILL":
                options = inject_error(first, "EIO") + inject_kill(call)
            else:
                options = inject_two_errors(first, call, "EIO")
            outcome = bench.strike(options)
            assert outcome.died == (second == "KILL"), f"{call} was not reached: {outcome}"
            assert outcome.died or sum(c.is_injected for c in outcome.calls) == 2, f"{call} was not reached: {outcome}"
            found = assert_whole(bench, outcome)
            counts[found] = counts.get(found, 0) + 1
    show(capsys, f"EIO, then {second}: {sum(counts.values())} cases: {counts}")
    assert sum(counts.values()) > 40


def test_a_disk_that_stays_broken(bench, capsys):
    """From one step on, every call that writes fails."""
    counts = {}
    path = steps(bench)
    bench.instance.restart()
    calls = bench.strike().calls
    bench.note(bench.facts())
    for first in path:
        if first.name in UNDOES and not is_of(bench, first, "replaced", "log"):
            step = [(call.name, call.number) for call in calls].index((first.name, first.number))
            outcome = bench.strike(inject_errors_from(calls, calls[step], UNDOES, "EIO"))
            if not outcome.error:
                # Only what comes after the commit.
                assert bench.which(outcome.old, bench.facts()) == "new"
                found = "applied"
                bench.note(bench.facts())
                assert_going_on(bench)
            else:
                found = assert_whole(bench, outcome)
            counts[found] = counts.get(found, 0) + 1
    show(capsys, f"EIO for ever: {sum(counts.values())} cases: {counts}")
