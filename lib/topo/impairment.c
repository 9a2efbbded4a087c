/* SPDX-License-Identifier: MIT */
/* One direction of a link as data. What all keys have in common is done by one table of the
 * members that each stands for. */

#include "topo/impairment.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/json.h"
#include "topo/value.h"

const struct snet_impairment snet__impairment_plain;

enum type {
	NUMBER, /* whole, or an enum or a bool */
	SHARE,  /* a double, or several */
	TEXT,
};

#define MEMBER(key, type, member)                                        \
	{                                                                \
		key, type, offsetof(struct snet_impairment, member),     \
			sizeof(((struct snet_impairment *)NULL)->member) \
	}

/* A key may stand for several members, which follow one another here. */
static const struct member {
	const char *key;
	enum type type;
	size_t offset, size;
} members[] = {
	MEMBER("delay", NUMBER, delay_ns),
	MEMBER("jitter", NUMBER, jitter_ns),
	MEMBER("distribution", NUMBER, distribution),
	MEMBER("distribution", TEXT, table),
	MEMBER("delay_correlation", SHARE, delay_correlation),
	MEMBER("loss", NUMBER, loss_model),
	MEMBER("loss", SHARE, loss),
	MEMBER("loss", NUMBER, loss_nth),
	MEMBER("loss", SHARE, loss_state),
	MEMBER("loss", SHARE, loss_gemodel),
	MEMBER("loss_correlation", SHARE, loss_correlation),
	MEMBER("duplicate", SHARE, duplicate),
	MEMBER("duplicate_correlation", SHARE, duplicate_correlation),
	MEMBER("corrupt", SHARE, corrupt),
	MEMBER("corrupt_correlation", SHARE, corrupt_correlation),
	MEMBER("reorder", SHARE, reorder),
	MEMBER("reorder_correlation", SHARE, reorder_correlation),
	MEMBER("gap", NUMBER, gap),
	MEMBER("rate", NUMBER, rate_bps),
	MEMBER("burst", NUMBER, burst_bytes),
	MEMBER("overhead", NUMBER, overhead_bytes),
	MEMBER("limit", NUMBER, limit_packets),
	MEMBER("limit", NUMBER, limit_bytes),
	MEMBER("limit", NUMBER, limit_ns),
	MEMBER("queue", NUMBER, queue),
	MEMBER("codel_target", NUMBER, codel_target_ns),
	MEMBER("codel_interval", NUMBER, codel_interval_ns),
	MEMBER("pmtu", NUMBER, pmtu),
	MEMBER("ecn", NUMBER, ecn),
	MEMBER("filter", TEXT, filter),
	MEMBER("trace", TEXT, trace),
	MEMBER("trace_once", NUMBER, trace_once),
	MEMBER("decisions", TEXT, decisions),
	MEMBER("replay", TEXT, replay),
	MEMBER("down", NUMBER, down),
};
#define MEMBERS (sizeof(members) / sizeof(*members))

const char *snet__impairment_key(size_t index)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		bool is_first = !i || strcmp(members[i].key, members[i - 1].key) != 0;

		if (is_first && index-- == 0)
			return members[i].key;
	}
	return NULL;
}

static const char **text_at(struct snet_impairment *one, const struct member *member)
{
	return (const char **)((char *)one + member->offset);
}

static const char *text_of(const struct snet_impairment *one, const struct member *member)
{
	return *(const char *const *)((const char *)one + member->offset);
}

/* Not by their bytes: there are two zeros. */
static bool are_shares_equal(const double *a, const double *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i] < b[i] || a[i] > b[i])
			return false;
	return true;
}

static bool is_member_equal(const struct snet_impairment *a,
			    const struct snet_impairment *b, const struct member *member)
{
	const void *x = (const char *)a + member->offset;
	const void *y = (const char *)b + member->offset;

	if (member->type == TEXT)
		return snet__text_is_equal(text_of(a, member), text_of(b, member));
	if (member->type == SHARE)
		return are_shares_equal(x, y, member->size / sizeof(double));
	return memcmp(x, y, member->size) == 0;
}

bool snet__impairment_is_equal(const struct snet_impairment *a,
			       const struct snet_impairment *b, const char *key)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(members[i].key, key) == 0 &&
		    !is_member_equal(a, b, &members[i]))
			return false;
	return true;
}

bool snet__impairment_is_plain(const struct snet_impairment *one)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (!is_member_equal(one, &snet__impairment_plain, &members[i]))
			return false;
	return true;
}

bool snet__impairment_is_same(const struct snet_impairment *a,
			      const struct snet_impairment *b)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (!is_member_equal(a, b, &members[i]))
			return false;
	return true;
}

bool snet__impairment_is_delay(const struct snet_impairment *one)
{
	static const char *const keys[] = {"delay", "jitter", "distribution",
					   "delay_correlation"};
	struct snet_impairment rest = *one;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		snet__impairment_lend(&rest, &snet__impairment_plain, keys[i]);
	return snet__impairment_is_plain(&rest);
}

/* ---- What keys need. */

static bool has_delay(const struct snet_impairment *one)
{
	return one->delay_ns || one->trace;
}

static bool has_jitter(const struct snet_impairment *one)
{
	return one->jitter_ns;
}

static bool has_random_loss(const struct snet_impairment *one)
{
	return one->loss_model == SNET_LOSS_RANDOM && (one->loss > 0 || one->trace);
}

static bool has_duplicate(const struct snet_impairment *one)
{
	return one->duplicate > 0;
}

static bool has_corrupt(const struct snet_impairment *one)
{
	return one->corrupt > 0;
}

static bool has_reorder(const struct snet_impairment *one)
{
	return one->reorder > 0;
}

static bool has_rate(const struct snet_impairment *one)
{
	return one->rate_bps || one->trace;
}

static bool has_codel(const struct snet_impairment *one)
{
	return one->queue == SNET_QUEUE_CODEL;
}

static bool has_trace(const struct snet_impairment *one)
{
	return one->trace;
}

static const struct need {
	const char *key;
	bool (*is_met)(const struct snet_impairment *one);
	const char *text;
} needs[] = {
	{"distribution", has_jitter, "needs a 'jitter'"},
	{"delay_correlation", has_jitter, "needs a 'jitter'"},
	{"loss_correlation", has_random_loss,
	 "needs a 'loss' that is one share, or a 'trace'"},
	{"duplicate_correlation", has_duplicate, "needs a 'duplicate'"},
	{"corrupt_correlation", has_corrupt, "needs a 'corrupt'"},
	{"reorder", has_delay, "needs a 'delay', which some packets do not wait for"},
	{"reorder_correlation", has_reorder, "needs a 'reorder'"},
	{"gap", has_reorder, "needs a 'reorder'"},
	{"burst", has_rate, "needs a 'rate' or a 'trace'"},
	{"overhead", has_rate, "needs a 'rate' or a 'trace'"},
	{"codel_target", has_codel, "needs \"queue\": \"codel\""},
	{"codel_interval", has_codel, "needs \"queue\": \"codel\""},
	{"trace_once", has_trace, "needs a 'trace'"},
};

static const struct need *find_unmet(const struct snet_impairment *one, const char *key)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (strcmp(needs[i].key, key) == 0)
			return needs[i].is_met(one) ? NULL : &needs[i];
	return NULL;
}

const char *snet__impairment_lacks(const struct snet_impairment *one, const char *key)
{
	const struct need *need = find_unmet(one, key);

	if (!need || snet__impairment_is_equal(one, &snet__impairment_plain, key))
		return NULL;
	return need->text;
}

bool snet__impairment_is_idle(const struct snet_impairment *one, const char *key)
{
	return find_unmet(one, key) &&
	       snet__impairment_is_equal(one, &snet__impairment_plain, key);
}

/* ---- Memory. */

int snet__impairment_set(struct snet_impairment *to, const struct snet_impairment *from,
			 const char *key, struct snet_err *err)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		const struct member *member = &members[i];
		const char *text;
		char *copy;

		if (strcmp(member->key, key) != 0)
			continue;
		if (member->type != TEXT) {
			memcpy((char *)to + member->offset,
			       (const char *)from + member->offset, member->size);
			continue;
		}
		text = text_of(from, member);
		copy = text ? strdup(text) : NULL;
		if (text && !copy)
			return snet__err_oom(err);
		free((char *)(uintptr_t)text_of(to, member));
		*text_at(to, member) = copy;
	}
	return 0;
}

int snet__impairment_settle(struct snet_impairment *one, const struct snet__json *asked,
			    struct snet_err *err)
{
	const char *key;
	int r = 0;

	if (snet__impairment_is_plain(one))
		return 0;
	for (size_t i = 0; r == 0 && (key = snet__impairment_key(i)); i++)
		if (snet__impairment_lacks(one, key) && !snet__json_get(asked, key))
			r = snet__impairment_set(one, &snet__impairment_plain, key, err);
	return r;
}

void snet__impairment_lend(struct snet_impairment *to, const struct snet_impairment *from,
			   const char *key)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(members[i].key, key) == 0)
			memcpy((char *)to + members[i].offset,
			       (const char *)from + members[i].offset, members[i].size);
}

int snet__impairment_copy(struct snet_impairment *ret, const struct snet_impairment *from,
			  struct snet_err *err)
{
	const char *key;
	int r = 0;

	for (size_t i = 0; r == 0 && (key = snet__impairment_key(i)); i++)
		r = snet__impairment_set(ret, from, key, err);
	return r;
}

void snet__impairment_clear(struct snet_impairment *one)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].type == TEXT)
			free((char *)(uintptr_t)text_of(one, &members[i]));
	*one = snet__impairment_plain;
}

/* ---- Checks. */

/* Whether two shares are more than all, not by rounding alone. */
static bool is_too_much(double a, double b)
{
	return a + b > 1 + 1e-9;
}

int snet__impairment_check_loss(const struct snet_impairment *one, struct snet_err *err)
{
	/* p13, p31, p32, p23, p14 */
	const double *p = one->loss_state;
	int r;

	if (one->loss_model == SNET_LOSS_NTH) {
		r = snet__value_check_range(one->loss_nth, &snet__range_nth, err);
		return r < 0 ? snet__err_prefix(err, r, "nth") : 0;
	}
	if (one->loss_model != SNET_LOSS_STATE)
		return 0;
	if (is_too_much(p[0], p[4]))
		return snet__err_set(err, -EINVAL,
				     "state 1 is left by p13 and p14, together more than "
				     "100%%");
	if (is_too_much(p[1], p[2]))
		return snet__err_set(err, -EINVAL,
				     "state 3 is left by p31 and p32, together more than "
				     "100%%");
	return 0;
}

static int check_shares(const char *key, const double *values, size_t count,
			struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = snet__value_check_share(values[i], err);
	return r < 0 ? snet__err_prefix(err, r, "%s", key) : 0;
}

static int check_quantities(const struct snet_impairment *one, struct snet_err *err)
{
	const struct {
		const char *key;
		uint64_t value;
		const struct snet__range *range;
	} quantities[] = {
		{"delay", one->delay_ns, &snet__range_delay},
		{"jitter", one->jitter_ns, &snet__range_delay},
		{"gap", one->gap, &snet__range_gap},
		{"rate", one->rate_bps, &snet__range_rate},
		{"burst", one->burst_bytes, &snet__range_burst},
		{"limit", one->limit_packets, &snet__range_limit},
		{"limit", one->limit_bytes, &snet__range_limit_bytes},
		{"limit", one->limit_ns, &snet__range_delay},
		{"codel_target", one->codel_target_ns, &snet__range_delay},
		{"codel_interval", one->codel_interval_ns, &snet__range_delay},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(quantities) / sizeof(*quantities); i++) {
		r = snet__value_check_range(quantities[i].value, quantities[i].range,
					    err);
		if (r < 0)
			return snet__err_prefix(err, r, "%s", quantities[i].key);
	}
	if (one->pmtu) {
		r = snet__value_check_range(one->pmtu, &snet__range_mtu, err);
		if (r < 0)
			return snet__err_prefix(err, r, "pmtu");
	}
	if (one->overhead_bytes < -SNET__OVERHEAD_MAX ||
	    one->overhead_bytes > SNET__OVERHEAD_MAX)
		return snet__err_set(err, -EINVAL, "overhead: " SNET__OVERHEAD_RANGE);
	return 0;
}

/* Of a program: a member that another one makes meaningless was not meant so. */
static int check_choices(const struct snet_impairment *one, struct snet_err *err)
{
	const struct {
		const char *key;
		bool is_wrong;
		const char *text;
	} rules[] = {
		{"distribution",
		 (unsigned int)one->distribution > SNET_DISTRIBUTION_TABLE,
		 "none of enum snet_distribution"},
		{"loss_model", (unsigned int)one->loss_model > SNET_LOSS_GEMODEL,
		 "none of enum snet_loss_model"},
		{"queue", (unsigned int)one->queue > SNET_QUEUE_CODEL,
		 "none of enum snet_queue"},
		{"table", one->distribution == SNET_DISTRIBUTION_TABLE && !one->table,
		 "missing"},
		{"table", one->distribution != SNET_DISTRIBUTION_TABLE && one->table,
		 "needs SNET_DISTRIBUTION_TABLE"},
		{"loss", one->loss_model != SNET_LOSS_RANDOM && one->loss > 0,
		 "needs SNET_LOSS_RANDOM"},
		{"loss_nth", one->loss_model != SNET_LOSS_NTH && one->loss_nth,
		 "needs SNET_LOSS_NTH"},
		{"loss_state",
		 one->loss_model != SNET_LOSS_STATE &&
			 !are_shares_equal(one->loss_state,
					   snet__impairment_plain.loss_state, 5),
		 "needs SNET_LOSS_STATE"},
		{"loss_gemodel",
		 one->loss_model != SNET_LOSS_GEMODEL &&
			 !are_shares_equal(one->loss_gemodel,
					   snet__impairment_plain.loss_gemodel, 4),
		 "needs SNET_LOSS_GEMODEL"},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].is_wrong)
			return snet__err_set(err, -EINVAL, "%s: %s", rules[i].key,
					     rules[i].text);
	return 0;
}

static int check_texts(const struct snet_impairment *one, struct snet_err *err)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{"table", one->table},   {"filter", one->filter},
		{"trace", one->trace},   {"decisions", one->decisions},
		{"replay", one->replay},
	};
	int r;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		r = texts[i].text ? snet__value_check_text(texts[i].text, err) : 0;
		if (r < 0)
			return snet__err_prefix(err, r, "%s", texts[i].key);
	}
	return 0;
}

int snet__impairment_check(const struct snet_impairment *one, struct snet_err *err)
{
	int r = check_quantities(one, err);

	for (size_t i = 0; r == 0 && i < MEMBERS; i++)
		if (members[i].type == SHARE)
			r = check_shares(members[i].key,
					 (const double *)((const char *)one +
							  members[i].offset),
					 members[i].size / sizeof(double), err);
	if (r == 0)
		r = check_choices(one, err);
	if (r == 0)
		r = check_texts(one, err);
	if (r < 0)
		return r;
	r = snet__impairment_check_loss(one, err);
	return r < 0 ? snet__err_prefix(err, r, "loss") : 0;
}
