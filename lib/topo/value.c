/* SPDX-License-Identifier: MIT */
/* What single values of a lab's description may be: names, addresses, ranges, JSON. */

#include "topo/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <snet/device.h>

#include "base/clock.h"
#include "base/text.h"
#include "io/json.h"

#define MS  SNET__NS_PER_MS
#define S   SNET__NS_PER_S
#define DAY (24 * 3600 * S)

/* A text that is passed on as it is; a path is the longest of them. */
#define TEXT_MAX 4096

const struct snet__range snet__range_delay = {0, 3600 * S, "at most 1h"};
/* The loop's timers count milliseconds. */
const struct snet__range snet__range_every = {MS, DAY, "1ms to 24h"};
const struct snet__range snet__range_ttl = {MS, 7 * DAY, "1ms to 168h"};
const struct snet__range snet__range_rate = {0, 1000000000000, "at most 1000Gbit"};
const struct snet__range snet__range_limit = {0, 10000000, "at most 10000000"};
/* Source: OpenWhisk's default limits, ansible/group_vars/all. */
const struct snet__range snet__range_timeout_ms = {100, 300000, "100ms to 5min"};
const struct snet__range snet__range_memory_mb = {128, 512, "128MiB to 512MiB"};
const struct snet__range snet__range_keep = {1, 100000000, "1 to 100000000"};
const struct snet__range snet__range_per_minute = {1, 100000000, "1 to 100000000"};

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
	for (size_t i = 0; i < length; i++)
		into->text[i] =
			(unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i];
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

static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

int snet__value_check_text(const char *text, struct snet_err *err)
{
	if (!*text)
		return snet__err_set(err, -EINVAL, "cannot be empty");
	if (strlen(text) >= TEXT_MAX)
		return snet__err_set(err, -EINVAL, "too long: %zu bytes, at most %d",
				     strlen(text), TEXT_MAX - 1);
	if (!is_one_line(text))
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
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		return snet__err_set(
			err, -EINVAL,
			"expected an IPv4 address such as '10.0.0.7', got '%s'",
			snet__show(&shown, text));
	*ret = ntohl(address.s_addr);
	return 0;
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
	if (snet__value_parse_address(&network, address, NULL) < 0)
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

int snet__value_check_key_pair(const char *text, struct snet_err *err)
{
	const char *colon = strchr(text, ':');

	/* The value is a secret: it is not repeated in the message. */
	if (!colon || colon == text || !colon[1] || strchr(text, ' ') ||
	    !is_one_line(text))
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
	    !is_one_line(text) || strlen(text) >= TEXT_MAX)
		return snet__err_set(
			err, -EINVAL,
			"expected a URL such as 'https://ow.example:443', got '%s'",
			snet__show(&shown, text));
	return 0;
}

struct quantity {
	const char *name;
	uint64_t value;
	const struct snet__range *range;
};

int snet__value_check_impairment(const struct snet_impairment *impairment,
				 struct snet_err *err)
{
	const struct quantity quantities[] = {
		{"delay", impairment->delay_ns, &snet__range_delay},
		{"jitter", impairment->jitter_ns, &snet__range_delay},
		{"rate", impairment->rate_bps, &snet__range_rate},
		{"limit", impairment->limit_packets, &snet__range_limit},
	};
	const struct {
		const char *name;
		double value;
	} shares[] = {
		{"loss", impairment->loss},
		{"duplicate", impairment->duplicate},
		{"corrupt", impairment->corrupt},
		{"reorder", impairment->reorder},
	};
	int r;

	for (size_t i = 0; i < sizeof(quantities) / sizeof(*quantities); i++) {
		r = snet__value_check_range(quantities[i].value, quantities[i].range,
					    err);
		if (r < 0)
			return snet__err_prefix(err, r, "%s", quantities[i].name);
	}
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
		r = snet__value_check_share(shares[i].value, err);
		if (r < 0)
			return snet__err_prefix(err, r, "%s", shares[i].name);
	}
	return 0;
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
