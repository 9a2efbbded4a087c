/* SPDX-License-Identifier: MIT */
#include "topo/netem.h"

#include <string.h>

#define OTHERWISE    "; \"shaper\": \"user\" can"
#define CANNOT(what) "netem cannot " what OTHERWISE

const char *snet__netem_lacks(const struct snet_impairment *one, const char *key)
{
	const struct {
		const char *key;
		bool is_asked;
		const char *text;
	} lacks[] = {
		{"loss", one->loss_model == SNET_LOSS_NTH,
		 CANNOT("lose every n-th packet")},
		{"filter", one->filter, CANNOT("tell packets apart by a filter")},
		{"trace", one->trace, CANNOT("follow a trace")},
		{"decisions", one->decisions, CANNOT("write what it decides")},
		{"replay", one->replay, CANNOT("decide as it is told to")},
		{"queue", one->queue == SNET_QUEUE_CODEL,
		 CANNOT("run CoDel on its queue")},
		{"queue", one->queue == SNET_QUEUE_HEAD_DROP,
		 CANNOT("drop the oldest packet of a full queue")},
		{"limit", one->limit_bytes, CANNOT("limit its queue in bytes")},
		{"limit", one->limit_ns, CANNOT("limit its queue in time")},
		{"pmtu", one->pmtu, CANNOT("lose what is larger than a path MTU")},
		{"burst", one->burst_bytes, CANNOT("let bursts pass its rate")},
		{"delay", one->delay_ns > INT64_MAX,
		 CANNOT("delay packets for more than 292 years")},
		/* The kernel would cut it without a word. */
		{"jitter", one->jitter_ns > INT32_MAX,
		 CANNOT("vary delays by more than 2.147 s")},
	};

	for (size_t i = 0; i < sizeof(lacks) / sizeof(*lacks); i++)
		if (lacks[i].is_asked && (!key || strcmp(lacks[i].key, key) == 0))
			return lacks[i].text;
	return NULL;
}

int snet__netem_can(const struct snet_impairment *one, struct snet_err *err)
{
	const char *lack = snet__netem_lacks(one, NULL);

	return lack ? snet__err_set(err, -ENOTSUP, "%s", lack) : 0;
}

int snet__netem_can_join(const struct snet__model_link *link, struct snet_err *err)
{
	/* Each has a cable, and a netem, of its own. */
	if (link->ends[0]->bridge_count > 1 && link->ends[1]->bridge_count > 1)
		return snet__err_set(err, -ENOTSUP,
				     CANNOT("take several VLANs for one link"));
	return 0;
}
