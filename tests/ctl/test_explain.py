# SPDX-License-Identifier: Apache-2.0
"""seccompctl explain, with a seccompfs that serves."""

import json
import platform

import pytest
import yaml

from support import AUDIT_JSON, flow_patch, program, run

MOBY = """\
machine:
  seccompProfiles:
    - name: moby.json
      value:
        defaultAction: SCMP_ACT_ERRNO
        defaultErrno: ENOSYS
        syscalls:
          - names: [read]   # a comment
            action: SCMP_ACT_ALLOW
          - {name: mount, action: SCMP_ACT_ALLOW, includes: {caps: [CAP_SYS_ADMIN]}}
          - {name: chroot, action: SCMP_ACT_ALLOW, includes: {caps: [CAP_SYS_CHROOT]}}
          - {name: write, action: SCMP_ACT_ALLOW, excludes: {minKernel: "99.0"}}
"""
RESULT = (
    b'{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[{"action":"SCMP_ACT_ALLOW",'
    b'"names":["read","chroot","write"]}]}'
)
KERNEL = ".".join(platform.release().split("-")[0].split(".")[:2])
DECISIONS = [
    (6, "defaultErrno ENOSYS: becomes defaultErrnoRet 38"),
    (10, "includes.caps [CAP_SYS_ADMIN]: CAP_SYS_ADMIN is not held: rule left out: mount"),
    (11, "includes.caps [CAP_SYS_CHROOT]: held"),
    (11, "name: becomes names [chroot]"),
    (12, f"excludes.minKernel 99.0: kernel {KERNEL} is older"),
    (12, "name: becomes names [write]"),
    (11, "joined with syscalls[0]"),
    (12, "joined with syscalls[0]"),
]


def explain(instance, *words):
    return run(program("seccompctl"), "--control", instance.control_dir, "explain", *words)


@pytest.fixture
def moby(instance):
    instance.config.write_text(MOBY, encoding="utf-8")
    instance.start()
    return instance


def test_conditions_are_explained(moby):
    assert moby.cat("moby.json") == RESULT
    done = explain(moby, "moby.json")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "profile: moby.json"
    assert lines[1].startswith("node: SCMP_ARCH_") and lines[1].endswith(f", kernel {KERNEL}, capabilities default")
    assert lines[2:6] == [
        "bytes: compiled",
        "served: what is computed here",
        "",
        "source, line 5 of the machine config:",
    ]
    parts = done.stdout.decode().split("\n\n")
    assert yaml.safe_load(parts[1].split("\n", 1)[1]) == yaml.safe_load(MOBY)["machine"]["seccompProfiles"][0]["value"]
    assert parts[2].splitlines() == ["decisions:", *(f"  line {line}: {message}" for line, message in DECISIONS)]
    assert parts[3].startswith("result:\n")
    assert yaml.safe_load(parts[3].split("\n", 1)[1]) == json.loads(RESULT)


def test_forms_for_programs(moby):
    done = explain(moby, "-o", "json", "moby.json")
    assert (done.returncode, done.stderr) == (0, b"")
    told = json.loads(done.stdout)
    assert list(told) == ["name", "node", "compile", "compiled", "served", "source", "decisions", "result"]
    assert (told["name"], told["compiled"], told["served"]) == ("moby.json", True, True)
    facts = yaml.safe_load((moby.control_dir / "facts").read_text(encoding="utf-8"))
    assert told["node"] == {key: facts[key] for key in ("architecture", "kernel", "capabilities")}
    assert told["source"]["syscalls"][1]["includes"] == {"caps": ["CAP_SYS_ADMIN"]}
    assert [(one["line"], one["message"]) for one in told["decisions"]] == DECISIONS
    assert told["result"] == json.loads(RESULT)
    assert yaml.safe_load(explain(moby, "-o", "yaml", "moby.json").stdout) == told


def test_a_plain_profile_is_as_it_stands(mounted):
    done = explain(mounted, "audit.json")
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert "\nbytes: those of the value as it stands\nserved: what is computed here\n" in text
    assert "decisions:" not in text and "result:" not in text
    told = json.loads(explain(mounted, "--output=json", "audit.json").stdout)
    assert (told["compiled"], told["served"], told["decisions"]) == (False, True, [])
    assert told["result"] == told["source"] == json.loads(AUDIT_JSON)


def test_what_is_not_compiled_is_told(instance):
    text = flow_patch("moby.json", "SCMP_ACT_LOG").replace("SCMP_ACT_LOG", "SCMP_ACT_LOG, archMap: []")
    instance.config.write_text(text, encoding="utf-8")
    instance.start("compile=off")
    lines = explain(instance, "moby.json").stdout.decode().splitlines()
    assert "bytes: those of the value as it stands, with compile=off: runtimes ignore what is not plain" in lines
    told = json.loads(explain(instance, "-o", "json", "moby.json").stdout)
    assert (told["compile"], told["compiled"], told["served"]) == ("off", False, True)


def test_denials_are_explained(moby):
    """They change a plain profile too, which then is compiled; one that they do not change stays as it is."""
    moby.patch("{machine: {seccompDeny: [{names: [write], reason: CVE-2026-1}]}}")
    told = json.loads(explain(moby, "-o", "json", "moby.json").stdout)
    assert told["served"] is True
    assert {"action": "SCMP_ACT_ERRNO", "errnoRet": 1, "names": ["write"]} in told["result"]["syscalls"]
    assert any("write" in one["message"] and "denied" in one["message"] for one in told["decisions"])
    moby.patch(flow_patch("plain.json", "SCMP_ACT_LOG"))
    told = json.loads(explain(moby, "-o", "json", "plain.json").stdout)
    assert (told["compiled"], told["served"]) == (True, True)
    moby.patch(flow_patch("plain.json", "SCMP_ACT_KILL"))
    told = json.loads(explain(moby, "-o", "json", "plain.json").stdout)
    assert (told["compiled"], told["served"], told["decisions"]) == (False, True, [])


def test_what_a_condition_of_a_denial_came_to_is_explained(mounted):
    """Of an int what counts are the bits that the kernel takes."""

    def messages(*conditions):
        entry = f"{{names: [socket], args: [{', '.join(conditions)}], reason: CVE-2026-1}}"
        mounted.patch(f"[{{op: add, path: /machine/seccompDeny, value: [{entry}]}}]")
        return [one["message"] for one in json.loads(explain(mounted, "-o", "json", "plain.json").stdout)["decisions"]]

    mounted.patch(flow_patch("plain.json", "SCMP_ACT_LOG"))
    assert messages("{index: 0, op: SCMP_CMP_EQ, value: 38}", "{index: 1, op: SCMP_CMP_GE, value: 3}") == [
        "seccompDeny (CVE-2026-1): socket is denied if argument 0 & 0xffffffff is 38 and argument 1 is at least 3"
    ]
    assert messages("{index: 0, op: SCMP_CMP_LE, value: 30}") == [
        "seccompDeny (CVE-2026-1): socket is denied if argument 0 & 0xfffffff0 is 0, or if argument 0 & 0xfffffff8 is "
        "16, or if argument 0 & 0xfffffffc is 24, or if argument 0 & 0xfffffffe is 28, and so on: 5 cases"
    ]
    assert messages() == ["seccompDeny (CVE-2026-1): socket is denied"]


def test_what_is_not_there(mounted):
    done = explain(mounted, "audi.json")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"seccompctl: no profile audi.json: did you mean audit.json?\n"
    # A path is no name, but shows which one is meant.
    done = explain(mounted, mounted.mount_point / "audit.json")
    assert done.stderr.decode() == f"seccompctl: no profile {mounted.mount_point}/audit.json: did you mean audit.json?\n"
    done = explain(mounted, "zzzzzzzzzzzz")
    assert (done.returncode, done.stderr) == (1, b"seccompctl: no profile zzzzzzzzzzzz\n")


def test_other_bytes_than_are_computed_are_told(moby, tmp_path):
    """A control directory whose config is not that of the profiles that are served."""
    done = run(
        "unshare", "-m", "sh", "-ec",
        'mount --bind "$1" "$2/machineconfig"; exec "$0" --control "$2" explain -o json moby.json',
        program("seccompctl"), write(tmp_path, MOBY.replace("[read]", "[readv]")), moby.control_dir,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    told = json.loads(done.stdout)
    assert told["served"] is False
    assert told["result"]["syscalls"][0]["names"] == ["readv", "chroot", "write"]


def write(tmp_path, text):
    path = tmp_path / "other.yaml"
    path.write_text(text, encoding="utf-8")
    return path
