/* SPDX-License-Identifier: MIT */
#include "api/fitness.h"

#include <stdlib.h>

#include "api/place.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "lab/shaping.h"

#define FILE_MAX (1u << 20)

void snet__fitness_load(struct snet__calibration *ret)
{
	autofree char *path = NULL, *text = NULL;

	*ret = (struct snet__calibration){0};
	/* Whatever is wrong with the file: there is no calibration. */
	if (snet__place_calibration(&path, NULL) == 0 &&
	    snet__file_read(&text, path, FILE_MAX, NULL) == 0)
		(void)snet__calibration_parse(ret, text, NULL);
}

static struct snet__json *text_or_null(const char *text)
{
	return text && *text ? snet__json_new_string(text) : snet__json_new_null();
}

static struct snet__json *describe_late(const struct snet__run *run,
					const struct snet__calibration *calibration)
{
	const struct snet__shaper_moment begin = {
		.than_ns = snet__calibration_late_ns(calibration)};
	struct snet__json *json = snet__json_new_object();
	struct snet__shaper_moment all;
	autofree char *starved = snet__shaping_starved(run, &begin, &all);

	snet__json_add_number(json, "than_us",
			      (double)all.than_ns / (double)SNET__NS_PER_US);
	snet__json_add_u64(json, "packets", all.packets);
	snet__json_add_u64(json, "late", all.late);
	(void)snet__json_add(json, "starved", text_or_null(starved));
	return json;
}

struct snet__json *snet__fitness_describe(const struct snet__run *run)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__calibration calibration;

	snet__fitness_load(&calibration);
	(void)snet__json_add(json, "date", text_or_null(calibration.date));
	(void)snet__json_add(json, "exceeded",
			     snet__calibration_judge(&calibration, &run->lab->model));
	(void)snet__json_add(json, "late", describe_late(run, &calibration));
	return json;
}
