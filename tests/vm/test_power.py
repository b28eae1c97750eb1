# SPDX-License-Identifier: Apache-2.0
"""The power goes at random moments of a loop of patches. What was acknowledged is there at the next boot."""

import hashlib
import os
import random
import time

import yaml
from machine import Machine, build_image
from support import CONFIG
from tap_reporter import comment

N_CUTS = 10
N_NAMES = 20  # as in load.c
ACKS_MAX = 60  # of one boot, before its power goes


def profile(n):
    """The bytes that patch n gives to its two profiles, as in load.c."""
    rules = ",".join(
        f'{{"action":"SCMP_ACT_ERRNO","args":[{{"index":{i},"op":"SCMP_CMP_EQ","value":{n}}}],"names":["read"]}}'
        for i in range(6)
    )
    return f'{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{rules}]}}'


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def expected_profiles(n):
    """Name to bytes after the patches 1 to n."""
    found = {"audit.json": '{"defaultAction":"SCMP_ACT_LOG"}'}
    for i in range(max(1, n - N_NAMES + 1), n + 1):
        found[f"p{i % N_NAMES}.json"] = found["last.json"] = profile(i)
    return found


class Seen:
    """What the machine has reported between its boot and its first patch of that boot."""

    def __init__(self):
        self.profiles, self.versions, self.files, self.config = {}, {}, set(), []

    def take(self, line):
        word, _, rest = line.partition(" ")
        if word == "profile":
            name, value = rest.split()
            self.profiles[name] = value
        elif word == "version":
            name, value = rest.split()
            self.versions[name] = int(value)
        elif word == "file":
            self.files.add(rest)
        elif word == "config":
            self.config.append(rest)
        else:
            raise AssertionError(line)

    def number(self, acknowledged):
        """The last patch that is in: the last acknowledged one, or the one that was being made."""
        for n in (acknowledged, acknowledged + 1):
            if self.profiles == {name: digest(text) for name, text in expected_profiles(n).items()}:
                return n
        raise AssertionError(f"not the profiles after patch {acknowledged} or the next: {self.profiles}")

    def check_config(self, n):
        """The file says the same, and what is not ours in it is as it was."""
        text = "\n".join(self.config)
        found = {
            entry["name"]: entry["value"] for entry in yaml.safe_load(text)["machine"].get("seccompProfiles", [])
        }
        assert found == {name: yaml.safe_load(value) for name, value in expected_profiles(n).items()}, text
        assert "# the machine config of a test" in text and "type: worker # not ours" in text, text

    def check_versions(self, floor, n):
        """None went back. At most one too high: a patch whose state was on the disk before its config was."""
        assert set(self.versions) == set(expected_profiles(n)), self.versions
        for name, version in self.versions.items():
            assert floor.get(name, 1) <= version <= floor.get(name, 0) + 2, (name, version, floor)

    def check_files(self):
        strange = {
            path
            for path in self.files
            if not path.rpartition("/")[2].startswith(("machine.yaml", "state.json", "config-", "replaced"))
            or path.endswith(("~", ".tmp", ".new"))
        }
        assert not strange, strange


def see(lines):
    seen = Seen()
    for line in lines:
        if line == "begin":
            return seen
        seen.take(line)
    raise AssertionError("the machine went off by itself")


def cut_at_random(boot, lines, generator, last):
    """Lets it patch for a while, cuts the power somewhere in or between patches. The last acknowledged number."""
    n_acks, part = generator.randint(1, ACKS_MAX), generator.random()
    begin, seen = time.monotonic(), 0
    for line in lines:
        word, number = line.split()
        assert word == "ack" and int(number) == last + 1, (line, last)
        last, seen = last + 1, seen + 1
        if seen == n_acks:
            break
    time.sleep(part * 2 * (time.monotonic() - begin) / n_acks)
    boot.process.kill()
    # What had left the machine before is acknowledged too.
    for line in lines:
        word, number = line.split()
        assert word == "ack" and int(number) == last + 1, (line, last)
        last, seen = last + 1, seen + 1
    return last, seen


def test_acknowledged_patches_survive_power_cuts(tmp_path):
    seed = int(os.environ.get("SECCOMPFS_SEED", random.SystemRandom().randrange(1 << 32)))
    comment(f"SECCOMPFS_SEED={seed}")
    generator = random.Random(seed)
    machine = Machine(tmp_path, build_image())
    machine.write("etc/seccompfs/machine.yaml", CONFIG)
    last, floor = 0, {}
    for cut in range(N_CUTS + 1):
        boot = machine.boot("/vm/power")
        lines = boot.lines()
        try:
            seen = see(lines)
            found = seen.number(last)
            seen.check_config(found)
            seen.check_versions(floor, found)
            seen.check_files()
        except AssertionError:
            comment(boot.console_text()[-3000:])
            boot.cut()
            raise
        comment(f"boot {cut}: {boot.seconds():.0f} s; patch {found} is in, {last} was acknowledged")
        floor = seen.versions
        if cut == N_CUTS:
            boot.cut()
            break
        last, n_acks = cut_at_random(boot, lines, generator, found)
        for n in range(found + 1, last + 1):
            for name in (f"p{n % N_NAMES}.json", "last.json"):
                floor[name] = floor.get(name, 0) + 1
        comment(f"cut {cut + 1}: after {n_acks} acknowledged patches")
