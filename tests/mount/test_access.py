# SPDX-License-Identifier: Apache-2.0
"""Who may do what: everybody reads profiles and resources, root reads and writes the control plane, nobody else."""

import ctypes
import json
import os
import subprocess
import sys

import pytest

from support import AUDIT_JSON, TIME_LIMIT

# Tries everything, as whoever it is run as, on descriptors of the two directories: their paths may be closed to others.
# Says on standard output what it is and, as JSON, what each attempt gave: "ok", or the name of the error.
ATTEMPTS = r"""
import errno, json, os, sys

profiles, control = 3, 4
outcomes = {}


def attempt(name, function, *arguments, **kwargs):
    try:
        function(*arguments, **kwargs)
        outcomes[name] = "ok"
    except OSError as error:
        outcomes[name] = errno.errorcode[error.errno]


def read(name, directory):
    os.read(os.open(name, os.O_RDONLY, dir_fd=directory), 65536)


def write(name, directory):
    patch = b"{machine: {seccompProfiles: [{name: theirs.json, value: {defaultAction: SCMP_ACT_LOG}}]}}"
    os.write(os.open(name, os.O_WRONLY, dir_fd=directory), patch)


def create(directory):
    os.open("new", os.O_WRONLY | os.O_CREAT, dir_fd=directory)


attempt("list profiles", os.listdir, profiles)
attempt("read profile", read, "audit.json", profiles)
attempt("write profile", write, "audit.json", profiles)
attempt("create profile", create, profiles)
attempt("remove profile", os.unlink, "audit.json", dir_fd=profiles)
attempt("chmod profile", os.chmod, "audit.json", 0o666, dir_fd=profiles)
attempt("list control", os.listdir, control)
for name in ("seccompprofiles", "seccompprofiles.yaml", "seccompprofiles.json", "machineconfig", "control"):
    attempt(f"read {name}", read, name, control)
    attempt(f"write {name}", write, name, control)
attempt("chmod control", os.chmod, "control", 0o666, dir_fd=control)
attempt("chown control", os.chown, "control", os.getuid(), os.getgid(), dir_fd=control)
attempt("remove control", os.unlink, "control", dir_fd=control)
attempt("create control", create, control)
print(json.dumps({"uid": os.getuid(), "outcomes": outcomes}))
"""

CLONE_NEWUSER = 0x10000000

READABLE = {"list profiles", "read profile", "list control", "read seccompprofiles", "read seccompprofiles.yaml",
            "read seccompprofiles.json"}  # fmt: skip


def attempts_in(instance, become):
    """What the attempts gave to a child that become() has made somebody else."""
    fds = os.open(instance.mount_point, os.O_RDONLY), os.open(instance.control_dir, os.O_RDONLY)

    def prepare():
        # Out of the way of 3 and 4 first.
        high = [os.dup2(fd, 100 + fd, inheritable=False) for fd in fds]
        for number, fd in enumerate(high, 3):
            os.dup2(fd, number)
        become()

    try:
        child = subprocess.run(
            [sys.executable, "-c", ATTEMPTS], stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=TIME_LIMIT, preexec_fn=prepare, pass_fds=(3, 4), cwd="/",
        )  # fmt: skip
    finally:
        for fd in fds:
            os.close(fd)
    assert child.returncode == 0, child.stderr.decode()
    return json.loads(child.stdout)


def become_user(uid, gid, groups=()):
    def become():
        os.setgroups(list(groups))
        os.setgid(gid)
        os.setuid(uid)

    return become


def become_root_of_a_namespace(host_id, count):
    """Root with all capabilities in a user namespace, where it is host_id of the host."""

    def become():
        pid = os.getpid()
        unshared, unshared_end = os.pipe()
        mapped, mapped_end = os.pipe()
        mapper = os.fork()
        if not mapper:
            # The child has the rights of the host that its parent gives up. It ends when that fails: until then
            # subprocess waits for the error.
            os.close(unshared_end)
            if not os.read(unshared, 1):
                os._exit(1)
            for kind in ("uid", "gid"):
                with open(f"/proc/{pid}/{kind}_map", "w", encoding="ascii") as file:
                    file.write(f"0 {host_id} {count}\n")
            os.write(mapped_end, b"1")
            os._exit(0)
        os.close(mapped_end)
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        os.write(unshared_end, b"1")
        if os.read(mapped, 1) != b"1":
            raise OSError("no map")
        os.waitpid(mapper, 0)
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)

    return become


OTHERS = {
    "user": (become_user(1000, 1000), 1000),
    "nobody": (become_user(65534, 65534), 65534),
    "user-in-root's-group": (become_user(1000, 0, groups=(0,)), 1000),
    "root-of-a-user's-namespace": (become_root_of_a_namespace(1000, 1), 0),
    "root-of-a-rootless-container": (become_root_of_a_namespace(100000, 65536), 0),
}


@pytest.mark.parametrize("who", OTHERS)
def test_others_only_read(mounted, who):
    become, uid = OTHERS[who]
    before = mounted.facts()
    found = attempts_in(mounted, become)
    assert found["uid"] == uid
    assert {name for name, outcome in found["outcomes"].items() if outcome == "ok"} == READABLE
    refused = {outcome for outcome in found["outcomes"].values() if outcome != "ok"}
    assert refused <= {"EACCES", "EPERM", "EROFS"}, found["outcomes"]
    assert found["outcomes"]["read control"] == found["outcomes"]["write control"] == "EACCES"
    assert mounted.facts() == before


def test_root_of_the_host(mounted):
    """The same attempts: they do find what may be done."""
    found = attempts_in(mounted, lambda: None)["outcomes"]
    assert {name for name, outcome in found.items() if outcome == "ok"} == READABLE | {
        "read machineconfig", "read control", "write control",
    }  # fmt: skip
    assert mounted.cat("theirs.json") == AUDIT_JSON


def test_the_files_behind_it(mounted):
    """Nobody else gets past the modes of the state; the config's are the operator's."""
    assert os.stat(mounted.state).st_mode & 0o777 == 0o700
    for path in mounted.state.iterdir():
        assert os.stat(path).st_mode & 0o077 == 0, path
