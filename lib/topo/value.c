/* SPDX-License-Identifier: MIT */
/* What single values of a lab's description may be: names, addresses, ranges, JSON. */

#include "topo/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <snet/device.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "io/json.h"
#include "topo/model.h"

#define MS  SNET__NS_PER_MS
#define S   SNET__NS_PER_S
#define DAY (24 * 3600 * S)

/* A text that is passed on as it is; a path is the longest of them. */
#define TEXT_MAX 4096
/* The kernel has no room for more than 128 KiB in one word of a command. */
#define COMMAND_MAX 131072

const struct snet__range snet__range_delay = {0, 3600 * S, "0, or 1ns to 1h"};
/* The loop's timers count milliseconds. */
const struct snet__range snet__range_every = {MS, DAY, "1ms to 24h"};
const struct snet__range snet__range_ttl = {MS, 7 * DAY, "1ms to 168h"};
const struct snet__range snet__range_rate = {0, 1000000000000, "0, or 1bit to 1000Gbit"};
const struct snet__range snet__range_limit = {0, 10000000, "at most 10000000"};
const struct snet__range snet__range_limit_bytes = {0, 1ull << 40, "0, or 1B to 1024GiB"};
const struct snet__range snet__range_burst = {0, 1ull << 32, "0, or 1B to 4GiB"};
const struct snet__range snet__range_gap = {0, 1000000, "at most 1000000"};
const struct snet__range snet__range_nth = {1, 1000000000, "1 to 1000000000"};
/* Source: OpenWhisk's default limits, ansible/group_vars/all. */
const struct snet__range snet__range_timeout_ms = {100, 300000, "100ms to 5min"};
const struct snet__range snet__range_memory_mb = {128, 512, "128MiB to 512MiB"};
const struct snet__range snet__range_keep = {1, 100000000, "1 to 100000000"};
/* The kernel hands out CPU time in slices of at least 1 ms, of each 100. */
const struct snet__range snet__range_millicpus = {10, 4096000, "0.01 to 4096"};
const struct snet__range snet__range_memory = {1 << 20, 1ull << 50, "1MiB to 1024TiB"};
const struct snet__range snet__range_per_minute = {1, 100000000, "1 to 100000000"};
const struct snet__range snet__range_port = {1, 65535, "1 to 65535"};
const struct snet__range snet__range_vlan = {1, SNET__VLAN_MAX, "1 to 4094"};
/* Source: RFC 791, every module must forward datagrams of 68 octets. */
const struct snet__range snet__range_mtu = {68, 65535, "68 to 65535"};

const char *snet__show(struct snet__shown *into, const char *text)
{
	size_t length = 0;

	/* Not strnlen(): gcc takes its bound for what is read of a smaller array. */
	while (length < sizeof(into->text) && text[length])
		length++;
	if (length == sizeof(into->text)) {
		length -= sizeof("...");
		while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
		memcpy(into->text + length, "...", sizeof("..."));
	} else {
		into->text[length] = '\0';
	}
	memcpy(into->text, text, length);
	snet__text_flatten(into->text);
	return into->text;
}

const char *snet__show_net(struct snet__shown *into, uint32_t ipv4, unsigned int prefix)
{
	struct in_addr in = {htonl(ipv4)};
	size_t length;

	/* There is room for both. */
	(void)inet_ntop(AF_INET, &in, into->text, sizeof(into->text));
	length = strlen(into->text);
	if (prefix)
		(void)snprintf(into->text + length, sizeof(into->text) - length, "/%u",
			       prefix);
	return into->text;
}

int snet__value_check_range(uint64_t value, const struct snet__range *range,
			    struct snet_err *err)
{
	if (value < range->min || value > range->max)
		return snet__err_set(err, -EINVAL, "out of range: %s", range->text);
	return 0;
}

int snet__value_check_share(double value, struct snet_err *err)
{
	/* Written so that a NaN is refused. */
	if (!(value >= 0 && value <= 1))
		return snet__err_set(err, -EINVAL, "out of range: 0%% to 100%%");
	return 0;
}

int snet__value_check_name(const char *text, struct snet_err *err)
{
	struct snet__shown shown;

	if (snet__text_is_name(text))
		return 0;
	if (!*text)
		return snet__err_set(err, -EINVAL, "a name cannot be empty");
	if (strlen(text) > SNET_NAME_MAX)
		return snet__err_set(err, -EINVAL,
				     "'%s' is too long for a name: %zu bytes, at most %d",
				     snet__show(&shown, text), strlen(text),
				     SNET_NAME_MAX);
	return snet__err_set(
		err, -EINVAL,
		"'%s' is no name: letters, digits, '_', '-', '.', the first a "
		"letter or a digit",
		snet__show(&shown, text));
}

int snet__value_check_text(const char *text, struct snet_err *err)
{
	if (!*text)
		return snet__err_set(err, -EINVAL, "cannot be empty");
	if (strlen(text) >= TEXT_MAX)
		return snet__err_set(err, -EINVAL, "too long: %zu bytes, at most %d",
				     strlen(text), TEXT_MAX - 1);
	if (!snet__text_is_plain(text))
		return snet__err_set(err, -EINVAL,
				     "cannot have control characters in it");
	return 0;
}

/* Source: OpenWhisk, common/scala/.../core/entity/EntityPath.scala, EntityName.REGEX. */
int snet__value_check_function(const char *text, struct snet_err *err)
{
	size_t length = strlen(text);
	struct snet__shown shown;
	bool is_good = length && (isalnum((unsigned char)*text) || *text == '_');

	for (const char *at = text; is_good && *at; at++)
		is_good = isalnum((unsigned char)*at) || strchr("_@ .-", *at);
	if (is_good && text[length - 1] != ' ' && length <= 256)
		return 0;
	return snet__err_set(
		err, -EINVAL,
		"'%s' is no function's name: letters, digits, '_', '@', '.', '-', "
		"at most 256",
		snet__show(&shown, text));
}

int snet__value_check_code(const char *text, struct snet_err *err)
{
	return *text ? 0 : snet__err_set(err, -EINVAL, "cannot be empty");
}

int snet__value_parse_address(uint32_t *ret, const char *text, struct snet_err *err)
{
	struct snet__shown shown;
	struct in6_addr ipv6;
	struct in_addr address;

	if (inet_pton(AF_INET6, text, &ipv6) == 1)
		memcpy(&address, ipv6.s6_addr + 12, sizeof(address));
	else if (inet_pton(AF_INET, text, &address) != 1)
		return snet__err_set(err, -EINVAL, "expected an %s, got '%s'",
				     strchr(text, ':')
					     ? "IPv6 address such as 'fd00::a00:7'"
					     : "IPv4 address such as '10.0.0.7'",
				     snet__show(&shown, text));
	*ret = ntohl(address.s_addr);
	return 0;
}

bool snet__value_is_ipv6(const char *text, const unsigned char net[16])
{
	struct in6_addr ipv6;

	return inet_pton(AF_INET6, text, &ipv6) == 1 &&
	       memcmp(ipv6.s6_addr, net, 12) == 0;
}

int snet__value_check_address(const char *text, struct snet_err *err)
{
	uint32_t ignored;

	return snet__value_parse_address(&ignored, text, err);
}

/* Loopback, "this network", multicast and reserved addresses cannot be given to nodes. */
static bool is_usable(uint32_t network)
{
	uint32_t first = network >> 24;

	return first != 0 && first != 127 && first < 224;
}

int snet__value_parse_subnet(uint32_t *ret, unsigned int *ret_prefix, const char *text,
			     struct snet_err *err)
{
	const char *slash = strchr(text, '/');
	struct snet__shown shown;
	char address[INET_ADDRSTRLEN], right[INET_ADDRSTRLEN];
	uint32_t network, mask;
	unsigned long prefix = 0;
	char *end = NULL;

	if (slash && isdigit((unsigned char)slash[1]))
		prefix = strtoul(slash + 1, &end, 10);
	if (!end || *end || (size_t)(slash - text) >= sizeof(address))
		return snet__err_set(err, -EINVAL,
				     "expected a subnet such as '10.0.0.0/8', got '%s'",
				     snet__show(&shown, text));
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (strchr(address, ':') ||
	    snet__value_parse_address(&network, address, NULL) < 0)
		return snet__err_set(err, -EINVAL,
				     "expected a subnet such as '10.0.0.0/8', got '%s'",
				     snet__show(&shown, text));
	if (prefix < 8 || prefix > 30)
		return snet__err_set(err, -EINVAL, "'/%lu' is out of range: /8 to /30",
				     prefix);

	mask = ~0U << (32 - prefix);
	if (network & ~mask) {
		struct in_addr masked = {htonl(network & mask)};

		return snet__err_set(
			err, -EINVAL,
			"'%s' is an address within a subnet, did you mean '%s/%lu'?",
			snet__show(&shown, text),
			inet_ntop(AF_INET, &masked, right, sizeof(right)), prefix);
	}
	if (!is_usable(network))
		return snet__err_set(err, -EINVAL, "'%s' cannot be given to nodes",
				     snet__show(&shown, text));
	*ret = network;
	*ret_prefix = (unsigned int)prefix;
	return 0;
}

int snet__value_check_subnet(const char *text, struct snet_err *err)
{
	unsigned int prefix;
	uint32_t network;

	return snet__value_parse_subnet(&network, &prefix, text, err);
}

static bool parse_ipv6(unsigned char ret[16], const char *text)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN], *end = NULL;
	unsigned long prefix;

	if (!slash || !isdigit((unsigned char)slash[1]) ||
	    (size_t)(slash - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	prefix = strtoul(slash + 1, &end, 10);
	if (*end || prefix < 8 || prefix > 96 || inet_pton(AF_INET6, address, ret) != 1)
		return false;
	for (unsigned long bit = prefix; bit < 128; bit++)
		if (ret[bit / 8] & (0x80 >> bit % 8))
			return false;
	/* Neither multicast nor link-local nor unspecified. */
	return ret[0] != 0xff && !(ret[0] == 0xfe && ret[1] >= 0x80) && ret[0] != 0;
}

int snet__value_parse_ipv6(unsigned char ret[16], const char *text, struct snet_err *err)
{
	struct snet__shown shown;

	if (parse_ipv6(ret, text))
		return 0;
	return snet__err_set(
		err, -EINVAL,
		"expected a network such as 'fd00:1::/48', of /8 to /96, got "
		"'%s'",
		snet__show(&shown, text));
}

int snet__value_parse_mac(unsigned char ret[6], const char *text, struct snet_err *err)
{
	struct snet__shown shown;
	bool is_good = strlen(text) == 17, is_zero = true;

	for (size_t i = 0; i < 17 && is_good; i++)
		is_good = i % 3 == 2 ? text[i] == ':' : isxdigit((unsigned char)text[i]);
	for (size_t i = 0; i < 6 && is_good; i++) {
		ret[i] = (unsigned char)strtoul(text + 3 * i, NULL, 16);
		is_zero &= ret[i] == 0;
	}
	if (!is_good)
		return snet__err_set(
			err, -EINVAL,
			"expected a hardware address such as '02:00:0a:00:00:07', got "
			"'%s'",
			snet__show(&shown, text));
	if (ret[0] & 1 || is_zero)
		return snet__err_set(err, -EINVAL,
				     "'%s' is not the address of one station", text);
	return 0;
}

int snet__value_check_mac(const char *text, struct snet_err *err)
{
	unsigned char ignored[6];

	return snet__value_parse_mac(ignored, text, err);
}

int snet__value_check_key_pair(const char *text, struct snet_err *err)
{
	const char *colon = strchr(text, ':');

	/* The value is a secret: it is not repeated in the message. */
	if (!colon || colon == text || !colon[1] || strchr(text, ' ') ||
	    !snet__text_is_plain(text))
		return snet__err_set(err, -EINVAL,
				     "expected credentials of the form 'uuid:key'");
	return 0;
}

int snet__value_check_url(const char *text, struct snet_err *err)
{
	struct snet__shown shown;
	const char *host = NULL;

	if (strncmp(text, "http://", 7) == 0)
		host = text + 7;
	else if (strncmp(text, "https://", 8) == 0)
		host = text + 8;
	if (!host || !*host || strchr("/:?#", *host) || strchr(text, ' ') ||
	    !snet__text_is_plain(text) || strlen(text) >= TEXT_MAX)
		return snet__err_set(
			err, -EINVAL,
			"expected a URL such as 'https://ow.example:443', got '%s'",
			snet__show(&shown, text));
	return 0;
}

/* A port without anything around it; 0 for none. */
static unsigned int parse_port(const char *text)
{
	char *end = NULL;
	unsigned long port = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;

	return end && !*end && port <= snet__range_port.max ? (unsigned int)port : 0;
}

/* @size bytes of @text, "HOST[:PORT]"; without a port @usual, which 0 makes an error. False when
 * it is none. */
static bool split_place(const char **ret_host, size_t *ret_size, unsigned int *ret_port,
			const char *text, unsigned int usual)
{
	bool is_ipv6 = *text == '[';
	const char *end = is_ipv6 ? strchr(text, ']') : text + strcspn(text, ":");

	if (!end)
		return false;
	*ret_host = text + is_ipv6;
	*ret_size = (size_t)(end - *ret_host);
	end += is_ipv6;
	*ret_port = *end == ':' ? parse_port(end + 1) : usual;
	return *ret_size && *ret_port && (!*end || *end == ':') &&
	       !strpbrk(text, " \t@/?#") && snet__text_is_plain(text);
}

static int parse_place(char **ret_host, unsigned int *ret_port, const char *text,
		       unsigned int usual, struct snet_err *err)
{
	struct snet__shown shown;
	const char *host;
	size_t size;

	if (!split_place(&host, &size, ret_port, text, usual))
		return snet__err_set(
			err, -EINVAL,
			"expected a place such as 'ow.example:443', got '%s'",
			snet__show(&shown, text));
	*ret_host = strndup(host, size);
	return *ret_host ? 0 : snet__err_oom(err);
}

int snet__value_parse_place(char **ret_host, unsigned int *ret_port, const char *text,
			    struct snet_err *err)
{
	return parse_place(ret_host, ret_port, text, 0, err);
}

int snet__value_check_place(const char *text, struct snet_err *err)
{
	autofree char *host = NULL;
	unsigned int port;

	return parse_place(&host, &port, text, 0, err);
}

int snet__value_parse_url(char **ret_host, unsigned int *ret_port, const char *text,
			  struct snet_err *err)
{
	bool is_tls = strncmp(text, "https://", 8) == 0;
	const char *host = text + (is_tls ? 8 : 7);
	autofree char *place = NULL;
	int r = snet__value_check_url(text, err);

	if (r < 0)
		return r;
	place = strndup(host, strcspn(host, "/?#"));
	if (!place)
		return snet__err_oom(err);
	return parse_place(ret_host, ret_port, place, is_tls ? 443 : 80, err);
}

static int parse_json(struct snet__json **ret, const char *text, size_t max,
		      struct snet_err *err)
{
	int r;

	if (strlen(text) > max)
		return snet__err_set(err, -EINVAL,
				     "too large: %zu bytes of JSON, at most %zu",
				     strlen(text), max);
	r = snet__json_parse(ret, text, strlen(text), err);
	if (r < 0)
		return snet__err_prefix(err, r, "not JSON");
	return 0;
}

int snet__value_check_data(const char *text, struct snet_err *err)
{
	autojson *json = NULL;

	return parse_json(&json, text, SNET_EVENT_DATA_MAX, err);
}

int snet__value_check_state(const char *text, struct snet_err *err)
{
	autojson *json = NULL;

	return parse_json(&json, text, SNET_STATE_MAX - 1, err);
}

int snet__value_check_values(const char *text, struct snet_err *err)
{
	autojson *json = NULL;
	int r;

	/* Each is the data of one event; together they may be more. */
	r = parse_json(&json, text, 64 * SNET_EVENT_DATA_MAX, err);
	if (r < 0)
		return r;
	if (!snet__json_is(json, SNET__JSON_ARRAY) || !snet__json_first(json))
		return snet__err_set(err, -EINVAL,
				     "expected an array of at least one value");
	for (const struct snet__json *value = snet__json_first(json); value;
	     value = snet__json_next(value)) {
		autofree char *one = snet__json_format(value);

		if (!one)
			return snet__err_oom(err);
		if (strlen(one) > SNET_EVENT_DATA_MAX)
			return snet__err_set(
				err, -EINVAL,
				"a value is too large: %zu bytes of JSON, at most %d",
				strlen(one), SNET_EVENT_DATA_MAX);
	}
	return 0;
}

int snet__value_check_object(const char *text, struct snet_err *err)
{
	autojson *json = NULL;
	int r;

	r = parse_json(&json, text, 1048576, err);
	if (r < 0)
		return r;
	if (!snet__json_is(json, SNET__JSON_OBJECT))
		return snet__err_set(err, -EINVAL, "expected an object, got %s",
				     snet__json_type_name(json));
	return 0;
}

int snet__value_check_command(const char *text, struct snet_err *err)
{
	const struct snet__json *word;
	autojson *json = NULL;
	int r;

	r = parse_json(&json, text, COMMAND_MAX, err);
	if (r < 0)
		return r;
	word = snet__json_first(json);
	if (!snet__json_is(json, SNET__JSON_ARRAY) || !word)
		return snet__err_set(err, -EINVAL,
				     "expected an array of a program and its arguments");
	if (snet__json_string(word) && !*snet__json_string(word))
		return snet__err_set(err, -EINVAL, "the program's name is empty");
	for (size_t i = 0; word; word = snet__json_next(word), i++)
		if (!snet__json_is(word, SNET__JSON_STRING))
			return snet__err_set(err, -EINVAL,
					     "expected strings only, but [%zu] is %s", i,
					     snet__json_type_name(word));
	return 0;
}

int snet__value_check_env(const char *text, struct snet_err *err)
{
	const struct snet__json *member;
	struct snet__shown shown;
	autojson *json = NULL;
	int r;

	r = parse_json(&json, text, COMMAND_MAX, err);
	if (r < 0)
		return r;
	if (!snet__json_is(json, SNET__JSON_OBJECT))
		return snet__err_set(err, -EINVAL, "expected an object, got %s",
				     snet__json_type_name(json));
	for (member = snet__json_first(json); member; member = snet__json_next(member)) {
		const char *name = snet__json_key(member);

		if (!*name || strchr(name, '='))
			return snet__err_set(err, -EINVAL,
					     "'%s' is no name for a variable",
					     snet__show(&shown, name));
		if (!snet__json_is(member, SNET__JSON_STRING))
			return snet__err_set(err, -EINVAL,
					     "'%s' is %s, expected a string",
					     snet__show(&shown, name),
					     snet__json_type_name(member));
	}
	return 0;
}
