/* SPDX-License-Identifier: MIT */
#ifndef SNET_NODE_H
#define SNET_NODE_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct snet_interface_opts - an interface of a node; NULL is each field's default
 * @address: an IPv4 address within the subnet of the interface's segment, or the IPv6 address
 *           that goes with one; default: the next free one
 * @mac:     an EUI-48 address such as "02:00:0a:00:00:07"; default: made of the address
 */
struct snet_interface_opts {
	const char *address;
	const char *mac;
};

/**
 * struct snet_node_opts - a node; zero or NULL is each field's default
 * @size:    sizeof(struct snet_node_opts)
 * @name:    unique in the lab; needed
 * @kind:    "switch" "host" "router" "relayer" "button" "actuator" "sensor" "functions" "gateway"
 *           "process" "container", or a kind added with snet_lab_add_device_kind(); needed
 * @address: the IPv4 address of "eth0", within the subnet of its segment, or the IPv6 address
 *           that goes with one; default: the next free one
 * @relayer: the relayer that a device talks to, or a program is told of; default: the lab's
 *           only one
 * @type:    the type of the events that a device sends; default "press" for buttons, "value"
 *           for sensors
 * @data:    JSON, the data of a button's events; default null
 * @state:   JSON, an actuator's first state; default 0
 * @values:  JSON array, what a sensor measures, over and over; default [0]
 * @every_ns: send an event each so many ns; default: only when pressed (a sensor: 1 s)
 * @credentials: "uuid:key" that a functions node accepts; default: OpenWhisk's guest key
 * @mode:    how a gateway leads outside: "forward" (default; it makes connections for the
 *           others) or "nat" (it routes their packets; needs root)
 * @command: what a process or a container runs: a program, found in PATH unless it has a '/',
 *           and its arguments, ended by NULL; needed there
 * @env:     "NAME=value" for the program's environment, ended by NULL; default: none more
 * @cwd:     the folder that a program starts in; default: the caller's own, or a container's
 *           "/"
 * @restart: start a program that has ended again: "no" "on-failure" "always"; default "no"
 * @cpus:    the CPU time that a program may take, 0.5 for half of one CPU; default: no limit
 * @memory_bytes: the memory that a program may take; default: no limit
 * @rootfs:  of a container: a folder, or a tar archive; this or
 * @image:   the name of an image; needs podman(1)
 * @writable: a container may write into its rootfs, a folder; default: it may not
 * @mac:     the EUI-48 address of "eth0", such as "02:00:0a:00:00:07"; default: made of its
 *           IPv4 address
 * @interfaces: of a node with several links: "eth0" and on, in the order of its links, instead
 *           of @address and @mac; default: chosen
 * @interface_count: how many @interfaces there are; those after them have the default
 * @stp:     a switch takes part in the spanning tree (IEEE 802.1D), which loops need
 * @subnet:  of a switch: the subnet of its segment of VLAN 1, such as "10.7.0.0/24"; default:
 *           the next free /16 of the lab's
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
	const char *mode;
	const char *const *command;
	const char *const *env;
	const char *cwd;
	const char *restart;
	double cpus;
	uint64_t memory_bytes;
	const char *rootfs;
	const char *image;
	bool writable;
	const char *mac;
	const struct snet_interface_opts *interfaces;
	size_t interface_count;
	bool stp;
	const char *subnet;
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
 * struct snet_forward_opts - a way out at a gateway
 * @size: sizeof(struct snet_forward_opts)
 * @port: the gateway's TCP port, 1 to 65535; needed
 * @to:   "HOST:PORT" outside of the lab, to which connections to @port lead; looked up when the
 *        first of them is made; needed
 */
struct snet_forward_opts {
	size_t size;
	unsigned int port;
	const char *to;
};

/**
 * snet_lab_add_forward() - let a port of a gateway lead outside, before up
 * @lab:     borrowed, not up
 * @gateway: a node of kind "gateway" that was added
 * @opts:    borrowed during the call
 * @err:     filled on failure, may be NULL
 *
 * Backends with a gateway have their forward without this.
 *
 * Return: 0, -ENOENT (no such gateway), -EINVAL (a field), -EEXIST (the port), -EBUSY (up),
 * -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_forward(struct snet_lab *lab, const char *gateway,
				  const struct snet_forward_opts *opts,
				  struct snet_err *err);

/**
 * snet_node_address() - the IPv4 address of a node: that of its first interface, which its name
 * stands for, and which what it sends comes from
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
 * Return: 0, -ENOENT, -ENOTCONN (not up), -EINVAL (a switch has none), -EBUSY (it is
 *         being made, or taken away), -EMFILE
 * Since: 0.1
 */
SNET_API int snet_node_open_netns(struct snet_lab *lab, const char *name, int *ret_fd,
				  struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
