# SPDX-License-Identifier: Apache-2.0
"""The table of base sets, as scripts/measure-base reads and writes it. What it measures is tests/consumers/test_bases.py's."""

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE = TOP / "src" / "profile" / "base_sets.c"


@pytest.fixture(scope="module", name="script")
def load_script():
    """The script as a module."""
    before = list(sys.path), sys.dont_write_bytecode
    loader = importlib.machinery.SourceFileLoader("measure_base", os.fspath(TOP / "scripts" / "measure-base"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("measure_base", loader))
    loader.exec_module(module)
    yield module
    sys.path[:], sys.dont_write_bytecode = before


def test_the_committed_table_is_what_is_written(script, tmp_path):
    sets = script.read_sets(TABLE)
    assert {base.runtime for base in sets} == {"runc", "crun"}
    copy = tmp_path / "copy.c"
    script.write_sets(copy, reversed(sets))
    assert copy.read_text(encoding="utf-8") == TABLE.read_text(encoding="utf-8")


def test_sets_are_sorted_and_of_known_names(script):
    table = (TOP / "src" / "profile" / "syscall_table.c").read_text(encoding="utf-8")
    known = set(re.findall(r'\{ "(\w+)", ', table))
    for base in script.read_sets(TABLE):
        lists = [base.needed, base.without_nnp, base.sometimes]
        assert all(names == sorted(names) for names in [*lists, base.seen])
        assert len(set(sum(lists, []))) == sum(map(len, lists))
        assert set(sum(lists, [])) <= set(base.seen) <= known
        assert "execve" in base.needed


def test_a_version_is_added_and_replaced(script, tmp_path):
    path = tmp_path / "table.c"
    path.write_bytes(TABLE.read_bytes())
    others = script.read_sets(path)
    first = script.BaseSet("runc", "1.10.0", ["execve"], ["close", "execve"], ["close"], [], "once")
    script.replace_set(path, first)
    assert script.read_sets(path)[-1] == first  # after 1.9 and all before it
    second = first._replace(seen=["execve"], comment="twice")
    script.replace_set(path, second)
    assert script.read_sets(path) == [*others, second]


def test_a_table_is_begun(script, tmp_path):
    path = tmp_path / "new.c"
    base = script.BaseSet("crun", "2.0", [], [f"call_{i}" for i in range(40)], [], [], "never")
    script.replace_set(path, base)
    assert script.read_sets(path) == [base]
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 100
