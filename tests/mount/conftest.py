# SPDX-License-Identifier: Apache-2.0
"""Fixtures that several tests on mounts share."""

import pytest

from faulty import Bench


@pytest.fixture
def bench(instance, tmp_path_factory):
    one = Bench(instance, tmp_path_factory.mktemp("trace"))
    # The linter works between requests, and writes filters to memory: a fault is for a certain call of a commit.
    instance.always = "validate=off"
    instance.start()
    return one
