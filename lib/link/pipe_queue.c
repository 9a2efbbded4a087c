/* SPDX-License-Identifier: MIT */
/* The queue of a pipe: what waits for the medium, how much of it there may be, and when it is
 * sent. The time at which a packet begins to be sent is known exactly however late the caller
 * looks: what is decided then, such as by CoDel, does not depend on when the caller does. */

#include <math.h>

#include "link/pipe_private.h"

/* What the medium has to carry for @packet. */
static uint64_t medium_bytes(const struct snet__pipe *pipe,
			     const struct snet__packet *packet)
{
	return snet__medium_bytes(packet, pipe->rules->overhead_bytes);
}

/* Send @packet on @medium, behind what was sent before: a trace may have kept that for longer than the
 * medium was busy. */
static void send_on(const struct snet__pipe *pipe, struct snet__medium *medium,
		    uint64_t rate_bps, const struct snet__packet *packet)
{
	snet__medium_send(medium, rate_bps, medium_bytes(pipe, packet),
			  later(packet->due_ns, pipe->sent_ns));
}

void snet__pipe_add_waiting(struct snet__pipe *pipe, struct snet__packet *packet)
{
	snet__packets_add(&pipe->waiting, packet);
	if (!pipe->unready)
		pipe->unready = packet;
	send_on(pipe, &pipe->promise, pipe->rules->rate_bps, packet);
}

static struct snet__packet *remove_waiting(struct snet__pipe *pipe)
{
	struct snet__packet *packet = snet__packets_remove(&pipe->waiting);

	if (pipe->unready == packet)
		pipe->unready = packet->next;
	else
		pipe->ready_packets--;
	/* After losses the promise may be too late: a packet that is lost was waited for. */
	if (!pipe->waiting.first)
		pipe->promise = pipe->medium;
	return packet;
}

/* Those behind it will be sent earlier, but not before now: by jitter they may have been ready. */
void snet__pipe_lose_waiting(struct snet__pipe *pipe, uint64_t now_ns,
			     enum snet__drop cause)
{
	struct snet__packet *packet = remove_waiting(pipe);
	struct snet__medium time = {0};

	snet__medium_send(&time, pipe->rules->rate_bps, medium_bytes(pipe, packet), 0);
	pipe->promise.free_ns =
		later(less(pipe->promise.free_ns, time.free_ns), pipe->medium.free_ns);
	pipe->sent_ns = later(pipe->sent_ns, now_ns);
	snet__pipe_lose_held(pipe, packet, cause);
}

/* When the first of the waiting begins to be sent. */
static uint64_t start_ns(const struct snet__pipe *pipe)
{
	uint64_t ready_ns = later(pipe->waiting.first->due_ns, pipe->sent_ns);

	/* What a trace lets be sent ahead depends on its rate then, which end_ns() knows. */
	if (pipe->rules->hooks.trace_ops)
		return ready_ns;
	return later(ready_ns, less(pipe->medium.free_ns, pipe->rules->burst_ns));
}

/* When it is due if it is sent then, which takes @medium as long as it takes. */
static uint64_t end_ns(const struct snet__pipe *pipe, struct snet__medium *medium,
		       uint64_t rate_bps)
{
	uint64_t start = start_ns(pipe);

	send_on(pipe, medium, rate_bps, pipe->waiting.first);
	return later(start,
		     less(medium->free_ns, snet__rules_burst_ns(pipe->rules, rate_bps)));
}

/* The rate in force; 0: none, or what the trace's departures are. */
static uint64_t rate_at(const struct snet__pipe *pipe, uint64_t at_ns)
{
	const struct snet__rule_hooks *hooks = &pipe->rules->hooks;
	struct snet__trace_moment point = {.has_rate = true};

	if (!hooks->trace_ops)
		return pipe->rules->rate_bps;
	if (hooks->trace_ops->point)
		hooks->trace_ops->point(hooks->trace, at_ns, &point);
	if (!point.has_rate)
		return pipe->rules->rate_bps;
	return point.rate_bps < SNET__RATE_MAX_BPS ? point.rate_bps : SNET__RATE_MAX_BPS;
}

/* What was sent ahead, as a burst, is owed to the medium in bytes, whatever its rate is from
 * @from_ns on. */
static void owe_again(struct snet__pipe *pipe, uint64_t from_ns, uint64_t rate_bps)
{
	double owed_ns = (double)less(pipe->medium.free_ns, from_ns);
	uint64_t old_bps = pipe->sent_bps;

	pipe->sent_bps = rate_bps;
	if (!owed_ns || old_bps == rate_bps)
		return;
	if (rate_bps)
		owed_ns *= (double)old_bps / (double)rate_bps;
	else
		owed_ns = 0;
	owed_ns = fmin(owed_ns, (double)snet__rules_burst_ns(pipe->rules, rate_bps));
	pipe->medium = (struct snet__medium){.free_ns = from_ns + (uint64_t)owed_ns};
}

static void send_first(struct snet__pipe *pipe, uint64_t start)
{
	const struct snet__rule_hooks *hooks = &pipe->rules->hooks;
	uint64_t rate_bps = rate_at(pipe, start), end;
	struct snet__packet *packet;

	owe_again(pipe, start, rate_bps);
	end = end_ns(pipe, &pipe->medium, rate_bps);
	packet = remove_waiting(pipe);
	if (hooks->trace_ops && hooks->trace_ops->departure)
		end = later(end, hooks->trace_ops->departure(hooks->trace, start,
							     medium_bytes(pipe, packet)));
	packet->due_ns = end;
	pipe->sent_ns = end;
	snet__pipe_put_on_line(pipe, packet);
}

/* Of the queue behind the first of the waiting, or of as much of it as is more than the largest
 * packet. What still has its delay before it is not in the queue yet, nor what comes after that. */
static uint64_t behind_bytes(const struct snet__pipe *pipe, uint64_t start)
{
	const struct snet__packet *packet = pipe->waiting.first->next;
	uint64_t ret = 0;

	for (; packet && packet->due_ns <= start && ret <= pipe->largest_bytes;
	     packet = packet->next)
		ret += snet__packet_wire_bytes(packet);
	return ret;
}

/* Is the first of the waiting lost, as it has waited too long? */
static bool is_judged(struct snet__pipe *pipe, uint64_t start)
{
	const struct snet__queue_rule *rule = &pipe->rules->queue;
	struct snet__packet *packet = pipe->waiting.first;
	struct snet__queue_head head = {
		.now_ns = start,
		.waited_ns = start - packet->due_ns,
		.largest_bytes = pipe->largest_bytes,
	};

	if (!rule->kind->judge)
		return false;
	head.behind_bytes = behind_bytes(pipe, start);
	return rule->kind->judge(rule, &pipe->queue, &head) &&
	       !snet__pipe_mark(pipe, packet);
}

/* Each is counted once: what has become ready stays so, and nobody overtakes it. */
static void count_ready(struct snet__pipe *pipe, uint64_t now_ns)
{
	for (; pipe->unready && pipe->unready->due_ns <= now_ns;
	     pipe->unready = pipe->unready->next)
		pipe->ready_packets++;
}

void snet__pipe_send_waiting(struct snet__pipe *pipe, uint64_t now_ns)
{
	while (pipe->waiting.first) {
		uint64_t start = start_ns(pipe);

		if (start > now_ns)
			break;
		if (is_judged(pipe, start))
			snet__pipe_lose_waiting(pipe, start, SNET__DROP_CODEL);
		else
			send_first(pipe, start);
	}
	if (pipe->rules->limit_ready < UINT64_MAX)
		count_ready(pipe, now_ns);
}

uint64_t snet__pipe_waiting_ns(const struct snet__pipe *pipe)
{
	const struct snet__rules *rules = pipe->rules;
	struct snet__medium medium = pipe->medium;

	/* Where it is not certain to leave, or when, that is seen as it begins to be sent. */
	if (rules->queue.kind->judge || rules->hooks.trace_ops)
		return start_ns(pipe);
	return later(start_ns(pipe),
		     less(end_ns(pipe, &medium, rules->rate_bps), *pipe->lead_ns));
}

/* How long a packet would wait for the medium. */
static uint64_t wait_ns(const struct snet__pipe *pipe, uint64_t now_ns, uint64_t ready_ns)
{
	if (!pipe->rules->hooks.trace_ops)
		return less(less(pipe->promise.free_ns, pipe->rules->burst_ns), ready_ns);
	/* A trace does not say before; the first of those that wait does. */
	return pipe->waiting.first ? less(now_ns, pipe->waiting.first->due_ns) : 0;
}

static bool is_full(const struct snet__pipe *pipe, uint64_t now_ns, uint64_t ready_ns,
		    uint32_t bytes)
{
	const struct snet__rules *rules = pipe->rules;
	const struct snet__pipe_counts *counts = &pipe->counts;

	return counts->queue_packets - pipe->left_packets >= rules->limit_packets ||
	       pipe->ready_packets >= rules->limit_ready ||
	       counts->queue_bytes - pipe->left_bytes + bytes > rules->limit_bytes ||
	       (rules->is_sent && rules->limit_ns < UINT64_MAX &&
		wait_ns(pipe, now_ns, ready_ns) > rules->limit_ns);
}

/* Of what waits, or else of what is delayed; what is being sent is sent. */
static bool lose_oldest(struct snet__pipe *pipe, uint64_t now_ns)
{
	struct snet__packet *packet = NULL;

	if (pipe->waiting.first) {
		snet__pipe_lose_waiting(pipe, now_ns, SNET__DROP_QUEUE);
		return true;
	}
	if (!pipe->rules->is_sent)
		packet = snet__line_remove(&pipe->line);
	if (packet)
		snet__pipe_lose_held(pipe, packet, SNET__DROP_QUEUE);
	return packet;
}

bool snet__pipe_admit(struct snet__pipe *pipe, uint64_t now_ns, uint64_t ready_ns,
		      struct snet__packet *packet)
{
	uint32_t bytes = snet__packet_wire_bytes(packet);
	/* For what would not fit into an empty queue no other makes room. */
	bool drops_oldest = pipe->rules->queue.kind->drops_oldest &&
			    bytes <= pipe->rules->limit_bytes;

	while (is_full(pipe, now_ns, ready_ns, bytes))
		if (!drops_oldest || !lose_oldest(pipe, now_ns)) {
			snet__pipe_lose(pipe, packet, SNET__DROP_QUEUE);
			return false;
		}
	return true;
}

/* Nothing has to wait any more but for its delay, and for those before it. */
static void free_waiting(struct snet__pipe *pipe)
{
	struct snet__packet *packet;

	while (pipe->waiting.first) {
		packet = remove_waiting(pipe);
		packet->due_ns = later(packet->due_ns, pipe->sent_ns);
		pipe->sent_ns = packet->due_ns;
		snet__pipe_put_on_line(pipe, packet);
	}
}

/* No jitter adds more times itself than a table of int16_t can say. */
#define JITTERS 4

/* What has a time at which it is due takes no longer than under the new rules. What has been sent has
 * had its delay, and takes the time of the largest packet at most. */
static void hasten_line(struct snet__pipe *pipe, uint64_t latest_ns)
{
	const struct snet__rules *rules = pipe->rules;
	uint64_t owed_ns = less(pipe->medium.free_ns, pipe->sent_ns);
	uint64_t largest = pipe->largest_bytes;
	struct snet__medium rest = {0};

	if (rules->overhead_bytes > 0)
		largest += pipe->most_segments * (uint64_t)rules->overhead_bytes;
	snet__medium_send(&rest, rules->rate_bps, largest, 0);
	latest_ns += rest.free_ns;
	snet__line_hasten(&pipe->line, latest_ns);
	if (pipe->floor_ns > latest_ns)
		pipe->floor_ns = latest_ns;
	if (pipe->sent_ns > latest_ns) {
		pipe->sent_ns = latest_ns;
		pipe->medium = (struct snet__medium){.free_ns = latest_ns + owed_ns};
	}
}

/* Nor does what waits for its delay, behind those that are due. A trace may say anything. */
static void hasten(struct snet__pipe *pipe, uint64_t now_ns,
		   const struct snet__rules *old)
{
	const struct snet__rules *rules = pipe->rules;
	uint64_t latest_ns = now_ns + rules->delay_ns + JITTERS * rules->dist.jitter_ns;

	if (rules->hooks.trace_ops)
		return;
	if (!old->is_sent)
		hasten_line(pipe, latest_ns);
	else if (old->hooks.trace_ops || old->rate_bps != rules->rate_bps)
		hasten_line(pipe, now_ns);
	latest_ns = later(latest_ns, snet__line_latest_ns(&pipe->line));
	for (struct snet__packet *packet = pipe->waiting.first; packet;
	     packet = packet->next)
		if (packet->due_ns > latest_ns)
			packet->due_ns = latest_ns;
}

/* What waits is sent at another rate than was said. */
static void promise_again(struct snet__pipe *pipe)
{
	const struct snet__packet *packet = pipe->waiting.first;

	pipe->promise = pipe->medium;
	for (; packet; packet = packet->next)
		send_on(pipe, &pipe->promise, pipe->rules->rate_bps, packet);
}

void snet__pipe_retime(struct snet__pipe *pipe, uint64_t now_ns,
		       const struct snet__rules *old)
{
	if (snet__rules_differ_in_time(old, pipe->rules))
		hasten(pipe, now_ns, old);
	/* What still waits begins now at the earliest, whatever the new rate is. */
	pipe->sent_ns = later(pipe->sent_ns, now_ns);
	if (!pipe->rules->is_sent)
		free_waiting(pipe);
	/* A trace says what its rate is as the next packet is sent. */
	if (!pipe->rules->hooks.trace_ops)
		owe_again(pipe, pipe->sent_ns, pipe->rules->rate_bps);
	promise_again(pipe);
}
