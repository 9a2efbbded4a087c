/* SPDX-License-Identifier: MIT */
/* The writer: one LMDB transaction at a time, begun by the first write of a loop turn and
 * committed at its end. What is kept in memory beside it (counts, applied ids) goes back when
 * a transaction is lost, so memory and disk never say different things. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "store/folder.h"
#include "store/internal.h"

#define KEEP_DEFAULT 100000
/* How many commits pass between two looks for readers that were killed. */
#define READER_CHECK_COMMITS 1024

static void drop_txn(struct snet__store *store)
{
	store->txn = NULL;
	store->cursor = NULL;
	store->added = 0;
}

/* The transaction is gone: what was remembered of it, too. */
static void roll_back(struct snet__store *store)
{
	drop_txn(store);
	store->now = store->before;
	store->is_stale = true;
	snet__store_forget_applied(store);
}

/* Know again what is in the store, after a transaction was lost. */
static int freshen(struct snet__store *store, struct snet_err *err)
{
	int r;

	if (!store->is_stale)
		return 0;
	store->is_stale = false; /* counting reads the store, and would come here again */
	r = snet__store_count(store, err);
	store->is_stale = r < 0;
	return r;
}

int snet__store_lose(struct snet__store *store, int rc, struct snet_err *err)
{
	int r = snet__db_fail(&store->db, rc, &store->lost);

	if (store->txn)
		mdb_txn_abort(store->txn);
	roll_back(store);
	if (err)
		*err = store->lost;
	return r;
}

int snet__store_begin(struct snet__store *store, struct snet_err *err)
{
	int r, rc;

	if (store->txn)
		return 0;
	/* Until commit has said so: what follows would look safe while what it follows on
	 * is lost. */
	if (store->lost.code)
		return snet__err_set(err, store->lost.code, "%s", store->lost.msg);

	r = freshen(store, err);
	if (r < 0)
		return r;
	store->before = store->now;
	rc = mdb_txn_begin(store->db.env, NULL, 0, &store->txn);
	if (rc == 0)
		rc = mdb_cursor_open(store->txn, store->db.dbi, &store->cursor);
	return rc != 0 ? snet__store_lose(store, rc, err) : 0;
}

int snet__store_view(struct snet__store *store, MDB_txn **ret, struct snet_err *err)
{
	int r, rc;

	r = freshen(store, err);
	if (r < 0)
		return r;
	if (!store->txn) {
		rc = mdb_txn_renew(store->view);
		if (rc != 0)
			return snet__db_fail(&store->db, rc, err);
	}
	*ret = store->txn ? store->txn : store->view;
	return 0;
}

void snet__store_view_end(struct snet__store *store)
{
	if (!store->txn)
		mdb_txn_reset(store->view);
}

bool snet__store_is_dirty(const struct snet__store *store)
{
	return store->txn || store->lost.code;
}

static void after_commit(struct snet__store *store)
{
	int dead;

	if (store->sync)
		snet__sync_mark(store->sync);
	/* Failing only delays the reuse of the pages that a dead reader held. */
	if (++store->commits % READER_CHECK_COMMITS == 0)
		(void)mdb_reader_check(store->db.env, &dead);
}

int snet__store_commit(struct snet__store *store, struct snet_err *err)
{
	int r = 0, rc;

	if (store->txn)
		r = snet__store_trim(store, err);
	if (store->lost.code) {
		r = snet__err_set(err, store->lost.code, "%s", store->lost.msg);
		store->lost = (struct snet_err){0};
		return r;
	}
	if (!store->txn || r < 0)
		return r;

	if (store->full) {
		if (!store->failed_full++)
			store->first_failed_ns = snet__clock_ns();
		mdb_txn_abort(store->txn);
		rc = ENOSPC;
	} else {
		rc = mdb_txn_commit(store->txn); /* frees it also on failure */
	}
	if (rc != 0) {
		roll_back(store);
		return snet__db_fail(&store->db, rc, err);
	}
	drop_txn(store);
	after_commit(store);
	return 0;
}

void snet__store_set_full(struct snet__store *store, bool is_full)
{
	if (is_full && !store->full++)
		store->failed_full = store->first_failed_ns = 0;
	else if (!is_full && store->full)
		store->full--;
}

bool snet__store_is_full(const struct snet__store *store, uint64_t *ret_failed,
			 uint64_t *ret_since_ns)
{
	*ret_failed = store->failed_full;
	*ret_since_ns = store->first_failed_ns;
	return store->full > 0;
}

uint64_t snet__store_last_seq(const struct snet__store *store)
{
	return store->txn ? store->before.last_seq : store->now.last_seq;
}

static unsigned int env_flags(const struct snet__store_opts *opts)
{
	/* No MDB_WRITEMAP: with it a full disk is SIGBUS, without an error of write(2). */
	return opts->durability == SNET_DURABILITY_DISK ? 0 : MDB_NOSYNC;
}

static int open_old(struct snet__store *store, const struct snet__store_opts *opts,
		    struct snet_err *err)
{
	autofree char *path = snet__folder_path(opts->folder, false);
	int r;

	if (!path)
		return snet__err_oom(err);

	r = snet__db_open(&store->db, opts->folder, path, env_flags(opts), err);
	if (r < 0)
		return r;
	return snet__db_check_schema(
		&store->db, "bring the lab up without --resume to begin a new store",
		err);
}

static int open_new(struct snet__store *store, const struct snet__store_opts *opts,
		    struct snet_err *err)
{
	autofree char *path = snet__folder_path(opts->folder, true);
	int r;

	if (!path)
		return snet__err_oom(err);

	r = snet__folder_start_new(opts->folder, err);
	if (r == 0)
		r = snet__folder_reserve(path, err);
	if (r == 0)
		r = snet__db_open(&store->db, opts->folder, path, env_flags(opts), err);
	if (r == 0)
		r = snet__db_make_schema(&store->db, err);
	/* Its descriptors stay those of the files, whatever the folder is called. */
	if (r == 0)
		r = snet__folder_switch(opts->folder, err);
	return r;
}

static int open_env(struct snet__store *store, const struct snet__store_opts *opts,
		    struct snet_err *err)
{
	int r, rc;

	r = snet__folder_lock(&store->lock_fd, opts->folder, err);
	if (r < 0)
		return r;

	if (opts->resume && snet__store_is_there(opts->folder))
		r = open_old(store, opts, err);
	else
		r = open_new(store, opts, err);
	if (r < 0)
		return r;

	rc = mdb_txn_begin(store->db.env, NULL, MDB_RDONLY, &store->view);
	if (rc != 0)
		return snet__db_fail(&store->db, rc, err);
	mdb_txn_reset(store->view);
	return 0;
}

static void release(struct snet__store *store)
{
	if (store->txn)
		mdb_txn_abort(store->txn);
	snet__sync_free(store->sync);
	snet__store_forget_applied(store);
	snet__ids_clear(&store->identities);
	snet__ids_clear(&store->ids);
	if (store->view)
		mdb_txn_abort(store->view);
	snet__db_close(&store->db);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	free(store);
}

int snet__store_open(struct snet__store **ret, const struct snet__store_opts *opts,
		     struct snet_err *err)
{
	struct snet__store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return snet__err_oom(err);

	store->lock_fd = -1;
	store->keep = opts->keep ? opts->keep : KEEP_DEFAULT;
	r = open_env(store, opts, err);
	if (r == 0)
		r = snet__store_count(store, err);
	if (r == 0 && opts->durability == SNET_DURABILITY_PROCESS)
		r = snet__sync_new(&store->sync, store->db.env, store->db.folder, err);
	if (r < 0) {
		release(store);
		return r;
	}
	*ret = store;
	return 0;
}

void snet__store_close(struct snet__store *store)
{
	if (!store)
		return;

	/* Who must know whether this commit succeeds calls it before. */
	(void)snet__store_commit(store, NULL);
	release(store);
}
