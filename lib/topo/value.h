/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_VALUE_H
#define SNET_TOPO_VALUE_H

/* What single values may be, whether they come from a file or from a program. Each check
 * returns 0, or -EINVAL with what is wrong in @err, without saying where. */

#include <stddef.h>
#include <stdint.h>

#include <snet/link.h>

#include "base/err.h"

struct snet__range {
	uint64_t min, max;
	const char *text; /* "1ms to 24h" */
};
extern const struct snet__range snet__range_delay, snet__range_every, snet__range_ttl,
	snet__range_rate, snet__range_limit, snet__range_limit_bytes, snet__range_burst,
	snet__range_gap, snet__range_nth, snet__range_timeout_ms, snet__range_memory_mb,
	snet__range_keep, snet__range_per_minute, snet__range_port, snet__range_millicpus,
	snet__range_memory, snet__range_vlan, snet__range_mtu;

/* Of a packet, in bytes; less than none as well. */
#define SNET__OVERHEAD_MAX   65535
#define SNET__OVERHEAD_RANGE "out of range: -65535 to 65535"

int snet__value_check_range(uint64_t value, const struct snet__range *range,
			    struct snet_err *err);
int snet__value_check_share(double value, struct snet_err *err);
int snet__value_check_name(const char *text, struct snet_err *err);
/* Any text on one line, not empty. */
int snet__value_check_text(const char *text, struct snet_err *err);
/* As OpenWhisk names its entities. */
int snet__value_check_function(const char *text, struct snet_err *err);
/* The source of a function: any text. */
int snet__value_check_code(const char *text, struct snet_err *err);
int snet__value_check_address(const char *text, struct snet_err *err);
/* "02:00:0a:00:00:07", of one station. */
int snet__value_check_mac(const char *text, struct snet_err *err);
int snet__value_parse_mac(unsigned char ret[6], const char *text, struct snet_err *err);
/* "fd00:1::/48", the network alone: IPv4 addresses take its last four bytes. */
int snet__value_parse_ipv6(unsigned char ret[16], const char *text, struct snet_err *err);
int snet__value_check_subnet(const char *text, struct snet_err *err);
int snet__value_check_key_pair(const char *text, struct snet_err *err);
int snet__value_check_url(const char *text, struct snet_err *err);
/* "HOST:PORT", or "[IPv6]:PORT", outside of the lab. */
int snet__value_check_place(const char *text, struct snet_err *err);
/* Its parts; @ret_host, to be freed, is without brackets. -EINVAL, -ENOMEM. */
int snet__value_parse_place(char **ret_host, unsigned int *ret_port, const char *text,
			    struct snet_err *err);
/* The place of a URL's server, whose port may follow from its scheme. */
int snet__value_parse_url(char **ret_host, unsigned int *ret_port, const char *text,
			  struct snet_err *err);
/* Of an IPv6 address the last four bytes, which are the IPv4 address that goes with it. */
int snet__value_parse_address(uint32_t *ret, const char *text, struct snet_err *err);
/* Whether it is an IPv6 address in @net, all but whose last four bytes are given. */
bool snet__value_is_ipv6(const char *text, const unsigned char net[16]);
int snet__value_parse_subnet(uint32_t *ret, unsigned int *ret_prefix, const char *text,
			     struct snet_err *err);
/* JSON text of a device's data, state, values. */
int snet__value_check_data(const char *text, struct snet_err *err);
int snet__value_check_state(const char *text, struct snet_err *err);
int snet__value_check_values(const char *text, struct snet_err *err);
int snet__value_check_object(const char *text, struct snet_err *err);

/* JSON text: what a program is started with, an array of strings, the first not empty; and
 * what it finds in its environment, an object of strings. */
int snet__value_check_command(const char *text, struct snet_err *err);
int snet__value_check_env(const char *text, struct snet_err *err);

/* A copy of @text fit for a message: one line, not too long, not cut within a character. */
#define SNET__SHOWN_MAX 80
struct snet__shown {
	char text[SNET__SHOWN_MAX];
};
const char *snet__show(struct snet__shown *into, const char *text);
/* "10.0.0.0/16"; "10.0.0.1" for a @prefix of 0. */
const char *snet__show_net(struct snet__shown *into, uint32_t ipv4, unsigned int prefix);

#endif
