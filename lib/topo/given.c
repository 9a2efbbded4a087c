/* SPDX-License-Identifier: MIT */
/* The addresses that a description gives to interfaces. */

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topo/subnet.h"

static const char *given_key(const struct snet__subnets *all,
			     const struct snet__given *one)
{
	return all->model->nodes[one->node]->given_count ? "interfaces" : "address";
}

static const char *given_text(const struct snet__subnets *all,
			      const struct snet__given *one)
{
	return snet__node_given(all->model->nodes[one->node], one->iface).address;
}

__attribute__((format(printf, 3, 4))) static void complain(struct snet__subnets *all,
							   const struct snet__given *one,
							   const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt,
			args); /* an address and names: it fits */
	va_end(args);
	snet__check_complain(all->check, SNET__SECTION_NODES, one->node,
			     given_key(all, one), "'%s' %s", given_text(all, one), text);
	all->has_failed = true;
}

/* An address of one family follows from that of the other. */
static bool is_of_lab(struct snet__subnets *all, const struct snet__given *one)
{
	const struct snet__model *model = all->model;
	const char *text = given_text(all, one);
	char net[INET6_ADDRSTRLEN];

	if (!strchr(text, ':') ||
	    (model->has_ipv6 && snet__value_is_ipv6(text, model->ipv6)))
		return true;
	if (model->has_ipv6)
		complain(all, one, "is not in the lab's IPv6 network %s/96",
			 inet_ntop(AF_INET6, model->ipv6, net, sizeof(net)));
	else
		complain(all, one, "is an IPv6 address, and the lab has no \"ipv6\"");
	return false;
}

/* What a switch's own subnet has is compared with that. */
static bool is_in_reach(struct snet__subnets *all, const struct snet__given *one)
{
	const struct snet__model *model = all->model;
	struct snet__shown text;

	if (all->owner[one->segment] ||
	    snet__subnet_has(one->address, model->subnet, model->prefix))
		return true;
	complain(all, one, "is not in the lab's subnet %s",
		 snet__show_net(&text, model->subnet, model->prefix));
	return false;
}

void snet__given_collect(struct snet__subnets *all)
{
	const struct snet__model *model = all->model;

	for (uint32_t i = 0; i < model->node_count; i++)
		for (uint32_t k = 0; k < model->nodes[i]->iface_count; k++) {
			const char *text = snet__node_given(model->nodes[i], k).address;
			struct snet__given one = {
				.node = i,
				.iface = k,
				.segment = model->nodes[i]->ifaces[k].segment};

			/* What is no address was refused when it was given. */
			if (text &&
			    snet__value_parse_address(&one.address, text, NULL) == 0 &&
			    is_of_lab(all, &one) && is_in_reach(all, &one))
				all->given[all->given_count++] = one;
		}
}

static int compare_given(const void *a, const void *b)
{
	const struct snet__given *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->iface < y->iface ? -1 : x->iface > y->iface;
}

void snet__given_refuse_clashes(struct snet__subnets *all)
{
	qsort(all->given, all->given_count, sizeof(*all->given), compare_given);
	for (size_t i = 1, first = 0; i < all->given_count; i++) {
		if (all->given[i].address == all->given[first].address)
			complain(all, &all->given[i], "is also the address of '%s'",
				 all->model->nodes[all->given[first].node]->name);
		else
			first = i;
	}
}

void snet__given_check(struct snet__subnets *all)
{
	const struct snet__model *model = all->model;
	struct snet__shown shown;
	const char *text;

	for (size_t i = 0; i < all->given_count; i++) {
		const struct snet__given *one = &all->given[i];
		const struct snet__model_segment *segment =
			&model->segments[one->segment];
		const struct snet__model_node *owner = all->owner[one->segment];

		if (!segment->prefix)
			continue;
		text = snet__show_net(&shown, segment->subnet, segment->prefix);
		if (!snet__subnet_has(one->address, segment->subnet, segment->prefix))
			complain(all, one, "is not in the subnet %s of '%s'", text,
				 owner ? owner->name : "its switch");
		else if (one->address == segment->subnet)
			complain(all, one, "is the address of the subnet %s itself",
				 text);
		else if (one->address ==
			 (segment->subnet | snet__subnet_hosts(segment->prefix)))
			complain(all, one, "is the broadcast address of the subnet %s",
				 text);
	}
}
