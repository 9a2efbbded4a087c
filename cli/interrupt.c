/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
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

void interrupt_take(const char *folder)
{
	const struct sigaction action = {.sa_handler = on_signal};

	unfilled = folder;
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
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
