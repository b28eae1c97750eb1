# SPDX-License-Identifier: Apache-2.0
"""The data plane as readers see it: attributes, caching, old versions, misses, refusals."""

import ctypes
import errno
import hashlib
import os
import re
import stat
import subprocess
import time

import pytest

from support import AUDIT_JSON, CONFIG, KILL_JSON, Instance, flow_patch, mounts_at, program, run, wait_until


def many_profiles(count):
    entry = "    - name: profile-{:04d}.json\n      value: {{defaultAction: SCMP_ACT_LOG}}\n"
    entries = "".join(entry.format(i) for i in range(count))
    return f"version: v1alpha1\nmachine:\n  seccompProfiles:\n{entries}"


def n_reads(pid):
    """The read(2) and the like of a worker's first thread, which serves the data plane: one for each request."""
    with open(f"/proc/{pid}/task/{pid}/io", encoding="ascii") as file:
        return int(re.search(r"^syscr: (\d+)$", file.read(), re.MULTILINE)[1])


def test_attributes(mounted):
    root = os.stat(mounted.mount_point)
    assert stat.S_IMODE(root.st_mode) == 0o555 and stat.S_ISDIR(root.st_mode)
    assert (root.st_uid, root.st_gid) == (0, 0)
    file = os.stat(mounted.mount_point / "audit.json")
    assert stat.S_IMODE(file.st_mode) == 0o444 and stat.S_ISREG(file.st_mode)
    assert (file.st_uid, file.st_gid, file.st_nlink) == (0, 0, 1)
    assert file.st_size == len(AUDIT_JSON)
    assert os.readlink(mounted.control) == str(mounted.control_dir / "control")


def test_bytes_are_exact(mounted):
    assert mounted.cat("audit.json") == AUDIT_JSON
    assert (mounted.mount_point / "audit.json").read_bytes() == AUDIT_JSON


def test_mount_is_what_findmnt_should_show(mounted):
    done = run("findmnt", "-n", "-o", "SOURCE,FSTYPE,OPTIONS", mounted.mount_point)
    source, fstype, options = done.stdout.decode().split()
    assert source == str(mounted.config)
    assert fstype == "fuse.seccompfs"
    assert {"ro", "nosuid", "nodev", "noexec", "allow_other"} <= set(options.split(","))
    # The control plane is not mistaken for a second one.
    assert run("findmnt", "-n", "-t", "fuse.seccompfs").stdout.decode().count(str(mounted.directory)) == 2


@pytest.mark.parametrize(
    "command",
    [
        "echo x > $d/new", "echo x > $d/audit.json", "echo x >> $d/audit.json", "rm -f $d/audit.json", "mkdir $d/x",
        "mv $d/audit.json $d/b", "ln -s a $d/b", "ln $d/audit.json $d/b", "chmod 600 $d/audit.json",
        "chown 1:1 $d/audit.json", "touch $d/audit.json", "truncate -s 0 $d/audit.json", "mkfifo $d/f",
        "setfattr -n user.x -v y $d/audit.json", "rm -f $d/.control", "rmdir $d",
    ],
)  # fmt: skip
def test_writing_is_refused(mounted, command):
    done = run("bash", "-c", command, env={**os.environ, "d": str(mounted.mount_point), "LC_ALL": "C"})
    assert done.returncode != 0
    assert b"Read-only file system" in done.stderr or command.startswith("rmdir"), done.stderr
    assert mounted.cat("audit.json") == AUDIT_JSON


def test_mtime_is_the_time_of_the_version(mounted):
    before = os.stat(mounted.mount_point / "audit.json").st_mtime_ns
    assert abs(time.time_ns() - before) < 60e9
    mounted.patch(flow_patch("other.json", "SCMP_ACT_LOG"))
    assert os.stat(mounted.mount_point / "audit.json").st_mtime_ns == before
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    changed = os.stat(mounted.mount_point / "audit.json").st_mtime_ns
    assert changed > before
    mounted.restart()
    assert os.stat(mounted.mount_point / "audit.json").st_mtime_ns == changed


def test_a_version_is_an_inode(mounted):
    """A patch makes the name lead to a new inode, as rename(2) would; what is open stays."""
    path = mounted.mount_point / "audit.json"
    with open(path, "rb") as old:
        inode = os.fstat(old.fileno()).st_ino
        mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL_PROCESS"))
        assert os.stat(path).st_ino != inode
        assert path.read_bytes() == b'{"defaultAction":"SCMP_ACT_KILL_PROCESS"}'
        assert old.read() == AUDIT_JSON
        assert os.fstat(old.fileno()).st_size == len(AUDIT_JSON)
    mounted.patch(flow_patch("other.json", "SCMP_ACT_LOG"))
    now = os.stat(path).st_ino
    mounted.restart()
    assert os.stat(path).st_ino == now


def test_removed_profile_stays_open_and_is_gone_by_name(mounted):
    path = mounted.mount_point / "audit.json"
    with open(path, "rb") as old:
        mounted.patch("{machine: {seccompProfiles: [{name: audit.json, $patch: delete}]}}\n")
        assert not path.exists()
        assert mounted.names() == []
        assert old.read() == AUDIT_JSON


def test_xattrs(mounted):
    path = mounted.mount_point / "audit.json"
    assert sorted(os.listxattr(path)) == ["user.seccompfs.sha256", "user.seccompfs.version"]
    assert os.getxattr(path, "user.seccompfs.version") == b"1"
    assert os.getxattr(path, "user.seccompfs.sha256").decode() == hashlib.sha256(AUDIT_JSON).hexdigest()
    with pytest.raises(OSError) as error:
        os.getxattr(path, "user.nothing")
    assert error.value.errno == errno.ENODATA
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    assert os.getxattr(path, "user.seccompfs.version") == b"2"
    assert os.getxattr(path, "user.seccompfs.sha256").decode() == hashlib.sha256(KILL_JSON).hexdigest()


@pytest.mark.parametrize("name", ["security.selinux", "system.posix_acl_access", "trusted.x", "security.capability"])
def test_xattrs_of_other_classes_are_not_supported(mounted, name):
    for path in (mounted.mount_point / "audit.json", mounted.mount_point):
        with pytest.raises(OSError) as error:
            os.getxattr(path, name)
        assert error.value.errno == errno.EOPNOTSUPP


def long_listing(directory):
    """As ls -l up to coreutils 9.5: later ones also ask each file for the list of its attributes."""
    n_files = 0
    asked_for = {"security.selinux", "system.posix_acl_access"}
    with os.scandir(directory) as entries:
        for entry in entries:
            assert entry.stat(follow_symlinks=False).st_uid == 0
            for name in sorted(asked_for):
                with pytest.raises(OSError) as error:
                    os.getxattr(entry.path, name, follow_symlinks=False)
                if error.value.errno == errno.EOPNOTSUPP:
                    asked_for.remove(name)
            n_files += 1
    assert not asked_for
    return n_files


def test_a_long_listing_asks_little(instance):
    """The listing brings the attributes, and the first file says that labels and ACLs are not supported."""
    instance.config.write_text(many_profiles(1000), encoding="utf-8")
    instance.start()
    worker = worker_of(instance)
    before = n_reads(worker)
    assert long_listing(instance.mount_point) == 1001  # with the link to the control file
    # 4 KiB of a listing are some 20 entries.
    assert n_reads(worker) - before < 100


def test_a_large_profile_is_one_request(instance):
    """Its bytes come in as many pages as the kernel asks for at a time."""
    rules = ", ".join(f"{{names: [read], action: SCMP_ACT_LOG, args: [{{index: 0, value: {i}, op: SCMP_CMP_EQ}}]}}"
                      for i in range(600))  # fmt: skip
    instance.config.write_text(
        "machine:\n  seccompProfiles:\n    - name: large.json\n"
        f"      value: {{defaultAction: SCMP_ACT_ALLOW, syscalls: [{rules}]}}\n"
        "    - {name: other.json, value: {defaultAction: SCMP_ACT_LOG}}\n",
        encoding="utf-8",
    )
    instance.start()
    path = instance.mount_point / "large.json"
    assert 50000 < path.stat().st_size < 1 << 16
    # After the first one the kernel asks for no OPEN and no FLUSH any more.
    assert instance.cat("other.json") == AUDIT_JSON
    worker = worker_of(instance)
    before = n_reads(worker)
    assert len(path.read_bytes()) == path.stat().st_size
    # A page each would be 14.
    assert 1 <= n_reads(worker) - before < 7


def test_xattr_too_small_a_buffer_is_erange(mounted):
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(4)
    path = os.fsencode(mounted.mount_point / "audit.json")
    assert libc.getxattr(path, b"user.seccompfs.sha256", buffer, 4) == -1
    assert ctypes.get_errno() == errno.ERANGE


def test_statfs(mounted):
    st = os.statvfs(mounted.mount_point)
    assert st.f_namemax == 255
    assert st.f_flag & os.ST_RDONLY
    assert run("df", mounted.mount_point).returncode == 0


def test_readdir_has_types(mounted):
    with os.scandir(mounted.mount_point) as entries:
        kinds = {e.name: (e.is_file(follow_symlinks=False), e.is_symlink()) for e in entries}
    assert kinds == {"audit.json": (True, False), ".control": (False, True)}
    done = run("strace", "-v", "-e", "trace=getdents64", "ls", "-a", mounted.mount_point)
    assert b"d_type=DT_REG" in done.stderr and b"d_type=DT_LNK" in done.stderr
    assert b"DT_UNKNOWN" not in done.stderr


def test_large_directory_lists_every_name_once(instance):
    names = [f"profile-{i:04d}.json" for i in range(3000)]
    entries = "".join(f"    - name: {n}\n      value: {{defaultAction: SCMP_ACT_LOG}}\n" for n in names)
    instance.config.write_text(f"version: v1alpha1\nmachine:\n  seccompProfiles:\n{entries}", encoding="utf-8")
    instance.start()
    assert instance.names() == names
    assert instance.names() == names
    done = run("ls", "-l", instance.mount_point)
    assert done.returncode == 0 and done.stdout.count(b"root") >= 6000


def test_listing_during_a_commit_has_every_staying_name_once(instance):
    """A directory read in two halves around a commit neither repeats nor loses a name that stays."""
    names = [f"profile-{i:04d}.json" for i in range(2000)]
    entries = "".join(f"    - name: {n}\n      value: {{defaultAction: SCMP_ACT_LOG}}\n" for n in names)
    instance.config.write_text(f"version: v1alpha1\nmachine:\n  seccompProfiles:\n{entries}", encoding="utf-8")
    instance.start()
    with os.scandir(instance.mount_point) as listing:
        seen = [next(listing).name for _ in range(10)]
        instance.patch(
            "{machine: {seccompProfiles: [{name: aaaa.json, value: {defaultAction: SCMP_ACT_LOG}}, "
            "{name: profile-0000.json, $patch: delete}, {name: profile-1000.json, $patch: delete}]}}\n"
        )
        seen += [entry.name for entry in listing]
    staying = set(names) - {"profile-0000.json", "profile-1000.json"}
    assert staying <= set(seen)
    assert len(seen) == len(set(seen))


def test_new_set_of_names_is_seen_at_once(mounted):
    for i in range(20):
        mounted.patch(flow_patch(f"p{i:02d}.json", "SCMP_ACT_LOG"))
        assert mounted.names() == ["audit.json"] + [f"p{j:02d}.json" for j in range(i + 1)]
        # The size that ls -l shows comes from the listing, not from a lookup.
        mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL" + "_PROCESS" * (i % 2)))
        done = run("ls", "-l", mounted.mount_point / "audit.json", mounted.mount_point)
        size = len(KILL_JSON) + 8 * (i % 2)
        assert set(re.findall(r"root root\s+(\d+) .* \S*audit.json", done.stdout.decode())) == {str(size)}


def test_a_miss_is_logged_with_the_asker_and_the_nearest_name(mounted):
    done = subprocess.Popen(["cat", mounted.mount_point / "adit.json"], stderr=subprocess.DEVNULL)
    assert done.wait(timeout=10) == 1
    wait_until(lambda: "adit.json" in mounted.log_text(), "the line in the log")
    line = next(li for li in mounted.log_text().splitlines() if "adit.json" in li)
    assert str(done.pid) in line and "cat" in line and "audit.json" in line


def test_a_miss_is_not_cached(mounted):
    assert not (mounted.mount_point / "late.json").exists()
    mounted.patch(flow_patch("late.json", "SCMP_ACT_LOG"))
    assert mounted.cat("late.json") == AUDIT_JSON


def test_misses_are_rate_limited(mounted):
    for i in range(2000):
        assert not (mounted.mount_point / f"nothing-{i}.json").exists()
    assert mounted.log_text().count("nothing-") < 200


def test_odd_names_on_a_miss_do_not_break_the_log(mounted):
    assert not os.path.exists(os.fsencode(mounted.mount_point) + b"/a\nb\x1b[31m\xff.json")
    wait_until(lambda: b".json" in mounted.log_bytes(), "the line in the log")
    assert b"\x1b" not in mounted.log_bytes()


def worker_of(instance):
    """The pid of the worker: the supervisor's only child."""
    pid = instance.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        (worker,) = children.read().split()
    return int(worker)


def test_warm_reads_need_no_daemon(mounted):
    """A profile that was read once stays readable while the worker is stopped: no request reaches it."""
    path = mounted.mount_point / "audit.json"
    assert mounted.cat("audit.json") == AUDIT_JSON
    worker = worker_of(mounted)
    os.kill(worker, 19)  # SIGSTOP
    try:
        for _ in range(100):
            done = run("cat", path, timeout=5)
            assert done.stdout == AUDIT_JSON
    finally:
        os.kill(worker, 18)  # SIGCONT


def test_go_style_reader(mounted):
    """How containerd, ctr and podman read: epoll_ctl, O_NONBLOCK, fstat, one read more than the size."""
    import fcntl
    import select

    for _ in range(2):
        fd = os.open(mounted.mount_point / "audit.json", os.O_RDONLY | os.O_CLOEXEC)
        poller = select.epoll()
        try:
            poller.register(fd, select.EPOLLIN)
        except PermissionError:
            pass  # as for any regular file
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
        size = os.fstat(fd).st_size
        assert os.read(fd, max(512, size + 1)) == AUDIT_JSON
        assert os.read(fd, 512) == b""
        os.close(fd)
        poller.close()


def test_other_users_may_read(mounted):
    os.chmod(mounted.directory, 0o755)
    code = "import os, sys; os.setgid(65534); os.setuid(65534); sys.stdout.write(open(sys.argv[1]).read())"
    # The temporary directory above may be closed to others: the mount is what is asked for.
    fd = os.open(mounted.mount_point, os.O_RDONLY)
    done = run("python3", "-c", code, f"/proc/self/fd/{fd}/audit.json", pass_fds=(fd,))
    os.close(fd)
    assert done.stdout == AUDIT_JSON, done.stderr


def test_mmap_and_seek(mounted):
    import mmap

    with open(mounted.mount_point / "audit.json", "rb") as file:
        with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
            assert view[:] == AUDIT_JSON
        file.seek(-5, 2)
        assert file.read() == AUDIT_JSON[-5:]


def test_large_profile_reads_whole(instance):
    names = ", ".join(f"name_{i:05d}" for i in range(30000))
    instance.config.write_text(
        CONFIG.replace("cluster: {}", "")
        + "    - name: big.json\n      value: {defaultAction: SCMP_ACT_ERRNO, syscalls: [{action: SCMP_ACT_ALLOW, "
        f"names: [{names}]}}]}}\n",
        encoding="utf-8",
    )
    instance.start()
    data = instance.cat("big.json")
    assert len(data) == os.stat(instance.mount_point / "big.json").st_size > 300000
    assert data.count(b"name_") == 30000


def test_second_instance_is_refused(mounted, tmp_path_factory):
    """On the same mount point, and on the same state directory; the first is not disturbed."""
    other = Instance(tmp_path_factory.mktemp("other"))
    done = run(
        program("seccompfs"), other.config, mounted.mount_point, "-f", "-o",
        f"control={other.control_dir},state={other.state}",
    )  # fmt: skip
    assert done.returncode == 1
    assert str(mounted.mount_point) in done.stderr.decode()
    done = run(
        program("seccompfs"), other.config, other.mount_point, "-f", "-o",
        f"control={other.control_dir},state={mounted.state}",
    )  # fmt: skip
    assert done.returncode == 1
    assert str(mounted.state) in done.stderr.decode()
    assert not mounts_at(other.mount_point) and not mounts_at(other.control_dir)
    assert mounted.cat("audit.json") == AUDIT_JSON


def test_umount_ends_it(mounted):
    """umount(8) is as good as SIGTERM: exit 0, the control plane is gone too."""
    assert run("umount", mounted.mount_point).returncode == 0
    assert mounted.process.wait(timeout=30) == 0
    assert not mounts_at(mounted.control_dir)


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ("machine:\n  seccompProfiles: 7\nversion: v1alpha1\n", ":2:"),
        ("version: v1alpha1\nmachine: [\n", ":3:"),
        ("version: v1alpha1\nmachine:\n  seccompProfiles:\n    - name: a.json\n      value: {}\n", ":5:"),
        ("", ""),
    ],
)
def test_a_bad_config_is_not_mounted(instance, config, place):
    """Exit 1; the message has file, line, column and reason; nothing stays mounted."""
    instance.config.write_text(config, encoding="utf-8")
    assert instance.start(expect_failure=True) == 1
    assert str(instance.config) + place in instance.log_text()
    assert not mounts_at(instance.mount_point)
    instance.process = None
