/* SPDX-License-Identifier: MIT */
/* The journal: events by number, and the index that tells a repeated event from a new one.
 *
 * An event's record is: the hash of its source (8 bytes, big-endian), then relayer, id and JSON,
 * each with its zero. The identity of an event is exact: the index has the source's hash in
 * the key and the source itself as the value, so sources may be of any length and those of
 * equal hash are neighbours. */

#include <stdio.h>
#include <string.h>

#include "store/internal.h"
#include "store/trace.h"

/* Beyond what a commit adds, it removes at most this many old events, looking at ... */
#define TRIM_MORE 16
/* ... at most this many that are still pending. */
#define TRIM_LOOK  256
#define HASH_BYTES 8

/* Set @text to the string at *@at and go past it, or return false. */
static bool take_text(const char **text, const char **at, const char *end)
{
	const char *zero = memchr(*at, 0, (size_t)(end - *at));

	if (!zero)
		return false;
	*text = *at;
	*at = zero + 1;
	return true;
}

static bool read_event(struct snet__db_event *event, const MDB_val *val)
{
	const char *at = val->mv_data, *end = at + val->mv_size;

	if (val->mv_size < HASH_BYTES)
		return false;
	event->source_hash = snet__db_number(at, HASH_BYTES);
	at += HASH_BYTES;
	return take_text(&event->relayer, &at, end) && take_text(&event->id, &at, end) &&
	       take_text(&event->json, &at, end);
}

/* Put @cursor on the first JOURNAL record from number @from on. */
static int seek_journal(MDB_cursor *cursor, uint64_t from, MDB_val *at, MDB_val *val)
{
	struct snet__db_key key;
	int rc;

	snet__db_key_event(&key, from, SNET__DB_JOURNAL, 0);
	*at = snet__db_key_val(&key);
	rc = mdb_cursor_get(cursor, at, val, MDB_SET_RANGE);
	/* EVENT keys are the last of the tree; only of one that is damaged others follow. */
	if (rc == 0 && (at->mv_size != key.size ||
			((unsigned char *)at->mv_data)[0] != SNET__DB_EVENT ||
			((unsigned char *)at->mv_data)[key.size - 1] != SNET__DB_JOURNAL))
		return MDB_CORRUPTED;
	return rc;
}

int snet__db_seek_event(const struct snet__db *db, MDB_cursor *cursor, uint64_t from,
			struct snet__db_event *ret, struct snet_err *err)
{
	struct snet__db_key trace;
	MDB_val at, val;
	int rc;

	rc = seek_journal(cursor, from, &at, &val);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && !read_event(ret, &val))
		rc = MDB_CORRUPTED;
	if (rc != 0)
		return snet__db_fail(db, rc, err);

	ret->seq = snet__db_number((unsigned char *)at.mv_data + 1, 8);
	ret->trace = (MDB_val){0};
	snet__db_key_event(&trace, ret->seq, SNET__DB_TRACE, 0);
	rc = mdb_cursor_get(cursor, &at, &val, MDB_NEXT);
	if (rc == 0 && snet__db_has_prefix(&at, &trace))
		ret->trace = val;
	else if (rc != 0 && rc != MDB_NOTFOUND)
		return snet__db_fail(db, rc, err);
	return 1;
}

/* The key of an identity without the event's number. */
static void identity_key(struct snet__db_key *key, const char *id, const char *relayer,
			 uint64_t source_hash)
{
	snet__db_key_start(key, SNET__DB_IDENTITY);
	snet__db_key_add(key, id, strlen(id) + 1);
	snet__db_key_add(key, relayer, strlen(relayer) + 1);
	snet__db_key_add_number(key, source_hash, HASH_BYTES);
}

static uint64_t seq_of_identity(const MDB_val *at)
{
	return snet__db_number((unsigned char *)at->mv_data + at->mv_size - 8, 8);
}

/* The number of the event with this identity: 0 in *@ret_seq for none. */
static int find_identity(MDB_cursor *cursor, const struct snet__db_key *prefix,
			 const char *source, uint64_t *ret_seq)
{
	MDB_val at = {.mv_size = prefix->size,
		      .mv_data = (void *)(uintptr_t)prefix->bytes};
	size_t size = strlen(source);
	MDB_val val;
	int rc;

	*ret_seq = 0;
	rc = mdb_cursor_get(cursor, &at, &val, MDB_SET_RANGE);
	for (; rc == 0 && snet__db_has_prefix(&at, prefix);
	     rc = mdb_cursor_get(cursor, &at, &val, MDB_NEXT)) {
		if (val.mv_size != size || memcmp(val.mv_data, source, size) != 0)
			continue;
		*ret_seq = seq_of_identity(&at);
		return 0;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

uint64_t snet__db_find_id(MDB_cursor *cursor, const char *id, int *ret_rc)
{
	struct snet__db_key key;
	uint64_t newest = 0;
	MDB_val at, val;
	int rc;

	*ret_rc = 0;
	if (strlen(id) > SNET_EVENT_ID_MAX)
		return 0;
	snet__db_key_start(&key, SNET__DB_IDENTITY);
	snet__db_key_add(&key, id, strlen(id) + 1);
	at = snet__db_key_val(&key);
	rc = mdb_cursor_get(cursor, &at, &val, MDB_SET_RANGE);
	for (; rc == 0 && snet__db_has_prefix(&at, &key);
	     rc = mdb_cursor_get(cursor, &at, &val, MDB_NEXT))
		if (seq_of_identity(&at) > newest)
			newest = seq_of_identity(&at);
	*ret_rc = rc == MDB_NOTFOUND ? 0 : rc;
	return newest;
}

static int write_event(struct snet__store *store, uint64_t seq, const char *relayer,
		       const char *id, uint64_t source_hash, const char *json)
{
	const char *const texts[] = {relayer, id, json};
	struct snet__db_key key, hash = {0};
	MDB_val at, val = {.mv_size = HASH_BYTES};
	char *to;
	int rc;

	for (size_t i = 0; i < 3; i++)
		val.mv_size += strlen(texts[i]) + 1;
	snet__db_key_event(&key, seq, SNET__DB_JOURNAL, 0);
	at = snet__db_key_val(&key);
	rc = mdb_cursor_put(store->cursor, &at, &val, MDB_APPEND | MDB_RESERVE);
	if (rc != 0)
		return rc;

	snet__db_key_add_number(&hash, source_hash, HASH_BYTES);
	to = mempcpy(val.mv_data, hash.bytes, HASH_BYTES);
	for (size_t i = 0; i < 3; i++)
		to = mempcpy(to, texts[i], strlen(texts[i]) + 1);
	return 0;
}

int snet__store_add_event(struct snet__store *store, const char *relayer,
			  const char *source, const char *id, const char *json,
			  uint64_t *ret_seq, struct snet_err *err)
{
	uint64_t hash = snet__hash(source, strlen(source)), seq = 0;
	MDB_val at,
		val = {.mv_size = strlen(source), .mv_data = (void *)(uintptr_t)source};
	struct snet__db_key key;
	int r, rc;

	if (!*id || strlen(id) > SNET_EVENT_ID_MAX)
		return snet__err_set(err, -EINVAL,
				     "an event's id must have 1 to %d bytes",
				     SNET_EVENT_ID_MAX);
	if (strlen(relayer) > SNET__DB_NAME_MAX)
		return snet__err_set(err, -EINVAL, "'%s' is no relayer's name", relayer);
	r = snet__store_begin(store, err);
	if (r < 0)
		return r;

	identity_key(&key, id, relayer, hash);
	rc = find_identity(store->ids, &key, source, &seq);
	if (rc == 0 && seq) {
		*ret_seq = seq;
		return 1;
	}
	seq = store->now.last_seq + 1;
	snet__db_key_add_number(&key, seq, 8);
	at = snet__db_key_val(&key);
	if (rc == 0)
		rc = mdb_cursor_put(store->ids, &at, &val, 0);
	if (rc == 0)
		rc = write_event(store, seq, relayer, id, hash, json);
	if (rc != 0)
		return snet__store_lose(store, rc, err);

	store->now.last_seq = seq;
	store->added++;
	*ret_seq = seq;
	return 0;
}

int snet__store_each_event(struct snet__store *store, uint64_t after, size_t max,
			   snet_event_fn fn, void *user, struct snet_err *err)
{
	struct snet__db_event event = {.seq = after};
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

	while (max--) {
		r = snet__db_seek_event(&store->db, cursor, event.seq + 1, &event, err);
		if (r <= 0)
			break;
		r = 0;
		if (fn(user, event.seq, event.json,
		       snet__trace_decode_outcome(event.trace.mv_data,
						  event.trace.mv_size)))
			break;
	}
	mdb_cursor_close(cursor);
	snet__store_view_end(store);
	return r;
}

int snet__store_count(struct snet__store *store, struct snet_err *err)
{
	struct snet__store_counts *now = &store->now;
	struct snet__db_event event = {0};
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

	*now = (struct snet__store_counts){.trim_at = 1};
	for (;;) {
		r = snet__db_seek_event(&store->db, cursor, now->last_seq + 1, &event,
					err);
		if (r <= 0)
			break;
		now->last_seq = event.seq;
		if (snet__trace_decode_outcome(event.trace.mv_data, event.trace.mv_size))
			now->ended++;
	}
	mdb_cursor_close(cursor);
	snet__store_view_end(store);
	return r;
}

/* Remove all parts of an event and its identity. */
static int remove_event(struct snet__store *store, const struct snet__db_event *event)
{
	struct snet__db_key key, prefix;
	MDB_val at, val;
	int rc;

	/* First what points into the map, because removing moves it. */
	identity_key(&key, event->id, event->relayer, event->source_hash);
	snet__db_key_add_number(&key, event->seq, 8);
	at = snet__db_key_val(&key);
	snet__db_key_start(&prefix, SNET__DB_EVENT);
	snet__db_key_add_number(&prefix, event->seq, 8);
	rc = mdb_del(store->txn, store->db.dbi, &at, NULL);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;

	at = snet__db_key_val(&prefix);
	rc = mdb_cursor_get(store->cursor, &at, &val, MDB_SET_RANGE);
	while (rc == 0 && snet__db_has_prefix(&at, &prefix)) {
		rc = mdb_cursor_del(store->cursor, 0);
		if (rc == 0)
			rc = mdb_cursor_get(store->cursor, &at, &val, MDB_NEXT);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int snet__store_trim(struct snet__store *store, struct snet_err *err)
{
	size_t most = store->added + TRIM_MORE, looks = most + TRIM_LOOK;
	struct snet__store_counts *now = &store->now;
	struct snet__db_event event;
	int r, rc;

	while (now->ended > store->keep && most && looks--) {
		r = snet__db_seek_event(&store->db, store->cursor, now->trim_at, &event,
					err);
		if (r <= 0)
			return r;
		now->trim_at = event.seq + 1;
		if (!snet__trace_decode_outcome(event.trace.mv_data, event.trace.mv_size))
			continue;
		rc = remove_event(store, &event);
		if (rc != 0)
			return snet__store_lose(store, rc, err);
		now->ended--;
		most--;
	}
	return 0;
}
