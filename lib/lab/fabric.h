/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_FABRIC_H
#define SNET_LAB_FABRIC_H

/* The network of one lab in the kernel: private namespaces, the fabric, in which the
 * switches and their ports are, and one namespace a node, held by the descriptor that its
 * caller owns. Nothing of it has a name outside, and all of it goes with the descriptors. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "sys/iface.h"

struct snet__fabric;

/* A port of a switch with STP listens for 2 s, learns for 2 s, and forwards from then on; later
 * when the tree changes meanwhile. */
#define SNET__FABRIC_SETTLE_NS (4 * SNET__NS_PER_S)

/* @has_ipv6: nodes will have IPv6 addresses. */
int snet__fabric_new(struct snet__fabric **ret, bool has_ipv6, struct snet_err *err);
void snet__fabric_free(struct snet__fabric *fabric);
/* A namespace of the fabric, borrowed: a place for the lab's threads (snet__netns_settle()). */
int snet__fabric_netns(const struct snet__fabric *fabric);
/* Carry out what the calls below have collected, unless @r is negative, and is returned then:
 * behind the last of several. */
int snet__fabric_flush(struct snet__fabric *fabric, int r, struct snet_err *err);

/* Say that @nodes more nodes will be added now, so that a thread makes their namespaces ahead.
 * Optional; worth it from a few dozen nodes on. Ends with the last of them, or the fabric. */
int snet__fabric_expect(struct snet__fabric *fabric, size_t nodes, struct snet_err *err);

/* A switch. */
struct snet__fabric_switch {
	const char *name; /* for error texts only */
	bool stp;
	size_t ports; /* how many it is going to have; more than a bridge has make it a tree */
	/* For a large segment without rings: its switches know all stations by hardware and
	 * IPv4 address, answer ARP themselves, and flood no frame for a station. */
	bool is_quiet;
};
int snet__fabric_add_switch(struct snet__fabric *fabric,
			    const struct snet__fabric_switch *described, int *ret_switch,
			    struct snet_err *err);
/* With all that is plugged into it, when the fabric is swept. */
void snet__fabric_remove_switch(struct snet__fabric *fabric, int at);
/* A cable between two switches; @ret_number is what unplugs it. @is_cut: see below. */
int snet__fabric_link_switches(struct snet__fabric *fabric, int a, int b,
			       unsigned int mtu, bool is_cut, int *ret_number,
			       struct snet_err *err);

/* A node that is being made or changed: its namespace, and a connection into it that collects
 * requests. */
struct snet__fabric_node {
	int netns;
	struct snet__nl *nl;
};
/* A new one (@netns -1, then node->netns is the caller's to close) or one that exists. */
int snet__fabric_begin_node(struct snet__fabric *fabric, int netns,
			    struct snet__fabric_node *node, struct snet_err *err);
/* Carry out what was collected, unless @r is negative, and end the connection. */
int snet__fabric_finish_node(struct snet__fabric_node *node, int r, struct snet_err *err);

/* An interface of a node. */
struct snet__fabric_iface {
	const char *name; /* "eth0" */
	uint32_t ipv4;    /* host byte order */
	unsigned int prefix;
	unsigned char mac[6];
	const unsigned char *ipv6; /* of 16 bytes, its prefix 96 longer; or NULL */
	unsigned int mtu;          /* 0: the kernel's choice */
	bool forwards;
	bool is_cut; /* the cable is, see below; of a cable between nodes both say so */
};
/* Plug a node into switch @at. The number is the interface's index in the node, and what
 * unplugs it again. */
int snet__fabric_plug(struct snet__fabric *fabric, struct snet__fabric_node *node, int at,
		      const struct snet__fabric_iface *iface, int *ret_number,
		      struct snet_err *err);
/* A cable between two nodes: both ends have the same number, which is to be disconnected also
 * after a failure, unless it is 0. */
int snet__fabric_connect(struct snet__fabric *fabric, struct snet__fabric_node nodes[2],
			 const struct snet__fabric_iface ifaces[2], int *ret_number,
			 struct snet_err *err);
/* See that packets pass the port, or the cable between switches, from now on; with
 * snet__fabric_flush(). */
int snet__fabric_settle(struct snet__fabric *fabric, int number, struct snet_err *err);
/* Whether a port of a switch, or an end of a cable between two, waits for the spanning tree. */
bool snet__fabric_is_waiting(const struct snet__fabric *fabric, int number);
/* A cable that is cut has its two halves end in the fabric: somebody hands packets from one end to
 * the other. A socket at the end of the half that begins at a node, or at the first of two switches
 * or nodes (@half 0), or of the other (1). */
int snet__fabric_open_half(const struct snet__fabric *fabric, int number, int half,
			   int *ret_fd, struct snet_err *err);
/* Cut the cable of a node at a switch that is not. Its halves can be opened then, but packets go the
 * way they went until they are diverted: from then on only what is handed on comes to the other
 * end. The node's interface stays. After a failure it is to be unplugged. */
int snet__fabric_cut(struct snet__fabric *fabric, int number, unsigned int mtu,
		     struct snet_err *err);
int snet__fabric_divert(struct snet__fabric *fabric, int number, struct snet_err *err);
/* Have @set give @value to each interface of a cable that is here: ports of switches, and halves. */
int snet__fabric_set(struct snet__fabric *fabric, int number, snet__iface_set_fn set,
		     uint32_t value, struct snet_err *err);
/* A port of a switch: the connection to where it is, and its index; @is_other: of a cable between two
 * switches, at the second. */
struct snet__nl *snet__fabric_find_port(const struct snet__fabric *fabric, int number,
					bool is_other, int *ret_index);
/* The namespace that it is in, borrowed. */
int snet__fabric_find_netns(const struct snet__fabric *fabric, int number, bool is_other);
/* Undo the first, a cable between switches, or one between nodes that is cut, when the fabric is
 * swept. */
void snet__fabric_unplug(struct snet__fabric *fabric, int number);
/* Undo a cable between nodes, at once, at either end. -ENODEV: it has gone with a node. */
int snet__fabric_disconnect(int number, int netns);
/* Remove all that was unplugged, at once. Before anything is plugged in again. Any thread, beside
 * others that only look at what is there: the kernel waits in it, 20 ms for one port. */
void snet__fabric_sweep(struct snet__fabric *fabric);
/* Whether a port of a switch and what is plugged into it are up. */
bool snet__fabric_is_up(const struct snet__fabric *fabric, int number);

#endif
