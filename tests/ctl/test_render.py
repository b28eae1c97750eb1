# SPDX-License-Identifier: Apache-2.0
"""seccompctl render: exact bytes on stdout, reasons on stderr, the exit status. Needs no mount."""

import json
import os
import pathlib
import tempfile

import pytest

from support import program, run

PROFILE = "defaultAction: SCMP_ACT_ERRNO\nsyscalls:\n  - names: [mkdir]\n    action: SCMP_ACT_ALLOW\n"
BYTES = b'{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"action":"SCMP_ACT_ALLOW","names":["mkdir"]}]}'


def render(*words, text=None):
    with tempfile.TemporaryFile() as stdin:
        stdin.write(text.encode() if isinstance(text, str) else text or b"")
        stdin.seek(0)
        return run(program("seccompctl"), "render", *words, stdin=stdin)


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "profile.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    return path


def check(done, status, out, err=""):
    assert (done.returncode, done.stdout, done.stderr.decode()) == (status, out, err)


def test_a_file(profile):
    check(render(profile), 0, BYTES)


def test_json_and_utf16(tmp_path):
    path = tmp_path / "p"
    path.write_bytes('{"b": "<\\/>", "a": 18446744073709551615}'.encode("utf-16"))
    check(render("--validate=off", path), 0, b'{"a":18446744073709551615,"b":"\\u003c/\\u003e"}')


def test_standard_input():
    check(render("-", text=PROFILE), 0, BYTES)


def test_a_pipe_by_name(profile):
    done = run("sh", "-c", 'cat "$1" | "$0" render /dev/stdin', program("seccompctl"), profile)
    check(done, 0, BYTES)


def test_an_error_names_the_place(profile):
    profile.write_text(PROFILE.replace("SCMP_ACT_ALLOW", "SCMP_ACT_ALOW"), encoding="utf-8")
    check(
        render(profile),
        1,
        b"",
        f'{profile}:4:13: syscalls[0].action: unknown action "SCMP_ACT_ALOW": did you mean SCMP_ACT_ALLOW? '
        "[unknown-action]\n    write SCMP_ACT_ALLOW\n",
    )
    done = render("--validate", "off", profile)
    assert (done.returncode, done.stderr) == (0, b"")


def test_all_errors_are_told():
    done = render("-", text="defaultAction: 1\nsyscalls:\n  - {names: [], action: SCMP_ACT_LOG}\nflags: x\n")
    assert done.returncode == 1
    lines = done.stderr.decode().splitlines()
    assert [line.split(" ")[0] for line in lines if line[0] != " "] == ["stdin:1:16:", "stdin:3:13:", "stdin:4:8:"]
    assert lines[2].endswith(" [empty-names]")
    assert lines[3] == "    name a system call, or remove the rule"


def test_a_warning_does_not_fail():
    check(
        render("-", text="defaultAction: SCMP_ACT_LOG\nnote: x\n"),
        0,
        b'{"defaultAction":"SCMP_ACT_LOG","note":"x"}',
        'warning: stdin:2:1: unknown key "note": runtimes ignore it [unknown-key]\n'
        "    correct the key, or remove it\n",
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "null", "[]", "a: 1\n---\nb: 2\n", "a: {", "a: .nan", "\xff"])
def test_what_is_no_profile(text):
    done = render("--validate=off", "-", text=text.encode("latin-1"))
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.startswith(b"stdin:")


def test_files_that_cannot_be_read(tmp_path):
    check(render(tmp_path / "x"), 1, b"", f"seccompctl: cannot open {tmp_path}/x: No such file or directory\n")
    check(render(tmp_path), 1, b"", f"seccompctl: cannot read {tmp_path}: Is a directory\n")


def test_output_that_cannot_be_written(profile):
    done = run("sh", "-c", '"$0" render "$1" > /dev/full', program("seccompctl"), profile)
    check(done, 1, b"", "seccompctl: cannot write: No space left on device\n")


VECTORS = os.environ.get("SECCOMPFS_VECTORS")

# Real profiles that the OCI rules refuse, with the reason.
BROKEN = {
    "real-moby-example-json": "errnoRet: found integer 12345, allowed is an integer from 0 to 4095",
    "real-moby-example-yaml": "errnoRet: found integer 12345, allowed is an integer from 0 to 4095",
}


# Text of other projects is not part of this one: where it is not at hand there is no such test.
if VECTORS:

    def test_real_profiles_pass_the_rules():
        folder = pathlib.Path(VECTORS) / "yaml-json"
        names = sorted(path.name for path in folder.glob("real-*"))
        assert len(names) > 20
        for name in names:
            text = folder / name / "input.yaml"
            done = render(text)
            if name in BROKEN:
                assert done.returncode == 1 and BROKEN[name] in done.stderr.decode(), name
            else:
                assert done.returncode == 0, (name, done.stderr.decode())
            done = render("--validate=off", "--compile=off", text)
            assert done.returncode == 0, (name, done.stderr.decode())
            assert done.stdout == (folder / name / "expected.json").read_bytes(), name


MOBY = "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [bpf], action: SCMP_ACT_ALLOW, includes: {caps: [CAP_BPF]}}]}"


def test_mobys_format_is_compiled():
    check(render("-", text=MOBY), 0, b'{"defaultAction":"SCMP_ACT_LOG","syscalls":[]}')
    compiled = b'{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"action":"SCMP_ACT_ALLOW","names":["bpf"]}]}'
    check(render("--caps", "default:bpf", "-", text=MOBY), 0, compiled)
    done = render("--compile=off", "-", text=MOBY)
    assert b'"includes":{"caps":["CAP_BPF"]}' in done.stdout
    done = render("--compile=reject", "-", text=MOBY)
    assert (done.returncode, done.stdout) == (1, b"")
    assert "stdin:1:" in done.stderr.decode() and "includes" in done.stderr.decode()


@pytest.mark.parametrize(
    "words, message",
    [
        (["--compile", "maybe"], '--compile: found "maybe", allowed are on, reject and off'),
        (["--caps", "CAP_BFP"], '--caps: unknown capability "CAP_BFP": did you mean CAP_BPF?'),
    ],
)
def test_bad_options(words, message):
    done = render(*words, "-", text=PROFILE)
    assert done.returncode == 2
    assert message in done.stderr.decode()


OTHER_NODES = """\
defaultAction: SCMP_ACT_ERRNO
archMap:
- {architecture: SCMP_ARCH_X86_64, subArchitectures: [SCMP_ARCH_X86]}
- {architecture: SCMP_ARCH_AARCH64, subArchitectures: [SCMP_ARCH_ARM]}
syscalls:
- {names: [mount], action: SCMP_ACT_ALLOW, includes: {caps: [CAP_SYS_ADMIN]}}
- {names: [ptrace], action: SCMP_ACT_ALLOW, includes: {minKernel: "4.8"}}
- {names: [arch_prctl], action: SCMP_ACT_ALLOW, includes: {arches: [amd64]}}
"""


@pytest.mark.parametrize(
    "words, architectures, names",
    [
        (["--arch=amd64", "--kernel=4.8"], ["X86_64", "X86"], ["ptrace", "arch_prctl"]),
        (["--arch=SCMP_ARCH_X86_64", "--kernel=4.7.3-1-amd64"], ["X86_64", "X86"], ["arch_prctl"]),
        (["--arch", "arm64", "--kernel", "6.1"], ["AARCH64", "ARM"], ["ptrace"]),
        (["--arch=arm64", "--kernel=6.1", "--caps=default:sys_admin"], ["AARCH64", "ARM"], ["mount", "ptrace"]),
        (["--arch=arm64", "--kernel=6.1", "--caps=none"], ["AARCH64", "ARM"], ["ptrace"]),
    ],
)
def test_other_nodes(words, architectures, names):
    done = render(*words, "-", text=OTHER_NODES)
    assert (done.returncode, done.stderr) == (0, b"")
    profile = json.loads(done.stdout)
    assert profile["architectures"] == [f"SCMP_ARCH_{one}" for one in architectures]
    assert profile["syscalls"] == [{"action": "SCMP_ACT_ALLOW", "names": names}]
