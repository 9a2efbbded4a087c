/* SPDX-License-Identifier: MIT */
#ifndef SNET_STORE_STORE_H
#define SNET_STORE_STORE_H

/* What a lab must not forget, in one LMDB environment: journal (events), outbox (what is still
 * to be done for them), traces, device states. One thread writes; other processes read it at
 * any time through include/snet/store.h.
 *
 * All writing calls go into one transaction, begun by the first of them. The rule that makes
 * the promise "nothing acknowledged is lost": whoever sends a packet calls
 * snet__store_commit() first. The lab's loop does both at the end of each turn, so all that
 * arrived in one turn shares a commit.
 *
 * With SNET_DURABILITY_PROCESS a thread of the store brings commits to the disk about once a
 * second. Power loss costs what came after, on a file system that keeps the order of writes
 * (ext4 and xfs do not promise it: there the store may be damaged). DISK is for power loss.
 *
 * In the folder: "snet.lock", held by the writer and kept, and "store", a folder with LMDB's two
 * files. A write that fails loses the whole transaction; then all writes fail with the same
 * error until commit has returned it once. */

#include <stdbool.h>
#include <stdint.h>

#include <snet/device.h>
#include <snet/store.h>

#include "base/err.h"
#include "io/loop.h"

struct snet__store;

/* The file in the folder that its writer has locked. */
#define SNET__STORE_LOCK "snet.lock"
/* What else is in it, as fnmatch(3) has it. */
#define SNET__STORE_FILES "store", "store.new"

struct snet__store_opts {
	const char *folder; /* copied; made with mode 0700 when it does not exist */
	enum snet_durability durability;
	bool resume;   /* false: what is in the folder is replaced */
	uint64_t keep; /* events kept after their end; the oldest go first; 0: 100,000 */
};

/* -EBUSY: another process writes it. -EPROTO: resume, but it is of another version. -EEXIST: its
 * folder has a "store" that is none. */
int snet__store_open(struct snet__store **ret, const struct snet__store_opts *opts,
		     struct snet_err *err);
void snet__store_close(struct snet__store *store); /* commits; accepts NULL */
/* Remove a closed store's files from its folder, which stays. When others know that, too, false, and
 * nothing is removed, unless it is seen that nobody writes the store. */
bool snet__store_remove(const char *folder, bool is_shared);
bool snet__store_is_there(const char *folder);
bool snet__store_is_dirty(const struct snet__store *store);
/* Make what was written since the last commit durable. Does nothing when nothing was. On
 * failure (a full disk) the transaction is lost and so must be what depends on it: the
 * caller drops its acknowledgements. */
int snet__store_commit(struct snet__store *store, struct snet_err *err);

/* A fault that is made on purpose: until that ends, each commit of something fails with -ENOSPC, as
 * on a disk that is full; set several times, until it is unset as often. Whether it is so, how
 * many have failed since it began, and when the first of them did (0: none). */
void snet__store_set_full(struct snet__store *store, bool is_full);
bool snet__store_is_full(const struct snet__store *store, uint64_t *ret_failed,
			 uint64_t *ret_since_ns);

/* Journal an event that came to @relayer. 0 and its new number; 1 and its old number when this
 * relayer has journaled an event with this @source and @id before (CloudEvents: that pair
 * is an event's identity); or a negative errno: -EINVAL for an id that is empty or longer
 * than SNET_EVENT_ID_MAX. */
int snet__store_add_event(struct snet__store *store, const char *relayer,
			  const char *source, const char *id, const char *json,
			  uint64_t *ret_seq, struct snet_err *err);

/* A trace under construction: snet_step entries that are owned. Zeroed is empty. Also what
 * struct snet_trace of the public header is. */
struct snet_trace {
	char id[SNET_EVENT_ID_MAX + 1];
	uint64_t seq;
	enum snet_outcome outcome;
	struct snet_step *steps; /* strings owned: see trace.c */
	size_t count, cap;
};
/* @step must be a literal of the list in snet/event.h; @node and @detail are copied. Kept in
 * the order of @at_ns. At most 256 steps: what is beyond is dropped, the last step stays.
 * Words are cut at 255 (@node) and 1,023 bytes (@detail, may be NULL); bytes above 127 of what
 * is not UTF-8 become '?'. */
int snet__trace_add(struct snet_trace *trace, const char *step, const char *node,
		    uint64_t at_ns, const char *detail);
void snet__trace_clear(struct snet_trace *trace); /* releases the steps */
struct snet_trace *snet__trace_copy(const struct snet_trace *trace);
char *snet__trace_json(const struct snet_trace *trace);

/* Write the trace of event @trace->seq (-ENOENT: there is none), replacing what was there. An outcome other than
 * PENDING ends the event: its outbox records are removed with it, and it counts for "keep". */
int snet__store_put_trace(struct snet__store *store, const struct snet_trace *trace,
			  struct snet_err *err);
/* -ENOENT. Sees what is not committed yet. */
int snet__store_find_trace(struct snet__store *store, const char *id,
			   struct snet_trace **ret, struct snet_err *err);

/* The outbox: one record an invocation of an event, whatever the relayer writes in it. */
int snet__store_put_open(struct snet__store *store, uint64_t seq, unsigned int index,
			 const void *data, size_t size, struct snet_err *err);
/* Go through what is open, by event and index, for a resume. @event is its JSON, @trace what
 * was last written (or empty). An event without records is given once with @data NULL: it
 * was journaled, but not routed yet. @fn must not write; nonzero stops and is returned. */
typedef int (*snet__store_open_fn)(void *user, const char *relayer, uint64_t seq,
				   const char *event, const struct snet_trace *trace,
				   unsigned int index, const void *data, size_t size);
int snet__store_each_open(struct snet__store *store, snet__store_open_fn fn, void *user,
			  struct snet_err *err);

/* States of devices. */
int snet__store_put_state(struct snet__store *store, const char *node, const char *state,
			  struct snet_err *err);
/* No state is remembered of it any more. */
int snet__store_remove_state(struct snet__store *store, const char *node,
			     struct snet_err *err);
/* -ENOENT */
int snet__store_find_state(struct snet__store *store, const char *node,
			   char state[SNET_STATE_MAX], struct snet_err *err);
/* The command ids that a device has applied: remembers the last 1,024 of each device. Both
 * return 1 when @id is among them; else 0, and apply_once remembers it now. */
int snet__store_has_applied(struct snet__store *store, const char *node, const char *id,
			    struct snet_err *err);
int snet__store_apply_once(struct snet__store *store, const char *node, const char *id,
			   struct snet_err *err);

/* Events after @after that are committed, at most @max, with their outcomes as of now. */
int snet__store_each_event(struct snet__store *store, uint64_t after, size_t max,
			   snet_event_fn fn, void *user, struct snet_err *err);
/* The number of the newest event that is committed, 0 for none. */
uint64_t snet__store_last_seq(const struct snet__store *store);

#endif
