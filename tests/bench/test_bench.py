# SPDX-License-Identifier: Apache-2.0
"""The whole benchmark in its short form: that all of it works, and of the figures those that are no time."""

import json
import math
import os
import xml.etree.ElementTree

import pytest

import report
import requests
from main import GROUPS, parse_arguments
from measure import AT_LEAST, Missing, Row, Series, alternate
from support import must_run, run
from workers import show

LIMIT = 600  # seconds, for all of it

KEYS = [
    "warm/40", "stopped/40", "warm/16384", "stopped/16384", "two/40", "two/16384", "requests", "faster/minimal",
    "faster/lxcfs", "cold/55", "cold/16384", "cold/made", "listing/second", "listing/first", "listing/lookups",
    "commit/20", "commit/1000", "commit/10000", "growth", "start/1000", "unchanged/1000", "parsers/1000",
    "start/10000", "unchanged/10000", "parsers/10000", "killed/20", "killed/1000", "memory/20", "memory/1000",
]  # fmt: skip

# What depends on no clock is asserted, with the bars that docs/performance.md has.
NO_TIME = ("requests", "parsers/1000", "parsers/10000", "memory/20", "memory/1000")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """The directory that a run has left, and what it printed. Its exit code tells of times, which are not judged."""
    output = tmp_path_factory.mktemp("bench")
    here = os.path.dirname(os.path.abspath(__file__))
    done = run(os.path.join(here, "run"), "--quick", "--output", output, timeout=LIMIT)
    if done.returncode == 77 and not must_run():
        pytest.skip(done.stderr.decode().strip())
    assert done.returncode in (0, 1), done.stderr.decode()
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return output, done


@pytest.fixture
def result(quick):
    with open(quick[0] / "result.json", encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture
def rows(result):
    return {row["key"]: row for row in result["rows"]}


def test_every_row_has_a_number(rows, capsys):
    assert list(rows) == KEYS
    for key, row in rows.items():
        if row["verdict"] == "not measured":
            show(capsys, f"{key}: not measured: {row['reason']}")
            assert key == "faster/lxcfs" and row["reason"] and not must_run()
            continue
        value = row["value"]
        show(capsys, f"{key}: {value['median']:.3g} {row['value_unit']}, bar {row['bar']}: {row['verdict']}")
        assert math.isfinite(value["median"]) and value["q1"] <= value["median"] <= value["q3"]
        assert value["median"] > 0 or row["value_unit"] == ""
        assert all(figure > 0 for figure in row["ours"]["samples"]) or row["value_unit"] == ""


@pytest.mark.parametrize("key", NO_TIME)
def test_what_is_no_time_meets_its_bar(rows, key):
    row = rows[key]
    assert row["bar"] is not None and row["value"]["median"] <= row["bar"], row


@pytest.mark.parametrize("key", ["cold/55", "cold/16384"])
def test_a_cold_read_is_two_requests(rows, key):
    """Of ours, and of what it is measured against. A commit also makes the kernel ask once what the root is like."""
    extra = rows[key]["extra"]
    n = extra["files"]
    ours = dict(extra["requests"])
    assert ours.pop("GETATTR", 0) <= 1
    assert ours == extra["requests of the minimal server"] == {"LOOKUP": n, "READ": n}


def test_the_exit_code_tells_of_bars(quick, rows):
    missed = [key for key, row in rows.items() if row["verdict"] == "MISSED"]
    assert quick[1].returncode == (1 if missed else 0), missed


def test_the_table(quick, rows):
    text = (quick[0] / "table.txt").read_text(encoding="utf-8")
    assert text == quick[1].stdout.decode()
    for row in rows.values():
        (line, *_) = [line for line in text.splitlines() if line.startswith(row["title"]) and row["against"] in line]
        assert row["verdict"] in line
    assert "Nearest to its bar: " in text


def test_the_machine(result):
    facts = result["machine"]
    assert facts["kernel"] == os.uname().release and facts["cpus"] == os.cpu_count()
    assert "unknown" not in {facts[name] for name in ("build type", "libfuse", "libyaml", "disk")}


def test_the_plot(quick, result):
    assert [point["profiles"] for point in result["plot"]] == [10, 100, 1000, 10000]
    for point in result["plot"]:
        for name in report.CURVES:
            assert 0 < point[name]["q1"] <= point[name]["median"] <= point[name]["q3"]
    root = xml.etree.ElementTree.parse(quick[0] / "plot.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = " ".join(root.itertext())
    assert all(name in text for name in (*report.CURVES, "profiles", "milliseconds"))


# Of the parts.


def test_alternate_is_in_turn():
    calls = []

    def call(name):
        calls.append(name)
        return len(calls)

    first, second = alternate(2, 2, lambda: call("a"), lambda: call("b"))
    assert "".join(calls) == "ab" + "abba" * 2
    assert (first, second) == ([4.5, 8.5], [4.5, 8.5])


def row(value, bar, **kwargs):
    return Row("k", "t", "", "ns", Series([value]), bar=bar, **kwargs)


def test_verdicts():
    assert row(2, 2).verdict == "ok" and row(2.01, 2).verdict == "MISSED" and row(9, None).verdict == "reported"
    assert row(4, 4, relation=AT_LEAST).verdict == "ok" and row(3.9, 4, relation=AT_LEAST).verdict == "MISSED"
    assert row(0, 0).verdict == "ok" and row(1, 0).verdict == "MISSED"
    # Round by round: what slows both in one of them is no ratio.
    paired = Row("k", "t", "a", "ns", Series([2, 20, 3]), Series([1, 10, 2]), bar=2)
    assert paired.value == [2, 2, 1.5] and paired.value.median == 2


def test_the_summary_names_what_is_nearest():
    facts = {"date": "", "commit": "", "build type": "", "cpu": "", "cpus": 1, "kernel": "", "libfuse": "",
             "libyaml": "", "disk": "", "rounds": 1}  # fmt: skip
    lines = [row(1, 2), row(5, 4, relation=AT_LEAST), Missing("m", "title", "other", "no such thing", bar=1)]
    lines[1].key = "near"
    text = report.table(lines, facts)
    assert "Nearest to its bar: near, 80% of it. No bar is missed." in text
    assert "not measured: no such thing" in text
    assert "| no such thing" not in report.markdown(lines, facts)
    assert report.markdown(lines, facts).count("|\n") == 5


def test_requests_are_told_by_their_heads():
    text = (
        'read(5, "\\x2b\\x00\\x00\\x00\\x01\\x00\\x00\\x00"..., 135168) = 43\n'
        'read(5, "\\x50\\x00\\x00\\x00\\x0f\\x00\\x00\\x00"..., 135168) = 80\n'
        'read(7, "\\x50\\x00\\x00\\x00\\x0f\\x00\\x00\\x00"..., 135168) = 16\n'
        "read(5, 0x7f, 135168) = -1 EAGAIN (Resource temporarily unavailable)\n"
    )
    assert requests.parse(text) == {"LOOKUP": 1, "READ": 1}


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--rows", "nothing"], 2), (["--rounds", "0"], 2), (["--rounds", "x"], 2), (["-h"], 0)]
)
def test_usage(monkeypatch, capsys, arguments, status):
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    with pytest.raises(SystemExit) as end:
        parse_arguments()
    assert end.value.code == status
    out, err = capsys.readouterr()
    assert ("--rows" in out) if status == 0 else ("usage: bench" in err)
    assert all(name in out for name in GROUPS) or status
