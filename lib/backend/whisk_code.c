/* SPDX-License-Identifier: MIT */
/* Functions' code. OpenWhisk tells text from base64 by looking at it, so sources go as they
 * are and everything else in base64. */

#include "backend/whisk_code.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"

#define CODE_SIZE_MAX (48u << 20) /* Source: OpenWhisk, docs/reference.md */

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const struct {
	const char *ending, *kind;
} kinds[] = {
	{".js", "nodejs:default"},
	{".mjs", "nodejs:default"},
	{".cjs", "nodejs:default"},
	{".py", "python:default"},
};

const char *snet__whisk_code_kind(const char *path)
{
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(ending, kinds[i].ending) == 0)
			return kinds[i].kind;
	return "blackbox";
}

char *snet__whisk_code_encode(const void *data, size_t size)
{
	const unsigned char *from = data;
	char *text = malloc((size + 2) / 3 * 4 + 1), *to = text;

	if (!text)
		return NULL;

	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t bits = (uint32_t)from[i] << 16 |
				(left > 1 ? from[i + 1] << 8 : 0) |
				(left > 2 ? from[i + 2] : 0);

		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[bits & 63] : '=';
	}
	*to = '\0';
	return text;
}

int snet__whisk_code_decode(void **ret, size_t *ret_size, const char *text,
			    struct snet_err *err)
{
	size_t length = strspn(text, digits), padding = strlen(text) - length, size = 0;
	autofree unsigned char *data = malloc(length / 4 * 3 + 3);
	uint32_t bits = 0;

	if (!data)
		return snet__err_oom(err);
	if ((length + padding) % 4 || padding > 2 ||
	    strspn(text + length, "=") != padding)
		return snet__err_set(err, -EINVAL, "not base64");

	for (size_t i = 0; i < length; i++) {
		bits = bits << 6 | (uint32_t)(strchr(digits, text[i]) - digits);
		if (i % 4)
			data[size++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	*ret = steal_ptr(data);
	*ret_size = size;
	return 0;
}

static void close_file(FILE **at)
{
	if (*at)
		(void)fclose(*at); /* was only read */
}

static int read_file(char **ret, size_t *ret_size, const char *path, struct snet_err *err)
{
	cleanup_with(close_file) FILE *file = fopen(path, "re");
	autofree char *data = NULL;
	size_t size = 0, cap = 0;
	int r;

	if (!file)
		return snet__err_sys(err, -errno, "cannot open '%s'", path);

	do {
		r = snet__vec_reserve(&data, &cap, size + 65536, 1, err);
		if (r < 0)
			return r;
		size += fread(data + size, 1, cap - size - 1, file);
		if (size > CODE_SIZE_MAX)
			return snet__err_set(err, -EFBIG,
					     "'%s' is larger than OpenWhisk's 48 MiB",
					     path);
	} while (!feof(file) && !ferror(file));
	if (ferror(file))
		return snet__err_sys(err, -EIO, "cannot read '%s'", path);
	if (!size)
		return snet__err_set(err, -EINVAL, "'%s' is empty", path);

	data[size] = '\0';
	*ret = steal_ptr(data);
	*ret_size = size;
	return 0;
}

int snet__whisk_code_load(char **ret, const char *path, const char *kind,
			  struct snet_err *err)
{
	autofree char *data = NULL, *text = NULL;
	size_t size = 0;
	bool is_text;
	int r;

	r = read_file(&data, &size, path, err);
	if (r < 0)
		return r;

	is_text = strcmp(kind, "blackbox") != 0 && strlen(data) == size &&
		  snet__text_is_utf8(data, size);
	text = is_text ? steal_ptr(data) : snet__whisk_code_encode(data, size);
	if (!text)
		return snet__err_oom(err);

	*ret = steal_ptr(text);
	return 0;
}
