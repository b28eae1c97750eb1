# SPDX-License-Identifier: Apache-2.0
"""One run of the benchmark: where it works, how often it measures, and the programs that it keeps."""

import contextlib
import pathlib
import sys

from measure import Helper
from support import run


class Bench:
    """A context: at its end whatever it has started ends, the last first."""

    def __init__(self, directory, rounds, quick):
        self.directory = pathlib.Path(directory)
        self.rounds = rounds
        self.quick = quick
        self.plot = []  # what the plot shows, a dictionary for each number of profiles
        self.helpers = {}
        self.n_directories = 0
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        return self.stack.__exit__(*what)

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def pick(self, full, quick):
        """How often something is done within a round."""
        return quick if self.quick else full

    def fresh(self, name):
        """A path on the disk at which there is nothing yet."""
        self.n_directories += 1
        return self.directory / f"{self.n_directories}-{name}"

    def helper(self, name, *arguments, which=0):
        """The running one of its name, arguments and number."""
        key = (name, which, *arguments)
        if key not in self.helpers:
            self.helpers[key] = self.keep(Helper(name, *arguments))
        return self.helpers[key]

    def keep(self, what, end="close"):
        self.stack.callback(getattr(what, end))
        return what

    def tmpfs(self):
        path = self.fresh("tmpfs")
        path.mkdir()
        done = run("mount", "-t", "tmpfs", "tmpfs", path)
        assert done.returncode == 0, done.stderr.decode()
        self.stack.callback(run, "umount", "-l", path)
        return path

    @contextlib.contextmanager
    def using(self, what, end="close"):
        """For a part of the run only."""
        try:
            yield what
        finally:
            getattr(what, end)()
