# SPDX-License-Identifier: Apache-2.0
"""A storm: the worker is killed hundreds of times, and nobody who reads or writes notices more than a pause.

SECCOMPFS_STORM_KILLS=3000 makes a long one.
"""

import os
import random

from storm import Killer, Traffic, describe_times, fds_of, histogram, longest_waits
from support import TIME_LIMIT, wait_until
from workers import restarts, show, worker_of

# A worker with sanitizers needs several times as long to start; what it reports is worth a shorter storm.
N_KILLS = int(os.environ.get("SECCOMPFS_STORM_KILLS") or (60 if os.environ.get("SECCOMPFS_SANITIZE") else 300))
# What must have been done; in a short storm there may be no occasion for some.
DONE = ("read", "fresh read", "miss", "listing", "patch")
DONE_OFTEN = (*DONE, "read of what was replaced", "cut off")


def report(capsys, traffic, killer):
    waits = longest_waits(killer.moments, traffic.each_report("reader", "lister"))
    third = len(killer.restarts) // 3
    show(capsys, f"{len(killer.moments)} kills, {killer.n_early} of them early; {traffic.describe()}")
    show(capsys, describe_times("from a kill to the first answer", killer.restarts))
    show(capsys, describe_times("in the first third of the storm", killer.restarts[:third]))
    show(capsys, describe_times("in the last third", killer.restarts[-third:]))
    show(capsys, describe_times("longest wait of a reader for each kill", waits))
    for line in histogram(waits):
        show(capsys, line)
    show(capsys, traffic.describe_waits())


def test_storm(mounted, capsys):
    seed = random.randrange(1 << 32)
    show(capsys, f"seed {seed}")
    traffic = Traffic(mounted, seed, n_readers=4, n_writers=2, n_listers=1)
    killer = Killer(mounted, seed)
    n_fds = fds_of(mounted.process.pid)
    n_worker_fds = fds_of(worker_of(mounted))
    traffic.start()
    try:
        killer.run(N_KILLS)
        traffic.wait_progress(20)
        traffic.wait_all()
    finally:
        traffic.kill()
    report(capsys, traffic, killer)
    assert not traffic.failures, "\n".join(traffic.failures)
    assert len(killer.moments) == N_KILLS
    wait_until(lambda: restarts(mounted) == N_KILLS, "the last restart to be logged")
    for what in DONE_OFTEN if N_KILLS >= 300 else DONE:
        assert traffic.count(what) > 0, what
    assert traffic.longest() < TIME_LIMIT
    traffic.check_end()
    # Nothing is left behind by the dead.
    assert fds_of(mounted.process.pid) == n_fds
    wait_until(lambda: fds_of(worker_of(mounted)) == n_worker_fds, "the last worker to have what the first had")
