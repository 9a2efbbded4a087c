/* SPDX-License-Identifier: MIT */
/* .wskprops files. Source: apache/openwhisk-client-go, whisk/wskprops.go */

#include "backend/wskprops.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define FILE_SIZE_MAX 65536

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		text[--length] = '\0';
	return text;
}

static int replace(char **at, const char *value, struct snet_err *err)
{
	char *copy = strdup(value);

	if (!copy)
		return snet__err_oom(err);
	free(*at);
	*at = copy;
	return 0;
}

static int read_line(struct snet__wskprops *props, char *line, struct snet_err *err)
{
	char *equals, *key, *value;

	line = trim(line);
	equals = strchr(line, '=');
	if (*line == '#' || !equals || strchr(equals + 1, '='))
		return 0;

	*equals = '\0';
	key = trim(line);
	value = trim(equals + 1);
	if (strcmp(key, "APIHOST") == 0)
		return replace(&props->api_host, value, err);
	if (strcmp(key, "AUTH") == 0)
		return replace(&props->auth, value, err);
	return 0;
}

int snet__wskprops_parse(struct snet__wskprops *ret, const char *text,
			 struct snet_err *err)
{
	autoprops props = {0};
	autofree char *copy = strdup(text);
	char *rest = copy, *line;
	int r;

	if (!copy)
		return snet__err_oom(err);

	while ((line = strsep(&rest, "\n"))) {
		r = read_line(&props, line, err);
		if (r < 0)
			return r;
	}
	ret->api_host = steal_ptr(props.api_host);
	ret->auth = steal_ptr(props.auth);
	return 0;
}

void snet__wskprops_clear(struct snet__wskprops *props)
{
	free(props->api_host);
	free(props->auth);
	*props = (struct snet__wskprops){0};
}

static int find_home(char **ret, struct snet_err *err)
{
	const char *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (!home || !*home) {
		(void)getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found);
		home = found ? found->pw_dir : NULL;
	}
	if (!home)
		return snet__err_set(err, -ENOENT, "there is no home folder: set HOME");

	*ret = strdup(home);
	return *ret ? 0 : snet__err_oom(err);
}

static int expand(char **ret, const char *path, struct snet_err *err)
{
	autofree char *home = NULL;
	int r;

	if (strncmp(path, "~/", 2) != 0) {
		*ret = strdup(path);
		return *ret ? 0 : snet__err_oom(err);
	}

	r = find_home(&home, err);
	if (r < 0)
		return r;

	*ret = snet__text_format("%s/%s", home, path + 2);
	return *ret ? 0 : snet__err_oom(err);
}

int snet__wskprops_load(struct snet__wskprops *ret, const char *path,
			struct snet_err *err)
{
	const char *config = getenv("WSK_CONFIG_FILE");
	autofree char *text = NULL, *full = NULL;
	int r;

	if (!path)
		path = config && *config ? config : "~/.wskprops";
	r = expand(&full, path, err);
	if (r < 0)
		return r;

	r = snet__file_read(&text, NULL, full, FILE_SIZE_MAX, err);
	if (r == -EFBIG)
		return snet__err_set(err, r, "'%s' is larger than 64 KiB", full);
	if (r < 0)
		return r;

	return snet__wskprops_parse(ret, text, err);
}

int snet__wskprops_find_key(char **ret, const char *credentials, struct snet_err *err)
{
	autoprops props = {0};
	int r;

	/* A key has a colon and no slash: wsk's are a UUID and letters and digits. */
	if (credentials && !strchr(credentials, '/') && strchr(credentials, ':')) {
		*ret = strdup(credentials);
		return *ret ? 0 : snet__err_oom(err);
	}

	r = snet__wskprops_load(&props, credentials, err);
	if (r < 0)
		return snet__err_prefix(
			err, r,
			"no credentials ('uuid:key' or the path of a .wskprops file)");
	if (!props.auth || !strchr(props.auth, ':'))
		return snet__err_set(err, -EINVAL, "no AUTH=uuid:key in '%s'",
				     credentials ? credentials
						 : "the default .wskprops file");

	*ret = steal_ptr(props.auth);
	return 0;
}
