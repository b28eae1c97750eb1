# SPDX-License-Identifier: Apache-2.0
"""A profile with a base starts containers though it allows nothing but the program's own calls."""

import json
import pathlib
import re

import pytest

from conftest import need
from starts import OWN_CALLS, STATUS, PodmanStarter, Starter
from support import Instance
from variants import PODMAN_VARIANTS, VARIANTS

RUNTIMES = ["runc", "crun"]
ROUNDS = 3  # of every way to start: which calls Go's scheduler makes is a matter of chance
TABLE = pathlib.Path(__file__).parents[2] / "src" / "profile" / "base_sets.c"
# Of each runtime every version, and each version alone: which of them is installed differs.
VERSIONS = re.findall(r'^\t\{ "(\w+)", "([^"]+)",', TABLE.read_text(encoding="utf-8"), re.MULTILINE)
BASES = [*RUNTIMES, *map("-".join, VERSIONS), "none"]

OWN = f"{{names: [{', '.join(OWN_CALLS)}], action: SCMP_ACT_ALLOW}}"

# What a profile says of calls that the runtimes make, in ways that its base has to make up for.
RULES = {
    "write to one file": "{names: [write], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 1, op: SCMP_CMP_EQ}]}",
    "one prctl": "{names: [prctl], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 15, op: SCMP_CMP_EQ}]}",
    "read-only openat": "{names: [openat], action: SCMP_ACT_ALLOW, "
    "args: [{index: 2, value: 3, valueTwo: 0, op: SCMP_CMP_MASKED_EQ}]}",
    "no prctl of one kind": "{names: [prctl], action: SCMP_ACT_ALLOW, "
    "args: [{index: 0, value: 15, op: SCMP_CMP_EQ}]}, "
    "{names: [prctl], action: SCMP_ACT_KILL_PROCESS, args: [{index: 0, value: 22, op: SCMP_CMP_EQ}]}",
}

PROFILE = """\
    - name: {name}.json
      value:
        defaultAction: {default}
        x-seccompfs: {{base: {base}}}
        syscalls: [{rules}]
"""


def names_of_rules(runtime):
    return {rules: f"{runtime}-{i}" for i, rules in enumerate(RULES)}


def list_profiles():
    yield from (PROFILE.format(name=b, base=b, default="SCMP_ACT_ERRNO", rules=OWN) for b in BASES)
    for runtime in RUNTIMES:
        yield PROFILE.format(name=f"{runtime}-trace", base=runtime, default="SCMP_ACT_TRACE", rules=OWN)
        for rules, name in names_of_rules(runtime).items():
            text = f"{OWN}, {RULES[rules]}"
            yield PROFILE.format(name=name, base=runtime, default="SCMP_ACT_ERRNO", rules=text)


@pytest.fixture(scope="module")
def served(directory):
    """What a seccompfs serves: name -> the profile."""
    place = directory / "bases"
    place.mkdir()
    instance = Instance(place)
    instance.config.write_text(
        "version: v1alpha1\nmachine:\n  seccompProfiles:\n" + "".join(list_profiles()), encoding="utf-8"
    )
    instance.start()
    yield {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in instance.mount_point.glob("*.json")}
    instance.close()


@pytest.fixture(scope="module", params=RUNTIMES)
def runtime(request):
    need(request.param)
    return request.param


@pytest.fixture(scope="module")
def starter(runtime, directory):
    place = directory / f"starts-{runtime}"
    place.mkdir()
    return Starter(runtime, place)


@pytest.fixture(scope="module")
def podman(runtime, directory):
    need("podman")
    place = directory / f"p-{runtime}"  # podman wants its paths short
    place.mkdir()
    return PodmanStarter(runtime, place)


@pytest.fixture(scope="module")
def base(starter, runtime):
    """That of the version which is installed: the base of every version has all that it has."""
    return f"{runtime}-{starter.version()}"


def test_the_version_is_in_the_table(base):
    assert base in BASES


def test_the_base_of_all_versions_has_that_of_each(served):
    names = {base: {name for rule in served[base]["syscalls"] for name in rule["names"]} for base in BASES}
    assert all(names[f"{runtime}-{version}"] <= names[runtime] for runtime, version in VERSIONS)


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v.how != "gone"], ids=lambda variant: variant.name)
def test_with_its_base_it_starts(starter, served, base, variant):
    for _ in range(ROUNDS):
        outcome = starter.start(variant, served[base])
        assert outcome.status == STATUS, outcome.errors


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v.how == "gone"], ids=lambda variant: variant.name)
def test_with_its_base_it_says_what_is_missing(starter, served, base, variant):
    outcome = starter.start(variant, served[base])
    assert outcome.status not in (None, 0, STATUS)
    assert "no such file" in outcome.errors.lower()


@pytest.mark.parametrize("variant", PODMAN_VARIANTS, ids=lambda variant: variant.name)
def test_with_its_base_it_starts_below_podman(podman, served, base, variant):
    outcome = podman.start(variant, served[base])
    assert outcome.status == STATUS, outcome.errors


# Of the ways without noNewPrivileges, with which a runtime calls most.
CALLING_MOST = [v for v in VARIANTS if v.name in ("root, new privileges", "create, user, new privileges")]


@pytest.mark.parametrize("variant", CALLING_MOST, ids=lambda variant: variant.name)
@pytest.mark.parametrize("rules", RULES)
def test_with_its_base_it_starts_whatever_the_conditions_are(starter, served, runtime, rules, variant):
    outcome = starter.start(variant, served[names_of_rules(runtime)[rules]])
    assert outcome.status == STATUS, outcome.errors


@pytest.mark.parametrize("variant", CALLING_MOST, ids=lambda variant: variant.name)
def test_with_its_base_it_starts_without_a_tracer(starter, served, runtime, variant):
    outcome = starter.start(variant, served[f"{runtime}-trace"])
    assert outcome.status == STATUS, outcome.errors


# The first way that there is, and the one that calls most.
@pytest.mark.parametrize("variant", [VARIANTS[0], VARIANTS[5]], ids=lambda variant: variant.name)
def test_without_a_base_nothing_starts(starter, served, variant):
    outcome = starter.start(variant, served["none"])
    assert outcome.status != STATUS
