/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_NL_H
#define SNET_SYS_NL_H

/* The one way in which libsnet talks rtnetlink. Messages are built with libnl-3; what the
 * kernel answers is read raw, because libnl folds errno values and drops explanations. */

#include <netlink/attr.h>
#include <netlink/msg.h>

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
/* Collect requests until snet__nl_finish(), which carries them all out in order: one system
 * call to send them, one to learn that all went well. It reports the first failure; later
 * requests are tried all the same. More than a few dozen are carried out on the way.
 *
 * @r is how collecting went: if negative, what was collected is forgotten and @r returned. */
void snet__nl_hold(struct snet__nl *nl);
int snet__nl_finish(struct snet__nl *nl, int r, struct snet_err *err);
/* The interface index in the kernel's last answer that described a link, 0: none. */
int snet__nl_index(const struct snet__nl *nl);
/* The socket, whose namespace is that of the connection; borrowed. */
int snet__nl_fd(const struct snet__nl *nl);

/* An empty request of @type with its fixed @header; NULL when memory is short. */
struct nl_msg *snet__nl_msg_new(int type, int flags, const void *header, size_t size);
/* Append an attribute. Messages have room for all that libsnet puts into one, so it cannot
 * fail; longer names are refused before. */
void snet__nl_put(struct nl_msg *msg, int type, const void *data, size_t size);
void snet__nl_put_text(struct nl_msg *msg, int type, const char *text);
struct nlattr *snet__nl_open_nest(struct nl_msg *msg, int type);

#endif
