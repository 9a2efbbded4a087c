/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t came;
static const char *volatile unfilled;

static void on_signal(int number)
{
	if (came) {
		if (unfilled)
			(void)rmdir(unfilled);
		(void)signal(number, SIG_DFL);
		(void)raise(number); /* when this has returned */
	}
	came = number;
}

void interrupt_heed(void (*handler)(int number))
{
	const struct sigaction action = {.sa_handler = handler};
	static struct sigaction hangup;
	static bool is_known;

	if (!is_known)
		(void)sigaction(SIGHUP, NULL, &hangup);
	is_known = true;
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	if (hangup.sa_handler != SIG_IGN)
		(void)sigaction(SIGHUP, &action, NULL);
}

void interrupt_take(const char *folder)
{
	unfilled = folder;
	interrupt_heed(on_signal);
}

int interrupt_signal(void)
{
	return came;
}

int interrupt_report(void)
{
	fprintf(stderr, "snet: interrupted: all labs are down, all faults are gone\n");
	return 128 + came;
}
