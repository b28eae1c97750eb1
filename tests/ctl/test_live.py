# SPDX-License-Identifier: Apache-2.0
"""seccompctl with a seccompfs that serves."""

import json
import tempfile

import exposition
import pytest

from support import AUDIT_JSON, flow_patch, profile_patch, program, run

PATCHED = "patched MachineConfigs.config.talos.dev/v1alpha1 at the node node-1\n"
SKIPPED = "Apply was skipped: no changes detected.\n"


@pytest.fixture
def ctl(mounted):
    def call(*words, text=""):
        with tempfile.TemporaryFile() as stdin:
            stdin.write(text.encode())
            stdin.seek(0)
            return run(program("seccompctl"), "--control", mounted.control_dir, *words, stdin=stdin)

    return call


def without_findings(stderr):
    """What is said besides the linter's warnings, each with its remedy: profiles here are shorter than good ones."""
    lines = stderr.decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("warning: ", "    ")))


def check(done, status, out, err=""):
    assert (done.returncode, done.stdout.decode(), without_findings(done.stderr)) == (status, out, err)


def test_get_and_read(ctl):
    check(
        ctl("get", "seccompprofiles"),
        0,
        "NODE     NAMESPACE   TYPE             ID           VERSION\n"
        "node-1   cri         SeccompProfile   audit.json   1\n",
    )
    assert ctl("read", "audit.json").stdout == AUDIT_JSON
    assert ctl("cat", "audit.json").stdout == AUDIT_JSON


def test_read_what_is_not_there(ctl, mounted):
    check(
        ctl("read", "audit.jso"),
        1,
        "",
        f"error reading: open {mounted.mount_point}/audit.jso: No such file or directory\ndid you mean audit.json?\n",
    )
    for name in (".control", "..", "", "../machine.yaml", "/etc/passwd"):
        done = ctl("read", name)
        assert (done.returncode, done.stdout) == (1, b""), name
        assert b"No such file or directory" in done.stderr


def test_get_whole(ctl, mounted):
    """What the files of the control plane have; one of several is one document, and one object."""
    check(ctl("patch", "mc", "-p", "[{op: add, path: /machine/seccompDeny, value: [{names: [bpf], reason: CVE-1}]}]"),
          0, PATCHED + "updated audit.json, version 2\n")
    ctl("patch", "mc", "-p", "{machine: {seccompProfiles: [{name: '1e3', value: {defaultAction: SCMP_ACT_KILL}}]}}")
    ctl("patch", "mc", "-p", flow_patch("z.json", "SCMP_ACT_KILL"))
    for form in ("yaml", "json"):
        with open(f"{mounted.control_dir}/seccompprofiles.{form}", encoding="utf-8") as file:
            text = file.read()
        check(ctl("get", "sp", "-o", form), 0, text)
    resources = json.loads(ctl("get", "sp", "-o", "json").stdout)
    documents = ctl("get", "sp", "-o", "yaml").stdout.decode().split("---\n")
    assert len(resources) == len(documents) == 3
    for resource, document in zip(resources, documents):
        name = resource["metadata"]["id"]
        done = ctl("get", "sp", name, "-o", "json")
        assert (done.returncode, done.stdout.decode()) == (0, json.dumps(resource, indent=4, sort_keys=True) + "\n")
        check(ctl("get", "sp", name, "-o", "yaml"), 0, document)
    assert resources[1]["metadata"]["annotations"] == {"seccompfs/denied": "bpf"}
    done = ctl("get", "sp", "z.jsn", "-o", "yaml")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"(cri/z.jsn@undefined) doesn't exist\ndid you mean z.json?\n" in done.stderr
    assert ctl("get", "sp", "-o", "table").stdout == ctl("get", "sp").stdout


def test_get_when_the_list_is_empty(ctl):
    check(
        ctl("patch", "mc", "-p", "{machine: {seccompProfiles: {$patch: delete}}}"),
        0,
        PATCHED + "destroyed audit.json, version 1\n",
    )
    check(ctl("get", "sp"), 0, "NODE   NAMESPACE   TYPE   ID   VERSION\n")
    check(ctl("get", "sp", "-o", "yaml"), 0, "")
    for form in ("yaml", "json"):
        done = ctl("get", "sp", "audit.json", "-o", form)
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"(cri/audit.json@undefined) doesn't exist\n" in done.stderr


@pytest.mark.parametrize("text", [flow_patch("b.json", "SCMP_ACT_KILL"), profile_patch("b.json", "SCMP_ACT_KILL")])
def test_patch_twice(ctl, mounted, text):
    check(ctl("patch", "mc", "-p", text), 0, PATCHED + "created b.json, version 1\n")
    assert mounted.cat("b.json") == b'{"defaultAction":"SCMP_ACT_KILL"}'
    check(ctl("patch", "machineconfig", "--patch", text), 0, SKIPPED)
    assert mounted.versions() == {"audit.json": 1, "b.json": 1}


def test_patch_from_a_file_and_from_standard_input(ctl, mounted, tmp_path, monkeypatch):
    file = tmp_path / "patch.yaml"
    file.write_text(profile_patch("b.json", "SCMP_ACT_KILL"), encoding="utf-8")
    # Where a lookup would be counted: nothing but the file itself is looked for.
    with monkeypatch.context() as elsewhere:
        elsewhere.chdir(mounted.mount_point)
        check(ctl("patch", "mc", "-p", f"@{file}"), 0, PATCHED + "created b.json, version 1\n")
    families = exposition.parse((mounted.control_dir / "metrics").read_bytes())
    assert families["seccompfs_profile_misses_total"].samples[()] == 0
    file.write_text(profile_patch("b.json", "SCMP_ACT_LOG"), encoding="utf-8")
    check(ctl("patch", "mc", "--patch-file", file), 0, PATCHED + "updated b.json, version 2\n")
    text = profile_patch("b.json", "SCMP_ACT_TRAP")
    check(ctl("patch", "mc", "-p", "-", text=text), 0, PATCHED + "updated b.json, version 3\n")


def test_an_error_names_the_option_or_file(ctl, mounted, tmp_path):
    before = mounted.facts()
    file = tmp_path / "patch.yaml"
    file.write_text("# a comment\n---\n" + profile_patch("c.json", "SCMP_ACT_LOGG"), encoding="utf-8")
    reason = 'machine.seccompProfiles[0].value.defaultAction: unknown action "{}": did you mean {}? [unknown-action]\n'
    done = ctl("patch", "mc", "--patch-file", file, "-p", profile_patch("b.json", "SCMP_ACT_TRAPP"))
    assert done.returncode == 1
    assert done.stdout == b""
    lines = [line for line in done.stderr.decode().splitlines(keepends=True) if line[0] != " "]
    assert lines[0] == "patch 1:5:24: " + reason.format("SCMP_ACT_TRAPP", "SCMP_ACT_TRAP")
    assert lines[1] == f"{file}:7:24: " + reason.format("SCMP_ACT_LOGG", "SCMP_ACT_LOG")
    assert lines[2].startswith("seccompctl: ")
    assert mounted.facts() == before


def test_merge_patches_are_one_transaction(ctl, mounted):
    before = mounted.facts()
    good, bad = profile_patch("b.json", "SCMP_ACT_LOG"), profile_patch("c.json", "SCMP_ACT_X")
    assert ctl("patch", "mc", "-p", good, "-p", bad).returncode == 1
    assert mounted.facts() == before
    good = [profile_patch(f"{name}.json", "SCMP_ACT_LOG") for name in "bcd"]
    check(
        ctl("patch", "mc", "-p", good[0], "-p", good[1], "-p", good[2]),
        0,
        PATCHED + "created b.json, version 1\ncreated c.json, version 1\ncreated d.json, version 1\n",
    )


def test_a_json_patch_is_a_transaction_of_its_own(ctl, mounted):
    good = "[{op: remove, path: /machine/seccompProfiles/0}]"
    bad = "[{op: test, path: /machine/type, value: nope}]"
    done = ctl("patch", "mc", "-p", good, "-p", bad, "-p", profile_patch("b.json", "SCMP_ACT_LOG"))
    assert done.returncode == 1
    assert done.stdout.decode() == PATCHED + "destroyed audit.json, version 1\n"
    assert done.stderr.decode().endswith("seccompctl: the patches before patch 2 stay applied\n")
    assert mounted.names() == []


def test_syntax_is_checked_before_anything_is_sent(ctl, mounted):
    before = mounted.facts()
    result = mounted.result()
    done = ctl("patch", "mc", "-p", profile_patch("b.json", "SCMP_ACT_LOG"), "-p", "a: [")
    assert done.returncode == 1
    assert done.stderr.decode().startswith("patch 2:")
    assert mounted.facts() == before
    assert mounted.result() == result


def test_nothing_to_do(ctl):
    check(ctl("patch", "mc", "-p", "# nothing", "-p", "---\n"), 0, SKIPPED)


def test_a_warning(ctl):
    done = ctl("patch", "mc", "-p", "{machine: {seccompProfiles: [{name: none, $patch: delete}]}}")
    assert (done.returncode, done.stdout.decode()) == (0, SKIPPED)
    assert done.stderr.startswith(b"warning: patch:1:")


def test_a_place_in_the_config(ctl, mounted):
    """What is wrong there is not said of the patch."""
    config = mounted.config.read_bytes()
    mounted.config.write_text("machine:\n  seccompProfiles: 3\n", encoding="utf-8")
    done = ctl("patch", "mc", "-p", profile_patch("b.json", "SCMP_ACT_LOG"))
    mounted.config.write_bytes(config)
    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"{mounted.config}:2:20: machine.seccompProfiles: ")


def test_a_large_patch(ctl, mounted):
    """Many writes in the kernel, and a document that is closed in the middle: one transaction."""
    names = [f"p{i}.json" for i in range(6000)]
    text = "".join(flow_patch(name, "SCMP_ACT_KILL").rstrip() + "\n---\n" for name in names)
    assert 3 * 131072 < len(text) < 1048576
    done = ctl("patch", "mc", "-p", "-", text=text)
    assert (done.returncode, without_findings(done.stderr)) == (0, "")
    assert done.stdout.decode().count("\n") == 1 + len(names)
    assert len(mounted.versions()) == len(names) + 1


def test_the_linter_warns_with_place_and_remedy(ctl, mounted):
    done = ctl("patch", "mc", "-p", profile_patch("b.json", "SCMP_ACT_ALLOW"))
    lines = done.stderr.decode().splitlines()
    at = next(i for i, line in enumerate(lines) if line.endswith("[permissive-default]"))
    assert lines[at].startswith("warning: patch:5:24: machine.seccompProfiles[0].value.defaultAction: ")
    assert lines[at + 1].startswith("    ")
    assert (done.returncode, mounted.versions()["b.json"]) == (0, 1)


def test_a_warning_of_the_form_stands_once(ctl):
    """With the line of the patch, and not again with that of the config."""
    text = profile_patch("b.json", "SCMP_ACT_ALLOW") + "        more: 1\n"
    lines = [line for line in ctl("patch", "mc", "-p", text).stderr.decode().splitlines() if "unknown key" in line]
    assert len(lines) == 1
    assert lines[0].startswith("warning: patch:6:9: machine.seccompProfiles[0].value: unknown key")
    done = ctl("patch", "mc", "-p", profile_patch("c.json", "SCMP_ACT_ALLOW"))
    assert b"unknown key" not in done.stderr


def test_a_patch_over_the_limit(ctl, mounted):
    before = mounted.facts()
    done = ctl("patch", "mc", "-p", "-", text=profile_patch("b.json", "SCMP_ACT_LOG") + "# " + "x" * 1048576)
    assert done.returncode == 1
    assert b"1048576" in done.stderr
    assert mounted.facts() == before


def test_a_config_that_is_read_only(instance):
    instance.start("ro")
    done = run(
        program("seccompctl"), "--control", instance.control_dir, "patch", "mc", "-p", flow_patch("b", "SCMP_ACT_LOG")
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"seccompctl: ")
