/* SPDX-License-Identifier: MIT */
#include "cli/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

int number_read(const struct call *call, const char *name, unsigned long most,
		unsigned long *number)
{
	const char *text = call_option(call, name);
	char *end = NULL;

	if (!text)
		return EXIT_DONE;
	errno = 0;
	*number = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;
	if (errno || !end || *end || !*number || *number > most)
		return call_usage(call, "--%s is a number from 1 to %lu, not '%s'", name,
				  most, text);
	return EXIT_DONE;
}

int number_read_seed(const struct call *call, uint64_t *seed)
{
	const char *text = call_option(call, "seed");
	char *end = NULL;

	if (!text)
		return EXIT_DONE;
	errno = 0;
	*seed = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
	if (errno || !end || *end)
		return call_usage(call, "--seed is a number below 2^64, not '%s'", text);
	return EXIT_DONE;
}
