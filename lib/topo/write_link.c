/* SPDX-License-Identifier: MIT */
/* Links as JSON. A direction is written as what is different from what it began with: the
 * profile, and for the way back what the link itself says. */

#include <string.h>

#include "topo/impairment.h"
#include "topo/profile.h"
#include "topo/write.h"
#include "topo/write_value.h"

/* Each gets the member that it writes, or for a key of several members the impairment. */
typedef struct snet__json *(*write_fn)(const void *at,
				       const struct snet__format_opts *opts);

static struct snet__json *write_duration(const void *at,
					 const struct snet__format_opts *opts)
{
	return snet__write_duration(*(const uint64_t *)at);
}

static struct snet__json *write_rate(const void *at, const struct snet__format_opts *opts)
{
	return snet__write_rate(*(const uint64_t *)at);
}

static struct snet__json *write_size(const void *at, const struct snet__format_opts *opts)
{
	return snet__write_size(*(const uint64_t *)at);
}

static struct snet__json *write_share(const void *at,
				      const struct snet__format_opts *opts)
{
	return snet__write_share(*(const double *)at);
}

static struct snet__json *write_u32(const void *at, const struct snet__format_opts *opts)
{
	return snet__json_new_u64(*(const uint32_t *)at);
}

static struct snet__json *write_i32(const void *at, const struct snet__format_opts *opts)
{
	return snet__json_new_number(*(const int32_t *)at);
}

static struct snet__json *write_bool(const void *at, const struct snet__format_opts *opts)
{
	return snet__json_new_bool(*(const bool *)at);
}

static struct snet__json *write_queue(const void *at,
				      const struct snet__format_opts *opts)
{
	return snet__json_new_string(snet__queue_words[*(const enum snet_queue *)at]);
}

static struct snet__json *write_text(const void *at, const struct snet__format_opts *opts)
{
	const char *text = *(const char *const *)at;

	return text ? snet__json_new_string(text) : snet__json_new_null();
}

static struct snet__json *write_file(const void *at, const struct snet__format_opts *opts)
{
	const char *path = *(const char *const *)at;

	return path ? snet__write_path(path, opts) : snet__json_new_null();
}

static struct snet__json *write_distribution(const void *at,
					     const struct snet__format_opts *opts)
{
	const struct snet_impairment *one = at;

	if (one->distribution == SNET_DISTRIBUTION_TABLE)
		return snet__write_path(one->table, opts);
	return snet__json_new_string(snet__distribution_words[one->distribution]);
}

static struct snet__json *write_shares(const double *shares, size_t count)
{
	struct snet__json *list = snet__json_new_array();

	for (size_t i = 0; i < count; i++)
		(void)snet__json_append(list, snet__write_share(shares[i]));
	return list;
}

static struct snet__json *write_loss(const void *at, const struct snet__format_opts *opts)
{
	const struct snet_impairment *one = at;
	struct snet__json *json;

	if (one->loss_model == SNET_LOSS_RANDOM)
		return snet__write_share(one->loss);
	json = snet__json_new_object();
	if (one->loss_model == SNET_LOSS_NTH)
		snet__json_add_u64(json, "nth", one->loss_nth);
	else if (one->loss_model == SNET_LOSS_STATE)
		(void)snet__json_add(json, "state", write_shares(one->loss_state, 5));
	else
		(void)snet__json_add(json, "gemodel", write_shares(one->loss_gemodel, 4));
	return json;
}

/* One limit by itself, several as an array. */
static struct snet__json *write_limit(const void *at,
				      const struct snet__format_opts *opts)
{
	const struct snet_impairment *one = at;
	autojson *list = snet__json_new_array();

	if (one->limit_packets)
		(void)snet__json_append(list, snet__json_new_u64(one->limit_packets));
	if (one->limit_bytes)
		(void)snet__json_append(list, snet__write_size(one->limit_bytes));
	if (one->limit_ns)
		(void)snet__json_append(list, snet__write_duration(one->limit_ns));
	if (snet__json_count(list) > 1)
		return steal_ptr(list);
	if (snet__json_first(list))
		return snet__json_copy(snet__json_first(list));
	return snet__json_new_u64(0);
}

#define ON(member) offsetof(struct snet_impairment, member)
static const struct writer {
	const char *key;
	write_fn write;
	size_t offset;
} writers[] = {
	{"delay", write_duration, ON(delay_ns)},
	{"jitter", write_duration, ON(jitter_ns)},
	{"distribution", write_distribution, 0},
	{"delay_correlation", write_share, ON(delay_correlation)},
	{"loss", write_loss, 0},
	{"loss_correlation", write_share, ON(loss_correlation)},
	{"duplicate", write_share, ON(duplicate)},
	{"duplicate_correlation", write_share, ON(duplicate_correlation)},
	{"corrupt", write_share, ON(corrupt)},
	{"corrupt_correlation", write_share, ON(corrupt_correlation)},
	{"reorder", write_share, ON(reorder)},
	{"reorder_correlation", write_share, ON(reorder_correlation)},
	{"gap", write_u32, ON(gap)},
	{"rate", write_rate, ON(rate_bps)},
	{"burst", write_size, ON(burst_bytes)},
	{"overhead", write_i32, ON(overhead_bytes)},
	{"limit", write_limit, 0},
	{"queue", write_queue, ON(queue)},
	{"codel_target", write_duration, ON(codel_target_ns)},
	{"codel_interval", write_duration, ON(codel_interval_ns)},
	{"pmtu", write_u32, ON(pmtu)},
	{"ecn", write_bool, ON(ecn)},
	{"filter", write_text, ON(filter)},
	{"trace", write_file, ON(trace)},
	{"trace_once", write_bool, ON(trace_once)},
	{"decisions", write_file, ON(decisions)},
	{"replay", write_file, ON(replay)},
	{"down", write_bool, ON(down)},
};
#define WRITERS (sizeof(writers) / sizeof(*writers))

/* Whether @one is written with this key where @usual is what it would be without. What is off
 * with what it needs goes without saying. */
static bool is_written(const struct snet_impairment *one,
		       const struct snet_impairment *usual, const char *key)
{
	return !snet__impairment_is_equal(one, usual, key) &&
	       !snet__impairment_is_idle(one, key);
}

static void add_impairment(struct snet__json *json, const struct snet_impairment *one,
			   const struct snet_impairment *usual,
			   const struct snet__format_opts *opts)
{
	for (size_t i = 0; i < WRITERS; i++)
		if (is_written(one, usual, writers[i].key))
			(void)snet__json_add(json, writers[i].key,
					     writers[i].write((const char *)one +
								      writers[i].offset,
							      opts));
}

struct snet__json *snet__write_impairment(const struct snet_impairment *impairment)
{
	struct snet__json *json = snet__json_new_object();

	add_impairment(json, impairment, &snet__impairment_plain, NULL);
	return json;
}

static void add_net(struct snet__json *json, const struct snet__model_link *link)
{
	struct snet__json *vlans;

	if (link->vlan)
		snet__json_add_u64(json, "vlan", link->vlan);
	if (link->vlan_count) {
		vlans = snet__json_add(json, "vlans", snet__json_new_array());
		for (size_t i = 0; i < link->vlan_count; i++)
			(void)snet__json_append(vlans,
						snet__json_new_number(link->vlans[i]));
	}
	if (link->mtu)
		snet__json_add_u64(json, "mtu", link->mtu);
}

struct snet__json *snet__write_wire(const struct snet__model_link *link)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_string(json, "from", link->from);
	snet__json_add_string(json, "to", link->to);
	if (link->is_named)
		snet__json_add_string(json, "name", link->name);
	add_net(json, link);
	if (link->shaper != SNET_SHAPER_AUTO)
		snet__json_add_string(json, "shaper", snet__shaper_words[link->shaper]);
	snet__json_add_string(json, "profile", link->profile);
	return json;
}

struct snet__json *snet__write_link(const struct snet__model_link *link,
				    const struct snet__format_opts *opts)
{
	struct snet__json *json = snet__write_wire(link), *back = snet__json_new_object();
	struct snet_impairment forth = snet__impairment_plain, usual = forth;
	const struct snet__profile *profile;

	/* A profile that is not known any more cannot be in a model. */
	if (link->profile && snet__profile_find(&profile, link->profile, NULL) == 0) {
		forth = profile->forth;
		usual = profile->back;
	}
	add_impairment(json, &link->forth, &forth, opts);
	for (size_t i = 0; i < WRITERS; i++)
		if (is_written(&link->forth, &forth, writers[i].key))
			snet__impairment_lend(&usual, &link->forth, writers[i].key);
	add_impairment(back, &link->back, &usual, opts);
	if (snet__json_first(back))
		(void)snet__json_add(json, "back", back);
	else
		snet__json_free(back);
	return json;
}
