/* SPDX-License-Identifier: MIT */
/* A kind of backend of our own: functions that take long run on a thread, and answer when they
 * are through, while the lab goes on. invoke() runs on the lab's thread and only puts a job into
 * a queue; the thread takes it, computes, and ends it with snet_invocation_finish(), which any
 * thread may call.
 *
 * The scene: two sensors are pressed one after the other, with a big and with a small number;
 * the function counts the prime numbers below it, and shows the count on a display. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <snet/snet.h>

/* What one invocation needs on the thread: params are borrowed during invoke() only. */
struct job {
	struct snet_invocation *invocation;
	unsigned long limit;
	struct job *next;
};

/* The state of one backend of the kind, zeroed before init(). */
struct pool {
	pthread_t thread;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	struct job *first, **end;
	int is_ending;
};

static unsigned long count_primes(unsigned long limit)
{
	unsigned long count = 0, i, k;
	char *crossed = calloc(limit + 1, 1);

	for (i = 2; crossed && i < limit; i++) {
		if (crossed[i])
			continue;
		count++;
		for (k = i * i; k < limit; k += i)
			crossed[k] = 1;
	}
	free(crossed);
	return count;
}

static void answer(const struct job *job)
{
	char result[128];

	snprintf(result, sizeof(result),
		 "{\"commands\": [{\"target\": \"display\", \"set\": %lu}]}",
		 count_primes(job->limit));
	/* DONE says that it ran. ERROR would end the event; NOT_RUN and UNKNOWN let it be tried
	 * again; IMPOSSIBLE says that trying again is no use. */
	snet_invocation_finish(job->invocation, SNET_RESULT_DONE, result);
}

static struct job *take(struct pool *pool)
{
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	while (!pool->first && !pool->is_ending)
		pthread_cond_wait(&pool->changed, &pool->lock);
	job = pool->is_ending ? NULL : pool->first;
	if (job) {
		pool->first = job->next;
		if (!pool->first)
			pool->end = &pool->first;
	}
	pthread_mutex_unlock(&pool->lock);
	return job;
}

static void *run(void *user)
{
	struct job *job;

	while ((job = take(user))) {
		answer(job);
		free(job);
	}
	return NULL;
}

static int pool_init(void *state, const struct snet_backend_opts *opts,
		     struct snet_err *err)
{
	struct pool *pool = state;
	int r;

	(void)opts; /* name, url, credentials ... as the lab file or snet_lab_add_backend() has
		     * them */
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, NULL);
	pool->end = &pool->first;
	r = pthread_create(&pool->thread, NULL, run, pool);
	if (r != 0) {
		pool->end = NULL;
		err->code = -r;
		snprintf(err->msg, sizeof(err->msg),
			 "cannot start the thread of the pool");
	}
	return -r;
}

/* The lab goes down. Jobs that nobody has begun are no longer ours to finish; the one that the
 * thread is at is, so wait for it. */
static void pool_fini(void *state)
{
	struct pool *pool = state;
	struct job *job;

	if (!pool->end)
		return; /* pool_init() has failed */
	pthread_mutex_lock(&pool->lock);
	pool->is_ending = 1;
	pthread_cond_signal(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	pthread_join(pool->thread, NULL);
	while ((job = pool->first)) {
		pool->first = job->next;
		free(job);
	}
}

static void pool_invoke(void *state, struct snet_invocation *invocation,
			const char *function, const char *params)
{
	/* The event, {"id": ..., "data": 1000, ...}; a JSON library would be more exact. */
	const char *data = strstr(params, "\"data\":");
	struct pool *pool = state;
	struct job *job;

	if (strcmp(function, "count_primes") != 0) {
		snet_invocation_finish(invocation, SNET_RESULT_IMPOSSIBLE,
				       "this backend has one function, 'count_primes'");
		return;
	}
	job = calloc(1, sizeof(*job));
	if (!job) {
		snet_invocation_finish(invocation, SNET_RESULT_NOT_RUN, "out of memory");
		return;
	}
	job->invocation = invocation;
	job->limit = data ? strtoul(data + strlen("\"data\":"), NULL, 10) : 0;

	pthread_mutex_lock(&pool->lock);
	*pool->end = job;
	pool->end = &job->next;
	pthread_cond_signal(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

static struct snet_backend_kind make_pool_kind(void)
{
	struct snet_backend_kind kind = {0};

	kind.size = sizeof(kind);
	kind.name = "pool";
	kind.state_size = sizeof(struct pool);
	kind.init = pool_init;
	kind.fini = pool_fini;
	kind.invoke = pool_invoke;
	return kind;
}

static int press(struct snet_lab *lab, const char *node, const char *data,
		 struct snet_err *err)
{
	struct snet_trace *trace = NULL;
	char state[SNET_STATE_MAX];
	int r;

	r = snet_device_press(lab, node, data, &trace, 10000, err);
	if (r == 0)
		r = snet_device_state(lab, "display", state, err);
	if (r == 0)
		printf("%s asks for %s: %s, the display shows %s\n", node, data,
		       snet_outcome_name(snet_trace_outcome(trace)), state);
	if (r == 0 && snet_trace_outcome(trace) != SNET_OUTCOME_DONE)
		printf("  %s\n",
		       snet_trace_step(trace, snet_trace_step_count(trace) - 1)->detail);
	snet_trace_free(trace);
	return r;
}

int main(int argc, char **argv)
{
	const char *file = argc > 1 ? argv[1] : "primes.json";
	const struct snet_backend_kind pool = make_pool_kind(); /* outlives the lab */
	struct snet_lab *lab = NULL;
	struct snet_err err = {0};
	int r;

	r = snet_init(&err);
	/* A lab file with kinds of ours is read into a lab that knows them. */
	if (r == 0)
		r = snet_lab_new(&lab, "primes", &err);
	if (r == 0)
		r = snet_lab_add_backend_kind(lab, &pool, &err);
	if (r == 0)
		r = snet_lab_read(lab, file, &err);
	if (r == 0)
		r = snet_lab_up(lab, &err);
	if (r == 0)
		r = press(lab, "ask", "1000", &err);
	if (r == 0)
		r = press(lab, "ask", "10000000", &err);
	if (r ==
	    0) /* its type, "guess", is routed to a function that the backend lacks */
		r = press(lab, "guess", "1000", &err);
	if (r < 0)
		fprintf(stderr, "custom_backend: %s\n", err.msg);
	snet_lab_free(lab);
	return r < 0;
}
