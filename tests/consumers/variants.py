# SPDX-License-Identifier: Apache-2.0
"""The ways to start a container that change what the runtime itself calls between loading the filter and executing the
program."""

from typing import Callable, List, NamedTuple

# What containerd gives.
CAPABILITIES = [
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
]


def keep(config):
    """Leaves a config as the runtime's own "spec" gave it: root, three capabilities, no new privileges."""


def be_nobody(config):
    config["process"]["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [10, 20], "umask": 0o77}


def have_nothing(config):
    be_nobody(config)
    config["process"]["capabilities"] = {}
    config["root"]["readonly"] = True


def allow_new_privileges(config):
    """The filter is loaded earlier then, while the runtime has yet to become the container's user."""
    config["process"]["noNewPrivileges"] = False


def be_root_as_in_containerd(config):
    config["process"]["capabilities"] = {kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")}
    allow_new_privileges(config)


def be_nobody_with_new_privileges(config):
    be_nobody(config)
    allow_new_privileges(config)


def have_nothing_with_new_privileges(config):
    have_nothing(config)
    config["process"]["cwd"] = "/proc"
    allow_new_privileges(config)


GAINING = (
    be_root_as_in_containerd,
    be_nobody_with_new_privileges,
    have_nothing_with_new_privileges,
)


class Variant(NamedTuple):
    name: str
    how: str  # "run"; "create" and start; "exec" in a running container; "gone": so is the program when it is started
    change: Callable  # of config.json
    terminal: bool = False  # of the program's
    listener: bool = False  # an agent is asked about a call that nobody makes

    @property
    def gains_privileges(self):
        """Whether it is without noNewPrivileges."""
        return self.change in GAINING


VARIANTS = [
    Variant("root", "run", keep),
    Variant("user", "run", be_nobody),
    Variant("nothing", "run", have_nothing),
    Variant("root, new privileges", "run", be_root_as_in_containerd),
    Variant("user, new privileges", "run", be_nobody_with_new_privileges),
    Variant("nothing, new privileges", "run", have_nothing_with_new_privileges),
    Variant("terminal", "run", keep, terminal=True),
    Variant("terminal, user, new privileges", "run", be_nobody_with_new_privileges, terminal=True),
    Variant("create", "create", keep),
    Variant("create, user, new privileges", "create", be_nobody_with_new_privileges),
    Variant("listener", "run", keep, listener=True),
    Variant("listener, user, new privileges", "create", be_nobody_with_new_privileges, listener=True),
    Variant("exec", "exec", keep),
    Variant("exec, user", "exec", be_nobody),
    Variant("exec, nothing, new privileges", "exec", have_nothing_with_new_privileges),
    Variant("exec, terminal", "exec", keep, terminal=True),
    Variant("exec, terminal, user, new privileges", "exec", be_nobody_with_new_privileges, terminal=True),
    Variant("gone", "gone", keep),
    Variant("gone, user, new privileges", "gone", be_nobody_with_new_privileges),
]


class PodmanVariant(NamedTuple):
    name: str
    options: List[str]
    how: str = "run"
    listener: bool = False

    @property
    def gains_privileges(self):
        """Podman is without noNewPrivileges unless it is told."""
        return "no-new-privileges" not in self.options


PODMAN_VARIANTS = [
    PodmanVariant("podman", []),
    PodmanVariant("podman, user", ["--user", "1000:1000"]),
    PodmanVariant("podman, nothing", ["--user", "1000", "--cap-drop", "all", "--security-opt", "no-new-privileges"]),
    PodmanVariant("podman, terminal", ["--tty", "--read-only"]),
]
