/* SPDX-License-Identifier: MIT */
#ifndef SNET_BACKEND_WSKPROPS_H
#define SNET_BACKEND_WSKPROPS_H

/* What wsk keeps about a server: its address and a key. */

#include "base/cleanup.h"
#include "base/err.h"

/* The key that every stock OpenWhisk accepts, public and meant for tests.
 * Source: apache/openwhisk, ansible/files/auth.guest */
#define SNET__WSK_GUEST_KEY                     \
	"23bc46b1-71f6-4ed5-8c54-816aa4f8c502:" \
	"123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP"

struct snet__wskprops {
	char *api_host; /* NULL when absent */
	char *auth;     /* "uuid:key"; NULL when absent */
};

/* Read the text of a .wskprops file as wsk does: a line that is not KEY=VALUE with one '=' is
 * skipped, the last of two counts. -ENOMEM. */
int snet__wskprops_parse(struct snet__wskprops *ret, const char *text,
			 struct snet_err *err);
/* Read the file @path ("~/" is the home folder); NULL: $WSK_CONFIG_FILE or ~/.wskprops. */
int snet__wskprops_load(struct snet__wskprops *ret, const char *path,
			struct snet_err *err);
void snet__wskprops_clear(struct snet__wskprops *props);
#define autoprops cleanup_with(snet__wskprops_clear) struct snet__wskprops

/* The "uuid:key" that @credentials mean: themselves, or what the file of that path says; NULL:
 * the default file. */
int snet__wskprops_find_key(char **ret, const char *credentials, struct snet_err *err);

#endif
