# SPDX-License-Identifier: Apache-2.0
"""Profiles in Moby's format are served as a runtime understands them, and the mount options that say for which
containers."""

import json
import platform

import pytest
import yaml

import exposition
from support import wait_until
from workers import kill_worker

MOBY = """\
machine:
  seccompProfiles:
    - name: moby.json
      value:
        defaultAction: SCMP_ACT_ERRNO
        defaultErrno: ENOSYS
        archMap:
          - {architecture: SCMP_ARCH_X86_64, subArchitectures: [SCMP_ARCH_X86]}
          - {architecture: SCMP_ARCH_AARCH64, subArchitectures: [SCMP_ARCH_ARM]}
        x-seccompfs: {base: none}
        syscalls:
          - {names: [read, write], action: SCMP_ACT_ALLOW, comment: kept out}
          - {name: close, action: SCMP_ACT_ALLOW}
          - {names: [mount, bpf], action: SCMP_ACT_ALLOW, includes: {caps: [CAP_SYS_ADMIN]}}
          - {names: [ptrace], action: SCMP_ACT_ALLOW, includes: {minKernel: "4.8"}}
          - {names: [kexec_load], action: SCMP_ACT_ALLOW, excludes: {minKernel: "4.8"}}
"""

OWN_KEYS = ("x-seccompfs", "archMap", "includes", "excludes", "comment", "minKernel", "defaultErrno\"")


@pytest.fixture(name="architectures")
def fixture_architectures():
    known = {"x86_64": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "aarch64": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]}
    return known[platform.machine()]


def allowed(text):
    value = json.loads(text)
    names = [name for rule in value["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]]
    assert len(names) == len(set(names))
    return set(names)


def test_a_patch_in_mobys_format_is_served_compiled(mounted, architectures):
    mounted.patch(MOBY)
    text = mounted.cat("moby.json").decode()
    value = json.loads(text)
    assert not [key for key in OWN_KEYS if key in text]
    assert value["defaultAction"] == "SCMP_ACT_ERRNO"
    assert value["defaultErrnoRet"] == 38
    assert value["architectures"] == architectures
    assert allowed(text) == {"read", "write", "close", "ptrace"}
    # What was written stands in the config, what is served in the resource.
    assert "x-seccompfs" in (mounted.control_dir / "machineconfig").read_text(encoding="utf-8")
    shown = json.loads((mounted.control_dir / "seccompprofiles.json").read_text(encoding="utf-8"))
    assert [one["spec"]["value"] for one in shown if one["metadata"]["id"] == "moby.json"] == [value]
    shown = yaml.safe_load_all((mounted.control_dir / "seccompprofiles.yaml").read_text(encoding="utf-8"))
    assert [one["spec"]["value"] for one in shown if one["metadata"]["id"] == "moby.json"] == [value]


def test_the_bytes_stay_over_starts(mounted):
    mounted.patch(MOBY)
    before = mounted.facts_served()
    kill_worker(mounted)
    assert mounted.facts_served() == before
    mounted.restart()
    assert mounted.facts_served() == before


def test_off_serves_what_stands_there(instance):
    instance.start("compile=off")
    instance.patch(MOBY.replace("        x-seccompfs: {base: none}\n", "").replace("name: close", "names: [close]"))
    assert "includes" in json.loads(instance.cat("moby.json"))["syscalls"][2]
    with pytest.raises(OSError):
        instance.patch(MOBY.replace("moby.json", "other.json"))
    result = yaml.safe_load(instance.result())
    assert "machine.seccompProfiles[0].value.x-seccompfs" in [error["path"] for error in result["errors"]]
    assert instance.names().count("other.json") == 0


def test_reject_names_what_would_have_to_be_compiled(instance):
    instance.start("compile=reject")
    before = instance.facts()
    with pytest.raises(OSError):
        instance.patch(MOBY)
    paths = {error["path"] for error in yaml.safe_load(instance.result())["errors"]}
    value = "machine.seccompProfiles[0].value"
    assert paths >= {f"{value}.archMap", f"{value}.x-seccompfs", f"{value}.syscalls[2].includes"}
    assert instance.facts() == before


def test_capabilities_of_containers(instance):
    instance.start("caps=default:sys_admin")
    instance.patch(MOBY)
    assert allowed(instance.cat("moby.json")) == {"read", "write", "close", "mount", "bpf", "ptrace"}
    before = instance.cat("audit.json")
    # Other containers get another version, of what depends on it.
    instance.restart("caps=none")
    assert allowed(instance.cat("moby.json")) == {"read", "write", "close", "ptrace"}
    assert (instance.versions(), instance.cat("audit.json")) == ({"audit.json": 1, "moby.json": 2}, before)
    news = "read the machine config at the start: 1 updated: caps is 0000000000000000 and was 00000000a82425fb"
    result = yaml.safe_load(instance.result())
    assert result["message"] == news
    assert result["resources"] == [{"id": "moby.json", "version": 2, "event": "updated"}]
    assert instance.log_text().count(news) == 1
    instance.restart("caps=none")
    assert instance.versions() == {"audit.json": 1, "moby.json": 2}
    assert instance.log_text().count("at the start") == 1


@pytest.mark.parametrize(
    "option, status, message",
    [
        ("caps=CAP_CHWON", 1, 'caps: unknown capability "CAP_CHWON": did you mean CAP_CHOWN?'),
        ("caps=CAP_CHOWN+CAP_KILL", 2, "caps=CAP_CHOWN+CAP_KILL: expected CAP:CAP..."),
        ("compile=perhaps", 2, "compile=perhaps: expected on|reject|off"),
    ],
)
def test_bad_options(instance, option, status, message):
    assert instance.start(option, expect_failure=True) == status
    assert message in instance.log_text()


ALLOWS = '{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [read, socket], action: SCMP_ACT_ALLOW}]}'
TWO = f"""\
machine:
  seccompProfiles:
    - {{name: allows.json, value: {ALLOWS}}}
    - {{name: log.json, value: {{defaultAction: SCMP_ACT_LOG}}}}
    - {{name: none.json, value: {{defaultAction: SCMP_ACT_ERRNO}}}}
"""
DENY = "{machine: {seccompDeny: [{names: [socket], reason: CVE-2026-31431}]}}"
LIFT = "{machine: {seccompDeny: [{reason: CVE-2026-31431, $patch: delete}]}}"


def denials(instance):
    metrics = exposition.parse((instance.control_dir / "metrics").read_bytes())
    return metrics["seccompfs_denials"].samples[()]


def socket_rules(instance, name):
    """The actions of the rules for socket(2)."""
    value = json.loads(instance.cat(name))
    return {rule["action"] for rule in value.get("syscalls", []) if "socket" in rule["names"]}


def test_one_patch_denies_in_every_profile(instance):
    instance.config.write_text(TWO, encoding="utf-8")
    instance.start()
    names, before, _ = instance.facts_served()
    assert denials(instance) == 0
    instance.patch(DENY)
    result = yaml.safe_load(instance.result())
    assert [(one["id"], one["event"]) for one in result["resources"]] == [
        ("allows.json", "updated"),
        ("log.json", "updated"),
    ]
    assert denials(instance) == 1
    denied = instance.facts_served()
    assert instance.versions() == {"allows.json": 2, "log.json": 2, "none.json": 1}
    assert socket_rules(instance, "allows.json") <= {"SCMP_ACT_ERRNO"}
    assert socket_rules(instance, "log.json") == {"SCMP_ACT_ERRNO"}
    # However the next worker begins, and whoever else is patched.
    kill_worker(instance)
    assert instance.facts_served() == denied
    instance.restart()
    assert instance.facts_served() == denied
    instance.patch(f"{{machine: {{seccompProfiles: [{{name: new.json, value: {ALLOWS}}}]}}}}")
    assert socket_rules(instance, "new.json") <= {"SCMP_ACT_ERRNO"}
    instance.patch("{machine: {seccompProfiles: [{name: new.json, $patch: delete}]}}")
    instance.patch(LIFT)
    assert (instance.names(), [instance.cat(name) for name in names]) == (names, before)
    assert instance.versions() == {"allows.json": 3, "log.json": 3, "none.json": 1}
    assert denials(instance) == 0


def test_a_denial_needs_compilation(instance):
    instance.config.write_text(TWO, encoding="utf-8")
    instance.start("compile=off")
    before = instance.facts()
    with pytest.raises(OSError):
        instance.patch(DENY)
    assert "compile=off" in yaml.safe_load(instance.result())["errors"][0]["message"]
    assert instance.facts() == before


# One condition with two actions: libseccomp builds no filter of it.
RULE = "{{names: [personality], action: {}, args: [{{index: 0, value: 8, op: SCMP_CMP_EQ}}]}}"
CLASH = f"{{defaultAction: SCMP_ACT_ERRNO, syscalls: [{RULE.format('SCMP_ACT_ALLOW')}, {RULE.format('SCMP_ACT_LOG')}]}}"


def gauges(instance):
    metrics = exposition.parse((instance.control_dir / "metrics").read_bytes())
    findings = {labels[0][1]: number for labels, number in metrics["seccompfs_lint_findings"].samples.items()}
    return metrics["seccompfs_profiles_linted"].samples[()], findings


def test_the_linter_judges_patches(mounted):
    before = mounted.facts()
    with pytest.raises(OSError):
        mounted.patch(f"{{machine: {{seccompProfiles: [{{name: bad.json, value: {CLASH}}}]}}}}")
    error = yaml.safe_load(mounted.result())["errors"][0]
    assert error["line"] == 1 and error["rule"] and error["remedy"]
    assert error["path"].startswith("machine.seccompProfiles[0].value.syscalls[1]")
    assert mounted.facts() == before
    mounted.patch("{machine: {seccompProfiles: [{name: warns.json, value: {defaultAction: SCMP_ACT_ALLOW}}]}}")
    warnings = yaml.safe_load(mounted.result())["warnings"]
    assert "permissive-default" in {warning["rule"] for warning in warnings}
    assert all(warning["remedy"] for warning in warnings)


def test_the_linter_looks_behind_a_start_and_withholds_nothing(instance):
    instance.config.write_text(f"machine: {{seccompProfiles: [{{name: bad.json, value: {CLASH}}}]}}", encoding="utf-8")
    instance.start()
    assert json.loads(instance.cat("bad.json"))["defaultAction"] == "SCMP_ACT_ERRNO"
    wait_until(lambda: gauges(instance)[0] == 1, "the linter")
    assert gauges(instance)[1]["error"] >= 1
    assert "profile bad.json: the linter has" in instance.log_text()
    assert "personality" in instance.log_text()
    # The next worker counts, and tells nobody twice.
    told = instance.log_text().count("the linter has")
    kill_worker(instance)
    wait_until(lambda: gauges(instance)[0] == 1, "the next linter")
    assert gauges(instance)[1]["error"] >= 1
    assert instance.log_text().count("the linter has") == told


ANCHORED = """\
machine:
  seccompProfiles:
    - name: anchored.json
      value:
        defaultAction: SCMP_ACT_ERRNO
        syscalls: [{name: read, action: &allow SCMP_ACT_ALLOW}, {names: [socket], action: *allow}]
"""


@pytest.mark.parametrize("option", ["", "validate=off"])
def test_what_is_compiled_is_counted(instance, option):
    """Not what a denial alone has changed, and whatever the linter has looked at."""

    def expect(n_compiled, n_denied):
        metrics = exposition.parse((instance.control_dir / "metrics").read_bytes())
        found = [metrics[f"seccompfs_profiles_{name}"].samples[()] for name in ("compiled", "denied")]
        assert found == [n_compiled, n_denied]

    instance.config.write_text(TWO, encoding="utf-8")
    instance.start(option)
    expect(0, 0)
    instance.patch(MOBY)
    expect(1, 0)
    # What is made from bytes alone later on was compiled all the same.
    instance.patch(ANCHORED)
    expect(2, 0)
    instance.patch(DENY)
    expect(2, 3)
    kill_worker(instance)
    expect(2, 3)
    instance.patch(LIFT)
    expect(2, 0)
    kill_worker(instance)
    expect(2, 0)
    # Also where a start parses nothing.
    instance.patch("{machine: {seccompProfiles: [{name: anchored.json, $patch: delete}]}}")
    expect(1, 0)
    instance.restart(option)
    assert exposition.parse((instance.control_dir / "metrics").read_bytes())[
        "seccompfs_config_parsed_at_start"
    ].samples[()] == 0
    expect(1, 0)
    instance.patch("{machine: {seccompProfiles: [{name: allows.json, value: {defaultAction: SCMP_ACT_LOG}}]}}")
    expect(1, 0)


def test_without_rules_nothing_is_linted(instance):
    instance.start("validate=off")
    instance.patch(f"{{machine: {{seccompProfiles: [{{name: bad.json, value: {CLASH}}}]}}}}")
    assert yaml.safe_load(instance.result())["warnings"] == []
    assert gauges(instance)[0] == 0
