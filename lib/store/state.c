/* SPDX-License-Identifier: MIT */
/* States of devices, and the commands that they have applied.
 *
 * Of each device the last 1,024 command ids are in the store, by slot: the n-th command is in
 * slot n % 1024. In memory is only the hash of each; one that is equal is looked up in the
 * store, so the answer is exact and a device costs 8 KiB at most. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "store/internal.h"

#define SLOTS        1024
#define NUMBER_BYTES 8

struct ring {
	char *node;
	uint64_t *hashes; /* by slot */
	size_t count, cap;
	uint64_t next; /* the number of the next command */
};

static void free_ring(struct ring *ring)
{
	if (!ring)
		return;
	free(ring->node);
	free(ring->hashes);
	free(ring);
}

static void free_ring_at(struct ring **at)
{
	free_ring(*at);
}

void snet__store_forget_applied(struct snet__store *store)
{
	struct snet__map *map = &store->applied;

	for (size_t i = 0; i < map->cap; i++)
		if (map->slots[i].key)
			free_ring(map->slots[i].value);
	snet__map_clear(map);
}

static void applied_key(struct snet__db_key *key, const char *node)
{
	snet__db_key_start(key, SNET__DB_APPLIED);
	snet__db_key_add(key, node, strlen(node) + 1);
}

static void slot_key(struct snet__db_key *key, const char *node, uint64_t slot)
{
	applied_key(key, node);
	snet__db_key_add_number(key, slot, 2);
}

/* Take over one record of the store. */
static int load_slot(struct ring *ring, size_t slot, const MDB_val *val,
		     struct snet_err *err)
{
	const unsigned char *bytes = val->mv_data;
	uint64_t number;
	int r;

	r = snet__vec_reserve(&ring->hashes, &ring->cap, slot + 1, sizeof(*ring->hashes),
			      err);
	if (r < 0)
		return r;

	number = snet__db_number(bytes, NUMBER_BYTES);
	ring->hashes[slot] =
		snet__hash(bytes + NUMBER_BYTES, val->mv_size - NUMBER_BYTES);
	if (ring->count < slot + 1)
		ring->count = slot + 1;
	if (ring->next < number + 1)
		ring->next = number + 1;
	return 0;
}

static int load_ring(struct snet__store *store, struct ring *ring, MDB_txn *txn,
		     struct snet_err *err)
{
	struct snet__db_key prefix;
	MDB_cursor *cursor;
	MDB_val at, val;
	int r = 0, rc;

	applied_key(&prefix, ring->node);
	at = snet__db_key_val(&prefix);
	rc = mdb_cursor_open(txn, store->db.dbi, &cursor);
	if (rc != 0)
		return snet__db_fail(&store->db, rc, err);

	rc = mdb_cursor_get(cursor, &at, &val, MDB_SET_RANGE);
	for (; rc == 0 && r == 0 && snet__db_has_prefix(&at, &prefix);
	     rc = mdb_cursor_get(cursor, &at, &val, MDB_NEXT)) {
		size_t slot =
			(size_t)snet__db_number((unsigned char *)at.mv_data + prefix.size,
						2);

		if (at.mv_size != prefix.size + 2 || slot >= SLOTS ||
		    val.mv_size < NUMBER_BYTES)
			rc = MDB_CORRUPTED;
		else
			r = load_slot(ring, slot, &val, err);
		if (rc != 0)
			break;
	}
	mdb_cursor_close(cursor);
	return rc != 0 && rc != MDB_NOTFOUND ? snet__db_fail(&store->db, rc, err) : r;
}

static int find_ring(struct snet__store *store, const char *node, struct ring **ret,
		     struct snet_err *err)
{
	cleanup_with(free_ring_at) struct ring *ring = NULL;
	MDB_txn *txn;
	int r;

	*ret = snet__map_find(&store->applied, node);
	if (*ret)
		return 0;

	ring = calloc(1, sizeof(*ring));
	if (ring)
		ring->node = strdup(node);
	if (!ring || !ring->node)
		return snet__err_oom(err);
	r = snet__store_view(store, &txn, err);
	if (r < 0)
		return r;
	r = load_ring(store, ring, txn, err);
	snet__store_view_end(store);
	if (r == 0)
		r = snet__map_add(&store->applied, ring->node, ring, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(ring);
	return 0;
}

/* Whether slot @slot of the store has @id: 1, 0, or a negative errno. */
static int is_in_slot(struct snet__store *store, const char *node, size_t slot,
		      const char *id, struct snet_err *err)
{
	size_t size = strlen(id);
	struct snet__db_key key;
	MDB_val at, val;
	MDB_txn *txn;
	int r, rc;

	r = snet__store_view(store, &txn, err);
	if (r < 0)
		return r;
	slot_key(&key, node, slot);
	at = snet__db_key_val(&key);
	rc = mdb_get(txn, store->db.dbi, &at, &val);
	if (rc == 0)
		r = val.mv_size == NUMBER_BYTES + size &&
		    memcmp((char *)val.mv_data + NUMBER_BYTES, id, size) == 0;
	snet__store_view_end(store);
	return rc != 0 ? snet__db_fail(&store->db, rc, err) : r;
}

static int write_slot(struct snet__store *store, struct ring *ring, const char *id)
{
	MDB_val at, val = {.mv_size = NUMBER_BYTES + strlen(id)};
	struct snet__db_key key, number = {0};
	int rc;

	slot_key(&key, ring->node, ring->next % SLOTS);
	at = snet__db_key_val(&key);
	rc = mdb_put(store->txn, store->db.dbi, &at, &val, MDB_RESERVE);
	if (rc != 0)
		return rc;
	snet__db_key_add_number(&number, ring->next, NUMBER_BYTES);
	memcpy(mempcpy(val.mv_data, number.bytes, NUMBER_BYTES), id,
	       val.mv_size - NUMBER_BYTES);
	return 0;
}

static int check_name(const char *node, struct snet_err *err)
{
	if (strlen(node) > SNET__DB_NAME_MAX)
		return snet__err_set(err, -EINVAL, "'%s' is no node's name", node);
	return 0;
}

/* Whether @id is among what the device applied, and its ring: 1, 0 or a negative errno. */
static int find_applied(struct snet__store *store, const char *node, const char *id,
			uint64_t hash, struct ring **ret, struct snet_err *err)
{
	struct ring *ring = NULL;
	int r;

	r = check_name(node, err);
	if (r == 0)
		r = find_ring(store, node, &ring, err);
	for (size_t i = 0; r == 0 && i < ring->count; i++)
		if (ring->hashes[i] == hash)
			r = is_in_slot(store, node, i, id, err);
	*ret = ring;
	return r;
}

int snet__store_has_applied(struct snet__store *store, const char *node, const char *id,
			    struct snet_err *err)
{
	struct ring *ring;

	return find_applied(store, node, id, snet__hash(id, strlen(id)), &ring, err);
}

/* Remember @id as the newest. The write comes last: when it fails the ring is gone. */
static int remember(struct snet__store *store, struct ring *ring, const char *id,
		    uint64_t hash, struct snet_err *err)
{
	size_t slot = ring->next % SLOTS;
	int r, rc;

	r = snet__vec_reserve(&ring->hashes, &ring->cap, slot + 1, sizeof(*ring->hashes),
			      err);
	if (r < 0)
		return r;

	rc = write_slot(store, ring, id);
	if (rc != 0)
		return snet__store_lose(store, rc, err);
	ring->hashes[slot] = hash;
	if (ring->count < slot + 1)
		ring->count = slot + 1;
	ring->next++;
	return 0;
}

int snet__store_apply_once(struct snet__store *store, const char *node, const char *id,
			   struct snet_err *err)
{
	uint64_t hash = snet__hash(id, strlen(id));
	struct ring *ring;
	int r;

	r = find_applied(store, node, id, hash, &ring, err);
	if (r == 0)
		r = snet__store_begin(store, err);
	return r == 0 ? remember(store, ring, id, hash, err) : r;
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

	r = check_name(node, err);
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
