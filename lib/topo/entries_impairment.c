/* SPDX-License-Identifier: MIT */
/* Values of an impairment that are more than a number with a unit: a model of loss, the limits of a
 * queue, the bytes of a frame. The table of its keys is that of links: entries_link.c. */

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "topo/entries.h"
#include "topo/impairment.h"

/* ---- Loss. */

static void read_nth(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	struct snet_impairment *one = into;

	one->loss_model = SNET_LOSS_NTH;
	snet__read_u32(reader, spot, json, key, &one->loss_nth);
}

/* An array of shares into @into, of which the first must be given. False after a complaint. */
static bool read_shares(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, double *into, size_t most,
			const char *wanted)
{
	struct snet__spot at = {.up = spot};
	size_t complaints = reader->complaints;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_ARRAY, wanted))
		return false;
	if (!snet__json_first(json) || snet__json_count(json) > most) {
		snet__reader_complain(reader, spot, json, false,
				      "expected %s, got an array of %zu", wanted,
				      snet__json_count(json));
		return false;
	}
	for (json = snet__json_first(json); json;
	     json = snet__json_next(json), at.index++)
		snet__read_share(reader, &at, json, NULL, &into[at.index]);
	return reader->complaints == complaints;
}

/* Source: tc-netem(8): p13 alone is a Bernoulli model. */
static void read_state(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	double shares[5] = {0, NAN, 0, 1, 0};
	struct snet_impairment *one = into;

	one->loss_model = SNET_LOSS_STATE;
	if (!read_shares(reader, spot, json, shares, 5,
			 "1 to 5 shares: p13, p31, p32, p23, p14"))
		return;
	if (isnan(shares[1]))
		shares[1] = 1 - shares[0];
	memcpy(one->loss_state, shares, sizeof(shares));
}

/* Source: tc-netem(8): the defaults are r = 1 - p, 1-h = 1 and 1-k = 0. */
static void read_gemodel(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into)
{
	double shares[4] = {0, NAN, 1, 0};
	struct snet_impairment *one = into;

	one->loss_model = SNET_LOSS_GEMODEL;
	if (!read_shares(reader, spot, json, shares, 4, "1 to 4 shares: p, r, 1-h, 1-k"))
		return;
	if (isnan(shares[1]))
		shares[1] = 1 - shares[0];
	memcpy(one->loss_gemodel, shares, sizeof(shares));
}

/* They get the impairment. */
static const struct snet__key loss_keys[] = {
	{.name = "nth", .read = read_nth, .range = &snet__range_nth},
	{.name = "state", .read = read_state},
	{.name = "gemodel", .read = read_gemodel},
};
const struct snet__keys snet__keys_loss = {"loss_model", SNET__KEYS(loss_keys)};

void snet__read_loss(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	size_t complaints = reader->complaints;
	struct snet_impairment own = {0};
	struct snet_err err = {0};

	if (!snet__json_is(json, SNET__JSON_OBJECT))
		snet__reader_share(reader, spot, json,
				   "a share such as '0.1%', or an object such as "
				   "{\"nth\": 100}, {\"state\": [0.01]}, {\"gemodel\": "
				   "[0.01, 0.1]}",
				   &own.loss);
	else
		snet__reader_object(reader, spot, json, &snet__keys_loss, 0, "loss",
				    &own);
	if (reader->complaints > complaints)
		return;
	if (snet__json_is(json, SNET__JSON_OBJECT) && snet__json_count(json) != 1)
		snet__reader_complain(reader, spot, json, false,
				      "expected one of 'nth', 'state', 'gemodel'%s",
				      snet__json_count(json) ? ", and no more" : "");
	else if (snet__impairment_check_loss(&own, &err) < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
	else
		snet__impairment_lend(into, &own, "loss");
}

/* ---- Limits of a queue. */

static const char limit_wanted[] = "packets such as 100, a size such as '64KiB' or a "
				   "duration such as '50ms'";

static const struct measure {
	int (*parse)(uint64_t *ret, const char *text);
	const struct snet__range *range;
	size_t offset;
} measures[] = {
	{snet__text_parse_size, &snet__range_limit_bytes,
	 offsetof(struct snet_impairment, limit_bytes)},
	{snet__text_parse_duration, &snet__range_delay,
	 offsetof(struct snet_impairment, limit_ns)},
};

static void keep_measure(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct measure *measure,
			 uint64_t value, struct snet_impairment *into)
{
	uint64_t *at = (uint64_t *)((char *)into + measure->offset);
	struct snet_err err = {0};

	if (*at)
		snet__reader_complain(reader, spot, json, false,
				      "a second limit of its kind");
	else if (snet__value_check_range(value, measure->range, &err) < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
	else
		*at = value;
}

/* A size or a duration by its unit: without one it could be either. */
static void read_limit_text(struct snet__reader *reader, const struct snet__spot *spot,
			    const struct snet__json *json, struct snet_impairment *into)
{
	autofree char *text = snet__reader_text(reader, spot, json);
	size_t length = text ? strlen(text) : 0;
	struct snet__shown shown;
	uint64_t value = 0;

	if (!text)
		return;
	for (size_t i = 0; i < 2; i++) {
		int r = length && strchr("0123456789", text[length - 1])
				? -EINVAL
				: measures[i].parse(&value, text);

		if (r == -EINVAL)
			continue;
		keep_measure(reader, spot, json, &measures[i], r ? UINT64_MAX : value,
			     into);
		return;
	}
	/* Of what begins with a number it is the unit that is wrong. */
	snet__reader_complain(reader, spot, json, false, "expected %s, got '%s'%s",
			      limit_wanted, snet__show(&shown, text),
			      isdigit((unsigned char)*text)
				      ? ": the units are " SNET__SIZE_UNITS
					" and " SNET__DURATION_UNITS
				      : "");
}

static void read_limit_one(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *json, struct snet_impairment *into)
{
	const struct snet__key packets = {.range = &snet__range_limit};

	if (snet__json_is(json, SNET__JSON_STRING))
		read_limit_text(reader, spot, json, into);
	else if (!snet__json_is(json, SNET__JSON_NUMBER))
		snet__reader_complain(reader, spot, json, false, "expected %s, got %s",
				      limit_wanted, snet__json_type_name(json));
	else if (into->limit_packets)
		snet__reader_complain(reader, spot, json, false,
				      "a second limit of its kind");
	else
		snet__read_u32(reader, spot, json, &packets, &into->limit_packets);
}

void snet__read_limit(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	struct snet__spot at = {.up = spot};
	struct snet_impairment own = {0};

	if (!snet__json_is(json, SNET__JSON_ARRAY))
		read_limit_one(reader, spot, json, &own);
	else if (!snet__json_first(json))
		snet__reader_complain(reader, spot, json, false,
				      "expected at least one "
				      "limit");
	else
		for (json = snet__json_first(json); json;
		     json = snet__json_next(json), at.index++)
			read_limit_one(reader, &at, json, &own);
	snet__impairment_lend(into, &own, "limit");
}

/* ---- Bytes of a packet. */

void snet__read_overhead(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into)
{
	double value = snet__json_number(json, 0);
	const char *text = snet__json_string(json);
	struct snet__shown shown;
	uint64_t bytes;
	int r = 0;

	if (text) {
		r = snet__text_parse_size(&bytes, text + (*text == '-'));
		if (r == 0)
			value = *text == '-' ? -(double)bytes : (double)bytes;
	} else if (!snet__reader_expect(reader, spot, json, SNET__JSON_NUMBER,
					"bytes such as 18")) {
		return;
	}
	if (r == -EINVAL)
		snet__reader_complain(reader, spot, json, false,
				      "expected bytes such as 18, got '%s'",
				      snet__show(&shown, text));
	else if (r < 0 || !(fabs(value) <= SNET__OVERHEAD_MAX))
		snet__reader_complain(reader, spot, json, false, SNET__OVERHEAD_RANGE);
	else if (value != floor(value))
		snet__reader_complain(reader, spot, json, false,
				      "expected whole bytes, got %.15g", value);
	else
		*(int32_t *)into = (int32_t)value;
}

void snet__read_mtu(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *json, const struct snet__key *key,
		    void *into)
{
	if (snet__json_is(json, SNET__JSON_NUMBER) &&
	    !(snet__json_number(json, 1) > 0 || snet__json_number(json, 1) < 0))
		*(uint32_t *)into = 0;
	else
		snet__read_u32(reader, spot, json, key, into);
}
