# SPDX-License-Identifier: Apache-2.0
"""The committed table of names of system calls is what scripts/generate-syscalls makes of the headers that are here."""

import glob
import gzip
import os
import re
import shutil
import subprocess

import pytest

from support import TIME_LIMIT

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SCRIPT = os.path.join(TOP, "scripts", "generate-syscalls")
TABLE = os.path.join(TOP, "src", "profile", "syscall_table.c")

ENTRY = re.compile(r'^\t\{ "(\w+)", (0x\w+) \},\n', re.MULTILINE)


def generate(*arguments):
    return subprocess.run(
        [SCRIPT, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_LIMIT,
    )


def read_table(path=TABLE):
    with open(path, encoding="utf-8") as file:
        return file.read()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The headers of this machine as if they were an extracted package."""
    root = tmp_path_factory.mktemp("package")
    for path in glob.glob("/usr/include/*-linux-*/asm") + ["/usr/include/asm-generic"]:
        shutil.copytree(path, f"{root}{path}")
    log = root / "usr/share/doc/linux-libc-dev/changelog.Debian.gz"
    log.parent.mkdir(parents=True)
    log.write_bytes(gzip.compress(b"linux (6.6.6-1) unstable; urgency=medium\n"))
    return root


def test_every_name_of_every_header_is_in_the_table():
    names = set(name for name, _ in ENTRY.findall(read_table()))
    headers = glob.glob("/usr/include/**/unistd*.h", recursive=True)
    found = set()
    for header in headers:
        with open(header, encoding="utf-8", errors="replace") as file:
            found |= set(re.findall(r"^#define __NR_([a-z]\w*)", file.read(), re.MULTILINE))
    # How many there are, the first that a generic architecture has for itself, and numbers kept free: no calls.
    no_call = re.compile(r"syscalls|syscall_count|arch_specific_syscall|(unused|reserved|available)\d*")
    found = {name for name in found if not no_call.fullmatch(name)}
    assert len(found) > 300
    assert found <= names


def test_the_table_has_what_the_script_finds_here():
    done = generate("--check", TABLE, "/")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_missing_is_told(tmp_path):
    table = tmp_path / "table.c"
    text = re.sub(r'\t\{ "openat2", .*\n', "", read_table())
    table.write_text(re.sub(r'("mkdirat", )\w+', r"\g<1>0x000000", text), encoding="utf-8")
    done = generate("--check", table, "/")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["mkdirat", "openat2"]
    assert all(": not in the table for " in line for line in lines)


def test_the_same_headers_give_the_same_table(package):
    first = generate(package)
    assert (first.returncode, first.stderr) == (0, "")
    assert generate(package, package).stdout == first.stdout
    assert " * 6.6.6-1.\n" in first.stdout
    entries = dict(ENTRY.findall(first.stdout))
    committed = dict(ENTRY.findall(read_table()))
    assert len(entries) > 300
    assert list(entries) == sorted(entries)
    for name, mask in entries.items():
        assert int(mask, 16) & ~int(committed[name], 16) == 0


@pytest.mark.parametrize("layout", ["usr/include", "usr/lib/linux/uapi/vax/asm", "usr/include/x86_64-linux-gnu/asm"])
def test_other_headers_are_refused(tmp_path, layout):
    (tmp_path / layout).mkdir(parents=True)
    (tmp_path / layout / "unistd.h").write_text("#define __NR_read 0\n", encoding="utf-8")
    (tmp_path / layout / "unistd_64.h").write_text("#define __NR_read 0\n", encoding="utf-8")
    done = generate(tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"generate-syscalls: {tmp_path}")
