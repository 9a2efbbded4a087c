/* SPDX-License-Identifier: MIT */
/* Links in a lab file: where they lead, and what happens to the packets of each direction. What
 * the link itself says holds in both; its "profile" is what that begins with, and "back" says
 * what is different on the way back. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "topo/entries.h"
#include "topo/impairment.h"
#include "topo/profile.h"

#define KEYS(array) (array), sizeof(array) / sizeof(*(array))

/* What a key says takes the place of @into, whose text is freed. */
static void replace_text(const char **into, char *text)
{
	free((char *)(uintptr_t)*into);
	*into = text;
}

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
const struct snet__keys snet__keys_loss = {"loss_model", KEYS(loss_keys)};

static void read_loss(struct snet__reader *reader, const struct snet__spot *spot,
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

/* ---- Queues. */

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
	snet__reader_complain(reader, spot, json, false, "expected %s, got '%s'",
			      limit_wanted, snet__show(&shown, text));
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

static void read_limit(struct snet__reader *reader, const struct snet__spot *spot,
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

static void read_queue(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	int choice = snet__reader_choice(reader, spot, json, snet__queue_words,
					 "'tail-drop', 'head-drop' or 'codel'");

	if (choice >= 0)
		*(enum snet_queue *)into = (enum snet_queue)choice;
}

/* Bytes, which may be less than none. */
static void read_overhead(struct snet__reader *reader, const struct snet__spot *spot,
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

/* ---- Files and texts. */

static void read_table(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, struct snet_impairment *into)
{
	const struct snet__key text = {.check = snet__value_check_text};
	char *path = NULL;

	snet__read_file(reader, spot, json, &text, &path);
	if (!path)
		return;
	replace_text(&into->table, path);
	into->distribution = SNET_DISTRIBUTION_TABLE;
}

/* A word, or a file. It gets the impairment. */
static void read_distribution(struct snet__reader *reader, const struct snet__spot *spot,
			      const struct snet__json *json, const struct snet__key *key,
			      void *into)
{
	static const char wanted[] = "'uniform', 'normal', 'pareto', 'paretonormal' or a "
				     "file such as 'office.dist'";
	struct snet_impairment *one = into;
	int choice;

	if (snet__distribution_is_file(snet__json_string(json))) {
		read_table(reader, spot, json, one);
		return;
	}
	choice =
		snet__reader_choice(reader, spot, json, snet__distribution_words, wanted);
	if (choice < 0)
		return;
	replace_text(&one->table, NULL);
	one->distribution = (enum snet_distribution)choice;
}

/* What "back" does not share with the link is null in it. */
static void read_or_null(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 snet__read_fn read, const char **into)
{
	char *text = NULL;

	if (!snet__json_is(json, SNET__JSON_NULL))
		read(reader, spot, json, key, &text);
	replace_text(into, text);
}

static void read_filter(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	read_or_null(reader, spot, json, key, snet__read_text, into);
}

static void read_file(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	read_or_null(reader, spot, json, key, snet__read_file, into);
}

static void read_file_to_write(struct snet__reader *reader, const struct snet__spot *spot,
			       const struct snet__json *json, const struct snet__key *key,
			       void *into)
{
	read_or_null(reader, spot, json, key, snet__read_file_to_write, into);
}

static void read_future_file(struct snet__reader *reader, const struct snet__spot *spot,
			     const struct snet__json *json, const struct snet__key *key,
			     void *into)
{
	read_or_null(reader, spot, json, key, snet__read_future_file, into);
}

static void read_shaper(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	int choice = snet__reader_choice(reader, spot, json, snet__shaper_words,
					 "'auto', 'netem' or 'user'");

	if (choice >= 0)
		*(enum snet_shaper *)into = (enum snet_shaper)choice;
}

/* ---- The tables. */

#define ON(start, member) ((start) + offsetof(struct snet_impairment, member))
#define SHARE(start, key, member)                                                    \
	{                                                                            \
		.name = (key), .read = snet__read_share, .offset = ON(start, member) \
	}
#define BOOL(start, key, member)                                                    \
	{                                                                           \
		.name = (key), .read = snet__read_bool, .offset = ON(start, member) \
	}
#define RANGED(start, key, reader, member, limits)                            \
	{                                                                     \
		.name = (key), .read = (reader), .offset = ON(start, member), \
		.range = (limits)                                             \
	}
/* It gets the impairment. */
#define WHOLE(start, key, reader)                                  \
	{                                                          \
		.name = (key), .read = (reader), .offset = (start) \
	}
#define TEXT(start, key, reader, member)                                      \
	{                                                                     \
		.name = (key), .read = (reader), .offset = ON(start, member), \
		.check = snet__value_check_text                               \
	}

/* clang-format off */
#define IMPAIRMENT_KEYS(start) \
	RANGED(start, "delay", snet__read_duration, delay_ns, &snet__range_delay), \
	RANGED(start, "jitter", snet__read_duration, jitter_ns, &snet__range_delay), \
	WHOLE(start, "distribution", read_distribution), \
	SHARE(start, "delay_correlation", delay_correlation), \
	WHOLE(start, "loss", read_loss), \
	SHARE(start, "loss_correlation", loss_correlation), \
	SHARE(start, "duplicate", duplicate), \
	SHARE(start, "duplicate_correlation", duplicate_correlation), \
	SHARE(start, "corrupt", corrupt), \
	SHARE(start, "corrupt_correlation", corrupt_correlation), \
	SHARE(start, "reorder", reorder), \
	SHARE(start, "reorder_correlation", reorder_correlation), \
	RANGED(start, "gap", snet__read_u32, gap, &snet__range_gap), \
	RANGED(start, "rate", snet__read_rate, rate_bps, &snet__range_rate), \
	RANGED(start, "burst", snet__read_size, burst_bytes, &snet__range_burst), \
	RANGED(start, "overhead", read_overhead, overhead_bytes, NULL), \
	WHOLE(start, "limit", read_limit), \
	RANGED(start, "queue", read_queue, queue, NULL), \
	RANGED(start, "codel_target", snet__read_duration, codel_target_ns, \
	       &snet__range_delay), \
	RANGED(start, "codel_interval", snet__read_duration, codel_interval_ns, \
	       &snet__range_delay), \
	BOOL(start, "ecn", ecn), \
	TEXT(start, "filter", read_filter, filter), \
	TEXT(start, "trace", read_file, trace), \
	BOOL(start, "trace_once", trace_once), \
	TEXT(start, "decisions", read_file_to_write, decisions), \
	TEXT(start, "replay", read_future_file, replay), \
	BOOL(start, "down", down)
/* clang-format on */

static const struct snet__key impairment_keys[] = {IMPAIRMENT_KEYS(0)};
const struct snet__keys snet__keys_impairment = {
	"impairment", KEYS(impairment_keys), &snet__keys_link,
	"belongs to the link, not to a direction"};

#define LINK(member) offsetof(struct snet__model_link, member)
static const struct snet__key link_keys[] = {
	{
		.name = "from",
		.read = snet__read_text,
		.offset = LINK(from),
		.check = snet__value_check_name,
		.is_needed = true,
	},
	{
		.name = "to",
		.read = snet__read_text,
		.offset = LINK(to),
		.check = snet__value_check_name,
		.is_needed = true,
	},
	{.name = "count", .read = snet__read_later},
	{.name = "back", .read = snet__read_later},
	{
		.name = "name",
		.read = snet__read_text,
		.offset = LINK(name),
		.check = snet__value_check_name,
	},
	{
		.name = "vlan",
		.read = snet__read_u32,
		.offset = LINK(vlan),
		.range = &snet__range_vlan,
	},
	/* It gets the link, to append to it. */
	{.name = "vlans", .read = snet__read_vlans, .range = &snet__range_vlan},
	{
		.name = "mtu",
		.read = snet__read_u32,
		.offset = LINK(mtu),
		.range = &snet__range_mtu,
	},
	{.name = "shaper", .read = read_shaper, .offset = LINK(shaper)},
	/* Before all others: they are what is different. */
	{.name = "profile", .read = snet__read_later},
	IMPAIRMENT_KEYS(LINK(forth)),
};
const struct snet__keys snet__keys_link = {"link", KEYS(link_keys)};

/* What of a link can change by itself, in either direction. */
#define UPDATE_KEYS(start)                                               \
	{.name = "shaper", .read = read_shaper, .offset = LINK(shaper)}, \
		{.name = "profile", .read = snet__read_later}, IMPAIRMENT_KEYS(start)
static const struct snet__key forth_keys[] = {UPDATE_KEYS(LINK(forth))};
static const struct snet__key back_keys[] = {UPDATE_KEYS(LINK(back))};
#define NOT_ALONE \
	"cannot be set by itself: change it in the lab's file, and 'snet apply' that"
static const struct snet__keys update_keys[] = {{"", KEYS(forth_keys), &snet__keys_link,
						 NOT_ALONE},
						{"", KEYS(back_keys), &snet__keys_link,
						 NOT_ALONE}};

const char *snet__entry_update_key(size_t index)
{
	return index < update_keys[0].count ? forth_keys[index].name : NULL;
}

/* ---- A link. */

/* NULL: there is none. */
static const struct snet__profile *read_profile(struct snet__reader *reader,
						const struct snet__spot *spot,
						const struct snet__json *json,
						struct snet__model_link *link)
{
	struct snet__spot at = {.up = spot, .key = "profile"};
	const struct snet__profile *profile = NULL;
	struct snet_err err = {0};

	if (json)
		link->profile = snet__reader_text(reader, &at, json);
	if (link->profile && snet__profile_find(&profile, link->profile, &err) < 0)
		snet__reader_complain(reader, &at, json, false, "%s", err.msg);
	return profile;
}

/* What @json names by itself. */
static void inherit(struct snet__reader *reader, const struct snet__json *json,
		    struct snet__model_link *link)
{
	const char *key;

	/* As most of a hundred thousand are. */
	if (snet__impairment_is_plain(&link->forth) &&
	    snet__impairment_is_plain(&link->back))
		return;
	for (size_t i = 0; reader->r == 0 && (key = snet__impairment_key(i)); i++)
		if (snet__json_get(json, key))
			reader->r = snet__impairment_set(&link->back, &link->forth, key,
							 reader->err);
}

/* Where something is turned off, what would need it goes too, unless @json asks for it. */
static void settle(struct snet__reader *reader, const struct snet__json *json,
		   struct snet_impairment *one)
{
	const char *key;

	if (snet__impairment_is_plain(one))
		return;
	for (size_t i = 0; reader->r == 0 && (key = snet__impairment_key(i)); i++)
		if (snet__impairment_lacks(one, key) && !snet__json_get(json, key))
			reader->r = snet__impairment_set(one, &snet__impairment_plain,
							 key, reader->err);
}

void snet__entry_read_link(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *entry, struct snet__model_link *link)
{
	const struct snet__json *back = snet__json_get(entry, "back");
	struct snet__spot at = {.up = spot, .key = "back"};
	const struct snet__profile *profile;

	profile = read_profile(reader, spot, snet__json_get(entry, "profile"), link);
	/* Profiles have no texts. */
	if (profile) {
		link->forth = profile->forth;
		link->back = profile->back;
	}
	snet__reader_object(reader, spot, entry, &snet__keys_link, 0, "link", link);
	if (link->vlan && link->vlan_count)
		snet__reader_complain(reader, spot, entry, false,
				      "'vlan' and 'vlans' exclude each other");
	inherit(reader, entry, link);
	if (back &&
	    snet__reader_expect(reader, &at, back, SNET__JSON_OBJECT, "an object"))
		snet__reader_object(reader, &at, back, &snet__keys_impairment, 0, "back",
				    &link->back);
	settle(reader, entry, &link->forth);
	settle(reader, back, &link->back);
}

/* What of a link a profile is about is as that says, by "none" or null as on a plain link; all else
 * stays. */
static void update_profile(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *json, const bool ways[2],
			   struct snet__model_link *link)
{
	static const struct snet__profile none;
	const char *text = snet__json_string(json), *key;
	bool is_none = snet__json_is(json, SNET__JSON_NULL) ||
		       (text && strcmp(text, "none") == 0);
	const struct snet__profile *profile;

	free(link->profile);
	link->profile = NULL;
	profile = is_none ? &none : read_profile(reader, spot, json, link);
	if (!profile)
		return;
	for (size_t i = 0; reader->r == 0 && (key = snet__profile_keys[i]); i++) {
		if (ways[0])
			reader->r = snet__impairment_set(&link->forth, &profile->forth,
							 key, reader->err);
		if (ways[1] && reader->r == 0)
			reader->r = snet__impairment_set(&link->back, &profile->back, key,
							 reader->err);
	}
}

void snet__entry_update_link(struct snet__reader *reader, const struct snet__spot *spot,
			     const struct snet__json *json, const bool ways[2],
			     struct snet__model_link *link)
{
	struct snet_impairment *impairments[] = {&link->forth, &link->back};
	const struct snet__json *profile = snet__json_get(json, "profile");

	if (profile)
		update_profile(reader, spot, profile, ways, link);
	for (int i = 0; i < 2; i++) {
		if (!ways[i])
			continue;
		snet__reader_object(reader, spot, json, &update_keys[i], 0, "link", link);
		settle(reader, json, impairments[i]);
	}
}
