# SPDX-License-Identifier: Apache-2.0
"""A running seccompfs for tests, and the waits and checks that they share."""

import os
import re
import signal
import subprocess
import time

AUDIT_JSON = b'{"defaultAction":"SCMP_ACT_LOG"}'
KILL_JSON = b'{"defaultAction":"SCMP_ACT_KILL"}'
CONFIG = """\
# the machine config of a test
version: v1alpha1
machine:
  type: worker # not ours
  seccompProfiles:
    - name: audit.json
      value:
        defaultAction: SCMP_ACT_LOG
cluster: {}
"""

TIME_LIMIT = 30.0  # seconds, for everything that is waited for

# What no log of a healthy daemon contains.
TROUBLE = re.compile(rb"Sanitizer|runtime error|Assertion|double free|corrupted", re.IGNORECASE)


def must_run():
    """Whether a test that cannot run is a failure instead of a skip."""
    return bool(os.environ.get("CI") or os.environ.get("SECCOMPFS_MUST_RUN"))


def build_dir():
    return os.environ.get("SECCOMPFS_BUILD") or os.path.join(
        os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build"
    )


def program(name):
    layer = {"seccompfs": "supervisor", "seccompfsd": "daemon", "seccompctl": "ctl"}[name]
    return os.path.join(build_dir(), "src", layer, name)


def wait_until(condition, what, limit=TIME_LIMIT):
    """Waits for a condition; what it waits for stands in the failure."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"waited {limit} s for {what}"
        time.sleep(0.005)


def run(*command, **kwargs):
    """A command with a time limit, its output captured as bytes; never raises on its exit code."""
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    kwargs.setdefault("timeout", TIME_LIMIT)
    return subprocess.run(
        [os.fspath(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **kwargs
    )


def mounts():
    """The mounts of this namespace: (mount point, file system type, source, options)."""
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        for line in lines:
            fields = line.split()
            dash = fields.index("-")
            found.append((fields[4], fields[dash + 1], fields[dash + 2], fields[5]))
    return found


def mounts_at(path):
    return [m for m in mounts() if m[0] == os.fspath(path)]


class Instance:
    """A seccompfs with config, state, control directory and mount point below one directory."""

    def __init__(self, directory):
        self.directory = directory
        self.config = directory / "machine.yaml"
        self.state = directory / "state"
        self.control_dir = directory / "control"
        self.mount_point = directory / "profiles"
        self.log = directory / "log"
        self.process = None
        self.always = ""  # an option of every start
        self.mount_point.mkdir()
        self.config.write_text(CONFIG, encoding="utf-8")

    @property
    def control(self):
        """The control file, by the name that people use."""
        return self.mount_point / ".control"

    def options(self, extra=""):
        options = f"control={self.control_dir},state={self.state},node=node-1"
        return ",".join(filter(None, (options, self.always, extra)))

    def start(self, extra="", expect_failure=False, worker=None, prefix=()):
        """Starts it in the foreground, by a command before it that executes it, and waits until it serves."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, program("seccompfs"), self.config, self.mount_point, "-f", "-o", self.options(extra)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "SECCOMPFS_WORKER": worker or program("seccompfsd")},
            )
        if expect_failure:
            return self.process.wait(timeout=TIME_LIMIT)
        wait_until(lambda: self.process.poll() is not None or self.is_serving(), "the mount")
        assert self.process.poll() is None, self.log_text()
        return 0

    def is_serving(self):
        """Whether both planes are mounted and answer."""
        if not mounts_at(self.mount_point) or not mounts_at(self.control_dir):
            return False
        try:
            return os.path.lexists(self.control) and os.path.exists(self.control)
        except OSError:
            return False

    def stop(self):
        """Stops it as systemd would. The exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        self.process = None
        return status

    def restart(self, extra=""):
        assert self.stop() == 0, self.log_text()
        self.start(extra)

    def close(self):
        """The end of every test: it stops cleanly, nothing stays mounted, no trouble in the log."""
        was_running = self.process is not None and self.process.poll() is None
        status = self.stop()
        left = mounts_at(self.mount_point) + mounts_at(self.control_dir)
        for path in (self.mount_point, self.control_dir):
            subprocess.run(["umount", "-l", path], stderr=subprocess.DEVNULL, check=False)
        log = self.log_bytes()
        assert not TROUBLE.search(log), log.decode(errors="replace")
        assert not left, f"still mounted: {left}"
        if was_running:
            assert status == 0, self.log_text()

    def log_bytes(self):
        return self.log.read_bytes() if self.log.exists() else b""

    def log_text(self):
        return self.log_bytes().decode(errors="replace")

    # What a reader and a writer do.

    def cat(self, name):
        """The profile as another process reads it."""
        done = run("cat", self.mount_point / name)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def names(self):
        """The profiles that ls shows in another process, without .control."""
        done = run("ls", "-A", self.mount_point)
        assert done.returncode == 0, done.stderr.decode()
        return [n for n in done.stdout.decode().splitlines() if n != ".control"]

    def result(self):
        """What a fresh open of the control file tells."""
        return self.control.read_text(encoding="utf-8")

    def patch(self, text):
        """A patch by one write(2) from this process; raises OSError as the program would see it."""
        fd = os.open(self.control, os.O_WRONLY | os.O_TRUNC)
        try:
            data = text.encode() if isinstance(text, str) else text
            while data:
                data = data[os.write(fd, data) :]
        finally:
            os.close(fd)

    def versions(self):
        """Name to version, from the table."""
        table = (self.control_dir / "seccompprofiles").read_text(encoding="utf-8").splitlines()
        return {line.split()[3]: int(line.split()[4]) for line in table[1:]}

    def facts_served(self):
        """All that readers see."""
        return (self.names(), [self.cat(name) for name in self.names()], self.versions())

    def facts(self):
        """All that a failed patch must leave as it was."""
        return (self.config.read_bytes(), *self.facts_served())


class ConfigMapVolume:
    """A volume as the kubelet makes it: `..data` leads to a directory of its own for each version of the files."""

    def __init__(self, directory, version, text):
        self.directory = directory
        directory.mkdir()
        self.publish(version, text)
        os.symlink("..data/machine.yaml", directory / "machine.yaml")

    def publish(self, version, text):
        (self.directory / version).mkdir()
        (self.directory / version / "machine.yaml").write_text(text, encoding="utf-8")
        os.symlink(version, self.directory / "..data_tmp")
        os.rename(self.directory / "..data_tmp", self.directory / "..data")


def profile_patch(name, action):
    """A strategic merge patch of several lines that sets one profile."""
    return (
        "machine:\n"
        "  seccompProfiles:\n"
        f"    - name: {name}\n"
        "      value:\n"
        f"        defaultAction: {action}\n"
    )


def flow_patch(name, action):
    """The same on one line."""
    return f"{{machine: {{seccompProfiles: [{{name: {name}, value: {{defaultAction: {action}}}}}]}}}}\n"
