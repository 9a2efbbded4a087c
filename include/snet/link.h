/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_H
#define SNET_LINK_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct snet_impairment - what happens to the packets of one direction
 *
 * Terms are those of tc-netem(8). All zero is a plain link.
 * @delay_ns:  one-way delay
 * @jitter_ns: standard deviation of the delay
 * @loss:      share of packets lost, 0 to 1
 * @duplicate: share sent twice, 0 to 1
 * @corrupt:   share with one bit inverted, 0 to 1
 * @reorder:   share sent at once, ahead of the delayed, 0 to 1
 * @rate_bps:  bit/s, 0 for no limit
 * @limit_packets: longest queue, 0 for the default of the shaper
 */
struct snet_impairment {
	uint64_t delay_ns;
	uint64_t jitter_ns;
	double loss;
	double duplicate;
	double corrupt;
	double reorder;
	uint64_t rate_bps;
	uint32_t limit_packets;
};

/**
 * struct snet_link_opts - a link between two nodes; zero or NULL is each field's default
 * @size: sizeof(struct snet_link_opts)
 * @from: a node; needed
 * @to:   another node; needed
 * @forth: the direction @from to @to
 * @back:  the direction @to to @from
 *
 * The link's name is FROM-TO.
 */
struct snet_link_opts {
	size_t size;
	const char *from;
	const char *to;
	struct snet_impairment forth;
	struct snet_impairment back;
};

/**
 * snet_lab_add_link() - describe a link, before up
 * @lab:  borrowed, not up
 * @opts: borrowed during the call
 * @err:  filled on failure, may be NULL
 *
 * The ends may be added later; they are checked by snet_lab_up(). This version cannot
 * impair: snet_lab_up() refuses a lab with an impaired link (-ENOTSUP).
 *
 * Return: 0, -EINVAL, -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_link(struct snet_lab *lab, const struct snet_link_opts *opts,
			       struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
