/* SPDX-License-Identifier: MIT */
/* The one log sink of the process; silent until a program asks. */

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

/* The only global of the library: written before threads exist, read-only afterwards. */
static struct {
	snet_log_fn fn;
	void *user;
	enum snet_log_level level;
} sink;

void snet_log_set(snet_log_fn fn, void *user, enum snet_log_level level)
{
	sink.fn = fn;
	sink.user = user;
	sink.level = level;
}

void snet__log(enum snet_log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	if (!sink.fn || level > sink.level)
		return;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args); /* cut when too long */
	va_end(args);
	sink.fn(sink.user, level, line);
}
