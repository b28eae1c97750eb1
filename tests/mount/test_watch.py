# SPDX-License-Identifier: Apache-2.0
"""A config that changes by other hands: each way in which a file changes, good content and bad."""

import errno
import os
import re
import threading
import time

import pytest
import yaml

from support import AUDIT_JSON, CONFIG, KILL_JSON, TIME_LIMIT, ConfigMapVolume, flow_patch, wait_until

KILL = CONFIG.replace("SCMP_ACT_LOG", "SCMP_ACT_KILL")
BROKEN = CONFIG.replace("SCMP_ACT_LOG", "SCMP_ACT_LOGG")
TOOK_IN = "took in an edit of the machine config"


def save(path, text):
    """As most programs save: a new file renamed over the old one."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    os.rename(new, path)


def wait_for(instance, audit_json, what="the edit"):
    wait_until(lambda: instance.cat("audit.json") == audit_json, what)


def wait_for_result(instance, *parts):
    wait_until(lambda: all(part in instance.result() for part in parts), f"{parts} in {instance.result()!r}")


def in_place(config):
    config.write_text(KILL, encoding="utf-8")


def in_place_in_pieces(config):
    with open(config, "r+", encoding="utf-8", buffering=1) as file:
        file.truncate()
        for line in KILL.splitlines(True):
            file.write(line)


def renamed_over(config):
    save(config, KILL)


def as_vim_does(config):
    backup = config.with_name(config.name + "~")
    os.rename(config, backup)
    config.write_text(KILL, encoding="utf-8")
    os.unlink(backup)


def deleted_and_made_again(config):
    os.unlink(config)
    config.write_text(KILL, encoding="utf-8")


def replaced_by_a_link(config):
    other = config.parent / "elsewhere"
    other.mkdir()
    (other / "config").write_text(KILL, encoding="utf-8")
    os.symlink("elsewhere/config", config.with_name("link"))
    os.rename(config.with_name("link"), config)


def written_through_another_name(config):
    other = config.parent / "elsewhere"
    other.mkdir()
    os.link(config, other / "name")
    (other / "name").write_text(KILL, encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        in_place,
        in_place_in_pieces,
        renamed_over,
        as_vim_does,
        deleted_and_made_again,
        replaced_by_a_link,
        written_through_another_name,
    ],
    ids=lambda change: change.__name__,
)
def test_a_change_is_taken_in(mounted, change):
    change(mounted.config)
    wait_for(mounted, KILL_JSON)
    assert mounted.versions() == {"audit.json": 2}
    wait_for_result(mounted, "result: applied\n", f'message: "{TOOK_IN}: 1 updated"', "version: 2\n")
    # It goes on: the new file is watched as the old one was.
    save(mounted.config, CONFIG)
    wait_for(mounted, AUDIT_JSON, "the second edit")
    assert mounted.versions() == {"audit.json": 3}
    assert f"seccompfs: {TOOK_IN}: 1 updated" in mounted.log_text()


def test_versions_rise_only_for_what_changed(mounted):
    mounted.patch(flow_patch("other.json", "SCMP_ACT_LOG"))
    before = mounted.config.read_text(encoding="utf-8")
    save(mounted.config, before.replace("cluster: {}", "cluster: {} # edited"))
    wait_for_result(mounted, f"{TOOK_IN}: no profile changed")
    assert mounted.versions() == {"audit.json": 1, "other.json": 1}
    assert (mounted.control_dir / "machineconfig").read_bytes() == mounted.config.read_bytes()
    save(mounted.config, CONFIG + "---\n")
    wait_for_result(mounted, "1 destroyed")
    assert mounted.names() == ["audit.json"]
    assert mounted.versions() == {"audit.json": 1}


def test_a_patch_is_no_edit(mounted):
    """Neither the result of a patch is replaced, nor is anything logged, for what we wrote ourselves."""
    for i in range(5):
        mounted.patch(flow_patch(f"p{i}.json", "SCMP_ACT_LOG"))
    last = mounted.result()
    # Longer than a change waits to be looked at.
    end = time.monotonic() + 0.7
    while time.monotonic() < end:
        assert mounted.result() == last
    save(mounted.config, mounted.config.read_text(encoding="utf-8") + "# edited\n")
    wait_for_result(mounted, TOOK_IN)
    assert mounted.log_text().count(TOOK_IN) == 1


def test_a_config_map_is_swapped(instance):
    volume = ConfigMapVolume(instance.directory / "volume", "..2026_1", CONFIG)
    instance.config = volume.directory / "machine.yaml"
    instance.start()
    for version, text, expected in (("..2026_2", KILL, KILL_JSON), ("..2026_3", CONFIG, AUDIT_JSON)):
        volume.publish(version, text)
        wait_for(instance, expected, version)
    for old in ("..2026_1", "..2026_2"):
        os.unlink(volume.directory / old / "machine.yaml")
        os.rmdir(volume.directory / old)
    volume.publish("..2026_4", KILL)
    wait_for(instance, KILL_JSON, "..2026_4")
    assert instance.versions() == {"audit.json": 4}
    assert f"seccompfs: {TOOK_IN}" in instance.log_text()


def test_links_on_the_way_are_watched(instance):
    """A link to a directory in the middle of the path, with a link behind it."""
    for name, text in (("a", CONFIG), ("b", KILL)):
        (instance.directory / name).mkdir()
        (instance.directory / name / "real.yaml").write_text(text, encoding="utf-8")
        os.symlink("real.yaml", instance.directory / name / "machine.yaml")
    os.symlink("a", instance.directory / "current")
    instance.config = instance.directory / "current" / "machine.yaml"
    instance.start()
    os.symlink("b", instance.directory / "next")
    os.rename(instance.directory / "next", instance.directory / "current")
    wait_for(instance, KILL_JSON)
    save(instance.directory / "b" / "real.yaml", CONFIG)
    wait_for(instance, AUDIT_JSON, "the edit behind the new link")


def test_the_directory_is_replaced(instance):
    etc = instance.directory / "etc"
    etc.mkdir()
    instance.config = etc / "machine.yaml"
    instance.config.write_text(CONFIG, encoding="utf-8")
    instance.start()
    os.rename(etc, instance.directory / "old")
    wait_for_result(instance, "result: failed\n", "No such file")
    etc.mkdir()
    instance.config.write_text(KILL, encoding="utf-8")
    wait_for(instance, KILL_JSON)
    save(instance.config, CONFIG)
    wait_for(instance, AUDIT_JSON, "the edit in the new directory")


def test_a_bad_edit_changes_nothing(mounted):
    before = mounted.facts_served()
    save(mounted.config, BROKEN)
    wait_for_result(mounted, "result: failed\n", "SCMP_ACT_LOGG")
    assert mounted.facts_served() == before
    error = yaml.safe_load(mounted.result())["errors"][0]
    assert (error["line"], error["column"]) == (8, 24)
    assert error["path"] == "machine.seccompProfiles[0].value.defaultAction"
    assert str(mounted.config) in str(error)
    assert re.search(rf"{re.escape(str(mounted.config))}:8:24: .*SCMP_ACT_LOGG", mounted.log_text())
    # What is served is still shown as the config; a patch has nothing to stand on.
    assert (mounted.control_dir / "machineconfig").read_text(encoding="utf-8") == CONFIG
    with pytest.raises(OSError) as refused:
        mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    assert refused.value.errno == errno.EINVAL
    assert "machine config on disk is invalid" in mounted.result()
    assert mounted.config.read_text(encoding="utf-8") == BROKEN
    assert mounted.facts_served() == before

    # The same content again is no news; another one is.
    save(mounted.config, BROKEN)
    save(mounted.config, BROKEN.replace("LOGG", "LOGGG"))
    wait_for_result(mounted, "SCMP_ACT_LOGGG")
    assert len(re.findall(r":8:24: .*SCMP_ACT_LOGG\b", mounted.log_text())) == 1
    save(mounted.config, KILL)
    wait_for(mounted, KILL_JSON)
    wait_for_result(mounted, "result: applied\n")
    assert mounted.versions() == {"audit.json": 2}


def test_mended_to_what_is_served(mounted):
    save(mounted.config, BROKEN)
    wait_for_result(mounted, "result: failed\n")
    save(mounted.config, CONFIG)
    wait_for_result(mounted, "result: applied\n", "can be used again")
    assert mounted.versions() == {"audit.json": 1}


def test_deleted_and_made_again(mounted):
    os.unlink(mounted.config)
    wait_for_result(mounted, "result: failed\n", "No such file")
    assert mounted.cat("audit.json") == AUDIT_JSON
    assert "No such file" in mounted.log_text()
    with pytest.raises(OSError):
        mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    assert not mounted.config.exists()
    mounted.config.write_text(KILL, encoding="utf-8")
    wait_for(mounted, KILL_JSON)
    wait_for_result(mounted, "result: applied\n")


@pytest.mark.parametrize("spoil", [lambda c: save(c, BROKEN), os.unlink], ids=["invalid", "missing"])
def test_a_start_without_a_good_config(mounted, spoil):
    mounted.patch(flow_patch("new.json", "SCMP_ACT_KILL"))
    before, text = mounted.facts_served(), mounted.config.read_text(encoding="utf-8")
    assert mounted.stop() == 0
    spoil(mounted.config)
    mounted.log.unlink()
    mounted.start()
    assert mounted.facts_served() == before
    result = mounted.result()
    assert "result: failed\n" in result and "the last good one is served" in result
    assert str(mounted.config) in mounted.log_text()
    assert "SCMP_ACT_LOGG" in result or "No such file" in result
    assert (mounted.control_dir / "machineconfig").read_text(encoding="utf-8") == text
    # Again, and then it is mended while it is served.
    mounted.restart()
    assert mounted.facts_served() == before
    save(mounted.config, text.replace("SCMP_ACT_LOG", "SCMP_ACT_KILL"))
    wait_for(mounted, KILL_JSON)
    assert mounted.versions() == {"audit.json": 2, "new.json": 1}
    mounted.patch(flow_patch("more.json", "SCMP_ACT_KILL"))
    mounted.restart()
    assert mounted.versions() == {"audit.json": 2, "more.json": 1, "new.json": 1}


def test_a_first_start_without_a_good_config(instance):
    instance.config.write_text(BROKEN, encoding="utf-8")
    assert instance.start(expect_failure=True) == 1
    assert "machine.yaml:8:24" in instance.log_text()
    assert "last good" not in instance.log_text()


def append(config, text):
    """An edit in place. When a patch has replaced the file meanwhile the text went to the old one, and is written again."""
    while True:
        fd = os.open(config, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(fd, text.encode())
            if os.path.samestat(os.fstat(fd), os.stat(config)):
                return
        finally:
            os.close(fd)


def append_once(instance, name):
    """Whether the profile is there. An edit that falls between a patch's last look at the file and its rename is in the
    file that is replaced: it is written again."""
    if os.path.exists(instance.mount_point / name):
        return True
    if name not in instance.config.read_text(encoding="utf-8"):
        append(instance.config, f"    - name: {name}\n      value: {{defaultAction: SCMP_ACT_KILL}}\n")
    return False


def test_an_editor_and_patches_at_once(instance):
    """No edit is lost and no patch, not even for a moment: a profile that came back would have another version."""
    instance.config.write_text(CONFIG.replace("cluster: {}\n", ""), encoding="utf-8")
    instance.start()
    done = threading.Event()
    patched, failures = [], []

    def patch(writer):
        i = 0
        while i < 20 or not done.is_set():
            name = f"p{writer}-{i}.json"
            try:
                instance.patch(flow_patch(name, "SCMP_ACT_LOG"))
                patched.append(name)
            except OSError as error:
                failures.append((name, error, instance.result()))
            i += 1

    writers = [threading.Thread(target=patch, args=(w,)) for w in range(2)]
    for writer in writers:
        writer.start()
    edited = [f"e{i}.json" for i in range(30)]
    for name in edited:
        wait_until(lambda name=name: append_once(instance, name), name)
    done.set()
    for writer in writers:
        writer.join(timeout=TIME_LIMIT)
    assert not failures
    names = {"audit.json", *edited, *patched}
    assert set(instance.names()) == names
    assert set(instance.versions().values()) == {1}
    profiles = yaml.safe_load(instance.config.read_text(encoding="utf-8"))["machine"]["seccompProfiles"]
    assert {p["name"] for p in profiles} == names
    assert all(instance.cat(name) == KILL_JSON for name in edited)


def test_read_only_takes_edits_in(instance):
    instance.start("ro")
    save(instance.config, KILL)
    wait_for(instance, KILL_JSON)
