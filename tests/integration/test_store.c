/* SPDX-License-Identifier: MIT */
/* The store: what it promises to the relayer, and what other processes read of it. */

#include <errno.h>
#include <glob.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "store/store.h"
#include "suite.h"

static struct test_folder folder;
static struct snet__store *store;
static struct snet_err err;

static struct snet__store_opts opts_of(bool resume)
{
	return (struct snet__store_opts){.folder = folder.path, .resume = resume};
}

static void open_with(struct snet__store_opts opts)
{
	int r = snet__store_open(&store, &opts, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
}

static void setup(void)
{
	test_folder_new(&folder);
	open_with(opts_of(false));
}

static void teardown(void)
{
	snet__store_close(store);
	store = NULL;
	test_folder_free(&folder);
}

static void commit(void)
{
	ck_assert_msg(snet__store_commit(store, &err) == 0, "%s", err.msg);
}

static void reopen(void)
{
	snet__store_close(store);
	store = NULL;
	open_with(opts_of(true));
}

static uint64_t add(const char *id)
{
	uint64_t seq = 0;

	ck_assert_int_eq(snet__store_add_event(store, "r0", "/sw0", id, "{\"a\":1}", &seq,
					       &err),
			 0);
	return seq;
}

static void put_trace(uint64_t seq, enum snet_outcome outcome)
{
	struct snet_trace trace = {.seq = seq, .outcome = outcome};

	ck_assert_int_eq(snet__trace_add(&trace, "pressed", "sw0", 1000, ""), 0);
	ck_assert_int_eq(snet__trace_add(&trace, "applied", "a0", 2500, "1"), 0);
	ck_assert_msg(snet__store_put_trace(store, &trace, &err) == 0, "%s", err.msg);
	snet__trace_clear(&trace);
}

struct seen {
	size_t count;
	uint64_t first, last;
	char text[4096];
};

static int see_event(void *user, uint64_t seq, const char *event,
		     enum snet_outcome outcome)
{
	struct seen *seen = user;
	size_t length = strlen(seen->text);

	if (!seen->count++)
		seen->first = seq;
	seen->last = seq;
	(void)snprintf(seen->text + length, sizeof(seen->text) - length, "%llu %s %s;",
		       (unsigned long long)seq, event, snet_outcome_name(outcome));
	return 0;
}

static int see_open(void *user, const char *relayer, uint64_t seq, const char *event,
		    const struct snet_trace *trace, unsigned int index, const void *data,
		    size_t size)
{
	struct seen *seen = user;
	size_t length = strlen(seen->text);

	seen->count++;
	(void)snprintf(seen->text + length, sizeof(seen->text) - length,
		       "%s %llu %s %zu %u %.*s;", relayer, (unsigned long long)seq,
		       trace->id, trace->count, index, data ? (int)size : 4,
		       data ? (char *)data : "NULL");
	return 0;
}

START_TEST(events_are_numbered_from_one)
{
	ck_assert_uint_eq(snet__store_last_seq(store), 0);
	ck_assert(!snet__store_is_dirty(store));
	ck_assert_uint_eq(add("e1"), 1);
	ck_assert(snet__store_is_dirty(store));
	ck_assert_uint_eq(add("e2"), 2);
	commit();
	ck_assert(!snet__store_is_dirty(store));
	ck_assert_uint_eq(snet__store_last_seq(store), 2);
	reopen();
	ck_assert_uint_eq(snet__store_last_seq(store), 2);
	ck_assert_uint_eq(add("e3"), 3);
}
END_TEST

START_TEST(a_repeated_event_is_told_by_relayer_source_and_id)
{
	char long_a[5000], long_b[5000];
	uint64_t seq = 0;

	memset(long_a, 'x', sizeof(long_a));
	long_a[sizeof(long_a) - 1] = '\0';
	memcpy(long_b, long_a, sizeof(long_a));
	long_b[4000] = 'y';
	add("e1");
	ck_assert_int_eq(snet__store_add_event(store, "r0", "/sw0", "e1", "{}", &seq,
					       &err),
			 1);
	ck_assert_uint_eq(seq, 1);
	ck_assert_int_eq(snet__store_add_event(store, "r0", "/sw1", "e1", "{}", &seq,
					       &err),
			 0);
	ck_assert_int_eq(snet__store_add_event(store, "r1", "/sw0", "e1", "{}", &seq,
					       &err),
			 0);
	ck_assert_int_eq(snet__store_add_event(store, "r0", "/sw0", "e", "{}", &seq,
					       &err),
			 0);
	ck_assert_int_eq(snet__store_add_event(store, "r0", long_a, "e1", "{}", &seq,
					       &err),
			 0);
	ck_assert_int_eq(snet__store_add_event(store, "r0", long_b, "e1", "{}", &seq,
					       &err),
			 0);
	ck_assert_int_eq(snet__store_add_event(store, "r0", "", "e1", "{}", &seq, &err),
			 0);
	ck_assert_uint_eq(seq, 7);
	reopen();
	ck_assert_int_eq(snet__store_add_event(store, "r0", long_a, "e1", "{}", &seq,
					       &err),
			 1);
	ck_assert_uint_eq(seq, 5);
	ck_assert_int_eq(snet__store_add_event(store, "r0", "", "e1", "{}", &seq, &err),
			 1);
	ck_assert_uint_eq(seq, 7);
}
END_TEST

START_TEST(ids_and_names_have_limits)
{
	char id[SNET_EVENT_ID_MAX + 2];
	uint64_t seq = 0;

	memset(id, 'i', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	ck_assert_int_eq(snet__store_add_event(store, "r0", "/", id, "{}", &seq, &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "an event's id must have 1 to 93 bytes");
	ck_assert_int_eq(snet__store_add_event(store, "r0", "/", "", "{}", &seq, &err),
			 -EINVAL);
	ck_assert_int_eq(snet__store_add_event(store, id, "/", "e", "{}", &seq, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "is no relayer's name"));
	ck_assert_int_eq(snet__store_put_state(store, id, "1", &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "is no node's name"));
	ck_assert_int_eq(snet__store_apply_once(store, id, "c", &err), -EINVAL);
	ck_assert(!snet__store_is_dirty(store));
	id[SNET_EVENT_ID_MAX] = '\0';
	ck_assert_int_eq(snet__store_add_event(store,
					       id + SNET_EVENT_ID_MAX - SNET_NAME_MAX,
					       "/", id, "{}", &seq, &err),
			 0);
}
END_TEST

START_TEST(events_are_gone_through_with_their_outcomes)
{
	struct seen seen = {0};

	add("e1");
	add("e2");
	add("e3");
	commit();
	add("e4"); /* is not committed, and none yet */
	put_trace(2, SNET_OUTCOME_DONE);
	put_trace(3, SNET_OUTCOME_PENDING);
	ck_assert_uint_eq(snet__store_last_seq(store), 3);
	ck_assert_int_eq(snet__store_each_event(store, 0, 10, see_event, &seen, &err), 0);
	ck_assert_str_eq(seen.text,
			 "1 {\"a\":1} pending;2 {\"a\":1} done;3 {\"a\":1} pending;");
	commit();
	ck_assert_uint_eq(snet__store_last_seq(store), 4);
	seen = (struct seen){0};
	ck_assert_int_eq(snet__store_each_event(store, 1, 1, see_event, &seen, &err), 0);
	ck_assert_str_eq(seen.text, "2 {\"a\":1} done;");
	ck_assert_int_eq(snet__store_each_event(store, 4, 1, see_event, &seen, &err), 0);
	ck_assert_uint_eq(seen.count, 1);
}
END_TEST

START_TEST(a_trace_is_found_before_and_after_the_commit)
{
	struct snet_trace *trace = NULL;

	add("e1");
	ck_assert_int_eq(snet__store_find_trace(store, "e1", &trace, &err), 0);
	ck_assert_uint_eq(snet_trace_step_count(trace), 0);
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_PENDING);
	snet_trace_free(trace);
	put_trace(1, SNET_OUTCOME_DONE);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(snet__store_find_trace(store, "e1", &trace, &err), 0);
		ck_assert_str_eq(snet_trace_id(trace), "e1");
		ck_assert_uint_eq(trace->seq, 1);
		ck_assert_uint_eq(snet_trace_total_ns(trace), 1500);
		snet_trace_free(trace);
		if (i == 0)
			commit();
		else
			reopen();
	}
	ck_assert_int_eq(snet__store_find_trace(store, "e", &trace, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no event 'e'");
}
END_TEST

START_TEST(nothing_is_written_for_an_event_that_is_not_there)
{
	struct snet_trace trace = {.seq = 7};

	ck_assert_int_eq(snet__store_put_trace(store, &trace, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no event number 7");
	ck_assert_int_eq(snet__store_put_open(store, 7, 0, "x", 1, &err), -ENOENT);
	commit();
}
END_TEST

START_TEST(what_is_open_is_given_by_event_and_index)
{
	struct seen seen = {0};

	add("e1");
	add("e2");
	add("e3");
	ck_assert_int_eq(snet__store_put_open(store, 2, 300, "b", 1, &err), 0);
	ck_assert_int_eq(snet__store_put_open(store, 2, 1, "old", 3, &err), 0);
	ck_assert_int_eq(snet__store_put_open(store, 2, 1, "a", 1, &err), 0);
	ck_assert_int_eq(snet__store_put_open(store, 3, 0, "c", 1, &err), 0);
	put_trace(2, SNET_OUTCOME_PENDING);
	put_trace(3, SNET_OUTCOME_EXPIRED);
	reopen();
	ck_assert_int_eq(snet__store_each_open(store, see_open, &seen, &err), 0);
	ck_assert_str_eq(seen.text, "r0 1 e1 0 0 NULL;r0 2 e2 2 1 a;r0 2 e2 2 300 b;");
	put_trace(1, SNET_OUTCOME_DONE);
	put_trace(2, SNET_OUTCOME_FAILED);
	seen = (struct seen){0};
	ck_assert_int_eq(snet__store_each_open(store, see_open, &seen, &err), 0);
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

static int stop_with_seven(void *user, const char *relayer, uint64_t seq,
			   const char *event, const struct snet_trace *trace,
			   unsigned int index, const void *data, size_t size)
{
	++*(int *)user;
	return 7;
}

START_TEST(going_through_what_is_open_can_be_stopped)
{
	int calls = 0;

	add("e1");
	add("e2");
	ck_assert_int_eq(snet__store_each_open(store, stop_with_seven, &calls, &err), 7);
	ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(states_are_replaced)
{
	char state[SNET_STATE_MAX], large[SNET_STATE_MAX + 1];

	memset(large, '1', sizeof(large));
	large[SNET_STATE_MAX] = '\0';
	ck_assert_int_eq(snet__store_find_state(store, "a0", state, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no state of 'a0'");
	ck_assert_int_eq(snet__store_put_state(store, "a0", "0", &err), 0);
	ck_assert_int_eq(snet__store_put_state(store, "a0", "{\"on\":true}", &err), 0);
	ck_assert_int_eq(snet__store_put_state(store, "a01", "5", &err), 0);
	ck_assert_int_eq(snet__store_put_state(store, "a0", large, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "the state of 'a0' has more than 255 bytes");
	reopen();
	ck_assert_int_eq(snet__store_find_state(store, "a0", state, &err), 0);
	ck_assert_str_eq(state, "{\"on\":true}");
}
END_TEST

START_TEST(a_command_is_applied_once)
{
	char id[32];

	ck_assert_int_eq(snet__store_apply_once(store, "a0", "c1", &err), 0);
	ck_assert_int_eq(snet__store_apply_once(store, "a0", "c1", &err), 1);
	ck_assert_int_eq(snet__store_apply_once(store, "a1", "c1", &err), 0);
	reopen();
	ck_assert_int_eq(snet__store_apply_once(store, "a0", "c1", &err), 1);
	ck_assert(!snet__store_is_dirty(store));
	for (int i = 2; i <= 3000; i++) {
		(void)snprintf(id, sizeof(id), "c%d", i);
		ck_assert_int_eq(snet__store_apply_once(store, "a0", id, &err), 0);
		if (i == 1500)
			reopen();
	}
	for (int i = 3000 - 1023; i <= 3000; i++) {
		(void)snprintf(id, sizeof(id), "c%d", i);
		ck_assert_int_eq(snet__store_apply_once(store, "a0", id, &err), 1);
	}
	reopen();
	ck_assert_int_eq(snet__store_apply_once(store, "a0", "c1976", &err), 0);
	ck_assert_int_eq(snet__store_apply_once(store, "a0", "c1977", &err), 0);
	ck_assert_int_eq(snet__store_apply_once(store, "a0", "c3000", &err), 1);
}
END_TEST

START_TEST(ended_events_beyond_keep_go_oldest_first)
{
	struct snet__store_opts opts = {.folder = folder.path, .resume = true, .keep = 3};
	struct snet_trace *trace = NULL;
	struct seen seen = {0};
	char id[16];

	snet__store_close(store);
	open_with(opts);
	for (int i = 1; i <= 10; i++) {
		(void)snprintf(id, sizeof(id), "e%d", i);
		add(id);
		if (i != 2 && i != 9)
			put_trace((uint64_t)i, SNET_OUTCOME_DONE);
	}
	commit();
	ck_assert_int_eq(snet__store_each_event(store, 0, 99, see_event, &seen, &err), 0);
	ck_assert_str_eq(seen.text,
			 "2 {\"a\":1} pending;7 {\"a\":1} done;8 {\"a\":1} done;"
			 "9 {\"a\":1} pending;10 {\"a\":1} done;");
	ck_assert_int_eq(snet__store_find_trace(store, "e1", &trace, &err), -ENOENT);
	ck_assert_uint_eq(add("e1"), 11); /* forgotten, so it is new */

	put_trace(2, SNET_OUTCOME_FAILED);
	commit();
	seen = (struct seen){0};
	ck_assert_int_eq(snet__store_each_event(store, 0, 99, see_event, &seen, &err), 0);
	ck_assert_uint_eq(seen.first, 7);
	snet__store_close(store);
	opts.keep = 1;
	open_with(opts);
	ck_assert_int_eq(snet__store_put_state(store, "a0", "1", &err), 0);
	commit();
	seen = (struct seen){0};
	ck_assert_int_eq(snet__store_each_event(store, 0, 99, see_event, &seen, &err), 0);
	ck_assert_str_eq(seen.text,
			 "9 {\"a\":1} pending;10 {\"a\":1} done;11 {\"a\":1} pending;");
}
END_TEST

START_TEST(one_commit_removes_only_some)
{
	struct snet__store_opts opts = {.folder = folder.path, .resume = true, .keep = 1};
	struct seen seen = {0};
	char id[16];

	for (int i = 1; i <= 300; i++) {
		(void)snprintf(id, sizeof(id), "e%d", i);
		put_trace(add(id), SNET_OUTCOME_DONE);
	}
	snet__store_close(store);
	open_with(opts);
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(snet__store_put_state(store, "a0", "1", &err), 0);
		commit();
		seen = (struct seen){0};
		ck_assert_int_eq(snet__store_each_event(store, 0, 999, see_event, &seen,
							&err),
				 0);
		if (i == 0)
			ck_assert_uint_gt(seen.count, 200);
	}
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_uint_eq(seen.first, 300);
}
END_TEST

START_TEST(without_resume_the_old_store_is_replaced)
{
	struct seen seen = {0};

	add("e1");
	ck_assert_int_eq(snet__store_put_state(store, "a0", "1", &err), 0);
	ck_assert_int_eq(snet__store_apply_once(store, "a0", "c1", &err), 0);
	snet__store_close(store);
	open_with(opts_of(false));
	ck_assert_int_eq(snet__store_each_event(store, 0, 9, see_event, &seen, &err), 0);
	ck_assert_uint_eq(seen.count, 0);
	ck_assert_uint_eq(add("e1"), 1);
	ck_assert_int_eq(snet__store_apply_once(store, "a0", "c1", &err), 0);
}
END_TEST

START_TEST(only_its_user_can_read_it)
{
	static const char *const files[] = {"snet.lock", "store/data.mdb",
					    "store/lock.mdb"};
	struct snet__store_opts opts = opts_of(false);
	char path[PATH_MAX + 64];
	struct stat status;

	(void)snprintf(path, sizeof(path), "%s/x/y", folder.path);
	opts.folder = path;
	snet__store_close(store);
	open_with(opts);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0700);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/x/y/%s", folder.path, files[i]);
		ck_assert_int_eq(stat(path, &status), 0);
		ck_assert_uint_eq(status.st_mode & 0777, 0600);
	}
	(void)snprintf(path, sizeof(path), "%s/x/y/store.new", folder.path);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_named)
{
	struct snet__store_opts opts = {.folder = "/proc/self/no/store"};
	struct snet__store *other = NULL;

	ck_assert_int_lt(snet__store_open(&other, &opts, &err), 0);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "cannot make the folder '/proc/self/no/store'"));
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(the_second_writer_is_told_who_is_the_first)
{
	struct snet__store_opts opts = opts_of(true);
	struct snet__store *other = NULL;
	char expected[PATH_MAX + 128];

	ck_assert_int_eq(snet__store_open(&other, &opts, &err), -EBUSY);
	(void)snprintf(expected, sizeof(expected),
		       "store '%s' belongs to the lab that process %d runs", folder.path,
		       (int)getpid());
	ck_assert_str_eq(err.msg, expected);
}
END_TEST

/* Write @schema where the store has its own. */
static void change_schema(uint32_t schema)
{
	char path[PATH_MAX + 64], key_bytes[] = "\1schema";
	MDB_val key = {sizeof(key_bytes), key_bytes}, val = {sizeof(schema), &schema};
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	(void)snprintf(path, sizeof(path), "%s/store", folder.path);
	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(mdb_env_open(env, path, 0, 0600), 0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
	ck_assert_int_eq(mdb_put(txn, dbi, &key, &val, 0), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void *open_other(void *user)
{
	struct snet__store_opts opts = opts_of(false);
	struct snet_err other_err = {0};
	int r = snet__store_open(user, &opts, &other_err);

	return r < 0 ? strdup(other_err.msg) : NULL;
}

/* How many descriptors of this process are the file at @path. */
static int count_open(const char *path)
{
	glob_t found = {0};
	int count = 0;

	ck_assert_int_eq(glob("/proc/self/fd/*", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char target[PATH_MAX] = "";

		(void)!readlink(found.gl_pathv[i], target, sizeof(target) - 1);
		count += strcmp(target, path) == 0;
	}
	globfree(&found);
	return count;
}

START_TEST(a_folder_that_goes_while_its_lock_is_waited_for_is_made_anew)
{
	struct snet__store *other = NULL;
	char lock[PATH_MAX + 16];
	pthread_t thread;
	void *msg = NULL;

	(void)snprintf(lock, sizeof(lock), "%s/snet.lock", folder.path);
	ck_assert_int_eq(pthread_create(&thread, NULL, open_other, &other), 0);
	while (count_open(lock) < 2)
		;
	ck_assert(snet__store_remove(folder.path, false));
	ck_assert_int_eq(rmdir(folder.path), 0);
	snet__store_close(store);
	store = NULL;
	ck_assert_int_eq(pthread_join(thread, &msg), 0);
	ck_assert_msg(!msg, "%s", (char *)msg);
	ck_assert_int_eq(access(lock, F_OK), 0);
	snet__store_close(other);
}
END_TEST

START_TEST(a_store_of_another_version_is_refused_with_a_remedy)
{
	struct snet__store_opts opts = opts_of(true);
	struct snet_store *reader = NULL;

	snet__store_close(store);
	store = NULL;
	change_schema(77);
	ck_assert_int_eq(snet__store_open(&store, &opts, &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.msg,
				     "has format 77, this version of libsnet has 1: "
				     "bring the lab up without --resume"));
	ck_assert_int_eq(snet_store_open(&reader, folder.path, &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.msg, "read it with the version that wrote it"));
	open_with(opts_of(false));
	ck_assert_uint_eq(add("e1"), 1);
}
END_TEST

START_TEST(a_file_that_is_no_store_is_refused)
{
	struct snet__store_opts opts = opts_of(true);
	char path[PATH_MAX + 64], noise[8192];
	FILE *file;

	snet__store_close(store);
	store = NULL;
	(void)snprintf(path, sizeof(path), "%s/store/data.mdb", folder.path);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	memset(noise, 'n', sizeof(noise));
	ck_assert_uint_eq(fwrite(noise, sizeof(noise), 1, file), 1);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(snet__store_open(&store, &opts, &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.msg, "is not a store"));
}
END_TEST

START_TEST(disk_durability_keeps_the_same_store)
{
	struct snet__store_opts opts = opts_of(true);

	add("e1");
	snet__store_close(store);
	opts.durability = SNET_DURABILITY_DISK;
	open_with(opts);
	ck_assert_uint_eq(add("e2"), 2);
	commit();
}
END_TEST

/* Run @fn in a child, because a process must not open its own store twice. */
static void in_child(void (*fn)(void))
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		fn();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "the reader ended with status %d", status);
}

#define need(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                       \
		}                                                                       \
	} while (0)

static void read_one_event(void)
{
	struct snet_store *reader = NULL;
	struct snet_trace *trace = NULL;
	char state[SNET_STATE_MAX];
	struct seen seen = {0};

	need(snet_store_open(&reader, folder.path, &err) == 0);
	need(snet_store_events(reader, 0, see_event, &seen, &err) == 0);
	need(seen.count == 1);
	need(snet_store_trace(reader, "e1", &trace, &err) == 0);
	need(snet_trace_step_count(trace) == 2);
	snet_trace_free(trace);
	need(snet_store_trace(reader, "e2", &trace, &err) == -ENOENT);
	need(strcmp(err.msg, "no event 'e2'") == 0);
	need(snet_store_state(reader, "a0", state, sizeof(state), &err) == 0);
	need(strcmp(state, "1") == 0);
	need(snet_store_state(reader, "a1", state, sizeof(state), &err) == -ENOENT);
	snet_store_close(reader);
}

START_TEST(another_process_sees_what_is_committed_and_no_more)
{
	add("e1");
	put_trace(1, SNET_OUTCOME_DONE);
	ck_assert_int_eq(snet__store_put_state(store, "a0", "1", &err), 0);
	commit();
	add("e2");
	ck_assert_int_eq(snet__store_put_state(store, "a1", "1", &err), 0);
	in_child(read_one_event);
}
END_TEST

START_TEST(a_store_of_a_lab_that_is_down_is_read)
{
	add("e1");
	put_trace(1, SNET_OUTCOME_DONE);
	ck_assert_int_eq(snet__store_put_state(store, "a0", "1", &err), 0);
	snet__store_close(store);
	store = NULL;
	in_child(read_one_event);
}
END_TEST

START_TEST(where_no_store_is_the_reader_says_so)
{
	struct snet_store *reader = NULL;

	ck_assert_int_eq(snet_store_open(&reader, "/nonexistent", &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no store in '/nonexistent'");
	ck_assert_ptr_null(reader);
	snet_store_close(NULL);
}
END_TEST

static int count_and_stop(void *user, uint64_t seq, const char *event,
			  enum snet_outcome outcome)
{
	return ++*(unsigned int *)user == 100;
}

static void read_many_events(void)
{
	struct snet_store *reader = NULL;
	struct seen seen = {0};
	unsigned int count = 0;

	need(snet_store_open(&reader, folder.path, &err) == 0);
	need(snet_store_events(reader, 10, see_event, &seen, &err) == 0);
	need(seen.count == 990 && seen.first == 11 && seen.last == 1000);
	need(snet_store_events(reader, 0, count_and_stop, &count, &err) == 0);
	need(count == 100);
	snet_store_close(reader);
}

START_TEST(events_of_many_batches_are_read_in_order)
{
	char id[16];

	for (int i = 1; i <= 1000; i++) {
		(void)snprintf(id, sizeof(id), "e%d", i);
		add(id);
	}
	commit();
	in_child(read_many_events);
}
END_TEST

static int write_meanwhile(void *user, uint64_t seq, const char *event,
			   enum snet_outcome outcome)
{
	int *pipes = user;
	char byte = 'x';

	/* The writer commits many times while this callback runs. */
	if (seq == 1)
		return write(pipes[1], &byte, 1) != 1 || read(pipes[0], &byte, 1) != 1;
	return 0;
}

START_TEST(a_slow_reader_does_not_let_the_file_grow)
{
	int to_child[2], from_child[2], status;
	char path[PATH_MAX + 64], byte;
	struct stat before, after;
	pid_t pid;

	ck_assert_int_eq(pipe(to_child) | pipe(from_child), 0);
	add("e1");
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(snet__store_put_state(store, "a0", "1", &err), 0);
		commit();
	}
	pid = fork();
	if (pid == 0) {
		struct snet_store *reader = NULL;
		int pipes[2] = {to_child[0], from_child[1]};

		need(snet_store_open(&reader, folder.path, &err) == 0);
		need(snet_store_events(reader, 0, write_meanwhile, pipes, &err) == 0);
		snet_store_close(reader);
		_exit(0);
	}
	ck_assert_int_eq((int)read(from_child[0], &byte, 1), 1);
	(void)snprintf(path, sizeof(path), "%s/store/data.mdb", folder.path);
	ck_assert_int_eq(stat(path, &before), 0);
	for (int i = 0; i < 2000; i++) {
		ck_assert_int_eq(snet__store_put_state(store, "a0", "2", &err), 0);
		commit();
	}
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_le(after.st_size, before.st_size + 64 * 1024);
	ck_assert_int_eq((int)write(to_child[1], "x", 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, events_are_numbered_from_one);
	tcase_add_test(t, a_repeated_event_is_told_by_relayer_source_and_id);
	tcase_add_test(t, ids_and_names_have_limits);
	tcase_add_test(t, events_are_gone_through_with_their_outcomes);
	tcase_add_test(t, a_trace_is_found_before_and_after_the_commit);
	tcase_add_test(t, nothing_is_written_for_an_event_that_is_not_there);
	tcase_add_test(t, what_is_open_is_given_by_event_and_index);
	tcase_add_test(t, going_through_what_is_open_can_be_stopped);
	tcase_add_test(t, states_are_replaced);
	tcase_add_test(t, a_command_is_applied_once);
	tcase_add_test(t, ended_events_beyond_keep_go_oldest_first);
	tcase_add_test(t, one_commit_removes_only_some);
	tcase_add_test(t, without_resume_the_old_store_is_replaced);
	tcase_add_test(t, only_its_user_can_read_it);
	tcase_add_test(t, a_folder_that_cannot_be_made_is_named);
	tcase_add_test(t, the_second_writer_is_told_who_is_the_first);
	tcase_add_test(t, a_folder_that_goes_while_its_lock_is_waited_for_is_made_anew);
	tcase_add_test(t, a_store_of_another_version_is_refused_with_a_remedy);
	tcase_add_test(t, a_file_that_is_no_store_is_refused);
	tcase_add_test(t, disk_durability_keeps_the_same_store);
	tcase_add_test(t, another_process_sees_what_is_committed_and_no_more);
	tcase_add_test(t, a_store_of_a_lab_that_is_down_is_read);
	tcase_add_test(t, where_no_store_is_the_reader_says_so);
	tcase_add_test(t, events_of_many_batches_are_read_in_order);
	tcase_add_test(t, a_slow_reader_does_not_let_the_file_grow);
}

Suite *suite(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	add_tests(t);
	suite_add_tcase(s, t);
	return s;
}
