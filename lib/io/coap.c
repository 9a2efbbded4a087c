/* SPDX-License-Identifier: MIT */
/* The message layer: RFC 7252 section 4, for many endpoints on one loop.
 *
 * Out: a message is encoded into the queue of all endpoints (coap_queue.h). A request is an
 * exchange as well: it keeps its bytes and stands in a heap by the time of its next retransmission. Its
 * token names its slot, so that a response is matched without a search.
 *
 * In: recvmmsg(2) into buffers that all endpoints share. A confirmable request that was
 * answered lately is answered from the table of the seen. */

#include "io/coap.h"

#include <arpa/inet.h>
#include <coap3/coap.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "base/random.h"
#include "io/coap_codec.h"
#include "io/coap_exchange.h"
#include "io/coap_memory.h"
#include "io/coap_queue.h"
#include "sys/netns.h"

#define BATCH         64    /* datagrams in one system call */
#define DATAGRAM_MAX  65536 /* with the byte that ends a payload's string */
#define RECEIVE_BYTES (4 << 20)

#define STREAM 0x434f4150 /* "COAP" */

struct snet__coap_endpoint {
	struct snet__coap *coap;
	struct snet__watch *watch;
	struct snet__coap_sender sender; /* and the socket */
	uint16_t next_mid;
	uint16_t port;
	bool busy;
	snet__coap_handler handler;
	void *user;
	struct snet__coap_memory memory;  /* of confirmable requests */
	struct snet__coap_exchange *open; /* its requests */
	struct snet__random random;
};

struct snet__coap {
	struct snet__loop *loop;
	struct snet__coap_exchanges *exchanges;
	struct snet__coap_queue queue;
	uint8_t *receive; /* BATCH buffers of DATAGRAM_MAX; touched as far as needed */
};

static void queue_empty(struct snet__coap_endpoint *endpoint,
			const struct snet__coap_peer *to, enum snet__coap_type type,
			uint16_t mid)
{
	struct snet__coap_message message = {.type = type,
					     .mid = mid,
					     .format = SNET__COAP_NO_FORMAT,
					     .block2 = -1};

	(void)snet__coap_queue_message(&endpoint->coap->queue, &endpoint->sender, to,
				       &message);
}

void snet__coap_flush(struct snet__coap *coap)
{
	snet__coap_queue_send(&coap->queue);
}

void snet__coap_drop(struct snet__coap *coap, const char *why)
{
	snet__coap_queue_drop(&coap->queue, why);
	snet__coap_queue_send(&coap->queue);
}

/* The part of a long payload that is asked for. Source: RFC 7959 section 2.2: the block's
 * number << 4 | more << 3 | size exponent. */
static void take_block(struct snet__coap_message *message, int asked)
{
	unsigned int exponent =
		asked >= 0 && (asked & 7) < 6 ? (unsigned int)asked & 7 : 6;
	size_t size = (size_t)16 << exponent;
	size_t number = asked >= 0 ? (size_t)asked >> 4 : 0;

	if (asked < 0 && message->size <= size)
		return;
	if (number * size >= message->size && number > 0) {
		message->code = SNET__COAP_BAD_REQUEST;
		message->size = 0;
		return;
	}
	message->payload += number * size;
	message->size -= number * size;
	message->block2 = (int)(number << 4 | exponent);
	if (message->size > size) {
		message->size = size;
		message->block2 |= 8;
	}
}

static void answer(struct snet__coap_endpoint *endpoint, const struct snet__coap_key *key,
		   const struct snet__coap_message *request,
		   const struct snet__coap_response *response)
{
	bool confirmable = request->type == SNET__COAP_CON;
	struct snet__coap_message message = {
		.type = confirmable ? SNET__COAP_ACK : SNET__COAP_NON,
		.code = response->code,
		.mid = confirmable ? request->mid : endpoint->next_mid++,
		.token_size = request->token_size,
		.format = response->size ? response->format : SNET__COAP_NO_FORMAT,
		.location = response->location,
		.block2 = -1,
		.payload = response->payload,
		.size = response->size,
	};
	struct snet__coap_datagram *out;

	memcpy(message.token, request->token, request->token_size);
	take_block(&message, request->block2);
	out = snet__coap_queue_message(&endpoint->coap->queue, &endpoint->sender,
				       &key->from, &message);
	if (out)
		out->is_promise = response->is_promise;
	if (out && confirmable)
		out->seen = snet__coap_remember(&endpoint->memory, key,
						endpoint->coap->queue.bytes + out->offset,
						out->size);
}

static bool answer_again(struct snet__coap_endpoint *endpoint,
			 const struct snet__coap_key *key)
{
	const struct snet__coap_seen *seen = snet__coap_recall(&endpoint->memory, key);

	if (seen)
		snet__coap_queue_bytes(&endpoint->coap->queue, &endpoint->sender,
				       &key->from, seen->bytes, seen->size);
	return seen != NULL;
}

static void refuse(struct snet__coap_response *response, enum snet__coap_code code,
		   const char *why)
{
	response->code = code;
	response->format = SNET__COAP_TEXT;
	response->payload = why;
	response->size = strlen(why);
}

static void on_request(struct snet__coap_endpoint *endpoint,
		       const struct snet__coap_key *key,
		       const struct snet__coap_message *message,
		       enum snet__coap_parsed parsed)
{
	struct snet__coap_request request = {
		.from = key->from,
		.method = message->code,
		.path = message->path,
		.query = message->query,
		.format = message->format,
		.payload = message->payload,
		.size = message->size,
	};
	struct snet__coap_response response = {
		.code = SNET__COAP_NOT_FOUND,
		.format = SNET__COAP_NO_FORMAT,
		.payload = "",
	};

	if (message->type == SNET__COAP_CON && answer_again(endpoint, key))
		return;
	/* Nobody waits for the refusal of a message that is not confirmable: RFC 7252 section
	 * 5.4.1. */
	if (message->type == SNET__COAP_NON && parsed == SNET__COAP_BAD_CRITICAL)
		return;

	switch (parsed) {
	case SNET__COAP_BAD_CRITICAL:
		refuse(&response, SNET__COAP_BAD_OPTION, "unknown critical option");
		break;
	case SNET__COAP_HAS_BLOCK1:
		refuse(&response, SNET__COAP_TOO_LARGE, "send it in one message");
		break;
	case SNET__COAP_WANTS_PROXY:
		refuse(&response, SNET__COAP_NO_PROXY, "not a proxy");
		break;
	default:
		endpoint->handler(endpoint->user, &request, &response);
		break;
	}
	answer(endpoint, key, message, &response);
}

static void on_response(struct snet__coap_endpoint *endpoint,
			const struct snet__coap_peer *from,
			const struct snet__coap_message *message)
{
	struct snet__coap_reply reply = {
		.code = message->code,
		.payload = message->payload,
		.size = message->size,
	};
	struct snet__coap_exchange *exchange;

	exchange = snet__coap_exchange_find(endpoint->coap->exchanges, endpoint, from,
					    message);
	if (message->type == SNET__COAP_CON)
		queue_empty(endpoint, from, exchange ? SNET__COAP_ACK : SNET__COAP_RST,
			    message->mid);
	if (!exchange)
		return;
	snet__coap_exchange_end(endpoint->coap->exchanges, exchange, &reply);
}

static void on_empty(struct snet__coap_endpoint *endpoint,
		     const struct snet__coap_peer *from,
		     const struct snet__coap_message *message)
{
	struct snet__coap_exchanges *exchanges = endpoint->coap->exchanges;
	struct snet__coap_reply refused = {.status = -ECONNREFUSED, .payload = ""};
	struct snet__coap_exchange *exchange;

	if (message->type == SNET__COAP_CON) { /* a ping: RFC 7252 section 4.3 */
		queue_empty(endpoint, from, SNET__COAP_RST, message->mid);
		return;
	}
	exchange = snet__coap_exchange_find_mid(endpoint->open, from, message->mid);
	if (!exchange)
		return;
	if (message->type == SNET__COAP_RST)
		snet__coap_exchange_end(exchanges, exchange, &refused);
	else if (message->type == SNET__COAP_ACK)
		snet__coap_exchange_acknowledge(exchanges, exchange);
}

static void on_datagram(struct snet__coap_endpoint *endpoint,
			const struct snet__coap_peer *from, uint8_t *data, size_t size)
{
	struct snet__coap_decoder room;
	struct snet__coap_message message;
	enum snet__coap_parsed parsed;

	parsed = snet__coap_decode(&message, &room, data, size);
	if (parsed == SNET__COAP_MALFORMED) {
		/* A confirmable message of our version is rejected, the rest ignored. */
		if (size >= 4 && data[0] >> 4 == (1 << 2 | SNET__COAP_CON))
			queue_empty(endpoint, from, SNET__COAP_RST,
				    (uint16_t)(data[2] << 8 | data[3]));
		return;
	}
	if (message.code == 0)
		on_empty(endpoint, from, &message);
	else if (message.code < 32 && message.type <= SNET__COAP_NON)
		on_request(endpoint,
			   &(struct snet__coap_key){
				   .from = *from,
				   .mid = message.mid,
				   .hash = (uint32_t)snet__hash(data, size),
			   },
			   &message, parsed);
	else if (message.code >= 64 && message.code < 192 && parsed == SNET__COAP_OK)
		on_response(endpoint, from, &message);
	else if (message.type == SNET__COAP_CON) /* RFC 7252 sections 4.2 and 5.4.1 */
		queue_empty(endpoint, from, SNET__COAP_RST, message.mid);
}

static void on_readable(void *user, int events)
{
	struct snet__coap_endpoint *endpoint = user;
	uint8_t *buffers = endpoint->coap->receive;
	unsigned int most = endpoint->busy ? BATCH : 4;
	struct sockaddr_in names[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	struct snet__coap_peer from;
	int n;

	for (unsigned int i = 0; i < most; i++) {
		parts[i] = (struct iovec){buffers + (size_t)i * DATAGRAM_MAX,
					  DATAGRAM_MAX - 1};
		messages[i] = (struct mmsghdr){.msg_hdr = {
						       .msg_name = &names[i],
						       .msg_namelen = sizeof(names[i]),
						       .msg_iov = &parts[i],
						       .msg_iovlen = 1,
					       }};
	}
	n = recvmmsg(endpoint->sender.fd, messages, most, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		from.ipv4 = ntohl(names[i].sin_addr.s_addr);
		from.port = ntohs(names[i].sin_port);
		on_datagram(endpoint, &from, parts[i].iov_base, messages[i].msg_len);
	}
}

static void send_again(void *user, void *owner, const struct snet__coap_peer *to,
		       const void *bytes, size_t size)
{
	struct snet__coap_endpoint *endpoint = owner;
	struct snet__coap *coap = user;

	snet__coap_queue_bytes(&coap->queue, &endpoint->sender, to, bytes, size);
}

int snet__coap_new(struct snet__coap **ret, struct snet__loop *loop, struct snet_err *err)
{
	struct snet__coap *coap = calloc(1, sizeof(*coap));
	int r = -ENOMEM;

	if (!coap)
		return snet__err_oom(err);

	/* libcoap has a log of its own, to which a peer's malformed message goes. */
	coap_startup();
	coap_set_log_level(LOG_EMERG);
	coap->loop = loop;
	coap->receive = malloc((size_t)BATCH * DATAGRAM_MAX);
	if (coap->receive)
		r = snet__coap_exchanges_new(&coap->exchanges, loop, send_again, coap,
					     err);
	else
		(void)snet__err_oom(err);
	if (r < 0) {
		snet__coap_free(coap);
		return r;
	}
	*ret = coap;
	return 0;
}

void snet__coap_free(struct snet__coap *coap)
{
	if (!coap)
		return;
	snet__coap_exchanges_free(coap->exchanges);
	snet__coap_queue_clear(&coap->queue);
	free(coap->receive);
	free(coap);
}

static int open_socket(int *ret_fd, int netns, uint16_t port, bool busy,
		       struct snet_err *err)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int bytes = RECEIVE_BYTES, r;
	autoclose int fd = -1;

	r = snet__netns_socket(&fd, netns, AF_INET, SOCK_DGRAM, 0, err);
	if (r < 0)
		return r;
	/* A burst of many devices must find room; both may be refused, which costs speed. */
	if (busy && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	r = snet__netns_bind(fd, &any, sizeof(any));
	if (r < 0)
		return snet__err_sys(err, r, "cannot bind UDP port %u", port);

	*ret_fd = steal_fd(&fd);
	return 0;
}

int snet__coap_endpoint_new(struct snet__coap_endpoint **ret, struct snet__coap *coap,
			    int netns, uint16_t port, bool busy,
			    snet__coap_handler handler, void *user, struct snet_err *err)
{
	autofree struct snet__coap_endpoint *endpoint = calloc(1, sizeof(*endpoint));
	autoclose int fd = -1;
	int r;

	if (!endpoint)
		return snet__err_oom(err);
	r = open_socket(&fd, netns, port, busy, err);
	if (r < 0)
		return r;
	r = snet__watch_new(&endpoint->watch, coap->loop, fd, on_readable, endpoint, err);
	if (r < 0)
		return r;

	endpoint->coap = coap;
	endpoint->port = port;
	endpoint->busy = busy;
	endpoint->memory.room = busy ? SNET__COAP_MEMORY_BUSY : SNET__COAP_MEMORY_FEW;
	endpoint->handler = handler;
	endpoint->user = user;
	/* Unpredictable, so that it is seldom one that a peer remembers of a former self. */
	endpoint->next_mid = (uint16_t)snet__random_entropy();
	snet__coap_endpoint_seed(endpoint, snet__random_entropy(), "");
	snet__watch_set(endpoint->watch, SNET__WATCH_READ);
	endpoint->sender.fd = steal_fd(&fd);
	*ret = steal_ptr(endpoint);
	return 0;
}

void snet__coap_endpoint_seed(struct snet__coap_endpoint *endpoint, uint64_t seed,
			      const char *name)
{
	/* Other numbers than those that a node draws from its seed for something else. */
	snet__random_seed(&endpoint->random, seed ^ STREAM, name);
}

void snet__coap_endpoint_free(struct snet__coap_endpoint *endpoint)
{
	if (!endpoint)
		return;
	snet__coap_exchanges_cancel(endpoint->coap->exchanges, &endpoint->open);
	snet__coap_queue_forget(&endpoint->coap->queue, &endpoint->sender);
	snet__watch_free(endpoint->watch);
	close(endpoint->sender.fd);
	free(endpoint->memory.seen);
	free(endpoint);
}

void snet__coap_endpoint_set_held(struct snet__coap_endpoint *endpoint, bool is_held)
{
	endpoint->sender.is_held = is_held;
	snet__watch_set(endpoint->watch, is_held ? 0 : SNET__WATCH_READ);
	snet__coap_exchanges_set_held(endpoint->coap->exchanges, endpoint->open, is_held,
				      endpoint->sender.is_queued);
}

int snet__coap_endpoint_fd(const struct snet__coap_endpoint *endpoint)
{
	return endpoint->sender.fd;
}

int snet__coap_send(struct snet__coap_endpoint *endpoint,
		    const struct snet__coap_call *call, snet__coap_done done, void *user,
		    struct snet_err *err)
{
	struct snet__coap_message message = {
		.type = SNET__COAP_CON,
		.code = call->method,
		.mid = endpoint->next_mid++,
		.path = call->path,
		.query = call->query,
		.format = call->size ? call->format : SNET__COAP_NO_FORMAT,
		.block2 = -1,
		.payload = call->payload,
		.size = call->size,
	};
	struct snet__coap_exchange_opts opts = {.owner = endpoint,
						.open = &endpoint->open,
						.to = call->to,
						.mid = message.mid,
						.is_held = endpoint->sender.is_held,
						.spread = snet__random_unit(
							&endpoint->random),
						.done = done,
						.user = user};
	struct snet__coap *coap = endpoint->coap;
	const struct snet__coap_datagram *out;

	if (call->size > SNET__COAP_PAYLOAD_MAX)
		return snet__err_set(err, -EMSGSIZE, "a payload of %zu bytes is over %u",
				     call->size, SNET__COAP_PAYLOAD_MAX);

	message.token_size = SNET__COAP_TOKEN_MAX;
	if (snet__coap_exchange_reserve(coap->exchanges, message.token) < 0)
		return snet__err_oom(err);
	out = snet__coap_queue_message(&coap->queue, &endpoint->sender, &call->to,
				       &message);
	if (!out)
		return snet__err_oom(err);
	return snet__coap_exchange_start(coap->exchanges, &opts, message.token,
					 coap->queue.bytes + out->offset, out->size, err);
}

void snet__coap_dispatch(const struct snet__coap_resource *resources, size_t count,
			 void *user, const struct snet__coap_request *request,
			 struct snet__coap_response *response)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(resources[i].path, request->path) != 0)
			continue;
		response->code = SNET__COAP_NOT_ALLOWED;
		if (resources[i].method != request->method)
			continue;
		resources[i].handler(user, request, response);
		return;
	}
}

bool snet__coap_query(const char *query, const char *key, char *value, size_t size)
{
	size_t key_length = strlen(key), length;

	for (; *query; query += query[length] ? length + 1 : length) {
		length = strcspn(query, "&");
		if (strncmp(query, key, key_length) != 0 || query[key_length] != '=')
			continue;
		if (length - key_length > size)
			return false;
		memcpy(value, query + key_length + 1, length - key_length - 1);
		value[length - key_length - 1] = '\0';
		return true;
	}
	return false;
}
