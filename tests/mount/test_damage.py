# SPDX-License-Identifier: Apache-2.0
"""Disks that are full or read-only, and a state, a config or a copy of it that is damaged, or is gone.

Profiles are served all the same wherever that can be true, versions never fall, and what cannot be is said.
"""

import errno
import os
import random
import re

import pytest

from faulty import Bench
from support import run, wait_until
from tracing import Tracer
from workers import notifier_of

NEVER_GIVEN = 1000000  # versions above the time begin far above


@pytest.fixture
def bench(instance, tmp_path_factory):
    """It has a history: versions are above 1, and one profile is gone."""
    one = Bench(instance, tmp_path_factory.mktemp("trace"))
    instance.start()
    for _ in range(2):
        patch(one)
    return one


def patch(bench):
    """One that must be good. What is there then."""
    old = bench.patch()
    facts = bench.facts()
    assert bench.which(old, facts) == "new"
    bench.note(facts)
    return facts


def refused(bench, error):
    """One that must fail, with this error, and change nothing."""
    old = bench.facts()
    bench.number += 1
    with pytest.raises(OSError) as e:
        bench.instance.patch(bench.patch_text(old))
    assert e.value.errno == error, bench.instance.result()
    assert bench.facts() == old
    assert bench.instance.result().startswith("result: failed\n")


def contents(facts):
    return {name: content for name, (content, _) in facts.profiles.items()}


def assert_risen(before, after):
    """The same profiles, all with versions that nobody has seen."""
    assert contents(after) == contents(before)
    assert after.config == before.config == after.served_config
    for name, (_, version) in after.profiles.items():
        assert version > max(before.profiles[name][1], NEVER_GIVEN)


def edit(bench):
    """Somebody changes every number in the config. The number."""
    bench.number += 1
    config = bench.instance.config
    text = config.read_text(encoding="utf-8")
    lines = [line.split("Ret: ")[0] + f"Ret: {bench.number}}}" if "Ret: " in line else line for line in text.split("\n")]
    config.write_text("\n".join(lines), encoding="utf-8")
    return bench.number


def is_served(bench, number):
    return all(b"defaultErrnoRet\":%d}" % number in text for text in contents(bench.facts()).values())


# The state.


def damages(state):
    """What there is instead of the state's bytes."""
    third = len(state) // 3
    return {
        "empty": b"",
        "one byte": state[:1],
        "cut short": state[:third],
        "one byte short of all": state[: state.rindex(b"}")],
        "zeros, as after a power cut": bytes(len(state)),
        "zeros from the middle": state[:third] + bytes(len(state) - third),
        "random bytes": random.Random(3).randbytes(len(state)),
        "random bytes in the middle": state[:third] + random.Random(4).randbytes(64) + state[third + 64 :],
        "twice": state + state,
        "null": b"null\n",
        "a list": b"[]",
        "a number": b"1",
        "an empty object": b"{}",
        "a schema and no more": b'{"schema": 1}',
        "a schema that is a word": state.replace(b'"schema": 1', b'"schema": "1"'),
        "a schema below all": state.replace(b'"schema": 1', b'"schema": 0'),
        "profiles that are a list": b'{"schema": 1, "nextNodeid": 99, "versionFloor": 0, "profiles": []}',
        "a version below all": re.sub(rb'"version": \d+', b'"version": -3', state),
        "a version that is too large": re.sub(rb'"version": \d+', b'"version": 1e30', state),
        "a digest that is none": state.replace(b'"sha256": "', b'"sha256": "x'),
    }


def damage_state(bench, damage):
    path = bench.instance.state / "state.json"
    bytes_ = damages(path.read_bytes())[damage]
    assert bytes_ != path.read_bytes()
    path.write_bytes(bytes_)
    return bytes_


@pytest.mark.parametrize("damage", damages(b"{}"))
def test_a_state_that_is_damaged(bench, damage):
    """It is put aside, and versions go on above all that may have been in it; at a start, and when a worker dies."""
    kept = bench.instance.state / "state.json.broken"
    for restart in (bench.instance.restart, lambda: bench.restart_worker(bench.worker())):
        before = patch(bench)
        bytes_ = damage_state(bench, damage)
        restart()
        after = bench.facts()
        assert_risen(before, after)
        assert kept.read_bytes() == bytes_
        assert "state.json is broken" in bench.instance.log_text()
        # And on from there: one by one, also over a restart.
        patch_on_risen(bench)
        kept.unlink()


def patch_on_risen(bench):
    old = bench.patch()
    facts = bench.facts()
    for name in ("a.json", "b.json"):
        assert facts.profiles[name][1] == old.profiles[name][1] + 1
    assert is_served(bench, bench.number)
    bench.instance.restart()
    assert bench.facts() == facts
    bench.note(facts)
    # c.json comes back above the floor; its next version is known when it has come.
    if "c.json" not in facts.profiles:
        bench.patch()
        bench.note(bench.facts())


def test_a_state_of_a_newer_version_is_left_alone(bench):
    path = bench.instance.state / "state.json"
    good = path.read_bytes()
    before = bench.facts()
    newer = good.replace(b'"schema": 1', b'"schema": 999')
    assert bench.instance.stop() == 0
    for bytes_ in (newer, b'{"schema": 2, "all": "else"}'):
        path.write_bytes(bytes_)
        assert bench.instance.start(expect_failure=True) not in (0, None)
        assert path.read_bytes() == bytes_
        assert "of a newer version of seccompfs" in bench.instance.log_text().splitlines()[-1]
    assert not bench.leftovers()
    path.write_bytes(good)
    bench.instance.start()
    assert bench.facts() == before


@pytest.mark.parametrize("how", ["emptied", "moved away"])
def test_a_state_directory_that_is_lost_while_serving(bench, how):
    """Whatever the kernel still knows by nodeid, no name shows the bytes of another."""
    before = patch(bench)
    state = bench.instance.state
    # Cached under their nodeids, and one open without having been read.
    fd = os.open(bench.instance.mount_point / "a.json", os.O_RDONLY)
    if how == "emptied":
        for entry in state.iterdir():
            entry.unlink()
    else:
        # A mount cannot be renamed; another one over it is the same to who looks for the path.
        assert run("mount", "-t", "tmpfs", "-o", "mode=0700", "other", state).returncode == 0
        refused(bench, errno.EIO)
    bench.restart_worker(bench.worker())
    assert_risen(before, bench.facts())
    assert "removed while the mount was served" in bench.instance.log_text()
    os.close(fd)
    patch_on_risen(bench)


def test_a_state_directory_that_is_emptied_and_written_again(bench):
    """A patch makes the state whole before anybody needs it."""
    patch(bench)
    for entry in bench.instance.state.iterdir():
        entry.unlink()
    facts = patch(bench)
    bench.restart_worker(bench.worker())
    assert bench.facts() == facts
    bench.instance.restart()
    assert bench.facts() == facts


# The config, and the copy of it.


def test_a_config_that_is_deleted_while_serving(bench):
    before = patch(bench)
    text = bench.instance.config.read_bytes()
    bench.instance.config.unlink()
    with pytest.raises(OSError) as e:
        bench.instance.patch("{machine: {type: worker}}\n")
    assert e.value.errno == errno.EIO
    assert "cannot be read: No such file or directory" in bench.instance.result()
    for restart in (lambda: bench.restart_worker(bench.worker()), bench.instance.restart):
        restart()
        names = sorted(before.profiles)
        assert {name: bench.instance.cat(name) for name in names} == contents(before)
        assert bench.instance.versions() == {name: version for name, (_, version) in before.profiles.items()}
    bench.instance.config.write_bytes(text)
    assert bench.facts() == before
    patch(bench)


@pytest.mark.parametrize("damage", ["cut short", "other bytes", "gone", "a directory"])
def test_a_copy_of_the_config_that_is_damaged(bench, damage):
    """Nobody needs it while the config is good, and the next start makes it whole. Without a good config and a good
    copy nothing is served, and nothing is written."""
    before = patch(bench)
    wait_until(lambda: not bench.owes_copy(), "the copy")
    (copy,) = [bench.instance.state / name for name in bench.copies()]
    good = copy.read_bytes()

    def spoil():
        copy.unlink()
        if damage == "cut short":
            copy.write_bytes(good[:-9])
        elif damage == "other bytes":
            copy.write_bytes(good.replace(b"a.json", b"x.json"))
        elif damage == "a directory":
            copy.mkdir()

    spoil()
    bench.instance.restart()
    assert bench.facts() == before
    # Behind the first answer.
    if damage != "a directory":
        wait_until(lambda: copy.exists() and copy.read_bytes() == good, "the copy")
    else:
        wait_until(lambda: "no copy of the machine config can be kept" in bench.instance.log_text(), "the warning")
        copy.rmdir()
        bench.instance.restart()

    assert bench.instance.stop() == 0
    spoil()
    bench.instance.config.write_text("machine: [\n", encoding="utf-8")
    state = (bench.instance.state / "state.json").read_bytes()
    assert bench.instance.start(expect_failure=True) not in (0, None)
    assert (bench.instance.state / "state.json").read_bytes() == state
    if damage != "gone":
        assert "the last good machine config cannot be used" in bench.instance.log_text()
    # And with it:
    if copy.is_dir():
        copy.rmdir()
    copy.write_bytes(good)
    bench.instance.start()
    assert {name: bench.instance.cat(name) for name in before.profiles} == contents(before)
    bench.instance.config.write_bytes(before.config)
    bench.instance.restart()
    assert bench.facts() == before


def test_what_a_crash_has_left_is_removed_and_nothing_else(bench):
    config_dir, state = bench.instance.config.parent, bench.instance.state
    ours = [
        config_dir / ".machine.yaml.seccompfs-AbC123",
        state / ".state.json.seccompfs-zZ0123",
        state / f"config-{'0' * 64}.yaml",
    ]
    foreign = [
        *(config_dir / name for name in (".machine.yaml.swp", "machine.yaml~", "machine.yaml.bak", "4913")),
        # As rsync and others call theirs, and one of another config's.
        *(config_dir / name for name in (".machine.yaml.AbC123", ".other.yaml.seccompfs-AbC123")),
        *(config_dir / name for name in (".machine.yaml.seccompfs-", ".machine.yaml.seccompfs-AbC1234")),
        *(state / name for name in ("notes", "state.json.bak", "config-notes.yaml", f"config-{'0' * 63}.yaml")),
    ]
    before = bench.facts()
    for restart in (lambda: bench.restart_worker(bench.worker()), bench.instance.restart):
        for path in ours + foreign:
            path.write_text("half", encoding="utf-8")
        restart()
        assert not [path for path in ours if path.exists()]
        assert all(path.read_text(encoding="utf-8") == "half" for path in foreign)
        assert bench.facts() == before


# Disks.


def fill(directory):
    """Until not a byte more fits."""
    filler = directory / "filler"
    with open(filler, "ab", buffering=0) as file:
        for block in (1 << 16, 1 << 12, 1):
            try:
                while file.write(bytes(block)):
                    pass
            except OSError as e:
                assert e.errno == errno.ENOSPC
    return filler


def resize(directory, size):
    done = run("mount", "-o", f"remount,size={size}", directory)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("full", ["config", "state", "both"])
def test_a_full_disk(bench, full):
    directories = {"config": [bench.instance.config.parent], "state": [bench.instance.state]}
    directories["both"] = directories["config"] + directories["state"]
    for directory in directories[full]:
        resize(directory, "256k")
    bench.wait_for_space()
    fillers = [fill(directory) for directory in directories[full]]
    before = bench.facts()
    for restart in (lambda: None, lambda: bench.restart_worker(bench.worker()), bench.instance.restart):
        restart()
        assert bench.facts() == before
        refused(bench, errno.ENOSPC)
        assert not [name for name in bench.leftovers() if name != "filler"]
    for filler in fillers:
        filler.unlink()
    patch(bench)


@pytest.mark.parametrize("full", ["config", "state"])
def test_a_disk_that_gets_full_in_the_middle(bench, full, capsys):
    """Each page more is a commit that ends at another step; or what is behind it, which is no reason to refuse it."""
    # Some pages each: the config and its copy.
    with open(bench.instance.config, "a", encoding="utf-8") as file:
        file.write("# " + "x" * 9000 + "\n")
    patch(bench)
    directory = bench.instance.config.parent if full == "config" else bench.instance.state
    resize(directory, "256k")
    bench.wait_for_space()
    filler = fill(directory)
    found = []
    for pages in range(9):
        if pages:
            os.truncate(filler, max(0, filler.stat().st_size - 4096))
        old = bench.facts()
        bench.number += 1
        try:
            bench.instance.patch(bench.patch_text(old))
        except OSError as e:
            assert e.errno == errno.ENOSPC
            assert bench.facts() == old
            found.append(f"{pages}: refused")
        else:
            facts = bench.facts()
            assert bench.which(old, facts) == "new"
            bench.note(facts)
            found.append(f"{pages}: applied")
        assert not [name for name in bench.leftovers() if name != "filler"]
    with capsys.disabled():
        print(f"# free pages below the {full}: {', '.join(found)}", flush=True)
    assert "refused" in found[0] and "applied" in found[-1]
    # What a commit has replaced may wait to be closed, and makes room for the next one all the same.
    first = next(i for i, line in enumerate(found) if "applied" in line)
    assert all("applied" in line for line in found[first:])
    # Nor does the last one go without a copy.
    bench.wait_for_space()


def test_space_that_the_notifier_is_giving_back(bench):
    """It has the last descriptors of what was replaced, and takes its time: the next patch needs their space."""
    resize(bench.instance.state, "256k")
    bench.wait_for_space()
    worker = bench.worker()
    tracer = Tracer(notifier_of(worker), bench.trace_file, ["-e", "inject=close:delay_enter=1000000"])
    try:
        patch(bench)
        wait_until(lambda: not bench.has_replaced(worker), "the worker to give them away")
        filler = fill(bench.instance.state)
        patch(bench)
    finally:
        tracer.stop()
    filler.unlink()


@pytest.mark.parametrize("restart", ["worker", "all"])
def test_an_edit_that_cannot_be_written_down(bench, restart):
    """The state's disk is full. The old profiles are served to whoever comes, by whichever worker, and the edit is taken
    in when there is room; its versions are given once."""
    resize(bench.instance.state, "256k")
    bench.wait_for_space()
    # A mount that is made anew would have its space.
    (bench.instance.state / "replaced").unlink()
    filler = fill(bench.instance.state)
    before = bench.facts()
    number = edit(bench)
    wait_until(lambda: "cannot be written: No space left" in bench.instance.result(), "the edit to be refused")
    if restart == "worker":
        bench.restart_worker(bench.worker())
    else:
        bench.instance.restart()
    assert {name: bench.instance.cat(name) for name in before.profiles} == contents(before)
    assert bench.instance.versions() == {name: version for name, (_, version) in before.profiles.items()}
    filler.unlink()
    # Tried again every 5 s.
    wait_until(lambda: is_served(bench, number), "the edit")
    assert bench.instance.versions() == {name: version + 1 for name, (_, version) in before.profiles.items()}
    bench.note(bench.facts())
    patch(bench)


@pytest.mark.parametrize("directory, error", [("config", errno.EROFS), ("state", errno.EIO)])
def test_a_read_only_directory(bench, directory, error):
    path = bench.instance.config.parent if directory == "config" else bench.instance.state
    before = bench.facts()
    bench.wait_for_space()
    # As long as a file without a name is being closed it is busy.
    wait_until(lambda: run("mount", "-o", "remount,ro", path).returncode == 0, "the directory to be read-only")
    for restart in (lambda: None, lambda: bench.restart_worker(bench.worker()), bench.instance.restart):
        restart()
        assert bench.facts() == before
        refused(bench, error)
        assert "Read-only file system" in bench.instance.result() or "read-only" in bench.instance.result()
    assert run("mount", "-o", "remount,rw", path).returncode == 0
    patch(bench)
