/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_EXPRESSION_H
#define SNET_FAULT_EXPRESSION_H

/* Expressions over named numbers:
 *
 *     either = both { "||" both }                  product = unary { ("*" | "/") unary }
 *     both   = comparison { "&&" comparison }      unary   = ("!" | "-") unary | atom
 *     comparison = sum [ operator sum ]            atom    = number | name | "(" either ")"
 *     sum    = product { ("+" | "-") product }     operator: == != < <= > >=
 *
 * A number may be a share ("2%"), or a duration ("20ms"): then it is only compared with or added to
 * others, so that nobody compares nanoseconds with what was meant as milliseconds. */

#include <stdbool.h>

#include "base/err.h"

enum snet__expression_type {
	SNET__EXPRESSION_NUMBER,
	SNET__EXPRESSION_DURATION, /* ns */
	SNET__EXPRESSION_TRUTH,
};

struct snet__expression_value {
	enum snet__expression_type type;
	/* TRUTH: 0 or 1. INFINITY: never, which is more than any number; what depends on nothing but
	 * two of them is unknown. */
	double number;
	/* It may be that much more, up to INFINITY; what is made of such a number is unknown. */
	double more;
	/* It cannot be known, nor what depends on it. */
	bool is_unknown;
};

/* The value of @name, which is neither a truth nor a wrong name: -ENOENT, with the message. */
typedef int (*snet__expression_fn)(void *user, const char *name,
				   struct snet__expression_value *ret,
				   struct snet_err *err);

/* The truth of @text. -EINVAL with "column N: what", in characters from 1; what else @find has
 * returned. */
int snet__expression_evaluate(struct snet__expression_value *ret, const char *text,
			      snet__expression_fn find, void *user, struct snet_err *err);

#endif
