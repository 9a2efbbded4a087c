/* SPDX-License-Identifier: MIT */
#ifndef SNET_NODE_H
#define SNET_NODE_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct snet_node_opts - a node; zero or NULL is each field's default
 * @size:    sizeof(struct snet_node_opts)
 * @name:    unique in the lab; needed
 * @kind:    "switch" "host" "relayer" "button" "actuator" "sensor" "functions", or a kind
 *           added with snet_lab_add_device_kind(); needed
 * @address: an IPv4 address within the lab's subnet; default: the next free one
 * @relayer: the relayer that a device talks to; default: the lab's only one
 * @type:    the type of the events that a device sends; default "press" for buttons, "value"
 *           for sensors
 * @data:    JSON, the data of a button's events; default null
 * @state:   JSON, an actuator's first state; default 0
 * @values:  JSON array, what a sensor measures, over and over; default [0]
 * @every_ns: send an event each so many ns; default: only when pressed (a sensor: 1 s)
 * @credentials: "uuid:key" that a functions node accepts; default: OpenWhisk's guest key
 *
 * All strings are copied.
 */
struct snet_node_opts {
	size_t size;
	const char *name;
	const char *kind;
	const char *address;
	const char *relayer;
	const char *type;
	const char *data;
	const char *state;
	const char *values;
	uint64_t every_ns;
	const char *credentials;
};

/**
 * snet_lab_add_node() - describe a node, before up
 * @lab:  borrowed, not up
 * @opts: borrowed during the call
 * @err:  filled on failure, may be NULL
 *
 * Return: 0, -EINVAL (a field; @err says which), -EEXIST (the name), -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_node(struct snet_lab *lab, const struct snet_node_opts *opts,
			       struct snet_err *err);

/**
 * snet_node_address() - the IPv4 address of a node
 * @lab:  borrowed; up, so that addresses are assigned
 * @name: a node
 * @text: at least 16 bytes, filled with "10.0.0.1"; empty for a switch
 * @err:  filled on failure, may be NULL
 *
 * Return: 0, -ENOENT (no such node), -ENOTCONN (not up)
 * Since: 0.1
 */
SNET_API int snet_node_address(struct snet_lab *lab, const char *name, char text[16],
			       struct snet_err *err);

/**
 * snet_node_open_netns() - a descriptor of a node's network namespace
 * @lab:    borrowed, up
 * @name:   a node that is no switch
 * @ret_fd: an O_CLOEXEC descriptor for setns(2), to be closed; it keeps the namespace alive
 * @err:    filled on failure, may be NULL
 *
 * Return: 0, -ENOENT, -ENOTCONN (not up), -EINVAL (a switch has none), -EMFILE
 * Since: 0.1
 */
SNET_API int snet_node_open_netns(struct snet_lab *lab, const char *name, int *ret_fd,
				  struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
