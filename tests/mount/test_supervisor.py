# SPDX-License-Identifier: Apache-2.0
"""seccompfs itself: what it mounts, how it ends, what it refuses. The worker is real where it need not fail."""

import contextlib
import ctypes
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from support import CONFIG, TIME_LIMIT, mounts, mounts_at, program, run, wait_until

STUB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stub_worker.py")
DATA, CONTROL = "fuse.seccompfs", "fuse.seccompfs-control"


def processes(word):
    """Ids of the processes that have word in their command line, this one excluded."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if os.fsencode(word) in file.read() and int(pid) != os.getpid():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def mount_dead(path):
    """A FUSE mount whose server has gone."""
    fd = os.open("/dev/fuse", os.O_RDWR)
    data = f"fd={fd},rootmode=40000,user_id=0,group_id=0".encode()
    done = ctypes.CDLL(None, use_errno=True).mount(b"dead", os.fsencode(path), b"fuse.dead", 0, data)
    os.close(fd)
    assert done == 0, os.strerror(ctypes.get_errno())
    with pytest.raises(OSError, match="not connected"):
        os.stat(path)


class Place:
    """A directory with a config and a mount point, and all that was started there."""

    def __init__(self, directory):
        self.directory = directory
        self.config = directory / "machine.yaml"
        self.mount_point = directory / "profiles"
        self.control = directory / "control"
        self.state = directory / "state"
        self.started = []
        self.mount_point.mkdir()
        self.config.write_text(CONFIG, encoding="utf-8")

    def options(self, more=""):
        return f"control={self.control},state={self.state}" + (f",{more}" if more else "")

    def command(self, *words, more=""):
        """A command line; without words for this place's config and mount point."""
        return [program("seccompfs"), *(words or (self.config, self.mount_point)), "-o", self.options(more)]

    def environment(self, how=None, **more):
        worker = program("seccompfsd") if how is None else STUB
        return {**os.environ, "LC_ALL": "C", "SECCOMPFS_WORKER": worker, "STUB_WORKER": how or "", **more}

    def mount(self, *words, more="", how=None, **kwargs):
        """Mounts in the background; what run() gives."""
        return run(*self.command(*words, more=more), env=self.environment(how), **kwargs)

    def start(self, *words, how=None, env=None, more=""):
        """Starts in the foreground, and does not wait. The process; its stderr is a pipe."""
        process = subprocess.Popen(
            [*self.command(*words, more=more), "-f"],
            env={**self.environment(how), **(env or {})},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def serve(self, **kwargs):
        """Starts in the foreground, and waits until it serves."""
        process = self.start(**kwargs)
        wait_until(lambda: self.serves() or process.poll() is not None, "the mount")
        assert process.poll() is None, process.stderr.read().decode()
        return process

    def serves(self):
        types = [m[1] for m in mounts_at(self.mount_point) + mounts_at(self.control)]
        return types == [DATA, CONTROL] and os.path.exists(self.control / "control")

    def mounted(self):
        """All mounts below the directory."""
        return [m for m in mounts() if m[0].startswith(os.fspath(self.directory))]

    def assert_gone(self):
        """Nothing is mounted, nothing runs, and the control directory that was made has gone."""
        wait_until(lambda: not processes(self.directory), "the processes to end")
        assert not self.mounted()
        assert not self.control.exists()

    def close(self):
        for pid in processes(self.directory):
            # An upgrade may be under way, whose processes end by themselves.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.started:
            process.wait(timeout=TIME_LIMIT)
            process.stderr.close()
        for mount in reversed(self.mounted()):
            subprocess.run(["umount", "-l", mount[0]], stderr=subprocess.DEVNULL, check=False)


@pytest.fixture
def place(tmp_path):
    one = Place(tmp_path)
    yield one
    one.close()


# Mounting and unmounting.


def test_lets_go_of_the_callers_files(place):
    """The lock of a script, or the pipe that it is waited for with, ends with the script."""
    reader, writer = os.pipe()
    assert place.mount(pass_fds=[writer]).returncode == 0
    os.close(writer)
    assert os.read(reader, 1) == b""
    os.close(reader)
    assert place.serves()


def test_in_the_background(place):
    done = place.mount()
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert place.serves()
    supervisor = processes(place.mount_point)[0]
    worker = int(run("pgrep", "-P", str(supervisor)).stdout)
    for pid in {supervisor, worker}:
        wait_until(lambda: {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}, "quiet")
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert os.getsid(pid) != os.getsid(0)
    assert run("umount", place.mount_point).returncode == 0
    place.assert_gone()


def test_findmnt(place):
    place.serve()
    shown = run("findmnt", "-rn", "-o", "SOURCE,FSTYPE,OPTIONS", place.mount_point).stdout.decode().split()
    assert shown[:2] == [str(place.config), DATA]
    assert {"ro", "nosuid", "nodev", "noexec", "allow_other", "default_permissions"} <= set(shown[2].split(","))
    control = run("findmnt", "-rn", "-o", "FSTYPE,OPTIONS", place.control).stdout.decode().split()
    assert control[0] == CONTROL
    assert {"rw", "nosuid", "nodev", "noexec"} <= set(control[1].split(","))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", [False, True])
def test_signals_stop_it(place, number, busy):
    process = place.serve()
    holder = os.open(place.mount_point, os.O_RDONLY) if busy else None
    process.send_signal(number)
    assert process.wait(timeout=TIME_LIMIT) == 0
    if busy:
        os.close(holder)
    place.assert_gone()


def test_hangup_does_not(place):
    process = place.serve()
    process.send_signal(signal.SIGHUP)
    assert run("ls", place.mount_point).returncode == 0
    assert process.poll() is None and place.serves()


@pytest.mark.parametrize("which", ["mount_point", "control"])
@pytest.mark.parametrize("lazy", [[], ["-l"]])
def test_umount_stops_it(place, which, lazy):
    process = place.serve()
    holder = os.open(place.mount_point, os.O_RDONLY) if lazy else None
    assert run("umount", *lazy, getattr(place, which)).returncode == 0
    assert process.wait(timeout=TIME_LIMIT) == 0
    if lazy:
        os.close(holder)
    place.assert_gone()


def test_umount_of_a_busy_mount_changes_nothing(place):
    place.serve()
    with open(place.control / "control", "rb"), open(place.mount_point / "audit.json", "rb"):
        assert run("umount", place.mount_point).returncode != 0
        assert place.serves()


def test_again_at_once_after_umount(place):
    """The instance before may still be ending: that is waited for."""
    for _ in range(8):
        done = place.mount()
        assert done.returncode == 0, done.stderr.decode()
        assert run("umount", place.mount_point).returncode == 0
    place.assert_gone()


def test_a_moved_mount_is_still_ours(place):
    process = place.serve()
    other = place.directory / "other"
    other.mkdir()
    assert run("mount", "--move", place.mount_point, other).returncode == 0
    assert (other / "audit.json").exists() and process.poll() is None
    process.terminate()
    assert process.wait(timeout=TIME_LIMIT) == 0
    assert not place.mounted()


def test_a_mount_over_ours_is_left_alone(place):
    process = place.serve()
    assert run("mount", "-t", "tmpfs", "over", place.mount_point).returncode == 0
    assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=TIME_LIMIT) == 0
    assert [m[1] for m in mounts_at(place.mount_point)] == [DATA, "tmpfs"]


def test_a_connection_that_is_cut(place):
    """What /sys/fs/fuse/connections/N/abort does: the mount stays, and must go."""
    process = place.serve()
    minor = os.minor(os.stat(place.mount_point).st_dev)
    connections = place.directory / "connections"
    connections.mkdir()
    subprocess.run(["mount", "-t", "fusectl", "fusectl", connections], check=True)
    (connections / str(minor) / "abort").write_text("1")
    subprocess.run(["umount", connections], check=True)
    assert process.wait(timeout=TIME_LIMIT) == 0
    place.assert_gone()


def test_a_device_number_that_is_given_to_another(place):
    """After umount our number is free: an instance that is late must not take the mount that got it."""
    process = place.serve()
    process.send_signal(signal.SIGSTOP)
    assert run("umount", place.mount_point).returncode == 0
    other = place.directory / "other"
    other.mkdir()
    options = f"control={place.directory}/other-control,state={place.directory}/other-state"
    done = run(program("seccompfs"), place.config, other, "-o", options, env=place.environment())
    assert done.returncode == 0, done.stderr
    process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=TIME_LIMIT) == 0
    assert [m[0] for m in place.mounted()] == [str(other), f"{place.directory}/other-control"]
    assert (other / "audit.json").exists()


# Dead mounts and second instances.


def kill_all(directory):
    """The supervisor may start another worker before it is killed itself: until nobody is left."""

    def is_over():
        pids = processes(directory)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not pids

    wait_until(is_over, "the processes to end")


@pytest.mark.parametrize("way", ["kill", "stacked"])
def test_dead_mounts_are_detached(place, way):
    if way == "kill":
        place.mount()
        kill_all(place.directory)
        with pytest.raises(OSError, match="not connected|connection abort"):
            os.statvfs(place.mount_point)
    else:
        place.control.mkdir()
        for path in (place.mount_point, place.control) * 2:
            mount_dead(path)
    process = place.serve()
    assert len(place.mounted()) == 2
    assert os.listdir(place.mount_point)
    process.terminate()
    assert b"detached a dead mount" in process.communicate(timeout=TIME_LIMIT)[1]
    assert not place.mounted()


@pytest.mark.parametrize("same", ["everything", "mount_point", "control", "state"])
def test_second_instance_is_refused(place, same):
    place.serve()
    other = place.directory / "other"
    (other / "profiles").mkdir(parents=True)
    paths = {name: getattr(place, name) for name in ("mount_point", "control", "state")}
    if same != "everything":
        paths = {"mount_point": other / "profiles", "control": other / "control", "state": other / "state"}
        paths[same] = getattr(place, same)
    before = mounts()
    options = f"control={paths['control']},state={paths['state']}"
    done = run(program("seccompfs"), place.config, paths["mount_point"], "-o", options, env=place.environment())
    assert done.returncode == 1
    assert re.search(b"already|another instance|in use", done.stderr), done.stderr
    assert mounts() == before and place.serves()


def test_of_many_at_once_one_wins(place):
    results = []
    threads = [threading.Thread(target=lambda: results.append(place.mount().returncode)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 1, 1, 1, 1]
    wait_until(lambda: len(place.mounted()) == 2, "the losers to unmount")
    assert place.serves()


# Workers that fail.


def test_a_failing_worker_tells_why(place):
    done = place.mount(how="fail")
    assert done.returncode == 1
    assert done.stderr == b"seccompfs: machine.yaml:3:1: not good\n"
    place.assert_gone()


def test_a_killed_worker_is_told_of(place):
    done = place.mount(how="crash")
    assert done.returncode == 1
    assert done.stderr == b"seccompfs: worker: killed by signal 11 before it served\n"
    place.assert_gone()


def test_no_worker(place):
    done = run(*place.command(), env={**place.environment(), "SECCOMPFS_WORKER": "/nonexistent"})
    assert done.returncode == 1
    assert done.stderr == b"seccompfs: /nonexistent: No such file or directory\n"
    place.assert_gone()


def test_a_worker_that_ends_without_a_word(place):
    done = run(*place.command(), env={**place.environment(), "SECCOMPFS_WORKER": "/bin/true"})
    assert done.returncode == 1
    assert done.stderr == b"seccompfs: worker: ended with status 0 before it served\n"
    place.assert_gone()


def test_a_config_that_is_wrong(place):
    place.config.write_text("machine:\n  seccompProfiles: [{name: a.json, value: {}}]\n", encoding="utf-8")
    done = place.mount()
    assert done.returncode == 1
    assert re.search(rb"machine\.yaml:2:\d+: .*seccompProfiles\[0\]", done.stderr), done.stderr
    place.assert_gone()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGTERM])
def test_a_worker_that_dies_later_is_followed(place, number):
    process = place.serve()
    os.kill(int(run("pgrep", "-P", str(process.pid)).stdout), number)
    assert run("ls", place.mount_point).stdout == b"audit.json\n"
    assert place.serves()
    process.terminate()
    log = process.communicate(timeout=TIME_LIMIT)[1]
    end = b"ended with status 0" if number == signal.SIGTERM else b"killed by signal %d" % number
    assert b"worker: " + end + b": restart 1 in 0 ms" in log
    assert process.returncode == 0
    place.assert_gone()


def test_pauses_grow_while_no_worker_comes_to_serve(place):
    """The stub serves once, and then fails: each pause is twice the one before."""
    process = place.serve(how="once", env={"STUB_WORKER_LOG": str(place.directory / "arguments")})
    os.kill(int(run("pgrep", "-P", str(process.pid)).stdout), signal.SIGKILL)
    log = b""
    while b"restart 6" not in log:
        log += process.stderr.readline()
    assert re.findall(rb"restart \d in (\d+) ms", log) == [b"0", b"10", b"20", b"40", b"80", b"160"]
    assert log.count(b"worker: ended with status 1: ") == 5
    process.terminate()
    assert process.wait(timeout=TIME_LIMIT) == 0
    place.assert_gone()


def test_umount_while_no_worker_is_there(place):
    process = place.serve(how="once", env={"STUB_WORKER_LOG": str(place.directory / "arguments")})
    os.kill(int(run("pgrep", "-P", str(process.pid)).stdout), signal.SIGKILL)
    while b"restart 7" not in process.stderr.readline():
        pass
    assert run("umount", "-l", place.mount_point).returncode == 0
    assert process.wait(timeout=TIME_LIMIT) == 0
    place.assert_gone()


def test_a_worker_that_ends_badly(place):
    process = place.serve(how="exit=3")
    process.terminate()
    assert process.wait(timeout=TIME_LIMIT) == 1
    place.assert_gone()


def test_a_stubborn_worker_is_killed(place):
    process = place.serve(how="stubborn")
    process.terminate()
    log = process.communicate(timeout=TIME_LIMIT)[1]
    assert process.returncode == 1
    assert b": ends: it was told to\n" in log
    assert b"worker: does not end in time: it is killed\n" in log
    place.assert_gone()


def test_a_worker_that_is_killed_when_it_is_to_stop(place):
    """Both are to be seen when the supervisor looks: it was told to stop, and that is no failure."""
    process = place.serve()
    worker = int(run("pgrep", "-P", str(process.pid)).stdout)
    process.send_signal(signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=TIME_LIMIT) == 0
    place.assert_gone()


def test_stop_before_it_serves(place):
    log = place.directory / "arguments"
    process = place.start(how="slow", env={"STUB_WORKER_LOG": str(log)})
    wait_until(log.exists, "the worker")
    assert len(place.mounted()) == 2
    process.terminate()
    assert b"seccompfs: stopped before it served\n" in process.communicate(timeout=TIME_LIMIT)[1]
    assert process.returncode == 1
    place.assert_gone()


# Notification of systemd.


@pytest.mark.parametrize("abstract", [False, True])
def test_notify(place, abstract):
    path = f"@{place.directory}" if abstract else f"{place.directory}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(path.replace("@", "\0"))
        heard.settimeout(TIME_LIMIT)
        process = place.start(env={"NOTIFY_SOCKET": path})
        assert [heard.recv(100).splitlines()[0] for _ in range(4)] == [b"FDSTORE=1"] * 4
        assert heard.recv(100).startswith(b"READY=1\n")
        assert place.serves()
        process.terminate()
        assert heard.recv(100) == b"STOPPING=1"
        assert process.wait(timeout=TIME_LIMIT) == 0


def test_notify_is_not_ready_when_it_fails(place):
    path = f"{place.directory}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(path)
        assert place.start(how="fail", env={"NOTIFY_SOCKET": path}).wait(timeout=TIME_LIMIT) == 1
        heard.setblocking(False)
        with pytest.raises(BlockingIOError):
            heard.recv(100)


# Privileges.

CAPABILITIES = {"chown": 0, "dac_override": 1, "dac_read_search": 2, "fowner": 3, "setpcap": 8, "ipc_lock": 14,
                "sys_ptrace": 19, "sys_admin": 21}  # fmt: skip


def capabilities(*names):
    return sum(1 << CAPABILITIES[name] for name in names)


def privileges(pid, name):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        fields = dict(line.partition(":")[::2] for line in file)
    return int(fields[name], 16)


def test_privileges(place):
    """It may unmount; what else is left is for workers. It has none that this process lacks."""
    process = place.serve()
    had = privileges("self", "CapPrm")
    assert privileges(process.pid, "CapEff") == capabilities("sys_admin", "dac_override") & had
    assert privileges(process.pid, "CapPrm") == capabilities(*CAPABILITIES) & had
    assert privileges(process.pid, "CapBnd") == capabilities(*CAPABILITIES) & privileges("self", "CapBnd")
    assert privileges(process.pid, "CapInh") == privileges(process.pid, "CapAmb") == 0
    assert privileges(process.pid, "NoNewPrivs") == 1


def test_a_control_directory_in_one_of_another_user(place):
    """Its removal needs a privilege, after all others were given up."""
    theirs = place.directory / "theirs"
    theirs.mkdir()
    place.control = theirs / "control"
    os.chown(theirs, 65534, 65534)
    os.chmod(theirs, 0o700)
    process = place.serve()
    process.terminate()
    assert process.wait(timeout=TIME_LIMIT) == 0
    place.assert_gone()


# Places.


def test_mount_point_must_be_an_empty_directory(place):
    (place.directory / "file").write_text("")
    (place.mount_point / "precious").write_text("")
    for name, reason in (
        ("missing", b"No such file or directory"),
        ("file", b"Not a directory"),
        ("profiles", b"not empty: the option nonempty"),
    ):
        done = place.mount(place.config, place.directory / name)
        assert done.returncode == 1 and reason in done.stderr
        place.assert_gone()
    assert place.mount(more="nonempty").returncode == 0
    assert os.listdir(place.mount_point) != ["precious"]


def test_control_directory_must_be_empty(place):
    place.control.mkdir()
    (place.control / "precious").write_text("")
    done = place.mount()
    assert done.returncode == 1 and b"not empty: the option nonempty" in done.stderr
    assert not place.mounted() and place.control.exists()


def test_control_directory_that_was_there_stays(place):
    place.control.mkdir()
    assert place.mount().returncode == 0
    assert run("umount", place.mount_point).returncode == 0
    wait_until(lambda: not processes(place.directory), "the processes to end")
    assert not place.mounted() and place.control.exists()


@pytest.mark.parametrize(
    "option", ["control=profiles/c", "state=profiles/s", "config=link", "control=.", "state=c/s,control=c"]
)
def test_nothing_of_ours_may_be_hidden(place, option):
    """It would be waited for by the very process that serves it."""
    (place.directory / "link").symlink_to("profiles/machine.yaml")
    (place.mount_point / "machine.yaml").write_text(CONFIG, encoding="utf-8")
    done = place.mount(more=f"nonempty,{option}", cwd=place.directory)
    assert done.returncode == 1 and b"a mount would hide it" in done.stderr
    place.assert_gone()


@pytest.mark.parametrize("config", ["profiles/../machine.yaml", "around", "profiles/out"])
def test_the_way_to_the_config_leads_elsewhere(place, config):
    """As above: whoever follows the path asks for a name of what is mounted."""
    (place.directory / "around").symlink_to("profiles/../machine.yaml")
    (place.mount_point / "out").symlink_to("../machine.yaml")
    done = place.mount(more=f"nonempty,config={config}", cwd=place.directory)
    assert done.returncode == 1 and b"leads through a mount point" in done.stderr
    assert not place.mounted()


def test_relative_paths_and_links(place):
    (place.directory / "link.yaml").symlink_to("machine.yaml")
    (place.directory / "link").symlink_to("profiles")
    done = place.mount("link.yaml", "link//", more="control=control,state=./state", cwd=place.directory)
    assert done.returncode == 0, done.stderr
    assert place.serves()
    # The mount point is where the link led; the config's link may lead elsewhere tomorrow.
    assert mounts_at(place.mount_point)[0][2] == str(place.directory / "link.yaml")


def test_config_option_overrides_the_device(place):
    done = place.mount("profiles-of-this-node", place.mount_point, more=f"config={place.config}")
    assert done.returncode == 0, done.stderr
    assert mounts_at(place.mount_point)[0][2] == "profiles-of-this-node"
    assert (place.mount_point / "audit.json").exists()


def test_odd_names(place):
    odd = place.directory / "a, b\\c\nd"
    odd.mkdir()
    done = place.mount(place.config, odd, more=f'control="{place.directory}/e, f"')
    assert done.returncode == 0, done.stderr
    assert (odd / "audit.json").exists() and (place.directory / "e, f" / "control").exists()
    assert run("umount", odd).returncode == 0
    place.assert_gone()
    assert not (place.directory / "e, f").exists()


def test_default_directories(place):
    """By the mount point, as `systemd-escape --path` writes it."""
    place.config = place.directory / "machine.yaml"
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    try:
        log = place.directory / "arguments"
        env = {**place.environment(""), "STUB_WORKER_LOG": str(log)}
        done = run(program("seccompfs"), place.config, place.mount_point, "-o", f"state={place.state}", env=env)
        assert done.returncode == 0, done.stderr
        instance = run("systemd-escape", "--path", place.mount_point).stdout.decode().strip()
        assert f"--control-dir=/run/seccompfs/{instance}" in log.read_text().splitlines()
        assert mounts_at(f"/run/seccompfs/{instance}".replace("\\", "\\134"))
        assert run("umount", place.mount_point).returncode == 0
        wait_until(lambda: os.listdir("/run/seccompfs") == [".lock"], "the control directory to go")
    finally:
        subprocess.run(["umount", "-l", "/run"], check=True)


def test_worker_arguments(place):
    log = place.directory / "arguments"
    place.serve(how="", env={"STUB_WORKER_LOG": str(log)}, more="ro,validate=off,compile=reject,caps=none:kill,max_patch=7,node=n1")
    words = [word for word in log.read_text().splitlines() if "-fd=" not in word]
    assert words == [
        f"--config={place.config}", f"--state={place.state}", f"--control-dir={place.control}", "--validate=off",
        "--compile=reject", "--caps=none:kill", "--max-patch=7", "--node=n1", "--log=stderr", "--read-only", "--restarts=0", "--last-cause=",
    ]  # fmt: skip


def test_closed_standard_descriptors(place):
    """/dev/fuse must not become descriptor 2, where messages go."""
    script = 'exec 0<&- 1>&- 2>&-; exec "$@"'
    done = run("bash", "-c", script, "bash", *place.command(), env=place.environment())
    assert done.returncode == 0
    assert place.serves() and os.listdir(place.mount_point)


def test_without_privileges(place):
    os.chmod(place.directory, 0o777)
    done = run("setpriv", "--reuid=65534", "--clear-groups", *place.command(), env=place.environment())
    assert done.returncode == 1 and re.search(b"Operation not permitted|Permission denied", done.stderr)
    assert not place.mounted()
