# SPDX-License-Identifier: Apache-2.0
"""Every way to write a patch, against every kind of patch: what commits, and who sees the error.

docs/control.md has the table of programs and errors that SEES_FLUSH and SEES_WRITE stand for.
"""

import subprocess

import pytest

from support import AUDIT_JSON, KILL_JSON, TIME_LIMIT, flow_patch, profile_patch

SHELLS = {"bash": ["bash", "-c"], "dash": ["dash", "-c"], "busybox": ["busybox", "sh", "-c"]}

# What a writer can see: an error of any system call, or of write(2) only.
SEES_FLUSH, SEES_WRITE = "flush", "write"


def shell(name, script):
    """A writer that runs a script with $1 the control file, $2 the patch, $3 a file that holds it."""

    def write(control, text, file):
        done = subprocess.run(
            [*SHELLS[name], script, name, control, text, file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TIME_LIMIT,
            check=False,
        )
        return done.returncode

    return write


def python(code):
    """A writer in Python; an OSError is its failure."""

    def write(control, text, file):
        script = f"import os, sys\ncontrol, text = sys.argv[1], sys.argv[2].encode() + b'\\n'\n{code}"
        done = subprocess.run(
            ["python3", "-c", script, control, text, file],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TIME_LIMIT,
            check=False,
        )
        assert done.returncode == 0 or b"OSError" in done.stderr, done.stderr.decode()
        return done.returncode

    return write


WRITERS = {}
for sh in SHELLS:
    WRITERS[f"{sh}-echo"] = (shell(sh, 'echo "$2" > "$1"'), SEES_WRITE)
    WRITERS[f"{sh}-printf"] = (shell(sh, 'printf "%s\\n" "$2" > "$1"'), SEES_WRITE)
    WRITERS[f"{sh}-echo-append"] = (shell(sh, 'echo "$2" >> "$1"'), SEES_WRITE)
    WRITERS[f"{sh}-heredoc-cat"] = (shell(sh, 'cat > "$1" <<EOF\n$2\nEOF'), SEES_FLUSH)
# Busybox's cat does not look at close; dash opens the file itself, so that cat's close is no flush of
# the opener and commits nothing.
for sh in ("busybox", "dash"):
    WRITERS[f"{sh}-heredoc-cat"] = (WRITERS[f"{sh}-heredoc-cat"][0], SEES_WRITE)
WRITERS |= {
    "bin-echo": (shell("bash", '/bin/echo "$2" > "$1"'), SEES_FLUSH),
    "cat": (shell("bash", 'cat "$3" > "$1"'), SEES_FLUSH),
    "cat-pipe": (shell("bash", 'set -o pipefail; cat "$3" | cat > "$1"'), SEES_FLUSH),
    "tee": (shell("bash", 'set -o pipefail; cat "$3" | tee "$1"'), SEES_FLUSH),
    "cp": (shell("bash", 'cp "$3" "$1"'), SEES_FLUSH),
    "dd-bs1": (shell("bash", 'dd bs=1 if="$3" of="$1" status=none'), SEES_FLUSH),
    "dd-bs7": (shell("bash", 'dd bs=7 if="$3" of="$1" status=none'), SEES_FLUSH),
    "dd-notrunc": (shell("bash", 'dd bs=512 conv=notrunc if="$3" of="$1" status=none'), SEES_FLUSH),
    "dd-fsync": (shell("bash", 'dd bs=64 conv=fsync if="$3" of="$1" status=none'), SEES_FLUSH),
    "busybox-cat": (shell("busybox", 'busybox cat "$3" > "$1"'), SEES_WRITE),
    "busybox-tee": (shell("busybox", 'busybox cat "$3" | busybox tee "$1"'), SEES_WRITE),
    "python-one-write": (
        python("fd = os.open(control, os.O_WRONLY); os.write(fd, text); os.close(fd)"),
        SEES_FLUSH,
    ),
    "python-many-writes": (
        python(
            "fd = os.open(control, os.O_WRONLY)\n"
            "for i in range(0, len(text), 3): os.write(fd, text[i:i + 3])\n"
            "os.close(fd)"
        ),
        SEES_FLUSH,
    ),
    "python-open": (python("with open(control, 'wb') as f: f.write(text)"), SEES_FLUSH),
    "python-fsync": (
        python("fd = os.open(control, os.O_WRONLY); os.write(fd, text); os.fsync(fd); os.close(fd)"),
        SEES_FLUSH,
    ),
}

# Patch text and what it makes of audit.json and of the names.
GOOD = {
    "flow-replaces": (flow_patch("audit.json", "SCMP_ACT_KILL"), KILL_JSON, ["audit.json"]),
    "flow-adds": (flow_patch("new.json", "SCMP_ACT_KILL"), AUDIT_JSON, ["audit.json", "new.json"]),
    "block-replaces": (profile_patch("audit.json", "SCMP_ACT_KILL"), KILL_JSON, ["audit.json"]),
    "block-adds": (profile_patch("new.json", "SCMP_ACT_KILL"), AUDIT_JSON, ["audit.json", "new.json"]),
    "comments": (
        "# a comment\n\n" + profile_patch("audit.json", "SCMP_ACT_KILL # why") + "\n# the end\n",
        KILL_JSON,
        ["audit.json"],
    ),
    "documents": (
        "---\n"
        + profile_patch("new.json", "SCMP_ACT_LOG")
        + "---\n"
        + profile_patch("audit.json", "SCMP_ACT_KILL"),
        KILL_JSON,
        ["audit.json", "new.json"],
    ),
    "end-marker": (profile_patch("audit.json", "SCMP_ACT_KILL") + "...\n", KILL_JSON, ["audit.json"]),
    "delete": (
        "{machine: {seccompProfiles: [{name: audit.json, $patch: delete}]}}\n",
        None,
        [],
    ),
    "json-patch": (
        '[{"op": "replace", "path": "/machine/seccompProfiles/0/value/defaultAction",'
        ' "value": "SCMP_ACT_KILL"}]\n',
        KILL_JSON,
        ["audit.json"],
    ),
    "json-patch-yaml": (
        "- op: replace\n"
        "  path: /machine/seccompProfiles/0/value/defaultAction\n"
        "  value: SCMP_ACT_KILL\n",
        KILL_JSON,
        ["audit.json"],
    ),
}

# Patch text, whether write(2) itself shows the failure to one that writes all at once, and a word of the reason.
BAD = {
    "flow-unknown-action": (flow_patch("audit.json", "SCMP_ACT_KILLL"), True, "SCMP_ACT_KILLL"),
    "flow-empty-value": ("{machine: {seccompProfiles: [{name: audit.json, value: {}}]}}\n", True, "empty"),
    "block-unknown-action": (profile_patch("audit.json", "SCMP_ACT_KILLL"), False, "SCMP_ACT_KILLL"),
    "block-bad-name": (profile_patch("../x.json", "SCMP_ACT_LOG"), False, "name"),
    "block-misspelt-key": ("machine:\n  seccompProfile:\n    - name: a\n", False, "seccompProfiles"),
    "syntax-early": ("machine:\n  a: b: c\n  d: e\n  f: g\n", True, "cannot stand here"),
    "syntax-at-end": ("machine:\n  seccompProfiles: [\n", False, ""),
    "scalar": ("just words\n", False, ""),
    "json-patch-test-fails": (
        '[{"op": "test", "path": "/machine/type", "value": "controlplane"}]\n',
        True,
        "test",
    ),
}


@pytest.mark.parametrize("case", GOOD)
@pytest.mark.parametrize("writer", WRITERS)
def test_good_patch(mounted, tmp_path, writer, case):
    """It commits, says so, and the very next reader sees it."""
    write, _ = WRITERS[writer]
    text, audit, names = GOOD[case]
    file = tmp_path / "patch.yaml"
    file.write_text(text, encoding="utf-8")

    assert write(mounted.control, text.rstrip("\n"), file) == 0, mounted.result()
    assert mounted.names() == names
    if audit is not None:
        assert mounted.cat("audit.json") == audit
    assert mounted.result().startswith("result: applied\n"), mounted.result()


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("writer", WRITERS)
def test_bad_patch(mounted, tmp_path, writer, case):
    """Nothing changes, control has the reason, and whoever can see the error sees it."""
    write, sees = WRITERS[writer]
    text, at_write, word = BAD[case]
    file = tmp_path / "patch.yaml"
    file.write_text(text, encoding="utf-8")
    before = mounted.facts()

    status = write(mounted.control, text.rstrip("\n"), file)

    assert mounted.facts() == before
    result = mounted.result()
    assert result.startswith("result: failed\n"), result
    assert word in result
    if sees == SEES_FLUSH:
        assert status != 0
    # A shell's line-wise echo may pass the error by before it is certain; one line cannot.
    if at_write and text.count("\n") == 1:
        assert status != 0


@pytest.mark.parametrize("writer", WRITERS)
def test_same_patch_twice_is_skipped(mounted, tmp_path, writer):
    write, _ = WRITERS[writer]
    text = profile_patch("audit.json", "SCMP_ACT_KILL")
    file = tmp_path / "patch.yaml"
    file.write_text(text, encoding="utf-8")
    assert write(mounted.control, text.rstrip("\n"), file) == 0
    before = mounted.facts()

    assert write(mounted.control, text.rstrip("\n"), file) == 0
    assert mounted.facts() == before
    assert mounted.versions() == {"audit.json": 2}
    assert "no changes detected" in mounted.result()
    assert mounted.result().startswith("result: skipped\n")


BIG_WRITERS = ["bash-echo", "dash-echo", "busybox-echo", "cat", "tee", "cp", "python-one-write", "python-open"]


def big_patch(n_bytes):
    """A block patch of exactly n_bytes: one profile with a long list of names, one a line."""
    head = profile_patch("big.json", "SCMP_ACT_ERRNO").rstrip("\n")
    head += "\n        syscalls:\n          - action: SCMP_ACT_ALLOW\n            names:\n"
    lines = []
    left = n_bytes - len(head)
    line = "              - a_name_of_a_system_call\n"
    while left >= 2 * len(line):
        lines.append(line)
        left -= len(line)
    lines.append("              - " + "z" * (left - 17) + "\n")
    text = head + "".join(lines)
    assert len(text) == n_bytes
    return text


@pytest.mark.parametrize("writer", BIG_WRITERS)
def test_900_kib(mounted, tmp_path, writer):
    """A large patch commits, whatever the size of the writes."""
    text = big_patch(900 << 10)
    file = tmp_path / "patch.yaml"
    file.write_text(text, encoding="utf-8")
    if writer.endswith("-echo"):
        # One argument of exec is at most 128 KiB; the shell reads the file itself.
        write = shell(writer.split("-")[0], 'echo "$(cat "$3")" > "$1"')
        status = write(mounted.control, "", file)
    elif writer.startswith("python"):
        code = {"python-one-write": "os.write(fd, data)", "python-open": "os.fdopen(fd, 'wb').write(data)"}
        status = python(
            "data = open(sys.argv[3], 'rb').read()\nfd = os.open(control, os.O_WRONLY)\n"
            f"n = {code[writer]}\nassert n == len(data)"
        )(mounted.control, "", file)
    else:
        status = WRITERS[writer][0](mounted.control, "", file)
    assert status == 0, mounted.result()
    assert mounted.names() == ["audit.json", "big.json"]
    assert mounted.cat("big.json").count(b"a_name_of_a_system_call") == text.count("a_name_of")


LIMIT = 4096


@pytest.mark.parametrize("writer", ["cat", "tee", "cp", "dd-bs7", "bin-echo", "python-one-write", "python-many-writes"])
def test_one_byte_over_the_limit(instance, tmp_path, writer):
    """The limit itself is fine, one byte more is EFBIG at the write, and nothing changed."""
    instance.start(f"max_patch={LIMIT}")
    write, _ = WRITERS[writer]
    file = tmp_path / "patch.yaml"
    for n_bytes, fits in ((LIMIT, True), (LIMIT + 1, False)):
        text = big_patch(n_bytes)
        file.write_text(text, encoding="utf-8")
        before = instance.facts()
        status = write(instance.control, text[:-1], file)
        if fits:
            assert status == 0, instance.result()
            assert "big.json" in instance.names()
        else:
            assert status != 0
            assert instance.facts() == before
            assert instance.result().startswith("result: failed\n")
            assert str(LIMIT) in instance.result()


def test_limit_is_efbig(instance):
    instance.start(f"max_patch={LIMIT}")
    with pytest.raises(OSError) as error:
        instance.patch(big_patch(LIMIT + 1))
    assert error.value.errno == 27  # EFBIG


@pytest.mark.parametrize("name", SHELLS)
def test_every_shell_shows_a_failing_one_liner(mounted, name):
    """`echo '{machine: ...}' > .control` fails visibly in every shell, with the right errno."""
    done = subprocess.run(
        [*SHELLS[name], 'echo "{machine: {seccompProfiles: 7}}" > "$1"', name, mounted.control],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=TIME_LIMIT,
        check=False,
    )
    assert done.returncode != 0
    # dash has a text of its own for every error of write(2).
    assert (b"I/O error" if name == "dash" else b"nvalid argument") in done.stderr
    assert mounted.result().startswith("result: failed\n")
