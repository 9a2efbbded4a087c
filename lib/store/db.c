/* SPDX-License-Identifier: MIT */
/* The LMDB environment: opening it, its keys, and its errors in our words. */

#include "store/db.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"

/* Virtual: a page costs memory or disk when it is used. 32-bit processes have 3 GiB in all. */
#if SIZE_MAX > UINT32_MAX
#define MAP_GIB 16
#else
#define MAP_GIB 1
#endif
#define MAP_BYTES ((size_t)MAP_GIB << 30)
/* Processes that read at the same time. */
#define READERS_MAX 254
/* Less than this is no space: a commit may need that much. */
#define SPACE_MIN_BYTES (1u << 20)

static const char schema_word[] = "schema";

void snet__db_key_start(struct snet__db_key *key, enum snet__db_kind kind)
{
	key->bytes[0] = (unsigned char)kind;
	key->size = 1;
}

void snet__db_key_add(struct snet__db_key *key, const void *data, size_t size)
{
	assert(key->size + size <= sizeof(key->bytes));
	memcpy(key->bytes + key->size, data, size);
	key->size += size;
}

void snet__db_key_add_number(struct snet__db_key *key, uint64_t number,
			     unsigned int bytes)
{
	assert(key->size + bytes <= sizeof(key->bytes));
	while (bytes--)
		key->bytes[key->size++] = (unsigned char)(number >> 8 * bytes);
}

void snet__db_key_event(struct snet__db_key *key, uint64_t seq, enum snet__db_part part,
			unsigned int index)
{
	snet__db_key_start(key, SNET__DB_EVENT);
	snet__db_key_add_number(key, seq, 8);
	snet__db_key_add_number(key, part, 1);
	if (part == SNET__DB_OPEN)
		snet__db_key_add_number(key, index, 4);
}

MDB_val snet__db_key_val(struct snet__db_key *key)
{
	return (MDB_val){.mv_size = key->size, .mv_data = key->bytes};
}

bool snet__db_has_prefix(const MDB_val *val, const struct snet__db_key *prefix)
{
	return val->mv_size >= prefix->size &&
	       memcmp(val->mv_data, prefix->bytes, prefix->size) == 0;
}

uint64_t snet__db_number(const void *at, unsigned int bytes)
{
	const unsigned char *byte = at;
	uint64_t number = 0;

	while (bytes--)
		number = number << 8 | *byte++;
	return number;
}

/* LMDB reports a short write, what a nearly full disk does, as EIO. */
static bool is_disk_full(const struct snet__db *db)
{
	struct statvfs fs;

	return statvfs(db->folder, &fs) == 0 &&
	       (uint64_t)fs.f_bavail * fs.f_frsize < SPACE_MIN_BYTES;
}

int snet__db_fail(const struct snet__db *db, int rc, struct snet_err *err)
{
	switch (rc) {
	case MDB_MAP_FULL:
		return snet__err_set(
			err, -ENOSPC,
			"store '%s' is full: it may have %d GiB; keep fewer events",
			db->folder, MAP_GIB);
	case ENOSPC:
	case EDQUOT:
		return snet__err_set(err, -ENOSPC,
				     "store '%s' cannot grow: %s: make room on its disk",
				     db->folder, strerrordesc_np(rc));
	case ENOMEM:
		return snet__err_oom(err);
	case EIO:
		if (is_disk_full(db))
			return snet__db_fail(db, ENOSPC, err);
		break;
	case MDB_READERS_FULL:
		return snet__err_set(err, -EIO, "store '%s' has too many readers",
				     db->folder);
	case MDB_PANIC:
		return snet__err_set(
			err, -EIO,
			"store '%s' failed while writing; bring the lab up again "
			"with --resume",
			db->folder);
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
		return snet__err_set(err, -EPROTO, "store '%s' is not a store: %s",
				     db->folder, mdb_strerror(rc));
	}
	if (rc > 0)
		return snet__err_sys(err, -rc, "store '%s'", db->folder);
	return snet__err_set(err, -EIO, "store '%s' is damaged: %s", db->folder,
			     mdb_strerror(rc));
}

static int open_dbi(struct snet__db *db, unsigned int flags)
{
	MDB_txn *txn;
	int rc;

	rc = mdb_txn_begin(db->env, NULL, flags & MDB_RDONLY, &txn);
	if (rc != 0)
		return rc;

	rc = mdb_dbi_open(txn, NULL, 0, &db->dbi);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

int snet__db_open(struct snet__db *db, const char *folder, const char *path,
		  unsigned int flags, struct snet_err *err)
{
	int rc, dead;

	db->folder = strdup(folder);
	if (!db->folder)
		return snet__err_oom(err);

	rc = mdb_env_create(&db->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(db->env, MAP_BYTES);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(db->env, READERS_MAX);
	if (rc == 0)
		rc = mdb_env_open(db->env, path, flags | MDB_NOTLS, 0600);
	if (rc == 0)
		rc = open_dbi(db, flags);
	if (rc != 0)
		return snet__db_fail(db, rc, err);

	/* What a reader that was killed held; failing only delays the reuse of its pages. */
	(void)mdb_reader_check(db->env, &dead);
	return 0;
}

void snet__db_close(struct snet__db *db)
{
	if (db->env)
		mdb_env_close(db->env);
	free(db->folder);
	*db = (struct snet__db){0};
}

static int write_schema(struct snet__db *db, MDB_txn *txn, MDB_val *key)
{
	uint32_t schema = SNET__DB_SCHEMA;
	MDB_val val = {.mv_size = sizeof(schema), .mv_data = &schema};

	return mdb_put(txn, db->dbi, key, &val, 0);
}

int snet__db_make_schema(struct snet__db *db, struct snet_err *err)
{
	struct snet__db_key key;
	MDB_txn *txn;
	MDB_val val;
	int rc;

	snet__db_key_start(&key, SNET__DB_META);
	snet__db_key_add(&key, schema_word, sizeof(schema_word));
	val = snet__db_key_val(&key);
	rc = mdb_txn_begin(db->env, NULL, 0, &txn);
	if (rc != 0)
		return snet__db_fail(db, rc, err);
	rc = write_schema(db, txn, &val);
	if (rc != 0)
		mdb_txn_abort(txn);
	else
		rc = mdb_txn_commit(txn);
	return rc != 0 ? snet__db_fail(db, rc, err) : 0;
}

int snet__db_check_schema(struct snet__db *db, const char *remedy, struct snet_err *err)
{
	struct snet__db_key key;
	uint32_t schema = 0;
	MDB_val at, val;
	MDB_txn *txn;
	int rc;

	snet__db_key_start(&key, SNET__DB_META);
	snet__db_key_add(&key, schema_word, sizeof(schema_word));
	at = snet__db_key_val(&key);
	rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return snet__db_fail(db, rc, err);
	rc = mdb_get(txn, db->dbi, &at, &val);
	if (rc == 0 && val.mv_size == sizeof(schema))
		memcpy(&schema, val.mv_data, sizeof(schema));
	mdb_txn_abort(txn);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return snet__db_fail(db, rc, err);
	if (schema == SNET__DB_SCHEMA)
		return 0;
	return snet__err_set(
		err, -EPROTO,
		"store '%s' has format %u, this version of libsnet has %u: %s",
		db->folder, schema, SNET__DB_SCHEMA, remedy);
}
