/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_IMPAIRMENT_H
#define SNET_TOPO_IMPAIRMENT_H

/* What happens to the packets of one direction of a link, by the keys that a lab file has for
 * it. Texts belong to the struct that they are in, where nothing else is said. */

#include <snet/link.h>

#include "base/err.h"

/* The longest delay and jitter that a shaper takes: 19 hours, so that no sum or product of theirs
 * is too large. */
#define SNET__DELAY_MAX_NS (UINT64_C(1) << 46)

struct snet__json;

extern const struct snet_impairment snet__impairment_plain;

/* The keys, in the order in which they are written: what a key needs comes before it. NULL
 * behind the last. */
const char *snet__impairment_key(size_t index);

/* Whether all that @key says is the same in both. */
bool snet__impairment_is_equal(const struct snet_impairment *a,
			       const struct snet_impairment *b, const char *key);
bool snet__impairment_is_plain(const struct snet_impairment *one);
bool snet__impairment_is_same(const struct snet_impairment *a,
			      const struct snet_impairment *b);
/* Whether all that happens to packets is that they come later. */
bool snet__impairment_is_delay(const struct snet_impairment *one);

/* What is missing for @key to mean something, "needs a 'rate'"; NULL for nothing. */
const char *snet__impairment_lacks(const struct snet_impairment *one, const char *key);
/* Whether @key is off, and would mean nothing if it were not. */
bool snet__impairment_is_idle(const struct snet_impairment *one, const char *key);

/* Give @to what @key says in @from. -ENOMEM. */
int snet__impairment_set(struct snet_impairment *to, const struct snet_impairment *from,
			 const char *key, struct snet_err *err);
/* Where something is turned off, what would need it goes too, unless a key of @asked, which may be NULL,
 * asks for it. -ENOMEM. */
int snet__impairment_settle(struct snet_impairment *one, const struct snet__json *asked,
			    struct snet_err *err);
/* The same as snet__impairment_set(), but texts stay those of @from, and what @to had is not freed. */
void snet__impairment_lend(struct snet_impairment *to, const struct snet_impairment *from,
			   const char *key);
/* A copy in @ret, which is plain; half of it when memory is short. -ENOMEM. */
int snet__impairment_copy(struct snet_impairment *ret, const struct snet_impairment *from,
			  struct snet_err *err);
void snet__impairment_clear(struct snet_impairment *one);

/* Whether each value by itself can be. -EINVAL with the key in @err. */
int snet__impairment_check(const struct snet_impairment *one, struct snet_err *err);
/* Whether a loss model's probabilities go together. */
int snet__impairment_check_loss(const struct snet_impairment *one, struct snet_err *err);

/* words.c: the words of a lab file for the enums, NULL-terminated. That of a table is NULL. */
extern const char *const snet__distribution_words[], *const snet__queue_words[],
							     *const snet__shaper_words[];
/* Whether a "distribution" is no word, but a file with a table. */
bool snet__distribution_is_file(const char *text);

#endif
