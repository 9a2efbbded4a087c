/* SPDX-License-Identifier: MIT */
/* The functions endpoint misbehaves on demand: what a client gets, what is counted, and that it
 * is well afterwards. */

#include <poll.h>

#include "base/clock.h"
#include "faas/fault.h"
#include "faasctl.h"
#include "suite.h"
#include "wait.h"

#define BLOCKING NS "/actions/f?blocking=true"
#define RESULT   BLOCKING "&result=true"
#define MS       SNET__NS_PER_MS
#define LONG_NS  (600 * SNET__NS_PER_S) /* longer than the test: only healing ends it */

static struct faasctl ctl;
static struct snet__faas_fault *fault;
static struct snet__faas_fault_counts counts;
static struct snet_err err;

static void setup(void)
{
	ctl = (struct faasctl){0};
	fault = NULL;
	faasctl_start(&ctl);
	faasctl_put(&ctl, "f", "nodejs:18", "function main(p) { return {hi: p.name}; }");
}

static void teardown(void)
{
	faasctl_stop(&ctl);
}

struct addition {
	const struct snet__faas_fault_opts *opts;
	struct snet__faas_fault *fault;
	int r;
};

static void on_add(struct faasctl *unused, void *user)
{
	struct addition *addition = user;

	addition->r =
		snet__faas_add_fault(&ctl.faults, addition->opts, &addition->fault, &err);
}

static struct snet__faas_fault *try_fault(int *ret,
					  const struct snet__faas_fault_opts *opts)
{
	struct addition addition = {.opts = opts};

	faasctl_do(&ctl, on_add, &addition);
	*ret = addition.r;
	return addition.fault;
}

static struct snet__faas_fault *add_fault(const struct snet__faas_fault_opts *opts)
{
	struct snet__faas_fault *added;
	int r;

	added = try_fault(&r, opts);
	ck_assert_msg(r == 0, "%s: %s", opts->kind, err.msg);
	return added;
}

#define ADD(...) (fault = add_fault(&(struct snet__faas_fault_opts){__VA_ARGS__}))

static void on_count(struct faasctl *unused, void *user)
{
	snet__faas_fault_counts(user, &counts);
}

static void count(struct snet__faas_fault *of)
{
	faasctl_do(&ctl, on_count, of);
}

static void on_heal(struct faasctl *unused, void *user)
{
	snet__faas_remove_fault(user);
}

/* Remove @fault, and see that a call is as it should be. */
static void heal(void)
{
	faasctl_do(&ctl, on_heal, fault);
	faasctl_expect(&ctl, "POST", RESULT, "{\"name\":\"bob\"}", 200,
		       "{\"hi\":\"bob\"}");
}

static void check_counts(uint64_t seen, uint64_t hit)
{
	count(fault);
	ck_assert_uint_eq(counts.seen, seen);
	ck_assert_uint_eq(counts.hit, hit);
	ck_assert(hit ? counts.first_ns && counts.first_ns <= counts.last_ns &&
				  counts.last_ns <= snet__clock_ns()
		      : !counts.first_ns && !counts.last_ns);
}

/* How many activations of f there are. */
static unsigned int count_runs(void)
{
	const char *text =
		faasctl_call(&ctl, "GET", NS "/activations?name=f&count=true", NULL);

	ck_assert_uint_eq(ctl.answer.status, 200);
	return (unsigned int)strtoul(strpbrk(text, "0123456789"), NULL, 10);
}

/* Wait until there are @wanted, bounded by the test's time limit. */
static void wait_for_runs(unsigned int wanted)
{
	struct timespec pause = {.tv_nsec = 5000000};

	while (count_runs() < wanted)
		(void)nanosleep(&pause, NULL);
	ck_assert_uint_eq(count_runs(), wanted);
}

/* A call over @fd whose answer is read later. */
static void send_call(int fd, const char *target)
{
	char text[1000];

	(void)snprintf(text, sizeof(text),
		       "POST %s HTTP/1.1\r\nHost: x\r\n" GUEST_HEADER JSON_HEADER
		       "Content-Length: 14\r\n\r\n{\"name\":\"bob\"}",
		       target);
	rawhttp_send_text(fd, text);
}

static bool has_header(const char *name)
{
	char text[200];

	return rawhttp_header(&ctl.answer, name, text, sizeof(text)) != NULL;
}

/* Faults that answer with a status: by whom, with an activation or without. */
static const struct {
	const char *kind, *variant;
	unsigned int status;
	const char *text;
	bool is_page, has_activation;
} statuses[] = {
	{"gateway-500", NULL, 500, "<title>500 Internal Server Error</title>", true,
	 false},
	{"gateway-502", NULL, 502, "<title>502 Bad Gateway</title>", true, false},
	{"gateway-502", "plain", 502, "Bad Gateway\n", true, false},
	{"gateway-503", NULL, 503, "<title>503 Service Temporarily Unavailable</title>",
	 true, false},
	{"gateway-504", NULL, 504, "<title>504 Gateway Time-out</title>", true, false},
	{"gateway-504", "plain", 504, "Gateway Time-out\n", true, false},
	{"429", NULL, 429,
	 "\"error\":\"Too many requests in the last minute (count: 61, allowed: 60).\"",
	 false, false},
	{"429", "concurrent", 429,
	 "\"error\":\"Too many concurrent requests in flight (count: 31, allowed: 30).\"",
	 false, false},
	{"503", NULL, 503, "\"error\":\"The server is currently unavailable", false,
	 false},
	{"500", NULL, 500, "\"error\":\"There was an internal server error.\"", false,
	 false},
	{"500", "invoker", 500, "\"status\":\"whisk internal error\"", false, true},
	{"502", NULL, 502, "\"status\":\"application error\"", false, true},
	{"502", "developer", 502, "\"status\":\"action developer error\"", false, true},
};

START_TEST(a_status_is_the_gateways_or_openwhisks_own)
{
	char type[64], id[33];

	ADD(.kind = statuses[_i].kind, .variant = statuses[_i].variant);
	faasctl_expect(&ctl, "POST", BLOCKING, "{}", statuses[_i].status,
		       statuses[_i].text);
	ck_assert_ptr_nonnull(
		rawhttp_header(&ctl.answer, "Content-Type", type, sizeof(type)));
	if (statuses[_i].is_page) {
		ck_assert(!has_header("X-Request-ID") && has_header("Server"));
		ck_assert_ptr_null(strstr(type, "json"));
	} else {
		ck_assert(has_header("X-Request-ID"));
		ck_assert_str_eq(type, "application/json");
	}
	if (statuses[_i].has_activation) {
		faasctl_id(&ctl, id);
		ck_assert_ptr_nonnull(
			strstr(faasctl_record(&ctl, id), statuses[_i].text));
	} else {
		ck_assert(!has_header("x-openwhisk-activation-id"));
		ck_assert(statuses[_i].is_page || strstr(ctl.answer.body, "\"code\":\""));
	}
	check_counts(1, 1);
	heal();
}
END_TEST

START_TEST(a_gateway_that_gives_up_lets_the_function_go_on)
{
	ADD(.kind = "gateway-504");
	faasctl_expect(&ctl, "POST", BLOCKING, "{}", 504, "");
	wait_for_runs(1);
	heal();
}
END_TEST

START_TEST(a_late_answer_has_its_record_in_time_and_is_let_go_by_healing)
{
	int fd = rawhttp_connect(ctl.port);

	ADD(.kind = "late", .delay_ns = LONG_NS);
	send_call(fd, RESULT);
	wait_for_runs(1);
	ck_assert_int_eq(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0), 0);
	check_counts(1, 1);
	heal();
	rawhttp_free(&ctl.answer);
	rawhttp_read(fd, &ctl.answer);
	ck_assert_uint_eq(ctl.answer.status, 200);
	ck_assert_str_eq(ctl.answer.body, "{\"hi\":\"bob\"}");
	close(fd);
}
END_TEST

START_TEST(a_late_answer_comes_after_its_delay)
{
	uint64_t since_ns = snet__clock_ns();

	ADD(.kind = "late", .delay_ns = 120 * MS);
	faasctl_expect(&ctl, "POST", RESULT, "{\"name\":\"bob\"}", 200, "bob");
	ck_assert_uint_ge(snet__clock_ns() - since_ns, 120 * MS);
	/* Nor is 202 in time. */
	since_ns = snet__clock_ns();
	faasctl_expect(&ctl, "POST", NS "/actions/f", "{}", 202, "activationId");
	ck_assert_uint_ge(snet__clock_ns() - since_ns, 120 * MS);
	heal();
}
END_TEST

/* The number behind "initTime" in the last answer, or 0. */
static unsigned long init_ms(void)
{
	const char *at = strstr(ctl.answer.body, "\"initTime\",\"value\":");

	return at ? strtoul(at + strlen("\"initTime\",\"value\":"), NULL, 10) : 0;
}

static const char *const kinds_of_code[][2] = {
	{"nodejs:18", "function main() { return {}; }"},
	{"blackbox", "#!/bin/sh\necho '{}'"},
};

START_TEST(a_cold_start_is_paid_although_a_worker_is_warm)
{
	faasctl_put(&ctl, "f", kinds_of_code[_i][0], kinds_of_code[_i][1]);
	faasctl_expect(&ctl, "POST", BLOCKING, "{}", 200, "waitTime");
	ADD(.kind = "cold", .delay_ns = 150 * MS, .count = 2);
	for (int i = 0; i < 2; i++) {
		faasctl_expect(&ctl, "POST", BLOCKING, "{}", 200, "waitTime");
		ck_assert_uint_ge(init_ms(), 150);
	}
	faasctl_expect(&ctl, "POST", BLOCKING, "{}", 200, "waitTime");
	ck_assert_uint_eq(init_ms(), 0);
	check_counts(3, 2);
	faasctl_do(&ctl, on_heal, fault);
}
END_TEST

static const char *const left_ms[][2] = {
	{"nodejs:18", "function main() { return {left: process.env.__OW_DEADLINE - "
		      "Date.now()}; }"},
	{"blackbox",
	 "#!/bin/sh\necho \"{\\\"left\\\":$((__OW_DEADLINE - $(date +%s%3N)))}\""},
};

START_TEST(a_deadline_counts_from_the_start_however_late)
{
	faasctl_put(&ctl, "f", left_ms[_i][0], left_ms[_i][1]);
	ADD(.kind = "cold", .delay_ns = 5000 * MS);
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{\"left\":");
	/* Of a minute; a slow machine has lost some of it. */
	ck_assert_uint_gt(strtoul(ctl.answer.body + strlen("{\"left\":"), NULL, 10),
			  56000);
	faasctl_do(&ctl, on_heal, fault);
}
END_TEST

START_TEST(cold_starts_need_no_more_workers_than_there_may_be)
{
	ADD(.kind = "cold");
	for (int i = 0; i < 40; i++)
		faasctl_expect(&ctl, "POST", RESULT, "{\"name\":\"bob\"}", 200, "bob");
	check_counts(40, 40);
	heal();
}
END_TEST

START_TEST(a_cold_start_that_is_healed_goes_on_at_once)
{
	int fd = rawhttp_connect(ctl.port);

	ADD(.kind = "cold", .delay_ns = LONG_NS);
	send_call(fd, RESULT);
	do
		count(fault);
	while (!counts.hit);
	heal();
	rawhttp_free(&ctl.answer);
	rawhttp_read(fd, &ctl.answer);
	ck_assert_str_eq(ctl.answer.body, "{\"hi\":\"bob\"}");
	close(fd);
}
END_TEST

START_TEST(a_202_comes_while_the_function_goes_on_and_its_record_later)
{
	char id[33], target[200];

	ADD(.kind = "timeout-202", .delay_ns = 50 * MS, .record_delay_ns = LONG_NS);
	faasctl_expect(&ctl, "POST", BLOCKING, "{\"name\":\"bob\"}", 202, "activationId");
	faasctl_id(&ctl, id);
	(void)snprintf(target, sizeof(target), NS "/activations/%s", id);
	/* When another call has been through the same worker, it has long ended. */
	faasctl_expect(&ctl, "POST", NS "/actions/f", "{}", 202, "");
	wait_for_runs(1);
	faasctl_expect(&ctl, "GET", target, NULL, 404, "does not exist");
	check_counts(1, 1); /* who does not block, is not in question */
	heal();
	ck_assert_ptr_nonnull(strstr(faasctl_record(&ctl, id), "\"hi\":\"bob\""));
}
END_TEST

START_TEST(an_activation_can_be_forgotten)
{
	char id[33], target[200];

	ADD(.kind = "timeout-202", .variant = "forgotten");
	faasctl_expect(&ctl, "POST", BLOCKING, "{}", 202, "activationId");
	faasctl_id(&ctl, id);
	heal();
	wait_for_runs(1); /* heal()'s */
	(void)snprintf(target, sizeof(target), NS "/activations/%s", id);
	faasctl_expect(&ctl, "GET", target, NULL, 404, "does not exist");
}
END_TEST

/* What comes over @fd until it ends: nothing, if the answer was lost. */
static size_t read_all(int fd, char *text, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while (have < size - 1 && (n = recv(fd, text + have, size - 1 - have, 0)) > 0)
		have += (size_t)n;
	text[have] = '\0';
	return have;
}

START_TEST(a_result_is_lost_with_its_record_or_without)
{
	char text[4096];
	int fd = rawhttp_connect(ctl.port);

	ADD(.kind = "lost-result", .variant = _i ? "forgotten" : NULL);
	send_call(fd, BLOCKING);
	ck_assert_uint_eq(read_all(fd, text, sizeof(text)), 0);
	close(fd);
	check_counts(1, 1);
	heal();
	wait_for_runs(_i ? 1 : 2);
}
END_TEST

START_TEST(a_call_is_executed_twice_and_answered_once)
{
	ADD(.kind = "twice", .count = 1);
	faasctl_expect(&ctl, "POST", RESULT, "{\"name\":\"bob\"}", 200, "bob");
	wait_for_runs(2);
	heal();
	wait_for_runs(3);
}
END_TEST

START_TEST(a_result_is_garbage)
{
	struct snet__json *json = NULL;
	const char *head, *body;
	char text[4096];
	int fd;

	ADD(.kind = "garbage");
	(void)faasctl_call(&ctl, "POST", BLOCKING, "{}");
	ck_assert_uint_eq(ctl.answer.status, 200);
	ck_assert_int_lt(snet__json_parse(&json, ctl.answer.body, ctl.answer.body_size,
					  NULL),
			 0);
	heal();
	ADD(.kind = "garbage", .variant = "no-object");
	faasctl_expect(&ctl, "POST", BLOCKING, "{}", 200, "\"result\":\"garbage\"");
	heal();
	ADD(.kind = "garbage", .variant = "truncated");
	fd = rawhttp_connect(ctl.port);
	send_call(fd, RESULT);
	(void)read_all(fd, text, sizeof(text));
	close(fd);
	head = strcasestr(text, "content-length: 12\r\n");
	body = strstr(text, "\r\n\r\n");
	ck_assert_msg(head && body && strcmp(body + 4, "{\"hi\":") == 0, "%s", text);
	check_counts(1, 1);
	heal();
	/* The records are those of the functions. */
	ck_assert_ptr_null(
		strstr(faasctl_call(&ctl, "GET", NS "/activations?docs=true", NULL),
		       "garbage"));
}
END_TEST

START_TEST(connections_are_refused_and_those_that_exist_are_closed)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)ctl.port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int idle = rawhttp_connect(ctl.port), busy = rawhttp_connect(ctl.port), fd;
	char text[64];

	faasctl_put(&ctl, "slow", "nodejs:18",
		    "function main() { return new Promise(r => setTimeout(() => r({}), "
		    "300)); }");
	rawhttp_free(&ctl.answer);
	rawhttp_call_on(idle, "GET", "/ping", "", NULL, 0, &ctl.answer);
	send_call(busy, NS "/actions/slow?blocking=true");
	/* A call behind it tells that it has come. */
	faasctl_expect(&ctl, "POST", RESULT, "{\"name\":\"bob\"}", 200, "bob");
	ADD(.kind = "refuse");
	for (int i = 0; i < 3; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_lt(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
		ck_assert_int_eq(errno, ECONNREFUSED);
		close(fd);
	}
	ck_assert_uint_eq(read_all(idle, text, sizeof(text)), 0);
	ck_assert_uint_eq(read_all(busy, text, sizeof(text)), 0);
	close(idle);
	close(busy);
	count(fault);
	ck_assert_uint_ge(counts.hit, 5);
	ck_assert_uint_eq(counts.seen, counts.hit);
	ck_assert(counts.first_ns && counts.last_ns);
	heal();
	/* What ran has gone on. */
	while (!strstr(faasctl_call(&ctl, "GET", NS "/activations", NULL), "\"slow\""))
		;
}
END_TEST

START_TEST(an_endpoint_that_is_gone_neither_answers_nor_refuses)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)ctl.port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int old = rawhttp_connect(ctl.port), fresh;

	rawhttp_free(&ctl.answer);
	rawhttp_call_on(old, "GET", "/ping", "", NULL, 0, &ctl.answer);
	ADD(.kind = "gone");
	fresh = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_lt(connect(fresh, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(errno, EINPROGRESS);
	send_call(old, RESULT);
	/* The first packet of each, at least, has been dropped by now: loopback is at once. */
	do
		count(fault);
	while (counts.hit < 2);
	ck_assert_int_eq(poll(&(struct pollfd){.fd = fresh, .events = POLLOUT}, 1, 0), 0);
	ck_assert_int_eq(poll(&(struct pollfd){.fd = old, .events = POLLIN}, 1, 0), 0);
	heal();
	/* Both come through when they are sent again. */
	rawhttp_free(&ctl.answer);
	rawhttp_read(old, &ctl.answer);
	ck_assert_str_eq(ctl.answer.body, "{\"hi\":\"bob\"}");
	ck_assert_int_eq(poll(&(struct pollfd){.fd = fresh, .events = POLLOUT}, 1,
			      WAIT_MS),
			 1);
	close(old);
	close(fresh);
}
END_TEST

START_TEST(an_endpoint_ends_while_it_is_gone_or_refuses)
{
	int fd = rawhttp_connect(ctl.port);

	ADD(.kind = "late", .delay_ns = LONG_NS);
	send_call(fd, RESULT);
	wait_for_runs(1);
	ADD(.kind = "cold", .delay_ns = LONG_NS);
	send_call(fd, RESULT);
	ADD(.kind = _i ? "gone" : "refuse");
	ADD(.kind = "refuse");
	ADD(.kind = "gone");
	faasctl_stop(&ctl);
	close(fd);
	setup(); /* for the teardown */
}
END_TEST

START_TEST(both_at_once_last_until_the_last_is_healed)
{
	struct snet__faas_fault *gone, *refused;

	gone = ADD(.kind = "gone");
	refused = ADD(.kind = "refuse");
	ADD(.kind = "refuse");
	faasctl_do(&ctl, on_heal, refused);
	faasctl_do(&ctl, on_heal, gone);
	heal();
}
END_TEST

START_TEST(a_fault_is_of_a_function_a_share_or_the_nth_call)
{
	struct snet__random random;
	unsigned int hits[2] = {0};

	faasctl_put(&ctl, "g", "nodejs:18", "function main() { return {}; }");
	ADD(.kind = "503", .function = "f", .first = 2, .count = 2);
	for (unsigned int i = 1; i <= 4; i++) {
		(void)faasctl_call(&ctl, "POST", RESULT, "{}");
		ck_assert_uint_eq(ctl.answer.status, i == 2 || i == 3 ? 503 : 200);
		faasctl_expect(&ctl, "POST", NS "/actions/g?blocking=true", "{}", 200,
			       "");
	}
	check_counts(4, 2);
	heal();
	/* The same seed hits the same calls. */
	for (int round = 0; round < 2; round++) {
		snet__random_seed(&random, 42, "fault");
		ADD(.kind = "503", .share = 0.5, .random = &random);
		for (unsigned int i = 0; i < 20; i++) {
			(void)faasctl_call(&ctl, "POST", RESULT, "{}");
			hits[round] |= (ctl.answer.status == 503) << i;
		}
		check_counts(20, (unsigned int)__builtin_popcount(hits[round]));
		heal();
	}
	ck_assert_uint_eq(hits[0], hits[1]);
	ck_assert(hits[0] && hits[0] != 0xfffff);
}
END_TEST

START_TEST(several_are_met_in_the_order_of_their_list)
{
	struct snet__faas_fault *late, *second;

	late = ADD(.kind = "late", .delay_ns = 100 * MS);
	second = ADD(.kind = "503");
	ADD(.kind = "gateway-502", .count = 1);
	faasctl_expect(&ctl, "POST", RESULT, "{}", 502, "Bad Gateway");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 503, "");
	check_counts(2, 1);
	count(second);
	ck_assert_uint_eq(counts.seen, 1);
	faasctl_do(&ctl, on_heal, second);
	faasctl_do(&ctl, on_heal, fault);
	ADD(.kind = "garbage", .variant = "no-object");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "\"garbage\"");
	count(late);
	ck_assert_uint_eq(counts.hit, 1);
	faasctl_do(&ctl, on_heal, late);
	heal();
}
END_TEST

static const struct {
	struct snet__faas_fault_opts opts;
	const char *text;
} mistakes[] = {
	{{.kind = NULL}, "functions have no fault ''"},
	{{.kind = "502x"}, "functions have no fault '502x'"},
	{{.kind = "502", .variant = "html"}, "fault '502' has no variant 'html'"},
	{{.kind = "twice", .variant = "html"}, "fault 'twice' has no variant 'html'"},
	{{.kind = "429", .delay_ns = 1}, "fault '429' has no delay"},
	{{.kind = "late", .record_delay_ns = 1}, "fault 'late' delays no record"},
	{{.kind = "late", .share = 1.5},
	 "the share of fault 'late' is not within 0 and 1"},
	{{.kind = "late", .share = 0.5},
	 "fault 'late' needs a random stream for its share"},
	{{.kind = "gone", .function = "f"},
	 "fault 'gone' is of the whole endpoint, not of calls"},
};

START_TEST(a_fault_that_makes_no_sense_is_refused)
{
	int r;

	(void)try_fault(&r, &mistakes[_i].opts);
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_str_eq(err.msg, mistakes[_i].text);
}
END_TEST

START_TEST(each_kind_is_found_by_its_name)
{
	const struct snet__faas_fault_kind *const *at = snet__faas_fault_kinds();
	size_t number = 0;

	for (; *at; at++, number++) {
		ck_assert_ptr_eq(snet__faas_find_fault_kind((*at)->name), *at);
		ck_assert((*at)->begin ? (*at)->end && (*at)->count && !(*at)->hit
				       : (*at)->hit != NULL);
	}
	ck_assert_uint_eq(number, 16);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

Suite *suite(void)
{
	Suite *s = suite_create("faas_fault");
	TCase *tc = tcase_create("fault");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a_status_is_the_gateways_or_openwhisks_own, 0,
			    COUNT(statuses));
	tcase_add_test(tc, a_gateway_that_gives_up_lets_the_function_go_on);
	tcase_add_test(tc, a_late_answer_has_its_record_in_time_and_is_let_go_by_healing);
	tcase_add_test(tc, a_late_answer_comes_after_its_delay);
	tcase_add_loop_test(tc, a_cold_start_is_paid_although_a_worker_is_warm, 0,
			    COUNT(kinds_of_code));
	tcase_add_loop_test(tc, a_deadline_counts_from_the_start_however_late, 0,
			    COUNT(left_ms));
	tcase_add_test(tc, cold_starts_need_no_more_workers_than_there_may_be);
	tcase_add_test(tc, a_cold_start_that_is_healed_goes_on_at_once);
	tcase_add_test(tc, a_202_comes_while_the_function_goes_on_and_its_record_later);
	tcase_add_test(tc, an_activation_can_be_forgotten);
	tcase_add_loop_test(tc, a_result_is_lost_with_its_record_or_without, 0, 2);
	tcase_add_test(tc, a_call_is_executed_twice_and_answered_once);
	tcase_add_test(tc, a_result_is_garbage);
	tcase_add_test(tc, connections_are_refused_and_those_that_exist_are_closed);
	tcase_add_test(tc, an_endpoint_that_is_gone_neither_answers_nor_refuses);
	tcase_add_loop_test(tc, an_endpoint_ends_while_it_is_gone_or_refuses, 0, 2);
	tcase_add_test(tc, both_at_once_last_until_the_last_is_healed);
	tcase_add_test(tc, a_fault_is_of_a_function_a_share_or_the_nth_call);
	tcase_add_test(tc, several_are_met_in_the_order_of_their_list);
	tcase_add_loop_test(tc, a_fault_that_makes_no_sense_is_refused, 0,
			    COUNT(mistakes));
	tcase_add_test(tc, each_kind_is_found_by_its_name);
	suite_add_tcase(s, tc);
	return s;
}
