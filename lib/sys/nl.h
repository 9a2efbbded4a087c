/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_NL_H
#define SNET_SYS_NL_H

/* The one way in which libsnet talks rtnetlink. Messages are built with libnl-3; what the
 * kernel answers is read raw, because libnl folds errno values and drops explanations. */

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>

#include "base/err.h"
#include "sys/iface.h"

/* The longest name in an error text. */
#define SNET__NL_NAME_MAX 64

/* Carry out the request @msg, which is taken; NULL is reported as lack of memory. A failure
 * reads "cannot WHAT 'NAME': REASON (kernel: ...)". @what is static, @name is copied.
 *
 * While @nl is held, requests are only collected, and 0 is returned. */
int snet__nl_call(struct snet__nl *nl, struct nl_msg *msg, const char *what,
		  const char *name, struct snet_err *err);
/* The same for an interface of which only the number is known: 'number INDEX'. */
int snet__nl_call_index(struct snet__nl *nl, struct nl_msg *msg, const char *what,
			int index, struct snet_err *err);
/* Collect requests until snet__nl_finish(), which carries them all out in order: one system
 * call to send them, one to learn that all went well. It reports the first failure; later
 * requests are tried all the same. More than a few dozen are carried out on the way.
 *
 * @r is how collecting went: if negative, what was collected is forgotten and @r returned. */
void snet__nl_hold(struct snet__nl *nl);
int snet__nl_finish(struct snet__nl *nl, int r, struct snet_err *err);
/* Hand what the kernel answers to requests from now on to @fn, which must not make any; NULL: to
 * no one. */
typedef void (*snet__nl_answer_fn)(struct nlmsghdr *hdr, void *user);
void snet__nl_listen(struct snet__nl *nl, snet__nl_answer_fn fn, void *user);
/* The interface index in the kernel's last answer that described a link, 0: none. */
int snet__nl_index(const struct snet__nl *nl);
/* Whether it described a port of a bridge with a carrier that waits for the spanning tree. */
bool snet__nl_is_waiting(const struct snet__nl *nl);
/* The length of the prefix in the kernel's last answer that described a route. */
unsigned int snet__nl_prefix(const struct snet__nl *nl);
/* The socket, whose namespace is that of the connection; borrowed. */
int snet__nl_fd(const struct snet__nl *nl);

/* An empty request of @type with its fixed @header; NULL when memory is short. */
struct nl_msg *snet__nl_msg_new(int type, int flags, const void *header, size_t size);
/* The same with room for @more bytes than the usual messages take. */
struct nl_msg *snet__nl_msg_new_large(int type, int flags, const void *header,
				      size_t size, size_t more);
/* Append an attribute. Messages have room for all that libsnet puts into one, so it cannot
 * fail; longer names are refused before. */
void snet__nl_put(struct nl_msg *msg, int type, const void *data, size_t size);
void snet__nl_put_text(struct nl_msg *msg, int type, const char *text);
struct nlattr *snet__nl_open_nest(struct nl_msg *msg, int type);

#endif
