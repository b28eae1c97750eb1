# SPDX-License-Identifier: Apache-2.0
"""mount(8), fstab and umount(8) with the helper in /sbin, and what the command line and its manual say."""

import os
import re
import subprocess

import pytest

from support import mounts_at, program, run
from test_supervisor import DATA, Place, processes

SOURCE_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

STANDARD_OPTIONS = """
    defaults ro rw auto noauto nofail _netdev user nouser users nousers group nogroup owner noowner relatime
    norelatime atime noatime strictatime nostrictatime lazytime nolazytime diratime nodiratime suid nosuid dev
    nodev exec noexec sync async dirsync mand nomand iversion noiversion silent loud nosymfollow comment=words
    x-systemd.before=kubelet.service x-systemd.automount x-gvfs-hide X-fstrim.notrim X-mount.mkdir allow_other
    context=u:r:t:s0 defaults,,noatime
""".split()


@pytest.fixture(scope="module", autouse=True)
def helper(tmp_path_factory):
    """mount.fuse.seccompfs in /sbin, for this mount namespace only."""
    directory = tmp_path_factory.mktemp("sbin")
    (directory / "mount.fuse.seccompfs").symlink_to(program("seccompfs"))
    sbin = os.path.realpath("/sbin")
    subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir={directory}:{sbin}", "overlay", sbin], check=True)
    yield
    subprocess.run(["umount", "-l", sbin], check=True)


@pytest.fixture
def place(tmp_path):
    one = Place(tmp_path)
    yield one
    one.close()


def mount(place, *words, how=None):
    return run("mount", *words, env=place.environment(how))


def fstab(place, options="defaults,nofail", source=None):
    """A file with one line for this place."""
    file = place.directory / "fstab"
    line = f"{source or place.config} {place.mount_point} {DATA} {place.options(options)} 0 0\n"
    file.write_text(line, encoding="utf-8")
    return file


def test_mount_and_umount(place):
    done = mount(place, "-t", DATA, "-o", place.options(), place.config, place.mount_point)
    assert (done.returncode, done.stderr) == (0, b"")
    assert mounts_at(place.mount_point)[0][1:3] == (DATA, str(place.config))
    assert run("cat", place.mount_point / "audit.json").stdout == b'{"defaultAction":"SCMP_ACT_LOG"}'
    assert run("umount", place.mount_point).returncode == 0
    place.assert_gone()


@pytest.mark.parametrize("option", STANDARD_OPTIONS)
def test_standard_options(place, option):
    done = mount(place, "-t", DATA, "-o", place.options(option), place.config, place.mount_point)
    assert done.returncode == 0, done.stderr.decode()
    options = set(mounts_at(place.mount_point)[0][3].split(","))
    assert {"ro", "nosuid", "nodev", "noexec"} <= options
    assert (place.mount_point / "audit.json").exists()


def test_mount_all_twice_mounts_once(place):
    file = fstab(place)
    for _ in range(2):
        done = mount(place, "-a", "-T", file)
        assert done.returncode == 0, done.stderr.decode()
        assert len(mounts_at(place.mount_point)) == 1
    assert run("umount", place.mount_point).returncode == 0
    place.assert_gone()


def test_mount_by_the_mount_point(place):
    done = mount(place, "-T", fstab(place, "noauto,user,x-systemd.before=kubelet.service"), place.mount_point)
    assert done.returncode == 0, done.stderr.decode()
    assert len(mounts_at(place.mount_point)) == 1


def test_config_behind_a_link(place):
    """mount(8) resolves the device: a ConfigMap's ..data must be given as an option."""
    data = place.directory / "..data_1"
    data.mkdir()
    place.config.rename(data / "machine.yaml")
    (place.directory / "..data").symlink_to("..data_1")
    place.config.symlink_to("..data/machine.yaml")
    file = fstab(place, f"config={place.config}", source="profiles")
    for _ in range(2):
        assert mount(place, "-a", "-T", file).returncode == 0
    assert [m[2] for m in mounts_at(place.mount_point)] == ["profiles"]
    assert any(os.fsencode(f"--config={place.config}") in open(f"/proc/{pid}/cmdline", "rb").read()
               for pid in processes(place.directory))  # fmt: skip


def test_exit_codes(place):
    command = ("-t", DATA, place.config, place.mount_point)
    assert mount(place, "-f", "-o", place.options(), *command).returncode == 0
    assert not place.mounted()
    done = mount(place, "-o", place.options("remount,ro"), *command)
    assert done.returncode == 32 and b"remount" in done.stderr
    assert not place.mounted()
    done = mount(place, "-o", place.options("no_such_option"), *command)
    assert done.returncode == 1 and b"no_such_option" in done.stderr
    done = mount(place, "-o", place.options(), *command, how="fail")
    assert done.returncode == 32 and b"machine.yaml:3:1: not good" in done.stderr
    place.assert_gone()
    assert mount(place, "-v", "-n", "-s", "-o", place.options(), *command).returncode == 0
    done = mount(place, "-o", place.options(), *command)
    assert done.returncode == 32 and b"already" in done.stderr
    done = mount(place, "-o", "remount,rw", place.mount_point)
    assert done.returncode == 32 and b"remount is not possible" in done.stderr
    assert place.mounted()


# The command line.


def test_help(place):
    done = run(program("seccompfs"), "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"usage: ")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert run("mount.fuse.seccompfs", "--help").stdout == done.stdout


def test_version(place):
    done = run(program("seccompfs"), "--version")
    assert done.returncode == 0 and re.fullmatch(rb"seccompfs \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("words", [[], ["a"], ["a", "b", "c"], ["a", "b", "-x"], ["a", "b", "-o", "wrong=1"]])
def test_usage(place, words):
    done = run(program("seccompfs"), *words)
    assert done.returncode == 2 and done.stdout == b"" and done.stderr
    assert run("mount.fuse.seccompfs", *words).returncode == 1


def test_manual_has_every_option(place):
    with open(os.path.join(SOURCE_ROOT, "docs", "seccompfs.8"), encoding="utf-8") as file:
        manual = file.read()
    with open(os.path.join(SOURCE_ROOT, "src", "supervisor", "options.c"), encoding="utf-8") as file:
        table = file.read().partition("specs[] = {")[2].partition("clang-format on")[0]
    names = re.findall(r'\{\s*"([^"]+)"', table) + re.findall(r"(?:STRING|FOR_KERNEL)\((\w+)", table)
    assert len(names) > 50
    missing = [n for n in names if not re.search(rf"(?<![\w-]){re.escape(n.rstrip('=-'))}(?![\w])", manual)]
    assert not missing
    own = re.findall(r"^  (\w+)=?", run(program("seccompfs"), "--help").stdout.decode(), re.M)
    documented = re.findall(r"^\.It Cm (\w+)", manual, re.M)
    assert set(own) <= set(documented)


def test_units(place):
    """systemd accepts both, with the path of the program that was built."""
    directory = place.directory / "units"
    directory.mkdir()
    built = os.path.join(os.path.dirname(program("seccompfs")), "seccompfs.service")
    with open(built, encoding="utf-8") as file:
        service = file.read()
    text, n = re.subn(r"(?<==)\S*/seccompfs(?= -f )", program("seccompfs"), service)
    assert n == 1
    (directory / "seccompfs.service").write_text(text, encoding="utf-8")
    name = "var-lib-kubelet-seccomp-profiles.mount"
    with open(os.path.join(SOURCE_ROOT, "src", "supervisor", name), encoding="utf-8") as file:
        (directory / name).write_text(file.read(), encoding="utf-8")
    for unit in ("seccompfs.service", name):
        done = run("systemd-analyze", "verify", "--man=no", directory / unit)
        assert (done.returncode, done.stderr) == (0, b"")
    # A mount namespace of its own would hide the mount from everybody else.
    private = "Protect|Private|ReadOnly|ReadWrite|Inaccessible|TemporaryFile|Bind|Root|Mount"
    assert not re.search(rf"^({private})\w*=", text, re.M)
    assert re.search(r"^Before=kubelet\.service containerd\.service crio\.service$", text, re.M)
