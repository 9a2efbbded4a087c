/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_PLACE_H
#define SNET_IO_PLACE_H

/* A place outside of a lab: a host and a port of it, with the addresses that the host has. They
 * are asked for when they are needed, and again when they are old; the loop does not wait. */

#include <stdbool.h>
#include <sys/socket.h>

#include "io/loop.h"
#include "sys/outside.h"

struct snet__place;

/* The answer to snet__place_ask(): @why is NULL, or why there are no addresses. */
typedef void (*snet__place_fn)(void *user, const char *why);

/* @host: a name or an address, IPv6 without brackets; copied. @outside: borrowed. */
int snet__place_new(struct snet__place **ret, struct snet__loop *loop,
		    struct snet__outside *outside, const char *host, unsigned int port,
		    struct snet_err *err);
void snet__place_free(struct snet__place *place);
/* "ow.example:443" */
const char *snet__place_name(const struct snet__place *place);
/* Whether there is no need to ask. */
bool snet__place_is_known(const struct snet__place *place);
/* Have @fn called, at once or later. While an answer is awaited it changes nothing. */
void snet__place_ask(struct snet__place *place, snet__place_fn fn, void *user);
/* The addresses led nowhere: ask next time. */
void snet__place_doubt(struct snet__place *place);
/* The one at @index, the preferred first, NULL behind the last. */
const struct sockaddr *snet__place_address(const struct snet__place *place, size_t index,
					   socklen_t *ret_size);

#endif
