/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_VALUE_H
#define SNET_TOPO_VALUE_H

/* What single values may be, whether they come from a file or from a program. Each check
 * returns 0, or -EINVAL with what is wrong in @err, without saying where. */

#include <stddef.h>
#include <stdint.h>

#include <snet/link.h>

#include "base/err.h"

struct snet__range {
	uint64_t min, max;
	const char *text; /* "1ms to 24h" */
};
extern const struct snet__range snet__range_delay, snet__range_every, snet__range_ttl,
	snet__range_rate, snet__range_limit, snet__range_timeout_ms,
	snet__range_memory_mb, snet__range_keep, snet__range_per_minute;

int snet__value_check_range(uint64_t value, const struct snet__range *range,
			    struct snet_err *err);
int snet__value_check_share(double value, struct snet_err *err);
int snet__value_check_name(const char *text, struct snet_err *err);
/* Any text on one line, not empty. */
int snet__value_check_text(const char *text, struct snet_err *err);
/* As OpenWhisk names its entities. */
int snet__value_check_function(const char *text, struct snet_err *err);
/* The source of a function: any text. */
int snet__value_check_code(const char *text, struct snet_err *err);
int snet__value_check_address(const char *text, struct snet_err *err);
int snet__value_check_key_pair(const char *text, struct snet_err *err);
int snet__value_check_url(const char *text, struct snet_err *err);
int snet__value_parse_address(uint32_t *ret, const char *text, struct snet_err *err);
int snet__value_parse_subnet(uint32_t *ret, unsigned int *ret_prefix, const char *text,
			     struct snet_err *err);
int snet__value_check_impairment(const struct snet_impairment *impairment,
				 struct snet_err *err);
/* JSON text of a device's data, state, values. */
int snet__value_check_data(const char *text, struct snet_err *err);
int snet__value_check_state(const char *text, struct snet_err *err);
int snet__value_check_values(const char *text, struct snet_err *err);
int snet__value_check_object(const char *text, struct snet_err *err);

/* A copy of @text fit for a message: one line, not too long, not cut within a character. */
#define SNET__SHOWN_MAX 80
struct snet__shown {
	char text[SNET__SHOWN_MAX];
};
const char *snet__show(struct snet__shown *into, const char *text);

#endif
