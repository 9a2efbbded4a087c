/* SPDX-License-Identifier: MIT */
/* What is still to be done for an event, and going through it after a restart; and writing
 * the trace, because it is the trace's outcome that ends an event. */

#include <string.h>

#include "store/internal.h"
#include "store/trace.h"

/* Put the writer's cursor on event @seq: its trace's outcome, or what LMDB says. */
static int find_event(struct snet__store *store, uint64_t seq, enum snet_outcome *ret)
{
	struct snet__db_key key;
	MDB_val at, val;
	int rc;

	snet__db_key_event(&key, seq, SNET__DB_JOURNAL, 0);
	at = snet__db_key_val(&key);
	rc = mdb_cursor_get(store->cursor, &at, &val, MDB_SET_KEY);
	if (rc != 0)
		return rc;

	*ret = SNET_OUTCOME_PENDING;
	snet__db_key_event(&key, seq, SNET__DB_TRACE, 0);
	rc = mdb_cursor_get(store->cursor, &at, &val, MDB_NEXT);
	if (rc == 0 && snet__db_has_prefix(&at, &key))
		*ret = snet__trace_decode_outcome(val.mv_data, val.mv_size);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int begin_with(struct snet__store *store, uint64_t seq, enum snet_outcome *ret,
		      struct snet_err *err)
{
	int r, rc;

	r = snet__store_begin(store, err);
	if (r < 0)
		return r;
	rc = find_event(store, seq, ret);
	if (rc == MDB_NOTFOUND)
		return snet__err_set(err, -ENOENT, "no event number %llu",
				     (unsigned long long)seq);
	return rc != 0 ? snet__store_lose(store, rc, err) : 0;
}

int snet__store_put_open(struct snet__store *store, uint64_t seq, unsigned int index,
			 const void *data, size_t size, struct snet_err *err)
{
	MDB_val at, val = {.mv_size = size, .mv_data = (void *)(uintptr_t)data};
	enum snet_outcome outcome;
	struct snet__db_key key;
	int r;

	r = begin_with(store, seq, &outcome, err);
	if (r < 0)
		return r;

	snet__db_key_event(&key, seq, SNET__DB_OPEN, index);
	at = snet__db_key_val(&key);
	r = mdb_cursor_put(store->cursor, &at, &val, 0);
	return r != 0 ? snet__store_lose(store, r, err) : 0;
}

/* Remove the records that follow the trace, on which the cursor stands. */
static int remove_open(struct snet__store *store, uint64_t seq)
{
	struct snet__db_key prefix;
	MDB_val at, val;
	int rc;

	snet__db_key_start(&prefix, SNET__DB_EVENT);
	snet__db_key_add_number(&prefix, seq, 8);
	snet__db_key_add_number(&prefix, SNET__DB_OPEN, 1);
	while ((rc = mdb_cursor_get(store->cursor, &at, &val, MDB_NEXT)) == 0 &&
	       snet__db_has_prefix(&at, &prefix)) {
		rc = mdb_cursor_del(store->cursor, 0);
		if (rc != 0)
			return rc;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static void count_end(struct snet__store *store, uint64_t seq)
{
	store->now.ended++;
	/* It was passed over while it was pending. */
	if (seq < store->now.trim_at)
		store->now.trim_at = seq;
}

int snet__store_put_trace(struct snet__store *store, const struct snet_trace *trace,
			  struct snet_err *err)
{
	MDB_val at, val = {.mv_size = snet__trace_encoded_size(trace)};
	enum snet_outcome before = SNET_OUTCOME_PENDING;
	struct snet__db_key key;
	int r, rc;

	r = begin_with(store, trace->seq, &before, err);
	if (r < 0)
		return r;

	snet__db_key_event(&key, trace->seq, SNET__DB_TRACE, 0);
	at = snet__db_key_val(&key);
	rc = mdb_cursor_put(store->cursor, &at, &val, MDB_RESERVE);
	if (rc == 0) {
		snet__trace_encode(trace, val.mv_data);
		if (trace->outcome != SNET_OUTCOME_PENDING)
			rc = remove_open(store, trace->seq);
	}
	if (rc != 0)
		return snet__store_lose(store, rc, err);

	if (before == SNET_OUTCOME_PENDING && trace->outcome != SNET_OUTCOME_PENDING)
		count_end(store, trace->seq);
	else if (before != SNET_OUTCOME_PENDING && trace->outcome == SNET_OUTCOME_PENDING)
		store->now.ended--;
	return 0;
}

static int read_trace(struct snet_trace *trace, const struct snet__db_event *event)
{
	*trace = (struct snet_trace){.seq = event->seq};
	(void)stpncpy(trace->id, event->id, sizeof(trace->id) - 1);
	if (!event->trace.mv_size)
		return 0;
	return snet__trace_decode(trace, event->trace.mv_data, event->trace.mv_size);
}

struct visitor {
	snet__store_open_fn fn;
	void *user;
	struct snet_err *err;
};

/* All records of one event: @fn's answer, or a negative errno. */
static int each_record(const struct snet__db *db, MDB_cursor *cursor,
		       const struct snet__db_event *event, const struct snet_trace *trace,
		       const struct visitor *to)
{
	struct snet__db_key prefix;
	MDB_val at, val;
	bool any = false;
	int r = 0, rc;

	snet__db_key_start(&prefix, SNET__DB_EVENT);
	snet__db_key_add_number(&prefix, event->seq, 8);
	snet__db_key_add_number(&prefix, SNET__DB_OPEN, 1);
	at = snet__db_key_val(&prefix);
	rc = mdb_cursor_get(cursor, &at, &val, MDB_SET_RANGE);
	for (; rc == 0 && r == 0 && snet__db_has_prefix(&at, &prefix);
	     rc = mdb_cursor_get(cursor, &at, &val, MDB_NEXT)) {
		unsigned int index = (unsigned int)
			snet__db_number((unsigned char *)at.mv_data + prefix.size, 4);

		any = true;
		r = to->fn(to->user, event->relayer, event->seq, event->json, trace,
			   index, val.mv_data, val.mv_size);
	}
	if (rc != 0 && rc != MDB_NOTFOUND)
		return snet__db_fail(db, rc, to->err);
	if (!any)
		r = to->fn(to->user, event->relayer, event->seq, event->json, trace, 0,
			   NULL, 0);
	return r;
}

static int each_open(const struct snet__db *db, MDB_cursor *cursor,
		     const struct visitor *to)
{
	struct snet__db_event event = {0};
	struct snet_trace trace;
	int r;

	for (;;) {
		r = snet__db_seek_event(db, cursor, event.seq + 1, &event, to->err);
		if (r <= 0)
			return r;
		if (snet__trace_decode_outcome(event.trace.mv_data, event.trace.mv_size))
			continue;
		r = read_trace(&trace, &event);
		if (r == -ENOMEM)
			return snet__err_oom(to->err);
		if (r < 0)
			return snet__db_fail(db, MDB_CORRUPTED, to->err);
		r = each_record(db, cursor, &event, &trace, to);
		snet__trace_clear(&trace);
		if (r != 0)
			return r;
	}
}

int snet__store_each_open(struct snet__store *store, snet__store_open_fn fn, void *user,
			  struct snet_err *err)
{
	const struct visitor to = {.fn = fn, .user = user, .err = err};
	MDB_cursor *cursor;
	MDB_txn *txn;
	int r;

	r = snet__store_view(store, &txn, err);
	if (r < 0)
		return r;
	r = mdb_cursor_open(txn, store->db.dbi, &cursor);
	if (r != 0) {
		snet__store_view_end(store);
		return snet__db_fail(&store->db, r, err);
	}
	r = each_open(&store->db, cursor, &to);
	mdb_cursor_close(cursor);
	snet__store_view_end(store);
	return r;
}

int snet__db_find_trace(const struct snet__db *db, MDB_cursor *cursor, uint64_t seq,
			const char *id, struct snet_trace **ret, struct snet_err *err)
{
	struct snet__db_event event;
	struct snet_trace trace;
	int r = 0;

	if (seq)
		r = snet__db_seek_event(db, cursor, seq, &event, err);
	if (r < 0)
		return r;
	if (r == 0 || event.seq != seq || strcmp(event.id, id) != 0)
		return snet__err_set(err, -ENOENT, "no event '%s'", id);

	r = read_trace(&trace, &event);
	if (r == -EPROTO)
		return snet__db_fail(db, MDB_CORRUPTED, err);
	if (r == 0)
		*ret = snet__trace_move(&trace);
	return r == 0 && *ret ? 0 : snet__err_oom(err);
}

int snet__store_find_trace(struct snet__store *store, const char *id,
			   struct snet_trace **ret, struct snet_err *err)
{
	MDB_cursor *cursor;
	MDB_txn *txn;
	size_t at = 0;
	int r;

	r = snet__store_view(store, &txn, err);
	if (r < 0)
		return r;
	r = mdb_cursor_open(txn, store->db.dbi, &cursor);
	if (r != 0) {
		snet__store_view_end(store);
		return snet__db_fail(&store->db, r, err);
	}
	r = snet__db_find_trace(&store->db, cursor,
				snet__ids_find(&store->ids, snet__hash(id, strlen(id)),
					       &at),
				id, ret, err);
	mdb_cursor_close(cursor);
	snet__store_view_end(store);
	return r;
}
