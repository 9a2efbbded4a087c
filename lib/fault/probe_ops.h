/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_PROBE_OPS_H
#define SNET_FAULT_PROBE_OPS_H

/* What probe.c (probes, their times and their thread) and the kinds of probes share. A probe asks
 * again whether or not it has its answers: so it has several questions, each of them told once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault/probe.h"
#include "link/heap.h"

/* Questions of one probe that may be open at the same time. */
#define SNET__PROBE_OPEN_MAX 64

enum snet__question_state {
	SNET__QUESTION_FREE,
	SNET__QUESTION_ASKED,
	SNET__QUESTION_TOLD, /* its descriptor is still needed */
};

struct snet__question {
	struct snet__probe *probe;
	enum snet__question_state state;
	uint64_t at_ns;
	/* HTTP: its connection, and what it has said. */
	int fd; /* -1 for none */
	bool is_connected;
	size_t size;
	char head[12]; /* "HTTP/1.1 200" */
};

struct snet__probe {
	struct snet__heap_item due; /* must be first */
	struct snet__prober *prober;
	const struct snet__probe_ops *ops;
	struct snet__probe_opts opts; /* without its namespace */
	unsigned int index;
	int fd;         /* by which it asks, -1 for none */
	int netns;      /* where it makes sockets, -1 for none */
	uint64_t nonce; /* by which answers are known as its own */
	uint64_t next_ns;
	/* Questions are numbered; number i is in [i % room]. Those below first are over. */
	struct snet__question *questions;
	uint64_t first, next;
	size_t room;
};

/* A kind of probes. Constant table; but for open() all is called on the prober's thread. */
struct snet__probe_ops {
	const char *name;
	bool has_port;
	/* Open what it asks by. What there is when it fails is closed by the caller. */
	int (*open)(struct snet__probe *probe, int netns, struct snet_err *err);
	/* Ask, at @question->at_ns, which may be moved. It may fail: that is told. */
	void (*ask)(struct snet__probe *probe, struct snet__question *question);
	/* Something has come. @question: whose descriptor, or any when it is the probe's. */
	void (*ready)(struct snet__probe *probe, struct snet__question *question);
};
extern const struct snet__probe_ops snet__probe_icmp, snet__probe_coap, snet__probe_http;

/* Watch @fd for EPOLLIN ... in the name of @question. -EMFILE ... */
int snet__probe_watch(struct snet__question *question, int fd, uint32_t events);
/* The open question whose number ends in these bits; NULL for none. */
struct snet__question *snet__probe_find(struct snet__probe *probe, uint16_t number);
uint64_t snet__question_number(const struct snet__question *question);
/* Tell what has come of @question, unless it was told; it has an answer now when @is_answered. */
void snet__question_tell(struct snet__question *question, bool is_answered,
			 const char *detail);
/* The same for an errno; and it is over. */
void snet__question_fail(struct snet__question *question, int code);
/* It is over: its descriptor is closed. */
void snet__question_end(struct snet__question *question);

/* ---- probe_packet.c: those that ask by a packet, and are answered by one. */

/* A socket(2) of this type and protocol, bound and connected, that queues its errors. */
int snet__probe_open_packet(struct snet__probe *probe, int netns, int type, int protocol,
			    struct snet_err *err);
void snet__probe_send(struct snet__question *question, const void *packet, size_t size);
/* Whether @packet is the answer to a question, or, with @is_error, what has been asked: its number's
 * last bits. */
typedef bool (*snet__probe_read_fn)(const struct snet__probe *probe,
				    const unsigned char *packet, size_t size,
				    bool is_error, uint16_t *ret_number);
void snet__probe_receive(struct snet__probe *probe, snet__probe_read_fn read);

#endif
