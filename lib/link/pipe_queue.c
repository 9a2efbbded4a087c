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

void snet__pipe_add_waiting(struct snet__pipe *pipe, struct snet__packet *packet)
{
	snet__packets_add(&pipe->waiting, packet);
	pipe->waiting_bytes += snet__packet_wire_bytes(packet);
	snet__medium_send(&pipe->promise, pipe->rules->rate_bps,
			  medium_bytes(pipe, packet), packet->due_ns);
}

static struct snet__packet *remove_waiting(struct snet__pipe *pipe)
{
	struct snet__packet *packet = snet__packets_remove(&pipe->waiting);

	pipe->waiting_bytes -= snet__packet_wire_bytes(packet);
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
	uint64_t free_ns = less(pipe->medium.free_ns, pipe->rules->burst_ns);

	return later(later(pipe->waiting.first->due_ns, pipe->sent_ns), free_ns);
}

/* When it is due if it is sent then, which takes @medium as long as it takes. */
static uint64_t end_ns(const struct snet__pipe *pipe, struct snet__medium *medium,
		       uint64_t rate_bps)
{
	const struct snet__packet *packet = pipe->waiting.first;
	uint64_t start = start_ns(pipe);

	snet__medium_send(medium, rate_bps, medium_bytes(pipe, packet), packet->due_ns);
	return later(start, less(medium->free_ns, pipe->rules->burst_ns));
}

static uint64_t rate_at(const struct snet__pipe *pipe, uint64_t at_ns)
{
	const struct snet__rule_hooks *hooks = &pipe->rules->hooks;
	struct snet__trace_moment point = {0};

	if (!hooks->trace_ops || !hooks->trace_ops->point)
		return pipe->rules->rate_bps;
	hooks->trace_ops->point(hooks->trace, at_ns, &point);
	if (!point.has_rate)
		return pipe->rules->rate_bps;
	return point.rate_bps < SNET__RATE_MAX_BPS ? point.rate_bps : SNET__RATE_MAX_BPS;
}

static void send_first(struct snet__pipe *pipe, uint64_t start)
{
	const struct snet__rule_hooks *hooks = &pipe->rules->hooks;
	uint64_t end = end_ns(pipe, &pipe->medium, rate_at(pipe, start));
	struct snet__packet *packet = remove_waiting(pipe);

	if (hooks->trace_ops && hooks->trace_ops->departure)
		end = later(end, hooks->trace_ops->departure(hooks->trace, start,
							     medium_bytes(pipe, packet)));
	packet->due_ns = end;
	pipe->sent_ns = end;
	snet__pipe_put_on_line(pipe, packet);
}

/* Is the first of the waiting lost, as it has waited too long? */
static bool is_judged(struct snet__pipe *pipe, uint64_t start)
{
	const struct snet__queue_rule *rule = &pipe->rules->queue;
	struct snet__packet *packet = pipe->waiting.first;
	struct snet__queue_head head = {
		.now_ns = start,
		.waited_ns = start - packet->due_ns,
		.behind_bytes = pipe->waiting_bytes - snet__packet_wire_bytes(packet),
		.largest_bytes = pipe->largest_bytes,
	};

	return rule->kind->judge && rule->kind->judge(rule, &pipe->queue, &head) &&
	       !snet__pipe_mark(pipe, packet);
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
}

uint64_t snet__pipe_waiting_ns(const struct snet__pipe *pipe)
{
	const struct snet__rules *rules = pipe->rules;
	struct snet__medium medium = pipe->medium;

	/* Where it is not certain to leave, or when, that is seen as it begins to be sent. */
	if (rules->queue.kind->judge || rules->hooks.trace_ops)
		return start_ns(pipe);
	return end_ns(pipe, &medium, rules->rate_bps);
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

	return counts->queue_packets >= rules->limit_packets ||
	       counts->queue_bytes + bytes > rules->limit_bytes ||
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
	while (is_full(pipe, now_ns, ready_ns, snet__packet_wire_bytes(packet)))
		if (!pipe->rules->queue.kind->drops_oldest ||
		    !lose_oldest(pipe, now_ns)) {
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

/* What was sent ahead, as a burst, is owed to the medium in bytes, whatever its rate is now. */
static void owe_again(struct snet__pipe *pipe, const struct snet__rules *old)
{
	double owed_ns = (double)less(pipe->medium.free_ns, pipe->sent_ns);

	if (!owed_ns || old->rate_bps == pipe->rules->rate_bps)
		return;
	if (pipe->rules->rate_bps)
		owed_ns *= (double)old->rate_bps / (double)pipe->rules->rate_bps;
	else
		owed_ns = 0;
	owed_ns = fmin(owed_ns, (double)pipe->rules->burst_ns);
	pipe->medium =
		(struct snet__medium){.free_ns = pipe->sent_ns + (uint64_t)owed_ns};
}

/* What waits is sent at another rate than was said. */
static void promise_again(struct snet__pipe *pipe)
{
	const struct snet__packet *packet = pipe->waiting.first;

	pipe->promise = pipe->medium;
	for (; packet; packet = packet->next)
		snet__medium_send(&pipe->promise, pipe->rules->rate_bps,
				  medium_bytes(pipe, packet), packet->due_ns);
}

void snet__pipe_retime(struct snet__pipe *pipe, uint64_t now_ns,
		       const struct snet__rules *old)
{
	/* What still waits begins now at the earliest, whatever the new rate is. */
	pipe->sent_ns = later(pipe->sent_ns, now_ns);
	if (!pipe->rules->is_sent)
		free_waiting(pipe);
	owe_again(pipe, old);
	promise_again(pipe);
}
