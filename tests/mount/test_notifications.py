# SPDX-License-Identifier: Apache-2.0
"""Notifications that do not reach the kernel, which then would believe for ever what it knows.

Nobody is told of a change that is not there to be seen: the worker ends before it answers, the next one invalidates
all, and only then the writer hears that he has to look.
"""

import errno
import os
import signal
import subprocess

from support import AUDIT_JSON, KILL_JSON, TIME_LIMIT, flow_patch, program, run, wait_until
from tracing import Tracer, inject_error, inject_kill
from workers import kill_worker, notifier_of, restarts, stop_process, wait_idle, worker_of

SAID = "the kernel's cache could not be invalidated: "


def writes_of_notifier(bench):
    """Three names, and the listing."""
    writes = [call for call in bench.strike(of_notifier=True).calls if call.name == "write"]
    bench.note(bench.facts())
    assert len(writes) == 4 and {call.path for call in writes} == {"/dev/fuse"}
    return writes


def assert_made_up_for(bench, outcome):
    """All is seen when the writer hears EIO, and the last result is that of his patch."""
    assert outcome.died and outcome.error == errno.EIO
    facts = bench.facts()
    assert bench.which(outcome.old, facts) == "new"
    assert bench.instance.result().startswith('result: applied\nmessage: "patched machine config')
    bench.note(facts)


def test_the_kernel_refuses_a_notification(bench):
    for call in writes_of_notifier(bench):
        before = restarts(bench.instance)
        assert_made_up_for(bench, bench.strike(inject_error(call, "ENOMEM"), of_notifier=True))
        assert restarts(bench.instance) == before + 1
    assert bench.instance.log_text().count(SAID + "Cannot allocate memory") == 4


def test_what_the_kernel_does_not_know_is_no_error(bench):
    worker = bench.worker()
    for call in writes_of_notifier(bench):
        outcome = bench.strike(inject_error(call, "ENOENT"), of_notifier=True)
        assert outcome.error == 0 and not outcome.died
        # What was not invalidated in truth is by the next patch, of the same names.
        bench.patch()
        bench.note(bench.facts())
    assert bench.worker() == worker
    assert SAID not in bench.instance.log_text()


def test_the_notifier_is_killed_in_the_middle(bench):
    for call in writes_of_notifier(bench):
        assert_made_up_for(bench, bench.strike(inject_kill(call), of_notifier=True))


def test_an_edit_whose_notification_is_refused(bench):
    (first, *_) = writes_of_notifier(bench)
    old = bench.facts()
    pid, _ = bench.settle()
    n_served = bench.n_served()
    tracer = Tracer(notifier_of(pid), bench.trace_file, inject_error(first, "ENOMEM"))
    bench.instance.config.write_bytes(old.config.replace(b"Ret: %d}" % bench.number, b"Ret: 777}"))
    wait_until(lambda: bench.n_served() > n_served, "the next worker")
    tracer.stop()
    assert [content for content, _ in bench.facts().profiles.values()] == [
        content.replace(b":%d}" % bench.number, b":777}") for content, _ in old.profiles.values()
    ]


WAITS = "#!/bin/sh\nwhile [ -e {hold} ]; do sleep 0.01; done\nexec {worker} \"$@\"\n"


def test_a_worker_that_cannot_invalidate_does_not_say_that_it_serves(instance, tmp_path_factory):
    """It is followed, with the pause that only those have before them who did not serve."""
    directory = tmp_path_factory.mktemp("trace")
    hold, program_file = directory / "hold", directory / "worker"
    program_file.write_text(WAITS.format(hold=hold, worker=program("seccompfsd")), encoding="utf-8")
    program_file.chmod(0o755)
    instance.start(worker=program_file)
    assert instance.cat("audit.json") == AUDIT_JSON
    hold.touch()
    kill_worker(instance)
    # Else there is nothing to be invalidated.
    instance.config.write_bytes(instance.config.read_bytes().replace(b"ACT_LOG", b"ACT_KILL"))
    worker = worker_of(instance)
    # Its threads do not exist yet. All that strace follows ends by itself, and so does strace.
    options = ["-f", "-e", "inject=sendmsg:error=ENOBUFS:syscall=getpid:when=1"]
    tracer = Tracer(worker, directory / "calls", options)
    hold.unlink()
    tracer.process.wait(timeout=TIME_LIMIT)
    wait_until(lambda: instance.log_text().count(": serves ") == 2, "the next worker")
    assert SAID + "No buffer space" in instance.log_text()
    assert "worker: ended with status 1: restart 2 in 10 ms" in instance.log_text()
    assert instance.cat("audit.json") == KILL_JSON


def test_a_worker_that_is_told_to_end_notifies_first(mounted):
    """As at an upgrade. Readers get their answers from it meanwhile: one may be what a notification waits for."""
    assert mounted.cat("audit.json") != KILL_JSON
    worker = worker_of(mounted)
    notifier = notifier_of(worker)
    stop_process(notifier)
    patch = f'echo "{flow_patch("audit.json", "SCMP_ACT_KILL").strip()}" > {mounted.control}'
    writer = subprocess.Popen(["bash", "-c", patch], stderr=subprocess.PIPE)
    wait_until(lambda: '"version": 2' in (mounted.state / "state.json").read_text(encoding="utf-8"), "the commit")
    # It has told the notifier, and waits for it.
    wait_idle(worker)
    os.kill(worker, signal.SIGTERM)
    done = run("cat", mounted.mount_point / "none.json")
    assert done.stderr.endswith(b"No such file or directory\n")
    assert worker_of(mounted) == worker and writer.poll() is None
    os.kill(notifier, signal.SIGCONT)
    assert writer.communicate(timeout=TIME_LIMIT)[1] == b"" and writer.returncode == 0
    assert mounted.cat("audit.json") == KILL_JSON
    wait_until(lambda: mounted.log_text().count(": serves ") == 2, "the next worker")
    assert mounted.cat("audit.json") == KILL_JSON
