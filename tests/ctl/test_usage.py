# SPDX-License-Identifier: Apache-2.0
"""seccompctl's command line: options, verbs, exit status 2, and get from a control directory that is a plain one."""

import json
import os

import pytest

from support import program, run


def ctl(*words, **kwargs):
    env = {k: v for k, v in os.environ.items() if k != "SECCOMPFS_CONTROL"}
    env.update(kwargs.pop("env", {}))
    return run(program("seccompctl"), *words, env=env, **kwargs)


@pytest.mark.parametrize(
    "words, reason",
    [
        ([], "a verb is missing"),
        (["gte", "sp"], "unknown verb gte: did you mean get?"),
        (["frobnicate"], "unknown verb frobnicate"),
        (["--nope"], "unknown option --nope"),
        (["-x"], "unknown option -x"),
        (["get"], "something is missing: seccompctl get seccompprofiles [NAME]"),
        (["get", "sp", "a", "b"], "too much: seccompctl get seccompprofiles [NAME]"),
        (["get", "pods"], 'resource "pods" is not registered: known is seccompprofiles'),
        (["get", "sp", "--validate=off"], "get does not take --validate"),
        (["get", "sp", "--control="], "--control: a directory is needed"),
        (["read"], "something is missing: seccompctl read NAME"),
        (["cat", "a", "-p", "x"], "read does not take --patch"),
        (["render"], "something is missing: seccompctl render FILE|-"),
        (["render", "--validate=maybe", "-"], '--validate: found "maybe", allowed are strict and off'),
        (["render", "-", "--validate"], "--validate needs an argument"),
        (["render", "--control", "/x", "-"], "render does not take --control"),
        (["render", "--compile=no", "-"], '--compile: found "no", allowed are on, reject and off'),
        (["render", "--arch=vax", "-"], '--arch: found "vax", allowed is an architecture such as amd64'),
        (["render", "--kernel=six", "-"], '--kernel: found "six", allowed is a version such as 6.1'),
        (["render", "--runtime=runc", "-"], "render does not take --runtime"),
        (["validate"], "something is missing: seccompctl validate FILE|-"),
        (["validate", "-o", "xml", "-"], '--output: found "xml", allowed are text, json and yaml'),
        (["validate", "--runtime=lxc", "-"], '--runtime: found "lxc", allowed are runc and crun'),
        (["validate", "--control=x", "-"], "validate does not take --control"),
        (["explain"], "something is missing: seccompctl explain NAME"),
        (["explain", "--arch=arm64", "x"], "explain does not take --arch"),
        (["patch", "mc"], "either --patch or --patch-file should be defined"),
        (["patch", "mc", "-p"], "-p needs an argument"),
        (["patch", "pods", "-p", "{}"], 'resource "pods": only machineconfig can be patched'),
        (["help", "frobnicate"], "unknown verb frobnicate"),
    ],
)
def test_usage_errors(words, reason):
    done = ctl(*words)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode() == f"seccompctl: {reason}\nTry 'seccompctl --help'.\n"


def test_help_and_version():
    text = ctl("--help").stdout
    assert text.startswith(b"usage: seccompctl ")
    assert ctl("help").stdout == text
    assert ctl("-h").stdout == text
    of_read = ctl("read", "--help").stdout
    assert b"read NAME" in of_read and b"--patch" not in of_read
    assert ctl("help", "cat").stdout == of_read
    assert ctl("--version").stdout == ctl("-V").stdout
    assert ctl("--version").stdout.startswith(b"seccompctl ")
    # Help goes before the arguments that are missing.
    assert ctl("patch", "--help").returncode == 0


@pytest.fixture
def control_dir(tmp_path):
    """What the control plane shows of two profiles."""

    def resource(name, version):
        metadata = {"id": name, "namespace": "cri", "type": "SeccompProfiles.cri.talos.dev", "version": version}
        value = {"defaultAction": "SCMP_ACT_LOG", "x": 18446744073709551615}
        return {"metadata": metadata, "node": "node-1", "spec": {"name": name, "value": value}}

    resources = [resource("audit.json", 1), resource("b.json", 18446744073709551615)]
    (tmp_path / "seccompprofiles.json").write_text(json.dumps(resources, indent=4), encoding="utf-8")
    (tmp_path / "seccompprofiles").write_text("NODE     ID\nnode-1   audit.json\n", encoding="utf-8")
    return tmp_path


TABLE = """\
NODE     NAMESPACE   TYPE             ID           VERSION
node-1   cri         SeccompProfile   audit.json   1
node-1   cri         SeccompProfile   b.json       18446744073709551615
"""


@pytest.mark.parametrize(
    "name", ["seccompprofiles", "SeccompProfile", "seccompprofiles.cri.talos.dev", "seccompprofiles.cri", "sp", "SPS"]
)
def test_get(control_dir, name):
    done = ctl("--control", control_dir, "get", name)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, TABLE, b"")


def test_get_finds_the_directory_by_the_environment(control_dir):
    done = ctl("get", "sp", env={"SECCOMPFS_CONTROL": str(control_dir)})
    assert done.stdout.decode() == TABLE
    done = ctl("get", "sp", "--control", control_dir, env={"SECCOMPFS_CONTROL": "/nonexistent"})
    assert done.stdout.decode() == TABLE


def test_get_one(control_dir):
    done = ctl("get", "sp", "b.json", "--control", control_dir)
    assert done.returncode == 0
    assert done.stdout.decode() == (
        "NODE     NAMESPACE   TYPE             ID       VERSION\n"
        "node-1   cri         SeccompProfile   b.json   18446744073709551615\n"
    )


def test_get_one_that_is_not_there(control_dir):
    done = ctl("get", "sp", "audti.json", "--control", control_dir)
    assert done.returncode == 1
    assert done.stdout == b"NODE   NAMESPACE   TYPE   ID   VERSION\n"
    assert done.stderr.decode() == (
        "error getting resource on node node-1: rpc error: code = NotFound desc = "
        "resource SeccompProfiles.cri.talos.dev(cri/audti.json@undefined) doesn't exist\n"
        "did you mean audit.json?\n"
    )


@pytest.mark.parametrize("text", ["", "{}", "[{}]", "[1]", '[{"node": "n", "metadata": {"id": "a", "version": -1}}]', "[", "[]\n---\n[]"])
def test_get_from_what_is_no_list_of_resources(control_dir, text):
    (control_dir / "seccompprofiles.json").write_text(text, encoding="utf-8")
    done = ctl("get", "sp", "--control", control_dir)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"seccompprofiles.json" in done.stderr


def test_no_control_directory(tmp_path):
    done = ctl("get", "sp", "--control", tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode() == (
        f"seccompctl: cannot read {tmp_path}/seccompprofiles.json: No such file or directory\n"
    )
    done = ctl("patch", "mc", "-p", "{machine: {}}", "--control", tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode() == f"seccompctl: cannot open {tmp_path}/control: No such file or directory\n"
    done = ctl("read", "a", "--control", tmp_path)
    assert done.returncode == 1
    assert b"no mount of seccompfs belongs to" in done.stderr
