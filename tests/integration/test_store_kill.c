/* SPDX-License-Identifier: MIT */
/* kill -9 of the writer at any moment: what it said to be committed is there afterwards, and
 * what is there is whole. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "folder.h"
#include "store/store.h"
#include "suite.h"

#define ROUNDS     50
#define KEEP       200
#define DEADLINE_S 60

static struct test_folder folder;

/* What the writer tells once it is committed: the event began, or it ended. */
struct word {
	uint64_t number;
	bool ended;
};

static struct snet__store *open_store(bool resume)
{
	struct snet__store_opts opts = {.folder = folder.path,
					.resume = resume,
					.keep = KEEP};
	struct snet__store *store = NULL;
	struct snet_err err = {0};

	if (snet__store_open(&store, &opts, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	return store;
}

static void must(int r)
{
	if (r != 0)
		_exit(2);
}

static void name_of(char name[32], uint64_t number)
{
	(void)snprintf(name, 32, "event-%llu", (unsigned long long)number);
}

static void begin_event(struct snet__store *store, uint64_t number)
{
	char name[32];
	uint64_t seq = 0;

	name_of(name, number);
	must(snet__store_add_event(store, "r0", "/sw0", name, name, &seq, NULL));
	must(snet__store_put_open(store, seq, 0, name, strlen(name), NULL));
	must(snet__store_put_open(store, seq, 1, name, strlen(name), NULL));
}

static void end_event(struct snet__store *store, uint64_t number)
{
	struct snet_trace *trace = NULL;
	char name[32];

	name_of(name, number);
	must(snet__store_find_trace(store, name, &trace, NULL));
	trace->outcome = SNET_OUTCOME_DONE;
	must(snet__trace_add(trace, "applied", "a0", number, ""));
	must(snet__store_put_trace(store, trace, NULL));
	must(snet__store_apply_once(store, "a0", name, NULL));
	must(snet__store_put_state(store, "a0", name, NULL));
	snet_trace_free(trace);
}

/* Begin events, end each when the next one begins, and tell of every commit; until killed. */
static void write_events(int to, uint64_t number)
{
	struct snet__store *store = open_store(true);
	uint64_t open = 0;

	for (;; number += 3) {
		for (uint64_t i = 0; i < 3; i++)
			begin_event(store, number + i);
		if (open)
			end_event(store, open);
		must(snet__store_commit(store, NULL));
		for (uint64_t i = 0; i < 3; i++)
			if (write(to, &(struct word){.number = number + i},
				  sizeof(struct word)) < 0)
				_exit(3);
		if (open &&
		    write(to, &(struct word){open, true}, sizeof(struct word)) < 0)
			_exit(3);
		open = number;
	}
}

/* Take what the writer says for @time_us, kill it, and take the rest. */
static size_t collect(int from, pid_t pid, uint64_t time_us, struct word *words,
		      size_t max)
{
	uint64_t until = snet__clock_ns() + time_us * SNET__NS_PER_US;
	struct pollfd poll_fd = {.fd = from, .events = POLLIN};
	size_t count = 0;
	bool killed = false;
	ssize_t n;

	for (;;) {
		if (!killed && (snet__clock_ns() >= until || count > max / 2)) {
			ck_assert_int_eq(kill(pid, SIGKILL), 0);
			killed = true;
		}
		if (poll(&poll_fd, 1, killed ? DEADLINE_S * 1000 : 1) == 0) {
			ck_assert_msg(!killed, "the writer does not go away");
			continue;
		}
		n = read(from, words + count, sizeof(*words));
		if (n <= 0)
			return count;
		ck_assert_int_eq((int)n, (int)sizeof(*words));
		count++;
		ck_assert_uint_lt(count, max);
	}
}

struct open_seen {
	uint64_t seq;
	unsigned int records;
};

static int check_open(void *user, const char *relayer, uint64_t seq, const char *event,
		      const struct snet_trace *trace, unsigned int index,
		      const void *data, size_t size)
{
	struct open_seen *seen = user;

	ck_assert_msg(data != NULL, "event %s has lost its records", event);
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_PENDING);
	ck_assert_uint_eq(size, strlen(event));
	ck_assert_mem_eq(data, event, size);
	if (seen->seq != seq)
		ck_assert_uint_eq(seen->records % 2, 0);
	seen->seq = seq;
	seen->records++;
	return 0;
}

/* An ended event may be forgotten, one that is pending never. */
static void check_word(struct snet__store *store, const struct word *word)
{
	struct snet_trace *trace = NULL;
	char name[32];
	int r;

	name_of(name, word->number);
	r = snet__store_find_trace(store, name, &trace, NULL);
	if (r == -ENOENT && word->number % 3 == 1)
		return;
	ck_assert_msg(r == 0, "%s was committed and is gone", name);
	if (word->ended)
		ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	snet_trace_free(trace);
}

static void check_last(struct snet__store *store, const struct word *words, size_t count)
{
	char state[SNET_STATE_MAX], name[32];

	while (count && !words[count - 1].ended)
		count--;
	if (!count)
		return;
	name_of(name, words[count - 1].number);
	ck_assert_int_eq(snet__store_has_applied(store, "a0", name, NULL), 1);
	/* The state is of that command or of the one whose commit was not told any more. */
	ck_assert_int_eq(snet__store_find_state(store, "a0", state, NULL), 0);
	ck_assert_int_eq(snet__store_has_applied(store, "a0", state, NULL), 1);
	ck_assert_uint_ge(strtoull(state + strlen("event-"), NULL, 10),
			  words[count - 1].number);
}

static uint64_t check_store(const struct word *words, size_t count)
{
	struct snet__store *store = open_store(true);
	struct open_seen seen = {0};
	uint64_t last = snet__store_last_seq(store);

	for (size_t i = 0; i < count; i++)
		check_word(store, &words[i]);
	ck_assert_int_eq(snet__store_each_open(store, check_open, &seen, NULL), 0);
	ck_assert_uint_eq(seen.records % 2, 0);
	check_last(store, words, count);
	snet__store_close(store);
	return last;
}

START_TEST(what_was_committed_survives_kill_9)
{
	static struct word words[200000];
	struct snet__random random;
	uint64_t number = 1;
	size_t total = 0;

	test_folder_new(&folder);
	snet__store_close(open_store(false));
	snet__random_seed(&random, 1, "kill");
	for (int round = 0; round < ROUNDS; round++) {
		size_t count;
		int ends[2], status;
		pid_t pid;

		ck_assert_int_eq(pipe(ends), 0);
		pid = fork();
		if (pid == 0) {
			close(ends[0]);
			write_events(ends[1], number);
		}
		close(ends[1]);
		count = collect(ends[0], pid, snet__random_next(&random) % 40000, words,
				sizeof(words) / sizeof(*words));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFSIGNALED(status), "the writer failed: %d", status);
		close(ends[0]);
		/* Numbers are sequence numbers here: each event was new. Three at a time, and
		 * those before may be committed without having been told. */
		number = check_store(words, count) + 1;
		ck_assert_uint_eq(number % 3, 1);
		total += count;
	}
	ck_assert_uint_gt(total, 0);
	test_folder_free(&folder);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("store_kill");
	TCase *t = tcase_create("store_kill");

	tcase_set_timeout(t, DEADLINE_S * 3);
	tcase_add_test(t, what_was_committed_survives_kill_9);
	suite_add_tcase(s, t);
	return s;
}
