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

PROFILE = """\
    - name: {name}.json
      value:
        defaultAction: SCMP_ACT_ERRNO
        x-seccompfs: {{base: {base}}}
        syscalls:
          - names: [{names}]
            action: SCMP_ACT_ALLOW
"""


@pytest.fixture(scope="module")
def served(directory):
    """What a seccompfs serves for a profile with each base: name -> the profile."""
    place = directory / "bases"
    place.mkdir()
    instance = Instance(place)
    profiles = [PROFILE.format(name=base, base=base, names=", ".join(OWN_CALLS)) for base in [*RUNTIMES, "none"]]
    instance.config.write_text(
        "version: v1alpha1\nmachine:\n  seccompProfiles:\n" + "".join(profiles), encoding="utf-8"
    )
    instance.start()
    yield {
        base: json.loads((instance.mount_point / f"{base}.json").read_text(encoding="utf-8"))
        for base in [*RUNTIMES, "none"]
    }
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


def test_the_version_is_in_the_table(starter, runtime):
    table = pathlib.Path(__file__).parents[2] / "src" / "profile" / "base_sets.c"
    rows = re.findall(r'^\t\{ "(\w+)", "([^"]+)", ', table.read_text(encoding="utf-8"), re.MULTILINE)
    assert (runtime, starter.version()) in rows


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v.how != "gone"], ids=lambda variant: variant.name)
def test_with_its_base_it_starts(starter, served, runtime, variant):
    for _ in range(ROUNDS):
        outcome = starter.start(variant, served[runtime])
        assert outcome.status == STATUS, outcome.errors


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v.how == "gone"], ids=lambda variant: variant.name)
def test_with_its_base_it_says_what_is_missing(starter, served, runtime, variant):
    outcome = starter.start(variant, served[runtime])
    assert outcome.status not in (None, 0, STATUS)
    assert "no such file" in outcome.errors.lower()


@pytest.mark.parametrize("variant", PODMAN_VARIANTS, ids=lambda variant: variant.name)
def test_with_its_base_it_starts_below_podman(podman, served, runtime, variant):
    outcome = podman.start(variant, served[runtime])
    assert outcome.status == STATUS, outcome.errors


# The first way that there is, and the one that calls most.
@pytest.mark.parametrize("variant", [VARIANTS[0], VARIANTS[5]], ids=lambda variant: variant.name)
def test_without_a_base_nothing_starts(starter, served, variant):
    outcome = starter.start(variant, served["none"])
    assert outcome.status != STATUS
