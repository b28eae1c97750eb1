# SPDX-License-Identifier: Apache-2.0
"""Fixtures that several tests on mounts share."""

import pytest

from faulty import Bench


@pytest.fixture
def bench(instance, tmp_path_factory):
    one = Bench(instance, tmp_path_factory.mktemp("trace"))
    instance.start()
    return one
