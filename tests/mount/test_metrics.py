# SPDX-License-Identifier: Apache-2.0
"""The file metrics of the control plane: its format, what it counts, and that a worker's death is no new beginning."""

import os
import re
import signal
import stat
import time

import exposition
import pytest
import yaml

from support import AUDIT_JSON, CONFIG, flow_patch, run, wait_until
from workers import kill_worker, restarts, worker_of

NAMES = {
    "build_info": "gauge",
    "worker_start_time_seconds": "gauge",
    "worker_restarts_total": "counter",
    "worker_last_end_info": "gauge",
    "commits_total": "counter",
    "config_reloads_total": "counter",
    "config_reload_errors_total": "counter",
    "config_served": "gauge",
    "config_parsed_at_start": "gauge",
    "profiles": "gauge",
    "profiles_linted": "gauge",
    "profiles_compiled": "gauge",
    "profiles_denied": "gauge",
    "lint_findings": "gauge",
    "denials": "gauge",
    "profile_misses_total": "counter",
}


def read(instance):
    return exposition.parse((instance.control_dir / "metrics").read_bytes())


def value(instance, name):
    """Of a metric that has no labels."""
    return read(instance)[f"seccompfs_{name}"].samples[()]


def commits(instance):
    samples = read(instance)["seccompfs_commits_total"].samples
    return {labels[0][1]: number for labels, number in samples.items()}


def causes(instance):
    return [labels for labels in read(instance)["seccompfs_worker_last_end_info"].samples]


def miss(instance, name):
    with pytest.raises(FileNotFoundError):
        os.stat(instance.mount_point / name)


# The reader of the format reads no nonsense.


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a 1\n",
        "# HELP a b\n# TYPE a gauge\na 1",  # no line feed
        "# HELP a b\n# TYPE a gauge\na 1\n\n",
        "# HELP a b\n# TYPE a gauge\na 1\na 2\n",
        "# HELP a b\n# TYPE a gauge\nb 1\n",
        "# HELP a b\na 1\n",
        "# HELP a b\n# TYPE a counter\na 1\n",  # no _total
        "# HELP a_total b\n# TYPE a_total gauge\na_total 1\n",
        '# HELP a b\n# TYPE a gauge\na{b="c""} 1\n',
        '# HELP a b\n# TYPE a gauge\na{b="\\c"} 1\n',
        '# HELP a b\n# TYPE a gauge\na{b="c",} 1\n',
        "# HELP a b\n# TYPE a gauge\na{} 1\n",
        "# HELP a b\n# TYPE a gauge\na  1\n",
        "# HELP a b\n# TYPE a gauge\na 1 2 3\n",
        "# HELP a b\n# TYPE a gauge\n# HELP a b\n",
    ],
)
def test_nonsense_is_refused(text):
    with pytest.raises(AssertionError):
        exposition.parse(text.encode())


def test_escapes_are_read():
    text = '# HELP a b\n# TYPE a gauge\na{c="d\\\\\\"\\n",e=""} 1.5\n'
    assert exposition.parse(text.encode())["a"].samples == {(("c", 'd\\"\n'), ("e", "")): 1.5}


# The file.


def test_format(mounted):
    families = read(mounted)
    assert {name: family.type for name, family in families.items()} == {
        f"seccompfs_{name}": kind for name, kind in NAMES.items()
    }
    ((labels, number),) = families["seccompfs_build_info"].samples.items()
    assert number == 1 and labels[0][0] == "version" and re.fullmatch(r"[0-9.]+", labels[0][1])
    started = families["seccompfs_worker_start_time_seconds"].samples[()]
    assert time.time() - 3600 < started < time.time() + 1
    assert commits(mounted) == {"applied": 0, "skipped": 0, "failed": 0}
    for name in ("worker_restarts_total", "config_reloads_total", "config_reload_errors_total", "profile_misses_total"):
        assert value(mounted, name) == 0, name
    assert causes(mounted) == []
    assert value(mounted, "profiles") == value(mounted, "config_served") == 1


def test_the_document_has_them_all():
    docs = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs")
    with open(os.path.join(docs, "control.md"), encoding="utf-8") as file:
        text = file.read()
    rows = re.findall(r"^\| `seccompfs_(\w+)(?:\{\w+\})?` \| (\w+) \|", text, re.MULTILINE)
    assert dict(rows) == NAMES
    rules = yaml.safe_load(text.split("```yaml\n")[-1].split("```")[0])["groups"][0]["rules"]
    asked = {name for rule in rules for name in re.findall(r"seccompfs_(\w+)", rule["expr"])}
    assert len(rules) >= 3 and asked <= set(NAMES)


def test_a_file_that_programs_read(mounted):
    """As those of proc are: of size 0, read to the end, whole in however small pieces, new at each open."""
    path = mounted.control_dir / "metrics"
    st = os.stat(path)
    assert (stat.S_IMODE(st.st_mode), st.st_size) == (0o444, 0)
    assert abs(st.st_mtime - time.time()) < 60
    fd = os.open(path, os.O_RDONLY)
    mounted.patch(flow_patch("new.json", "SCMP_ACT_KILL"))
    pieces = []
    while piece := os.read(fd, 7):
        pieces.append(piece)
    os.close(fd)
    assert exposition.parse(b"".join(pieces))["seccompfs_profiles"].samples[()] == 1
    assert value(mounted, "profiles") == 2
    assert run("cat", path).stdout.startswith(b"# HELP seccompfs_")
    copy = mounted.directory / "copy"
    assert run("cp", path, copy).returncode == 0 and exposition.parse(copy.read_bytes())
    with pytest.raises(PermissionError):
        os.open(path, os.O_WRONLY)


def test_commits_by_result(mounted):
    mounted.patch(flow_patch("a.json", "SCMP_ACT_KILL"))
    mounted.patch(flow_patch("a.json", "SCMP_ACT_KILL"))
    for text in (flow_patch("a.json", "SCMP_ACT_NONSENSE"), "machine: [\n", "{" * 3 + "\n"):
        with pytest.raises(OSError):
            mounted.patch(text)
    assert commits(mounted) == {"applied": 1, "skipped": 1, "failed": 3}
    with open(mounted.control, "wb"):
        pass
    assert sum(commits(mounted).values()) == 5
    assert value(mounted, "profiles") == 2


def test_misses(mounted):
    """All are counted, also those that are too many for the log; but not what shells try."""
    for i in range(30):
        miss(mounted, f"none{i}.json")
        miss(mounted, ".hidden")
    assert value(mounted, "profile_misses_total") == 30
    assert mounted.cat("audit.json") == AUDIT_JSON
    assert value(mounted, "profile_misses_total") == 30


def test_a_death_is_no_new_beginning(mounted):
    mounted.patch(flow_patch("a.json", "SCMP_ACT_KILL"))
    mounted.patch(flow_patch("a.json", "SCMP_ACT_KILL"))
    with pytest.raises(OSError):
        mounted.patch(flow_patch("a.json", "SCMP_ACT_NONSENSE"))
    miss(mounted, "none.json")
    for i in range(1, 4):
        kill_worker(mounted)
        assert value(mounted, "worker_restarts_total") == i
        assert causes(mounted) == [(("cause", "killed by signal 9"),)]
        mounted.patch(flow_patch("a.json", ["SCMP_ACT_KILL", "SCMP_ACT_LOG"][i % 2]))
        miss(mounted, "none.json")
        assert commits(mounted) == {"applied": 1 + i, "skipped": 1, "failed": 1}
        assert value(mounted, "profile_misses_total") == 1 + i
    # A new mount is one.
    mounted.restart()
    assert value(mounted, "worker_restarts_total") == sum(commits(mounted).values()) == 0
    assert causes(mounted) == []


def test_an_upgrade_is_no_new_beginning(mounted):
    mounted.patch(flow_patch("a.json", "SCMP_ACT_KILL"))
    miss(mounted, "none.json")
    mounted.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "upgrade: the new worker serves" in mounted.log_text(), "the new worker")
    assert commits(mounted) == {"applied": 1, "skipped": 0, "failed": 0}
    assert value(mounted, "profile_misses_total") == value(mounted, "worker_restarts_total") == 1
    assert causes(mounted) == [(("cause", "upgraded"),)]


def test_the_cause_is_the_last_one(mounted):
    os.kill(worker_of(mounted), signal.SIGABRT)
    wait_until(lambda: restarts(mounted) == 1, "the restart")
    assert causes(mounted) == [(("cause", "killed by signal 6"),)]
    kill_worker(mounted)
    assert causes(mounted) == [(("cause", "killed by signal 9"),)]


# The config, as others edit it.

INVALID = CONFIG.replace("SCMP_ACT_LOG", "SCMP_ACT_NONSENSE")
LINE = INVALID[: INVALID.index("SCMP_ACT_NONSENSE")].count("\n") + 1
COLUMN = INVALID.splitlines()[LINE - 1].index("SCMP_ACT_NONSENSE") + 1


def save(instance, text):
    """At once: a file that is written in place may be looked at while it is empty."""
    new = instance.directory / "new.yaml"
    new.write_text(text, encoding="utf-8")
    new.rename(instance.config)


def expect_invalid(instance, n_errors):
    """Where an operator looks: metrics tells that there is something, control and the log what and where."""
    wait_until(lambda: value(instance, "config_reload_errors_total") == n_errors, "the error to be counted")
    assert value(instance, "config_served") == 0
    result = instance.result()
    assert result.startswith("result: failed\n") and f"line: {LINE}\n" in result and f"column: {COLUMN}\n" in result
    assert f'file: "{instance.config}"\n' in result
    assert f"{instance.config}:{LINE}:{COLUMN}: machine.seccompProfiles[0].value.defaultAction: " in instance.log_text()
    assert instance.cat("audit.json") == AUDIT_JSON


def test_an_invalid_edit(mounted):
    save(mounted, INVALID)
    expect_invalid(mounted, 1)
    assert value(mounted, "config_reloads_total") == 0
    save(mounted, CONFIG)
    wait_until(lambda: value(mounted, "config_served") == 1, "the config to be served again")
    assert value(mounted, "config_reload_errors_total") == 1
    save(mounted, CONFIG.replace("ACT_LOG", "ACT_KILL"))
    wait_until(lambda: value(mounted, "config_reloads_total") == 2, "the edit")
    assert value(mounted, "config_served") == 1
    assert sum(commits(mounted).values()) == 0


def test_a_config_that_is_gone(mounted):
    mounted.config.unlink()
    wait_until(lambda: value(mounted, "config_reload_errors_total") == 1, "the error to be counted")
    assert value(mounted, "config_served") == 0
    save(mounted, CONFIG)
    wait_until(lambda: value(mounted, "config_served") == 1, "the config to be served again")


def test_a_start_with_an_invalid_config(mounted):
    assert mounted.stop() == 0
    save(mounted, INVALID)
    mounted.start()
    expect_invalid(mounted, 1)
    kill_worker(mounted)
    expect_invalid(mounted, 2)
    # A patch has nothing to be applied to.
    with pytest.raises(OSError):
        mounted.patch(flow_patch("a.json", "SCMP_ACT_KILL"))
    assert value(mounted, "config_served") == 0
    assert commits(mounted)["failed"] == 1
