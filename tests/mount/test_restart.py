# SPDX-License-Identifier: Apache-2.0
"""What waits while there is no worker is answered by the next one, whatever it is, and that one is there soon."""

import os
import select
import signal
import statistics
import subprocess
import sys
import time

import pytest

from support import AUDIT_JSON, KILL_JSON, TIME_LIMIT, flow_patch, wait_until
from workers import restarts, show, stop_process, wait_blocked, worker_of


N_RESTARTS = 21
N_SERIES = 3  # the best of them counts: the machine may be busy
# What is asked for holds for programs as they are installed; those with sanitizers start several times as slowly.
BAR = 1.0 if os.environ.get("SECCOMPFS_SANITIZE") else 0.05  # seconds, the median


# What a process does before the worker is stopped, what it asks then, and what it prints; or the errno of its OSError.
MOUNT, CONTROL = "mount = sys.argv[1]", "control = sys.argv[2]"
OPEN_PROFILE = f"{MOUNT}; fd = os.open(mount + '/cold.json', os.O_RDONLY)"
OPEN_CONTROL = f"{CONTROL}; fd = os.open(control + '/control', os.O_RDWR)"
WARM = f"{MOUNT}; os.stat(mount + '/cold.json')"
PATCH = flow_patch("audit.json", "SCMP_ACT_KILL").encode()
WAITING = {
    "lookup": (MOUNT, "os.stat(mount + '/cold.json').st_size", str(len(KILL_JSON))),
    "lookup-none": (MOUNT, "os.stat(mount + '/none.json')", "ENOENT"),
    "read": (OPEN_PROFILE, "os.read(fd, 100)", str(KILL_JSON)),
    "readdir": (MOUNT, "sorted(os.listdir(mount))", "['.control', 'audit.json', 'cold.json']"),
    # stat(1) asks past what the kernel knows, and takes the place of the process.
    "getattr": (WARM, "os.execlp('stat', 'stat', '--cached=never', '-c', '%s', mount + '/cold.json')", "33"),
    "readlink": (MOUNT, "len(os.readlink(mount + '/.control')) > 0", "True"),
    "statfs": (MOUNT, "os.statvfs(mount).f_files > 0", "True"),
    "xattr": (OPEN_PROFILE, "len(os.listxattr(fd)) > 0", "True"),
    "control-open": (CONTROL, f"os.write(os.open(control + '/control', os.O_WRONLY), {PATCH!r})", str(len(PATCH))),
    "control-write": (OPEN_CONTROL, f"os.write(fd, {PATCH!r})", "EIO"),
    "control-read": (OPEN_CONTROL, "os.read(fd, 100)", "EIO"),
    "control-fsync": (f"{OPEN_CONTROL}; os.write(fd, b'machine:\\n')", "os.fsync(fd)", "EIO"),
    "control-flush": (f"{OPEN_CONTROL}; os.write(fd, b'machine:\\n')", "os.close(fd)", "EIO"),
    "control-flush-of-nothing": (OPEN_CONTROL, "os.close(fd)", "None"),
    "table": (CONTROL, "b'cold.json' in open(control + '/seccompprofiles', 'rb').read()", "True"),
}


def start_asker(instance, prepare, ask):
    code = (
        "import errno, os, subprocess, sys\n"
        f"{prepare}\n"
        "print('prepared', flush=True)\n"
        "sys.stdin.readline()\n"
        "try:\n"
        f"    print({ask})\n"
        "except OSError as error:\n"
        "    print(errno.errorcode[error.errno])\n"
    )
    asker = subprocess.Popen(
        [sys.executable, "-c", code, instance.mount_point, instance.control_dir],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert asker.stdout.readline() == "prepared\n"
    return asker


@pytest.mark.parametrize("kind", WAITING)
def test_what_waits_is_answered_by_the_next(mounted, kind):
    prepare, ask, expected = WAITING[kind]
    mounted.patch(flow_patch("cold.json", "SCMP_ACT_KILL"))
    worker = worker_of(mounted)
    asker = start_asker(mounted, prepare, ask)
    stop_process(worker)
    asker.stdin.write("\n")
    asker.stdin.flush()
    wait_blocked(asker)
    assert not select.select([asker.stdout], [], [], 0)[0]
    os.kill(worker, signal.SIGKILL)
    out, _ = asker.communicate(timeout=TIME_LIMIT)
    assert out == expected + "\n"
    assert restarts(mounted) == 1
    # All or nothing: in where it was opened after the death, and only there.
    in_it = kind == "control-open"
    assert mounted.cat("audit.json") == (KILL_JSON if in_it else AUDIT_JSON)
    assert mounted.versions() == {"audit.json": 2 if in_it else 1, "cold.json": 1}


def measure_restart(instance, n_before):
    """Seconds from SIGKILL to the first answer of the next worker."""
    worker = worker_of(instance)
    begin = time.monotonic()
    os.kill(worker, signal.SIGKILL)
    # Not cached, so that somebody has to answer. The dead one does not: the signal comes before what it reads next.
    with pytest.raises(FileNotFoundError):
        os.stat(instance.mount_point / "none.json")
    seconds = time.monotonic() - begin
    wait_until(lambda: instance.log_text().count(": serves ") == n_before + 2, "the next worker to be ready")
    return seconds


def test_restart_time(mounted, capsys):
    """With 20 profiles."""
    for i in range(19):
        mounted.patch(flow_patch(f"p{i}.json", "SCMP_ACT_LOG"))
    medians = []
    while len(medians) < N_SERIES and (not medians or min(medians) > BAR):
        n = len(medians) * N_RESTARTS
        times = [measure_restart(mounted, n + i) for i in range(N_RESTARTS)]
        medians.append(statistics.median(times))
        show(
            capsys,
            f"from SIGKILL to the first answer: median {1000 * medians[-1]:.1f} ms, "
            f"shortest {1000 * min(times):.1f} ms, longest {1000 * max(times):.1f} ms",
        )
    assert min(medians) <= BAR
