/* SPDX-License-Identifier: MIT */
/* A fault of a link is seen between two nodes on both sides of it; one of a node, or of a function,
 * by asking what lives there. A few paths of each fault are enough to show that it bites. */

#include "fault/probes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fault/kind.h"
#include "fault/probe.h"
#include "lab/acquaint.h"

#define PATHS_MAX   4   /* of each fault */
#define SIDES_MAX   16  /* of one that chance makes */
#define PROBES_MAX  900 /* of all faults; those beyond go without */
#define WAITING_MAX 50  /* answers that a probe may wait for */
#define EVERY_MIN   (10 * SNET__NS_PER_MS)
#define EVERY_MAX   (100 * SNET__NS_PER_MS)
#define IN_A_FAULT  20 /* probes, as long as it lasts */
/* Of all faults together: what is asked is not to be the load that is measured. Answers by ICMP are
 * copied to each socket of a namespace that asks so, and an answer by CoAP is the lab's work. */
#define PER_S_MAX   2000
#define IN_SETTLING 6

struct snet__probes {
	struct snet__recorder *recorder;
	struct snet__prober *prober;
	uint64_t every_max_ns; /* 0: none */
};

/* On the prober's thread. */
static void on_sample(void *user, unsigned int probe, uint64_t at_ns, uint64_t rtt_ns,
		      const char *detail)
{
	struct snet__recorder *recorder = user;
	struct snet__history_sample *sample;

	snet__recorder_lock(recorder);
	sample = snet__history_add_sample(recorder->history);
	if (sample) {
		sample->probe = probe;
		sample->is_answered = rtt_ns != SNET__NEVER;
		sample->detail = snet__history_word(recorder->history, detail);
		sample->at_ns =
			at_ns > recorder->began_ns ? at_ns - recorder->began_ns : 0;
		sample->rtt_ns = rtt_ns;
	} else {
		recorder->has_no_memory = true;
	}
	snet__recorder_unlock(recorder);
}

static uint64_t choose_every(const struct snet__fault *fault, size_t fault_count)
{
	uint64_t every_ns =
		fault->for_ns == SNET__NEVER ? EVERY_MAX : fault->for_ns / IN_A_FAULT;
	uint64_t least_ns = fault_count * SNET__NS_PER_S / PER_S_MAX;

	if (fault->down_ns && every_ns > fault->down_ns / 4)
		every_ns = fault->down_ns / 4;
	if (least_ns < EVERY_MIN)
		least_ns = EVERY_MIN;
	if (every_ns < least_ns)
		every_ns = least_ns;
	return every_ns > EVERY_MAX ? EVERY_MAX : every_ns;
}

struct acquaintance {
	struct snet__run *run;
	const struct snet__model_node *nodes[2];
};

static int acquaint_on_engine(void *arg, struct snet_err *err)
{
	const struct acquaintance *both = arg;

	return snet__lab_acquaint(both->run, both->nodes[0], both->nodes[1], err);
}

/* Who asks for a hardware address on a link that loses packets may have to ask again, a second
 * later, and loses all until then: that would be no measure of the path. */
static int acquaint(const struct snet__probes *probes,
		    const struct snet__model_node *from,
		    const struct snet__model_node *to, struct snet_err *err)
{
	struct snet_lab *lab = probes->recorder->lab;
	struct acquaintance both = {lab->run, {from, to}};

	return snet__lab_call(lab, acquaint_on_engine, &both, err);
}

static int add_probe(struct snet__probes *probes, const struct snet__fault *fault,
		     enum snet__probe_kind kind, const struct snet__model_node *from,
		     const struct snet__model_node *to, struct snet_err *err)
{
	static const unsigned int ports[SNET__PROBE_KIND_COUNT] = {
		[SNET__PROBE_COAP] = 5683, [SNET__PROBE_HTTP] = SNET__FAAS_PORT};
	struct snet__recorder *recorder = probes->recorder;
	struct snet__history *history = recorder->history;
	struct snet__history_probe *record;
	struct snet__probe_opts opts = {
		.kind = kind,
		.netns = -1,
		.from = from->ipv4,
		.to = to->ipv4,
		.port = ports[kind],
		.every_ns = choose_every(fault, recorder->scenario->fault_count),
		.timeout_ns = SNET__PROBES_TIMEOUT_NS};
	autoclose int netns = -1;
	unsigned int number;
	int r;

	if (history->probes_count >= PROBES_MAX)
		return 0;
	r = acquaint(probes, from, to, err);
	if (r == 0)
		r = snet_node_open_netns(recorder->lab, from->name, &netns, err);
	if (r < 0)
		return r;
	opts.netns = netns;
	if (opts.timeout_ns > WAITING_MAX * opts.every_ns)
		opts.timeout_ns = WAITING_MAX * opts.every_ns;
	r = snet__prober_add(probes->prober, &opts, &number, err);
	if (r < 0)
		return r;
	if (opts.every_ns > probes->every_max_ns)
		probes->every_max_ns = opts.every_ns;
	record = snet__history_add_probe(history);
	if (!record)
		return snet__err_oom(err);
	record->kind = snet__probe_name(kind);
	record->from = snet__history_word(history, from->name);
	record->to = snet__history_word(history, to->name);
	record->fault = (unsigned int)(fault - recorder->scenario->faults);
	return 0;
}

/* ---- Links: the nearest node on each side. */

struct search {
	const struct snet__model *model;
	const struct snet__model_link *cut;
	bool *seen;    /* nodes */
	size_t *queue; /* nodes */
};

static bool is_station(const struct snet__model_node *node)
{
	return node->role != SNET__ROLE_SWITCH && node->ipv4;
}

/* Breadth first, through switches, never over the link itself. NULL for none. */
static const struct snet__model_node *find_station(struct search *search,
						   const struct snet__model_node *from)
{
	size_t first = 0, last = 0;

	for (size_t i = 0; i < search->model->node_count; i++)
		search->seen[i] = false;
	search->queue[last++] = from->index;
	search->seen[from->index] = true;
	while (first < last) {
		const struct snet__model_node *at =
			search->model->nodes[search->queue[first++]];

		if (is_station(at))
			return at;
		for (size_t i = 0; i < search->model->link_count; i++) {
			const struct snet__model_link *link = search->model->links[i];
			const struct snet__model_node *next =
				link->ends[link->ends[0] == at];

			if (link == search->cut ||
			    (link->ends[0] != at && link->ends[1] != at) ||
			    search->seen[next->index])
				continue;
			search->seen[next->index] = true;
			search->queue[last++] = next->index;
		}
	}
	return NULL;
}

static int probe_link(struct snet__probes *probes, const struct snet__fault *fault,
		      size_t number, struct snet_err *err)
{
	const struct snet__model *model = &probes->recorder->lab->model;
	struct search search = {
		.model = model,
		.cut = model->links[number],
		.seen = calloc(model->node_count + 1, sizeof(*search.seen)),
		.queue = calloc(model->node_count + 1, sizeof(*search.queue)),
	};
	const struct snet__model_node *sides[2] = {NULL, NULL};
	int r = 0;

	if (search.seen && search.queue)
		for (int i = 0; i < 2; i++)
			sides[i] = find_station(&search, search.cut->ends[i]);
	else
		r = snet__err_oom(err);
	free(search.seen);
	free(search.queue);
	/* With nobody behind it nobody can tell. */
	if (r == 0 && sides[0] && sides[1] && sides[0] != sides[1])
		r = add_probe(probes, fault, SNET__PROBE_ICMP, sides[0], sides[1], err);
	return r;
}

static int probe_links(struct snet__probes *probes, const struct snet__fault *fault,
		       struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < fault->links.count && i < PATHS_MAX && r == 0; i++)
		r = probe_link(probes, fault, fault->links.items[i], err);
	return r;
}

/* ---- Groups, nodes, functions. */

/* A station of the set; NULL for none. */
static const struct snet__model_node *first_of(const struct snet__model *model,
					       const struct snet__set *set,
					       const struct snet__set *not_in)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct snet__model_node *node = model->nodes[set->items[i]];

		if (is_station(node) && !(not_in && snet__set_has(not_in, node->index)))
			return node;
	}
	return NULL;
}

static size_t count_stations(const struct snet__model *model, const struct snet__set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += is_station(model->nodes[set->items[i]]);
	return count;
}

/* The station with this number, below how many there are, among those of the set. */
static const struct snet__model_node *station_at(const struct snet__model *model,
						 const struct snet__set *set,
						 size_t number)
{
	const size_t *item = set->items;

	while (!is_station(model->nodes[*item]) || number--)
		item++;
	return model->nodes[*item];
}

static const struct snet__model_node *other_than(const struct snet__model *model,
						 const struct snet__set *set,
						 const struct snet__model_node *node)
{
	for (size_t i = 0; i < model->node_count; i++)
		if (is_station(model->nodes[i]) && model->nodes[i] != node &&
		    !snet__set_has(set, i))
			return model->nodes[i];
	return NULL;
}

static int probe_shape(struct snet__probes *probes, const struct snet__fault *fault,
		       struct snet_err *err)
{
	const struct snet__model *model = &probes->recorder->lab->model;
	const struct snet__set *nodes = &fault->nodes;
	const struct snet__model_node *from = first_of(model, nodes, NULL), *to;
	size_t count = count_stations(model, nodes), first, last;
	int r = 0;

	if (fault->shape == SNET__PARTITION_ISOLATE) {
		to = from ? other_than(model, nodes, from) : NULL;
		return to ? add_probe(probes, fault, SNET__PROBE_ICMP, from, to, err) : 0;
	}
	if (count < 2)
		return 0; /* nobody can tell */
	/* The last one is in the other half, and the opposite one of a ring is not beside. Which
	 * side chance gives to each is not known yet. */
	last = fault->shape == SNET__PARTITION_RING ? count / 2 : count - 1;
	first = fault->shape == SNET__PARTITION_RANDOM ? 1 : last;
	for (size_t i = first; i <= last && i < first + SIDES_MAX && r == 0; i++)
		r = add_probe(probes, fault, SNET__PROBE_ICMP, from,
			      station_at(model, nodes, i), err);
	return r;
}

static int probe_groups(struct snet__probes *probes, const struct snet__fault *fault,
			struct snet_err *err)
{
	const struct snet__model *model = &probes->recorder->lab->model;
	const struct snet__model_node *from = NULL, *to = NULL;
	int r = 0;

	for (size_t i = 0; i + 1 < fault->group_count && i < PATHS_MAX && r == 0; i++) {
		from = first_of(model, &fault->groups[0], &fault->groups[i + 1]);
		to = first_of(model, &fault->groups[i + 1], &fault->groups[0]);
		if (from && to)
			r = add_probe(probes, fault, SNET__PROBE_ICMP, from, to, err);
	}
	return fault->group_count || r < 0 ? r : probe_shape(probes, fault, err);
}

static bool speaks_coap(const struct snet__model_node *node)
{
	return node->role == SNET__ROLE_DEVICE || node->role == SNET__ROLE_RELAYER;
}

static int probe_nodes(struct snet__probes *probes, const struct snet__fault *fault,
		       struct snet_err *err)
{
	const struct snet__model *model = &probes->recorder->lab->model;
	int r = 0;

	for (size_t i = 0; i < fault->nodes.count && i < PATHS_MAX && r == 0; i++) {
		const struct snet__model_node *to = model->nodes[fault->nodes.items[i]];
		const struct snet__model_node *from =
			other_than(model, &fault->nodes, to);

		if (from && speaks_coap(to))
			r = add_probe(probes, fault, SNET__PROBE_COAP, from, to, err);
		else if (from && to->role == SNET__ROLE_FUNCTIONS)
			r = add_probe(probes, fault, SNET__PROBE_HTTP, from, to, err);
	}
	return r;
}

/* Who only asks whether an endpoint is there does not meet a fault of calls. */
static int probe_functions(struct snet__probes *probes, const struct snet__fault *fault,
			   struct snet_err *err)
{
	return snet__fault_is_of_calls(fault) ? 0 : probe_nodes(probes, fault, err);
}

typedef int (*probe_fn)(struct snet__probes *probes, const struct snet__fault *fault,
			struct snet_err *err);

static probe_fn find_way(unsigned int on)
{
	static const struct {
		unsigned int on;
		probe_fn fn;
	} ways[] = {
		{SNET__FAULT_ON_LINKS, probe_links},
		{SNET__FAULT_ON_GROUPS, probe_groups},
		{SNET__FAULT_ON_NODES, probe_nodes},
		{SNET__FAULT_ON_FUNCTIONS, probe_functions},
	};
	size_t i = 0;

	while (ways[i].on != on)
		i++;
	return ways[i].fn;
}

int snet__probes_new(struct snet__probes **ret, struct snet__recorder *recorder,
		     struct snet_err *err)
{
	const struct snet__scenario *scenario = recorder->scenario;
	struct snet__probes *probes = calloc(1, sizeof(*probes));
	int r;

	if (!probes)
		return snet__err_oom(err);
	probes->recorder = recorder;
	r = snet__prober_new(&probes->prober, on_sample, recorder, err);
	for (size_t i = 0; i < scenario->fault_count && r == 0; i++)
		r = find_way(scenario->faults[i].kind->on)(probes, &scenario->faults[i],
							   err);
	if (r < 0) {
		snet__probes_free(probes);
		return snet__err_prefix(err, r, "cannot probe for faults");
	}
	*ret = probes;
	return 0;
}

int snet__probes_start(struct snet__probes *probes, struct snet_err *err)
{
	return probes->every_max_ns ? snet__prober_start(probes->prober, err) : 0;
}

uint64_t snet__probes_settle_ns(const struct snet__probes *probes)
{
	return probes ? IN_SETTLING * probes->every_max_ns : 0;
}

bool snet__probes_are_well(const struct snet__probes *probes, uint64_t since_ns)
{
	const struct snet__history *history;
	autofree bool *answered = NULL;
	size_t count = 0;

	if (!probes || !probes->every_max_ns)
		return true;
	history = probes->recorder->history;
	answered = calloc(history->probes_count, sizeof(*answered));
	if (!answered)
		return true;
	snet__recorder_lock(probes->recorder);
	/* In the order of their ends: nothing before these was asked since. */
	for (size_t i = history->samples_count; i-- > 0;) {
		const struct snet__history_sample *sample = &history->samples[i];

		if (sample->at_ns + SNET__PROBES_TIMEOUT_NS < since_ns)
			break;
		if (!sample->is_answered || sample->at_ns < since_ns ||
		    answered[sample->probe])
			continue;
		answered[sample->probe] = true;
		count++;
	}
	snet__recorder_unlock(probes->recorder);
	return count == history->probes_count;
}

void snet__probes_free(struct snet__probes *probes)
{
	if (probes)
		snet__prober_free(probes->prober);
	free(probes);
}
