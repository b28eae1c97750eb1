# SPDX-License-Identifier: Apache-2.0
"""machine.seccompDeny: one patch denies a call in every profile that lets it through, and another one gives it back."""

import hashlib
import json
import os
import signal

import exposition
import pytest
import yaml

from support import wait_until
from workers import kill_worker, stop_process, worker_of

# Of every machine.
SYSCALLS = """accept4 bind chdir close connect dup fchdir fchmod fchown fcntl fdatasync flock fsetxattr fstatfs fsync
ftruncate getcwd getegid geteuid getgid getgroups getpid getppid getuid ioctl kill listen listxattr lseek madvise
mlock mmap mount mprotect msync munlock munmap nanosleep ptrace pwrite64 quotactl read readv reboot sendto setgid
setgroups setns setsid setuid statfs swapoff swapon sync syslog times umask uname unshare vhangup write
writev""".split()

PROFILES = {
    # socket as CVE-2026-31431 met it: without a condition, with one as Moby has it, and by the default action.
    "allowed.json": "{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [read, socket], action: SCMP_ACT_ALLOW}]}",
    "default.json": "{defaultAction: SCMP_ACT_LOG}",
    "moby.json": "{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [socket], action: SCMP_ACT_ALLOW, "
    "args: [{index: 0, op: SCMP_CMP_NE, value: 40}]}]}",
    # These do not let it through.
    "none.json": "{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [read], action: SCMP_ACT_ALLOW}]}",
    "other.json": "{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [socket], action: SCMP_ACT_ALLOW, "
    "args: [{index: 0, op: SCMP_CMP_LT, value: 30}]}]}",
    "strict.json": "{defaultAction: SCMP_ACT_ALLOW, syscalls: [{names: [socket], action: SCMP_ACT_KILL}]}",
}
CHANGED = ["allowed.json", "default.json", "moby.json"]

AF_ALG = (
    "{names: [socket], args: [{index: 0, op: SCMP_CMP_EQ, value: 38}], errnoRet: 2, reason: CVE-2026-31431}"
)
LIFT = "{machine: {seccompDeny: [{reason: CVE-2026-31431, $patch: delete}]}}"


def deny(*entries):
    return f"{{machine: {{seccompDeny: [{', '.join(entries)}]}}}}"


def rule(action, operator, value, value_two, **more):
    condition = {"index": 0, "op": f"SCMP_CMP_{operator}", "value": value, "valueTwo": value_two}
    return {"names": ["socket"], "action": action, "args": [condition], **more}


ALLOW, ERRNO = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"
# The kernel takes 32 bits of the family.
DENIED = rule(ERRNO, "MASKED_EQ", 0xFFFFFFFF, 38, errnoRet=2)


def all_but(value):
    """Of numbers of 32 bits: the first that differs, from above, decides which one holds."""
    bits = [1 << i for i in reversed(range(32))]
    masks = [0xFFFFFFFF & ~(bit - 1) for bit in bits]
    return [rule(ALLOW, "MASKED_EQ", mask, (value ^ bit) & mask) for bit, mask in zip(bits, masks)]


def moby_but(value):
    """40 is not allowed either: it differs from 38 first in the bit of 8, 4, 2 …: three masks in place of one."""
    rules = []
    for one in all_but(value):
        condition = one["args"][0]
        if 40 & condition["value"] != condition["valueTwo"]:
            rules.append(one)
            continue
        for bit in (4, 2, 1):
            mask = 0xFFFFFFFF & ~(bit - 1)
            rules.append(rule(ALLOW, "MASKED_EQ", mask, (40 ^ bit) & mask))
    return rules


EXPECTED = {
    "allowed.json": [{"names": ["read"], "action": ALLOW}, *all_but(38), DENIED],
    "default.json": [DENIED],
    "moby.json": [*moby_but(38), DENIED],
}


def result(instance):
    return yaml.safe_load(instance.result())


def events(instance):
    return [(one["id"], one["event"]) for one in result(instance)["resources"]]


@pytest.fixture(name="served")
def fixture_served(instance):
    entries = "".join(f"    - {{name: {name}, value: {value}}}\n" for name, value in PROFILES.items())
    instance.config.write_text(f"machine:\n  seccompProfiles:\n{entries}", encoding="utf-8")
    instance.start()
    return instance


def test_one_patch_changes_what_lets_the_call_through(served):
    before = {name: served.cat(name) for name in PROFILES}
    served.patch(deny(AF_ALG))
    assert events(served) == [(name, "updated") for name in CHANGED]
    for name, text in before.items():
        if name in CHANGED:
            assert json.loads(served.cat(name))["syscalls"] == EXPECTED[name]
        else:
            assert served.cat(name) == text
    assert served.versions() == {name: 2 if name in CHANGED else 1 for name in PROFILES}
    assert not result(served).get("warnings")


def test_a_number_that_is_no_int_denies_more_and_says_so(served):
    served.patch(deny(AF_ALG.replace("38", "0x100000026")))
    (warning,) = result(served)["warnings"]
    assert (warning["rule"], warning["path"]) == ("deny-upper-bits", "machine.seccompDeny[0].args[0]")
    assert json.loads(served.cat("default.json"))["syscalls"] == EXPECTED["default.json"]


def test_lifted_the_bytes_are_the_former_ones(served):
    before = {name: served.cat(name) for name in PROFILES}
    served.patch(deny(AF_ALG))
    served.patch(LIFT)
    assert events(served) == [(name, "updated") for name in CHANGED]
    assert {name: served.cat(name) for name in PROFILES} == before
    assert served.versions() == {name: 3 if name in CHANGED else 1 for name in PROFILES}
    # The same again.
    served.patch(deny(AF_ALG))
    served.patch("{machine: {seccompDeny: {$patch: delete}}}")
    assert {name: served.cat(name) for name in PROFILES} == before
    assert served.versions() == {name: 5 if name in CHANGED else 1 for name in PROFILES}


def test_it_holds_whoever_serves(served):
    served.patch(deny(AF_ALG))
    denied = served.facts_served()
    kill_worker(served)
    assert served.facts_served() == denied
    served.restart()
    assert served.facts_served() == denied
    # What a new worker makes anew, and what an edit brings.
    kill_worker(served)
    served.patch(f"{{machine: {{seccompProfiles: [{{name: late.json, value: {PROFILES['moby.json']}}}]}}}}")
    assert events(served) == [("late.json", "created")]
    assert served.cat("late.json") == served.cat("moby.json")


def test_it_holds_over_an_edit_that_brings_it(served):
    text = served.config.read_text(encoding="utf-8")
    served.stop()
    served.config.write_text(f"{text}  seccompDeny: [{AF_ALG}]\n", encoding="utf-8")
    served.start()
    for name in CHANGED:
        assert json.loads(served.cat(name))["syscalls"] == EXPECTED[name]
    assert served.versions() == {name: 2 if name in CHANGED else 1 for name in PROFILES}


def test_it_is_lifted_while_nobody_serves(served):
    """By an edit that only the next worker reads. Who has a denied version open reads that, also what nobody has read."""
    before = {name: served.cat(name) for name in PROFILES}
    text = served.config.read_text(encoding="utf-8")
    served.patch(deny(AF_ALG))
    shown = json.loads((served.control_dir / "seccompprofiles.json").read_text(encoding="utf-8"))
    expected = {one["metadata"]["id"]: one["spec"]["value"] for one in shown}
    fds = {name: os.open(served.mount_point / name, os.O_RDONLY) for name in PROFILES}
    # Without its copy nobody could make them.
    digest = hashlib.sha256(served.config.read_bytes()).hexdigest()
    wait_until(lambda: (served.state / f"config-{digest}.yaml").exists(), "the copy of the config")
    worker = worker_of(served)
    stop_process(worker)
    served.config.write_text(text, encoding="utf-8")
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: served.log_text().count(": serves ") == 2, "the next worker")
    assert {name: served.cat(name) for name in PROFILES} == before
    assert served.versions() == {name: 3 if name in CHANGED else 1 for name in PROFILES}
    assert result(served)["message"] == "read the machine config at the start: 3 updated"
    assert events(served) == [(name, "updated") for name in CHANGED]
    assert (denied(served), gauges(served)) == ({}, [0, 0])
    for name, fd in fds.items():
        assert json.loads(os.pread(fd, 1 << 20, 0)) == expected[name]
        os.close(fd)


def test_what_rules_cannot_say_is_denied_entirely(served):
    arguments = ", ".join(
        f"{{index: {i}, op: SCMP_CMP_MASKED_EQ, value: 0xffffffff, valueTwo: 1}}" for i in range(5)
    )
    served.patch(deny(f"{{names: [socket], args: [{arguments}], reason: CVE-2026-31431}}"))
    warnings = [one for one in result(served)["warnings"] if one["rule"] == "deny-entirely"]
    # In default.json one rule does.
    assert [one["path"] for one in warnings] == [f"machine.seccompProfiles[{i}].value" for i in (0, 2, 4)]
    assert all("(CVE-2026-31431): socket is denied entirely" in one["message"] for one in warnings)
    assert json.loads(served.cat("allowed.json"))["syscalls"] == [{"names": ["read"], "action": ALLOW}]
    assert json.loads(served.cat("moby.json"))["syscalls"] == []
    assert len(json.loads(served.cat("default.json"))["syscalls"][0]["args"]) == 5


def test_what_programs_of_32_bits_lose_is_told(served):
    value = "{defaultAction: SCMP_ACT_ALLOW, architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86]}"
    served.patch(f"{{machine: {{seccompProfiles: [{{name: wide.json, value: {value}}}]}}}}")
    served.patch(deny(AF_ALG))
    warnings = [one for one in result(served)["warnings"] if one["path"].startswith("machine.seccompProfiles")]
    assert warnings and {one.get("rule") for one in warnings} == {"deny-multiplexer"}
    assert all("32-bit" in one["remedy"] for one in warnings)
    assert "through socketcall, socket is denied whatever its arguments" in warnings[0]["message"]


# A value without a span: what it was is known no more when only its bytes are there.
ANCHORED = """\
machine:
  seccompProfiles:
    - name: anchored.json
      value:
        defaultAction: SCMP_ACT_ERRNO
        syscalls: [{names: &names [socket, bpf], action: SCMP_ACT_ALLOW}, {names: *names, action: SCMP_ACT_LOG}]
"""


def denied(instance):
    """What the resources tell of each profile that has something denied; both formats tell the same."""
    shown = json.loads((instance.control_dir / "seccompprofiles.json").read_text(encoding="utf-8"))
    text = (instance.control_dir / "seccompprofiles.yaml").read_text(encoding="utf-8")
    found = {one["metadata"]["id"]: one["metadata"].get("annotations") for one in shown}
    assert {
        one["metadata"]["id"]: one["metadata"].get("annotations") for one in yaml.safe_load_all(text)
    } == found
    assert all(value is None or list(value) == ["seccompfs/denied"] for value in found.values())
    return {name: value["seccompfs/denied"] for name, value in found.items() if value}


def gauges(instance):
    families = exposition.parse((instance.control_dir / "metrics").read_bytes())
    return [families[f"seccompfs_{name}"].samples[()] for name in ("denials", "profiles_denied")]


def test_who_is_under_a_denial_is_shown_as_long_as_it_is(served):
    served.patch(ANCHORED)
    assert (denied(served), gauges(served)) == ({}, [0, 0])
    served.patch(deny(AF_ALG))
    expected = {name: "socket" for name in CHANGED + ["anchored.json"]}

    def expect():
        assert (denied(served), gauges(served)) == (expected, [1, len(expected)])

    expect()
    # Long after: other patches, folded or not, edits, and whoever serves.
    served.patch(f"{{machine: {{seccompProfiles: [{{name: late.json, value: {PROFILES['moby.json']}}}]}}}}")
    expected["late.json"] = "socket"
    expect()
    served.patch("[{op: remove, path: /machine/seccompProfiles/0}]")
    del expected["allowed.json"]
    expect()
    kill_worker(served)
    expect()
    served.restart()
    expect()
    assert "4 of 7 profiles are changed by machine.seccompDeny, which denies 1 call" in served.log_text()
    # Nothing of a reason is in what is shown, so that it need not change with it.
    served.patch(deny(AF_ALG.replace("CVE-2026-31431", "another")))
    expect()
    served.patch("{machine: {seccompDeny: {$patch: delete}}}")
    assert (denied(served), gauges(served)) == ({}, [0, 0])


def test_more_than_was_asked_for_is_shown(served):
    arguments = ", ".join(
        f"{{index: {i}, op: SCMP_CMP_MASKED_EQ, value: 0xffffffff, valueTwo: 1}}" for i in range(5)
    )
    served.patch(deny("{names: [read], reason: CVE-2}", f"{{names: [socket], args: [{arguments}], reason: CVE-1}}"))
    expected = {
        "allowed.json": "socket entirely, read",
        "default.json": "read, socket",
        "moby.json": "socket entirely",
        "none.json": "read",
        "other.json": "socket entirely",
        "strict.json": "read",
    }
    assert denied(served) == expected
    served.restart()
    assert denied(served) == expected


def test_many_calls_are_counted(served):
    """The text has a limit; what is denied otherwise than asked for is not what is left out."""
    names = sorted(name for name in SYSCALLS if name != "socket")
    served.patch(deny(f"{{names: [{', '.join(names)}], reason: CVE-2}}"))
    (text,) = {value for name, value in denied(served).items() if name == "default.json"}
    assert len(text) < 520
    shown, _, n_more = text.removesuffix(" more").rpartition(" and ")
    assert len(shown.split(", ")) + int(n_more) == len(names)


def test_several_patches_add_up(served):
    served.patch(deny(AF_ALG))
    served.patch(deny("{names: [read], reason: CVE-2}", "{names: [bpf], errnoRet: 38, reason: CVE-3}"))
    assert json.loads(served.cat("none.json"))["syscalls"] == []
    assert json.loads(served.cat("default.json"))["syscalls"] == [
        {"names": ["bpf"], "action": ERRNO, "errnoRet": 38},
        {"names": ["read"], "action": ERRNO, "errnoRet": 1},
        DENIED,
    ]
    served.patch("{machine: {seccompDeny: [{reason: CVE-2, $patch: delete}, {reason: CVE-3, $patch: delete}]}}")
    assert json.loads(served.cat("default.json"))["syscalls"] == EXPECTED["default.json"]


def test_who_applies_it_again_and_again_lifts_it_once(served):
    before = {name: served.cat(name) for name in PROFILES}
    ptrace = "{names: [ptrace], reason: CVE-2026-31431}"
    served.patch(deny(AF_ALG, ptrace))
    config = served.config.read_bytes()
    # As a program may that sees to it, in block style, and with another spelling of 38.
    for text in (deny(AF_ALG), yaml.safe_dump(yaml.safe_load(deny(AF_ALG, ptrace))), deny(AF_ALG.replace("38", "0x26"))):
        served.patch(text)
        assert result(served)["message"] == "skipped: no changes detected"
        assert served.config.read_bytes() == config
    # One of the two, then all of the advisory.
    served.patch(f"{{machine: {{seccompDeny: [{ptrace[:-1]}, $patch: delete}}]}}}}")
    assert denied(served) == {name: "socket" for name in CHANGED}
    served.patch(deny(ptrace))
    served.patch(LIFT)
    assert not result(served)["warnings"]
    assert {name: served.cat(name) for name in PROFILES} == before


def test_an_entry_is_changed_by_one_patch(served):
    served.patch(deny(AF_ALG))
    served.patch(deny("{reason: CVE-2026-31431, $patch: delete}", AF_ALG.replace("errnoRet: 2", "errnoRet: 13")))
    assert json.loads(served.cat("default.json"))["syscalls"] == [{**DENIED, "errnoRet": 13}]


@pytest.mark.parametrize(
    "entry, path, message",
    [
        ("{names: [sockett], reason: x}", ".names[0]", 'unknown system call "sockett": did you mean socket?'),
        ("{names: [socket]}", "", "required key reason is missing"),
        ("{names: [socket], reason: x, comment: y}", "", 'unknown key "comment": allowed are '),
        ("{names: [socket], reason: x, errnoRet: 0}", ".errnoRet", "found integer 0, allowed is an integer from 1"),
        (
            "{names: [socket], reason: x, args: [{index: 0, op: SCMP_CMP_LT, value: 0}]}",
            ".args[0]",
            "no argument fulfils this: nothing would be denied",
        ),
    ],
)
def test_what_is_refused(served, entry, path, message):
    before = served.facts()
    with pytest.raises(OSError):
        served.patch(deny(entry))
    (error,) = result(served)["errors"]
    assert error["path"] == f"machine.seccompDeny[0]{path}"
    assert error["message"].startswith(message)
    assert error["line"] == 1 and error["column"] > 1
    assert served.facts() == before
