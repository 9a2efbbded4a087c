/* SPDX-License-Identifier: MIT */
/* The journal: events by number, how a repeated one is told from a new one, and how old ones
 * go. An event's record is relayer, source, id and JSON, each with its zero. */

#include <string.h>

#include "store/internal.h"
#include "store/trace.h"

/* Old events go when there are this many (or an eighth of "keep") too many, because those
 * that go together share their pages. */
#define TRIM_SLACK 64
/* Beyond what a commit adds, it removes at most this many, looking at ... */
#define TRIM_MORE 80
/* ... at most this many that are still pending. */
#define TRIM_LOOK 256
/* Where an EVENT key has its part. */
#define PART_AT 9

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

	return take_text(&event->relayer, &at, end) &&
	       take_text(&event->source, &at, end) && take_text(&event->id, &at, end) &&
	       take_text(&event->json, &at, end);
}

static bool is_event(const MDB_val *key)
{
	return key->mv_size >= PART_AT + 1 &&
	       *(unsigned char *)key->mv_data == SNET__DB_EVENT;
}

static unsigned int part_of(const MDB_val *key)
{
	return ((unsigned char *)key->mv_data)[PART_AT];
}

static uint64_t seq_of(const MDB_val *key)
{
	return snet__db_number((unsigned char *)key->mv_data + 1, 8);
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
	if (rc == 0 && (!is_event(at) || part_of(at) != SNET__DB_JOURNAL))
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

	ret->seq = seq_of(&at);
	ret->trace = (MDB_val){0};
	snet__db_key_event(&trace, ret->seq, SNET__DB_TRACE, 0);
	rc = mdb_cursor_get(cursor, &at, &val, MDB_NEXT);
	if (rc == 0 && snet__db_has_prefix(&at, &trace))
		ret->trace = val;
	else if (rc != 0 && rc != MDB_NOTFOUND)
		return snet__db_fail(db, rc, err);
	return 1;
}

int snet__db_scan_id(const struct snet__db *db, MDB_cursor *cursor, const char *id,
		     uint64_t *ret_seq, struct snet_err *err)
{
	struct snet__db_event event;
	MDB_val at, val;
	int rc;

	rc = mdb_cursor_get(cursor, &at, &val, MDB_LAST);
	for (; rc == 0 && is_event(&at);
	     rc = mdb_cursor_get(cursor, &at, &val, MDB_PREV)) {
		if (part_of(&at) != SNET__DB_JOURNAL)
			continue;
		if (!read_event(&event, &val))
			return snet__db_fail(db, MDB_CORRUPTED, err);
		if (strcmp(event.id, id) != 0)
			continue;
		*ret_seq = seq_of(&at);
		return 1;
	}
	return rc == 0 || rc == MDB_NOTFOUND ? 0 : snet__db_fail(db, rc, err);
}

/* CloudEvents: source and id are an event's identity; here, at one relayer. */
static uint64_t hash_identity(const char *relayer, const char *source, const char *id)
{
	const uint64_t hashes[] = {snet__hash(relayer, strlen(relayer)),
				   snet__hash(source, strlen(source)),
				   snet__hash(id, strlen(id))};

	return snet__hash(hashes, sizeof(hashes));
}

/* The number of the event with this identity, 0 in *@ret_seq for none. */
static int find_identity(struct snet__store *store, uint64_t hash, const char *relayer,
			 const char *source, const char *id, uint64_t *ret_seq)
{
	struct snet__db_event event;
	MDB_val at, val;
	uint64_t seq;
	size_t i = 0;
	int rc;

	*ret_seq = 0;
	while ((seq = snet__ids_find(&store->identities, hash, &i))) {
		rc = seek_journal(store->cursor, seq, &at, &val);
		if (rc == 0 && !read_event(&event, &val))
			rc = MDB_CORRUPTED;
		if (rc != 0)
			return rc;
		if (seq_of(&at) != seq || strcmp(event.id, id) != 0 ||
		    strcmp(event.source, source) != 0 ||
		    strcmp(event.relayer, relayer) != 0)
			continue;
		*ret_seq = seq;
		break;
	}
	return 0;
}

static int write_event(struct snet__store *store, uint64_t seq,
		       const char *const texts[4])
{
	struct snet__db_key key;
	MDB_val at, val = {0};
	char *to;
	int rc;

	for (size_t i = 0; i < 4; i++)
		val.mv_size += strlen(texts[i]) + 1;
	snet__db_key_event(&key, seq, SNET__DB_JOURNAL, 0);
	at = snet__db_key_val(&key);
	rc = mdb_cursor_put(store->cursor, &at, &val, MDB_APPEND | MDB_RESERVE);
	if (rc != 0)
		return rc;

	to = val.mv_data;
	for (size_t i = 0; i < 4; i++)
		to = mempcpy(to, texts[i], strlen(texts[i]) + 1);
	return 0;
}

/* The newest event of an id is the one that is found by it. */
static int remember_event(struct snet__store *store, uint64_t seq, uint64_t identity,
			  const char *id, struct snet_err *err)
{
	uint64_t hash = snet__hash(id, strlen(id)), old;
	size_t at = 0;
	int r;

	old = snet__ids_find(&store->ids, hash, &at);
	if (old)
		snet__ids_remove(&store->ids, hash, old);
	r = snet__ids_add(&store->identities, identity, seq, err);
	if (r == 0)
		r = snet__ids_add(&store->ids, hash, seq, err);
	return r;
}

static int check_event(const char *relayer, const char *id, struct snet_err *err)
{
	if (!*id || strlen(id) > SNET_EVENT_ID_MAX)
		return snet__err_set(err, -EINVAL,
				     "an event's id must have 1 to %d bytes",
				     SNET_EVENT_ID_MAX);
	if (strlen(relayer) > SNET__DB_NAME_MAX)
		return snet__err_set(err, -EINVAL, "'%s' is no relayer's name", relayer);
	return 0;
}

int snet__store_add_event(struct snet__store *store, const char *relayer,
			  const char *source, const char *id, const char *json,
			  uint64_t *ret_seq, struct snet_err *err)
{
	const char *const texts[4] = {relayer, source, id, json};
	uint64_t hash = hash_identity(relayer, source, id), seq = 0;
	int r, rc;

	r = check_event(relayer, id, err);
	if (r == 0)
		r = snet__store_begin(store, err);
	if (r < 0)
		return r;

	rc = find_identity(store, hash, relayer, source, id, &seq);
	if (rc == 0 && seq) {
		*ret_seq = seq;
		return 1;
	}
	seq = store->now.last_seq + 1;
	if (rc == 0)
		rc = write_event(store, seq, texts);
	if (rc == 0 && remember_event(store, seq, hash, id, NULL) < 0)
		rc = ENOMEM;
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
	uint64_t last = snet__store_last_seq(store);
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
		if (event.seq > last)
			break;
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

	snet__ids_clear(&store->identities);
	snet__ids_clear(&store->ids);
	*now = (struct snet__store_counts){.trim_at = 1};
	for (;;) {
		r = snet__db_seek_event(&store->db, cursor, now->last_seq + 1, &event,
					err);
		if (r <= 0)
			break;
		now->last_seq = event.seq;
		if (snet__trace_decode_outcome(event.trace.mv_data, event.trace.mv_size))
			now->ended++;
		r = remember_event(store, event.seq,
				   hash_identity(event.relayer, event.source, event.id),
				   event.id, err);
		if (r < 0)
			break;
	}
	mdb_cursor_close(cursor);
	snet__store_view_end(store);
	return r;
}

/* Remove all parts of an event and its identity. */
static int remove_event(struct snet__store *store, const struct snet__db_event *event)
{
	struct snet__db_key prefix;
	MDB_val at, val;
	int rc;

	/* First what points into the map, because removing moves it. */
	snet__ids_remove(&store->identities,
			 hash_identity(event->relayer, event->source, event->id),
			 event->seq);
	snet__ids_remove(&store->ids, snet__hash(event->id, strlen(event->id)),
			 event->seq);
	snet__db_key_start(&prefix, SNET__DB_EVENT);
	snet__db_key_add_number(&prefix, event->seq, 8);
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
	uint64_t slack = store->keep / 8 < TRIM_SLACK ? store->keep / 8 : TRIM_SLACK;
	struct snet__store_counts *now = &store->now;
	struct snet__db_event event;
	int r, rc;

	if (now->ended <= store->keep + slack)
		return 0;
	while (now->ended > store->keep && most && looks--) {
		r = snet__db_seek_event(&store->db, store->cursor, now->trim_at, &event,
					err);
		if (r <= 0)
			return r;
		/* NOLINTNEXTLINE: the event is filled in whenever one is found */
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
