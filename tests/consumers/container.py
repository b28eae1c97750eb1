# SPDX-License-Identifier: Apache-2.0
"""One container from its start to its end, and what the kernel recorded of it."""

import os
import select
import signal
import subprocess
import time
from typing import NamedTuple

import audit
import support

RUNS_MAX = 3  # of one container whose output got lost
TIME_LIMIT = 60.0  # seconds for a container, its start and end included


class Call(NamedTuple):
    """A system call that the payload made, as it printed it."""

    name: str
    number: int
    error: int  # errno, 0 for success


class Outcome(NamedTuple):
    status: int
    calls: list  # of Call, in order; empty when the payload did not run
    errors: str  # standard error of the runtime
    records: list  # of audit.Record, in order, of the payload

    def error_of(self, name):
        """What a call that the payload makes once came to."""
        (error,) = [call.error for call in self.calls if call.name == name]
        return error


def parse_calls(output):
    calls = []
    for line in output.decode().splitlines():
        if line != "ready":
            name, number, error = line.split(" ")
            calls.append(Call(name, int(number), int(error)))
    return calls


class Container:
    """A running container of the payload."""

    def __init__(self, runtime, marker, profile=None, wait=False):
        """wait: the payload says that it is ready, and does its calls when finish() lets it."""
        self._runtime = runtime
        self._wait = wait
        self._comm = audit.new_comm()
        self._name = "c-" + self._comm
        self._output = b""
        arguments = ["/payload", self._comm] + (["wait"] if wait else [])
        command = runtime.command(self._name, profile, arguments, interactive=wait)
        self._listener = audit.Listener(marker)
        try:
            self._process = subprocess.Popen(
                [os.fspath(c) for c in command],
                stdin=subprocess.PIPE if wait else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                env={**os.environ, **runtime.environment},
            )
        except OSError:
            self._listener.close()
            raise

    def wait_until_ready(self):
        """Returns once the payload runs, with its filter in force."""
        end = time.monotonic() + TIME_LIMIT
        while self._output != b"ready\n":
            readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            if readable:
                more = self._process.stdout.read(64)
                self._output += more
            if not readable or not more:
                self.kill()
                raise AssertionError(f"the container did not get ready: {self._output!r}")

    def finish(self):
        """Lets the payload go on, and waits for the container's end."""
        try:
            output, errors = self._process.communicate(b"go\n" if self._wait else None, timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"the container did not end: {error.output!r} {error.stderr!r}") from error
        try:
            records = [record for record in self._listener.collect() if record.comm == self._comm]
        finally:
            self._listener.close()
        calls = parse_calls(self._output + output)
        return Outcome(self._process.returncode, calls, errors.decode(errors="replace"), records)

    def kill(self):
        """Ends what has not ended by itself."""
        self._listener.close()
        if self._process.poll() is None:
            self._runtime.remove(self._name)
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()


def run(runtime, marker, profile=None):
    """One container. On a busy machine podman may end with 0 before the output of a container that
    ends at once has come through: then another one is run, a few times."""
    for _ in range(RUNS_MAX):
        outcome = Container(runtime, marker, profile).finish()
        if outcome.calls or outcome.status != 0 or not runtime.loses_output:
            break
    return outcome


def errors_of(runtime, profile):
    """What the calls of a program that tells an errno of each, by a name, came to under the profile."""
    for _ in range(RUNS_MAX if runtime.loses_output else 1):
        command = runtime.command(audit.new_comm(), profile, ["/payload"], interactive=False)
        done = support.run(*command, env={**os.environ, **runtime.environment})
        assert done.returncode == 0, done.stderr.decode()
        if done.stdout:
            break
    lines = [line.split(" ") for line in done.stdout.decode().splitlines()]
    return {name: int(error) for name, error in lines}
