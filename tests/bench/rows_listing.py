# SPDX-License-Identifier: Apache-2.0
"""Rows about listing 10,000 profiles with their attributes."""

import profiles
from measure import Row, alternate
from subjects import Background, Mounted

COUNT = 10000


def listing(bench):
    lister = bench.helper("listing")
    tmpfs = bench.tmpfs()
    for i in range(COUNT):
        (tmpfs / profiles.name_of(i)).touch()
    text = profiles.config(COUNT, "200 B")

    def walk(directory, verb="list"):
        ns, count = lister.ask(verb, directory)
        assert count == COUNT, f"{directory}: {count} entries"
        return ns

    with bench.using(Mounted(bench.fresh("listing"), text)) as instance:
        walk(instance.mount_point)
        instance.settle()
        ours, theirs = alternate(
            bench.rounds, bench.pick(3, 1), lambda: walk(instance.mount_point), lambda: walk(tmpfs)
        )
    title = "readdir+stat of 10,000 profiles, second time"
    yield Row("listing/second", title, "tmpfs", "ns", ours, theirs, bar=1.2)
    walk(tmpfs, "learn")
    subject = Background(bench.fresh("first"), text, bench.helper("start_once"))

    def on_a_fresh_mount(verb):
        subject.begin(profiles.name_of(0))
        try:
            return walk(subject.mount_point, verb)
        finally:
            subject.end()

    with bench.using(subject, "end"):
        first, lookups, theirs = alternate(
            bench.rounds, 1, lambda: on_a_fresh_mount("list"), lambda: on_a_fresh_mount("stat"), lambda: walk(tmpfs)
        )
    title = "readdir+stat of 10,000 profiles, first time"
    yield Row("listing/first", title, "tmpfs", "ns", first, theirs)
    yield Row("listing/lookups", title, "a LOOKUP each, on a fresh mount", "ns", first, lookups)
