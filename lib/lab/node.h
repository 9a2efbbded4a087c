/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_NODE_H
#define SNET_LAB_NODE_H

/* What is there of a node, and of a link, of a running lab: all of it on the lab's thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faas/fault.h"
#include "topo/model.h"

struct snet__backend;
struct snet__gateway;
struct snet__loop;
struct snet__program;
struct snet__register;
struct snet__relayer;
struct snet__run;
struct snet__shaped;
struct snet__shaping_kind;
struct snet_device;

/* The last lines that a node has written. */
#define SNET__LOG_LINES 1000

struct snet__breakage_held;

struct snet__run_node {
	const struct snet__model_node *node;
	int netns;               /* -1: see snet__run_open_netns() */
	int end;                 /* -1: see snet__run_open_end() */
	struct snet__loop *loop; /* its part, of what lives in it */
	/* A switch: its bridges in the fabric, as in the model. */
	struct snet__run_port {
		unsigned int vlan;
		int at;
	} * ports;
	size_t port_count;
	struct snet_device *device;
	struct snet__program *program;
	bool is_started, is_registered;
	bool is_cut_off; /* a device that cannot register: see lab/ready.h */
	struct snet__breakage_held *held; /* the newest of what is broken in it */
	bool is_missed; /* a program: its relayer knew it as a device when that was killed */
	bool is_new;    /* what lives in it is to be made */
	bool is_fresh; /* while the network is made: its namespace is new */
	struct snet__relayer *relayer;
	struct snet__backend **backends; /* the relayer's own */
	size_t backend_count;
	struct snet__register *registered; /* at a relayer that is to be made again */
	struct snet__faas *faas;
	struct snet__faas_faults faults; /* of @faas, and of the next */
	char *url;                       /* of a functions node */
	struct snet__gateway *gateway;
	struct snet__run *run;
	char **lines;      /* a ring, made at the first line */
	size_t line_count; /* ever */
};

/* A link: what unplugs it from the fabric; one between switches has a number for each VLAN. */
struct snet__run_link {
	const struct snet__model_link *link;
	int *numbers; /* NULL: it is not there */
	/* Between switches: of each number, 0 for VLAN 1, which has no tag. */
	unsigned int *vlans;
	size_t number_count;
	bool is_fresh;   /* while the network is made: it is new */
	bool is_spoiled; /* a change of it has failed half-way: it is to be made anew */
	bool is_silent; /* it is new, and its ends have not told so: see lab/announce.h */
	bool is_cut;    /* as it was made: see lab/fabric.h */
	const struct snet__shaping_kind
		*shaping;            /* NULL: packets simply pass, or none yet */
	struct snet__shaped *shaped; /* by a thread of ours: there */
	/* Of one that is shaped: what a packet may stand for, and why it may be one only. */
	uint32_t segments;
	bool is_by_packet;     /* it does more than to delay */
	unsigned int counting; /* guards that count packets */
};

#endif
