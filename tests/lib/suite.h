/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

/* Defined by each test program. */
Suite *suite(void);

/* Say why nothing can be checked here of @what, a word; the check returns then. It is no pass: see
 * summary.awk. */
__attribute__((format(printf, 2, 3))) static inline void skip(const char *what,
							      const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "skipped: %s: ", what);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

#endif
