# SPDX-License-Identifier: Apache-2.0
"""seccompctl validate: what is found, how it is told, and the exit status. No seccompfs runs."""

import json
import os

import pytest
import yaml

from support import program, run



def base_names():
    """All that a runtime needs for itself, by the table of the program."""
    names = set()
    for base in ("runc", "crun"):
        value = f"{{defaultAction: SCMP_ACT_ERRNO, x-seccompfs: {{base: {base}}}}}"
        done = run(program("seccompctl"), "render", "-", input=value.encode(), stdin=None)
        names.update(json.loads(done.stdout)["syscalls"][0]["names"])
    return sorted(names)


def clean(without=()):
    """A profile that nothing can be said against."""
    names = ", ".join(name for name in base_names() if name not in without)
    return (
        "defaultAction: SCMP_ACT_ERRNO\n"
        "defaultErrnoRet: 38\n"
        "architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32]\n"
        "syscalls:\n"
        f"  - {{action: SCMP_ACT_ALLOW, names: [{names}]}}\n"
    )


CLEAN = clean()
CLEAN_VALUE = yaml.safe_load(CLEAN)
WARNED = CLEAN + "note: x\n"
BROKEN = CLEAN.replace("SCMP_ACT_ALLOW", "SCMP_ACT_ALOW")


def validate(*words, text=None):
    options = ("--arch", "amd64", "--kernel", "6.1")
    stdin = {} if text is None else {"input": text.encode(), "stdin": None}
    return run(program("seccompctl"), "validate", *options, *words, **stdin)


def as_config(*values):
    """A machine config with profiles a0.json, a1.json..."""
    entries = [{"name": f"a{i}.json", "value": value} for i, value in enumerate(values)]
    return "version: v1alpha1\nmachine:\n  seccompProfiles: " + json.dumps(entries) + "\n"


def test_nothing_is_found():
    done = validate("-", text=CLEAN)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    done = validate("-o", "json", "-", text=CLEAN)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"[]\n", b"")
    done = validate("-", text=as_config(CLEAN_VALUE, CLEAN_VALUE))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_warnings_alone(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(WARNED, encoding="utf-8")
    done = validate(path)
    assert (done.returncode, done.stderr) == (3, b"")
    assert done.stdout.decode() == (
        f'warning: {path}:6:1: unknown key "note": runtimes ignore it [unknown-key]\n    correct the key, or remove it\n'
    )
    done = validate("--output", "json", path)
    assert (done.returncode, done.stderr) == (3, b"")
    assert json.loads(done.stdout) == [
        {
            "level": "warning",
            "rule": "unknown-key",
            "file": str(path),
            "line": 6,
            "column": 1,
            "message": 'unknown key "note": runtimes ignore it',
            "remedy": "correct the key, or remove it",
        }
    ]


def test_errors():
    done = validate("-", text=BROKEN + "note: x\n")
    assert (done.returncode, done.stderr) == (1, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith('stdin:5:14: syscalls[0].action: unknown action "SCMP_ACT_ALOW": did you mean')
    assert 'warning: stdin:6:1: unknown key "note": runtimes ignore it [unknown-key]' in lines


def test_all_of_a_config_is_judged():
    """An error in one profile does not hide what is to be said of the others."""
    broken = {"defaultAction": "SCMP_ACT_ERNO"}
    nonsense = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdri"], "action": "SCMP_ACT_ERRNO"}]}
    done = validate("-o", "json", "-", text=as_config(CLEAN_VALUE, broken, nonsense))
    assert (done.returncode, done.stderr) == (1, b"")
    found = {(one["level"], one["rule"], one["path"]) for one in json.loads(done.stdout)}
    list_path = "machine.seccompProfiles"
    assert ("error", "unknown-action", f"{list_path}[1].value.defaultAction") in found
    assert ("warning", "unknown-syscall", f"{list_path}[2].value.syscalls[0].names[0]") in found
    assert not [one for one in found if one[2].startswith(f"{list_path}[0]")]


@pytest.mark.parametrize("text", ["apiVersion: v1\nkind: X\n", "machine: {}\n", CLEAN + "---\nkind: X\n", "cluster: {}\n"])
def test_a_config_is_told_by_its_keys(text):
    done = validate("-", text=text)
    assert b"defaultAction is missing" not in done.stdout


@pytest.mark.parametrize("text", ["", "# nothing\n", CLEAN + "---\n" + CLEAN, "{}", "[]", "a: [", "x"])
def test_what_is_neither(text):
    done = validate("-", text=text)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.startswith(b"stdin:")


def test_denials_of_a_config_are_judged():
    text = as_config(CLEAN_VALUE) + "  seccompDeny: [{names: [socket]}]\n"
    done = validate("-o", "json", "-", text=text)
    assert done.returncode == 1
    assert "machine.seccompDeny[0]" in json.loads(done.stdout)[0]["path"]


def test_a_filter_is_judged_with_the_denials_of_the_config():
    """Of ints, so that each takes a rule for each bit."""
    calls = "ioctl fcntl setns openat dup3 mknodat fchownat linkat renameat2 flock epoll_ctl tgkill waitid bind".split()
    masks = [{"index": 2, "op": "SCMP_CMP_MASKED_EQ", "value": 0xFFFFFFFF, "valueTwo": i} for i in range(600)]
    rules = [{"action": "SCMP_ACT_ALLOW", "names": ["kcmp"], "args": [mask]} for mask in masks]
    rules += [{"action": "SCMP_ACT_ALLOW", "names": calls}]
    text = as_config({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": rules})
    done = validate("-o", "json", "-", text=text)
    assert not [one for one in json.loads(done.stdout) if one["level"] == "error"]
    denials = [
        {"names": [call], "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1000 * i}], "reason": "CVE-2026-1"}
        for i, call in enumerate(calls)
    ]
    done = validate("-o", "json", "-", text=f"{text}  seccompDeny: {json.dumps(denials)}\n")
    (found,) = [one for one in json.loads(done.stdout) if one["level"] == "error"]
    assert (done.returncode, found["rule"]) == (1, "filter-too-large")
    assert found["path"].startswith("machine.seccompProfiles[0].value")
    assert "with seccompDeny" in found["message"]


MOBY = """\
defaultAction: SCMP_ACT_ERRNO
archMap: [{architecture: SCMP_ARCH_X86_64, subArchitectures: [SCMP_ARCH_X86, SCMP_ARCH_X32]}]
syscalls:
  - {name: acct, action: SCMP_ACT_ERRNO, errno: EPERM, includes: {minKernel: "6.2"}}
"""


def test_what_is_done_with_mobys_format():
    assert validate("--compile=on", "-", text=MOBY).returncode in (0, 3)
    done = validate("--compile=reject", "-o", "json", "-", text=MOBY)
    assert done.returncode == 1
    assert [one["path"] for one in json.loads(done.stdout) if one["rule"] == "not-plain"] == [
        "archMap", "syscalls[0].name", "syscalls[0].errno", "syscalls[0].includes",
    ]  # fmt: skip
    done = validate("--compile=off", "-o", "json", "-", text=MOBY)
    assert done.returncode == 1
    assert "legacy-name" in [one["rule"] for one in json.loads(done.stdout)]


# runc starts no container without fstatfs; crun needs no such call.
NO_FSTATFS = clean(without=["fstatfs"])


def rules_of(*words, text):
    done = validate("-o", "json", *words, "-", text=text)
    return done.returncode, {(one["level"], one["rule"]) for one in json.loads(done.stdout)}


def test_runtimes():
    missing = {("warning", "missing-base")}
    assert rules_of(text=NO_FSTATFS) == (3, missing)
    assert rules_of("--runtime", "runc", text=NO_FSTATFS) == (1, {("error", "missing-base")})
    assert rules_of("--runtime", "crun", text=NO_FSTATFS) == (0, set())
    assert rules_of("--runtime", "crun", "--runtime=runc", text=NO_FSTATFS) == (1, {("error", "missing-base")})


@pytest.mark.parametrize(
    "name, what, why", [("x", "open", "No such file or directory"), (".", "read", "Is a directory")]
)
def test_files_that_cannot_be_read(tmp_path, name, what, why):
    path = tmp_path / name
    done = validate(path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"seccompctl: cannot {what} {path}: {why}\n"
    # Who reads the findings need not look at the exit status to know that there is one.
    for form, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        again = validate("-o", form, path)
        assert (again.returncode, again.stderr) == (1, done.stderr)
        assert load(again.stdout) == [{"level": "error", "file": str(path), "message": f"cannot {what}: {why}"}]


@pytest.mark.parametrize("text", [CLEAN, WARNED, BROKEN, "", "a: [", as_config(CLEAN_VALUE, {"a": 1}), CLEAN + "---\n{}"])
def test_yaml_tells_the_same_as_json(text):
    told = [validate("-o", form, "-", text=text) for form in ("json", "yaml")]
    assert told[0].returncode == told[1].returncode and told[0].stderr == told[1].stderr == b""
    assert json.loads(told[0].stdout) == yaml.safe_load(told[1].stdout)


def test_findings_come_in_the_order_of_their_places():
    """Those of the form too, which are found before those of the meaning."""
    first = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdri"], "action": "SCMP_ACT_ERRNO"}]}
    text = "machine:\n  seccompProfiles:\n" + "".join(
        f"    - {json.dumps({'name': f'a{i}.json', 'value': value})}\n"
        for i, value in enumerate([first, {"defaultAction": "SCMP_ACT_ERNO"}, CLEAN_VALUE | {"note": 1}])
    )
    done = validate("-o", "json", "-", text=text)
    places = [(one["line"], one["column"]) for one in json.loads(done.stdout)]
    assert {line for line, _ in places} == {3, 4, 5}
    assert places == sorted(places)


def test_names_of_files_that_are_no_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/a\xff\nb"
    with open(path, "w", encoding="utf-8") as file:
        file.write("{}")
    for form, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        done = validate("-o", form, path)
        assert load(done.stdout.decode("utf-8"))[0]["file"] == f"{tmp_path}/a\ufffd\nb"


def test_more_than_one_document():
    done = validate("-", text=CLEAN + "---\n" + CLEAN)
    assert done.stdout.decode().splitlines() == [
        "stdin:7:1: found a second document: allowed is one profile, or a machine config"
    ]
    done = validate("-", text="# nothing\n")
    assert done.stdout == b"stdin: found nothing: allowed is one profile, or a machine config\n"


def test_denials_where_nothing_is_compiled():
    done = validate("--compile=off", "-", text=as_config(CLEAN_VALUE) + "  seccompDeny: [{names: [socket], reason: x}]\n")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "stdin:4:16: machine.seccompDeny: found denials with compile=off: allowed where profiles are compiled "
        "[invalid-value]",
        "    serve with compile=on, or remove seccompDeny",
    ]


def test_output_that_cannot_be_written():
    done = run("sh", "-c", 'echo "note: x" | "$0" validate - > /dev/full', program("seccompctl"))
    assert (done.returncode, done.stderr) == (1, b"seccompctl: cannot write: No space left on device\n")


def test_more_findings_than_are_kept_are_counted():
    text = CLEAN + "flags: [" + ", ".join(f"X{i}" for i in range(1100)) + "]\n"
    done = validate("-", text=text)
    assert (done.returncode, done.stderr) == (1, b"")
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 2001 and lines[-1] == "100 more"
    done = validate("-o", "json", "-", text=text)
    assert (done.returncode, done.stderr) == (1, b"")
    told = json.loads(done.stdout)
    assert len(told) == 1001
    assert told[-1] == {"level": "error", "file": "stdin", "message": "100 more findings are not shown"}
