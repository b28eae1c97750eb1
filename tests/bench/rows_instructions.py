# SPDX-License-Identifier: Apache-2.0
"""Rows about instructions, which scripts/bench-instructions counts."""

import json
import os
import sys

from measure import Missing, Row, Series
from support import build_dir, run

LIMIT = 600  # seconds; an earlier commit is built

SHOWN = {
    "lookup": "a lookup",
    "read": "a read",
    "commit": "a commit of one changed profile of 20",
    "compile": "compiling a value of 2 KB in Moby's format",
    "lint": "judging it",
    "commit-compiled": "a commit of it, where 20 such profiles are served",
}
BAR = 1.05
AGAINST = "an earlier commit, built in the same run"


def count():
    """Operation to its figures; or why there are none."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "bench-instructions")
    path = os.path.join(build_dir(), "bench", "instructions.json")
    if os.path.exists(path):
        os.remove(path)
    done = run(script, build_dir(), timeout=LIMIT)
    if not os.path.exists(path):
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {done.returncode}"
    sys.stderr.write(done.stdout.decode(errors="replace"))
    with open(path, encoding="utf-8") as file:
        return json.load(file)["operations"]


def instructions(bench):
    operations = count()
    for name, what in SHOWN.items():
        key, title = f"instructions/{name}", f"instructions of {what}"
        if isinstance(operations, str):
            yield Missing(key, title, AGAINST, operations, bar=BAR)
            continue
        found = operations.get(name, {})
        if not found.get("ratio"):
            yield Missing(key, title, AGAINST, "the earlier commit does not count it", bar=BAR)
            continue
        now, base = Series([found["now"]]), Series([found["base"]])
        yield Row(key, title, AGAINST, "count", now, base, bar=BAR)
