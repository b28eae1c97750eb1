# SPDX-License-Identifier: Apache-2.0
"""Which requests of the kernel reach a FUSE server, seen from outside with strace(1): the same for every server."""

import collections
import os
import re
import signal
import struct
import subprocess

from support import TIME_LIMIT, wait_until

# <linux/fuse.h>
OPCODES = {
    1: "LOOKUP", 2: "FORGET", 3: "GETATTR", 5: "READLINK", 14: "OPEN", 15: "READ", 17: "STATFS", 18: "RELEASE",
    22: "GETXATTR", 25: "FLUSH", 27: "OPENDIR", 28: "READDIR", 29: "RELEASEDIR", 34: "ACCESS", 36: "INTERRUPT",
    42: "BATCH_FORGET", 44: "READDIRPLUS",
}  # fmt: skip

# What the kernel sends when it likes, and nobody waits for.
UNASKED = {"FORGET", "BATCH_FORGET", "INTERRUPT"}

# What comes of statfs(2), which is ours: the kernel caches no answer to it.
PROLOGUE = "STATFS"

READ = re.compile(r'read\(\d+, "((?:\\x[0-9a-f]{2}){8})"\.\.\., \d+\) += (\d+)')


def parse(text):
    """How many requests of which name were read: each begins with its length and its opcode."""
    found = collections.Counter()
    for head, n_bytes in READ.findall(text):
        length, opcode = struct.unpack("=II", bytes.fromhex(head.replace("\\x", "")))
        if length == int(n_bytes):
            found[OPCODES.get(opcode, str(opcode))] += 1
    return found


def during(pid, mount_point, directory, function):
    """The requests that the process's first thread takes while the function runs, without the unasked ones. It leaves
    strace's files in the directory."""
    output, messages = directory / "requests", directory / "strace"
    with open(messages, "wb") as log:
        process = subprocess.Popen(
            ["strace", "-xx", "-s", "8", "-e", "trace=read", "-o", output, "-p", str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        wait_until(lambda: b" attached\n" in messages.read_bytes() or process.poll() is not None, "strace")
        assert process.poll() is None, messages.read_text(encoding="utf-8")
        # A read(2) in which the server waits may end before strace has a hold of it. The next one cannot.
        os.statvfs(mount_point)
        function()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=TIME_LIMIT)
    found = parse(output.read_text(encoding="ascii"))
    return {name: n for name, n in sorted(found.items()) if name not in {PROLOGUE, *UNASKED}}
