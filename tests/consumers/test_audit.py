# SPDX-License-Identifier: Apache-2.0
"""The reader of audit records, which the other tests believe."""

import os
import subprocess
import sys

import pytest

import audit

TEXT = (
    'audit(1795462364.513:2): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=18914 comm="runc:[2:INIT]" exe="/" '
    "sig=0 arch=c000003e syscall=3 compat=0 ip=0x40828e code=0x7ffc0000"
)


def test_a_record_is_parsed():
    assert audit.parse_record(TEXT) == audit.Record(
        pid=18914, comm="runc:[2:INIT]", arch=0xC000003E, syscall=3, code=audit.RET_LOG, sig=0
    )


def test_a_hexadecimal_name_is_decoded():
    assert audit.parse_record(TEXT.replace('"runc:[2:INIT]"', "612062")).comm == "a b"


@pytest.mark.parametrize("text", ["", "audit(1.2:3): pid=1", TEXT.replace("syscall=3", "syscall=x")])
def test_what_is_no_record_is_an_error(text):
    with pytest.raises(audit.AuditError):
        audit.parse_record(text)


def test_other_messages_are_passed_over():
    assert audit.parse_message(audit.HEADER.pack(16, 1300, 0, 0, 0)) is None


def test_a_listener_hears_what_was_made_before_it_collects_and_nothing_twice(marker):
    comm = audit.new_comm()
    with audit.Listener(marker) as listener:
        subprocess.run([marker, comm], check=True, timeout=10)
        subprocess.run([marker, comm], check=True, timeout=10)
        assert [r.code for r in listener.collect() if r.comm == comm] == [audit.RET_LOG] * 2
        assert [r for r in listener.collect() if r.comm == comm] == []


@pytest.mark.parametrize("prefix", [["unshare", "--net"], ["setpriv", "--bounding-set=-audit_read"]])
def test_a_listener_that_can_hear_nothing_says_so(marker, prefix):
    program = "import audit, sys; audit.Listener(sys.argv[1], limit=1).collect()"
    done = subprocess.run(
        [*prefix, sys.executable, "-c", program, marker],
        cwd=os.path.dirname(audit.__file__),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert b"AuditError" in done.stderr
