/* SPDX-License-Identifier: MIT */
/* Included first by .ci/run when clang-tidy reads a file: tells its analyzer what it cannot see
 * from one file, that those who raise an error return a negative number. */
#include "base/err.h"

#define RAISED(call, code)                       \
	({                                       \
		int raised_code = (code);        \
                                                 \
		if (raised_code >= 0)            \
			__builtin_unreachable(); \
		(void)(call);                    \
		raised_code;                     \
	})

#define snet__err_set(err, code, ...) RAISED((snet__err_set)(err, 0, __VA_ARGS__), code)
#define snet__err_sys(err, code, ...) RAISED((snet__err_sys)(err, 0, __VA_ARGS__), code)
#define snet__err_prefix(err, code, ...) \
	RAISED((snet__err_prefix)(err, 0, __VA_ARGS__), code)
#define snet__err_oom(err) RAISED((snet__err_oom)(err), -ENOMEM)
