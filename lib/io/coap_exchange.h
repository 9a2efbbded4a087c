/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_COAP_EXCHANGE_H
#define SNET_IO_COAP_EXCHANGE_H

/* Requests that wait for their response: retransmission (RFC 7252 section 4.2) and matching. */

#include "io/coap_codec.h"

struct snet__coap_exchanges;
struct snet__coap_exchange;

/* Called to send an exchange's bytes once more. */
typedef void (*snet__coap_again_fn)(void *user, void *owner,
				    const struct snet__coap_peer *to, const void *bytes,
				    size_t size);

struct snet__coap_exchange_opts {
	void *owner;                       /* the endpoint */
	struct snet__coap_exchange **open; /* the owner's list, NULL at first */
	struct snet__coap_peer to;
	uint16_t mid;
	bool is_held;  /* see snet__coap_exchanges_set_held() */
	double spread; /* of the first wait: 0 for the shortest, 1 for the longest */
	snet__coap_done done;
	void *user;
};

int snet__coap_exchanges_new(struct snet__coap_exchanges **ret, struct snet__loop *loop,
			     snet__coap_again_fn again, void *user, struct snet_err *err);
void snet__coap_exchanges_free(struct snet__coap_exchanges *exchanges);

/* The token that the next exchange will have. */
int snet__coap_exchange_reserve(struct snet__coap_exchanges *exchanges,
				uint8_t token[SNET__COAP_TOKEN_MAX]);
int snet__coap_exchange_start(struct snet__coap_exchanges *exchanges,
			      const struct snet__coap_exchange_opts *opts,
			      const uint8_t token[SNET__COAP_TOKEN_MAX],
			      const void *bytes, size_t size, struct snet_err *err);
/* NULL for none: whose token, owner and peer these are. */
struct snet__coap_exchange *snet__coap_exchange_find(
	struct snet__coap_exchanges *exchanges, const void *owner,
	const struct snet__coap_peer *from, const struct snet__coap_message *message);
struct snet__coap_exchange *snet__coap_exchange_find_mid(
	struct snet__coap_exchange *open, const struct snet__coap_peer *from,
	uint16_t mid);
/* It was received; the response comes in a message of its own. */
void snet__coap_exchange_acknowledge(struct snet__coap_exchanges *exchanges,
				     struct snet__coap_exchange *exchange);
/* Ends with done(). */
void snet__coap_exchange_end(struct snet__coap_exchanges *exchanges,
			     struct snet__coap_exchange *exchange,
			     const struct snet__coap_reply *reply);
/* For those of one owner time does not count, and then goes on where it is. One that is started
 * meanwhile, and each if they are queued to be sent, has not been sent, and is then. */
void snet__coap_exchanges_set_held(struct snet__coap_exchanges *exchanges,
				   struct snet__coap_exchange *open, bool is_held,
				   bool is_queued);
/* All of one owner end with -ECANCELED. */
void snet__coap_exchanges_cancel(struct snet__coap_exchanges *exchanges,
				 struct snet__coap_exchange **open);

#endif
