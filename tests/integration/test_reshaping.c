/* SPDX-License-Identifier: MIT */
/* Links of a lab that are impaired otherwise while packets pass. */

#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "folder.h"
#include "io/filter.h"
#include "probes.h"
#include "quoted.h"
#include "suite.h"

/* ---- A stream, whose bytes are numbered. */

struct stream {
	int fd;
	uint64_t bytes;
	atomic_bool is_over;
	bool is_right;
};

#define BLOCK 65536

static void *send_stream(void *user)
{
	struct stream *stream = user;
	static unsigned char block[BLOCK];
	ssize_t n;

	while (!atomic_load(&stream->is_over)) {
		for (size_t i = 0; i < BLOCK; i++)
			block[i] = (unsigned char)((stream->bytes + i) % 251);
		n = send(stream->fd, block, BLOCK, MSG_NOSIGNAL);
		if (n < 0)
			break;
		stream->bytes += (uint64_t)n;
	}
	(void)shutdown(stream->fd, SHUT_WR);
	return NULL;
}

static void *take_stream(void *user)
{
	struct stream *stream = user;
	static unsigned char block[BLOCK];
	ssize_t n;

	stream->is_right = true;
	while ((n = recv(stream->fd, block, BLOCK, 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			stream->is_right &= block[i] == stream->bytes++ % 251;
	stream->is_right &= n == 0;
	return NULL;
}

static void open_stream(struct stream *out, struct stream *in)
{
	const struct sockaddr_in at = address_of("b");
	int listener = open_socket("b", SOCK_STREAM);

	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	out->fd = open_socket("a", SOCK_STREAM);
	ck_assert_int_eq(connect(out->fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	in->fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(in->fd, 0);
	close(listener);
}

static const char *const changes[] = {
	"'delay': '5ms'",
	"'delay': '1ms', 'rate': '50Mbit'",
	"'loss': '1%'",
	"'delay': '10ms', 'jitter': '2ms'",
	"'shaper': 'user'",
	"'duplicate': '5%'",
	"'shaper': 'user'",
	"'shaper': 'user', 'mtu': 1300",
	"'delay': '1ms', 'mtu': 9000",
	"'shaper': 'user'",
};

static void apply(const char *keys)
{
	autofree char *text = quote(
		snet__text_format("{'nodes': [{'name': 'a', 'kind': 'host'}, {'name': "
				  "'b', 'kind': 'host'}], 'links': [{'from': 'a', 'to': "
				  "'b', %s}]}",
				  keys));
	const struct snet_change_opts opts = {.size = sizeof(opts), .text = text};

	LABS_OK(snet_lab_apply(lab, &opts, NULL, &err));
}

START_TEST(a_stream_runs_through_changes)
{
	struct stream out = {0}, in = {0};
	pthread_t sender, taker;

	PAIR(.shaper = SNET_SHAPER_USER);
	open_stream(&out, &in);
	ck_assert_int_eq(pthread_create(&taker, NULL, take_stream, &in), 0);
	ck_assert_int_eq(pthread_create(&sender, NULL, send_stream, &out), 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		(void)usleep(100000);
		apply(changes[i]);
	}
	(void)usleep(100000);
	atomic_store(&out.is_over, true);
	ck_assert_int_eq(pthread_join(sender, NULL), 0);
	ck_assert_int_eq(pthread_join(taker, NULL), 0);
	ck_assert(in.is_right);
	ck_assert_uint_eq(in.bytes, out.bytes);
	ck_assert_uint_gt(in.bytes, BLOCK);
	close(out.fd);
	close(in.fd);
}
END_TEST

/* ---- A plain link becomes a shaped one. */

#define FLOW_MAX 100000

/* Probes, one after the other, and which of them came. */
struct flow {
	int in, out;
	uint64_t sent, taken;
	bool came[FLOW_MAX];
	atomic_bool is_over, is_sent;
};

static void *send_flow(void *user)
{
	struct flow *flow = user;

	while (!atomic_load(&flow->is_over) && flow->sent < FLOW_MAX) {
		send_probe(flow->out, flow->sent++);
		(void)usleep(200);
	}
	return NULL;
}

/* Some may come twice while the cable is cut. */
static void *take_flow(void *user)
{
	struct flow *flow = user;
	uint64_t number;
	int idle = 0;

	while (!atomic_load(&flow->is_sent) ||
	       (flow->taken < flow->sent && idle < WAIT_MS / QUIET_MS)) {
		if (is_quiet(flow->in)) {
			idle++;
			continue;
		}
		idle = 0;
		number = take_probe(flow->in).number;
		flow->taken += !flow->came[number];
		flow->came[number] = true;
	}
	return NULL;
}

static unsigned int find_iface(const char *node)
{
	struct ifreq iface = {.ifr_name = "eth0"};
	int fd = open_socket(node, SOCK_DGRAM);

	ck_assert_int_eq(ioctl(fd, SIOCGIFINDEX, &iface), 0);
	close(fd);
	return (unsigned int)iface.ifr_ifindex;
}

START_TEST(a_flow_goes_on_when_a_plain_link_is_impaired)
{
	const struct snet_impairment slow = {.delay_ns = 20 * MS};
	static struct flow flow;
	pthread_t sender, taker;
	unsigned int iface;

	add_node("a", "host");
	add_node("b", "host");
	add_node("s", "switch");
	LINK("a", "s", .mtu = 1400);
	LINK("s", "b", .mtu = 1400);
	LABS_OK(snet_lab_up(lab, &err));
	iface = find_iface("a");
	flow = (struct flow){.in = open_receiver("b"), .out = open_sender("a", "b")};
	ck_assert_int_eq(pthread_create(&taker, NULL, take_flow, &flow), 0);
	ck_assert_int_eq(pthread_create(&sender, NULL, send_flow, &flow), 0);
	LABS_OK(snet_link_set(lab, "a-s", SNET_DIRECTION_FORTH, &slow, &err));
	LABS_OK(snet_link_set(lab, "s-b", SNET_DIRECTION_BOTH, &slow, &err));
	expect_way("b", "a", 20);
	atomic_store(&flow.is_over, true);
	ck_assert_int_eq(pthread_join(sender, NULL), 0);
	atomic_store(&flow.is_sent, true);
	ck_assert_int_eq(pthread_join(taker, NULL), 0);
	ck_assert_uint_eq(flow.taken, flow.sent);
	ck_assert_uint_eq(find_iface("a"), iface);
	close(flow.in);
	close(flow.out);
	expect_way("a", "b", 40);
	/* It goes as any other. */
	LABS_OK(snet_lab_remove_node(lab, "b", &err));
	ck_assert_uint_eq(snet_lab_link_count(lab), 1);
}
END_TEST

START_TEST(a_link_becomes_an_impaired_one_and_a_plain_one_again)
{
	PAIR();
	expect_way("a", "b", 0);
	apply("'delay': '60ms'");
	expect_way("a", "b", 60);
	apply("'delay': '0s'");
	expect_way("a", "b", 0);
}
END_TEST

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_trace_goes_on_through_changes)
{
	struct test_folder folder;
	char path[PATH_MAX];
	struct snet_impairment forth = {.trace = path};

	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.4000s/trace", folder.path);
	write_text(path, "time,delay\n0,0\n50ms,60ms\n1000s,60ms\n");
	PAIR(.forth = forth);
	while (time_way("a", "b") < 60 * MS)
		;
	forth.ecn = true;
	LABS_OK(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &forth, &err));
	expect_way("a", "b", 60);
	test_folder_free(&folder);
}
END_TEST

START_TEST(a_file_is_read_by_who_names_it)
{
	struct test_folder folder;
	char path[PATH_MAX], keys[PATH_MAX + 100];
	const struct snet_impairment forth = {.trace = path};
	const struct snet_flap_opts opts = {.size = sizeof(opts), .down_ns = 1};

	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.4000s/trace", folder.path);
	(void)snprintf(keys, sizeof(keys), "'trace': '%s', 'back': {'trace': null}",
		       path);
	write_text(path, "time,delay\n0,30ms\n");
	PAIR(.forth = forth);
	expect_way("a", "b", 30);
	/* Who changes something else does not take up what the file has become, */
	write_text(path, "time,delay\n0,90ms\n");
	LABS_OK(snet_link_flap(lab, "a-b", SNET_DIRECTION_BOTH, &opts, &err));
	expect_way("a", "b", 30);
	/* or miss it. */
	ck_assert_int_eq(unlink(path), 0);
	LABS_OK(snet_link_flap(lab, "a-b", SNET_DIRECTION_BOTH, &opts, &err));
	expect_way("a", "b", 30);
	write_text(path, "time,delay\n0,60ms\n");
	apply(keys);
	expect_way("a", "b", 60);
	write_text(path, "time,delay\n0,0\n");
	LABS_OK(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &forth, &err));
	expect_way("a", "b", 0);
	test_folder_free(&folder);
}
END_TEST

/* The filter of a link is what it was when the link came up. */
START_TEST(a_name_in_a_filter_may_be_forgotten)
{
	const struct snet_impairment forth = {.delay_ns = 30 * MS, .filter = "host peer"};
	const struct snet_flap_opts opts = {.size = sizeof(opts), .down_ns = 1};
	struct test_folder folder;
	char path[PATH_MAX];

	if (!snet__filter_version())
		return;
	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.4000s/hosts", folder.path);
	write_text(path, "10.0.0.2 peer\n");
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount(path, "/etc/hosts", NULL, MS_BIND, NULL), 0);
	add_node("a", "host");
	add_node("b", "host");
	add_node("c", "host");
	LINK("a", "b", .forth = forth);
	LINK("a", "c", .name = "other");
	LABS_OK(snet_lab_up(lab, &err));
	write_text(path, "127.0.0.1 localhost\n");
	LABS_OK(snet_link_flap(lab, "other", SNET_DIRECTION_BOTH, &opts, &err));
	LABS_OK(snet_link_flap(lab, "a-b", SNET_DIRECTION_BOTH, &opts, &err));
	expect_way("a", "b", 30);
	test_folder_free(&folder);
}
END_TEST

/* A file that it writes cannot be made where it was: neither the change nor the way back goes. */
START_TEST(a_link_that_cannot_be_shaped_is_made_anew_when_it_can)
{
	struct test_folder folder;
	char path[PATH_MAX];
	struct snet_impairment forth = {.loss = 0.1, .decisions = path};
	int in, out;

	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.4000s/x", folder.path);
	add_node("a", "host");
	add_node("b", "host");
	add_node("c", "host");
	LINK("a", "c", .name = "a-c");
	LINK("a", "b", .forth = forth);
	LABS_OK(snet_lab_up(lab, &err));
	test_folder_free(&folder);
	LABS_FAILS(snet_lab_remove_node(lab, "c", &err), -ENOENT,
		   "could not be undone: link 'a-b'");
	forth.loss = 0;
	LABS_FAILS(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &forth, &err), -ENOENT,
		   "could not be undone: link 'a-b'");
	ck_assert_int_eq(mkdir(folder.path, 0700), 0);
	LABS_OK(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &forth, &err));
	in = open_receiver("b");
	out = open_sender("a", "b");
	send_probe(out, 1);
	ck_assert_uint_eq(take_probe(in).number, 1);
	close(out);
	close(in);
	test_folder_free(&folder);
}
END_TEST

/* ---- Flapping. */

START_TEST(a_link_flaps_and_is_up_then)
{
	struct snet_flap_opts opts = {.size = sizeof(opts),
				      .down_ns = 5 * SNET__NS_PER_MS,
				      .up_ns = SNET__NS_PER_MS,
				      .count = 3};
	struct snet_link_counts counts;
	uint64_t began_ns = snet__clock_ns();
	int out, in;

	PAIR(.shaper = SNET_SHAPER_USER);
	in = open_receiver("b");
	out = open_sender("a", "b");
	LABS_OK(snet_link_flap(lab, "a-b", SNET_DIRECTION_BOTH, &opts, &err));
	ck_assert_uint_ge(snet__clock_ns() - began_ns, 17 * SNET__NS_PER_MS);
	send_probe(out, 1);
	ck_assert_uint_eq(take_probe(in).number, 1);
	LABS_OK(snet_link_count(lab, "a-b", SNET_DIRECTION_FORTH, &counts, &err));
	ck_assert_uint_eq(counts.lost_down, 0);

	opts.size = 0;
	LABS_FAILS(snet_link_flap(lab, "a-b", SNET_DIRECTION_BOTH, &opts, &err), -EINVAL,
		   "sizeof(struct snet_flap_opts)");
	LABS_FAILS(snet_link_flap(lab, "a-x", SNET_DIRECTION_BOTH, NULL, &err), -ENOENT,
		   "has no link 'a-x'");
	close(out);
	close(in);
}
END_TEST

START_TEST(what_a_program_leaves_out_or_makes_up_is_refused)
{
	const enum snet_direction none = (enum snet_direction)7;
	const struct snet_impairment late = {.delay_ns = SNET__NS_PER_MS};
	struct snet_link_counts counts;

	PAIR(.shaper = SNET_SHAPER_USER);
	LABS_FAILS(snet_link_set(lab, "a-b", none, &late, &err), -EINVAL,
		   "direction: none of enum snet_direction");
	LABS_FAILS(snet_link_set(lab, NULL, SNET_DIRECTION_BOTH, &late, &err), -EINVAL,
		   "link: missing");
	LABS_FAILS(snet_link_set(lab, "a-b", SNET_DIRECTION_BOTH, NULL, &err), -EINVAL,
		   "impairment: missing");
	LABS_FAILS(snet_link_flap(lab, "a-b", none, NULL, &err), -EINVAL,
		   "direction: none of enum snet_direction");
	LABS_FAILS(snet_link_flap(lab, NULL, SNET_DIRECTION_BOTH, NULL, &err), -EINVAL,
		   "link: missing");
	LABS_FAILS(snet_link_count(lab, NULL, SNET_DIRECTION_BACK, &counts, &err),
		   -EINVAL, "link: missing");
}
END_TEST

struct flapping {
	uint64_t down_ns;
	int result;
};

static void *flap_for_ever(void *user)
{
	struct flapping *flapping = user;
	const struct snet_flap_opts opts = {.size = sizeof(opts),
					    .down_ns = flapping->down_ns};

	flapping->result = snet_link_flap(lab, "a-b", SNET_DIRECTION_FORTH, &opts, &err);
	return NULL;
}

/* The clock knows no time as late as the second one's end. */
static const uint64_t for_ever_ns[] = {1000 * SNET__NS_PER_S, UINT64_MAX};

START_TEST(a_lab_that_goes_down_ends_the_flapping)
{
	struct flapping flapping = {.down_ns = for_ever_ns[_i]};
	struct snet_link_counts counts = {0};
	struct snet_err why = {0};
	pthread_t thread;
	int out, in;

	PAIR(.shaper = SNET_SHAPER_USER);
	in = open_receiver("b");
	out = open_sender("a", "b");
	ck_assert_int_eq(pthread_create(&thread, NULL, flap_for_ever, &flapping), 0);
	/* It is down when it loses them, and stays so when it loses many. */
	for (uint32_t i = 0; counts.lost_down < 100; i++) {
		ck_assert_uint_lt(i, 10000);
		send_probe(out, i);
		ck_assert_int_eq(snet_link_count(lab, "a-b", SNET_DIRECTION_FORTH,
						 &counts, &why),
				 0);
		(void)usleep(1000);
	}
	snet_lab_down(lab);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(flapping.result, -ENOTCONN);
	close(out);
	close(in);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("reshaping");
	TCase *t = tcase_create("core");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_stream_runs_through_changes);
	tcase_add_test(t, a_flow_goes_on_when_a_plain_link_is_impaired);
	tcase_add_test(t, a_link_becomes_an_impaired_one_and_a_plain_one_again);
	tcase_add_test(t, a_trace_goes_on_through_changes);
	tcase_add_test(t, a_file_is_read_by_who_names_it);
	tcase_add_test(t, a_name_in_a_filter_may_be_forgotten);
	tcase_add_test(t, a_link_that_cannot_be_shaped_is_made_anew_when_it_can);
	tcase_add_test(t, a_link_flaps_and_is_up_then);
	tcase_add_test(t, what_a_program_leaves_out_or_makes_up_is_refused);
	tcase_add_loop_test(t, a_lab_that_goes_down_ends_the_flapping, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
