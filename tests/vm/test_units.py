# SPDX-License-Identifier: Apache-2.0
"""A machine with systemd: the service and the line of fstab, from before the first pod to the end."""

import re

import pytest
from machine import HERE, Machine, build_image
from support import CONFIG
from tap_reporter import comment

LINE = "/etc/seccompfs/machine.yaml /var/lib/kubelet/seccomp/profiles fuse.seccompfs defaults,nofail 0 0\n"

UNIT_CASES = [
    "ready_before_kubelet",
    "unit_is_active",
    "unit_verifies",
    "reload_under_load",
    "restart_under_load",
    "storm_of_kills",
    "unit_killed",
]
LINE_CASES = ["ready_before_kubelet", "line_has_a_unit", "line_unmounts", "line_killed"]

# What systemd says of an end that is not clean.
UNCLEAN = re.compile(
    r"FAILED|Failed (to )?(un)?mount|stop job is running|signal SIGKILL|left-over|timed out|Could not"
    r"|Waiting for process|Not all file systems|Transport endpoint",
    re.IGNORECASE,
)


# What serves the profiles, and the mounts of both planes.
GONE = re.compile(r"(Unmount\w+|Stopp\w+) (var-lib-kubelet|run-seccompfs|seccompfs\.service)")


class Outcome:
    """What one boot reported: the results of its cases, and its console."""

    def __init__(self, boot):
        self.results = {}
        details = []
        for line in boot.lines():
            if match := re.fullmatch(r"(ok|not ok) (\w+)", line):
                self.results[match[2]] = (match[1] == "ok", "\n".join(details))
                details = []
            else:
                details.append(line.removeprefix("# "))
                comment(line.removeprefix("# "))
        self.console = boot.console_text()
        comment(f"boot, cases and end: {boot.seconds():.0f} s")

    def check(self, name):
        assert name in self.results, f"not reported: {self.results}\n{self.console[-4000:]}"
        done, details = self.results[name]
        assert done, details + "\n" + self.console[-4000:]

    def check_end(self, last):
        """The machine went off by itself, and the mount after who needs it."""
        begin = re.search(r"Stopped target|Stopping ", self.console)
        assert begin is not None, self.console[-4000:]
        end = self.console[begin.start() :]
        trouble = UNCLEAN.search(end)
        assert not trouble, f"{trouble[0]}:\n{end}"
        assert "Power down" in end, end
        stopped = [end.find(f"Stopped {name}.service") for name in ("kubelet", "containerd", "crio")]
        gone = [match.start() for match in GONE.finditer(end)]
        assert min(stopped) >= 0 and gone and max(stopped) < min(gone), end
        assert last in end, end


def make_machine(directory, cases):
    machine = Machine(directory, build_image())
    machine.write("etc/seccompfs/machine.yaml", CONFIG)
    machine.write("vm/cases", "".join(f"{case}\n" for case in cases))
    for name in ("kubelet", "containerd", "crio"):
        machine.add(HERE / "guest/stand-in@.service", f"etc/systemd/system/{name}.service")
        machine.link(f"etc/systemd/system/multi-user.target.wants/{name}.service", f"../{name}.service")
    # A login there resets the terminal, and what systemd has just written is lost.
    machine.link("etc/systemd/system/serial-getty@ttyS0.service", "/dev/null")
    machine.add(HERE / "guest/cases.service", "etc/systemd/system/cases.service")
    machine.link("etc/systemd/system/multi-user.target.wants/cases.service", "../cases.service")
    return machine


@pytest.fixture(scope="module")
def unit(tmp_path_factory):
    machine = make_machine(tmp_path_factory.mktemp("unit"), UNIT_CASES)
    service = next(p for p in machine.payload.rglob("seccompfs.service"))
    machine.link(
        "etc/systemd/system/multi-user.target.wants/seccompfs.service", f"/{service.relative_to(machine.payload)}"
    )
    return Outcome(machine.boot("/sbin/init"))


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    machine = make_machine(tmp_path_factory.mktemp("line"), LINE_CASES)
    machine.write("etc/fstab", LINE)
    return Outcome(machine.boot("/sbin/init"))


@pytest.mark.parametrize("case", UNIT_CASES)
def test_unit(unit, case):
    unit.check(case)


def test_unit_ends_cleanly(unit):
    unit.check_end("Stopped seccompfs.service")


@pytest.mark.parametrize("case", LINE_CASES)
def test_line(line, case):
    line.check(case)


def test_line_ends_cleanly(line):
    line.check_end("Unmounted var-lib-kubelet-seccomp-profiles.mount")
