/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_H
#define SNET_TOPO_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: topologies
 *
 * Lab files of common shapes, of any size. What is written is an ordinary lab file, see
 * snet-lab(5): read it, change it, bring it up.
 */

/** The most devices of a generated lab, and how many there are when nothing is said. */
#define SNET_TOPO_DEVICES_MAX     100000
#define SNET_TOPO_DEVICES_DEFAULT 10

/** How many devices, or switches below it, a switch may have, and how many it has at most
 * when nothing is said. */
#define SNET_TOPO_FANOUT_MIN     2
#define SNET_TOPO_FANOUT_MAX     500
#define SNET_TOPO_FANOUT_DEFAULT 48

/**
 * struct snet_topo_opts - what to generate; zero or NULL is each field's default
 * @size:     sizeof(struct snet_topo_opts)
 * @kind:     the shape, one of snet_topo_kind_name(); needed
 * @name:     of the lab, as for snet_lab_new(); default: @kind
 * @devices:  how many, 1 to SNET_TOPO_DEVICES_MAX; default SNET_TOPO_DEVICES_DEFAULT
 * @fanout:   devices or switches below one switch, SNET_TOPO_FANOUT_MIN to
 *            SNET_TOPO_FANOUT_MAX; default SNET_TOPO_FANOUT_DEFAULT. A star has one switch,
 *            whatever it is, and the switches of a mesh grow beyond it
 * @seed:     decides the sizes of buildings and their mix of devices ("campus" and "city"),
 *            and is the lab's seed. Equal options give equal bytes
 * @sensors:  share of the devices that are sensors, 0 to 1. Each sends a value a minute; the
 *            others, half of them buttons and half actuators, send nothing by themselves
 * @profiles: give each link the profile of its medium (Ethernet, fibre, Wi-Fi, Bluetooth Low
 *            Energy, IEEE 802.15.4, LTE-M, a way to the cloud); else links are plain
 */
struct snet_topo_opts {
	size_t size;
	const char *kind;
	const char *name;
	unsigned int devices;
	unsigned int fanout;
	uint64_t seed;
	double sensors;
	bool profiles;
};

/**
 * snet_topo_generate() - write the lab file of a common shape
 * @ret:  the text, to be freed with free(); it ends in a newline. For a file, or for
 *        snet_lab_parse()
 * @opts: borrowed during the call
 * @err:  filled on failure, may be NULL
 *
 * The lab has the devices, one or more relayers, and a node "cloud" with one function, "flip",
 * that toggles what an event's data names as its target: each button's data names an actuator
 * of the same relayer.
 *
 * Threads: any. Privilege: none.
 * Return: 0, -EINVAL (a field; @err says which), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_topo_generate(char **ret, const struct snet_topo_opts *opts,
				struct snet_err *err);

/**
 * snet_topo_kind_name() - list the shapes
 * @index: from 0
 * Return: "star", "tree" ...; NULL behind the last
 * Since: 0.1
 */
SNET_API const char *snet_topo_kind_name(size_t index);

/**
 * snet_topo_kind_help() - say what a shape is
 * @index: as for snet_topo_kind_name()
 * Return: one line, lower case, without a full stop; NULL behind the last
 * Since: 0.1
 */
SNET_API const char *snet_topo_kind_help(size_t index);

#ifdef __cplusplus
}
#endif
#endif
