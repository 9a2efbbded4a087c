/* SPDX-License-Identifier: MIT */
/* The commands that devices have applied: the last 1,024 ids of each.
 *
 * In the store they are one log of all devices, in the order of their application, because
 * then those of one commit share a page. What leaves a device's ring is removed from the log
 * with others; until then it is not found, for the rings alone are asked. In memory a device has a ring with the hash and the log number of each id. An
 * equal hash is looked up in the log, so the answer is exact. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "store/internal.h"

#define RING_MAX 1024
/* Records that are removed together. */
#define REMOVE_COUNT 64

struct ring {
	char *node;
	uint64_t *hashes, *numbers;
	size_t hash_cap, number_cap;
	size_t count;
	size_t oldest; /* where the next one goes once the ring is full */
};

static void free_ring(struct ring *ring)
{
	free(ring->node);
	free(ring->hashes);
	free(ring->numbers);
	free(ring);
}

void snet__store_forget_applied(struct snet__store *store)
{
	struct snet__map *map = &store->applied;

	for (size_t i = 0; i < map->cap; i++)
		if (map->slots[i].key)
			free_ring(map->slots[i].value);
	snet__map_clear(map);
	free(store->old_applied);
	store->old_applied = NULL;
	store->old_applied_count = store->old_applied_cap = 0;
	store->has_applied = false;
}

static int find_ring(struct snet__store *store, const char *node, struct ring **ret,
		     struct snet_err *err)
{
	struct ring *ring = snet__map_find(&store->applied, node);
	int r = 0;

	*ret = ring;
	if (ring)
		return 0;

	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return snet__err_oom(err);
	ring->node = strdup(node);
	if (!ring->node)
		r = snet__err_oom(err);
	else
		r = snet__map_add(&store->applied, ring->node, ring, err);
	if (r < 0) {
		free_ring(ring);
		return r;
	}
	*ret = ring;
	return 0;
}

static int reserve(struct snet__store *store, struct ring *ring, struct snet_err *err)
{
	size_t need = ring->count < RING_MAX ? ring->count + 1 : RING_MAX;
	int r;

	r = snet__vec_reserve(&ring->hashes, &ring->hash_cap, need, sizeof(*ring->hashes),
			      err);
	if (r == 0)
		r = snet__vec_reserve(&ring->numbers, &ring->number_cap, need,
				      sizeof(*ring->numbers), err);
	if (r == 0)
		r = snet__vec_reserve(&store->old_applied, &store->old_applied_cap,
				      store->old_applied_count + 1,
				      sizeof(*store->old_applied), err);
	return r;
}

/* There is room. */
static void push(struct snet__store *store, struct ring *ring, uint64_t hash,
		 uint64_t number)
{
	size_t at;

	if (ring->count < RING_MAX) {
		at = ring->count++;
	} else {
		at = ring->oldest;
		ring->oldest = (at + 1) % RING_MAX;
		store->old_applied[store->old_applied_count++] = ring->numbers[at];
	}
	ring->hashes[at] = hash;
	ring->numbers[at] = number;
}

static void number_key(struct snet__db_key *key, uint64_t number)
{
	snet__db_key_start(key, SNET__DB_APPLIED);
	snet__db_key_add_number(key, number, 8);
}

/* The id of a log record, without a zero; NULL when it is none. */
static const char *id_of(const MDB_val *val, size_t *ret_size)
{
	const char *zero = memchr(val->mv_data, 0, val->mv_size);

	if (!zero)
		return NULL;
	*ret_size = val->mv_size - (size_t)(zero + 1 - (char *)val->mv_data);
	return zero + 1;
}

static int load_record(struct snet__store *store, const MDB_val *at, const MDB_val *val,
		       struct snet_err *err)
{
	struct ring *ring;
	const char *id;
	size_t size;
	int r;

	id = id_of(val, &size);
	if (!id)
		return snet__db_fail(&store->db, MDB_CORRUPTED, err);
	r = find_ring(store, val->mv_data, &ring, err);
	if (r == 0)
		r = reserve(store, ring, err);
	if (r < 0)
		return r;

	store->applied_next = snet__db_number((unsigned char *)at->mv_data + 1, 8) + 1;
	push(store, ring, snet__hash(id, size), store->applied_next - 1);
	return 0;
}

static int load_log(struct snet__store *store, MDB_txn *txn, struct snet_err *err)
{
	struct snet__db_key key, prefix;
	MDB_cursor *cursor;
	MDB_val at, val;
	int r = 0, rc;

	rc = mdb_cursor_open(txn, store->db.dbi, &cursor);
	if (rc != 0)
		return snet__db_fail(&store->db, rc, err);

	snet__db_key_start(&prefix, SNET__DB_APPLIED);
	number_key(&key, 0);
	at = snet__db_key_val(&key);
	rc = mdb_cursor_get(cursor, &at, &val, MDB_SET_RANGE);
	while (rc == 0 && r == 0 && snet__db_has_prefix(&at, &prefix)) {
		r = load_record(store, &at, &val, err);
		rc = mdb_cursor_get(cursor, &at, &val, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return rc != 0 && rc != MDB_NOTFOUND ? snet__db_fail(&store->db, rc, err) : r;
}

/* Read the log when a device obeys first, so that reading it delays no start. */
static int load(struct snet__store *store, struct snet_err *err)
{
	MDB_txn *txn;
	int r;

	if (store->has_applied)
		return 0;
	r = snet__store_view(store, &txn, err);
	if (r < 0)
		return r;
	store->applied_next = 0;
	r = load_log(store, txn, err);
	snet__store_view_end(store);
	if (r < 0)
		snet__store_forget_applied(store);
	store->has_applied = r == 0;
	return r;
}

/* Whether log record @number is of @id: 1, 0, or a negative errno. */
static int is_record(struct snet__store *store, uint64_t number, const char *id,
		     struct snet_err *err)
{
	size_t size = 0, length = strlen(id);
	struct snet__db_key key;
	const char *found;
	MDB_val at, val;
	MDB_txn *txn;
	int r, rc;

	r = snet__store_view(store, &txn, err);
	if (r < 0)
		return r;
	number_key(&key, number);
	at = snet__db_key_val(&key);
	rc = mdb_get(txn, store->db.dbi, &at, &val);
	found = rc == 0 ? id_of(&val, &size) : NULL;
	r = found && size == length && memcmp(found, id, size) == 0;
	snet__store_view_end(store);
	return rc != 0 ? snet__db_fail(&store->db, rc, err) : r;
}

/* Whether @id is among what the device applied, and its ring: 1, 0 or a negative errno. */
static int find_applied(struct snet__store *store, const char *node, const char *id,
			uint64_t hash, struct ring **ret, struct snet_err *err)
{
	struct ring *ring = NULL;
	int r;

	r = snet__store_check_node(node, err);
	if (r == 0)
		r = load(store, err);
	if (r == 0)
		r = find_ring(store, node, &ring, err);
	for (size_t i = 0; r == 0 && i < ring->count; i++)
		if (ring->hashes[i] == hash)
			r = is_record(store, ring->numbers[i], id, err);
	*ret = ring;
	return r;
}

int snet__store_has_applied(struct snet__store *store, const char *node, const char *id,
			    struct snet_err *err)
{
	struct ring *ring;

	return find_applied(store, node, id, snet__hash(id, strlen(id)), &ring, err);
}

static int write_record(struct snet__store *store, const char *node, const char *id)
{
	size_t node_size = strlen(node) + 1, id_size = strlen(id);
	MDB_val at, val = {.mv_size = node_size + id_size};
	struct snet__db_key key;
	int rc;

	number_key(&key, store->applied_next);
	at = snet__db_key_val(&key);
	rc = mdb_put(store->txn, store->db.dbi, &at, &val, MDB_RESERVE);
	if (rc == 0) /* the size says where the id ends: NOLINTNEXTLINE */
		memcpy(mempcpy(val.mv_data, node, node_size), id, id_size);
	return rc;
}

static int remove_old(struct snet__store *store)
{
	struct snet__db_key key;
	MDB_val at;
	int rc;

	if (store->old_applied_count < REMOVE_COUNT)
		return 0;
	while (store->old_applied_count) {
		number_key(&key, store->old_applied[store->old_applied_count - 1]);
		at = snet__db_key_val(&key);
		rc = mdb_del(store->txn, store->db.dbi, &at, NULL);
		if (rc != 0)
			return rc;
		store->old_applied_count--;
	}
	return 0;
}

/* Losing the transaction frees the ring: nothing touches it afterwards. */
static int remember(struct snet__store *store, struct ring *ring, const char *id,
		    uint64_t hash, struct snet_err *err)
{
	int r, rc;

	r = reserve(store, ring, err);
	if (r < 0)
		return r;

	rc = remove_old(store);
	if (rc == 0)
		rc = write_record(store, ring->node, id);
	if (rc != 0)
		return snet__store_lose(store, rc, err);
	push(store, ring, hash, store->applied_next++);
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
