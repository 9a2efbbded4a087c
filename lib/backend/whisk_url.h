/* SPDX-License-Identifier: MIT */
#ifndef SNET_BACKEND_WHISK_URL_H
#define SNET_BACKEND_WHISK_URL_H

/* Addresses of OpenWhisk's REST API. */

#include "base/err.h"

/* "https://HOST[:PORT]" of what a person gives as API host: without a scheme it is https, a
 * trailing slash or "/api/v1" goes. -EINVAL. */
int snet__whisk_url_base(char **ret, const char *api_host, struct snet_err *err);
/* Of the action @name, "NAME", "PACKAGE/NAME" or "/NAMESPACE/[PACKAGE/]NAME", below @base,
 * percent-encoded; @query is appended as it is. -EINVAL when @name is none. */
int snet__whisk_url_action(char **ret, const char *base, const char *name,
			   const char *query, struct snet_err *err);
/* Of the activation @id in the namespace that the action @name is in. */
int snet__whisk_url_activation(char **ret, const char *base, const char *name,
			       const char *id, struct snet_err *err);

#endif
