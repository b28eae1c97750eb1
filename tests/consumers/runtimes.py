# SPDX-License-Identifier: Apache-2.0
"""The runtimes under test: each gives the command that runs one container, as a person would type it.

All of them keep their state below a directory of the test's own. A profile is a path or None (unconfined); `reader`
is the process that opens it.
"""

import os
import subprocess
import time

import image

TIME_LIMIT = 60.0  # seconds for any command that is not a container

# A bundle has its profile inside config.json, so whoever writes the bundle reads the file. $1 is the template that the
# runtime's own "spec" gave, $2 the bundle, $3 the root directory, $4 the profile or nothing, $5 capabilities or
# nothing; the rest is the command.
BUNDLE_SCRIPT = """
template=$1 bundle=$2 root=$3 profile=$4 capabilities=$5
shift 5
jq --slurpfile seccomp "${profile:-/dev/null}" --arg profile "$profile" --arg root "$root" --arg caps "$capabilities" '
    if $caps == "" then . else .process.capabilities |= map_values($caps / " ") end |
    .process.terminal = false | .root.path = $root | .root.readonly = false |
    .process.args = $ARGS.positional |
    if $profile == "" then del(.linux.seccomp) else .linux.seccomp = $seccomp[0] end
' "$template" --args "$@" > "$bundle/config.json"
exec "$runtime" --root "$state" run --bundle "$bundle" "$name"
"""


def check(*command, **kwargs):
    """Runs a command that must succeed. Its standard output."""
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        [os.fspath(c) for c in command], capture_output=True, check=False, timeout=TIME_LIMIT, **kwargs
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
    return done.stdout.decode()


def quietly(*command):
    """Runs a command of a clean-up, which may have nothing to clean up."""
    subprocess.run(
        [os.fspath(c) for c in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=TIME_LIMIT,
    )


class Bundle:
    """runc or crun by itself, on a bundle."""

    def __init__(self, runtime, directory, payload, capabilities=()):
        """capabilities: instead of those that the runtime's "spec" gives."""
        self.programs = (runtime, "jq")
        self.reader = "jq"
        self.loses_output = False
        self.environment = {}
        self._runtime = runtime
        self._directory = directory
        self._payload = payload
        self._capabilities = " ".join(capabilities)
        self._state = directory / "state"

    def start(self):
        self._directory.mkdir()
        check(self._runtime, "spec", cwd=self._directory)

    def stop(self):
        pass

    def command(self, name, profile, arguments, interactive):
        bundle = self._directory / name
        root = bundle / "root"
        root.mkdir(parents=True)
        program = root / "payload"
        program.write_bytes(self._payload.read_bytes())
        program.chmod(0o755)
        variables = [f"runtime={self._runtime}", f"state={self._state}", f"name={name}"]
        template = self._directory / "config.json"
        words = [template, bundle, root, profile or "", self._capabilities, *arguments]
        return ["env", *variables, "sh", "-euc", BUNDLE_SCRIPT, "sh", *words]

    def remove(self, name):
        quietly(self._runtime, "--root", self._state, "delete", "--force", name)


class Podman:
    """podman, with runc or crun below it."""

    def __init__(self, runtime, directory, layer, capabilities=()):
        """capabilities: beside those that podman gives."""
        self.programs = ("podman", runtime)
        self.reader = "podman"
        self.loses_output = True
        self.environment = {"CONTAINERS_CONF": str(directory / "containers.conf")}
        self._directory = directory
        self._layer = layer
        self._capabilities = [f"--cap-add={capability}" for capability in capabilities]
        self._podman = ["podman", "--root", directory / "root", "--runroot", directory / "run"]
        self._podman += ["--tmpdir", directory / "tmp", "--storage-driver", "vfs", "--events-backend", "file"]
        self._podman += ["--cgroup-manager", "cgroupfs"]
        self._podman += ["--runtime", runtime, "--runtime-flag", f"root={directory / 'state'}"]

    def start(self):
        self._directory.mkdir()
        conf = self._directory / "containers.conf"
        conf.write_text(f'[network]\nnetwork_config_dir = "{self._directory / "networks"}"\n', encoding="utf-8")
        check(*self._podman, "import", self._layer, image.NAME, env={**os.environ, **self.environment})

    def stop(self):
        pass

    def command(self, name, profile, arguments, interactive):
        # The limits are those that any hard limit of this process allows; podman's own defaults need CAP_SYS_RESOURCE.
        options = ["--rm", "--name", name, "--network", "none", "--log-driver", "none"]
        options += ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
        options += ["--security-opt", f"seccomp={profile or 'unconfined'}", *self._capabilities]
        if interactive:
            options += ["--interactive"]
        return [*self._podman, "run", *options, image.NAME, *arguments]

    def remove(self, name):
        quietly("env", *(f"{k}={v}" for k, v in self.environment.items()), *self._podman, "rm", "--force", "--time", "0", name)


CONTAINERD_CONFIG = """\
version = 2
root = "{directory}/root"
state = "{directory}/state"
disabled_plugins = [
    "io.containerd.grpc.v1.cri",
    "io.containerd.internal.v1.opt",
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.zfs",
]

[grpc]
    address = "{directory}/socket"
"""


class Containerd:
    """A containerd of our own, asked by ctr."""

    def __init__(self, directory, oci_layout, capabilities=()):
        """capabilities: beside those that containerd gives."""
        self.programs = ("containerd", "ctr", "runc")
        self.reader = "ctr"
        self.loses_output = False
        self.environment = {}
        self._directory = directory
        self._oci_layout = oci_layout
        self._capabilities = [f"--cap-add={capability}" for capability in capabilities]
        self._ctr = ["ctr", "--address", directory / "socket", "--namespace", "seccompfs"]
        self._process = None

    def start(self):
        self._directory.mkdir()
        config = self._directory / "config.toml"
        config.write_text(CONTAINERD_CONFIG.format(directory=self._directory), encoding="utf-8")
        with open(self._directory / "log", "wb") as log:
            self._process = subprocess.Popen(
                ["containerd", "--config", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_it_answers()
        check(*self._ctr, "image", "import", "--no-unpack", self._oci_layout)

    def _wait_until_it_answers(self):
        end = time.monotonic() + TIME_LIMIT
        while True:
            done = subprocess.run(
                [*self._ctr, "version"], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=TIME_LIMIT
            )
            if done.returncode == 0:
                return
            log = (self._directory / "log").read_text(encoding="utf-8", errors="replace")
            assert self._process.poll() is None, f"containerd is gone: {log}"
            assert time.monotonic() < end, f"containerd does not answer: {done.stderr!r}\n{log}"
            time.sleep(0.02)

    def stop(self):
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def command(self, name, profile, arguments, interactive):
        options = ["--rm", "--snapshotter", "native", *self._capabilities]
        if profile:
            options += ["--seccomp", "--seccomp-profile", profile]
        return [*self._ctr, "run", *options, image.NAME, name, *arguments]

    def remove(self, name):
        quietly(*self._ctr, "task", "delete", "--force", name)
        quietly(*self._ctr, "container", "delete", name)
