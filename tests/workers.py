# SPDX-License-Identifier: Apache-2.0
"""The processes behind a mount, what is done to them, and what readers do meanwhile."""

import os
import re
import signal
import subprocess

from support import TIME_LIMIT, run, wait_until


def children(pid):
    return [int(word) for word in run("pgrep", "-P", str(pid)).stdout.split()]


def worker_of(instance):
    """The process id of the worker that is there now."""
    found = []
    wait_until(lambda: found.extend(children(instance.process.pid)) or found, "a worker")
    return found[0]


def notifier_of(worker):
    return children(worker)[0]


def control_thread(worker):
    """The one that commits; a worker that has just begun may not have it yet."""
    found = []

    def find():
        for task in os.listdir(f"/proc/{worker}/task"):
            with open(f"/proc/{worker}/task/{task}/comm", encoding="utf-8") as file:
                if file.read() == "control\n":
                    found.append(int(task))
        return found

    wait_until(find, "the control thread")
    return found[0]


def state_of(pid):
    """The letter that ps(1) shows; None: it has gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return None


def waits_of(pid):
    """Where in the kernel the threads of a process wait."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/wchan", encoding="utf-8") as file:
            yield file.read()


def stop_process(pid):
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T", "the process to stop")


def restarts(instance):
    return len(re.findall(rb"worker: .*: restart \d+ in", instance.log_bytes()))


def kill_worker(instance):
    """Kills it, and waits until the supervisor has seen that."""
    before = restarts(instance)
    os.kill(worker_of(instance), signal.SIGKILL)
    wait_until(lambda: restarts(instance) > before, "the restart")


def wait_idle(pid):
    """Until every thread has been asleep at 40 looks in a row: what it had to do is done, or waits."""
    calm = 0

    def is_idle():
        nonlocal calm
        states = []
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8") as stat:
                states.append(stat.read().rpartition(")")[2].split()[0])
        calm = calm + 1 if set(states) == {"S"} else 0
        return calm >= 40

    wait_until(is_idle, "the worker to wait")


def start_cat(path):
    return subprocess.Popen(["cat", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_blocked(process):
    """Until it waits for an answer of the file system, or for a page that one brings."""
    places = ("request_wait", "folio_wait")
    wait_until(
        lambda: any(place in wait for wait in waits_of(process.pid) for place in places), "the reader to wait"
    )


def expect_output(process, expected):
    out, err = process.communicate(timeout=TIME_LIMIT)
    assert (process.returncode, out) == (0, expected), err.decode()


def words_of(pid):
    with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
        return file.read().split("\0")


def show(capsys, text):
    """A measured figure, as a comment of TAP."""
    with capsys.disabled():
        print(f"# {text}", flush=True)
