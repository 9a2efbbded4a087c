/* SPDX-License-Identifier: MIT */
#include "impairment_bed.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "quoted.h"
#include "topo/impairment.h"

struct test_folder folder;
struct snet__model model;
struct snet__problems problems;
struct snet_err err;

static const struct {
	const char *name, *text;
} files[] = {
	{"a.dist", "-8192 8192\n"},      {"bad.dist", "1\ntwo\n"},
	{"a.trace", "1\n2\n"},           {"bad.csv", "time,delay\n0,1ms\n0,2ms\n"},
	{"log.forth", "1 0 - 0\nend\n"}, {"part.forth", "1 0 - 0\n"},
	{"part.back", "end\n2 0 - 0\n"}, {"log.back", "1 0 - 0\n2 later - 0\n"},
};

void setup(void)
{
	test_folder_new(&folder);
	for (int i = 0; i < COUNT(files); i++) {
		char *path = snet__text_format("%s/%s", folder.path, files[i].name);

		ck_assert_int_eq(snet__file_write(path, files[i].text, SNET__FILE_SHARED,
						  &err),
				 0);
		free(path);
	}
	snet__model_init(&model);
	problems = (struct snet__problems){0};
	err = (struct snet_err){0};
}

void teardown(void)
{
	test_folder_free(&folder);
	snet__problems_clear(&problems);
	snet__model_clear(&model);
}

int read_link(const char *keys)
{
	char *text = quote(snet__text_format(
		"{'nodes': [{'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'host'}],\n"
		"'links': [{'from': 'a', 'to': 'b'%s%s}]}",
		*keys ? ", " : "", keys));
	int r;

	snet__problems_clear(&problems);
	snet__model_clear(&model);
	r = snet__model_read(&model, text, strlen(text), folder.path, &problems, &err);
	free(text);
	return r;
}

const struct snet__model_link *good(const char *keys)
{
	ck_assert_msg(read_link(keys) == 0, "%s: %s", keys, err.msg);
	return model.links[0];
}

void same_links(const struct snet__model_link *a, const struct snet__model_link *b)
{
	const char *key;

	for (size_t i = 0; (key = snet__impairment_key(i)); i++) {
		ck_assert_msg(snet__impairment_is_equal(&a->forth, &b->forth, key), "%s",
			      key);
		ck_assert_msg(snet__impairment_is_equal(&a->back, &b->back, key),
			      "back.%s", key);
	}
}
