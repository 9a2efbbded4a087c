/* SPDX-License-Identifier: MIT */
/* Filling the caller's struct snet_err. See include/snet/err.h for why it is made so. */

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int snet__err_set(struct snet_err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return code;

	err->code = code;
	va_start(args, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, args); /* cut when too long */
	va_end(args);
	/* It is one line, and steers no terminal, whatever a file or a server put into it. */
	snet__text_flatten(err->msg);
	return code;
}

int snet__err_sys(struct snet_err *err, int code, const char *fmt, ...)
{
	char what[SNET_ERR_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return snet__err_set(err, code, "%s: %s", what, strerrordesc_np(-code));
}

int snet__err_prefix(struct snet_err *err, int code, const char *fmt, ...)
{
	char old[SNET_ERR_MAX], prefix[SNET_ERR_MAX];
	va_list args;

	if (!err)
		return code;

	memcpy(old, err->msg, sizeof(old));
	va_start(args, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, args);
	va_end(args);
	return snet__err_set(err, code, "%s: %s", prefix, old);
}

int snet__err_oom(struct snet_err *err)
{
	return snet__err_set(err, -ENOMEM, "out of memory");
}
