/* SPDX-License-Identifier: MIT */
#ifndef SNET_STORE_DB_H
#define SNET_STORE_DB_H

/* The LMDB environment and what is in it, for the writer (internal.h) and for readers.
 *
 * All is in one tree, so that a commit writes as few pages as there can be. A key is a byte
 * that says what it is, and:
 *   META      a word                                    -> depends on the word
 *   STATE     node                                      -> JSON, 0
 *   APPLIED   number                                    -> node, 0, command id
 *   EVENT     seq, part [, index]                       -> the part
 * Numbers in keys are big-endian, so their order is the tree's. EVENT is last: what is new is
 * added at the end of the tree, and all parts of an event are neighbours in one page. */

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include <snet/store.h>

#include "base/err.h"

#define SNET__DB_KEY_MAX 192
/* Names of nodes, as snet__text_is_name() has them. */
#define SNET__DB_NAME_MAX 63
/* What the schema's key says; another number is another layout. */
#define SNET__DB_SCHEMA 1

enum snet__db_kind {
	SNET__DB_META = 1,
	SNET__DB_STATE,
	SNET__DB_APPLIED,
	SNET__DB_EVENT,
};

enum snet__db_part {
	SNET__DB_JOURNAL, /* what was journaled: see journal.c */
	SNET__DB_TRACE,   /* see trace.c */
	SNET__DB_OPEN,    /* one each index: the outbox */
};

struct snet__db {
	char *folder;
	MDB_env *env;
	MDB_dbi dbi;
};

struct snet__db_key {
	size_t size;
	unsigned char bytes[SNET__DB_KEY_MAX];
};

void snet__db_key_start(struct snet__db_key *key, enum snet__db_kind kind);
/* @size of @text must leave room: names and ids are bounded by their callers. */
void snet__db_key_add(struct snet__db_key *key, const void *data, size_t size);
void snet__db_key_add_number(struct snet__db_key *key, uint64_t number,
			     unsigned int bytes);
/* An EVENT key; without its index unless @part is OPEN. */
void snet__db_key_event(struct snet__db_key *key, uint64_t seq, enum snet__db_part part,
			unsigned int index);
MDB_val snet__db_key_val(struct snet__db_key *key);
bool snet__db_has_prefix(const MDB_val *val, const struct snet__db_key *prefix);
/* Big-endian, @bytes of them. */
uint64_t snet__db_number(const void *at, unsigned int bytes);

/* Open the environment in @path, a folder; @flags as of mdb_env_open(). @folder is what
 * messages name. Filled @db is to be closed also on failure. */
int snet__db_open(struct snet__db *db, const char *folder, const char *path,
		  unsigned int flags, struct snet_err *err);
void snet__db_close(struct snet__db *db);
/* Write the layout's number into a new environment. */
int snet__db_make_schema(struct snet__db *db, struct snet_err *err);
/* -EPROTO when what is in it has another layout; @remedy ends the message. */
int snet__db_check_schema(struct snet__db *db, const char *remedy, struct snet_err *err);
/* Raise what LMDB returned: an MDB_* code or an errno. */
int snet__db_fail(const struct snet__db *db, int rc, struct snet_err *err);

/* One event as it is in the store: pointers are into the map. */
struct snet__db_event {
	uint64_t seq;
	const char *relayer, *source, *id, *json;
	MDB_val trace; /* size 0: none was written */
};
/* The first event whose number is at least @from: 1, 0 for none, -EIO. */
int snet__db_seek_event(const struct snet__db *db, MDB_cursor *cursor, uint64_t from,
			struct snet__db_event *ret, struct snet_err *err);
/* The newest event with @id, by going back through all: 1 and its number, 0 for none, -EIO. */
int snet__db_scan_id(const struct snet__db *db, MDB_cursor *cursor, const char *id,
		     uint64_t *ret_seq, struct snet_err *err);
/* The trace of event @seq. -ENOENT names @id when the event is not there, or another one. */
int snet__db_find_trace(const struct snet__db *db, MDB_cursor *cursor, uint64_t seq,
			const char *id, struct snet_trace **ret, struct snet_err *err);
int snet__db_find_state(const struct snet__db *db, MDB_txn *txn, const char *node,
			char *text, size_t size, struct snet_err *err);

#endif
