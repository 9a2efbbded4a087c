/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_NFT_H
#define SNET_SYS_NFT_H

/* Rules of nftables, by libnftables, in a namespace and gone with it. -EOPNOTSUPP when libsnet was
 * built without. */

#include "base/err.h"

/* Give what leaves the namespace @netns by @interface that interface's address. */
int snet__nft_masquerade(int netns, const char *interface, struct snet_err *err);

/* The bridges in @netns hand on no reports of multicast listeners (RFC 3810), which they have no
 * use for themselves. Each node sends some for each of its IPv6 addresses when it comes up, and
 * to flood them all to all is the square of their number. */
int snet__nft_drop_reports(int netns, struct snet_err *err);

#endif
