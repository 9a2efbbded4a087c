/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_SUBNET_H
#define SNET_TOPO_SUBNET_H

/* What subnets and the addresses in them are found from, for subnet.c and given.c alone. */

#include "topo/check.h"

/* An address that was given, and whose. */
struct snet__given {
	uint32_t address;
	uint32_t node, iface;
	uint32_t segment;
};

/* A subnet that is taken. */
struct snet__subnet {
	uint32_t first, last;
	uint32_t segment;
};

struct snet__subnets {
	struct snet__check *check;
	struct snet__model *model;
	struct snet__given *given;
	size_t given_count;
	const struct snet__model_node *
		*owner;             /* of each segment: whose "subnet" it has */
	struct snet__subnet *taken; /* sorted */
	size_t taken_count;
	struct snet__subnet *wanted;      /* as many */
	const struct snet__model *before; /* whose subnets are kept, or NULL */
	bool has_failed;                  /* said */
};

/* All addresses that are given, but for those that can be in no subnet of the lab: a complaint. */
void snet__given_collect(struct snet__subnets *all);
/* Complain about those that are given twice. They are in the order of addresses then. */
void snet__given_refuse_clashes(struct snet__subnets *all);
/* Complain about those that are not in the subnet that was found. */
void snet__given_check(struct snet__subnets *all);

static inline uint32_t snet__subnet_hosts(unsigned int prefix)
{
	return ~0U >> prefix;
}

static inline bool snet__subnet_has(uint32_t address, uint32_t network,
				    unsigned int prefix)
{
	return (address & ~snet__subnet_hosts(prefix)) == network;
}

#endif
