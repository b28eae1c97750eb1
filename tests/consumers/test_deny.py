# SPDX-License-Identifier: Apache-2.0
"""machine.seccompDeny in real containers: socket(AF_ALG) fails, other sockets are made, whatever the profile says of
socket, and whichever runtime makes the filter. And whatever is denied, a container of podman's own default profile starts."""

import json
import os
import pathlib
import tempfile

import pytest
import yaml

import image
from conftest import need
from container import errors_of
from runtimes import Bundle, Podman
from support import Instance

DENIED = 71  # EPROTO: with none else these calls come to it

# A rule that says the same as the default action would be left out by a runtime.
PROFILES = {
    "default.json": "{defaultAction: SCMP_ACT_ALLOW}",
    "unconditional.json": "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [socket], action: SCMP_ACT_ALLOW}]}",
    "condition.json": "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [socket], action: SCMP_ACT_ALLOW, "
    "args: [{index: 0, op: SCMP_CMP_NE, value: 40}]}]}",
    # With an allow list, as most are, and with another architecture, where socket is reached in two ways.
    "list.json": "{defaultAction: SCMP_ACT_ERRNO, architectures: ARCHITECTURES, x-seccompfs: {base: BASE}, "
    "syscalls: [{names: [STARTUP, write, socketcall], action: SCMP_ACT_ALLOW}, "
    "{names: [socket], action: SCMP_ACT_ALLOW, args: [{index: 0, op: SCMP_CMP_NE, value: 40}]}]}",
}
# What a program calls that is linked statically with some C library.
STARTUP = (
    "arch_prctl, brk, exit_group, fstat, getrandom, ioctl, mmap, mprotect, munmap, newfstatat, prlimit64, readlink, "
    "readlinkat, rseq, set_robust_list, set_tid_address, uname, writev"
)
ARCHITECTURES = {
    "x86_64": "[SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32]",
    "aarch64": "[SCMP_ARCH_AARCH64, SCMP_ARCH_ARM]",
}

EXACTLY = "{index: 0, op: SCMP_CMP_EQ, value: 38}"
LOWER_HALF = "{index: 0, op: SCMP_CMP_MASKED_EQ, value: 4294967295, valueTwo: 38}"
REASON = "CVE-2026-31431"


def deny(condition):
    entry = f"{{names: [socket], args: [{condition}], errnoRet: {DENIED}, reason: {REASON}}}"
    return f"{{machine: {{seccompDeny: [{entry}]}}}}"


# That of podman and CRI-O, of the package that podman needs. It has rules of two actions for socket.
COMMON = pathlib.Path("/usr/share/containers/seccomp.json")
NETWORK_CALLS = "connect bind listen accept accept4 sendto sendmsg recvmsg setsockopt socketpair".split()

LIFT = f"{{machine: {{seccompDeny: [{{reason: {REASON}, $patch: delete}}]}}}}"


@pytest.fixture(name="program", scope="module")
def fixture_program(directory):
    need("cc")
    return image.compile_program("sockets", directory)


@pytest.fixture(name="runner", scope="module", params=["runc", "crun", "podman-runc", "podman-crun"])
def fixture_runner(request, directory, program):
    name = request.param
    place = pathlib.Path(tempfile.mkdtemp(dir=directory)) / "p"  # podman wants its paths short
    if name.startswith("podman-"):
        layer = directory / f"{name}.tar"
        image.write_layer(program, layer)
        runtime = Podman(name.removeprefix("podman-"), place, layer)
    else:
        runtime = Bundle(name, place, program)
    need(*runtime.programs)
    runtime.start()
    return runtime


@pytest.fixture(name="served")
def fixture_served(request, directory):
    instance = Instance(pathlib.Path(tempfile.mkdtemp(dir=directory)))
    base = request.node.callspec.params["runner"].removeprefix("podman-")
    entries = "".join(f"    - {{name: {name}, value: {value}}}\n" for name, value in PROFILES.items())
    entries = entries.replace("ARCHITECTURES", ARCHITECTURES.get(os.uname().machine, "[]"))
    entries = entries.replace("BASE", base).replace("STARTUP", STARTUP)
    instance.config.write_text(f"machine:\n  seccompProfiles:\n{entries}", encoding="utf-8")
    instance.start()
    yield instance
    instance.close()


def reads(runner, text):
    """Whether a runner gets the numbers: under a default action that allows, "all but 40" without 38 has masks of 64
    bits, which are none to jq 1.6."""
    return runner.reader != "jq" or "18446744073709551" not in text.decode()


@pytest.mark.parametrize("condition", [EXACTLY, LOWER_HALF])
def test_alg_fails_and_other_sockets_are_made(runner, served, condition):
    """Also AF_ALG with a bit above the 32 that the kernel takes of it, whatever the patch says of them."""
    served.patch(deny(condition))
    assert "deny-upper-bits" not in [warning["rule"] for warning in yaml.safe_load(served.result())["warnings"]]
    for name in PROFILES:
        if reads(runner, served.cat(name)):
            made = errors_of(runner, served.mount_point / name)
            assert made == {"unix": 0, "inet": 0, "alg": DENIED, "upper": DENIED}, name


def test_an_order_holds_for_what_the_kernel_sees(runner, served):
    served.patch(deny("{index: 0, op: SCMP_CMP_LT, value: 39}"))
    for name in PROFILES:
        if reads(runner, served.cat(name)):
            made = errors_of(runner, served.mount_point / name)
            assert set(made.values()) == {DENIED}, name


def test_lifted_it_is_as_before(runner, served):
    before = {name: errors_of(runner, served.mount_point / name) for name in PROFILES}
    assert DENIED not in {error for made in before.values() for error in made.values()}
    # The kernel takes both for the same call.
    assert before["default.json"]["alg"] == before["default.json"]["upper"]
    served.patch(deny(LOWER_HALF))
    served.patch(LIFT)
    assert {name: errors_of(runner, served.mount_point / name) for name in PROFILES} == before


@pytest.fixture(name="common")
def fixture_common(directory):
    need("podman")
    instance = Instance(pathlib.Path(tempfile.mkdtemp(dir=directory)))
    value = json.loads(COMMON.read_text(encoding="utf-8"))
    profiles = [{"name": "common.json", "value": value}]
    instance.config.write_text(json.dumps({"machine": {"seccompProfiles": profiles}}), encoding="utf-8")
    instance.start()
    yield instance
    instance.close()


def common_denials(is_few):
    yield from (f"{{names: [{name}], reason: {REASON}}}" for name in NETWORK_CALLS[: 1 if is_few else None])
    if not is_few:
        yield f"{{names: [socketcall], args: [{{index: 0, op: SCMP_CMP_EQ, value: 3}}], reason: {REASON}}}"
    yield f"{{names: [socket], args: [{EXACTLY}], errnoRet: {DENIED}, reason: {REASON}}}"


def test_podmans_default_profile_still_starts_containers(runner, common):
    before = errors_of(runner, common.mount_point / "common.json")
    assert before["inet"] == 0
    for entry in common_denials(is_few=isinstance(runner, Podman)):  # it starts the same, and takes its time
        common.patch(f"{{machine: {{seccompDeny: [{entry}]}}}}")
        made = errors_of(runner, common.mount_point / "common.json")
        is_of_socket = "names: [socket]" in entry
        assert made == (before | {"alg": DENIED, "upper": DENIED} if is_of_socket else before), entry
        common.patch(LIFT)
    assert errors_of(runner, common.mount_point / "common.json") == before
