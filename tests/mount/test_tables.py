# SPDX-License-Identifier: Apache-2.0
"""Another table of base sets comes with another program: what it changes gets other bytes and a new version, all else
keeps both, and whoever has an old version open reads it to its end."""

import json
import os
import shutil
import signal

import pytest
import yaml

from support import build_dir, program, wait_until
from workers import kill_worker

NEW_CALL = "userfaultfd"  # in the sets of runc that tests/mount/meson.build makes
ALLOWS = "syscalls: [{names: [write], action: SCMP_ACT_ALLOW}]"
PROFILES = {
    "conditional.json": "{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [mount], action: SCMP_ACT_ALLOW, "
    "includes: {caps: [CAP_SYS_ADMIN]}}]}",
    "crun.json": f"{{defaultAction: SCMP_ACT_ERRNO, x-seccompfs: {{base: crun}}, {ALLOWS}}}",
    "none.json": f"{{defaultAction: SCMP_ACT_ERRNO, x-seccompfs: {{base: none}}, {ALLOWS}}}",
    "plain.json": f"{{defaultAction: SCMP_ACT_ERRNO, {ALLOWS}}}",
    "runc.json": f"{{defaultAction: SCMP_ACT_ERRNO, x-seccompfs: {{base: runc}}, {ALLOWS}}}",
    "version.json": f"{{defaultAction: SCMP_ACT_ERRNO, x-seccompfs: {{base: runc-1.1.5}}, {ALLOWS}}}",
}
CHANGED = ["runc.json", "version.json"]


def allowed(text):
    return {name for rule in json.loads(text)["syscalls"] for name in rule["names"]}


class Node:
    """An instance whose worker can be exchanged, and what it serves now."""

    def __init__(self, instance):
        self.instance = instance
        self.worker = instance.directory / "worker"
        self.n_upgrades = 0
        self.version = 1
        self.install("seccompfsd")

    def install(self, name):
        """As a package does it: by rename."""
        path = program(name) if name == "seccompfsd" else os.path.join(build_dir(), "tests", "mount", name)
        new = self.worker.with_suffix(".new")
        shutil.copy2(path, new)
        new.rename(self.worker)

    def start(self):
        self.instance.start(worker=self.worker)

    def upgrade(self, name):
        self.install(name)
        self.n_upgrades += 1
        self.instance.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda: self.instance.log_text().count("upgrade: the new worker serves") == self.n_upgrades, "the upgrade"
        )

    def restart(self, name):
        assert self.instance.stop() == 0
        self.install(name)
        self.start()

    def bytes(self):
        return {name: self.instance.cat(name) for name in PROFILES}

    def expect_change(self, before, is_new):
        """Of bytes, versions, and what control tells, to or from the new table."""
        self.version += 1
        now = self.bytes()
        assert {name for name in PROFILES if now[name] != before[name]} == set(CHANGED)
        for name in CHANGED:
            assert (NEW_CALL in allowed(now[name])) == is_new
            assert allowed(now[name]) ^ allowed(before[name]) == {NEW_CALL}
        assert self.instance.versions() == {name: self.version if name in CHANGED else 1 for name in PROFILES}
        shown = json.loads((self.instance.control_dir / "seccompprofiles.json").read_text(encoding="utf-8"))
        assert {one["metadata"]["id"]: one["metadata"]["version"] for one in shown} == self.instance.versions()
        result = yaml.safe_load(self.instance.result())
        assert result["result"] == "applied"
        begin = "read the machine config at the start: 2 updated: program is "
        assert result["message"].startswith(begin) and "," not in result["message"]
        assert self.instance.log_text().count(begin) == self.version - 1
        assert result["resources"] == [{"id": name, "version": self.version, "event": "updated"} for name in CHANGED]


@pytest.fixture(name="node")
def fixture_node(instance):
    entries = "".join(f"    - {{name: {name}, value: {value}}}\n" for name, value in PROFILES.items())
    instance.config.write_text(f"machine:\n  seccompProfiles:\n{entries}", encoding="utf-8")
    one = Node(instance)
    one.start()
    return one


class Reader:
    """Has every profile open, some of them unread."""

    def __init__(self, node, reads):
        self.fds = {name: os.open(node.instance.mount_point / name, os.O_RDONLY) for name in PROFILES}
        self.expected = {}
        if reads:
            self.check(node.bytes())

    def check(self, expected):
        for name, fd in self.fds.items():
            assert os.pread(fd, 1 << 20, 0) == expected[name], name

    def close(self):
        for fd in self.fds.values():
            os.close(fd)


def test_an_upgrade_and_back(node):
    before = node.bytes()
    # What nobody has read is not in the kernel's cache.
    node.restart("seccompfsd")
    unread, late = Reader(node, reads=False), Reader(node, reads=False)
    node.upgrade("remeasured-worker")
    unread.check(before)
    node.expect_change(before, is_new=True)
    after, newer = node.bytes(), Reader(node, reads=True)
    # Whatever serves next.
    kill_worker(node.instance)
    late.check(before)
    newer.check(after)
    node.upgrade("seccompfsd")
    node.expect_change(after, is_new=False)
    assert node.bytes() == before
    newer.check(after)
    late.check(before)
    # The same program again changes nothing.
    node.upgrade("seccompfsd")
    assert node.bytes() == before
    assert node.instance.versions() == {name: 3 if name in CHANGED else 1 for name in PROFILES}
    for reader in (unread, late, newer):
        reader.close()


def test_what_was_never_read_before_the_upgrade(node):
    """The old version's bytes are nowhere but with the worker that ends."""
    unread = Reader(node, reads=False)
    node.upgrade("remeasured-worker")
    kill_worker(node.instance)
    old = {name: os.pread(fd, 1 << 20, 0) for name, fd in unread.fds.items()}
    unread.close()
    node.expect_change(old, is_new=True)


def test_a_stop_and_a_start(node):
    before = node.bytes()
    node.restart("remeasured-worker")
    node.expect_change(before, is_new=True)
    after = node.bytes()
    node.restart("remeasured-worker")
    assert node.bytes() == after
    node.restart("seccompfsd")
    node.expect_change(after, is_new=False)
    assert node.bytes() == before
