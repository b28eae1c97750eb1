# SPDX-License-Identifier: Apache-2.0
"""A container that gets the profiles bind-mounted, read-only, reads them and has no way to the control plane."""

import json
import os
import shutil

import pytest

from conftest import need
from runtimes import check
from support import AUDIT_JSON, run

PATCH = "{machine: {seccompProfiles: [{name: theirs.json, value: {defaultAction: SCMP_ACT_ALLOW}}]}}"

# Each line: what was tried, and the exit status.
ATTEMPTS = f"""
attempt() {{ what=$1; shift; ( "$@" ) >/dev/null 2>&1; echo "$what $?"; }}
write() {{ echo '{PATCH}' > "$1"; }}
cat /profiles/audit.json; echo
attempt list ls /profiles
attempt read cat /profiles/no-mkdir.json
attempt write write /profiles/audit.json
attempt create write /profiles/theirs.json
attempt remove rm /profiles/audit.json
attempt chmod chmod 666 /profiles/audit.json
attempt remount mount -o remount,rw /profiles
attempt read-control cat /profiles/.control
attempt write-control write /profiles/.control
attempt write-control-dir write "$1/control"
"""
REFUSED = ["write", "create", "remove", "chmod", "remount", "read-control", "write-control", "write-control-dir"]


def make_bundle(directory, profiles, capabilities):
    """A bundle of runc with a shell, whose root is root of the host, and the profiles bind-mounted."""
    (directory / "rootfs" / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), directory / "rootfs" / "bin" / "busybox")
    check("runc", "spec", cwd=directory)
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    process = config["process"]
    process["terminal"] = False
    # A shell of busybox runs those of its programs that are not in PATH.
    process["args"] = ["/bin/busybox", "sh", "-c", ATTEMPTS, "sh", str(profiles.control_dir)]
    if capabilities:
        process["capabilities"] = {kind: capabilities for kind in process["capabilities"]}
    config["mounts"].append(
        {"destination": "/profiles", "type": "bind", "source": str(profiles.mount_point), "options": ["bind", "ro"]}
    )
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.parametrize(
    "capabilities",
    [[], ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_CHROOT"]],
    ids=["runc's", "containerd's"],
)
def test_a_container_only_reads(profiles, directory, capabilities):
    need("runc", "busybox")
    before = profiles.facts()
    bundle = directory / f"access-{len(capabilities)}"
    make_bundle(bundle, profiles, capabilities)
    done = run("runc", "--root", bundle / "state", "run", "--bundle", bundle, f"access-{os.getpid()}-{len(capabilities)}")
    assert done.returncode == 0, done.stderr.decode()
    first, *lines = done.stdout.decode().splitlines()
    assert first.encode() == AUDIT_JSON
    outcome = dict(line.split() for line in lines)
    assert {what for what, status in outcome.items() if status != "0"} == set(REFUSED)
    assert {what for what, status in outcome.items() if status == "0"} == {"list", "read"}
    assert profiles.facts() == before
