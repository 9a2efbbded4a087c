/* SPDX-License-Identifier: MIT */
/* Single values as JSON: quantities with their units, shares, paths. */

#include "topo/write_value.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "topo/write.h"

/* Behind the point of a share in percent, at most. */
#define SHARE_PLACES 22

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {
	{"h", 3600000000000}, {"min", 60000000000}, {"s", 1000000000},
	{"ms", 1000000},      {"us", 1000},         {"ns", 1},
};
static const struct unit rate_units[] = {{"Gbit", 1000000000},
					 {"Mbit", 1000000},
					 {"kbit", 1000},
					 {"bit", 1}};
static const struct unit size_units[] = {{"GiB", 1 << 30},
					 {"MiB", 1 << 20},
					 {"KiB", 1 << 10},
					 {"B", 1}};

/* The largest unit that needs no fraction is exact and what a person would have written; of
 * nothing that is @zero. */
static struct snet__json *write_quantity(uint64_t value, const struct unit *units,
					 const char *zero)
{
	char text[40];

	if (!value)
		return snet__json_new_string(zero);
	while (value % units->factor)
		units++;
	(void)snprintf(text, sizeof(text), "%llu%s",
		       (unsigned long long)(value / units->factor), units->name);
	return snet__json_new_string(text);
}

struct snet__json *snet__write_duration(uint64_t ns)
{
	return write_quantity(ns, duration_units, "0s");
}

struct snet__json *snet__write_rate(uint64_t bps)
{
	return write_quantity(bps, rate_units, "0bit");
}

struct snet__json *snet__write_size(uint64_t bytes)
{
	return write_quantity(bytes, size_units, "0B");
}

struct snet__json *snet__write_share(double share)
{
	double again = -1;
	char text[40];

	/* As few places as say it exactly. */
	for (int places = 0; places < SHARE_PLACES; places++) {
		(void)snprintf(text, sizeof(text), "%.*f%%", places, share * 100);
		if (snet__text_parse_share(&again, text) == 0 && again >= share &&
		    again <= share)
			return snet__json_new_string(text);
	}
	return snet__json_new_number(share);
}

struct snet__json *snet__write_path(const char *path,
				    const struct snet__format_opts *opts)
{
	autofree char *relative = snet__path_from(opts ? opts->folder : NULL, path);

	/* What does not exist any more is written as it is. */
	return snet__json_new_string(relative ? relative : path);
}
