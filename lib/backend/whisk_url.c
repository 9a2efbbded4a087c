/* SPDX-License-Identifier: MIT */
/* Addresses of OpenWhisk's REST API. Source: apache/openwhisk, docs/rest_api.md */

#include "backend/whisk_url.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Source: apache/openwhisk, EntityName.scala: a segment has at most 256 characters. */
#define SEGMENT_MAX 256
#define ENCODED_MAX (3 * SEGMENT_MAX + 1)

int snet__whisk_url_base(char **ret, const char *api_host, struct snet_err *err)
{
	const char *scheme = strstr(api_host, "://") ? "" : "https://";
	autofree char *base = snet__text_format("%s%s", scheme, api_host);
	char *host, *end;

	if (!base)
		return snet__err_oom(err);
	if (strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0)
		return snet__err_set(err, -EINVAL, "'%s' is neither http:// nor https://",
				     api_host);

	host = strstr(base, "://") + 3;
	end = host + strlen(host);
	while (end > host && end[-1] == '/')
		*--end = '\0';
	if (end - host > 7 && strcmp(end - 7, "/api/v1") == 0)
		end[-7] = '\0';
	if (!*host || strpbrk(host, " \t@/?#"))
		return snet__err_set(err, -EINVAL,
				     "'%s' is not an API host: 'HOST[:PORT]'", api_host);

	*ret = steal_ptr(base);
	return 0;
}

/* Source: RFC 3986 section 2.3. False when it is no segment of a name. */
static bool encode(char *to, const char *text, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";

	if (!size || size > SEGMENT_MAX || (text[0] == '.' && strspn(text, ".") >= size))
		return false;
	for (; size; size--, text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x80 && isalnum(c)) || strchr("-._~", c)) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	*to = '\0';
	return true;
}

/* The parts of a name, encoded. */
struct name {
	char ns[ENCODED_MAX], package[ENCODED_MAX], action[ENCODED_MAX];
};

static bool split(struct name *name, const char *text)
{
	const char *parts[3];
	size_t sizes[3], count = 0, at = 0;
	bool is_full = text[0] == '/';

	for (text += is_full; count < 3; count++) {
		parts[count] = text;
		sizes[count] = strcspn(text, "/");
		text += sizes[count];
		if (!*text)
			break;
		text++;
	}
	/* Without a namespace at most package and name, with one at least it and the name. */
	if (count == 3 || (is_full ? count < 1 : count > 1))
		return false;

	(void)strcpy(name->ns, "_");
	name->package[0] = '\0';
	if (is_full && !encode(name->ns, parts[at], sizes[at]))
		return false;
	at += is_full;
	if (count > at && !encode(name->package, parts[at], sizes[at]))
		return false;
	return encode(name->action, parts[count], sizes[count]);
}

static int refuse(const char *name, struct snet_err *err)
{
	return snet__err_set(
		err, -EINVAL,
		"'%s' is not a function's name: 'NAME', 'PACKAGE/NAME' or '/NAMESPACE/[PACKAGE/]NAME'",
		name);
}

int snet__whisk_url_action(char **ret, const char *base, const char *text,
			   const char *query, struct snet_err *err)
{
	struct name name;

	if (!split(&name, text))
		return refuse(text, err);

	*ret = snet__text_format("%s/api/v1/namespaces/%s/actions/%s%s%s%s", base,
				 name.ns, name.package, name.package[0] ? "/" : "",
				 name.action, query);
	return *ret ? 0 : snet__err_oom(err);
}

int snet__whisk_url_activation(char **ret, const char *base, const char *text,
			       const char *id, struct snet_err *err)
{
	char encoded[ENCODED_MAX];
	struct name name;

	if (!split(&name, text))
		return refuse(text, err);
	if (!encode(encoded, id, strlen(id)))
		return snet__err_set(err, -EINVAL, "'%s' is not an activation id", id);

	*ret = snet__text_format("%s/api/v1/namespaces/%s/activations/%s", base, name.ns,
				 encoded);
	return *ret ? 0 : snet__err_oom(err);
}
