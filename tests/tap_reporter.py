# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that prints TAP, so that meson counts test cases and not files.

Use with `-p no:terminal -p tap_reporter`. A skip is a failure where every test must run.
"""

import io
import os
import sys

from _pytest._io import TerminalWriter

from support import must_run

WHEN_SHOWN = ("setup", "call", "teardown")

# As it was before pytest began to capture what tests print.
STDOUT = os.fdopen(os.dup(1), "w", encoding="utf-8")


def comment(text):
    """Prints lines of TAP that are no result, from within a test: figures, seeds."""
    for line in text.splitlines():
        print(f"# {line}", file=STDOUT, flush=True)


def case_name(nodeid):
    """test_file.py::test[parameters], without what means something in TAP."""
    path, _, rest = nodeid.partition("::")
    return f"{path.rpartition('/')[2]}::{rest}".replace("#", "_")


class TapReporter:
    def __init__(self):
        self.number = 0
        self.reported = set()

    def line(self, ok, name, directive="", details=""):
        self.number += 1
        print(f"{'ok' if ok else 'not ok'} {self.number} - {name}{directive}")
        for detail in details.splitlines():
            print(f"# {detail}")
        sys.stdout.flush()

    def pytest_runtest_logreport(self, report):
        name = case_name(report.nodeid)
        # What comes behind a failure or a skip, at the latest a teardown, is the same case.
        if report.nodeid in self.reported:
            return
        if report.when in WHEN_SHOWN and report.failed:
            self.reported.add(report.nodeid)
            self.line(False, name, details=report.longreprtext)
        elif report.skipped:
            self.reported.add(report.nodeid)
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.line(not must_run(), name, f" # SKIP {reason}" if not must_run() else "", reason)
        elif report.when == "teardown":
            self.line(True, name)

    def pytest_collectreport(self, report):
        if report.failed:
            self.line(False, report.nodeid, details=report.longreprtext)

    def pytest_sessionfinish(self):
        print(f"1..{self.number}")


def pytest_configure(config):
    # The terminal reporter has this option and, for pytest 8, a writer, and failing assertions ask for both.
    config.option.verbose = 0
    config.get_terminal_writer = lambda: TerminalWriter(io.StringIO())
    config.pluginmanager.register(TapReporter(), "seccompfs-tap")
