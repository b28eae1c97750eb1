# SPDX-License-Identifier: Apache-2.0
"""scripts/test-run and test-summary on a small project: what is run twice, and how it is counted."""

import os
import subprocess

import pytest

from support import TIME_LIMIT

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts")

# What a test of the project prints or does, by its name.
GOOD = "echo ok 1 - a; echo ok 2 - b; echo 1..2"
BAD = "echo ok 1 - a; echo not ok 2 - b; echo 1..2"
HANGS = "echo ok 1 - a; exec sleep 1000"
CRASHES = "echo ok 1 - a; echo 1..1; exit 3"
BINARY = "printf 'not ok 1 - \\001\\377\\n1..1\\n'"
SKIPS = "echo ok 1 - a; echo 'ok 2 - b # SKIP no reason'; echo 1..2"


def at_second_run(first):
    """Fails the first way, then is good."""
    return f'[ -e "$0.ran" ] && {{ {GOOD}; exit 0; }}; touch "$0.ran"; {first}'


class Project:
    """A meson project whose tests are shell scripts."""

    def __init__(self, directory):
        self.directory = directory
        self.build = directory / "build-it"
        self.lines = ["project('sample')"]

    def add(self, name, script, protocol="tap", timeout=1):
        path = self.directory / name.replace("/", "-")
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        self.lines.append(
            f"test('{name}', find_program('{path}'), protocol: '{protocol}', "
            f"suite: '{name.split('/')[0]}', timeout: {timeout})"
        )

    def call(self, *command, **environment):
        """Exit status and the lines on the standard output; CI is unset unless given."""
        kept = {key: value for key, value in os.environ.items() if key not in ("CI", "SECCOMPFS_MUST_RUN")}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, env={**kept, **environment}, timeout=4 * TIME_LIMIT, check=False
        )
        return done.returncode, done.stdout.decode(errors="replace").splitlines()

    def summarize(self, **environment):
        return self.call(os.path.join(SCRIPTS, "test-summary"), self.build, **environment)

    def run(self):
        """The status of test-run, its output, and what test-summary makes of it, with its status."""
        (self.directory / "meson.build").write_text("\n".join(self.lines) + "\n", encoding="utf-8")
        assert self.call("meson", "setup", self.build, self.directory)[0] == 0
        status, output = self.call(os.path.join(SCRIPTS, "test-run"), self.build)
        summary_status, summary = self.summarize()
        assert (status != 0) == (summary_status != 0)
        return status, output, summary


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


# The first way they end.
MENDED = {
    "consumers/bad": BAD,
    "ctl/hangs": HANGS,
    "mount/crashes": CRASHES,
    "mount/binary": BINARY,
    "threads/nothing": "exit 1",
    "vm/bad": "echo '# why it failed'; " + BAD,
}


def test_what_runs_again(project):
    """Real programs do, and pass then. What computes does not."""
    project.add("unit/cases", GOOD)
    project.add("style/one", "exit 0", protocol="exitcode")
    for name, first in MENDED.items():
        project.add(name, at_second_run(first))
    for name in ("unit/one", "vectors/one", "fuzz/one", "style/two"):
        project.add(name, at_second_run(BAD))
    status, output, summary = project.run()
    assert status != 0
    # Two cases of unit/cases, and of each that was mended; one, and the good half of the four that were not.
    assert summary.pop() == f"{3 + 2 * len(MENDED) + 4} passed, 4 failed"
    assert sorted(summary) == [f"passed at the second run: {name} (build-it)" for name in sorted(MENDED)]
    assert "# why it failed" in output
    again = [line.split() for line in output if line.startswith("== build-it, again, one by one: ")]
    assert len(again) == 1 and sorted(again[0][6:]) == sorted(MENDED)


def test_a_second_run_mends_all(project):
    project.add("mount/late", at_second_run(BAD))
    status, _, summary = project.run()
    assert (status, summary) == (0, ["passed at the second run: mount/late (build-it)", "2 passed, 0 failed"])
    # What is left of that run does not count at the next one.
    status, _ = project.call(os.path.join(SCRIPTS, "test-run"), project.build)
    assert (status, *project.summarize()) == (0, 0, ["2 passed, 0 failed"])


def test_twice_is_a_failure(project):
    """Also where no case tells of it: it hung or crashed between two, or ended with a bad status."""
    project.add("mount/bad", BAD)
    project.add("mount/hangs", HANGS)
    project.add("mount/crashes", CRASHES)
    project.add("mount/late", at_second_run(BAD))
    status, _, summary = project.run()
    assert status != 0
    assert summary == ["passed at the second run: mount/late (build-it)", "5 passed, 3 failed"]


def test_a_skip_is_a_failure_in_ci(project):
    project.add("unit/one", SKIPS)
    status, _, summary = project.run()
    assert (status, summary) == (0, ["1 passed, 0 failed, 1 skipped"])
    assert project.summarize(CI="true") == (1, ["1 passed, 0 failed, 1 skipped"])


def test_a_build_that_ran_nothing_is_a_failure(project):
    assert project.summarize() == (1, ["0 passed, 1 failed"])
