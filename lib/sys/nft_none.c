/* SPDX-License-Identifier: MIT */
#include "sys/nft.h"

int snet__nft_drop_reports(int netns, struct snet_err *err)
{
	(void)netns;
	return snet__err_set(err, -EOPNOTSUPP,
			     "cannot drop multicast reports: built without libnftables");
}

int snet__nft_masquerade(int netns, const char *interface, struct snet_err *err)
{
	(void)netns;
	(void)interface;
	return snet__err_set(err, -EOPNOTSUPP,
			     "cannot translate addresses: built without libnftables");
}
