/* SPDX-License-Identifier: MIT */
/* The public reader: another process's view of a store. Every call is one or more short
 * transactions, because LMDB cannot reuse a page that any reader may still see: a reader that
 * stayed in one while its user reads the screen would let the file grow. */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/folder.h"
#include "store/trace.h"

/* What is copied out of the store in one transaction. */
#define BATCH_EVENTS 64
#define BATCH_BYTES  (256 * 1024)
/* How often a store may be replaced while it is opened. */
#define OPEN_TRIES 8

struct snet_store {
	struct snet__db db;
};

struct batch {
	struct batch_event {
		uint64_t seq;
		size_t at; /* of its JSON, in text */
		enum snet_outcome outcome;
	} events[BATCH_EVENTS];
	size_t count;
	char *text;
	size_t size, cap;
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* LMDB opens two files by their names. When the folder was replaced between the two, they
 * do not belong together. */
static int open_whole(struct snet__db *db, const char *folder, const char *path,
		      struct snet_err *err)
{
	struct stat before, after;
	int r;

	for (int i = 0; i < OPEN_TRIES; i++) {
		if (stat(path, &before) < 0)
			return errno == ENOENT || errno == ENOTDIR
				       ? snet__err_set(err, -ENOENT, "no store in '%s'",
						       folder)
				       : snet__err_sys(err, -errno, "store '%s'", folder);
		r = snet__db_open(db, folder, path, MDB_RDONLY, err);
		if (stat(path, &after) == 0 && is_same(&before, &after))
			return r;
		snet__db_close(db);
	}
	return snet__err_set(err, -EIO, "store '%s' is being replaced again and again",
			     folder);
}

int snet_store_open(struct snet_store **ret, const char *folder, struct snet_err *err)
{
	autofree char *path = snet__folder_path(folder, false);
	struct snet_store *store = calloc(1, sizeof(*store));
	int r;

	if (!path || !store) {
		free(store);
		return snet__err_oom(err);
	}

	r = open_whole(&store->db, folder, path, err);
	if (r == 0)
		r = snet__db_check_schema(&store->db,
					  "read it with the version that wrote it", err);
	if (r < 0) {
		snet_store_close(store);
		return r;
	}
	*ret = store;
	return 0;
}

void snet_store_close(struct snet_store *store)
{
	if (!store)
		return;
	snet__db_close(&store->db);
	free(store);
}

static int begin(struct snet_store *store, MDB_txn **ret, MDB_cursor **ret_cursor,
		 struct snet_err *err)
{
	MDB_txn *txn = NULL;
	int rc;

	rc = mdb_txn_begin(store->db.env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return snet__db_fail(&store->db, rc, err);

	rc = mdb_cursor_open(txn, store->db.dbi, ret_cursor);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return snet__db_fail(&store->db, rc, err);
	}
	*ret = txn;
	return 0;
}

static void end(MDB_txn *txn, MDB_cursor *cursor)
{
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
}

static int add_to_batch(struct batch *batch, const struct snet__db_event *event,
			struct snet_err *err)
{
	size_t size = strlen(event->json) + 1;
	int r;

	r = snet__vec_reserve(&batch->text, &batch->cap, batch->size + size, 1, err);
	if (r < 0)
		return r;
	batch->events[batch->count++] = (struct batch_event){
		.seq = event->seq,
		.at = batch->size,
		.outcome = snet__trace_decode_outcome(event->trace.mv_data,
						      event->trace.mv_size),
	};
	memcpy(batch->text + batch->size, event->json, size);
	batch->size += size;
	return 0;
}

static int fill_batch(struct snet_store *store, struct batch *batch, uint64_t after,
		      struct snet_err *err)
{
	struct snet__db_event event = {.seq = after};
	MDB_cursor *cursor = NULL;
	MDB_txn *txn = NULL;
	int r;

	batch->count = batch->size = 0;
	r = begin(store, &txn, &cursor, err);
	if (r < 0)
		return r;
	do {
		r = snet__db_seek_event(&store->db, cursor, event.seq + 1, &event, err);
		if (r > 0)
			r = add_to_batch(batch, &event, err) < 0 ? -ENOMEM : 1;
	} while (r > 0 && batch->count < BATCH_EVENTS && batch->size < BATCH_BYTES);
	end(txn, cursor);
	return r < 0 ? r : 0;
}

int snet_store_events(struct snet_store *store, uint64_t after, snet_event_fn fn,
		      void *user, struct snet_err *err)
{
	struct batch batch = {0};
	bool go_on = true;
	int r;

	do {
		r = fill_batch(store, &batch, after, err);
		for (size_t i = 0; r == 0 && go_on && i < batch.count; i++) {
			after = batch.events[i].seq;
			go_on = fn(user, after, batch.text + batch.events[i].at,
				   batch.events[i].outcome) == 0;
		}
	} while (r == 0 && go_on && batch.count);
	free(batch.text);
	return r;
}

int snet_store_trace(struct snet_store *store, const char *id, struct snet_trace **ret,
		     struct snet_err *err)
{
	MDB_cursor *cursor = NULL;
	uint64_t seq = 0;
	MDB_txn *txn = NULL;
	int r;

	r = begin(store, &txn, &cursor, err);
	if (r < 0)
		return r;
	/* People ask for what has just happened, which is found at once. */
	r = snet__db_scan_id(&store->db, cursor, id, &seq, err);
	if (r >= 0)
		r = snet__db_find_trace(&store->db, cursor, seq, id, ret, err);
	end(txn, cursor);
	return r;
}

int snet_store_state(struct snet_store *store, const char *name, char *text, size_t size,
		     struct snet_err *err)
{
	MDB_cursor *cursor = NULL;
	MDB_txn *txn = NULL;
	int r;

	r = begin(store, &txn, &cursor, err);
	if (r < 0)
		return r;
	r = snet__db_find_state(&store->db, txn, name, text, size, err);
	end(txn, cursor);
	return r;
}
