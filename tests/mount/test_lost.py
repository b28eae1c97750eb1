# SPDX-License-Identifier: Apache-2.0
"""Control files that are open when the worker dies: who has lost something hears of it, and control tells the truth."""

import errno
import os
import signal
import subprocess

import pytest

from support import AUDIT_JSON, CONFIG, KILL_JSON, TIME_LIMIT, flow_patch, profile_patch, run, wait_until
from tracing import Tracer
from workers import control_thread, kill_worker, restarts, stop_process, worker_of

HALF = b"machine:\n  type: worker\n"  # a valid patch, and weaker than the whole
LOST = "message: the worker ended while a patch was being written; nothing was changed\n"


def fails(call, *arguments):
    with pytest.raises(OSError) as error:
        call(*arguments)
    assert error.value.errno == errno.EIO


def close_fails(fd):
    """The descriptor is closed all the same."""
    fails(os.close, fd)
    with pytest.raises(OSError) as error:
        os.fstat(fd)
    assert error.value.errno == errno.EBADF


# What the calls say.


def test_write_read_and_fsync_fail_for_good(mounted):
    fd = os.open(mounted.control, os.O_RDWR)
    os.write(fd, HALF)
    kill_worker(mounted)
    for _ in range(2):
        fails(os.write, fd, b"# more\n")
        fails(os.read, fd, 100)
        fails(os.fsync, fd)
    os.close(fd)
    assert mounted.config.read_bytes().count(b"type: worker") == 1 and mounted.versions() == {"audit.json": 1}


@pytest.mark.parametrize("call", ["write", "read", "fsync"])
def test_close_succeeds_when_the_writer_knows(mounted, call):
    fd = os.open(mounted.control, os.O_RDWR)
    os.write(fd, HALF)
    kill_worker(mounted)
    fails(*{"write": (os.write, fd, b"# more\n"), "read": (os.read, fd, 100), "fsync": (os.fsync, fd)}[call])
    os.close(os.dup(fd))
    os.close(fd)


def test_close_is_the_first_to_tell(mounted):
    """Of two descriptors of one open file the first that is closed tells; another open file tells by itself."""
    fds = [os.open(mounted.control, os.O_WRONLY) for _ in range(2)]
    for fd in fds:
        os.write(fd, HALF)
    kill_worker(mounted)
    close_fails(os.dup(fds[0]))
    os.close(fds[0])
    close_fails(fds[1])


def test_what_was_told_stays_told_over_another_death(mounted):
    fds = [os.open(mounted.control, os.O_WRONLY) for _ in range(2)]
    for fd in fds:
        os.write(fd, HALF)
    kill_worker(mounted)
    fails(os.write, fds[0], b"# more\n")
    kill_worker(mounted)
    os.close(fds[0])
    close_fails(fds[1])


def test_nothing_is_lost_where_nothing_waited(mounted):
    """A file that was only read, one that was opened and not written, and one whose patches are all in."""
    read = os.open(mounted.control, os.O_RDONLY)
    table = os.open(mounted.control_dir / "seccompprofiles", os.O_RDONLY)
    metrics = os.open(mounted.control_dir / "metrics", os.O_RDONLY)
    idle = os.open(mounted.control, os.O_RDWR)
    written = os.open(mounted.control, os.O_RDWR)
    synced = os.open(mounted.control, os.O_WRONLY)
    os.write(written, flow_patch("new.json", "SCMP_ACT_KILL").encode())
    os.write(synced, profile_patch("synced.json", "SCMP_ACT_KILL").encode())
    os.fsync(synced)
    last = mounted.result()
    kill_worker(mounted)
    for fd in (read, table, metrics):
        fails(os.read, fd, 100)
    for fd in (read, table, metrics, idle, written, synced):
        os.close(fd)
    assert mounted.result() == last
    assert mounted.versions() == {"audit.json": 1, "new.json": 1, "synced.json": 1}


def test_a_refused_patch_that_may_go_on_is_lost(mounted):
    fd = os.open(mounted.control, os.O_WRONLY)
    os.write(fd, b"machine: [\n")
    with pytest.raises(OSError) as error:
        os.close(os.dup(fd))
    assert error.value.errno == errno.EINVAL
    kill_worker(mounted)
    close_fails(fd)


def test_more_files_than_are_told_apart(mounted):
    """Then each writer is told that he may have lost something."""
    fds = [os.open(mounted.control, os.O_WRONLY) for _ in range(70)]
    for fd in fds:
        os.write(fd, HALF)
    kill_worker(mounted)
    for fd in fds:
        close_fails(fd)


def test_the_end_of_a_child_tells_nobody(mounted):
    """A copy that it has is closed when it executes a program or exits, and nobody gets the answer: the one who wrote
    must still hear."""
    fd = os.open(mounted.control, os.O_WRONLY)
    os.write(fd, HALF)
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=(fd,))
    kill_worker(mounted)
    child.communicate(timeout=TIME_LIMIT)
    assert child.returncode == 0 and run("true").returncode == 0
    close_fails(fd)


ORPHAN = f"""
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
os.write(fd, {HALF!r})
r, w = os.pipe()
if os.fork():
    print(flush=True)
    sys.stdin.readline()
    os._exit(0)
os.close(w)
os.read(r, 1)
try:
    os.close(fd)
    print("success", flush=True)
except OSError as error:
    print(error.errno, flush=True)
"""


def test_the_exit_of_the_opener_tells_nobody(mounted):
    """A child has a copy, and hears when it closes that."""
    opener = subprocess.Popen(
        ["python3", "-c", ORPHAN, mounted.control], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert opener.stdout.readline() == "\n"
    kill_worker(mounted)
    assert opener.communicate("\n", timeout=TIME_LIMIT)[0] == f"{errno.EIO}\n"


def test_a_program_tells(mounted):
    """cat writes a block document, and hears at its close what became of it."""
    writer = subprocess.Popen(
        f"exec cat > {mounted.control}", shell=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    writer.stdin.write(HALF)
    writer.stdin.flush()
    # The kernel's own count: cat has written what it was given.
    wait_until(lambda: written_by(writer.pid) >= len(HALF), "the write")
    kill_worker(mounted)
    err = writer.communicate(timeout=TIME_LIMIT)[1]
    assert writer.returncode == 1 and b"Input/output error" in err


def written_by(pid):
    with open(f"/proc/{pid}/io", encoding="utf-8") as file:
        return int(dict(line.split(": ") for line in file)["wchar"])


# What a fresh open tells.


def test_a_patch_that_was_not_complete(mounted):
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    fd = os.open(mounted.control, os.O_WRONLY)
    os.write(fd, HALF)
    kill_worker(mounted)
    # Also while the writer does not know yet.
    wait_until(lambda: LOST in mounted.result(), "the new worker to tell")
    assert mounted.result().startswith("result: failed\n")
    assert "1 open file had bytes of a patch" in mounted.log_text()
    # It is told once: what comes then is not hidden by it.
    mounted.patch(flow_patch("new.json", "SCMP_ACT_KILL"))
    last = mounted.result()
    kill_worker(mounted)
    assert mounted.result() == last and "new.json" in last
    close_fails(fd)


def edit_while_dead(instance, text):
    """An edit that the worker does not see, being stopped, but the next one does."""
    worker = worker_of(instance)
    stop_process(worker)
    new = instance.directory / "new.yaml"
    new.write_text(text, encoding="utf-8")
    new.rename(instance.config)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: "had bytes of a patch" in instance.log_text(), "the new worker to tell in the log")


def test_what_the_start_found_is_not_hidden(mounted):
    """Both a patch is lost and the config is another one: the config's reasons are told nowhere else."""
    fd = os.open(mounted.control, os.O_WRONLY)
    os.write(fd, HALF)
    edit_while_dead(mounted, CONFIG.replace("SCMP_ACT_LOG", "SCMP_ACT_NONSENSE"))
    assert "the last good one is served" in mounted.result() and "SCMP_ACT_NONSENSE" in mounted.result()
    close_fails(fd)


def test_what_the_start_took_in_is_not_hidden(mounted):
    fd = os.open(mounted.control, os.O_WRONLY)
    os.write(fd, HALF)
    edit_while_dead(mounted, CONFIG.replace("SCMP_ACT_LOG", "SCMP_ACT_KILL"))
    assert "read the machine config at the start: 1 updated" in mounted.result()
    assert mounted.cat("audit.json") == KILL_JSON
    close_fails(fd)


def trace(instance, call, injected):
    """strace(1) that injects into a call of the control thread."""
    thread = control_thread(worker_of(instance))
    options = ["-e", f"trace={call}", "-e", f"inject={call}:{injected}"]
    return Tracer(thread, instance.directory / "trace", options).process


def trace_and_kill(instance, call, number):
    """Kills the worker when it makes that call for that time, before it takes effect."""
    return trace(instance, call, f"signal=KILL:when={number}")


def die_in_a_patch(instance, call, number, text):
    """Writes a patch, in whose commit the worker dies at that call. What a fresh open tells then."""
    fd = os.open(instance.control, os.O_WRONLY)
    if text.startswith("{"):
        tracer = trace_and_kill(instance, call, number)
        fails(os.write, fd, text.encode())
        os.close(fd)
    else:
        os.write(fd, text.encode())
        tracer = trace_and_kill(instance, call, number)
        close_fails(fd)
    tracer.wait(timeout=TIME_LIMIT)
    assert restarts(instance) == 1
    return instance.result()


# In one write, and at the close: the request that was in flight is served again by the next worker.
PATCHES = pytest.mark.parametrize("make", [flow_patch, profile_patch])


@pytest.fixture
def patched(mounted):
    """One patch is in, so that the last result is of another one than what follows."""
    mounted.patch(flow_patch("before.json", "SCMP_ACT_KILL"))
    return mounted


@PATCHES
def test_a_death_before_the_config_is_replaced(patched, make):
    before = patched.facts()
    result = die_in_a_patch(patched, "renameat", 1, make("audit.json", "SCMP_ACT_KILL"))
    assert result.startswith("result: failed\n") and LOST in result
    assert patched.facts() == before


@PATCHES
def test_a_death_between_config_and_state(patched, make):
    """The start finds the config, and gives the very version that the commit would have given."""
    result = die_in_a_patch(patched, "renameat", 2, make("audit.json", "SCMP_ACT_KILL"))
    assert result.startswith('result: applied\nmessage: "read the machine config at the start: 1 updated"\n'), result
    assert "- id: audit.json\n      version: 2\n      event: updated\n" in result
    assert patched.cat("audit.json") == KILL_JSON and patched.versions() == {"audit.json": 2, "before.json": 1}


@PATCHES
def test_a_death_before_the_reply(patched, make):
    result = die_in_a_patch(patched, "writev", 1, make("audit.json", "SCMP_ACT_KILL"))
    assert result.startswith('result: applied\nmessage: "patched machine config: 1 updated"\n'), result
    assert "- id: audit.json\n      version: 2\n      event: updated\n" in result
    assert patched.cat("audit.json") == KILL_JSON and patched.versions() == {"audit.json": 2, "before.json": 1}


@PATCHES
def test_a_death_before_the_reply_to_a_patch_that_is_refused(patched, make):
    before = patched.facts()
    result = die_in_a_patch(patched, "writev", 1, make("audit.json", "SCMP_ACT_NONSENSE"))
    assert result.startswith("result: failed\n") and "nothing was changed" in result
    assert patched.facts() == before


def test_a_death_right_behind_the_reply(mounted):
    """The next worker serves the request again, and the kernel has an answer already: nobody gets to hear its own."""
    worker, hour = worker_of(mounted), 3600 * 1000000
    fd = os.open(mounted.control, os.O_WRONLY)
    tracer = trace(mounted, "writev", f"delay_exit={hour}")
    os.write(fd, HALF)
    # No other process is started before: it would close its copy, and nobody answers.
    os.kill(worker, signal.SIGKILL)
    tracer.kill()
    tracer.wait(timeout=TIME_LIMIT)
    wait_until(lambda: LOST in mounted.result(), "the new worker to tell")
    close_fails(fd)


PROFILE = profile_patch("a.json", "SCMP_ACT_LOG").encode()


def test_a_death_in_the_last_close(patched):
    """Of a writer that has exited: nobody is left to be told."""
    code = f"import os, sys\nfd = os.open(sys.argv[1], os.O_WRONLY)\nos.write(fd, {PROFILE!r})"
    tracer = trace_and_kill(patched, "renameat", 1)
    assert run("python3", "-c", code, patched.control).returncode == 0
    tracer.wait(timeout=TIME_LIMIT)
    wait_until(lambda: LOST in patched.result(), "the new worker to tell")
    assert patched.cat("audit.json") == AUDIT_JSON and "a.json" not in patched.names()


def test_a_writer_that_is_killed_too(mounted):
    code = (
        "import os, sys, time\n"
        "fd = os.open(sys.argv[1], os.O_WRONLY)\n"
        f"os.write(fd, {HALF!r})\n"
        "print(flush=True)\n"
        "time.sleep(600)\n"
    )
    writer = subprocess.Popen(["python3", "-c", code, mounted.control], stdout=subprocess.PIPE)
    assert writer.stdout.readline() == b"\n"
    kill_worker(mounted)
    writer.send_signal(signal.SIGKILL)
    writer.communicate(timeout=TIME_LIMIT)
    wait_until(lambda: LOST in mounted.result(), "the new worker to tell")
    mounted.patch(flow_patch("new.json", "SCMP_ACT_KILL"))
    assert mounted.versions() == {"audit.json": 1, "new.json": 1}
