# SPDX-License-Identifier: Apache-2.0
"""Versions and durability over restarts, and what the control plane shows of them."""

import json
import os
import stat

import pytest
import yaml

from support import AUDIT_JSON, flow_patch, profile_patch, run


def test_versions_survive_a_restart(mounted):
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    mounted.patch(profile_patch("new.json", "SCMP_ACT_LOG"))
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_ALLOW"))
    expected = {"audit.json": 3, "new.json": 1}
    assert mounted.versions() == expected
    mounted.restart()
    assert mounted.versions() == expected
    assert mounted.cat("audit.json") == b'{"defaultAction":"SCMP_ACT_ALLOW"}'
    assert mounted.cat("new.json") == AUDIT_JSON


def test_a_name_that_comes_back_goes_on(mounted):
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    mounted.patch("{machine: {seccompProfiles: [{name: audit.json, $patch: delete}]}}\n")
    assert mounted.versions() == {}
    mounted.restart()
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    assert mounted.versions() == {"audit.json": 3}


def test_an_edit_while_stopped_bumps_only_what_changed(mounted):
    mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    mounted.stop()
    text = mounted.config.read_text(encoding="utf-8")
    text = text.replace("SCMP_ACT_LOG", "SCMP_ACT_KILL", 1)
    mounted.config.write_text("# a comment more\n" + text, encoding="utf-8")
    mounted.start()
    assert mounted.versions() == {"audit.json": 2, "new.json": 1}


@pytest.mark.parametrize("lost", ["config-new", "state-new"])
def test_after_a_crash_between_the_two_files_digests_decide(mounted, lost):
    """One file of a commit is on disk and the other is not: versions only rise, content is the config's."""
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    mounted.stop()
    old = (mounted.config.read_bytes(), (mounted.state / "state.json").read_bytes())
    mounted.start()
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_ALLOW"))
    assert mounted.versions() == {"audit.json": 3}
    mounted.stop()
    if lost == "config-new":
        (mounted.state / "state.json").write_bytes(old[1])
        content = b'{"defaultAction":"SCMP_ACT_ALLOW"}'
    else:
        mounted.config.write_bytes(old[0])
        content = b'{"defaultAction":"SCMP_ACT_KILL"}'
    mounted.start()
    assert mounted.cat("audit.json") == content
    assert mounted.versions()["audit.json"] >= 3


def test_control_plane_files_and_modes(mounted):
    modes = {}
    for name in os.listdir(mounted.control_dir):
        st = os.stat(mounted.control_dir / name)
        assert (st.st_uid, st.st_gid) == (0, 0)
        modes[name] = stat.S_IMODE(st.st_mode)
    assert modes == {
        "control": 0o600,
        "machineconfig": 0o400,
        "seccompprofiles": 0o444,
        "seccompprofiles.yaml": 0o444,
        "seccompprofiles.json": 0o444,
        "facts": 0o444,
        "metrics": 0o444,
    }
    assert stat.S_IMODE(os.stat(mounted.control_dir).st_mode) == 0o755


def test_the_modes_decide(mounted):
    """Another uid reads the resources and nothing else."""
    code = (
        "import os, sys\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "for name in sys.argv[2:]:\n"
        "    for mode in 'r', 'w':\n"
        "        try: open(f'{sys.argv[1]}/{name}', mode); print(name, mode)\n"
        "        except PermissionError: pass\n"
    )
    fd = os.open(mounted.control_dir, os.O_RDONLY)
    resources = ["seccompprofiles", "seccompprofiles.yaml", "seccompprofiles.json"]
    names = ["control", "machineconfig", *resources, "facts", "metrics"]
    done = run("python3", "-c", code, f"/proc/self/fd/{fd}", *names, pass_fds=(fd,))
    os.close(fd)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == [
        "seccompprofiles r", "seccompprofiles.yaml r", "seccompprofiles.json r", "facts r", "metrics r",
    ]  # fmt: skip


def test_facts(mounted):
    path = mounted.control_dir / "facts"
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert sorted(facts) == ["architecture", "capabilities", "compile", "kernel", "libseccomp", "validate"]
    assert facts["architecture"].startswith("SCMP_ARCH_")
    assert os.uname().release.startswith(facts["kernel"])
    assert len(facts["capabilities"]) == 14
    assert (facts["compile"], facts["validate"]) == ("on", "strict")
    assert path.stat().st_size == len(path.read_bytes())


def test_table(mounted):
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    mounted.patch(flow_patch("a-longer-name.json", "SCMP_ACT_KILL"))
    assert (mounted.control_dir / "seccompprofiles").read_text(encoding="utf-8") == (
        "NODE     NAMESPACE   TYPE             ID                   VERSION\n"
        "node-1   cri         SeccompProfile   a-longer-name.json   1\n"
        "node-1   cri         SeccompProfile   audit.json           2\n"
    )


def test_resources_as_yaml_and_json(mounted):
    mounted.patch(
        "{machine: {seccompProfiles: [{name: u.json, value: {defaultAction: SCMP_ACT_ALLOW, syscalls: [{names: [mkdir], "
        "action: SCMP_ACT_ERRNO, args: [{index: 0, value: 18446744073709551615, op: SCMP_CMP_EQ}]}]}}]}}\n"
    )
    from_yaml = list(yaml.safe_load_all((mounted.control_dir / "seccompprofiles.yaml").read_text(encoding="utf-8")))
    from_json = json.loads((mounted.control_dir / "seccompprofiles.json").read_text(encoding="utf-8"))
    assert [r["metadata"]["id"] for r in from_json] == ["audit.json", "u.json"]
    for y, j in zip(from_yaml, from_json, strict=True):
        assert y["spec"] == j["spec"]
        assert y["metadata"]["version"] == j["metadata"]["version"] == 1
        metadata = j["metadata"]
        assert set(metadata) >= {"namespace", "type", "id", "version", "phase", "created", "updated"}
        assert (metadata["namespace"], metadata["phase"]) == ("cri", "running")
        assert metadata["type"] == "SeccompProfiles.cri.talos.dev"
        assert j["spec"]["name"] == metadata["id"]
        served = json.loads(mounted.cat(metadata["id"]))
        assert j["spec"]["value"] == served
    assert from_json[1]["spec"]["value"]["syscalls"][0]["args"][0]["value"] == 2**64 - 1


def test_machineconfig_is_the_config(mounted):
    assert (mounted.control_dir / "machineconfig").read_bytes() == mounted.config.read_bytes()
    mounted.patch(profile_patch("new.json", "SCMP_ACT_LOG"))
    assert (mounted.control_dir / "machineconfig").read_bytes() == mounted.config.read_bytes()


def test_nothing_is_left_beside_config_and_state(mounted):
    for i in range(5):
        mounted.patch(flow_patch(f"p{i}.json", "SCMP_ACT_LOG"))
    assert not [n for n in os.listdir(mounted.directory) if n.startswith(".machine")]
    assert [n for n in os.listdir(mounted.state) if n.startswith(".state")] == []


def test_the_last_result_survives_a_restart(mounted):
    mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    last = mounted.result()
    assert "new.json" in last
    mounted.restart()
    assert mounted.result() == last
