# SPDX-License-Identifier: Apache-2.0
"""Eight writers and eight readers at once: every file is one version, whole, and not older than what is acknowledged.

A build under TSan runs this as well.
"""

import os
import random

from storm import Killer, Traffic, describe_times
from support import TIME_LIMIT
from workers import restarts, show

N_READERS = 8
N_WRITERS = 8
N_PATCHES = 200  # of each
SERVED = 0.05  # seconds that each worker has, while workers are killed
# Then the rest of the patches goes on without: most of what is cut off at this pace has to be tried again.
N_KILLS = 40 if os.environ.get("SECCOMPFS_SANITIZE") else 200
LIMIT = 20 * TIME_LIMIT  # for all patches


def make_traffic(instance, capsys):
    seed = random.randrange(1 << 32)
    show(capsys, f"seed {seed}")
    # Readers that never wait would leave no processor to the writers.
    return Traffic(instance, seed, N_READERS, N_WRITERS, n_names=2 * N_WRITERS, n_patches=N_PATCHES, pause=0.005)


def check(traffic, capsys):
    show(capsys, traffic.describe())
    show(capsys, traffic.describe_waits())
    assert not traffic.failures, "\n".join(traffic.failures)
    assert traffic.count("patch") == N_WRITERS * N_PATCHES
    for what in ("read", "read of what was replaced", "fresh read", "miss", "listing"):
        assert traffic.count(what) > 0, what
    traffic.check_end()


def test_writers_and_readers(mounted, capsys):
    traffic = make_traffic(mounted, capsys)
    traffic.start()
    try:
        traffic.wait("writer", LIMIT)
        traffic.wait_all()
    finally:
        traffic.kill()
    check(traffic, capsys)
    assert traffic.count("cut off") == 0 and restarts(mounted) == 0


def test_workers_are_killed_meanwhile(mounted, capsys):
    traffic = make_traffic(mounted, capsys)
    killer = Killer(mounted, traffic.seed)
    traffic.start()
    try:
        killer.run_steadily(N_KILLS, SERVED)
        traffic.wait("writer", LIMIT)
        traffic.wait_all()
    finally:
        traffic.kill()
    show(capsys, describe_times("from a kill to the first answer", killer.restarts))
    check(traffic, capsys)
    assert traffic.count("cut off") > 0
