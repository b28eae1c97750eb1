# SPDX-License-Identifier: Apache-2.0
"""Reads the kernel's audit records of seccomp, as they are multicast to everyone who may listen.

This needs neither auditd nor any switch, and unlike the kernel's log it has no rate limit. It needs CAP_AUDIT_READ and
the initial network namespace; in another one the group can be joined, but nothing ever arrives. So a Listener never
takes silence for an answer: it has a program of its own make a record, and waits for that one to come.
"""

import errno
import re
import secrets
import socket
import struct
import subprocess
import time
from typing import NamedTuple

NETLINK_AUDIT = 9
READLOG_GROUP = 1 << 0  # AUDIT_NLGRP_READLOG, as a bit of the address
SECCOMP_TYPE = 1326  # AUDIT_SECCOMP
SO_RCVBUFFORCE = 33
HEADER = struct.Struct("=IHHII")  # struct nlmsghdr

BUFFER_BYTES = 64 << 20  # some 80,000 records: other containers may be logging too
DATAGRAM_BYTES = 1 << 16
TIME_LIMIT = 10.0  # seconds for a record to arrive

RET_LOG = 0x7FFC0000  # SECCOMP_RET_LOG, as the field `code` has it

FIELD = re.compile(r'(\w+)=("[^"]*"|\S*)')


class AuditError(Exception):
    """The records cannot be had, or not all of them."""


class Record(NamedTuple):
    """One record of type 1326."""

    pid: int
    comm: str
    arch: int
    syscall: int
    code: int
    sig: int


def new_comm():
    """A process name that no other process has: at most 15 bytes, none that the kernel would write in hexadecimal."""
    return "sf" + secrets.token_hex(6)


def parse_comm(value):
    """The kernel quotes a plain name and writes any other in hexadecimal."""
    if value.startswith('"'):
        return value.strip('"')
    try:
        return bytes.fromhex(value).decode(errors="replace")
    except ValueError:
        return value  # (null)


def parse_record(text):
    """The record in the text of a message."""
    fields = dict(FIELD.findall(text))
    try:
        return Record(
            pid=int(fields["pid"]),
            comm=parse_comm(fields["comm"]),
            arch=int(fields["arch"], 16),
            syscall=int(fields["syscall"]),
            code=int(fields["code"], 16),
            sig=int(fields["sig"]),
        )
    except (KeyError, ValueError) as error:
        raise AuditError(f"not a seccomp record ({error!r}): {text}") from error


def parse_message(datagram):
    """The record in a datagram, or None when it is a message of another type."""
    if len(datagram) < HEADER.size:
        raise AuditError(f"a message of {len(datagram)} bytes")
    _, kind, _, _, _ = HEADER.unpack_from(datagram)
    if kind != SECCOMP_TYPE:
        return None
    return parse_record(datagram[HEADER.size :].rstrip(b"\0\n").decode(errors="replace"))


class Listener:
    """Hears every record that is made after it was."""

    def __init__(self, marker, limit=TIME_LIMIT):
        """marker: the program built from marker.c."""
        self._marker = marker
        self._limit = limit
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_AUDIT)
        except OSError as error:
            raise AuditError(f"the kernel has no audit log: {error}") from error
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
            self._socket.bind((0, READLOG_GROUP))
        except OSError as error:
            self._socket.close()
            raise AuditError(f"cannot join the audit log's multicast group: {error}") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def collect(self):
        """All records made since the last call; those of this very moment included."""
        comm = new_comm()
        subprocess.run([self._marker, comm], stdin=subprocess.DEVNULL, check=True, timeout=self._limit)
        end = time.monotonic() + self._limit
        records = []
        while True:
            record = self._next(end)
            if record and record.comm == comm:
                return records
            if record:
                records.append(record)

    def _next(self, end):
        """The next message's record, or None when it is of another type."""
        left = end - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            return parse_message(self._socket.recv(DATAGRAM_BYTES))
        except TimeoutError as error:
            raise AuditError(
                f"no record arrived within {self._limit} s of its making: not in the initial network namespace, "
                "or kernel.seccomp.actions_logged lacks log"
            ) from error
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                raise AuditError("records were lost: too many at a time") from error
            raise
