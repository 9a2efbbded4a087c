/* SPDX-License-Identifier: MIT */
#include "io/filter.h"

int snet__filter_new(struct snet__filter **ret, const char *expression,
		     struct snet_err *err)
{
	(void)ret;
	return snet__err_set(err, -EOPNOTSUPP,
			     "no filter '%.100s': snet was built without libpcap",
			     expression);
}

int snet__filter_get(struct snet__filter **ret, struct snet__filter *filter,
		     const char *expression, struct snet_err *err)
{
	(void)filter;
	return snet__filter_new(ret, expression, err);
}

bool snet__filter_is_of(const struct snet__filter *filter, const char *expression)
{
	(void)filter;
	(void)expression;
	return false;
}

struct snet__filter *snet__filter_ref(struct snet__filter *filter)
{
	return filter;
}

void snet__filter_free(struct snet__filter *filter)
{
	(void)filter;
}

bool snet__filter_matches(const struct snet__filter *filter, const void *frame,
			  size_t size, size_t captured)
{
	(void)filter;
	(void)frame;
	(void)size;
	(void)captured;
	return true;
}

bool snet__filter_matches_in(const struct snet__filter *filter, unsigned int vlan,
			     const void *frame, size_t size)
{
	(void)vlan;
	return snet__filter_matches(filter, frame, size, size);
}

int snet__filter_attach(const struct snet__filter *filter, int fd, struct snet_err *err)
{
	(void)filter;
	(void)fd;
	return snet__err_set(err, -EOPNOTSUPP, "snet was built without libpcap");
}

const char *snet__filter_version(void)
{
	return NULL;
}
