/* SPDX-License-Identifier: MIT */
/* States of devices: one record each. */

#include <string.h>

#include "store/internal.h"

int snet__store_check_node(const char *node, struct snet_err *err)
{
	if (strlen(node) > SNET__DB_NAME_MAX)
		return snet__err_set(err, -EINVAL, "'%s' is no node's name", node);
	return 0;
}

static void state_key(struct snet__db_key *key, const char *node)
{
	snet__db_key_start(key, SNET__DB_STATE);
	snet__db_key_add(key, node, strlen(node));
}

int snet__store_put_state(struct snet__store *store, const char *node, const char *state,
			  struct snet_err *err)
{
	MDB_val at,
		val = {.mv_size = strlen(state) + 1, .mv_data = (void *)(uintptr_t)state};
	struct snet__db_key key;
	int r;

	r = snet__store_check_node(node, err);
	if (r < 0)
		return r;
	if (val.mv_size > SNET_STATE_MAX)
		return snet__err_set(err, -EINVAL,
				     "the state of '%s' has more than %d bytes", node,
				     SNET_STATE_MAX - 1);
	r = snet__store_begin(store, err);
	if (r < 0)
		return r;

	state_key(&key, node);
	at = snet__db_key_val(&key);
	r = mdb_put(store->txn, store->db.dbi, &at, &val, 0);
	return r != 0 ? snet__store_lose(store, r, err) : 0;
}

int snet__store_remove_state(struct snet__store *store, const char *node,
			     struct snet_err *err)
{
	struct snet__db_key key;
	MDB_val at;
	int r;

	r = snet__store_check_node(node, err);
	if (r == 0)
		r = snet__store_begin(store, err);
	if (r < 0)
		return r;

	state_key(&key, node);
	at = snet__db_key_val(&key);
	r = mdb_del(store->txn, store->db.dbi, &at, NULL);
	return r != 0 && r != MDB_NOTFOUND ? snet__store_lose(store, r, err) : 0;
}

int snet__db_find_state(const struct snet__db *db, MDB_txn *txn, const char *node,
			char *text, size_t size, struct snet_err *err)
{
	int rc = MDB_NOTFOUND;
	struct snet__db_key key;
	MDB_val at, val;

	if (strlen(node) <= SNET__DB_NAME_MAX) {
		state_key(&key, node);
		at = snet__db_key_val(&key);
		rc = mdb_get(txn, db->dbi, &at, &val);
	}
	if (rc == MDB_NOTFOUND)
		return snet__err_set(err, -ENOENT, "no state of '%s'", node);
	if (rc == 0 && val.mv_size > size)
		rc = MDB_CORRUPTED;
	if (rc != 0)
		return snet__db_fail(db, rc, err);

	memcpy(text, val.mv_data, val.mv_size);
	return 0;
}

int snet__store_find_state(struct snet__store *store, const char *node,
			   char state[SNET_STATE_MAX], struct snet_err *err)
{
	MDB_txn *txn;
	int r;

	r = snet__store_view(store, &txn, err);
	if (r < 0)
		return r;
	r = snet__db_find_state(&store->db, txn, node, state, SNET_STATE_MAX, err);
	snet__store_view_end(store);
	return r;
}
