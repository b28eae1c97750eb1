/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A program without a C library, whose calls are all here: it exits with 42. Built with -DWAIT it waits
 * until it is killed. Whatever else is called in its container is called by the runtime.
 */

#include <asm/unistd.h>

#define STATUS 42

static void call(long number, long argument)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(number), "D"(argument) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = argument;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8) : "memory");
#elif defined(__riscv)
	register long a7 __asm__("a7") = number;
	register long a0 __asm__("a0") = argument;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
#else
#error "how does a program make a system call here?"
#endif
}

void _start(void);

void _start(void)
{
	for (;;) {
#ifdef WAIT
		struct {
			long seconds, nanoseconds;
		} hour = { 3600, 0 };

		call(__NR_nanosleep, (long)&hour);
#else
		call(__NR_exit_group, STATUS);
#endif
	}
}
