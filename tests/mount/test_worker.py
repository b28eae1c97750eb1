# SPDX-License-Identifier: Apache-2.0
"""seccompfsd alone, on mounts made here: what it owes to whoever starts it."""

import ctypes
import errno
import os
import signal
import subprocess

import pytest

from support import AUDIT_JSON, CONFIG, TIME_LIMIT, TROUBLE, profile_patch, program, run

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8


def mount_fuse(target, flags):
    """A FUSE mount as the supervisor makes it. The descriptor to serve."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions"
    flags |= MS_NOSUID | MS_NODEV | MS_NOEXEC
    done = libc.mount(b"test", os.fsencode(target), b"fuse.seccompfs", flags, options.encode())
    assert done == 0, os.strerror(ctypes.get_errno())
    return fd


class Worker:
    """A seccompfsd and its two mounts below one directory."""

    def __init__(self, directory):
        self.directory = directory
        self.data, self.control_dir = directory / "data", directory / "control"
        self.config, self.log = directory / "machine.yaml", directory / "log"
        self.config.write_text(CONFIG, encoding="utf-8")
        self.process = None
        for path in (self.data, self.control_dir):
            path.mkdir()

    def command(self, data_fd, control_fd, data_flight_fd, control_flight_fd, ready_fd):
        return [
            program("seccompfsd"), f"--data-fd={data_fd}", f"--control-fd={control_fd}", f"--ready-fd={ready_fd}",
            f"--data-flight-fd={data_flight_fd}", f"--control-flight-fd={control_flight_fd}",
            f"--config={self.config}", f"--state={self.directory / 'state'}", f"--control-dir={self.control_dir}",
            "--validate=strict", "--max-patch=65536", "--node=node-1", "--log=stderr",
        ]  # fmt: skip

    def start(self):
        """Starts it; what it says on the descriptor that tells when it serves."""
        fds = mount_fuse(self.data, MS_RDONLY), mount_fuse(self.control_dir, 0)
        fds += os.memfd_create("data"), os.memfd_create("control")
        ready, ready_end = os.pipe()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(*fds, ready_end), pass_fds=(*fds, ready_end), stdin=subprocess.DEVNULL, stderr=log
            )
        for fd in (*fds, ready_end):
            os.close(fd)
        said = b""
        while part := os.read(ready, 16):
            said += part
        os.close(ready)
        return said

    def wait(self):
        return self.process.wait(timeout=TIME_LIMIT)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.wait()
        for path in (self.data, self.control_dir):
            subprocess.run(["umount", "-l", path], stderr=subprocess.DEVNULL, check=False)
        log = self.log.read_bytes() if self.log.exists() else b""
        assert not TROUBLE.search(log), log.decode(errors="replace")


@pytest.fixture
def worker(tmp_path):
    one = Worker(tmp_path)
    yield one
    one.close()


def test_says_that_it_serves(worker):
    assert worker.start() == b"\0"
    assert (worker.data / "audit.json").read_bytes() == AUDIT_JSON
    assert "audit.json" in (worker.control_dir / "seccompprofiles").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(worker, number):
    worker.start()
    worker.process.send_signal(number)
    assert worker.wait() == 0


@pytest.mark.parametrize("options", [[], ["-l"]])
@pytest.mark.parametrize("plane", ["data", "control_dir"])
def test_either_mount_going_ends_it(worker, plane, options):
    """Nobody tells it but the kernel: the thread of the other plane must stop too."""
    worker.start()
    assert run("umount", *options, getattr(worker, plane)).returncode == 0
    assert worker.wait() == 0
    assert b"the mount is gone" in worker.log.read_bytes()


@pytest.mark.parametrize("plane", ["data", "control_dir"])
def test_an_aborted_connection_ends_it(worker, tmp_path, plane):
    """As an administrator ends a mount that hangs."""
    worker.start()
    connections = tmp_path / "connections"
    connections.mkdir()
    subprocess.run(["mount", "-t", "fusectl", "none", connections], check=True)
    try:
        number = os.minor(os.stat(getattr(worker, plane)).st_dev)
        (connections / str(number) / "abort").write_text("1", encoding="ascii")
    finally:
        subprocess.run(["umount", connections], check=True)
    assert worker.wait() == 0


def test_half_a_patch_is_not_committed_at_the_end(worker):
    """Whoever has the file open has not closed it: a prefix may be a valid, weaker patch."""
    worker.start()
    before = worker.config.read_bytes()
    fd = os.open(worker.control_dir / "control", os.O_WRONLY)
    os.write(fd, profile_patch("weak.json", "SCMP_ACT_LOG").encode())
    worker.process.terminate()
    assert worker.wait() == 0
    with pytest.raises(OSError) as error:
        os.close(fd)
    assert error.value.errno == errno.ENOTCONN
    assert worker.config.read_bytes() == before


def test_a_bad_config_is_not_served(worker):
    worker.config.write_text("machine: [\n", encoding="utf-8")
    assert worker.start() == b""
    assert worker.wait() == 1
    assert f"seccompfs: {worker.config}:2:".encode() in worker.log.read_bytes()


def test_descriptors_that_are_none(worker):
    done = run(*worker.command(95, 96, 97, 98, 99))
    assert done.returncode == 1
    assert b"Bad file descriptor" in done.stderr


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"--data-fd": "x"}, b"--data-fd"),
        ({"--data-fd": "-1"}, b"--data-fd"),
        ({"--max-patch": "0"}, b"--max-patch"),
        ({"--max-patch": "99999999999999999999"}, b"--max-patch"),
        ({"--validate": "no"}, b"--validate"),
        ({"--log": "nowhere"}, b"--log"),
        ({"--config": ""}, b"--config"),
        ({"--node": None}, b"--node is missing"),
        ({"--nonsense": "1"}, b"nonsense"),
    ],
)
def test_usage(worker, change, word):
    command = worker.command(3, 4, 5, 6, 7)
    for name, value in change.items():
        command = [c for c in command if not os.fspath(c).startswith(name + "=")]
        command += [] if value is None else [f"{name}={value}"]
    done = run(*command)
    assert done.returncode == 2
    assert word in done.stderr, done.stderr


def test_help_fits_a_terminal(worker):
    done = run(program("seccompfsd"), "--help")
    assert done.returncode == 0 and done.stderr == b""
    lines = done.stdout.decode().splitlines()
    assert max(map(len, lines)) <= 80
    for option in worker.command(3, 4, 5, 6, 7)[1:]:
        assert option.split("=")[0] in done.stdout.decode()
