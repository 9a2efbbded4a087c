/* SPDX-License-Identifier: MIT */
/* Deliveries while memory is short or the disk is full. The allocator of the whole program and
 * LMDB's commit are wrapped here. */

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "folder.h"
#include "relay/delivery.h"
#include "relay/leg.h"
#include "scarce.h"
#include "suite.h"

int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);

static bool is_full;

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
	if (!is_full)
		return __real_mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return ENOSPC;
}

static struct snet__model_route route = {.exchange = SNET__EXCHANGE_FANOUT,
					 .function = (char *)"f",
					 .backend = (char *)"b",
					 .ttl_ns = SNET__TTL_DEFAULT_NS};
static struct snet__model_node node;
static struct test_folder folder;
static struct snet__deliveries all;
static struct snet__loop *loop;
static struct snet__store *store;
static struct snet_err err;
static unsigned int ends, notes;
static char journaled[64]; /* their numbers */
static char
	last_detail[128]; /* the outcome of the last end, and its last step's detail */
static unsigned int invocations;

static int backend_init(void *state, const struct snet__backend_env *env,
			struct snet_err *error)
{
	(void)state;
	(void)env;
	(void)error;
	return 0;
}

static void backend_fini(void *state)
{
	(void)state;
}

/* Never answers. */
static void backend_invoke(void *state, struct snet_invocation *invocation)
{
	(void)state;
	(void)invocation;
	invocations++;
}

static const struct snet__backend_kind silent = {.name = "silent",
						 .init = backend_init,
						 .fini = backend_fini,
						 .invoke = backend_invoke};
static struct snet__backend *backend;

static void count_end(void *user, const struct snet_trace *trace)
{
	(void)user;
	(void)snprintf(last_detail, sizeof(last_detail), "%s %s",
		       snet_outcome_name(trace->outcome),
		       trace->steps[trace->count - 1].detail);
	ends++;
}

static void note_journaled(void *user, uint64_t seq, const char *event)
{
	size_t size = strlen(journaled);

	(void)user;
	ck_assert_str_eq(event, "{}");
	(void)snprintf(journaled + size, sizeof(journaled) - size, "%llu;",
		       (unsigned long long)seq);
}

static void count_note(void *user, const char *id, const char *step)
{
	(void)user;
	(void)id;
	(void)step;
	notes++;
}

static bool knows_all(void *user, const char *relayer, const char *name)
{
	(void)user;
	(void)relayer;
	(void)name;
	return true;
}

static void begin(void)
{
	const struct snet__relayer_env env = {.loop = loop,
					      .store = store,
					      .netns = -1,
					      .watcher = {.ended = count_end,
							  .noted = count_note,
							  .journaled = note_journaled,
							  .knows = knows_all}};

	all = (struct snet__deliveries){0};
	ck_assert_int_eq(snet__deliveries_init(&all, &env, &node, &err), 0);
	if (node.route_count)
		all.backends[0] = backend;
}

static void set_up(void)
{
	struct snet__store_opts opts = {.folder = folder.path};

	left = -1;
	is_full = false;
	ends = notes = invocations = 0;
	route.attempts = 0;
	journaled[0] = '\0';
	node = (struct snet__model_node){.name = (char *)"r0", .routes = &route};
	test_folder_new(&folder);
	opts.durability = SNET_DURABILITY_DISK;
	ck_assert_int_eq(snet__loop_new(&loop, &err), 0);
	ck_assert_int_eq(snet__store_open(&store, &opts, &err), 0);
	ck_assert_int_eq(snet__backend_new(&backend, &silent, NULL, &err), 0);
	begin();
}

static void tear_down(void)
{
	is_full = false;
	snet__deliveries_clear(&all);
	snet__backend_free(backend);
	snet__store_close(store);
	snet__loop_free(loop);
	test_folder_free(&folder);
}

static int add(const char *id)
{
	const struct snet__delivery_opts opts = {.id = id,
						 .source = "/x/sw0",
						 .source_node = "sw0",
						 .type = "press",
						 .json = "{}"};

	return snet__delivery_add(&all, &opts, &err);
}

static void turn(void)
{
	do {
		if (snet__store_commit(store, &err) < 0) {
			snet__deliveries_forget(&all);
			return;
		}
		snet__deliveries_committed(&all);
	} while (snet__store_is_dirty(store));
}

static enum snet_outcome outcome(const char *id)
{
	enum snet_outcome found;
	struct snet_trace *trace;

	ck_assert_int_eq(snet__store_find_trace(store, id, &trace, &err), 0);
	found = snet_trace_outcome(trace);
	snet_trace_free(trace);
	return found;
}

START_TEST(an_event_is_not_journaled_without_the_memory_to_deliver_it)
{
	unsigned int failures = 0;
	uint64_t before;
	char id[32];
	int r;

	node.route_count = 1;
	for (int nth = 0; nth < 40; nth++) {
		(void)snprintf(id, sizeof(id), "event-%d", nth);
		before = snet__store_last_seq(store);
		left = nth;
		r = add(id);
		left = -1;
		failures += r < 0;
		/* What of it is in the transaction is committed with what else came. */
		(void)snet__store_commit(store, &err);
		snet__deliveries_forget(&all);
		ck_assert_uint_eq(snet__store_last_seq(store), before + (r == 0));
	}
	ck_assert_uint_ge(failures, 2);
	ck_assert_int_eq(add("once"), 0);
	ck_assert_int_eq(add("once"), 1);
}
END_TEST

START_TEST(an_end_that_was_not_committed_is_written_again)
{
	ck_assert_int_eq(add("sw0-1"), 0);
	ck_assert_int_eq(snet__store_commit(store, &err), 0);
	snet__deliveries_committed(&all); /* no route takes it: it ends */
	ck_assert_uint_eq(ends, 1);
	is_full = true;
	turn();
	turn();
	is_full = false;
	turn();
	ck_assert(!snet__store_is_dirty(store));
	ck_assert_int_eq(outcome("sw0-1"), SNET_OUTCOME_DONE);
	ck_assert_uint_eq(ends, 1);
	ck_assert_str_eq(last_detail, "done no route takes it");
	ck_assert_ptr_null(all.first); /* nothing keeps it any more */
}
END_TEST

/* Else it would be told again when its device sends it again, with a number of another. */
START_TEST(an_event_is_told_when_it_is_committed)
{
	is_full = true;
	ck_assert_int_eq(add("sw0-1"), 0);
	turn();
	is_full = false;
	ck_assert_int_eq(add("sw1-1"), 0);
	ck_assert_int_eq(add("sw0-1"), 0);
	ck_assert_str_eq(journaled, "");
	turn();
	ck_assert_int_eq(add("sw0-1"), 1);
	turn();
	ck_assert_str_eq(journaled, "1;2;");
}
END_TEST

/* Its steps of an earlier life have been told then. */
START_TEST(a_resumed_event_tells_only_of_what_is_new)
{
	const struct snet__delivery_opts opts = {.seq = 1,
						 .id = "sw0-1",
						 .type = "press",
						 .json = "{}"};
	struct snet_trace before = {0};

	ck_assert_int_eq(snet__trace_add(&before, "received", "r0", 1, ""), 0);
	ck_assert_int_eq(snet__trace_add(&before, "journaled", "r0", 2, ""), 0);
	ck_assert_int_eq(snet__delivery_resume(&all, &opts, &before, 0, NULL, 0, &err),
			 0);
	ck_assert_uint_eq(all.first->trace.count, 3);
	ck_assert_str_eq(all.first->trace.steps[1].step, "journaled");
	ck_assert_str_eq(all.first->trace.steps[2].step, "resumed");
	ck_assert_uint_eq(notes, 1);
	snet__trace_clear(&before);
}
END_TEST

static int resume(void *user, const char *relayer, uint64_t seq, const char *event,
		  const struct snet_trace *trace, unsigned int index, const void *data,
		  size_t size)
{
	const struct snet__delivery_opts opts = {.seq = seq,
						 .id = trace->id,
						 .type = "press",
						 .json = event};

	(void)user;
	(void)relayer;
	return snet__delivery_resume(&all, &opts, trace, index, data, size, &err);
}

/* Nothing of the deliveries is left but what the store has. */
static void kill_and_resume(void)
{
	snet__deliveries_clear(&all);
	begin();
	ck_assert_int_eq(snet__store_each_open(store, resume, NULL, &err), 0);
	snet__deliveries_committed(&all);
	turn();
}

/* What is due, until the commit after it. */
static void sweep(void)
{
	snet__leg_sweep(all.first->legs, snet__clock_ns() + SNET__NS_PER_S);
	turn();
}

static void expect_last(const char *step, const char *detail)
{
	const struct snet_trace *trace = &all.first->trace;

	ck_assert_str_eq(trace->steps[trace->count - 1].step, step);
	ck_assert_str_eq(trace->steps[trace->count - 1].detail, detail);
}

START_TEST(a_function_is_invoked_no_more_often_than_it_may_be)
{
	node.route_count = 1;
	route.attempts = 2;
	snet__deliveries_clear(&all);
	begin();
	ck_assert_int_eq(add("sw0-1"), 0);
	turn();
	ck_assert_uint_eq(invocations, 1);
	kill_and_resume();
	expect_last("retry",
		    "its relayer had ended; it may have run, and is invoked again");
	sweep(); /* the second is counted */
	ck_assert_uint_eq(invocations, 1);
	sweep();
	ck_assert_uint_eq(invocations, 2);
	expect_last("invoked", "f@b");
	kill_and_resume();
	ck_assert_uint_eq(invocations, 2);
	ck_assert_str_eq(last_detail, "failed its relayer had ended; it may have run");
}
END_TEST

START_TEST(a_function_that_may_be_invoked_without_a_limit_is_at_once)
{
	node.route_count = 1;
	snet__deliveries_clear(&all);
	begin();
	ck_assert_int_eq(add("sw0-1"), 0);
	turn();
	for (unsigned int i = 1; i < 4; i++) {
		ck_assert_uint_eq(invocations, i);
		ck_assert(!snet__store_is_dirty(store));
		kill_and_resume();
		expect_last("invoked", "f@b");
	}
}
END_TEST

/* Else an actuator would take the second for the first, sent once more. */
START_TEST(the_commands_of_two_events_with_one_id_have_two_ids)
{
	struct snet__delivery_opts opts = {.id = "1",
					   .source_node = "x",
					   .type = "relay",
					   .json = "{}",
					   .result = "{\"target\":\"a0\",\"set\":1}"};
	const char *const sources[] = {"/sensors/x", "/sensors/y"};
	const struct snet__command *commands[2];

	for (int i = 0; i < 2; i++) {
		opts.source = sources[i];
		ck_assert_int_eq(snet__delivery_add(&all, &opts, &err), 0);
		turn();
		/* An order begins with its command; a0 has not registered: it waits. */
		commands[i] = (struct snet__command *)all.last->legs->orders;
	}
	ck_assert_str_eq(commands[0]->json, "{\"id\":\"1.1.0.0\",\"set\":1}");
	ck_assert_str_eq(commands[1]->json, "{\"id\":\"1.2.0.0\",\"set\":1}");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("delivery");
	TCase *tcase = tcase_create("delivery");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, an_event_is_not_journaled_without_the_memory_to_deliver_it);
	tcase_add_test(tcase, an_end_that_was_not_committed_is_written_again);
	tcase_add_test(tcase, an_event_is_told_when_it_is_committed);
	tcase_add_test(tcase, a_resumed_event_tells_only_of_what_is_new);
	tcase_add_test(tcase, a_function_is_invoked_no_more_often_than_it_may_be);
	tcase_add_test(tcase, a_function_that_may_be_invoked_without_a_limit_is_at_once);
	tcase_add_test(tcase, the_commands_of_two_events_with_one_id_have_two_ids);
	suite_add_tcase(suite, tcase);
	return suite;
}
