# SPDX-License-Identifier: Apache-2.0
"""scripts/bench-instructions in small repositories, with counts that are made up."""

import json
import os
import shutil

import pytest

from support import run

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "bench-instructions")
PROGRAM = "tests/bench/instructions"

# In place of the tools: the source of the benchmark has the names of operations, that of what it measures lines
# `OPERATION TIMES INSTRUCTIONS`; the program has those lines that the benchmark names, which must be there.
TOOLS = {
    "meson": """
        if [ "$1" = introspect ]; then
            echo '[{"name": "optimization", "value": "2"}, {"name": "other", "value": true}]'
            exit
        fi
        mkdir -p "$2" && ln -s "$3" "$2/source" && echo "$CC $4" >"$2/options" && : >"$2/build.ninja"
    """,
    "ninja": """
        mkdir -p "$2/tests/bench" && : >"$2/$3"
        while read -r name; do
            grep "^$name " "$2/source/src/counts" >>"$2/$3" || { rm "$2/$3"; echo "error: no $name"; exit 1; }
        done <"$2/source/$3.c"
    """,
    "valgrind": """
        n=0
        while read -r name times count; do
            n=$((n + 1))
            printf 'desc: Trigger: Client Request: %s %s\\n\\nsummary: %s\\n' "$name" "$times" "$count" >callgrind.7.$n
        done <./program
        printf 'desc: Trigger: Program termination\\n\\nsummary: 99\\n' >callgrind.7
    """,
}


class Tree:
    """A repository with the script, and a build of it."""

    def __init__(self, directory):
        self.top = directory / "top"
        self.build = self.top / "build"
        self.tools = directory / "tools"
        for path in ("top/scripts", "top/src", "top/tests/bench", "top/build/tests/bench", "tools"):
            (directory / path).mkdir(parents=True)
        shutil.copy(SCRIPT, self.top / "scripts")
        for name, script in TOOLS.items():
            (self.tools / name).write_text("#!/bin/sh\n" + script, encoding="utf-8")
            (self.tools / name).chmod(0o755)
        self.git("init", "-q", "-b", "main")
        (self.top / ".gitignore").write_text("/build/\n", encoding="utf-8")

    def git(self, *arguments, top=None):
        names = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        done = run("git", "-C", top or self.top, *names, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    def write(self, **counts):
        """The source and what is built of it."""
        lines = "".join(f"{name} 10 {count}\n" for name, count in counts.items())
        for path in (self.top / "src/counts", self.build / PROGRAM):
            path.write_text(lines, encoding="utf-8")
        (self.top / (PROGRAM + ".c")).write_text("".join(f"{name}\n" for name in counts), encoding="utf-8")
        (self.top / "tests/bench/allocator.c").touch()

    def commit(self, message="change", **counts):
        if counts:
            self.write(**counts)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "--short", "HEAD")

    def measure(self, top=None, **environment):
        """Exit status and both outputs; CI is unset unless given."""
        kept = {key: value for key, value in os.environ.items() if key not in ("CI", "SECCOMPFS_BENCH_BASE")}
        kept |= {"PATH": f"{self.tools}:{os.environ['PATH']}", "CC": "some-cc"}
        done = run((top or self.top) / "scripts/bench-instructions", self.build, env=kept | environment)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def rows(self, **environment):
        """Exit status, and operation to what stands behind it in the table."""
        status, output = self.measure(**environment)
        table = output.partition("instructions ")[2].splitlines()[1:]
        return status, {line.split()[0]: line.split()[1:] for line in table if not line.startswith("callgrind_")}

    def base(self, **environment):
        """What it compares with."""
        return self.measure(**environment)[1].split()[1]


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_ratio(tree):
    tree.commit(lookup=10000, read=2000, commit=1000000)
    tree.commit(lookup=10500, read=2101, commit=500000)
    status, rows = tree.rows()
    assert status == 1
    assert rows == {
        "lookup": ["1,000", "1,050", "1.050"],
        "read": ["200", "210", "1.050", "is", "over", "1.05"],
        "commit": ["100,000", "50,000", "0.500"],
    }
    tree.commit(lookup=10500, read=2100, commit=500000)
    assert tree.rows()[0] == 0


def test_json(tree):
    base = tree.commit(lookup=10000)
    tree.commit(lookup=8000, read=10)
    tree.measure()
    written = json.loads((tree.build / "bench/instructions.json").read_text(encoding="utf-8"))
    assert written.pop("base").startswith(base)
    assert written == {
        "limit": 1.05,
        "operations": {
            "lookup": {"base": 1000, "now": 800, "ratio": 0.8},
            "read": {"base": None, "now": 1, "ratio": None},
        },
    }
    # With the compiler and the options of the other build.
    assert (tree.build / "bench/base/tree/build/options").read_text() == "some-cc -Doptimization=2\n"
    assert (tree.build / "bench/now/run/lookup").exists()


def test_new_and_gone(tree):
    tree.commit(lookup=1000, read=1000)
    tree.commit(lookup=1000, start=1000)
    status, rows = tree.rows()
    assert status == 1
    assert rows["start"] == ["-", "100", "new"]
    assert rows["read"] == ["100", "-", "gone", "is", "measured", "no", "more"]
    tree.commit("change\n\nSlower: read gone (nobody reads)")
    assert tree.rows()[0] == 0


def test_base_without_benchmark(tree):
    tree.commit()
    tree.commit(lookup=1000)
    assert tree.rows() == (0, {"lookup": ["-", "100", "new"]})
    assert "it has no such benchmark" in tree.measure()[1]


def test_accepted(tree):
    tree.commit("change\n\nSlower: read 9.0 (before the base)", lookup=1000, read=1000)
    tree.git("branch", "topic")
    tree.git("checkout", "-q", "topic")
    tree.commit("change\n\nwhy\n\nSlower: lookup 1.2 (looks twice)", lookup=1200, read=1100)
    assert tree.rows()[0] == 1
    tree.commit(lookup=1320, read=1000)
    status, rows = tree.rows()
    assert (status, rows["lookup"]) == (1, ["100", "132", "1.320", "is", "over", "1.20"])
    tree.commit("change\n\nSlower: lookup 1.1 (three times)")
    assert tree.rows()[0] == 0
    tree.commit("change\n\nSlower: lookup by much (no ratio)")
    status, output = tree.measure()
    assert status == 1 and "`Slower: lookup by much (no ratio)`" in output


def test_which_base(tree):
    """The merge base; HEAD if something is changed; the oldest that has the benchmark; what is named."""
    old = tree.commit("old")
    first = tree.commit(lookup=1000)
    main = [tree.commit(f"on main {i}") for i in range(2)]
    assert tree.base() == first
    tree.git("checkout", "-q", "-b", "topic")
    tree.commit("topic 1")
    tree.commit("topic 2")
    assert tree.base() == main[1]
    assert tree.base(SECCOMPFS_BENCH_BASE=old) == old
    # It is asked before main, which may have what nobody has seen.
    tree.git("update-ref", "refs/remotes/origin/main", main[0])
    assert tree.base() == main[0]
    tree.git("checkout", "-q", "main")
    tree.git("update-ref", "refs/remotes/origin/main", main[1])
    tree.write(lookup=1200)
    assert tree.base() == main[1]
    status, output = tree.measure(SECCOMPFS_BENCH_BASE="nothing")
    assert status == 1 and "there is no commit nothing" in output


def test_window(tree):
    commits = [tree.commit(f"change {i}", lookup=1000 + i) for i in range(53)]
    assert tree.base() == commits[-51]


def test_no_base(tree):
    """A reason, and a failure in CI."""
    tree.commit(lookup=1000)
    no_parent = "instructions are not compared: HEAD has no parent\n"
    is_shallow = "instructions are not compared: the clone is shallow: git fetch --unshallow\n"
    no_clone = "instructions are not compared: this is no clone, or git is not installed\n"
    assert tree.measure() == (77, no_parent)
    assert tree.measure(CI="true") == (1, no_parent)
    tree.commit()
    shallow = tree.top.parent / "shallow"
    tree.git("clone", "-q", "--depth=1", f"file://{tree.top}", shallow)
    assert tree.measure(top=shallow) == (77, is_shallow)
    shutil.rmtree(shallow / ".git")
    # What is above it is another project.
    tree.git("init", "-q", top=tree.top.parent)
    assert tree.measure(top=shallow) == (77, no_clone)


def test_not_built(tree):
    tree.commit(lookup=1000)
    (tree.build / PROGRAM).unlink()
    status, output = tree.measure()
    assert status == 77 and "is not built" in output


def test_base_that_cannot_be_built(tree):
    tree.write(lookup=1000)
    (tree.top / "src/counts").write_text("read 10 1000\n", encoding="utf-8")
    tree.commit()
    tree.commit(lookup=1000)
    status, output = tree.measure()
    assert status == 1 and "error: no lookup" in output
    # It is not taken for built the next time.
    assert tree.measure() == (status, output)


def test_what_is_new_in_the_benchmark_is_compared(tree):
    """The earlier commit could do it, but was not asked."""
    tree.write(lookup=1000, read=1000, start=1000)
    (tree.top / (PROGRAM + ".c")).write_text("lookup\nstart\n", encoding="utf-8")
    tree.commit()
    tree.commit(lookup=1000, read=1100)
    status, rows = tree.rows()
    assert status == 1
    assert rows == {
        "lookup": ["100", "100", "1.000"],
        "read": ["100", "110", "1.100", "is", "over", "1.05"],
        # It is not lost for that.
        "start": ["100", "-", "gone", "is", "measured", "no", "more"],
    }
    assert tree.rows() == (status, rows)


def test_what_the_earlier_commit_cannot_do_is_new(tree):
    tree.commit(lookup=1000)
    tree.commit(lookup=1000, read=1100)
    status, output = tree.measure()
    assert status == 0 and "since this tree's cannot be built there: error: no read\n" in output
    assert tree.rows() == (0, {"lookup": ["100", "100", "1.000"], "read": ["-", "110", "new"]})


def test_base_is_built_once(tree):
    tree.commit(lookup=1000)
    tree.commit(lookup=1000)
    assert tree.measure()[0] == 0
    (tree.tools / "ninja").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert tree.measure()[0] == 0
    assert tree.measure(CC="another-cc")[0] == 1


def test_nothing_counted(tree):
    tree.commit(lookup=1000)
    tree.commit(lookup=1000)
    (tree.tools / "valgrind").write_text("#!/bin/sh\n", encoding="utf-8")
    status, output = tree.measure()
    assert status == 1 and "callgrind wrote no counts" in output
