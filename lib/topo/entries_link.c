/* SPDX-License-Identifier: MIT */
/* Links in a lab file: where they lead, and what happens to the packets of each direction. What
 * the link itself says holds in both; its "profile" is what that begins with, and "back" says
 * what is different on the way back. */

#include <stdlib.h>
#include <string.h>

#include "topo/entries.h"
#include "topo/impairment.h"
#include "topo/profile.h"

/* ---- Files and texts. */

/* What a key says takes the place of @into, whose text is freed. */
static void replace_text(const char **into, char *text)
{
	free((char *)(uintptr_t)*into);
	*into = text;
}

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

static bool is_blank(const struct snet__json *json)
{
	const char *text = snet__json_string(json);

	return text && !text[strspn(text, " ")];
}

/* What "back" does not share with the link is null in it. */
static void read_or_null(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 snet__read_fn read, const char **into)
{
	char *text = NULL;

	if (is_blank(json))
		snet__reader_complain(reader, spot, json, false,
				      "cannot be empty: null is for none");
	else if (!snet__json_is(json, SNET__JSON_NULL))
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
#define WORD(start, key, member, list, phrase)                                       \
	{                                                                            \
		.name = (key), .read = snet__read_word, .offset = ON(start, member), \
		.words = (list), .wanted = (phrase)                                  \
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
	WHOLE(start, "loss", snet__read_loss), \
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
	RANGED(start, "overhead", snet__read_overhead, overhead_bytes, NULL), \
	WHOLE(start, "limit", snet__read_limit), \
	WORD(start, "queue", queue, snet__queue_words, \
	     "'tail-drop', 'head-drop' or 'codel'"), \
	RANGED(start, "codel_target", snet__read_duration, codel_target_ns, \
	       &snet__range_delay), \
	RANGED(start, "codel_interval", snet__read_duration, codel_interval_ns, \
	       &snet__range_delay), \
	RANGED(start, "pmtu", snet__read_mtu, pmtu, &snet__range_mtu), \
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
	"impairment", SNET__KEYS(impairment_keys), &snet__keys_link,
	"belongs to the link, not to a direction"};

#define LINK(member) offsetof(struct snet__model_link, member)
#define MTU_KEY                                                             \
	{                                                                   \
		.name = "mtu", .read = snet__read_mtu, .offset = LINK(mtu), \
		.range = &snet__range_mtu                                   \
	}
#define SHAPER_KEY                                                                 \
	{                                                                          \
		.name = "shaper", .read = snet__read_word, .offset = LINK(shaper), \
		.words = snet__shaper_words, .wanted = "'auto', 'netem' or 'user'" \
	}
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
	MTU_KEY,
	SHAPER_KEY,
	/* Before all others: they are what is different. */
	{.name = "profile", .read = snet__read_later},
	IMPAIRMENT_KEYS(LINK(forth)),
};
const struct snet__keys snet__keys_link = {"link", SNET__KEYS(link_keys)};

/* What of a link can change by itself, in either direction. */
#define UPDATE_KEYS(start)                                                  \
	MTU_KEY, SHAPER_KEY, {.name = "profile", .read = snet__read_later}, \
		IMPAIRMENT_KEYS(start)
static const struct snet__key forth_keys[] = {UPDATE_KEYS(LINK(forth))};
static const struct snet__key back_keys[] = {UPDATE_KEYS(LINK(back))};
#define NOT_ALONE \
	"cannot be set by itself: change it in the lab's file, and 'snet apply' that"
static const struct snet__keys update_keys[] = {{"", SNET__KEYS(forth_keys),
						 &snet__keys_link, NOT_ALONE},
						{"", SNET__KEYS(back_keys),
						 &snet__keys_link, NOT_ALONE}};

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

static void settle(struct snet__reader *reader, const struct snet__json *json,
		   struct snet_impairment *one)
{
	if (reader->r == 0)
		reader->r = snet__impairment_settle(one, json, reader->err);
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
