# SPDX-License-Identifier: Apache-2.0
"""The service manager's part for one seccompfs: notifications, stored descriptors, and their return at the next start.

As systemd does it: descriptors come with FDSTORE=1 and a name, of the main process only, and go to the next start in
LISTEN_FDS; a restart sends the signal of RestartKillSignal=, a stop SIGTERM, and a stop empties the store.
"""

import array
import fcntl
import os
import signal
import socket
import struct
import subprocess

from support import TIME_LIMIT, program, wait_until

# Puts the descriptors of the first word to 3 and up, as LISTEN_FDS promises, and runs the rest.
EXEC = """
number=3
for fd in $1; do
	eval "exec $number<&$fd $fd<&-"
	number=$((number + 1))
done
shift
[ "$number" = 3 ] || export LISTEN_FDS=$((number - 3)) LISTEN_PID=$$
exec "$@"
"""
FIRST_FD = 200  # of those that are stored: above all that EXEC puts in their places


class Manager:
    """Starts, stops and restarts one seccompfs in the foreground, for an Instance that does not run it itself."""

    def __init__(self, instance):
        self.instance = instance
        self.process = None
        self.stored = []  # (name, descriptor)
        self.states = []  # all assignments that came, in their order
        self.path = os.fspath(instance.directory / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(self.path)
        self.socket.setblocking(False)

    # The notification socket.

    def receive(self):
        """One message, if there is one."""
        space = socket.CMSG_SPACE(struct.calcsize("3i")) + socket.CMSG_SPACE(4)
        try:
            text, control, _, _ = self.socket.recvmsg(4096, space)
        except BlockingIOError:
            return False
        fds, pid = array.array("i"), None
        for level, kind, data in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(data)
            elif (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                pid = struct.unpack("3i", data)[0]
        assert self.process is None or pid == self.process.pid, "notified by another process"
        self.heed(text.decode().splitlines(), list(fds))
        return True

    def heed(self, lines, fds):
        assigned = dict(line.split("=", 1) for line in lines)
        self.states += lines
        name = assigned.get("FDNAME", "stored")
        if "FDSTOREREMOVE" in assigned:
            self.forget(lambda stored: stored == name)
        elif "FDSTORE" in assigned:
            self.stored += [(name, fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FD)) for fd in fds]
        for fd in fds:
            os.close(fd)

    def heard(self, state):
        while self.receive():
            pass
        return state in self.states

    def forget(self, which=lambda name: True):
        for name, fd in [one for one in self.stored if which(one[0])]:
            self.stored.remove((name, fd))
            os.close(fd)

    def names(self):
        self.heard("")
        return sorted(name for name, _ in self.stored)

    def add(self, name, fd):
        """Something that is stored already; takes fd."""
        self.stored.append((name, fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FD)))
        os.close(fd)

    # The service.

    def command(self):
        one = self.instance
        return [program("seccompfs"), one.config, one.mount_point, "-f", "-o", one.options()]

    def launch(self, worker=None, command=None):
        """Starts it, and does not wait."""
        self.heard("")
        self.states.clear()
        fds = [fd for _, fd in self.stored]
        env = {**os.environ, "NOTIFY_SOCKET": self.path, "SECCOMPFS_WORKER": worker or program("seccompfsd")}
        if self.stored:
            env["LISTEN_FDNAMES"] = ":".join(name for name, _ in self.stored)
        with open(self.instance.log, "ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", EXEC, "bash", " ".join(map(str, fds)), *(command or self.command())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=fds,
                env=env,
                start_new_session=True,
            )

    def wait_ready(self):
        wait_until(lambda: self.heard("READY=1") or self.process.poll() is not None, "READY=1")
        assert self.process.poll() is None, self.instance.log_text()

    def start(self, **kwargs):
        self.launch(**kwargs)
        self.wait_ready()

    def end(self, number):
        """Sends a signal. The exit status, as subprocess has it."""
        self.process.send_signal(number)
        status = self.process.wait(timeout=TIME_LIMIT)
        self.heard("")
        self.process = None
        return status

    def stop(self):
        status = self.end(signal.SIGTERM)
        self.forget()
        return status

    def restart(self, **kwargs):
        assert self.end(signal.SIGUSR1) == 0, self.instance.log_text()
        self.start(**kwargs)

    def workers(self):
        """Process ids of the workers of this instance, whoever started them, without their notifiers."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if words[0] == b"seccompfsd" and f"--state={self.instance.state}".encode() in words:
                found[int(pid)] = parent
        return [pid for pid, parent in found.items() if parent not in found]

    def kill_workers(self):
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)

    def close(self):
        """The end of every test: all is ended and unmounted by a stop, if it runs."""
        status = self.stop() if self.process and self.process.poll() is None else 0
        self.forget()
        self.socket.close()
        self.kill_workers()
        assert status == 0, self.instance.log_text()
