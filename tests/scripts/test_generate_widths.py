# SPDX-License-Identifier: Apache-2.0
"""scripts/generate-widths, on prototypes as the kernel writes them."""

import os
import re
import subprocess

TOP = os.path.join(os.path.dirname(__file__), "..", "..")
SCRIPT = os.path.join(TOP, "scripts", "generate-widths")
TABLE = os.path.join(TOP, "src", "profile", "syscall_widths.c")
ENTRY = re.compile(r'^\t\{ "(\w+)", "([-is]+)" \},$', re.MULTILINE)

# Less than 300 are no such header.
FILLER = "".join(f"asmlinkage long sys_filler{i}(long number);\n" for i in range(300))
PROTOTYPES = """\
asmlinkage long sys_socket(int, int, int);
asmlinkage long sys_chmod(const char __user *filename, umode_t mode);
asmlinkage long sys_unnamed(unsigned long, unsigned, unsigned long);
asmlinkage long sys_lines(unsigned int fd,
\t\t/* in
\t\ta comment */ const char __user * const __user *argv,
\t\tclockid_t which, size_t n);
asmlinkage long sys_umount(char __user *name, int flags);
asmlinkage long sys_nothing(void);
asmlinkage long sys_stat(int old);
asmlinkage long sys_chown16(const char __user *filename, old_uid_t user);
asmlinkage long sys_twice(unsigned long flags, int fd);
asmlinkage long sys_ipc(unsigned int call, int first, unsigned long second);
"""


def generate(*paths):
    return subprocess.run([SCRIPT, *paths], capture_output=True, check=False, text=True, timeout=60)


def write(path, more=""):
    path.write_text(FILLER + PROTOTYPES + more, encoding="utf-8")
    return path


def test_widths_of_prototypes(tmp_path):
    done = generate(write(tmp_path / "a.h"), write(tmp_path / "b.h", "asmlinkage long sys_twice(int flags, int fd);\n"))
    assert (done.returncode, done.stderr) == (0, "")
    table = dict(ENTRY.findall(done.stdout))
    expected = {"socket": "iii", "chmod": "-s", "unnamed": "-i", "lines": "i-i", "umount2": "-i", "ipc": "si"}
    assert {name: table[name] for name in expected} == expected
    # The wider one counts.
    assert table["twice"] == "-i"
    assert not {"nothing", "stat", "chown16", "filler1", "umount"} & table.keys()
    assert list(table) == sorted(table)


def test_an_unknown_type_is_refused(tmp_path):
    done = generate(write(tmp_path / "a.h", "asmlinkage long sys_x(some_t a);\n"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "some_t a" in done.stderr


def test_what_is_no_such_header_is_refused(tmp_path):
    (tmp_path / "a.h").write_text(PROTOTYPES, encoding="utf-8")
    done = generate(tmp_path / "a.h")
    assert (done.returncode, done.stdout) == (2, "")
    assert "only 10 prototypes" in done.stderr


def test_the_committed_table_is_of_its_form():
    with open(TABLE, encoding="utf-8") as file:
        text = file.read()
    table = ENTRY.findall(text)
    assert f"not to be edited. {len(table)} calls." in text and len(table) > 250
