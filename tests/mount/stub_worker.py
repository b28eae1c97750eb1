#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A worker that can be told to fail, for tests of the supervisor. It shows empty planes.

$STUB_WORKER says how: fail (says why and exits 1), crash (is killed before it serves), slow (never serves),
once (serves, but fails when the log is there),
stubborn (ignores SIGTERM), exit=N (serves, and ends with N when it is told to stop). $STUB_WORKER_LOG
gets the arguments, one a line, once it can be told to stop.
"""

import errno
import os
import select
import signal
import struct
import sys

LOOKUP, FORGET, GETATTR, READLINK, STATFS, INIT = 1, 2, 3, 5, 17, 26
OPENDIR, READDIR, RELEASEDIR, INTERRUPT, DESTROY, BATCH_FORGET = 27, 28, 29, 36, 38, 42
ROOT, CONTROL, LINK = 1, 2, 3
MODES = {ROOT: 0o40555, CONTROL: 0o100600, LINK: 0o120777}
NAMES = {b"control": CONTROL, b".control": LINK}


def attributes(nodeid):
    return struct.pack("<6Q10I", nodeid, 0, 0, 0, 0, 0, 0, 0, 0, MODES[nodeid], 1, 0, 0, 0, 4096, 0)


def answer(opcode, nodeid, body, control_dir):
    """(error, bytes) for a request."""
    if opcode == INIT:
        return 0, struct.pack("<4I2H2I2H8I", 7, 31, 0, 0, 12, 9, 131072, 1, 0, 0, *[0] * 8)
    if opcode == GETATTR:
        return 0, struct.pack("<Q2I", 0, 0, 0) + attributes(nodeid)
    if opcode == LOOKUP and body.rstrip(b"\0") in NAMES:
        found = NAMES[body.rstrip(b"\0")]
        return 0, struct.pack("<4Q2I", found, 0, 0, 0, 0, 0) + attributes(found)
    if opcode == LOOKUP:
        return errno.ENOENT, b""
    if opcode == READLINK:
        return 0, os.fsencode(control_dir) + b"/control"
    if opcode == STATFS:
        return 0, bytes(80)
    if opcode == OPENDIR:
        return 0, bytes(16)
    if opcode in (READDIR, RELEASEDIR, DESTROY):
        return 0, b""
    return errno.ENOSYS, b""


def serve(fds, control_dir):
    while True:
        for fd in select.select(fds, [], [])[0]:
            try:
                request = os.read(fd, 1 << 18)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                raise
            opcode, unique, nodeid = struct.unpack_from("<4xIQQ", request)
            if opcode in (FORGET, INTERRUPT, BATCH_FORGET):
                continue
            error, data = answer(opcode, nodeid, request[40:], control_dir)
            os.write(fd, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)


def main():
    how = os.environ.get("STUB_WORKER", "")
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:])
    if how == "fail" or (how == "once" and os.path.exists(os.environ["STUB_WORKER_LOG"])):
        print("seccompfs: machine.yaml:3:1: not good", file=sys.stderr)
        return 1
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    status = int(how.partition("=")[2]) if how.startswith("exit=") else 0
    signal.signal(signal.SIGTERM, signal.SIG_IGN if how == "stubborn" else lambda *_: sys.exit(status))
    if "STUB_WORKER_LOG" in os.environ:
        with open(os.environ["STUB_WORKER_LOG"], "w", encoding="utf-8") as log:
            log.write("\n".join(sys.argv[1:]) + "\n")
    if how == "slow":
        signal.pause()
    os.write(int(options["ready-fd"]), b"\0")
    os.close(int(options["ready-fd"]))
    if options["log"] == "syslog":
        null = os.open(os.devnull, os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
    serve([int(options["data-fd"]), int(options["control-fd"])], options["control-dir"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
