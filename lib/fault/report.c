/* SPDX-License-Identifier: MIT */
/* The formats of reports, and who writes them where. */

#include "fault/report.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fault/report_parts.h"

static const struct snet__report_format *const formats[] = {
	&snet__report_json,
	&snet__report_junit,
	&snet__report_html,
	&snet__report_text,
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(*formats))

/* Numbers are written as JSON, XML and SVG have them, wherever the program is from. */
struct numbers {
	locale_t own, was;
};

static int begin_numbers(struct numbers *numbers, struct snet_err *err)
{
	numbers->own = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!numbers->own)
		return snet__err_oom(err);
	numbers->was = uselocale(numbers->own);
	return 0;
}

static void end_numbers(struct numbers *numbers)
{
	if (!numbers->own)
		return;
	(void)uselocale(numbers->was);
	freelocale(numbers->own);
}

static int write_text(char **ret, const struct snet__report_format *format,
		      const struct snet__digest *digest, struct snet_err *err)
{
	struct snet__text_stream stream;
	int r = snet__text_open(&stream, err);

	return r < 0 ? r
		     : snet__text_close(&stream, format->write(stream.out, digest, err),
					ret, err);
}

static int save(const struct snet__report_format *format,
		const struct snet__digest *digest, const char *folder,
		struct snet_err *err)
{
	autofree char *path = snet__text_format("%s/%s", folder, format->file);
	autofree char *text = NULL;
	int r;

	if (!path)
		return snet__err_oom(err);
	r = write_text(&text, format, digest, err);
	return r < 0 ? r : snet__file_write(path, text, SNET__FILE_SHARED, err);
}

int snet__report_save(const struct snet__report *report, const char *folder,
		      struct snet_err *err)
{
	cleanup_with(snet__digest_clear) struct snet__digest digest = {0};
	cleanup_with(end_numbers) struct numbers numbers = {0};
	int r;

	r = begin_numbers(&numbers, err);
	if (r == 0)
		r = snet__digest_init(&digest, report, err);
	for (size_t i = 0; i < FORMAT_COUNT && r == 0; i++)
		if (formats[i]->file)
			r = save(formats[i], &digest, folder, err);
	return r;
}

int snet__report_format(const struct snet__report *report, const char *format, char **ret,
			struct snet_err *err)
{
	cleanup_with(snet__digest_clear) struct snet__digest digest = {0};
	cleanup_with(end_numbers) struct numbers numbers = {0};
	const struct snet__report_format *found = NULL;
	int r;

	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(formats[i]->name, format) == 0)
			found = formats[i];
	if (!found)
		return snet__err_set(
			err, -EINVAL,
			"no report format '%.60s': json, junit, html or text", format);
	r = begin_numbers(&numbers, err);
	if (r == 0)
		r = snet__digest_init(&digest, report, err);
	return r < 0 ? r : write_text(ret, found, &digest, err);
}
