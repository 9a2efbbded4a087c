/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_H
#define SNET_LINK_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How delays are spread around their mean by a jitter; those of tc-netem(8). */
enum snet_distribution {
	SNET_DISTRIBUTION_UNIFORM, /* from delay - jitter to delay + jitter */
	/* The jitter is the standard deviation of the first; of the others, whose tails are cut off
	 * as tc(8) does it, that is about 0.85 of it. */
	SNET_DISTRIBUTION_NORMAL,
	SNET_DISTRIBUTION_PARETO,
	SNET_DISTRIBUTION_PARETONORMAL,
	SNET_DISTRIBUTION_TABLE, /* of a file, see @table */
};

/** Which packets are lost. */
enum snet_loss_model {
	SNET_LOSS_RANDOM,  /* each with probability @loss */
	SNET_LOSS_NTH,     /* every @loss_nth packet */
	SNET_LOSS_STATE,   /* the four-state Markov model of tc-netem(8) */
	SNET_LOSS_GEMODEL, /* the Gilbert-Elliott model of tc-netem(8) */
};

/** What leaves a queue that is full. */
enum snet_queue {
	SNET_QUEUE_TAIL_DROP, /* the packet that comes */
	SNET_QUEUE_HEAD_DROP, /* the oldest one */
	SNET_QUEUE_CODEL, /* the same as tail drop, and early what has waited: RFC 8289 */
};

/**
 * struct snet_impairment - what happens to the packets of one direction
 *
 * Terms and meanings are those of tc-netem(8); units are ours. All zero is a plain link.
 * A correlation, 0 to 1, makes each random number depend on the one before; it also makes small
 * shares smaller, see snet-lab(5).
 * @delay_ns:   one-way delay: from when a packet came to one end until it is at the other
 * @jitter_ns:  how far the delay varies, see @distribution; packets overtake each other by it, but
 *              with @rate_bps none does
 * @delay_correlation: of the jitter; next to nothing unless it is uniform
 * @distribution: of the jitter
 * @table:      a file with a distribution as tc(8) reads them: numbers from -32768 to 32767, where
 *              8192 is one standard deviation
 * @loss_model: which of the following say what is lost
 * @loss:       share of packets lost, 0 to 1
 * @loss_correlation: of SNET_LOSS_RANDOM, and of the losses of a trace
 * @loss_nth:   of SNET_LOSS_NTH: 100 loses the 100th, the 200th, ...
 * @loss_state: of SNET_LOSS_STATE: p13, p31, p32, p23, p14
 * @loss_gemodel: of SNET_LOSS_GEMODEL: p, r, 1-h, 1-k
 * @duplicate:  share sent twice, 0 to 1
 * @corrupt:    share with one bit inverted, 0 to 1
 * @reorder:    share sent at once, ahead of the delayed, 0 to 1; needs a delay
 * @gap:        with @reorder: those sent at once are at least so many packets apart
 * @rate_bps:   bit/s, 0 for no limit; sizes are those of Ethernet frames, with their headers
 * @burst_bytes: with @rate_bps, or the rate of a trace: what may pass at once after a pause; default:
 *              nothing, each packet takes its time, and arrives when its last bit has
 * @overhead_bytes: with @rate_bps or a trace: what the medium adds to a packet; may be negative
 * @limit_packets, @limit_bytes, @limit_ns: longest queue, in each measure; 0: no limit in it. With
 *              none of them it is the shaper's default
 * @queue:      what a full queue loses
 * @codel_target_ns, @codel_interval_ns: of SNET_QUEUE_CODEL; default: 5 ms and 100 ms
 * @pmtu:       path MTU of the direction: what is larger is lost, and nobody is told, as where
 *              a tunnel is on the way (a black hole, RFC 2923); bytes without the Ethernet header, 68
 *              to 65535; 0: no less than the @mtu of the link, which its ends know
 * @ecn:        packets that can be are marked (RFC 3168) instead of lost by @loss or CoDel
 * @filter:     an expression of pcap-filter(7): other packets pass as on a plain link unless it is
 *              @down; or NULL. Between two switches one with "vlan" sees the tags of all VLANs but 1
 * @trace:      a file of what the link can carry over time, or NULL; see snet-lab(5). What it says
 *              takes the place of @delay_ns, @loss or @rate_bps
 * @trace_once: after its end all passes; else it begins again
 * @decisions:  a file to write what chance decides about each packet, or NULL; ".forth" or ".back" is
 *              added to its name
 * @replay:     such a file, without that addition: what it has is decided, and chance decides about
 *              the packets that come then; or NULL
 * @down:       nothing passes
 */
struct snet_impairment {
	uint64_t delay_ns;
	uint64_t jitter_ns;
	double delay_correlation;
	enum snet_distribution distribution;
	const char *table;
	enum snet_loss_model loss_model;
	double loss;
	double loss_correlation;
	uint32_t loss_nth;
	double loss_state[5];
	double loss_gemodel[4];
	double duplicate;
	double duplicate_correlation;
	double corrupt;
	double corrupt_correlation;
	double reorder;
	double reorder_correlation;
	uint32_t gap;
	uint64_t rate_bps;
	uint64_t burst_bytes;
	int32_t overhead_bytes;
	uint32_t limit_packets;
	uint64_t limit_bytes;
	uint64_t limit_ns;
	enum snet_queue queue;
	uint64_t codel_target_ns;
	uint64_t codel_interval_ns;
	uint32_t pmtu;
	bool ecn;
	const char *filter;
	const char *trace;
	bool trace_once;
	const char *decisions;
	const char *replay;
	bool down;
};

/** enum snet_direction - of a link, as it is described: from its first node to its second */
enum snet_direction {
	SNET_DIRECTION_BOTH,
	SNET_DIRECTION_FORTH,
	SNET_DIRECTION_BACK,
};

/** What makes the impairments of a link real. */
enum snet_shaper {
	SNET_SHAPER_AUTO,  /* the kernel's, where it has one that can do what is asked */
	SNET_SHAPER_NETEM, /* sch_netem of the kernel */
	SNET_SHAPER_USER,  /* a thread of this process */
};

/**
 * struct snet_link_opts - a link between two nodes; zero or NULL is each field's default
 * @size: sizeof(struct snet_link_opts)
 * @from: a node; needed
 * @to:   another node; needed
 * @forth: the direction @from to @to
 * @back:  the direction @to to @from
 * @name: unique among links; default: FROM-TO
 * @vlan: the VLAN of a switch that a node is in, or that a link of two switches carries alone
 *        (IEEE 802.1Q), 1 to 4094; default: 1, and all between two switches
 * @vlans: those that a link of two switches carries; default: all
 * @vlan_count: how many @vlans there are
 * @mtu:  bytes of the largest packet, without the Ethernet header, 68 to 65535; default: 1500. Of a
 *        link that is there snet_lab_apply() changes it in place
 * @shaper: what makes the impairments real
 */
struct snet_link_opts {
	size_t size;
	const char *from;
	const char *to;
	struct snet_impairment forth;
	struct snet_impairment back;
	const char *name;
	unsigned int vlan;
	const unsigned int *vlans;
	size_t vlan_count;
	unsigned int mtu;
	enum snet_shaper shaper;
};

/**
 * snet_lab_add_link() - describe a link, before up
 * @lab:  borrowed, not up
 * @opts: borrowed during the call
 * @err:  filled on failure, may be NULL
 *
 * The ends may be added later; they are checked by snet_lab_up(), and so is whether this machine
 * has a shaper that can do what is asked.
 *
 * Return: 0, -EINVAL, -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_link(struct snet_lab *lab, const struct snet_link_opts *opts,
			       struct snet_err *err);

/**
 * snet_link_set() - impair a link of a running lab otherwise
 * @lab:  borrowed, up
 * @link: its name
 * @direction: which of its directions
 * @impairment: what is to happen to packets from now on, all of it; borrowed during the call. What
 *        is all zero lets them pass. Its @table and @trace are read anew, also when they are the same
 * @err:  filled on failure, may be NULL
 *
 * It holds from one packet to the next, and none overtakes another by it. Those on their way keep
 * the delay that they have, or take the longest of the new ones from now on when that is shorter:
 * @delay_ns and four times @jitter_ns, but none after a trace. Those that wait for the medium, or are
 * being sent, are sent at the new rate, or at once when there is none any more. netem lets those on
 * their way keep their delay in any case.
 *
 * What is on its way is lost when the link goes down, and when it has been plain up to now and is not
 * one between a node and a switch: it is then made anew first, as when a cable is replaced.
 *
 * Return: 0, -ENOENT (no such link), -EINVAL (@direction, @impairment, or what the link's shaper
 *         cannot do), -ENOTCONN (not up), -EDEADLK (called by a callback of the lab), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_link_set(struct snet_lab *lab, const char *link,
			   enum snet_direction direction,
			   const struct snet_impairment *impairment,
			   struct snet_err *err);

/**
 * struct snet_flap_opts - how a link flaps
 * @size:    sizeof(struct snet_flap_opts)
 * @down_ns: how long it is down each time; 0: 1 s
 * @up_ns:   how long it is up between; 0: 1 s
 * @count:   how often it goes down; 0: once
 */
struct snet_flap_opts {
	size_t size;
	uint64_t down_ns, up_ns;
	unsigned int count;
};

/**
 * snet_link_flap() - take a link of a running lab down and up again, several times
 * @lab:  borrowed, up
 * @link: its name
 * @direction: which of its directions
 * @opts: borrowed during the call; NULL for the defaults
 * @err:  filled on failure, may be NULL
 *
 * It blocks until it is through, and the link is up then. Each time it is as if snet_link_set() had
 * changed no more than whether the link is down: what is on its way is lost.
 *
 * Return: 0, -ENOENT (no such link), -EINVAL (@direction, size), -ENOTCONN (not up, or it goes down
 *         meanwhile), -EDEADLK (called by a callback of the lab), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_link_flap(struct snet_lab *lab, const char *link,
			    enum snet_direction direction,
			    const struct snet_flap_opts *opts, struct snet_err *err);

/**
 * struct snet_link_counts - what has happened to the packets of one direction, since it is shaped
 *
 * Bytes are those of Ethernet frames. in + duplicated = out + lost + queue, in packets, but for
 * @missed and @refused.
 * @in_packets, @in_bytes: came
 * @out_packets, @out_bytes: left
 * @lost_loss:    by the loss model; with netem, which does not tell them apart, by any cause, and
 *                what is marked instead. It counts neither @in_bytes nor duplicates, corruption and
 *                delays: these are 0
 * @lost_queue:   the queue was full
 * @lost_codel:   by CoDel
 * @lost_down:    the link was down
 * @lost_pmtu:    it was larger than @pmtu
 * @lost_memory:  too many packets were on their way in the lab
 * @lost_fault:   a fault of a scenario stopped them: see snet/fault.h
 * @missed:       came faster than the shaper takes them; not in @in_packets
 * @refused:      left, and were not taken by the other end: it is down, has no room, or its MTU is
 *                less by now
 * @duplicated, @corrupted, @marked: how often that was done
 * @reordered:    sent ahead of those that were delayed by @reorder, not by jitter
 * @queue_packets, @queue_bytes: on their way now
 * @queue_packets_max, @queue_bytes_max: the most that were
 * @delay_p50_ns, @delay_p90_ns, @delay_p99_ns, @delay_max_ns: from coming until being at the other
 *                end, up to 1.6 % off
 */
struct snet_link_counts {
	uint64_t in_packets, in_bytes, out_packets, out_bytes;
	uint64_t lost_loss, lost_queue, lost_codel, lost_down, lost_pmtu, lost_memory;
	uint64_t lost_fault;
	uint64_t missed, refused;
	uint64_t duplicated, corrupted, marked, reordered;
	uint64_t queue_packets, queue_bytes, queue_packets_max, queue_bytes_max;
	uint64_t delay_p50_ns, delay_p90_ns, delay_p99_ns, delay_max_ns;
};

/**
 * snet_link_count() - what has happened to the packets of a link
 * @lab:  borrowed, up
 * @link: its name
 * @direction: SNET_DIRECTION_FORTH or SNET_DIRECTION_BACK
 * @ret:  untouched on failure
 * @err:  filled on failure, may be NULL
 *
 * Return: 0, -ENOENT (no such link), -ENODATA (it is a plain link, and nobody counts), -EINVAL (both
 *         directions), -EBUSY (it is being made, or taken away), -ENOTCONN (not up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_link_count(struct snet_lab *lab, const char *link,
			     enum snet_direction direction, struct snet_link_counts *ret,
			     struct snet_err *err);

/**
 * struct snet_capture_opts - what to capture; zero or NULL is each field's default
 * @size:    sizeof(struct snet_capture_opts)
 * @link:    a link: what passes it, at both of its ends when it is shaped, and what it loses; or
 * @node:    a node: what passes its interfaces; of a switch its ports
 * @filter:  an expression of pcap-filter(7); default: everything
 * @snaplen: bytes of each packet; default: all
 * @count:   end after so many packets; default: never
 * @path:    the file that is written, replaced if it exists; or
 * @fd:      a descriptor to write to, not 0; borrowed until snet_capture_stop()
 */
struct snet_capture_opts {
	size_t size;
	const char *link;
	const char *node;
	const char *filter;
	uint32_t snaplen;
	uint64_t count;
	const char *path;
	int fd;
};

/**
 * struct snet_capture_counts - what has become of a capture
 * @packets: in the file; a packet that is seen at two places counts twice
 * @lost:    of those: lost by the link, with a comment that says why
 * @missed:  by the capture, which is never waited for
 */
struct snet_capture_counts {
	uint64_t packets, lost, missed;
};

struct snet_capture;

/**
 * snet_capture_start() - write what passes a link or a node as pcapng
 * @lab:  borrowed, up
 * @ret:  untouched on failure; to be given to snet_capture_stop()
 * @opts: borrowed during the call
 * @err:  filled on failure, may be NULL
 *
 * A thread of the library writes until the capture is stopped, the lab or what is captured goes,
 * or @count is reached. What packets meet on their way stays the same.
 *
 * A shaped link has an interface for each of its ends, LINK:NODE. A packet is "out" at the end
 * where a node sends it, and "in" at the one where it arrives; one that is lost has a comment such
 * as "lost: queue is full", and where it was kept for a while first it is told of once more then,
 * without a direction. Between two switches a packet has the tag of its VLAN, unless that is 1.
 *
 * A capture follows its link: one that is made anew, or gets a shaper while it is up, see
 * snet_link_set(), has more interfaces in the file, for what passes from then on. While a plain link
 * between a node and a switch becomes a shaped one packets go both ways for some milliseconds: one of
 * that moment may be there at the interfaces of before and of after, and none is left out. What passes
 * a link that is made anew before the capture is there again is left out. A link that netem impairs
 * stays the interface that it was, and tells no losses. A capture of a node stays what it was when it
 * began.
 *
 * Threads: any but callbacks of the lab.
 * Return: 0, -ENOENT (no such link or node), -EINVAL (@opts, @filter), -EBUSY (the link is captured
 *         8 times, or being made, or taken away), -EOPNOTSUPP (@filter, built without libpcap),
 *         -ENOTCONN (not up), -ENOMEM, or what opening @path fails with
 * Since: 0.1
 */
SNET_API int snet_capture_start(struct snet_lab *lab, struct snet_capture **ret,
				const struct snet_capture_opts *opts,
				struct snet_err *err);

/**
 * snet_capture_stop() - end a capture, and free it
 * @capture: freed in any case; NULL is allowed. Its lab may be down, or freed
 * @ret:     filled in any case, may be NULL
 * @err:     filled on failure, may be NULL
 *
 * What had come by then is written. One who reads from @fd and takes nothing for a second is not
 * waited for.
 *
 * Threads: any.
 * Return: 0, or what writing has failed with; a reader who has gone is no failure
 * Since: 0.1
 */
SNET_API int snet_capture_stop(struct snet_capture *capture,
			       struct snet_capture_counts *ret, struct snet_err *err);

/**
 * snet_profile_name() - list the profiles of links
 * @index: from 0
 *
 * A profile is what the links of some real network do to packets, such as "wifi" or "lora-sf7". A
 * lab file names it as "profile"; snet-lab(5) has their values and where those are from.
 *
 * Return: a constant, or NULL behind the last
 * Since: 0.1
 */
SNET_API const char *snet_profile_name(size_t index);

/**
 * snet_profile_get() - what a profile does to packets
 * @ret_forth: from the device to the network; untouched on failure
 * @ret_back:  from the network to the device; untouched on failure
 * @name: one of snet_profile_name()
 * @err:  filled on failure, may be NULL
 *
 * For struct snet_link_opts, with whatever is to be different.
 *
 * Return: 0, -EINVAL (no such profile)
 * Since: 0.1
 */
SNET_API int snet_profile_get(struct snet_impairment *ret_forth,
			      struct snet_impairment *ret_back, const char *name,
			      struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
