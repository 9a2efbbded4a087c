/* SPDX-License-Identifier: MIT */
/* A packet's way, in the order of netem: it is lost or marked, duplicated, corrupted, must find
 * the queue not full, and is then put
 *
 *   at the front  when it overtakes the others, or is none of those the impairment is for;
 *   on the line   when nothing but a delay keeps it: it has a time at which it is due;
 *   among those that wait for the medium, when there is a rate or a trace: they leave in the order
 *                 in which they came, none before its delay is over, and take their time to be
 *                 sent, which is when they go on the line.
 *
 * As in netem the delay comes first, so that the next packet's time counts from the last one's.
 * Source: tc-netem(8). */

#include "link/pipe.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "link/frame.h"
#include "link/pipe_private.h"

static void hold(struct snet__pipe *pipe, const struct snet__packet *packet)
{
	struct snet__pipe_counts *counts = &pipe->counts;

	counts->queue_bytes += snet__packet_wire_bytes(packet);
	counts->queue_packets++;
	counts->queue_packets_max = later(counts->queue_packets_max,
					  counts->queue_packets - pipe->left_packets);
	counts->queue_bytes_max =
		later(counts->queue_bytes_max, counts->queue_bytes - pipe->left_bytes);
}

static void release(struct snet__pipe *pipe, const struct snet__packet *packet)
{
	pipe->counts.queue_packets--;
	pipe->counts.queue_bytes -= snet__packet_wire_bytes(packet);
}

void snet__pipe_lose(struct snet__pipe *pipe, struct snet__packet *packet,
		     enum snet__drop cause)
{
	pipe->counts.lost[cause]++;
	pipe->ops->drop(pipe->user, packet, cause);
}

void snet__pipe_lose_held(struct snet__pipe *pipe, struct snet__packet *packet,
			  enum snet__drop cause)
{
	release(pipe, packet);
	snet__pipe_lose(pipe, packet, cause);
}

static void change(struct snet__pipe *pipe, struct snet__packet *packet)
{
	if (pipe->ops->change)
		pipe->ops->change(pipe->user, packet);
}

bool snet__pipe_mark(struct snet__pipe *pipe, struct snet__packet *packet)
{
	if (!pipe->rules->marks || !snet__frame_is_markable(packet))
		return false;
	change(pipe, packet);
	(void)snet__frame_mark(packet); /* it can be */
	pipe->counts.marked++;
	return true;
}

void snet__pipe_put_on_line(struct snet__pipe *pipe, struct snet__packet *packet)
{
	if (!snet__line_add(&pipe->line, packet))
		snet__pipe_lose_held(pipe, packet, SNET__DROP_MEMORY);
}

/* At the end of the list: those that were there first see a packet first. */
void snet__pipe_add_guard(struct snet__pipe *pipe, struct snet__guard *guard)
{
	struct snet__guard **at = &pipe->guards;

	while (*at)
		at = &(*at)->next;
	guard->next = NULL;
	*at = guard;
}

void snet__pipe_remove_guard(struct snet__pipe *pipe, struct snet__guard *guard)
{
	struct snet__guard **at = &pipe->guards;

	while (*at && *at != guard)
		at = &(*at)->next;
	if (*at)
		*at = guard->next;
}

static struct snet__packet *remove_due(struct snet__pipe *pipe, uint64_t now_ns)
{
	struct snet__packet *packet = snet__packets_remove(&pipe->front);

	if (packet)
		return packet;
	packet = snet__line_first(&pipe->line);
	if (!packet || packet->due_ns > now_ns)
		return NULL;
	return snet__line_remove(&pipe->line);
}

/* An owner who is late finds what is due in the order in which it would have left. */
static void set_aside_due(struct snet__pipe *pipe, uint64_t now_ns)
{
	struct snet__packet *packet;

	while ((packet = remove_due(pipe, now_ns))) {
		snet__packets_add(&pipe->left, packet);
		pipe->left_packets++;
		pipe->left_bytes += snet__packet_wire_bytes(packet);
	}
}

static struct snet__packet *remove_left(struct snet__pipe *pipe)
{
	struct snet__packet *packet = snet__packets_remove(&pipe->left);

	if (packet) {
		pipe->left_packets--;
		pipe->left_bytes -= snet__packet_wire_bytes(packet);
	}
	return packet;
}

/* ---- in ---- */

static void put_in_front(struct snet__pipe *pipe, uint64_t now_ns,
			 struct snet__packet *packet)
{
	hold(pipe, packet);
	packet->due_ns = now_ns;
	snet__packets_add(&pipe->front, packet);
}

static void enqueue(struct snet__pipe *pipe, uint64_t now_ns, uint64_t delay_ns,
		    struct snet__packet *packet)
{
	uint64_t ready_ns = later(now_ns + delay_ns, pipe->floor_ns);

	if (!snet__pipe_admit(pipe, now_ns, ready_ns, packet))
		return;
	hold(pipe, packet);
	packet->due_ns = ready_ns;
	if (pipe->rules->is_sent)
		snet__pipe_add_waiting(pipe, packet);
	else
		snet__pipe_put_on_line(pipe, packet);
}

static void carry(struct snet__pipe *pipe, uint64_t now_ns, struct snet__packet *packet,
		  const struct snet__decision *decision)
{
	if (decision->fate & SNET__FATE_CORRUPT) {
		change(pipe, packet);
		pipe->counts.corrupted += snet__frame_corrupt(packet, decision->place);
	}
	if (!(decision->fate & SNET__FATE_AT_ONCE)) {
		enqueue(pipe, now_ns, decision->delay_ns, packet);
	} else if (snet__pipe_admit(pipe, now_ns, now_ns + decision->delay_ns, packet)) {
		pipe->counts.reordered++;
		put_in_front(pipe, now_ns, packet);
	}
}

/* What is replayed is decided as well, so that what comes behind its end is what would have. */
static void decide(struct snet__pipe *pipe, const struct snet__trace_moment *point,
		   bool is_copy, struct snet__decision *ret)
{
	struct snet__decision replayed;

	snet__decider_decide(&pipe->decider, pipe->rules, point, is_copy, ret);
	if (pipe->replay && pipe->replay(pipe->replay_user, &replayed)) {
		replayed.number = ret->number;
		*ret = replayed;
	} else {
		pipe->replay = NULL;
	}
	if (pipe->ops->decided)
		pipe->ops->decided(pipe->user, ret);
}

/* About a packet and, if there is to be one, its copy: whether or not it comes to that. */
static void decide_both(struct snet__pipe *pipe, uint64_t now_ns,
			struct snet__decision *ret, struct snet__decision *ret_copy)
{
	const struct snet__rule_hooks *hooks = &pipe->rules->hooks;
	struct snet__trace_moment point = {0};

	if (hooks->trace_ops && hooks->trace_ops->point)
		hooks->trace_ops->point(hooks->trace, now_ns, &point);
	decide(pipe, &point, false, ret);
	if (ret->fate & SNET__FATE_DUPLICATE)
		decide(pipe, &point, true, ret_copy);
}

static bool is_lost(struct snet__pipe *pipe, struct snet__packet *packet,
		    const struct snet__decision *decision)
{
	return decision->fate & SNET__FATE_LOSE && !snet__pipe_mark(pipe, packet);
}

static void duplicate(struct snet__pipe *pipe, uint64_t now_ns,
		      const struct snet__packet *packet,
		      const struct snet__decision *decision)
{
	struct snet__packet *copy = pipe->ops->copy(pipe->user, packet);

	pipe->counts.duplicated++;
	if (!copy) {
		pipe->counts.lost[SNET__DROP_MEMORY]++;
		return;
	}
	copy->arrived_ns = packet->arrived_ns;
	copy->number = packet->number;
	copy->is_copy = true;
	if (is_lost(pipe, copy, decision))
		snet__pipe_lose(pipe, copy, SNET__DROP_LOSS);
	else
		carry(pipe, now_ns, copy, decision);
}

/* As in netem one of the two is left of a packet that is both duplicated and lost, and the copy is
 * made before the packet is corrupted. */
static void impair(struct snet__pipe *pipe, uint64_t now_ns, struct snet__packet *packet)
{
	struct snet__decision decision, of_copy;
	bool lost;

	decide_both(pipe, now_ns, &decision, &of_copy);
	lost = is_lost(pipe, packet, &decision);
	if (decision.fate & SNET__FATE_DUPLICATE) {
		if (!lost)
			duplicate(pipe, now_ns, packet, &of_copy);
		lost = false;
	}
	if (lost)
		snet__pipe_lose(pipe, packet, SNET__DROP_LOSS);
	else
		carry(pipe, now_ns, packet, &decision);
}

static void count_in(struct snet__pipe *pipe, const struct snet__packet *packet)
{
	uint32_t bytes = snet__packet_wire_bytes(packet);

	pipe->counts.in_packets++;
	pipe->counts.in_bytes += bytes;
	if (bytes > pipe->largest_bytes)
		pipe->largest_bytes = bytes;
	if (packet->segments >= pipe->most_segments)
		pipe->most_segments = packet->segments ? packet->segments : 1;
}

static bool needs_decision(const struct snet__pipe *pipe)
{
	return !pipe->rules->is_plain || pipe->replay || pipe->ops->decided;
}

/* Nothing is decided about it: what chance says of the others does not depend on it. */
static bool is_exempt(const struct snet__pipe *pipe, const struct snet__packet *packet)
{
	const struct snet__rule_hooks *hooks = &pipe->rules->hooks;

	return hooks->applies && !hooks->applies(hooks->filter, packet);
}

static bool is_stopped(struct snet__pipe *pipe, const struct snet__packet *packet,
		       uint64_t now_ns)
{
	return pipe->guards && snet__guards_stop(pipe->guards, packet, now_ns);
}

static bool is_too_large(const struct snet__pipe *pipe, const struct snet__packet *packet)
{
	return pipe->rules->pmtu && snet__frame_mtu(packet) > pipe->rules->pmtu;
}

void snet__pipe_push(struct snet__pipe *pipe, uint64_t now_ns,
		     struct snet__packet *packet)
{
	const struct snet__rules *rules = pipe->rules;

	count_in(pipe, packet);
	packet->arrived_ns = now_ns;
	packet->number = pipe->counts.in_packets;
	packet->is_copy = false;
	if (pipe->waiting.first)
		snet__pipe_send_waiting(pipe, now_ns);
	set_aside_due(pipe, now_ns);
	if (rules->is_down) {
		snet__pipe_lose(pipe, packet, SNET__DROP_DOWN);
	} else if (is_stopped(pipe, packet, now_ns)) {
		snet__pipe_lose(pipe, packet, SNET__DROP_FAULT);
	} else if (is_exempt(pipe, packet)) {
		put_in_front(pipe, now_ns, packet);
	} else if (is_too_large(pipe, packet)) {
		snet__pipe_lose(pipe, packet, SNET__DROP_PMTU);
	} else if (needs_decision(pipe)) {
		impair(pipe, now_ns, packet);
	} else {
		pipe->decider.packets.count++;
		enqueue(pipe, now_ns, rules->delay_ns, packet);
	}
}

void snet__pipe_refuse(struct snet__pipe *pipe, uint64_t now_ns,
		       const struct snet__packet *packet)
{
	struct snet__decision decision, of_copy;

	count_in(pipe, packet);
	pipe->counts.lost[SNET__DROP_MEMORY]++;
	if (!pipe->rules->is_down && !is_stopped(pipe, packet, now_ns) &&
	    !is_exempt(pipe, packet) && !is_too_large(pipe, packet))
		decide_both(pipe, now_ns, &decision, &of_copy);
}

/* ---- out ---- */

struct snet__packet *snet__pipe_pop(struct snet__pipe *pipe, uint64_t now_ns)
{
	struct snet__packet *packet;

	if (pipe->waiting.first)
		snet__pipe_send_waiting(pipe, now_ns);
	packet = remove_left(pipe);
	if (!packet)
		packet = remove_due(pipe, now_ns + *pipe->lead_ns);
	if (!packet)
		return NULL;
	release(pipe, packet);
	pipe->counts.out_packets++;
	pipe->counts.out_bytes += snet__packet_wire_bytes(packet);
	pipe->counts.late += packet->number < pipe->last_out;
	pipe->last_out = later(pipe->last_out, packet->number);
	snet__histogram_add(&pipe->delays,
			    later(now_ns, packet->due_ns) - packet->arrived_ns);
	return packet;
}

uint64_t snet__pipe_next_ns(const struct snet__pipe *pipe)
{
	const struct snet__packet *first = pipe->left.first;

	if (!first)
		first = pipe->front.first;
	if (first)
		return first->due_ns;
	first = snet__line_first(&pipe->line);
	if (first) /* what waits is sent after it, or with it */
		return less(first->due_ns, *pipe->lead_ns);
	return pipe->waiting.first ? snet__pipe_waiting_ns(pipe) : UINT64_MAX;
}

/* ---- the object ---- */

static void lose_all(struct snet__pipe *pipe)
{
	struct snet__packet *packet;

	while ((packet = remove_left(pipe)))
		snet__pipe_lose_held(pipe, packet, SNET__DROP_DOWN);
	while ((packet = snet__packets_remove(&pipe->front)))
		snet__pipe_lose_held(pipe, packet, SNET__DROP_DOWN);
	while ((packet = snet__line_remove(&pipe->line)))
		snet__pipe_lose_held(pipe, packet, SNET__DROP_DOWN);
	while (pipe->waiting.first)
		snet__pipe_lose_waiting(pipe, 0, SNET__DROP_DOWN);
	/* Nothing is being sent any more. */
	pipe->medium = pipe->promise = (struct snet__medium){0};
	pipe->sent_ns = pipe->floor_ns = 0;
}

static const uint64_t no_lead;

int snet__pipe_new(struct snet__pipe **ret, const struct snet__pipe_opts *opts,
		   struct snet__rules *rules, struct snet_err *err)
{
	autofree struct snet__pipe *pipe = calloc(1, sizeof(*pipe));
	int r;

	if (!pipe)
		return snet__err_oom(err);
	pipe->ops = opts->ops;
	pipe->user = opts->user;
	pipe->lead_ns = opts->lead_ns ? opts->lead_ns : &no_lead;
	r = snet__decider_init(&pipe->decider, opts->seed, opts->link, opts->is_back,
			       err);
	if (r < 0)
		return r;
	pipe->rules = rules;
	*ret = steal_ptr(pipe);
	return 0;
}

void snet__pipe_free(struct snet__pipe *pipe)
{
	if (!pipe)
		return;
	lose_all(pipe);
	snet__line_clear(&pipe->line);
	snet__rules_free(pipe->rules);
	free(pipe);
}

void snet__pipe_set(struct snet__pipe *pipe, uint64_t now_ns, struct snet__rules *rules)
{
	struct snet__rules *old = pipe->rules;

	snet__pipe_send_waiting(pipe, now_ns);
	snet__rules_resume(rules, old);
	pipe->rules = rules;
	/* What a queue was about to do it does not do after another has been in its place. */
	if (rules->queue.kind != old->queue.kind)
		pipe->queue = (struct snet__queue_state){0};
	snet__pipe_retime(pipe, now_ns, old);
	if (snet__rules_differ_in_time(old, rules))
		pipe->floor_ns = later(pipe->floor_ns, snet__line_latest_ns(&pipe->line));
	if (rules->is_down)
		lose_all(pipe);
	snet__rules_free(old);
}

const struct snet__pipe_counts *snet__pipe_counts(const struct snet__pipe *pipe)
{
	return &pipe->counts;
}

void snet__pipe_look(const struct snet__pipe *pipe, uint64_t now_ns,
		     struct snet__trace_moment *ret)
{
	const struct snet__rule_hooks *hooks = &pipe->rules->hooks;

	*ret = (struct snet__trace_moment){.has_delay = false};
	if (hooks->trace_ops && hooks->trace_ops->look)
		hooks->trace_ops->look(hooks->trace, now_ns, ret);
}

uint64_t snet__pipe_delay_ns(const struct snet__pipe *pipe, double share)
{
	return snet__histogram_quantile(&pipe->delays, share);
}

void snet__pipe_replay(struct snet__pipe *pipe,
		       bool (*next)(void *user, struct snet__decision *ret), void *user)
{
	pipe->replay = next;
	pipe->replay_user = user;
}
