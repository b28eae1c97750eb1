# SPDX-License-Identifier: Apache-2.0
"""The transaction rules of the control file that are not about one writer: design section 4 in short."""

import errno
import json
import os
import signal
import subprocess
import threading

import pytest
import yaml

from support import AUDIT_JSON, KILL_JSON, TIME_LIMIT, flow_patch, profile_patch, run, wait_until


def bash(instance, script, **kwargs):
    """A script with $control and $dir set."""
    env = {**os.environ, "control": str(instance.control), "dir": str(instance.directory)}
    return run("bash", "-c", script, env=env, **kwargs)


def test_open_without_a_write_does_nothing(mounted):
    before = mounted.facts()
    first = mounted.result()
    assert bash(mounted, ': > "$control"; : >> "$control"; exec 3<>"$control"; exec 3>&-').returncode == 0
    assert mounted.facts() == before
    assert mounted.result() == first


def test_blanks_and_comments_alone_change_nothing(mounted):
    before = mounted.facts()
    for text in ("\n", "   \n\n", "# nothing\n", "---\n", "null\n"):
        mounted.patch(text)
        assert mounted.facts() == before, text


def test_a_child_flushes_in_the_middle(mounted):
    """Decision 1: a prefix of a patch is often a valid, weaker patch; a child's close commits nothing."""
    script = """
    {
      echo 'machine:'
      echo '  seccompProfiles:'
      echo '    - name: one.json'
      echo '      value: {defaultAction: SCMP_ACT_LOG}'
      echo "    # $(date)"
      date '+    # %s'
      echo '    - name: two.json'
      echo '      value: {defaultAction: SCMP_ACT_KILL}'
    } > "$control"
    """
    assert bash(mounted, script).returncode == 0
    assert mounted.names() == ["audit.json", "one.json", "two.json"], mounted.result()
    # One transaction: the last result tells of both.
    assert "one.json" in mounted.result() and "two.json" in mounted.result()


def test_head_and_tail_write_one_patch(mounted):
    (mounted.directory / "p").write_text(profile_patch("new.json", "SCMP_ACT_LOG"), encoding="utf-8")
    done = bash(mounted, '{ head -n 3 "$dir/p"; tail -n +4 "$dir/p"; } > "$control"')
    assert done.returncode == 0, done.stderr
    assert mounted.names() == ["audit.json", "new.json"], mounted.result()


def test_killed_writer_commits_nothing(mounted):
    """A writer killed half way leaves a prefix that would be a valid patch: it must not count."""
    before = mounted.facts()
    code = (
        "import os, sys, time\n"
        "fd = os.open(sys.argv[1], os.O_WRONLY)\n"
        f"os.write(fd, {profile_patch('weak.json', 'SCMP_ACT_LOG').encode()!r})\n"
        "print('written', flush=True)\n"
        "time.sleep(600)\n"
    )
    writer = subprocess.Popen(["python3", "-c", code, mounted.control], stdout=subprocess.PIPE)
    assert writer.stdout.readline() == b"written\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait(timeout=TIME_LIMIT)
    wait_until(lambda: "failed" in mounted.result() or mounted.facts() != before, "the release")
    assert mounted.facts() == before
    assert "weak.json" not in mounted.config.read_text(encoding="utf-8")


def test_exit_without_close_commits(mounted):
    """A writer that just ends has written what it wanted to write."""
    code = (
        "import os, sys\n"
        "fd = os.open(sys.argv[1], os.O_WRONLY)\n"
        f"os.write(fd, {profile_patch('new.json', 'SCMP_ACT_LOG').encode()!r})\n"
        "os._exit(0)\n"
    )
    assert run("python3", "-c", code, mounted.control).returncode == 0
    assert "new.json" in mounted.names()


def test_one_open_file_many_patches(mounted):
    """What follows a commit is the next patch, and the result is that of the last one."""
    fd = os.open(mounted.control, os.O_RDWR)
    try:
        for i in range(3):
            os.write(fd, flow_patch(f"p{i}.json", "SCMP_ACT_LOG").encode())
            result = os.read(fd, 65536).decode()
            assert result.startswith("result: applied\n")
            assert f"p{i}.json" in result
            assert os.read(fd, 65536) == b""
    finally:
        os.close(fd)
    assert mounted.names() == ["audit.json", "p0.json", "p1.json", "p2.json"]


def test_reading_commits_what_is_pending(mounted):
    fd = os.open(mounted.control, os.O_RDWR)
    try:
        os.write(fd, profile_patch("new.json", "SCMP_ACT_LOG").encode())
        assert "new.json" not in mounted.names()
        assert os.read(fd, 65536).startswith(b"result: applied\n")
        assert "new.json" in mounted.names()
    finally:
        os.close(fd)


def test_own_result_on_the_same_file(mounted):
    """Another writer's transaction does not change what this open file tells."""
    fd = os.open(mounted.control, os.O_RDWR)
    try:
        with pytest.raises(OSError) as error:
            os.write(fd, flow_patch("mine.json", "NONSENSE").encode())
        assert error.value.errno == errno.EINVAL
        mounted.patch(flow_patch("other.json", "SCMP_ACT_LOG"))
        mine = os.read(fd, 65536).decode()
        assert mine.startswith("result: failed\n") and "NONSENSE" in mine
    finally:
        os.close(fd)
    assert mounted.result().startswith("result: applied\n")


def test_small_reads_give_the_whole_result(mounted):
    mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    whole = mounted.result().encode()
    fd = os.open(mounted.control, os.O_RDONLY)
    try:
        parts = []
        while part := os.read(fd, 7):
            parts.append(part)
        assert b"".join(parts) == whole
    finally:
        os.close(fd)


def test_flush_error_keeps_the_bytes_until_they_are_a_patch(mounted):
    """A dup closed in the middle (same process) shows the error; the rest still completes the patch."""
    first, rest = "machine:\n  seccompProfiles: [{name: new.json,\n", "    value: {defaultAction: SCMP_ACT_LOG}}]\n"
    fd = os.open(mounted.control, os.O_WRONLY)
    os.write(fd, first.encode())
    with pytest.raises(OSError) as error:
        os.close(os.dup(fd))
    assert error.value.errno == errno.EINVAL
    assert "new.json" not in mounted.names()
    os.write(fd, rest.encode())
    os.close(fd)
    assert "new.json" in mounted.names(), mounted.result()


def test_the_rest_of_a_hopeless_patch_is_no_patch(mounted):
    """After a syntax error in the middle the remaining lines must not be taken for a patch of their own."""
    before = mounted.facts()
    lines = ["machine:\n", "  a: b: c\n"] + ["# filler\n"] * 2000 + profile_patch("weak.json", "SCMP_ACT_LOG").splitlines(True)
    fd = os.open(mounted.control, os.O_WRONLY)
    n_errors = 0
    for line in lines:
        try:
            os.write(fd, line.encode())
        except OSError as error:
            assert error.errno == errno.EINVAL
            n_errors += 1
    try:
        os.close(fd)
    except OSError:
        n_errors += 1
    assert n_errors > 0
    assert mounted.facts() == before
    assert mounted.result().startswith("result: failed\n")


# One write(2) that the kernel divides, and what the program then does with the rest.
LONG_WRITERS = {
    "python": "python3 -c 'import sys; open(sys.argv[1], \"wb\").write(open(sys.argv[2], \"rb\").read())' \"$control\" \"$dir/p\"",
    "python-append": "python3 -c 'import sys; open(sys.argv[1], \"ab\").write(open(sys.argv[2], \"rb\").read())' \"$control\" \"$dir/p\"",
    "dd": 'dd bs=1M if="$dir/p" of="$control" status=none',
    "dd-append": 'dd bs=1M if="$dir/p" of="$control" status=none oflag=append conv=notrunc',
    "cat": 'cat "$dir/p" > "$control"',
    "cp": 'cp "$dir/p" "$control"',
}


@pytest.mark.parametrize("writer", LONG_WRITERS)
def test_a_long_patch_is_refused_for_its_own_reason(mounted, writer):
    """write(2) tells how much went well before the error, and the rest, which is written again, is no patch."""
    before = mounted.facts()
    filler = "# filler\n" * (300 * 1024 // 9)
    text = flow_patch("bad.json", "NONSENSE").replace("NONSENSE", f"NONSENSE\n{filler}")
    (mounted.directory / "p").write_text(text, encoding="utf-8")
    done = bash(mounted, LONG_WRITERS[writer])
    assert done.returncode != 0 and b"Invalid argument" in done.stderr, done.stderr
    result = mounted.result()
    assert result.startswith("result: failed\n") and "NONSENSE" in result, result
    # One transaction, of which the log tells too.
    assert mounted.log_text().count(": control: ") == 1 and mounted.facts() == before, mounted.log_text()


def test_a_long_patch_is_followed_by_another(mounted):
    """From the same process, at the same offset."""
    filler = "# filler\n" * (300 * 1024 // 9)
    bad = flow_patch("bad.json", "NONSENSE").replace("NONSENSE", f"NONSENSE\n{filler}").encode()
    fd = os.open(mounted.control, os.O_WRONLY)
    n = os.write(fd, bad)
    assert 128 * 1024 <= n < len(bad)
    for _ in range(2):
        with pytest.raises(OSError) as error:
            os.write(fd, bad[n:])
        assert error.value.errno == errno.EINVAL
    os.write(fd, flow_patch("good.json", "SCMP_ACT_LOG").encode())
    os.close(fd)
    assert mounted.names() == ["audit.json", "good.json"]


def test_two_writers_at_once_are_two_transactions(mounted):
    """Each open file is a patch of its own, whatever the order of the writes."""
    a = os.open(mounted.control, os.O_WRONLY)
    b = os.open(mounted.control, os.O_WRONLY)
    texts = {a: profile_patch("a.json", "SCMP_ACT_LOG"), b: profile_patch("b.json", "SCMP_ACT_KILL")}
    for i in range(0, 200, 5):
        for fd, text in texts.items():
            if text[i : i + 5]:
                os.write(fd, text[i : i + 5].encode())
    os.close(a)
    assert mounted.names() == ["a.json", "audit.json"]
    os.close(b)
    assert mounted.names() == ["a.json", "audit.json", "b.json"]


def test_many_concurrent_writers_lose_nothing(mounted):
    """Eight writers, 25 patches each: every acknowledged patch is in the config at the end."""
    failures = []

    def work(writer):
        for i in range(25):
            text = (flow_patch if i % 2 else profile_patch)(f"w{writer}-{i}.json", "SCMP_ACT_LOG")
            try:
                mounted.patch(text)
            except OSError as error:
                failures.append((writer, i, error))

    threads = [threading.Thread(target=work, args=(w,)) for w in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures
    expected = sorted(["audit.json"] + [f"w{w}-{i}.json" for w in range(8) for i in range(25)])
    assert mounted.names() == expected
    assert set(mounted.versions().values()) == {1}


def test_reader_never_sees_half_a_change(mounted):
    """A reader loop during patches sees one complete version each time, never an older one again."""
    stop = threading.Event()
    seen, wrong = [], []

    def read():
        while not stop.is_set():
            data = (mounted.mount_point / "audit.json").read_bytes()
            try:
                seen.append(json.loads(data)["syscalls"][0]["errnoRet"])
            except (ValueError, KeyError) as error:
                if data != AUDIT_JSON:
                    wrong.append((error, data[:80]))

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(1, 101):
        names = ", ".join(["mkdir"] * (i * 20))
        mounted.patch(
            "{machine: {seccompProfiles: [{name: audit.json, value: {defaultAction: SCMP_ACT_ALLOW, "
            f"syscalls: [{{names: [{names}], action: SCMP_ACT_ERRNO, errnoRet: {i}}}]}}}}]}}}}\n"
        )
        now = json.loads(mounted.cat("audit.json"))["syscalls"][0]
        assert now["errnoRet"] == i and len(now["names"]) == i * 20
    stop.set()
    reader.join(timeout=TIME_LIMIT)
    assert not wrong
    assert seen == sorted(seen)


def test_errors_have_line_column_path(mounted):
    text = (
        "machine:\n"
        "  seccompProfiles:\n"
        "    - name: good.json\n"
        "      value: {defaultAction: SCMP_ACT_LOG}\n"
        "    - name: bad.json\n"
        "      value:\n"
        "        defaultAction: SCMP_ACT_ALLOW\n"
        "        syscalls:\n"
        "          - names: [mkdir]\n"
        "            action: SCMP_ACT_ERNO\n"
        "          - names: []\n"
        "            action: SCMP_ACT_ERRNO\n"
    )
    before = mounted.facts()
    with pytest.raises(OSError) as error:
        mounted.patch(text)
    assert error.value.errno == errno.EINVAL
    assert mounted.facts() == before
    result = mounted.result()
    # Both errors, each with its place in the patch.
    assert "line: 10\n" in result and "column: 21\n" in result, result
    assert "machine.seccompProfiles[1].value.syscalls[0].action" in result
    assert "SCMP_ACT_ERRNO" in result
    assert "machine.seccompProfiles[1].value.syscalls[1].names" in result


def test_result_is_yaml_with_the_documented_keys(mounted):
    mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    result = yaml.safe_load(mounted.result())
    assert set(result) == {"result", "message", "resources", "errors", "warnings"}
    assert result["resources"] == [{"id": "new.json", "version": 1, "event": "created"}]
    with pytest.raises(OSError):
        mounted.patch("machine: [\n")
    result = yaml.safe_load(mounted.result())
    assert result["result"] == "failed"
    assert set(result["errors"][0]) == {"line", "column", "path", "message"}
    mounted.patch("{machine: {seccompProfiles: [{name: new.json, $patch: delete}]}}")
    result = yaml.safe_load(mounted.result())
    assert result["resources"] == [{"id": "new.json", "version": 1, "event": "destroyed"}]


def test_read_only_option_gives_erofs(instance):
    instance.start("ro")
    before = instance.facts()
    with pytest.raises(OSError) as error:
        instance.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    assert error.value.errno == errno.EROFS
    assert instance.facts() == before


def test_config_on_a_read_only_file_system_gives_erofs(instance):
    etc = instance.directory / "etc"
    etc.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", etc], check=True)
    try:
        target = etc / "machine.yaml"
        target.write_bytes(instance.config.read_bytes())
        instance.config.unlink()
        instance.config.symlink_to(target)
        subprocess.run(["mount", "-o", "remount,ro", etc], check=True)
        instance.start()
        before = instance.facts()
        with pytest.raises(OSError) as error:
            instance.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
        assert error.value.errno == errno.EROFS
        assert "result: failed" in instance.result()
        assert instance.facts() == before
    finally:
        instance.stop()
        subprocess.run(["umount", "-l", etc], check=True)


def test_config_on_a_full_disk_gives_enospc(instance):
    etc = instance.directory / "etc"
    etc.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", etc], check=True)
    try:
        target = etc / "machine.yaml"
        target.write_bytes(instance.config.read_bytes())
        instance.config.unlink()
        instance.config.symlink_to(target)
        instance.start()
        before = instance.facts()
        with pytest.raises(OSError) as error:
            names = "\n".join(f"              - name_{i}" for i in range(6000))
            instance.patch(
                profile_patch("big.json", "SCMP_ACT_ERRNO")
                + "        syscalls:\n          - action: SCMP_ACT_ALLOW\n            names:\n"
                + names
                + "\n"
            )
        assert error.value.errno == errno.ENOSPC
        assert instance.facts() == before
        assert sorted(os.listdir(etc)) == ["machine.yaml"]
    finally:
        instance.stop()
        subprocess.run(["umount", "-l", etc], check=True)


def test_an_edit_by_hand_is_not_overwritten(mounted):
    """A patch on a config that somebody edited meanwhile applies to the edited one."""
    edited = mounted.config.read_text(encoding="utf-8").replace(
        "cluster: {}", "    - name: edited.json\n      value: {defaultAction: SCMP_ACT_KILL}\ncluster: {} # edited"
    )
    mounted.config.write_text(edited, encoding="utf-8")
    mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    text = mounted.config.read_text(encoding="utf-8")
    assert "# edited" in text and "edited.json" in text and "new.json" in text
    assert mounted.names() == ["audit.json", "edited.json", "new.json"]


def test_bytes_outside_the_change_stay(mounted):
    """Comments, order, quoting and indentation of everything a patch does not touch."""
    before = mounted.config.read_text(encoding="utf-8")
    mounted.patch(flow_patch("audit.json", "SCMP_ACT_KILL"))
    after = mounted.config.read_text(encoding="utf-8")
    kept = [line for line in before.splitlines() if "SCMP_ACT_LOG" not in line]
    lines = after.splitlines()
    for line in kept:
        assert line in lines, after
    assert mounted.cat("audit.json") == KILL_JSON


def test_mode_and_owner_of_the_config_stay(mounted):
    os.chown(mounted.config, 1234, 2345)
    os.chmod(mounted.config, 0o640)
    mounted.patch(flow_patch("new.json", "SCMP_ACT_LOG"))
    st = os.stat(mounted.config)
    assert (st.st_uid, st.st_gid, st.st_mode & 0o7777) == (1234, 2345, 0o640)
    assert "new.json" in mounted.config.read_text(encoding="utf-8")


def test_truncate_chmod_and_friends_on_control(mounted):
    path = os.fspath(mounted.control_dir / "control")
    os.truncate(path, 0)
    with pytest.raises(OSError):
        os.chmod(path, 0o666)
    with pytest.raises(OSError):
        os.unlink(path)
    with pytest.raises(OSError):
        open(mounted.control_dir / "new", "w", encoding="utf-8")
    assert mounted.cat("audit.json") == AUDIT_JSON
