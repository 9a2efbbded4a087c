/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_FABRIC_PRIVATE_H
#define SNET_LAB_FABRIC_PRIVATE_H

/* The fabric's own: fabric.c has the nodes, switches.c the bridges, yards.c the namespaces that
 * those are in. */

#include "lab/fabric.h"

#define SNET__FABRIC_FIRST_NUMBER 100
#define SNET__FABRIC_NAME_SIZE    16 /* IFNAMSIZ */
#define SNET__FABRIC_NONE         (-1)

/* A namespace with bridges and their ports in it. */
struct snet__fabric_yard {
	int netns;
	int sock; /* for questions about interfaces */
	struct snet__nl *nl;
	struct snet__nl *sweeper; /* for snet__fabric_sweep() alone */
	size_t ports;             /* those expected included */
	int *doomed;              /* numbers of interfaces that go with the next sweep */
	size_t doomed_count, doomed_cap;
	bool is_mute; /* interfaces speak no IPv6 from the start */
};

/* A bridge: a switch, or a part of one. */
struct snet__fabric_bridge {
	int index; /* of its interface, 0: removed */
	int at;    /* the switch */
	int yard;
	unsigned int free_ports;
	/* In a quiet segment: the bridge above, SNET__FABRIC_NONE at the top, and the ports between. */
	int parent;
	int up_port, down_port; /* here, and at the parent */
};

struct snet__fabric_switch_made {
	char *name;
	bool is_quiet, stp, is_tree;
	int root; /* a bridge */
	int last; /* the bridge that took the last port */
};

/* What has a number: an end of a pair at a bridge, both ends when it joins two. */
struct snet__fabric_port {
	int bridge; /* SNET__FABRIC_NONE: nothing, or a cable between nodes */
	int other_bridge, other_number; /* of a cable between bridges */
	uint32_t ipv4;                  /* of the station behind it, 0: none */
	unsigned char mac[6];
	int halves[2]; /* of a cable that is cut: its ends' numbers in the yard, else 0 */
	int moved; /* the port's interface, if not that of its number: it was cut later */
	int yard;
};

struct snet__fabric {
	bool has_ipv6;
	struct snet__ahead *ahead;       /* NULL: none */
	struct snet__fabric_yard *yards; /* at least one */
	size_t yard_count, yard_cap;
	struct snet__fabric_switch_made *switches;
	size_t switch_count, switch_cap;
	struct snet__fabric_bridge *bridges;
	size_t bridge_count, bridge_cap;
	struct snet__fabric_port *ports; /* by number - SNET__FABRIC_FIRST_NUMBER */
	size_t port_count, port_cap;
};

/* yards.c */

int snet__fabric_add_yard(struct snet__fabric *fabric, struct snet_err *err);
void snet__fabric_free_yards(struct snet__fabric *fabric);
/* One that has room for a bridge with @ports. */
int snet__fabric_find_yard(struct snet__fabric *fabric, size_t ports, int *ret_yard,
			   struct snet_err *err);

/* switches.c */

/* Of the yard of a bridge. */
struct snet__nl *snet__fabric_nl(const struct snet__fabric *fabric, int bridge);

/* Have an interface of a yard removed with the next sweep. */
void snet__fabric_doom(struct snet__fabric *fabric, int yard, int number);
int snet__fabric_new_number(struct snet__fabric *fabric, int *ret_number,
			    struct snet_err *err);
/* What has the number, which was given out. */
struct snet__fabric_port *snet__fabric_port(const struct snet__fabric *fabric,
					    int number);
/* The bridge that takes the next port of switch @at. */
int snet__fabric_find_bridge(struct snet__fabric *fabric, int at, int *ret_bridge,
			     struct snet_err *err);
/* Into the batch of the bridge's yard: bring a port up. @floods: towards other bridges. */
int snet__fabric_queue_port(struct snet__fabric *fabric, int bridge, int number,
			    bool floods, struct snet_err *err);
/* Bring a station to the knowledge of @bridge, which has it behind @port, and of all above. Those
 * learn it with snet__fabric_flush(). */
int snet__fabric_queue_station(struct snet__fabric *fabric, int bridge, int port,
			       const struct snet__fabric_port *station,
			       struct snet_err *err);
void snet__fabric_forget_station(struct snet__fabric *fabric, int bridge,
				 const struct snet__fabric_port *station);
void snet__fabric_remove_trunk(struct snet__fabric *fabric, int number);

/* fabric.c */

/* A pair, of which a cable that is cut has two halves: @here in a yard, where the cut is, and
 * @there. Into the yard's batch. */
int snet__fabric_queue_half(struct snet__fabric *fabric, int yard, int number,
			    const struct snet__iface_end *there, struct snet_err *err);
/* Bring the end of a half up. */
int snet__fabric_queue_cut(struct snet__fabric *fabric, int yard, int number,
			   struct snet_err *err);
/* Two numbers for a cut. */
int snet__fabric_new_cut(struct snet__fabric *fabric, int ret[2], struct snet_err *err);
/* The ends of the halves go with the next sweep. */
void snet__fabric_doom_cut(struct snet__fabric *fabric,
			   const struct snet__fabric_port *port);

#endif
