/* SPDX-License-Identifier: MIT */
/* Each namespace that needs rules has a table of its own, which goes with it. */

#include "sys/nft.h"

#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sys/netns.h"

/* libnftables ends the process when it cannot have its socket. */
static int try_socket(struct snet_err *err)
{
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	return fd < 0 ? snet__err_sys(err, -errno, "cannot talk to the kernel's nftables")
		      : 0;
}

static void nft_free_at(struct nft_ctx **at)
{
	if (*at)
		nft_ctx_free(*at);
}

static int carry_out(const char *rules, struct snet_err *err)
{
	cleanup_with(nft_free_at) struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	const char *why;
	int r;

	if (!nft || nft_ctx_buffer_error(nft) < 0)
		return snet__err_oom(err);
	errno = 0;
	if (nft_run_cmd_from_buffer(nft, rules) == 0)
		return 0;

	/* "Error: Could not process rule: Operation not permitted", and the rule. */
	r = errno ? -errno : -EIO;
	why = nft_ctx_get_error_buffer(nft);
	return snet__err_set(err, r, "%.*s", (int)strcspn(why, "\n"), why);
}

static int carry_out_in(int netns, const char *rules, struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	int r;

	r = snet__netns_enter(&outside, netns, err);
	if (r == 0)
		r = try_socket(err);
	return r < 0 ? r : carry_out(rules, err);
}

int snet__nft_drop_reports(int netns, struct snet_err *err)
{
	int r = carry_out_in(netns,
			     "table bridge snet { chain in { "
			     "type filter hook prerouting priority -300; "
			     "icmpv6 type { mld-listener-report, mld-listener-done, "
			     "mld2-listener-report } drop; }; }",
			     err);

	return r < 0 ? snet__err_prefix(err, r, "cannot drop multicast reports") : 0;
}

int snet__nft_masquerade(int netns, const char *interface, struct snet_err *err)
{
	autofree char *rules = snet__text_format(
		"table ip snet; delete table ip snet; " /* what an earlier one left */
		"table ip snet { chain out { type nat hook postrouting priority 100; "
		"oifname \"%s\" masquerade; }; }",
		interface);
	int r;

	if (!rules)
		return snet__err_oom(err);
	r = carry_out_in(netns, rules, err);
	return r < 0 ? snet__err_prefix(err, r,
					"cannot translate addresses (see nft_masq)")
		     : 0;
}
