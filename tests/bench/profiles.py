# SPDX-License-Identifier: Apache-2.0
"""Configs for the benchmark: the same bytes at every run, of profiles in the sizes that operators have."""

import json

# Names of system calls, a fact of Linux. Moby's default profile, which allows most of them, has about 12 KB of YAML.
CALLS = """
accept accept4 access adjtimex alarm bind brk capget capset chdir chmod chown clock_adjtime clock_getres clock_gettime
clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl
epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64
fallocate fanotify_mark fchdir fchmod fchmodat fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fork
fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex futimesat getcpu getcwd getdents getdents64 getegid geteuid
getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid
getrlimit get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid gettimeofday getuid getxattr
inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy io_getevents ioprio_get
ioprio_set io_setup io_submit kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lgetxattr
link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat madvise membarrier memfd_create memfd_secret
mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mprotect mq_getsetattr mq_notify mq_open
mq_timedreceive mq_timedsend mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap
name_to_handle_at nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc
pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pwrite64 pwritev
pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg remap_file_pages removexattr rename
renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam
sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr
sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop sendfile sendmmsg sendmsg
sendto setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid
setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address setuid setxattr shmat shmctl shmdt shmget
shutdown sigaltstack signalfd signalfd4 socketpair splice stat statfs statx symlink symlinkat sync sync_file_range
syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_settime
timerfd_create timerfd_gettime timerfd_settime times tkill truncate umask uname unlink unlinkat utime utimensat utimes
vfork vmsplice wait4 waitid write writev
""".split()

HEAD = "version: v1alpha1\nmachine:\n  type: worker\n  seccompProfiles:\n"
TAIL = "cluster: {}\n"

# What a patch gives the profile that it changes, in turn.
TURNS = (17, 23)


def name_of(index):
    return f"p{index:05d}.json"


def _group(calls, action, extra=""):
    names = "".join(f"              - {call}\n" for call in calls)
    return f"          - names:\n{names}            action: {action}\n{extra}"


def _condition(index, value):
    args = (
        "            args:\n"
        f"              - index: {index}\n"
        f"                value: {value}\n"
        "                valueTwo: 0\n"
        "                op: SCMP_CMP_EQ\n"
    )
    return _group(["personality"], "SCMP_ACT_ALLOW", args)


def _profile(index, errno, rest):
    return (
        f"    - name: {name_of(index)}\n"
        "      value:\n"
        "        defaultAction: SCMP_ACT_ERRNO\n"
        f"        defaultErrnoRet: {errno}\n{rest}"
    )


def small(index, errno):
    """About 200 bytes of YAML, a line of a few system calls."""
    calls = [CALLS[(index + 7 * k) % len(CALLS)] for k in range(4)]
    rest = f"        syscalls:\n          - names: [{', '.join(calls)}]\n            action: SCMP_ACT_ALLOW\n"
    return _profile(index, errno, rest)


def medium(index, errno):
    """About 2 KB: what a service needs that somebody has looked at."""
    first = index % 40
    allowed = CALLS[first : first + 67]
    refused = CALLS[first + 70 : first + 74]
    groups = _group(allowed, "SCMP_ACT_ALLOW") + _group(refused, "SCMP_ACT_LOG")
    return _profile(index, errno, "        syscalls:\n" + groups)


def large(index, errno):
    """About 12 KB, in the shape of Moby's default: most calls allowed, some for certain arguments only."""
    names = "".join(f"          - SCMP_ARCH_{name}\n" for name in ("X86_64", "X86", "X32"))
    architectures = "        architectures:\n" + names
    groups = _group(CALLS, "SCMP_ACT_ALLOW")
    groups += "".join(_condition(0, value) for value in (0, 8, 0x20000, 0x20008, 0xFFFFFFFF))
    for k in range(9):
        first = (index + 31 * k) % (len(CALLS) - 12)
        groups += _group(CALLS[first : first + 12], "SCMP_ACT_ALLOW")
    return _profile(index, errno, architectures + "        syscalls:\n" + groups)


KINDS = {"200 B": small, "2 KB": medium, "12 KB": large}


def config(count, kind, *extra):
    """The text of a config of so many profiles of a kind; extra is the text of further ones."""
    make = KINDS[kind]
    return HEAD + "".join([*extra, *(make(i, i % 13 + 1) for i in range(count))]) + TAIL


def entry(name, value):
    """A profile by its name, the value in JSON."""
    return f"    - name: {name}\n      value: {value}\n"


SHORT = '{"defaultAction":"SCMP_ACT_KILL_THREAD"}'  # 40 bytes
SHORT_ERRNO = '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":17}'


def _long(n_bytes):
    """The canonical bytes of a profile of exactly so many, which are also its YAML."""
    value = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": TURNS[0],
        "listenerMetadata": "",
        "listenerPath": "/run/agent.sock",
        "syscalls": [],
    }
    text, k = "", 0
    while True:
        value["syscalls"].append({"action": "SCMP_ACT_ALLOW", "names": [CALLS[(k + i) % len(CALLS)] for i in range(9)]})
        longer = json.dumps(value, separators=(",", ":"))
        if len(longer) > n_bytes:
            return text.replace('"listenerMetadata":"', '"listenerMetadata":"' + "x" * (n_bytes - len(text)))
        text, k = longer, k + 9


LONG = _long(16384)


def turned(text):
    """A profile's bytes at the other turn: as many, and others."""
    return text.replace(f":{TURNS[0]}", f":{TURNS[1]}", 1)


def patch(*entries):
    """A strategic merge patch: each entry replaces the profile of its name whole."""
    return "machine:\n  seccompProfiles:\n" + "".join(entries)
