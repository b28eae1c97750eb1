# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The cases of a machine with systemd. Each leaves the profiles mounted and nothing else running.

audit='{"defaultAction":"SCMP_ACT_LOG"}'
load=/vm/load
line_unit=var-lib-kubelet-seccomp-profiles.mount
board=/run/board

main_pid() {
	systemctl show -p MainPID --value seccompfs.service
}

# The one that serves; another one may be beside it for a moment, which began later.
worker_pid() {
	local children

	read -r children <"/proc/$1/task/$1/children" || true
	echo "${children%% *}"
}

has_another_worker() { # PID-OF-SUPERVISOR PID
	local pid

	pid=$(worker_pid "$1")
	[ -n "$pid" ] && [ "$pid" != "$2" ]
}

n_acks() {
	grep -c ack /run/writer || true
}

has_more_acks() { # THAN
	[ "$(n_acks)" -gt "$1" ]
}

is_serving() {
	[ "$(cat "$profiles/audit.json")" = "$audit" ] && [ -e "$profiles/.control" ]
}

# One mount of each plane, not hidden and not doubled, that takes patches.
check_mounts() {
	expect fuse.seccompfs findmnt -n -o FSTYPE --mountpoint "$profiles"
	expect fuse.seccompfs-control findmnt -n -o FSTYPE --mountpoint "$control"
	expect 2 grep -c ' fuse.seccompfs' /proc/self/mountinfo
	expect "$audit" cat "$profiles/audit.json"
}

table() {
	awk 'NR > 1 { print $4, $5 }' "$control/seccompprofiles"
}

set_profile() { # NAME ACTION
	echo "{machine: {seccompProfiles: [{name: $1, value: {defaultAction: $2}}]}}" >"$profiles/.control"
}

# Readers of what is cached and, since the caches are emptied again and again, of what is not; and a
# writer that gives them new names and new versions.
start_load() {
	local i

	rm -f "$board"
	$load write "$profiles/.control" "$board" >/run/writer &
	writer=$!
	wait_until grep -q ack /run/writer
	readers=()
	for i in 1 2 3; do
		$load read "$profiles" "$board" >"/run/reader.$i" &
		readers+=($!)
	done
	while sleep 0.1; do
		echo 2 >/proc/sys/vm/drop_caches
	done &
	dropper=$!
}

stop_writer() {
	local status=0

	kill -TERM "$writer"
	wait "$writer" || status=$?
	tail -n 1 /run/writer
	[ "$status" = 0 ] || fail "the writer: exit $status"
}

stop_readers() {
	local i status=0

	kill "$dropper"
	kill -TERM "${readers[@]}"
	for i in "${!readers[@]}"; do
		wait "${readers[i]}" || status=$?
		tail -n 6 "/run/reader.$((i + 1))"
	done
	[ "$status" = 0 ] || fail "a reader met what it must not"
}

# What begins before a pod can has found the profiles.
ready_before_kubelet() {
	local name

	for name in kubelet containerd crio; do
		expect active systemctl is-active "$name.service"
		expect "$audit" cat "/run/stand-in/$name/profile"
	done
	expect shared findmnt -n -o PROPAGATION --mountpoint "$profiles"
	check_mounts
}

unit_is_active() {
	expect active systemctl is-active seccompfs.service
	expect "" systemctl --failed --no-legend
}

unit_verifies() {
	expect "" systemd-analyze verify --man=no seccompfs.service
}

line_has_a_unit() {
	local unit before

	expect active systemctl is-active "$line_unit"
	expect /etc/fstab systemctl show -p SourcePath --value "$line_unit"
	before=$(systemctl show -p Before --value "$line_unit")
	for unit in kubelet.service containerd.service crio.service; do
		[[ " $before " = *" $unit "* ]] || fail "not before $unit: $before"
	done
	expect "" systemctl --failed --no-legend
}

# The worker that is installed takes over, again and again; nobody fails.
reload_under_load() {
	local main worker n acks

	main=$(main_pid)
	start_load
	for n in {1..5}; do
		worker=$(worker_pid "$main")
		systemctl reload seccompfs.service
		wait_until has_another_worker "$main" "$worker"
		acks=$(n_acks)
		wait_until has_more_acks "$acks"
	done
	stop_writer
	stop_readers
	expect "$main" main_pid
	expect active systemctl is-active seccompfs.service
	check_mounts
}

# The mounts stay with systemd from one seccompfs to the next.
restart_under_load() {
	local main n

	start_load
	wait_until has_more_acks 20
	stop_writer # whoever writes in between is told EIO or worse
	for n in {1..5}; do
		main=$(main_pid)
		systemctl restart seccompfs.service
		[ "$(main_pid)" != "$main" ] || fail "no restart"
		is_serving
	done
	stop_readers
	expect active systemctl is-active seccompfs.service
	check_mounts
}

storm_of_kills() {
	local main worker n acks begin=$SECONDS

	main=$(main_pid)
	start_load
	for n in {1..55}; do
		worker=$(worker_pid "$main")
		acks=$(n_acks)
		kill -KILL "$worker"
		wait_until has_another_worker "$main" "$worker"
		# Every other one dies while it starts or serves, the others after a patch.
		[ $((n % 2)) = 0 ] || wait_until has_more_acks "$acks"
		sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
	done
	wait_until is_serving
	stop_writer
	stop_readers
	expect "$main" main_pid
	check_mounts
	echo "$n kills in $((SECONDS - begin)) s"
}

# Both at once, as the kernel may when memory is short; systemd starts them again.
unit_killed() {
	local main before

	main=$(main_pid)
	set_profile killed.json SCMP_ACT_KILL
	before=$(table)
	systemctl kill --signal=KILL --kill-whom=all seccompfs.service
	is_another() {
		[ "$(main_pid)" != "$main" ] && [ "$(systemctl is-active seccompfs.service)" = active ]
	}
	wait_until is_another
	check_mounts
	expect "$before" table
	set_profile killed.json SCMP_ACT_TRAP
	expect '{"defaultAction":"SCMP_ACT_TRAP"}' cat "$profiles/killed.json"
}

# mount(8) calls it by another name, so that ps does not tell.
pids_of_seccompfs() {
	local exe

	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in
		*/seccompfs | */seccompfsd) basename "${exe%/exe}" ;;
		esac
	done
}

kill_all() {
	local pids

	pids=$(pids_of_seccompfs)
	# shellcheck disable=SC2086
	kill -KILL $pids
	is_dead() {
		[ -z "$(pids_of_seccompfs)" ]
	}
	wait_until is_dead
	! cat "$profiles/none.json" || fail "the mount is not dead"
}

# The last case: what it leaves belongs to the unit of the line, as what was mounted at boot, and not
# to the service that runs the cases and ends first.
#
# Nobody but the one who mounts again brings the line back. `mount -a` is no such command: it passes
# over what is in the table of mounts, dead or not.
line_killed() {
	local before again

	set_profile killed.json SCMP_ACT_KILL
	before=$(table)
	for again in "mount $profiles" "systemctl restart $line_unit"; do
		kill_all
		$again
		check_mounts
		expect "$before" table
	done
	set_profile killed.json SCMP_ACT_TRAP
	expect '{"defaultAction":"SCMP_ACT_TRAP"}' cat "$profiles/killed.json"
}

line_unmounts() {
	umount "$profiles"
	wait_until test ! -e "$control"
	expect "" pids_of_seccompfs
	mount -a
	check_mounts
}
