# SPDX-License-Identifier: Apache-2.0
"""Real runtimes apply the profiles of a real mount. The witness is the kernel: its audit records, and what it refuses."""

import errno
import os
import platform
import re
import subprocess

import audit
from support import wait_until

# AUDIT_ARCH_* of the calls of a native program.
ARCHES = {
    "x86_64": 0xC000003E,
    "aarch64": 0xC00000B7,
    "riscv64": 0xC00000F3,
    "s390x": 0x80000016,
    "ppc64le": 0xC0000015,
}

ALLOWING = "defaultAction: SCMP_ACT_ALLOW"
DENYING = "defaultAction: SCMP_ACT_ALLOW, syscalls: [{names: [mkdir, mkdirat], action: SCMP_ACT_ERRNO, errnoRet: 1}]"


def directory_calls(outcome):
    return [call for call in outcome.calls if call.name in ("mkdir", "mkdirat")]


def check_ran(outcome):
    """The payload ran to its end."""
    assert outcome.status == 0, outcome.errors
    assert outcome.calls and outcome.calls[-1].name == "exit_group"
    assert directory_calls(outcome)


def check_allowed(outcome):
    check_ran(outcome)
    assert [call for call in outcome.calls if call.error] == []


def check_denied(outcome):
    """mkdir is refused, and nothing else is."""
    check_ran(outcome)
    assert {call.error for call in directory_calls(outcome)} == {errno.EPERM}
    assert [call for call in outcome.calls if call.error] == directory_calls(outcome)


def patch(profiles, shell, name, value):
    """What a person types: echo "$patch" > .control"""
    document = f"{{machine: {{seccompProfiles: [{{name: {name}, value: {{{value}}}}}]}}}}"
    environment = {**os.environ, "patch": document, "control": str(profiles.control)}
    subprocess.run(
        [shell, "-ec", 'echo "$patch" > "$control"'],
        stdin=subprocess.DEVNULL,
        env=environment,
        check=True,
        timeout=30,
    )


def test_a_logging_profile_makes_the_kernel_record_every_call(rig, profiles):
    outcome = rig.run(profiles.mount_point / "audit.json")
    check_allowed(outcome)
    assert [record.syscall for record in outcome.records] == [call.number for call in outcome.calls]
    assert {record.code for record in outcome.records} == {audit.RET_LOG}
    assert {record.sig for record in outcome.records} == {0}
    assert {record.arch for record in outcome.records} == {ARCHES[platform.machine()]}
    assert len({record.pid for record in outcome.records}) == 1


def test_an_unconfined_container_makes_no_record(rig):
    outcome = rig.run()
    check_allowed(outcome)
    assert outcome.records == []


def test_a_denying_profile_is_enforced(rig, profiles):
    check_denied(rig.run(profiles.mount_point / "no-mkdir.json"))


def test_the_next_container_has_what_was_patched(rig, profiles, request):
    name = f"patched-{request.node.callspec.params['runtime']}.json"
    profile = profiles.mount_point / name
    for shell, value, check in (
        ("bash", DENYING, check_denied),
        ("sh", ALLOWING, check_allowed),
        ("bash", DENYING, check_denied),
    ):
        patch(profiles, shell, name, value)
        check(rig.run(profile))
    assert profiles.versions()[name] == 3


def test_a_running_container_keeps_the_profile_it_started_with(rig, profiles, request):
    name = f"kept-{request.node.callspec.params['runtime']}.json"
    profile = profiles.mount_point / name
    patch(profiles, "sh", name, DENYING)
    running = rig.start(profile)
    patch(profiles, "sh", name, ALLOWING)
    check_allowed(rig.run(profile))
    check_denied(running.finish())


def test_a_missing_profile_is_named_and_nothing_runs(rig, profiles, runtime, request):
    name = f"missing-{request.node.callspec.params['runtime']}.json"
    outcome = rig.run(profiles.mount_point / name)
    assert outcome.status != 0
    assert str(profiles.mount_point / name) in outcome.errors
    assert "no such file or directory" in outcome.errors.lower()
    assert outcome.calls == []
    assert outcome.records == []
    line = re.compile(rf"profile {re.escape(name)}: not found, asked by pid [0-9]+ \({runtime.reader}\)")
    wait_until(lambda: line.search(profiles.log_text()), f"{line.pattern} in the log")
