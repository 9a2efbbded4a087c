/* SPDX-License-Identifier: MIT */
/* Probes between the nodes of a lab, while its links are changed; and a server that misbehaves. */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "fault/probe.h"
#include "hosts.h"
#include "http_server.h"
#include "io/coap.h"
#include "suite.h"

#define MS        SNET__NS_PER_MS
#define FAAS_PORT 3233 /* of the functions node */

#define PROBES_MAX  3
#define SAMPLES_MAX 4096

struct sample {
	uint64_t at_ns, rtt_ns;
	const char *detail;
};

static struct snet__prober *prober;
static pthread_mutex_t mutex;
static pthread_cond_t changed;
static struct sample samples[PROBES_MAX][SAMPLES_MAX];
static size_t counts[PROBES_MAX];

static void on_sample(void *user, unsigned int probe, uint64_t at_ns, uint64_t rtt_ns,
		      const char *detail)
{
	ck_assert_ptr_eq(user, samples);
	ck_assert_uint_lt(probe, PROBES_MAX);
	(void)pthread_mutex_lock(&mutex);
	if (counts[probe] < SAMPLES_MAX)
		samples[probe][counts[probe]++] = (struct sample){at_ns, rtt_ns, detail};
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&mutex);
}

static void set_up(void)
{
	pthread_condattr_t attr;

	err = (struct snet_err){0};
	(void)pthread_mutex_init(&mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&changed, &attr);
	LABS_OK(snet__prober_new(&prober, on_sample, samples, &err));
}

static void set_up_lab(void)
{
	set_up();
	lab = labs_house("probe");
	LABS_NODE(lab, .name = "cloud", .kind = "functions");
	LABS_OK(snet_lab_up(lab, &err));
}

static void tear_down(void)
{
	snet__prober_free(prober);
	snet_lab_free(lab);
}

static uint32_t ipv4_of(const char *node)
{
	return ntohl(address_of(node).sin_addr.s_addr);
}

static struct snet__probe_opts opts_of(enum snet__probe_kind kind, const char *from,
				       const char *to, unsigned int port)
{
	return (struct snet__probe_opts){.kind = kind,
					 .netns = -1,
					 .from = ipv4_of(from),
					 .to = ipv4_of(to),
					 .port = port,
					 .every_ns = 20 * MS,
					 .timeout_ns = 200 * MS};
}

static void add(const char *from, struct snet__probe_opts opts)
{
	unsigned int probe;

	LABS_OK(snet_node_open_netns(lab, from, &opts.netns, &err));
	LABS_OK(snet__prober_add(prober, &opts, &probe, &err));
	close(opts.netns);
}

#define ADD(kind, from, to, port) add(from, opts_of(kind, from, to, port))

static void start(void)
{
	LABS_OK(snet__prober_start(prober, &err));
}

static bool is_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The first measurement asked at @since_ns or later that ends so. */
static struct sample wait_for(unsigned int probe, uint64_t since_ns, bool is_answered,
			      const char *detail)
{
	struct timespec deadline;
	struct sample found = {0};
	size_t i = 0;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += WAIT_MS / 1000;
	(void)pthread_mutex_lock(&mutex);
	while (!found.at_ns && r == 0) {
		for (; i < counts[probe] && !found.at_ns; i++) {
			const struct sample *sample = &samples[probe][i];

			if (sample->at_ns >= since_ns &&
			    (sample->rtt_ns != UINT64_MAX) == is_answered &&
			    is_equal(sample->detail, detail))
				found = *sample;
		}
		if (!found.at_ns)
			r = pthread_cond_timedwait(&changed, &mutex, &deadline);
	}
	(void)pthread_mutex_unlock(&mutex);
	ck_assert_msg(found.at_ns, "probe %u: no sample '%s' in time", probe,
		      detail ? detail : "");
	return found;
}

static void set_link(const char *name, struct snet_impairment impairment)
{
	LABS_OK(snet_link_set(lab, name, SNET_DIRECTION_BOTH, &impairment, &err));
}

START_TEST(all_kinds_are_answered_over_and_over)
{
	uint64_t since_ns = snet__clock_ns();

	ADD(SNET__PROBE_ICMP, "sw0", "a0", 0);
	ADD(SNET__PROBE_COAP, "a0", "r0", SNET__COAP_PORT);
	ADD(SNET__PROBE_HTTP, "r0", "cloud", FAAS_PORT);
	start();
	for (int i = 0; i < 3; i++) {
		uint64_t at_ns = wait_for(0, since_ns, true, NULL).at_ns;

		ck_assert_uint_ge(wait_for(1, since_ns, true, NULL).at_ns, since_ns);
		(void)wait_for(2, since_ns, true, "200");
		since_ns = at_ns + 1;
	}
}
END_TEST

START_TEST(a_link_that_is_down_answers_nothing_until_it_is_healed)
{
	uint64_t at_ns = snet__clock_ns();

	ADD(SNET__PROBE_ICMP, "sw0", "r0", 0);
	ADD(SNET__PROBE_COAP, "sw0", "r0", SNET__COAP_PORT);
	ADD(SNET__PROBE_HTTP, "sw0", "cloud", FAAS_PORT);
	start();
	(void)wait_for(0, at_ns, true, NULL);
	set_link("sw0-s1", (struct snet_impairment){.down = true});
	at_ns = snet__clock_ns();
	for (unsigned int probe = 0; probe < 3; probe++)
		ck_assert_uint_eq(wait_for(probe, at_ns, false, NULL).rtt_ns, UINT64_MAX);
	(void)pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < counts[0]; i++)
		ck_assert(samples[0][i].at_ns < at_ns ||
			  samples[0][i].rtt_ns == UINT64_MAX);
	(void)pthread_mutex_unlock(&mutex);

	set_link("sw0-s1", (struct snet_impairment){0});
	at_ns = snet__clock_ns();
	(void)wait_for(0, at_ns, true, NULL);
	(void)wait_for(1, at_ns, true, NULL);
	(void)wait_for(2, at_ns, true, "200");
}
END_TEST

START_TEST(nobody_who_listens_is_a_refusal)
{
	const uint64_t since_ns = snet__clock_ns();

	ADD(SNET__PROBE_COAP, "sw0", "r0", 5999);
	ADD(SNET__PROBE_HTTP, "sw0", "r0", 81);
	start();
	(void)wait_for(0, since_ns, false, "refused");
	(void)wait_for(1, since_ns, false, "refused");
	(void)wait_for(0, snet__clock_ns(), false, "refused");
}
END_TEST

START_TEST(a_delay_is_in_the_time_of_each_kind)
{
	uint64_t since_ns;

	ADD(SNET__PROBE_ICMP, "sw0", "r0", 0);
	ADD(SNET__PROBE_COAP, "sw0", "r0", SNET__COAP_PORT);
	ADD(SNET__PROBE_HTTP, "sw0", "cloud", FAAS_PORT);
	LABS_OK(snet_link_set(lab, "sw0-s1", SNET_DIRECTION_FORTH,
			      &(struct snet_impairment){.delay_ns = 20 * MS}, &err));
	since_ns = snet__clock_ns();
	start();
	ck_assert_uint_ge(wait_for(0, since_ns, true, NULL).rtt_ns, 20 * MS);
	ck_assert_uint_ge(wait_for(1, since_ns, true, NULL).rtt_ns, 20 * MS);
	/* The connection, and the request. */
	ck_assert_uint_ge(wait_for(2, since_ns, true, "200").rtt_ns, 40 * MS);
}
END_TEST

START_TEST(questions_overtake_answers_and_each_is_told_once)
{
	static const enum snet__probe_kind kinds[] = {SNET__PROBE_ICMP, SNET__PROBE_COAP};
	const uint64_t since_ns = snet__clock_ns();

	set_link("sw0-s1", (struct snet_impairment){.delay_ns = 50 * MS});
	for (size_t i = 0; i < 2; i++) {
		struct snet__probe_opts opts =
			opts_of(kinds[i], "sw0", "r0", SNET__COAP_PORT);

		opts.every_ns = 10 * MS;
		opts.timeout_ns = 600 * MS;
		add("sw0", opts);
	}
	start();
	(void)wait_for(0, since_ns, true, NULL);
	(void)wait_for(0, snet__clock_ns(), true, NULL);
	(void)wait_for(1, snet__clock_ns(), true, NULL);
	snet__prober_free(steal_ptr(prober));
	for (size_t probe = 0; probe < 2; probe++) {
		ck_assert_uint_ge(counts[probe], 3);
		for (size_t i = 0; i < counts[probe]; i++) {
			ck_assert_uint_ge(samples[probe][i].rtt_ns, 100 * MS);
			for (size_t k = 0; k < i; k++)
				ck_assert_uint_ne(samples[probe][i].at_ns,
						  samples[probe][k].at_ns);
		}
	}
}
END_TEST

START_TEST(an_address_that_nobody_has_is_unreachable)
{
	struct snet__probe_opts opts = opts_of(SNET__PROBE_ICMP, "sw0", "r0", 0);
	const uint64_t since_ns = snet__clock_ns();

	opts.to += 200; /* of the same segment; the kernel asks for it for some seconds */
	opts.every_ns = 400 * MS;
	opts.timeout_ns = 2 * (uint64_t)WAIT_MS * MS;
	add("sw0", opts);
	opts.kind = SNET__PROBE_COAP;
	opts.port = SNET__COAP_PORT;
	add("sw0", opts);
	start();
	(void)wait_for(0, since_ns, false, "unreachable");
	(void)wait_for(1, since_ns, false, "unreachable");
}
END_TEST

START_TEST(what_is_not_over_at_the_end_is_not_told)
{
	struct snet__probe_opts opts = opts_of(SNET__PROBE_ICMP, "sw0", "r0", 0);

	set_link("sw0-s1", (struct snet_impairment){.down = true});
	opts.timeout_ns = 60 * SNET__NS_PER_S;
	opts.every_ns = SNET__NS_PER_S;
	add("sw0", opts); /* the first, which asks first */
	ADD(SNET__PROBE_ICMP, "a0", "a1", 0);
	start();
	(void)wait_for(1, snet__clock_ns(), true, NULL);
	snet__prober_free(steal_ptr(prober));
	ck_assert_uint_eq(counts[0], 0);
}
END_TEST

START_TEST(what_a_probe_cannot_be_is_refused)
{
	struct snet__probe_opts opts = {.kind = SNET__PROBE_COAP,
					.netns = -1,
					.to = 0x7f000001,
					.every_ns = MS,
					.timeout_ns = 64 * MS};
	unsigned int probe;

	LABS_FAILS(snet__prober_add(prober, &opts, &probe, &err), -EINVAL,
		   "port 0 is out of range: 1 to 65535");
	opts.port = 65536;
	LABS_FAILS(snet__prober_add(prober, &opts, &probe, &err), -EINVAL,
		   "port 65536 is out of range: 1 to 65535");
	opts.port = 1;
	opts.timeout_ns = 65 * MS;
	LABS_FAILS(snet__prober_add(prober, &opts, &probe, &err), -EINVAL,
		   "at most 64 answers");
	opts.timeout_ns = 0;
	LABS_FAILS(snet__prober_add(prober, &opts, &probe, &err), -EINVAL,
		   "needs a period and a timeout");
	opts.timeout_ns = MS;
	opts.from = 0xc0000201; /* 192.0.2.1: RFC 5737 */
	LABS_FAILS(snet__prober_add(prober, &opts, &probe, &err), -EADDRNOTAVAIL,
		   "cannot make a probe by coap: cannot set up its socket");
	opts.from = 0;
	LABS_OK(snet__prober_add(prober, &opts, &probe, &err));
	ck_assert_uint_eq(probe, 0);
	ck_assert_str_eq(snet__probe_name(SNET__PROBE_ICMP), "icmp");
	ck_assert_str_eq(snet__probe_name(SNET__PROBE_COAP), "coap");
	ck_assert_str_eq(snet__probe_name(SNET__PROBE_HTTP), "http");
}
END_TEST

/* ---- A server on the loopback of a namespace of the test's own. */

static bool serve(struct http_exchange *exchange, void *user)
{
	const char *answer = user;

	if (!*answer)
		http_wait_for_stop(exchange);
	else if (strcmp(answer, "hang up") != 0)
		http_say(exchange, answer);
	return false;
}

static const struct {
	const char *answer, *detail;
	bool is_answered;
} answers[] = {
	{"HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", "599", true},
	{"HTTP/1.0 100", "100", true},
	{"HTTP/1.1 099 x", "not HTTP", false},
	{"HTTP/1.1 2x0 x", "not HTTP", false},
	{"220 mail.example ESMTP", "not HTTP", false},
	{"HTTP/1.1 20", "closed", false},
	{"hang up", "closed", false},
	{"", NULL, false},
};
#define ANSWER_COUNT (int)(sizeof(answers) / sizeof(*answers))

START_TEST(what_a_server_does_is_told)
{
	struct snet__probe_opts opts = {.kind = SNET__PROBE_HTTP,
					.from = INADDR_LOOPBACK,
					.to = INADDR_LOOPBACK,
					.every_ns = 20 * MS,
					.timeout_ns = 100 * MS};
	autofree char *answer = strdup(answers[_i].answer);
	const uint64_t since_ns = snet__clock_ns();
	struct http_server *server;
	unsigned int probe;

	ck_assert_ptr_nonnull(answer);
	LABS_OK(snet__netns_new(&opts.netns, &err));
	LABS_OK(snet__netns_settle(opts.netns, &err));
	server = http_server_start(serve, answer);
	ck_assert_int_eq(sscanf(http_server_url(server), "http://127.0.0.1:%u",
				&opts.port),
			 1);
	LABS_OK(snet__prober_add(prober, &opts, &probe, &err));
	close(opts.netns);
	start();
	(void)wait_for(probe, since_ns, answers[_i].is_answered, answers[_i].detail);
	snet__prober_free(steal_ptr(prober));
	http_server_stop(server);
	snet__netns_unsettle();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("probe");
	TCase *labs = tcase_create("labs"), *alone = tcase_create("alone");

	rights_get();
	tcase_add_checked_fixture(labs, set_up_lab, tear_down);
	tcase_set_timeout(labs, 60);
	tcase_add_test(labs, all_kinds_are_answered_over_and_over);
	tcase_add_test(labs, a_link_that_is_down_answers_nothing_until_it_is_healed);
	tcase_add_test(labs, nobody_who_listens_is_a_refusal);
	tcase_add_test(labs, a_delay_is_in_the_time_of_each_kind);
	tcase_add_test(labs, questions_overtake_answers_and_each_is_told_once);
	tcase_add_test(labs, an_address_that_nobody_has_is_unreachable);
	tcase_add_test(labs, what_is_not_over_at_the_end_is_not_told);
	suite_add_tcase(s, labs);
	tcase_add_checked_fixture(alone, set_up, tear_down);
	tcase_set_timeout(alone, 60);
	tcase_add_test(alone, what_a_probe_cannot_be_is_refused);
	tcase_add_loop_test(alone, what_a_server_does_is_told, 0, ANSWER_COUNT);
	suite_add_tcase(s, alone);
	return s;
}
