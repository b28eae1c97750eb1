# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Names of Debian's packages (12, 13; also Ubuntu 24.04), for scripts that source this file.
# shellcheck disable=SC2034 # the arrays are used there

packages_build=(
	gcc
	libc6-dev
	libfuse3-dev
	libjansson-dev
	libseccomp-dev
	libyaml-dev
	meson
	nettle-dev
	ninja-build
	pkg-config
)

# The libraries come with what is built; these are the programs that an operator uses.
packages_run=(
	mount
	util-linux
)

# Of scripts/bench, which also are of the tests.
packages_bench=(
	git # an earlier commit to compare with
	gnuplot-nox
	libcmocka-dev # without it there is no directory tests
	lxcfs
	procps
	python3
	strace
	valgrind # and its header: what instructions are counted with
)

packages_test=(
	"${packages_bench[@]}"
	attr
	busybox-static
	clang
	clang-format
	clang-tidy
	containerd
	crun
	dash
	debian-archive-keyring # this and mmdebstrap, e2fsprogs, qemu: the machine of tests/vm
	e2fsprogs
	jq
	libclang-rt-dev # the sanitizers and libFuzzer
	mandoc
	mmdebstrap
	podman
	python3-pytest
	python3-yaml
	qemu-system-x86
	runc
	shellcheck
	systemd # systemd-analyze, systemd-escape
	uidmap
	xz-utils # the kernel modules of Debian 13
)

# Installs what is missing of the named packages. Without network that succeeds when none is.
install_packages() { # PACKAGE...
	local package missing=()

	for package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
			missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		echo "not installed: ${missing[*]} (run as root to install them)" >&2
		return 1
	fi
	echo "installing: ${missing[*]}"
	apt-get update -q >/dev/null || echo "apt-get update failed, going on with what is known" >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" \
		>/dev/null
}
