/* SPDX-License-Identifier: MIT */
/* rtnetlink requests and their answers.
 *
 * Requests are queued and sent together: the kernel works through all messages of one
 * datagram in order, within the sending system call. Only the last one asks for an
 * acknowledgement; the kernel reports failures unasked. So a queue of any length costs two
 * system calls when all goes well, and one more for each answer that it asks for.
 * NETLINK_EXT_ACK makes failures carry a sentence. */

#include "sys/nl.h"

#include <assert.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "sys/netns.h"

#define QUEUE_MAX    64
#define MESSAGE_MAX  512 /* a veth pair, the longest, takes about 250 bytes */
#define DATAGRAM_MAX 16384
/* What a queue may have in bytes: the kernel refuses a datagram that is longer than the socket's
 * buffer (212,992 bytes by default), and an attribute alone can have 65,535. */
#define QUEUE_BYTES_MAX 65536

struct request {
	struct nl_msg *msg;
	const char *what;
	char name[SNET__NL_NAME_MAX];
};

struct snet__nl {
	int fd;
	bool is_held;
	int index;
	bool is_waiting;
	unsigned int prefix;
	uint32_t seq; /* of the last request sent */
	snet__nl_answer_fn answer_fn;
	void *answer_user;
	size_t count;
	size_t bytes;
	struct request queue[QUEUE_MAX];
};

static void nl_close_at(struct snet__nl **nl)
{
	snet__nl_close(*nl);
}

int snet__nl_open(struct snet__nl **ret, int netns, struct snet_err *err)
{
	cleanup_with(nl_close_at) struct snet__nl *nl = NULL;
	const int on = 1;
	int r;

	nl = calloc(1, sizeof(*nl));
	if (!nl)
		return snet__err_oom(err);

	nl->fd = -1;
	r = snet__netns_socket(&nl->fd, netns, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, err);
	if (r < 0)
		return snet__err_prefix(err, r, "cannot talk to the kernel's rtnetlink");

	/* Both make answers better or shorter, and work without on kernels before 4.12. */
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	*ret = steal_ptr(nl);
	return 0;
}

static void drop_queue(struct snet__nl *nl)
{
	for (size_t i = 0; i < nl->count; i++)
		nlmsg_free(nl->queue[i].msg);
	nl->count = nl->bytes = 0;
}

void snet__nl_close(struct snet__nl *nl)
{
	if (!nl)
		return;

	drop_queue(nl);
	snet__close_at(&nl->fd);
	free(nl);
}

int snet__nl_fd(const struct snet__nl *nl)
{
	return nl->fd;
}

int snet__nl_index(const struct snet__nl *nl)
{
	return nl->index;
}

bool snet__nl_is_waiting(const struct snet__nl *nl)
{
	return nl->is_waiting;
}

unsigned int snet__nl_prefix(const struct snet__nl *nl)
{
	return nl->prefix;
}

/* The kernel's sentence in the failure @hdr, or NULL. */
static const char *find_explanation(struct nlmsghdr *hdr)
{
	struct nlmsgerr *error = nlmsg_data(hdr);
	size_t skip = sizeof(*error);
	struct nlattr *attr;

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;

	/* Without NETLINK_CAP_ACK our whole request stands in front. */
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - sizeof(error->msg);
	attr = nlmsg_find_attr(hdr, NLMSG_ALIGN(skip), NLMSGERR_ATTR_MSG);
	return attr ? nla_get_string(attr) : NULL;
}

static int report(const struct request *request, struct nlmsghdr *hdr,
		  struct snet_err *err)
{
	const char *explanation = find_explanation(hdr);
	int code = ((struct nlmsgerr *)nlmsg_data(hdr))->error;

	if (explanation)
		return snet__err_set(err, code, "cannot %s '%s': %s (kernel: %s)",
				     request->what, request->name, strerrordesc_np(-code),
				     explanation);
	if (code == -EPERM)
		return snet__err_set(err, code,
				     "cannot %s '%s': Operation not permitted (needs "
				     "CAP_NET_ADMIN over the namespace)",
				     request->what, request->name);
	return snet__err_sys(err, code, "cannot %s '%s'", request->what, request->name);
}

static int send_queue(struct snet__nl *nl, struct snet_err *err)
{
	struct iovec parts[QUEUE_MAX];
	struct msghdr datagram = {.msg_iov = parts, .msg_iovlen = nl->count};

	for (size_t i = 0; i < nl->count; i++) {
		struct nlmsghdr *hdr = nlmsg_hdr(nl->queue[i].msg);

		hdr->nlmsg_seq = ++nl->seq;
		hdr->nlmsg_pid = 0;
		hdr->nlmsg_flags |= NLM_F_REQUEST;
		if (i == nl->count - 1)
			hdr->nlmsg_flags |= NLM_F_ACK;
		parts[i] = (struct iovec){hdr, NLMSG_ALIGN(hdr->nlmsg_len)};
	}

	while (sendmsg(nl->fd, &datagram, 0) < 0)
		if (errno != EINTR)
			return snet__err_sys(err, -errno,
					     "cannot send to the kernel's rtnetlink");
	return 0;
}

/* Whether a port with a carrier is neither forwarding nor blocked, by the state that its link tells. */
static bool is_waiting_port(struct nlmsghdr *hdr)
{
	const struct ifinfomsg *info = nlmsg_data(hdr);
	struct nlattr *attr = nlmsg_find_attr(hdr, sizeof(*info), IFLA_LINKINFO);

	if (attr)
		attr = nla_find(nla_data(attr), nla_len(attr), IFLA_INFO_SLAVE_DATA);
	if (attr)
		attr = nla_find(nla_data(attr), nla_len(attr), IFLA_BRPORT_STATE);
	return attr && info->ifi_flags & IFF_LOWER_UP &&
	       nla_get_u8(attr) != BR_STATE_FORWARDING &&
	       nla_get_u8(attr) != BR_STATE_BLOCKING;
}

/* One datagram of answers. Returns 1 when the last request was answered. */
static int read_answers(struct snet__nl *nl, char *data, int size, int *failed,
			struct snet_err *err)
{
	uint32_t first = nl->seq - (uint32_t)nl->count + 1;
	struct nlmsghdr *hdr = (struct nlmsghdr *)data;

	for (; nlmsg_ok(hdr, size); hdr = nlmsg_next(hdr, &size)) {
		uint32_t at = hdr->nlmsg_seq - first;

		if (at >= nl->count)
			continue;
		if (hdr->nlmsg_type == RTM_NEWLINK) {
			nl->index = ((struct ifinfomsg *)nlmsg_data(hdr))->ifi_index;
			nl->is_waiting = is_waiting_port(hdr);
		}
		if (hdr->nlmsg_type == RTM_NEWROUTE)
			nl->prefix = ((struct rtmsg *)nlmsg_data(hdr))->rtm_dst_len;
		if (nl->answer_fn && hdr->nlmsg_type != NLMSG_ERROR)
			nl->answer_fn(hdr, nl->answer_user);
		if (hdr->nlmsg_type != NLMSG_ERROR)
			continue;
		if (((struct nlmsgerr *)nlmsg_data(hdr))->error && !*failed)
			*failed = report(&nl->queue[at], hdr, err);
		if (at == nl->count - 1)
			return 1;
	}
	return 0;
}

static int receive(struct snet__nl *nl, struct snet_err *err)
{
	char data[DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	int failed = 0;

	/* The socket does not block, and need not: rtnetlink has answered when sendmsg()
	 * returns. */

	for (;;) {
		ssize_t size = recv(nl->fd, data, sizeof(data), 0);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return snet__err_sys(err, -errno,
					     "cannot read from the kernel's rtnetlink");
		if (read_answers(nl, data, (int)size, &failed, err))
			return failed;
	}
}

static int carry_out(struct snet__nl *nl, struct snet_err *err)
{
	int r;

	if (!nl->count)
		return 0;

	r = send_queue(nl, err);
	if (r == 0)
		r = receive(nl, err);
	drop_queue(nl);
	return r;
}

int snet__nl_call(struct snet__nl *nl, struct nl_msg *msg, const char *what,
		  const char *name, struct snet_err *err)
{
	struct request *request;

	if (!msg)
		return snet__err_oom(err);

	request = &nl->queue[nl->count++];
	nl->bytes += nlmsg_hdr(msg)->nlmsg_len;
	request->msg = msg;
	request->what = what;
	(void)snprintf(request->name, sizeof(request->name), "%s",
		       name); /* cut when long */
	if (nl->is_held && nl->count < QUEUE_MAX && nl->bytes < QUEUE_BYTES_MAX)
		return 0;
	return carry_out(nl, err);
}

int snet__nl_call_index(struct snet__nl *nl, struct nl_msg *msg, const char *what,
			int index, struct snet_err *err)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "number %d", index); /* an int fits */
	return snet__nl_call(nl, msg, what, name, err);
}

void snet__nl_hold(struct snet__nl *nl)
{
	nl->is_held = true;
}

int snet__nl_finish(struct snet__nl *nl, int r, struct snet_err *err)
{
	nl->is_held = false;
	if (r < 0)
		drop_queue(nl);
	return r < 0 ? r : carry_out(nl, err);
}

void snet__nl_listen(struct snet__nl *nl, snet__nl_answer_fn fn, void *user)
{
	nl->answer_fn = fn;
	nl->answer_user = user;
}

struct nl_msg *snet__nl_msg_new(int type, int flags, const void *header, size_t size)
{
	return snet__nl_msg_new_large(type, flags, header, size, 0);
}

struct nl_msg *snet__nl_msg_new_large(int type, int flags, const void *header,
				      size_t size, size_t more)
{
	struct nl_msg *msg = nlmsg_alloc_size(MESSAGE_MAX + more);
	int r;

	if (!msg)
		return NULL;

	(void)nlmsg_put(msg, 0, 0, type, 0, flags); /* an empty message has room for it */
	r = nlmsg_append(msg, (void *)header, size, NLMSG_ALIGNTO);
	assert(r == 0);
	(void)r;
	return msg;
}

void snet__nl_put(struct nl_msg *msg, int type, const void *data, size_t size)
{
	int r = nla_put(msg, type, (int)size, data);

	assert(r == 0);
	(void)r;
}

void snet__nl_put_text(struct nl_msg *msg, int type, const char *text)
{
	snet__nl_put(msg, type, text, strlen(text) + 1);
}

struct nlattr *snet__nl_open_nest(struct nl_msg *msg, int type)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	assert(nest);
	return nest;
}
