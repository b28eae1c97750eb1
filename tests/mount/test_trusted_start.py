# SPDX-License-Identifier: Apache-2.0
"""A start whose config has not changed begins with what the state says of it, and parses nothing. What gives the least
reason for doubt is parsed, and nobody reads a wrong byte either way."""

import os
import re
import shutil

import pytest

import exposition
from support import program
from workers import kill_worker, restarts

N_PROFILES = 20


def profile(i):
    return b'{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":%d}' % i


def entry(i):
    """In all styles that have a span."""
    value = [
        f"      value: {{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: {i}}}",
        f"      value:\n        defaultErrnoRet: {i} # \u00fc\n        defaultAction: 'SCMP_ACT_ERRNO'",
        f'      value: {{"defaultAction": "SCMP_ACT_ERRNO",\n "defaultErrnoRet": {i}}}',
    ]
    return f"    - name: p{i}.json\n{value[i % len(value)]}\n"


@pytest.fixture
def served(instance):
    entries = "".join(entry(i) for i in range(N_PROFILES))
    instance.config.write_text(f"machine:\n  seccompProfiles:\n{entries}", encoding="utf-8")
    instance.start()
    assert was_parsed(instance)
    return instance


def was_parsed(instance):
    metrics = exposition.parse((instance.control_dir / "metrics").read_bytes())
    return metrics["seccompfs_config_parsed_at_start"].samples[()] == 1


def assert_contents(instance, **other):
    assert sorted(instance.names()) == sorted(f"p{i}.json" for i in range(N_PROFILES))
    for i in range(N_PROFILES):
        path = instance.mount_point / f"p{i}.json"
        expected = other.get(f"p{i}", profile(i))
        assert os.stat(path).st_size == len(expected)
        assert path.read_bytes() == expected


def test_a_restart(served):
    before = served.versions()
    for _ in range(2):
        served.restart()
        assert not was_parsed(served)
        assert served.versions() == before
        assert_contents(served)


def test_a_worker_that_is_killed(served):
    with (served.mount_point / "p1.json").open("rb") as opened:
        kill_worker(served)
        assert opened.read() == profile(1)
        assert restarts(served) == 1 and not was_parsed(served)
        # A patch of this worker leaves a state for the next one.
        served.patch("{machine: {seccompProfiles: [{name: p1.json, value: {defaultAction: SCMP_ACT_LOG}}]}}")
        kill_worker(served)
        assert restarts(served) == 2 and not was_parsed(served)
        assert_contents(served, p1=b'{"defaultAction":"SCMP_ACT_LOG"}')
        opened.seek(0)
        assert opened.read() == profile(1)


def test_resources_of_profiles_that_nobody_has_read(served):
    texts = {name: (served.control_dir / name).read_bytes() for name in ("seccompprofiles.json", "seccompprofiles.yaml")}
    served.restart()
    assert not was_parsed(served)
    for name, text in texts.items():
        assert (served.control_dir / name).read_bytes() == text
    assert_contents(served)


def edit_config(instance):
    text = instance.config.read_text(encoding="utf-8")
    instance.config.write_text(text.replace("\u00fc", "\u00e4", 1), encoding="utf-8")


def edit_state(instance, pattern, replacement):
    path = instance.state / "state.json"
    text, n = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1)
    assert n == 1
    path.write_text(text, encoding="utf-8")


DOUBTS = {
    "another config, with the same profiles": edit_config,
    "another span": lambda instance: edit_state(instance, r'"span": "\d+', '"span": "7'),
    "no span": lambda instance: edit_state(instance, r', "span": "[^"]*"', ""),
    "another size": lambda instance: edit_state(instance, r'"bytes": \d+', '"bytes": 1'),
    "another maker": lambda instance: edit_state(instance, r'"maker": "', '"maker": "x'),
    "no seal": lambda instance: edit_state(instance, r',\n "seal": "[^"]*"', ""),
    "a time that somebody has changed": lambda instance: edit_state(instance, r'"created": "2', '"created": "1'),
    "a blank": lambda instance: edit_state(instance, "\n$", "\n "),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_doubts(served, doubt):
    before = served.versions()
    served.stop()
    DOUBTS[doubt](served)
    served.start()
    assert was_parsed(served)
    assert served.versions() == before
    assert_contents(served)
    # Which that start has put right.
    served.restart()
    assert not was_parsed(served)
    assert_contents(served)


def test_another_mode(served):
    served.restart("validate=off")
    assert was_parsed(served)
    served.restart("validate=off")
    assert not was_parsed(served)
    served.restart()
    assert was_parsed(served)


def test_another_program(served, tmp_path):
    """A copy is another file: an upgrade is never taken for the program before it."""
    worker = tmp_path / "seccompfsd"
    shutil.copy(program("seccompfsd"), worker)
    served.stop()
    served.start(worker=worker)
    assert was_parsed(served)
    served.stop()
    served.start(worker=worker)
    assert not was_parsed(served)


def test_a_config_with_an_anchor(served):
    """Its bytes have to be made from the whole config, at each start."""
    with served.config.open("a", encoding="utf-8") as f:
        f.write("    - name: anchor.json\n      value: &a {defaultAction: SCMP_ACT_LOG}\n")
        f.write("    - name: alias.json\n      value: *a\n")
    for _ in range(2):
        served.restart()
        assert was_parsed(served)
        for name in ("anchor.json", "alias.json"):
            assert (served.mount_point / name).read_bytes() == b'{"defaultAction":"SCMP_ACT_LOG"}'
        assert (served.mount_point / "p5.json").read_bytes() == profile(5)
