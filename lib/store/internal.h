/* SPDX-License-Identifier: MIT */
#ifndef SNET_STORE_INTERNAL_H
#define SNET_STORE_INTERNAL_H

/* The writer's side of the store, shared by the files of this folder. */

#include "base/map.h"
#include "store/db.h"
#include "store/ids.h"
#include "store/store.h"
#include "store/sync.h"

/* What is kept in memory beside the transaction, and goes back with it. */
struct snet__store_counts {
	uint64_t last_seq;
	uint64_t ended;   /* events whose outcome is not PENDING */
	uint64_t trim_at; /* no ended event has a lower number */
};

struct snet__store {
	struct snet__db db;
	int lock_fd;
	uint64_t keep;
	MDB_txn *txn;         /* what is being written, or NULL */
	MDB_cursor *cursor;   /* in it, among events */
	MDB_txn *view;        /* reset between uses; for reading while there is no txn */
	struct snet_err lost; /* set: the transaction was lost and commit must say so */
	struct snet__store_counts now, before;
	/* Of all events, by the hash of their identity and of their id. Not in the store: there,
	 * each event would cost a page of its own, because hashes are spread. */
	struct snet__ids identities, ids;
	bool is_stale; /* the two and now are to be counted again */
	size_t added;  /* events added in this transaction */
	unsigned int commits;
	unsigned int full; /* how often, on purpose */
	uint64_t failed_full, first_failed_ns;
	struct snet__map applied; /* node -> struct ring: see applied.c */
	uint64_t applied_next;    /* number in the log of what is applied */
	bool has_applied;         /* these are as the store has them */
	uint64_t *old_applied;    /* numbers in the log that no ring has any more */
	size_t old_applied_count, old_applied_cap;
	struct snet__sync *sync; /* NULL: every commit is synced */
};

/* Have a transaction to write in. */
int snet__store_begin(struct snet__store *store, struct snet_err *err);
/* A write failed with @rc of LMDB: the transaction is lost. Raises it. */
int snet__store_lose(struct snet__store *store, int rc, struct snet_err *err);
/* A transaction to read in, to be given back: the one that is written in, or the view. */
int snet__store_view(struct snet__store *store, MDB_txn **ret, struct snet_err *err);
void snet__store_view_end(struct snet__store *store);

/* -EINVAL: no node can have this name. */
int snet__store_check_node(const char *node, struct snet_err *err);

/* Remove ended events beyond "keep", some of them. */
int snet__store_trim(struct snet__store *store, struct snet_err *err);
/* Fill now, identities and ids from what is committed. */
int snet__store_count(struct snet__store *store, struct snet_err *err);
/* Forget what is remembered of applied commands; it is read again when needed. */
void snet__store_forget_applied(struct snet__store *store);

#endif
