# SPDX-License-Identifier: Apache-2.0
"""A machine in qemu that runs Debian and the seccompfs of this build (README.md)."""

import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import time

import pytest
from support import build_dir
from tap_reporter import comment

HERE = pathlib.Path(__file__).parent
CACHE = pathlib.Path(build_dir()) / "vm"

# Seconds; a boot takes 25 on an idle machine of two cores.
BOOT_LIMIT = 900
IMAGE_LIMIT = 1800


def release():
    """The release of Debian that boots: this one, since what is built here has to run there."""
    chosen = os.environ.get("SECCOMPFS_VM_RELEASE")
    if chosen:
        return chosen
    words = dict(
        line.split("=", 1)
        for line in pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
        if "=" in line
    )
    if words["ID"] != "debian":
        pytest.skip("the tests on a whole machine are for Debian")
    return words["VERSION_CODENAME"]


def build_image():
    """Where disk.img, vmlinuz and initramfs are; makes them the first time."""
    begin = time.monotonic()
    done = subprocess.run(
        [HERE / "build-image", release(), CACHE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=IMAGE_LIMIT,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    assert done.returncode == 0, text
    comment(f"image of {release()}: {time.monotonic() - begin:.0f} s")
    return pathlib.Path(text.splitlines()[-1])


def install(directory):
    """The programs of this build, as `meson install` and scripts/quickstart put them."""
    subprocess.run(
        ["meson", "install", "-C", build_dir(), "--no-rebuild", "--quiet", "--strip", "--destdir", directory],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=BOOT_LIMIT,
        check=True,
    )
    options = subprocess.run(
        ["meson", "introspect", build_dir(), "--buildoptions"], stdout=subprocess.PIPE, timeout=BOOT_LIMIT, check=True
    )
    prefix = next(o["value"] for o in json.loads(options.stdout) if o["name"] == "prefix")
    # mount(8) looks for helpers nowhere else; /sbin is a link to this directory.
    helper = directory / "usr/sbin/mount.fuse.seccompfs"
    if not helper.exists():
        helper.parent.mkdir(parents=True, exist_ok=True)
        helper.symlink_to(f"{prefix}/sbin/mount.fuse.seccompfs")


class Machine:
    """A disk, and what the next boot copies onto it."""

    def __init__(self, directory, image):
        self.directory = directory
        self.image = image
        self.disk = directory / "disk.img"
        self.payload = directory / "root" / "payload"
        self.initramfs = directory / "initramfs"
        self.console = directory / "console"
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", image / "disk.img", self.disk], check=True)
        install(self.payload)
        self.add(HERE / "guest", "vm")
        self.add(pathlib.Path(build_dir()) / "tests" / "vm" / "load", "vm/load")

    def add(self, source, destination):
        """A file or directory of ours, at a path of the machine."""
        target = self.payload / destination
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)

    def write(self, path, text):
        target = self.payload / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def link(self, path, target):
        place = self.payload / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    def boot(self, init):
        """Switches it on. What is in the payload is copied, once: the next boot finds it on the disk."""
        shutil.copy(self.image / "initramfs", self.initramfs)
        if self.payload.exists():
            with open(self.initramfs, "ab") as out:
                # The kernel takes an archive that is not compressed only where a word begins.
                out.write(bytes(-out.tell() % 4))
                out.flush()
                names = subprocess.Popen(["find", "."], cwd=self.payload.parent, stdout=subprocess.PIPE)
                subprocess.run(
                    ["busybox", "cpio", "-o", "-H", "newc"],
                    cwd=self.payload.parent,
                    stdin=names.stdout,
                    stdout=out,
                    stderr=subprocess.DEVNULL,
                    check=True,
                )
                names.wait()
            shutil.rmtree(self.payload)
        return Boot(self, init)


class Boot:
    """From the switch to the end of the power. Its second serial line carries what the guest reports."""

    def __init__(self, machine, init):
        self.begin = time.monotonic()
        self.console = machine.console
        self.partial = b""
        self.process = subprocess.Popen(
            [
                *["setpriv", "--pdeathsig", "KILL"],
                *["qemu-system-x86_64", "-accel", os.environ.get("SECCOMPFS_VM_ACCEL", "tcg"), "-cpu", "max"],
                *["-smp", "2", "-m", "768", "-nodefaults", "-display", "none", "-no-reboot"],
                *["-serial", f"file:{machine.console}", "-serial", "stdio"],
                *["-kernel", machine.image / "vmlinuz", "-initrd", machine.initramfs],
                *["-drive", f"file={machine.disk},if=virtio,format=raw,cache=writeback"],
                *["-append", f"console=ttyS0 root=/dev/vda rw loglevel=4 panic=1 mitigations=off init={init}"
                f" systemd.status_unit_format=name"],
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def seconds(self):
        return time.monotonic() - self.begin

    def lines(self, limit=BOOT_LIMIT):
        """The lines that the guest reports, until it is off. A line that the end cuts is none."""
        end = time.monotonic() + limit
        fd = self.process.stdout.fileno()
        while True:
            ready = select.select([fd], [], [], max(0, end - time.monotonic()))[0]
            if not ready:
                self.cut()
                raise AssertionError(f"nothing more in {limit} s; the console:\n{self.console_text()[-4000:]}")
            data = os.read(fd, 65536)
            if not data:
                break
            *whole, self.partial = (self.partial + data).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace").rstrip("\r")
        self.process.wait()

    def cut(self):
        """The power goes, at once. What is not on the disk by now never will be."""
        self.process.kill()
        self.process.wait()

    def console_text(self):
        text = self.console.read_bytes().decode(errors="replace") if self.console.exists() else ""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", text)
