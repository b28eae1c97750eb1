# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the scripts on the machine share. A case is a function; it reports `ok NAME` or `not ok NAME` on
# the second serial line, behind what the case has printed as `# text`.

# shellcheck disable=SC2034 # the scripts that source this use them
config=/etc/seccompfs/machine.yaml
profiles=/var/lib/kubelet/seccomp/profiles
control=/run/seccompfs/var-lib-kubelet-seccomp-profiles
# shellcheck disable=SC2034
state=/var/lib/seccompfs/var-lib-kubelet-seccomp-profiles

# For everything that is waited for; the machine may be a hundred times slower than a real one.
limit=240

run_case() { # FUNCTION
	local log=/run/case.$1 status

	(
		set -eu
		# What a case that fails has left running. What has ended may still be among the jobs.
		trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
		"$1"
	) >"$log" 2>&1
	status=$?
	sed 's/^/# /' "$log"
	if [ "$status" = 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
	fi
}

fail() { # MESSAGE
	echo "FAILED: $1"
	exit 1
}

wait_until() { # COMMAND... : until it succeeds
	local end=$((SECONDS + limit))

	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || fail "waited $limit s for: $*"
		sleep 0.05
	done
}

expect() { # TEXT COMMAND... : that it prints just this
	local expected=$1 found
	shift

	found=$("$@" 2>&1) || fail "$*: exit $?: $found"
	[ "$found" = "$expected" ] || fail "$*: $found, not $expected"
}
