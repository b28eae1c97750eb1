# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that prints TAP, so that meson counts test cases and not files.

Use with `-p no:terminal -p tap_reporter`. A skip is a failure where every test must run.
"""

import sys

from support import must_run

WHEN_SHOWN = ("setup", "call", "teardown")


class TapReporter:
    def __init__(self):
        self.number = 0
        self.failed = set()

    def line(self, ok, name, directive="", details=""):
        self.number += 1
        print(f"{'ok' if ok else 'not ok'} {self.number} - {name}{directive}")
        for detail in details.splitlines():
            print(f"# {detail}")
        sys.stdout.flush()

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.rpartition("/")[2].replace("#", "_")
        if report.when in WHEN_SHOWN and report.failed:
            # A failing teardown behind a failing call is the same case.
            if report.nodeid not in self.failed:
                self.line(False, name, details=report.longreprtext)
            self.failed.add(report.nodeid)
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.line(not must_run(), name, f" # SKIP {reason}" if not must_run() else "", reason)
        elif report.when == "teardown" and report.nodeid not in self.failed:
            self.line(True, name)

    def pytest_collectreport(self, report):
        if report.failed:
            self.line(False, report.nodeid, details=report.longreprtext)

    def pytest_sessionfinish(self):
        print(f"1..{self.number}")


def pytest_configure(config):
    # The terminal reporter has this option, and failing assertions ask for it.
    config.option.verbose = 0
    config.pluginmanager.register(TapReporter(), "seccompfs-tap")
