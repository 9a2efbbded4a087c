/* SPDX-License-Identifier: MIT */
#ifndef SNET_RELAY_H
#define SNET_RELAY_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct snet_route_opts - which events go to which function; zero or NULL is the default
 * @size:     sizeof(struct snet_route_opts)
 * @exchange: "direct" (the event's type equals @key, byte for byte) or "fanout" (every
 *            event); default "direct". Source: AMQP 0-9-1, section 3.1.3
 * @key:      for "direct": the type of the events; default "press"
 * @function: the function's name; needed
 * @backend:  where it runs, a name of snet_lab_add_backend(); default: the lab's only one
 * @ttl_ns:   how long an event may take to its end, retries included; default 60 s
 * @attempts: how often a function is invoked at most for an event, where one that may have begun when
 *            its relayer ended counts; default: as long as there is time
 *
 * Two routes of one relayer that name the same function and backend are one queue: an event
 * that both match is delivered once, as AMQP has it.
 */
struct snet_route_opts {
	size_t size;
	const char *exchange;
	const char *key;
	const char *function;
	const char *backend;
	uint64_t ttl_ns;
	unsigned int attempts;
};

/**
 * snet_lab_add_route() - add a route to a relayer, before up
 * @lab:     borrowed, not up
 * @relayer: a relayer that was added
 * @opts:    borrowed during the call
 * @err:     filled on failure, may be NULL
 * Return: 0, -ENOENT (no such relayer), -EINVAL, -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_route(struct snet_lab *lab, const char *relayer,
				const struct snet_route_opts *opts, struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
