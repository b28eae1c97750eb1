# SPDX-License-Identifier: Apache-2.0
"""What the worker may not do, and that what it has to do still goes when it has given up the rest."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from support import (
    AUDIT_JSON,
    CONFIG,
    KILL_JSON,
    TIME_LIMIT,
    ConfigMapVolume,
    build_dir,
    flow_patch,
    mounts_at,
    program,
    run,
    wait_until,
)
from tracing import Tracer
from workers import children, control_thread, notifier_of, restarts, worker_of

KILL = CONFIG.replace("SCMP_ACT_LOG", "SCMP_ACT_KILL")
MISBEHAVING = os.path.join(build_dir(), "tests", "mount", "misbehaving-worker")
NOBODY = 65534

CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_SYS_PTRACE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 19

# A sanitizer has to do some of this itself: it stops the process to look for leaks.
KILLED = ["execve", "socket", "unix-socket", "mount", "setuid", "user-namespace", "x32"]
KILLED_UNLESS_SANITIZED = ["fork", "code", "ptrace", "kill", "thread-signal", "prctl"]
DENIED = {"shadow": "Permission denied", "passwd": "Permission denied", "new-file": "Permission denied",
          "sysctl": "Permission denied", "memory": "Permission denied",
          "clone3": "Function not implemented"}  # fmt: skip


def is_sanitized():
    with open(MISBEHAVING, "rb") as file:
        content = file.read()
    return b"__asan_init" in content or b"__tsan_init" in content


if not is_sanitized():
    KILLED += KILLED_UNLESS_SANITIZED


def has_landlock():
    create_ruleset, version = 444, 1
    return ctypes.CDLL(None).syscall(create_ruleset, None, 0, version) > 0


def status(pid, name):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").partition(":\t")[::2] for line in file)[name]


def privileges(pid):
    """Of all five sets, which must agree with each other as far as they can."""
    effective = int(status(pid, "CapEff"), 16)
    assert int(status(pid, "CapPrm"), 16) == effective
    assert int(status(pid, "CapInh"), 16) == int(status(pid, "CapAmb"), 16) == 0
    assert int(status(pid, "CapBnd"), 16) & ~effective == 0
    return effective


def had():
    return int(status("self", "CapPrm"), 16)


def wait_until_entered(pid):
    """Until the process has its filter, which comes last."""
    wait_until(lambda: status(pid, "Seccomp") == "2", "the filter")


# Stopped.


@pytest.fixture
def misbehaving(instance):
    instance.start(worker=MISBEHAVING)
    return instance


def expect_killed_once(instance):
    """One worker was killed by its filter, and the next one serves."""
    wait_until(lambda: "killed by signal 31: restart" in instance.log_text(), "the end of the worker")
    assert instance.cat("audit.json") == AUDIT_JSON
    instance.patch(flow_patch("after.json", "SCMP_ACT_LOG"))
    assert instance.names() == ["after.json", "audit.json"]
    assert instance.stop() == 0, instance.log_text()


@pytest.mark.parametrize("attempt", KILLED)
def test_stopped_in_the_thread_of_the_data_plane(misbehaving, attempt):
    """The request that does it is served by two workers, which both end; then it fails."""
    with pytest.raises(OSError):
        os.stat(misbehaving.mount_point / f"try-{attempt}")
    wait_until(lambda: restarts(misbehaving) == 2, "both ends")
    assert f"data plane: {attempt}" not in misbehaving.log_text()
    expect_killed_once(misbehaving)


@pytest.mark.parametrize("attempt", KILLED)
def test_stopped_in_the_thread_of_the_control_plane(misbehaving, attempt):
    with pytest.raises(OSError):
        misbehaving.patch(f"# try-{attempt}\n" + flow_patch("audit.json", "SCMP_ACT_KILL"))
    wait_until(lambda: restarts(misbehaving) > 0, "its end")
    assert f"control plane: {attempt}" not in misbehaving.log_text()
    assert misbehaving.cat("audit.json") == AUDIT_JSON
    expect_killed_once(misbehaving)


@pytest.mark.parametrize("attempt", DENIED)
def test_denied(misbehaving, attempt):
    """By Landlock, or by the filter in the one case where the C library has another way."""
    if attempt != "clone3" and not has_landlock():
        pytest.skip("the kernel has no Landlock")
    with contextlib.suppress(FileNotFoundError):
        os.stat(misbehaving.mount_point / f"try-{attempt}")
    misbehaving.patch(f"# try-{attempt}\n" + flow_patch("audit.json", "SCMP_ACT_KILL"))
    for plane in ("data plane", "control plane"):
        assert f"{plane}: {attempt}: {DENIED[attempt]}\n" in misbehaving.log_text()
    assert restarts(misbehaving) == 0
    assert misbehaving.cat("audit.json") == KILL_JSON


def test_map_names(misbehaving):
    """malloc(3) gives its mappings names where a tunable says so: the kernel's own answer comes."""
    with contextlib.suppress(FileNotFoundError):
        os.stat(misbehaving.mount_point / "try-map-name")
    assert "data plane: map-name: Invalid argument\n" in misbehaving.log_text()
    assert restarts(misbehaving) == 0


@pytest.mark.parametrize("attempt", ["execve", "socket", "new-file", "memory"])
def test_stopped_in_the_notifier(misbehaving, attempt):
    """Its end is the end of its worker, which the next one follows."""
    code = (
        "import ctypes, os, signal, sys\n"
        "fd = os.open(sys.argv[1], os.O_WRONLY)\n"
        "os.write(fd, b'a: b')\n"
        f"ctypes.CDLL(None).prctl(15, b'try-{attempt}', 0, 0, 0)\n"  # PR_SET_NAME
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert run("python3", "-c", code, misbehaving.control).returncode == -signal.SIGKILL
    wait_until(lambda: restarts(misbehaving) == 1, "the restart")
    assert "notifier: ended before us" in misbehaving.log_text()
    assert misbehaving.cat("audit.json") == AUDIT_JSON


# Given up.


def test_privileges_of_a_usual_config(mounted):
    """Files of root, in directories that root may use by their modes: nothing is needed."""
    worker = worker_of(mounted)
    threads = os.listdir(f"/proc/{worker}/task")
    assert len(threads) >= 2
    for thread in threads if not is_sanitized() else [str(worker)]:
        assert privileges(int(thread)) == 0
        assert status(int(thread), "Seccomp") == "2"
        assert status(int(thread), "NoNewPrivs") == "1"
    notifier = notifier_of(worker)
    wait_until_entered(notifier)
    assert privileges(notifier) == CAP_SYS_PTRACE & had()
    assert status(notifier, "NoNewPrivs") == "1"


def test_root_may_trace_it(mounted):
    """strace attaches: an operator, and tests of faults, look inside."""
    strace = subprocess.Popen(
        ["strace", "-f", "-e", "trace=fsync", "-p", str(worker_of(mounted))],
        stderr=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    assert "attached" in strace.stderr.readline()
    wait_until(lambda: status(worker_of(mounted), "TracerPid") == str(strace.pid), "strace to attach")
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    strace.send_signal(signal.SIGINT)
    assert "fsync(" in strace.communicate(timeout=TIME_LIMIT)[1]
    assert restarts(mounted) == 0


def owner_and_mode(path):
    st = os.stat(path)
    return st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)


def test_a_config_of_another_user(instance):
    """It keeps its owner and mode, and is read although its mode does not let root."""
    os.chown(instance.config, 1000, 1001)
    os.chmod(instance.config, 0o600)
    instance.start()
    assert privileges(worker_of(instance)) == (CAP_CHOWN | CAP_FOWNER | CAP_DAC_OVERRIDE) & had()
    instance.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    instance.patch(flow_patch("new.json", "SCMP_ACT_KILL"))
    assert owner_and_mode(instance.config) == (1000, 1001, 0o600)
    assert "SCMP_ACT_KILL" in instance.config.read_text(encoding="utf-8")
    assert instance.names() == ["audit.json", "new.json"]
    assert restarts(instance) == 0


def test_a_config_in_a_directory_of_another_user(instance):
    home = instance.directory / "home"
    (home / "etc").mkdir(parents=True)
    instance.config = home / "etc" / "machine.yaml"
    instance.config.write_text(CONFIG, encoding="utf-8")
    for path in (home, home / "etc"):
        os.chown(path, 1000, 1000)
        os.chmod(path, 0o700)
    instance.start()
    assert privileges(worker_of(instance)) == CAP_DAC_OVERRIDE & had()
    instance.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    instance.config.write_text(CONFIG, encoding="utf-8")
    wait_until(lambda: instance.cat("audit.json") == AUDIT_JSON, "the edit")
    assert owner_and_mode(instance.config) == (0, 0, 0o644)
    assert "not all of its path is watched" not in instance.log_text()


def test_a_config_that_is_only_read(instance):
    os.chown(instance.config, 1000, 1000)
    os.chmod(instance.config, 0o600)
    instance.start(extra="ro")
    assert privileges(worker_of(instance)) == CAP_DAC_READ_SEARCH & had()
    instance.config.write_text(KILL, encoding="utf-8")
    wait_until(lambda: instance.cat("audit.json") == KILL_JSON, "the edit")


def test_a_state_of_another_user(instance):
    instance.state.mkdir(mode=0o700)
    os.chown(instance.state, 1000, 1000)
    instance.start()
    assert privileges(worker_of(instance)) == CAP_DAC_OVERRIDE & had()
    instance.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    instance.restart()
    assert instance.versions() == {"audit.json": 2}


# What changes later.


def test_a_config_that_is_given_to_another_user(mounted):
    """Whoever does that and writes a patch right behind it meets the next worker."""
    mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    os.chown(mounted.config, 1000, 1000)
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    assert owner_and_mode(mounted.config) == (1000, 1000, 0o644)
    assert restarts(mounted) == 1
    assert "a new worker takes over" in mounted.log_text()
    assert mounted.cat("audit.json") == KILL_JSON
    # It stays with that.
    mounted.config.write_text(CONFIG, encoding="utf-8")
    wait_until(lambda: mounted.cat("audit.json") == AUDIT_JSON, "the edit")
    assert restarts(mounted) == 1


def test_the_directory_of_the_config_is_another_one(instance):
    """What is allowed is a directory, not its path: the next worker has the new one."""
    if not has_landlock():
        pytest.skip("the kernel has no Landlock")
    etc, new = instance.directory / "etc", instance.directory / "new"
    for directory, text in ((etc, CONFIG), (new, KILL)):
        directory.mkdir()
        (directory / "machine.yaml").write_text(text, encoding="utf-8")
    instance.config = etc / "machine.yaml"
    instance.start()
    assert instance.cat("audit.json") == AUDIT_JSON
    os.rename(etc, instance.directory / "old")
    os.rename(new, etc)
    wait_until(lambda: instance.cat("audit.json") == KILL_JSON, "the config in the new directory")
    instance.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    assert "new.json" in instance.config.read_text(encoding="utf-8")
    assert (instance.directory / "old" / "machine.yaml").read_text(encoding="utf-8") == CONFIG
    assert restarts(instance) == 1
    assert instance.versions() == {"audit.json": 2, "new.json": 1}


def test_a_config_map_needs_no_new_worker(instance):
    """The kubelet's `..data` leads from one directory to the next, beside each other."""
    volume = ConfigMapVolume(instance.directory / "volume", "..1", CONFIG)
    instance.config = volume.directory / "machine.yaml"
    instance.start()
    for i in range(2, 5):
        volume.publish(f"..{i}", KILL if i % 2 == 0 else CONFIG)
        shutil.rmtree(volume.directory / f"..{i - 1}")
        expected = KILL_JSON if i % 2 == 0 else AUDIT_JSON
        wait_until(lambda: instance.cat("audit.json") == expected, "the next version")
    with pytest.raises(OSError):
        instance.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    assert "Kubernetes projects" in instance.result()
    assert restarts(instance) == 0


def test_a_link_elsewhere(instance):
    """A config behind a link in another directory; then the link leads to a third."""
    places = [instance.directory / name for name in ("a", "b")]
    for place, text in zip(places, (CONFIG, KILL)):
        place.mkdir()
        (place / "real.yaml").write_text(text, encoding="utf-8")
    instance.config.unlink()
    instance.config.symlink_to(places[0] / "real.yaml")
    instance.start()
    instance.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    assert "new.json" in (places[0] / "real.yaml").read_text(encoding="utf-8")
    (instance.directory / "next").symlink_to(places[1] / "real.yaml")
    os.rename(instance.directory / "next", instance.config)
    wait_until(lambda: instance.cat("audit.json") == KILL_JSON, "the other file")
    instance.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    assert "new.json" in (places[1] / "real.yaml").read_text(encoding="utf-8")


def test_a_config_that_is_not_there_at_the_start(instance):
    """Its directory comes back later, as another one."""
    etc = instance.directory / "etc"
    etc.mkdir()
    instance.config = etc / "machine.yaml"
    instance.config.write_text(CONFIG, encoding="utf-8")
    instance.start()
    instance.stop()
    shutil.rmtree(etc)
    instance.start()
    assert instance.cat("audit.json") == AUDIT_JSON
    etc.mkdir()
    instance.config.write_text(KILL, encoding="utf-8")
    wait_until(lambda: instance.cat("audit.json") == KILL_JSON, "the new config")
    instance.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    assert "new.json" in instance.config.read_text(encoding="utf-8")


# Writers.

THREADED = r"""
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char *how;

static void *end(void *data)
{
	if (!strcmp(how, "exit"))
		_exit(0);
	if (!strcmp(how, "segv"))
		raise(SIGSEGV);
	kill(getpid(), SIGTERM);
	return NULL;
}

int main(int argc, char **argv)
{
	int fd = open(argv[1], O_WRONLY);
	pthread_t thread;

	how = argv[3];
	if (fd < 0 || write(fd, argv[2], strlen(argv[2])) < 0)
		return 1;
	pthread_create(&thread, NULL, end, NULL);
	for (;;)
		pause();
}
"""


@pytest.fixture(scope="module")
def threaded(tmp_path_factory):
    """A program that writes a patch and ends in another thread, by itself or not."""
    directory = tmp_path_factory.mktemp("threaded")
    (directory / "threaded.c").write_text(THREADED, encoding="utf-8")
    done = run("cc", "-pthread", "-o", directory / "threaded", directory / "threaded.c")
    assert done.returncode == 0, done.stderr.decode()
    return directory / "threaded"


@pytest.mark.parametrize(("how", "counts"), [("exit", True), ("segv", False), ("term", False)])
def test_a_threaded_writer_that_ends_without_a_close(mounted, threaded, how, counts):
    """Whether it was killed is shown only to who may trace it: the notifier looks."""
    if not had() & CAP_SYS_PTRACE:
        pytest.skip("this machine has no CAP_SYS_PTRACE")
    patch = "machine:\n  seccompProfiles:\n    - name: new.json\n      value: {defaultAction: SCMP_ACT_LOG}\n"
    before = mounted.result()
    run(threaded, mounted.control, patch, how)
    wait_until(lambda: mounted.result() != before, "the result")
    assert mounted.names() == (["audit.json", "new.json"] if counts else ["audit.json"])


# The log.


@contextlib.contextmanager
def own_dev(directory):
    """A /dev without a log, where one can be made."""
    dev = directory / "dev"
    dev.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "dev", dev], check=True)
    for name in ("null", "zero", "full", "urandom", "random", "fuse", "tty"):
        st = os.stat(f"/dev/{name}")
        os.mknod(dev / name, st.st_mode, st.st_rdev)
    subprocess.run(["mount", "--move", dev, "/dev"], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", "/dev"], check=True)


def hear(log, what):
    log.settimeout(TIME_LIMIT)
    while True:
        line = log.recv(2048)
        if what in line:
            return line


def start_in_background(instance):
    """As mount(8) does it: with syslog, and without the standard descriptors. The supervisor and the worker."""
    command = [program("seccompfs"), instance.config, instance.mount_point, "-o", instance.options()]
    environment = {**os.environ, "SECCOMPFS_WORKER": program("seccompfsd")}
    assert run(*command, env=environment).returncode == 0
    (pid,) = [int(p) for p in run("pgrep", "-f", instance.options()).stdout.split()
              if b"--config" not in open(f"/proc/{int(p)}/cmdline", "rb").read()]  # fmt: skip
    (worker,) = children(pid)
    return pid, worker


@contextlib.contextmanager
def in_background(instance):
    supervisor, worker = start_in_background(instance)
    try:
        yield supervisor, worker
    finally:
        subprocess.run(["umount", instance.mount_point], check=True)
        wait_until(lambda: not mounts_at(instance.control_dir), "the end")


def test_what_libfuse_says_on_standard_error(instance):
    """Of an answer that the kernel does not take: perror(3) would make a stream, and ask whether it is a terminal. It
    is the answer to RELEASE, behind that to FLUSH, since nobody waits for that."""
    injected = ["-e", "inject=writev:error=EINVAL:syscall=getpid:when=2"]
    with in_background(instance) as (supervisor, worker):
        trace = instance.directory / "trace"
        fd = os.open(instance.control_dir / "metrics", os.O_RDONLY)
        tracer = Tracer(control_thread(worker), trace, injected)
        os.close(fd)
        wait_until(lambda: "fuse: writing device" in trace.read_text(encoding="utf-8"), "the message")
        assert instance.cat(".control") == b""
        tracer.stop()
        assert children(supervisor) == [worker]


def test_a_syslog_that_comes_later_and_again(instance):
    """Nobody may make sockets any more: what is sent finds whoever is there."""

    def miss(name):
        assert not os.path.lexists(instance.mount_point / name)

    with own_dev(instance.directory), in_background(instance) as (pid, worker):
        miss("nobody-hears.json")
        for name in ("first.json", "second.json"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
                log.bind("/dev/log")
                miss(name)
                line = hear(log, name.encode())
                assert line.startswith(b"<28>") and b" seccompfs[%d]: " % worker in line
            os.unlink("/dev/log")
            miss("nobody-hears.json")
        assert children(pid) == [worker]
