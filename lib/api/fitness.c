/* SPDX-License-Identifier: MIT */
#include "api/fitness.h"

#include <errno.h>
#include <stdlib.h>

#include "api/place.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "lab/shaping.h"

#define FILE_MAX (1u << 20)

int snet__fitness_load(struct snet__calibration *ret, char **ret_text,
		       struct snet_err *err)
{
	autofree char *path = NULL, *text = NULL;
	struct snet__calibration read = {0};
	struct snet_err why = {0};
	int r;

	*ret = read;
	*ret_text = NULL;
	/* Where there is no place for it, there is none. */
	if (snet__place_calibration(&path, NULL) < 0)
		return 0;
	r = snet__file_read(&text, NULL, path, FILE_MAX, &why);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = snet__calibration_parse(&read, text, &why);
	if (r == 0)
		r = snet__calibration_check(&read, &why);
	if (r < 0)
		return snet__err_set(err, r,
				     "'%s' is not used: %s; run 'snet calibrate' again",
				     path, why.msg);
	*ret = read;
	*ret_text = steal_ptr(text);
	return 0;
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
	autofree char *text = NULL;
	struct snet_err err = {0};

	(void)snet__fitness_load(&calibration, &text, &err); /* @err is told */
	(void)snet__json_add(json, "date", text_or_null(calibration.date));
	(void)snet__json_add(json, "unusable", text_or_null(err.msg));
	(void)snet__json_add(json, "exceeded",
			     snet__calibration_judge(&calibration, &run->lab->model));
	(void)snet__json_add(json, "late", describe_late(run, &calibration));
	return json;
}
