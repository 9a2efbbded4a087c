/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t came;

static void on_signal(int number)
{
	came = number;
}

void interrupt_take(void)
{
	const struct sigaction action = {.sa_handler = on_signal,
					 .sa_flags = (int)SA_RESETHAND};

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
