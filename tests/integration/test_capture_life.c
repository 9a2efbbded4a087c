/* SPDX-License-Identifier: MIT */
/* How captures begin and end, and who waits for them: nobody. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "captures.h"
#include "folder.h"
#include "io/filter.h"
#include "suite.h"

START_TEST(a_count_ends_it_and_a_length_cuts_it)
{
	struct snet_capture_counts counts;

	SHAPED();
	start((struct snet_capture_opts){.link = "a-b", .count = 7, .snaplen = 60});
	(void)send_probes("a", "b", 20, NULL);
	counts = stop();
	ck_assert_uint_eq(counts.packets, 7);
	ck_assert_uint_gt(captured.count, 0);
	for (size_t i = 0; i < captured.count; i++) {
		ck_assert_uint_eq(captured.seen[i].captured, 60);
		ck_assert_uint_eq(captured.seen[i].size, 42 + sizeof(struct probe));
	}
}
END_TEST

START_TEST(what_cannot_be_captured_is_told)
{
	struct snet_capture_opts opts = {.size = sizeof(opts), .link = "a-b", .fd = file};

	LABS_FAILS(snet_capture_start(lab, &capture, &opts, &err), -ENOTCONN,
		   "is not up");
	SHAPED();
	opts.link = "a-c";
	LABS_FAILS(snet_capture_start(lab, &capture, &opts, &err), -ENOENT,
		   "lab 'shaping' has no link 'a-c'");
	opts.node = "a";
	LABS_FAILS(snet_capture_start(lab, &capture, &opts, &err), -EINVAL,
		   "either a link or a node");
	opts.link = NULL;
	opts.fd = 0;
	LABS_FAILS(snet_capture_start(lab, &capture, &opts, &err), -EINVAL,
		   "either a path or a descriptor");
	opts.path = "/proc/no/such/folder";
	LABS_FAILS(snet_capture_start(lab, &capture, &opts, &err), -ENOENT,
		   "cannot write '/proc/no/such/folder'");
	opts.path = NULL;
	opts.fd = file;
	opts.node = "c";
	LABS_FAILS(snet_capture_start(lab, &capture, &opts, &err), -ENOENT,
		   "no node 'c'");
	opts.node = "a";
	opts.filter = "udp prt 7";
	LABS_FAILS(snet_capture_start(lab, &capture, &opts, &err),
		   snet__filter_version() ? -EINVAL : -EOPNOTSUPP,
		   "no filter 'udp prt 7': ");
	opts.size = 3;
	LABS_FAILS(snet_capture_start(lab, &capture, &opts, &err), -EINVAL, "size must");
	ck_assert_ptr_null(capture);
}
END_TEST

/* Neither the link nor the lab waits for a capture, nor leaves half of one behind. */
START_TEST(the_end_of_the_lab_is_its_end)
{
	const char *const names[] = {"a-b", "a"};

	for (int i = 0; i < 2; i++) {
		SHAPED();
		start((struct snet_capture_opts){.link = i ? NULL : names[i],
						 .node = i ? names[i] : NULL});
		(void)send_probes("a", "b", 10, NULL);
		snet_lab_down(lab);
		read_capture();
		ck_assert_uint_eq(captured.count, i ? 10 : 20);
		(void)stop();
		capture_tear_down();
		capture_set_up();
	}
}
END_TEST

/* From a pipe, until a capture has said its last words there. */
static bool is_ended(int fd)
{
	static unsigned char data[1 << 16];
	uint32_t type = 0, last = 0;
	size_t size = 0, block;
	ssize_t n;

	while (last != SNET__PCAPNG_STATISTICS && wait_readable(fd)) {
		n = read(fd, data + size, sizeof(data) - size);
		ck_assert_int_gt(n, 0);
		size += (size_t)n;
		for (size_t at = 0; at < size; at += block) {
			block = snet__pcapng_block(data + at, size - at, &type);
			ck_assert_uint_ne(block, SIZE_MAX);
			if (!block)
				break;
			last = type;
		}
	}
	return last == SNET__PCAPNG_STATISTICS;
}

START_TEST(what_goes_ends_its_capture)
{
	const char *const names[] = {"a-b", "b"};
	struct snet_capture *captures[2] = {NULL};
	int ends[2][2];

	add_node("c", "host");
	LINK("a", "c");
	SHAPED();
	for (int i = 0; i < 2; i++) {
		struct snet_capture_opts opts = {.size = sizeof(opts),
						 .link = i ? NULL : names[i],
						 .node = i ? names[i] : NULL};

		ck_assert_int_eq(pipe2(ends[i], O_CLOEXEC), 0);
		opts.fd = ends[i][1];
		LABS_OK(snet_capture_start(lab, &captures[i], &opts, &err));
	}
	LABS_OK(snet_lab_remove_node(lab, "b", &err));
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(is_ended(ends[i][0]), "%s", names[i]);
		LABS_OK(snet_capture_stop(captures[i], NULL, &err));
		close(ends[i][0]);
		close(ends[i][1]);
	}
}
END_TEST

START_TEST(nobody_waits_for_one_who_does_not_read)
{
	struct snet_capture_opts opts = {.size = sizeof(opts), .link = "a-b"};
	struct snet_capture_counts counts;
	static char block[1400];
	int ends[2], in, out;

	SHAPED();
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	opts.fd = ends[1];
	LABS_OK(snet_capture_start(lab, &capture, &opts, &err));
	in = open_receiver("b");
	out = open_sender("a", "b");
	for (int i = 0; i < 20000; i++) {
		(void)send(out, block, sizeof(block), 0);
		while (recv(in, block, sizeof(block), MSG_DONTWAIT) > 0)
			;
	}
	while (!is_quiet(in))
		(void)recv(in, block, sizeof(block), 0);
	close(in);
	close(out);
	ck_assert_uint_eq(send_probes("a", "b", 10, NULL), 10);
	LABS_FAILS(snet_capture_stop(capture, &counts, &err), -ETIMEDOUT,
		   "cannot write the capture");
	capture = NULL;
	ck_assert_uint_gt(counts.missed, 0);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* ---- With a reader who comes late. */

static void *read_pipe(void *arg)
{
	static char data[1 << 16];
	const int *end = arg;
	ssize_t n;

	while ((n = read(*end, data, sizeof(data))) > 0)
		if (write(file, data, (size_t)n) != n)
			break;
	return NULL;
}

/* A plain cable, and more to tell of it than there is room for in a pipe. */
static void start_unread(int ends[2])
{
	struct snet_capture_opts opts = {.size = sizeof(opts), .link = "a-b"};

	PAIR();
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	opts.fd = ends[1];
	LABS_OK(snet_capture_start(lab, &capture, &opts, &err));
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(send_probes("a", "b", 200, NULL), 200);
}

static void stop_read(int ends[2])
{
	pthread_t reader;

	ck_assert_int_eq(pthread_create(&reader, NULL, read_pipe, &ends[0]), 0);
	LABS_OK(snet_capture_stop(capture, NULL, &err));
	capture = NULL;
	close(ends[1]);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	close(ends[0]);
	read_capture();
}

START_TEST(what_an_interface_had_when_it_went_is_written)
{
	int ends[2];

	add_node("c", "host");
	LINK("a", "c");
	start_unread(ends);
	LABS_OK(snet_lab_remove_node(lab, "b", &err));
	stop_read(ends);
	ck_assert_uint_eq(captured.count, 600);
}
END_TEST

/* ---- Of a link that changes. */

#define PROBES_MAX 3000

/* By a model of loss that the kernel's shaper has not. @is_written: to a file, too, for which a
 * shaped link is made anew. */
static void lose_each(const char *link, uint64_t nth, bool is_written)
{
	struct snet_impairment impairment = {.loss_nth = nth};
	struct test_folder folder;
	char path[PATH_MAX];

	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.4000s/decided", folder.path);
	impairment.loss_model = nth ? SNET_LOSS_NTH : SNET_LOSS_RANDOM;
	impairment.decisions = is_written ? path : NULL;
	LABS_OK(snet_link_set(lab, link, SNET_DIRECTION_FORTH, &impairment, &err));
	test_folder_free(&folder);
}

START_TEST(a_plain_link_is_followed_when_it_becomes_a_shaped_one)
{
	struct snet_capture_counts counts;

	bring_up_plain();
	start((struct snet_capture_opts){.link = "a-s"});
	ck_assert_uint_eq(send_probes("a", "b", 10, NULL), 10);
	lose_each("a-s", 1, false);
	ck_assert_uint_eq(send_probes("a", "b", 20, NULL), 0);
	lose_each("a-s", 0, false);
	ck_assert_uint_eq(send_probes("b", "a", 5, NULL), 5);
	counts = stop();
	ck_assert_uint_ge(counts.lost, 20);
	ck_assert_uint_eq(counts.missed, 0);
	ck_assert_uint_eq(captured.iface_count, 3);
	ck_assert_str_eq(captured.names[0], "a-s:s");
	ck_assert_str_eq(captured.names[1], "a-s:a");
	ck_assert_str_eq(captured.names[2], "a-s:s");
	ck_assert_uint_eq(captured.count, 10 + 20 + 2 * 5);
	for (uint64_t i = 1; i <= 10; i++)
		ck_assert_ptr_nonnull(find(i, 0, IN, 0));
	for (uint64_t i = 1; i <= 20; i++)
		ck_assert_str_eq(find(i, 1, OUT, 0)->comment, "lost: loss");
	for (uint64_t i = 1; i <= 5; i++)
		ck_assert(find(i, 2, OUT, 0) && find(i, 1, IN, 0));
	expect_times_in_order();
}
END_TEST

/* A cable that gets a shaper, and a shaped link that gets a file to write to. */
START_TEST(a_link_that_is_made_anew_is_followed)
{
	struct snet_capture_counts counts;

	PAIR();
	start((struct snet_capture_opts){.link = "a-b"});
	ck_assert_uint_eq(send_probes("a", "b", 3, NULL), 3);
	lose_each("a-b", 1000, false);
	ck_assert_uint_eq(send_probes("a", "b", 4, NULL), 4);
	lose_each("a-b", 1, true);
	ck_assert_uint_eq(send_probes("a", "b", 2, NULL), 0);
	counts = stop();
	ck_assert_uint_gt(counts.lost, 0);
	ck_assert_uint_eq(captured.iface_count, 1 + 2 + 2);
	ck_assert_ptr_nonnull(find(3, 0, OUT, 0));
	ck_assert(find(4, 1, OUT, 0) && find(4, 2, IN, 0));
}
END_TEST

START_TEST(a_link_that_is_made_again_as_it_was_is_followed)
{
	const struct snet_impairment wrong = {.loss_model = SNET_LOSS_NTH,
					      .loss_nth = 1,
					      .decisions = "/no/where"};

	PAIR();
	start((struct snet_capture_opts){.link = "a-b"});
	LABS_FAILS(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &wrong, &err), -ENOENT,
		   "cannot write '/no/where.forth'");
	ck_assert_uint_eq(send_probes("a", "b", 3, NULL), 3);
	(void)stop();
	ck_assert_uint_eq(captured.iface_count, 2);
	ck_assert_ptr_nonnull(find(3, 1, OUT, 0));
}
END_TEST

START_TEST(a_capture_follows_later_when_its_reader_is_late)
{
	int ends[2];

	start_unread(ends);
	lose_each("a-b", 1000, false);
	lose_each("a-b", 1000, true);
	lose_each("a-b", 1000, false);
	ck_assert_uint_eq(send_probes("a", "b", 3, NULL), 3);
	stop_read(ends);
	ck_assert_uint_eq(captured.iface_count, 1 + 3 * 2);
	ck_assert_ptr_nonnull(find(200, 0, OUT, 2));
	ck_assert(find(3, 5, OUT, 0) && find(3, 6, IN, 0));
}
END_TEST

struct impairing {
	atomic_bool is_done;
	int result;
};

static void *impair(void *arg)
{
	const struct snet_impairment impairment = {.loss_model = SNET_LOSS_NTH,
						   .loss_nth = 1000000};
	struct impairing *impairing = arg;

	impairing->result =
		snet_link_set(lab, "a-s", SNET_DIRECTION_FORTH, &impairment, NULL);
	atomic_store(&impairing->is_done, true);
	return NULL;
}

/* One each way, which come. */
static void exchange(const int in[2], const int out[2], uint64_t number)
{
	for (int i = 0; i < 2; i++) {
		send_probe(out[i], number);
		/* That before it may come twice. */
		do
			ck_assert_msg(!is_quiet(in[i]), "%d: %llu does not come", i,
				      (unsigned long long)number);
		while (take_probe(in[i]).number != number);
	}
}

/* Whether it is, at the plain link or as it came to the shaped one. */
static bool is_told(uint64_t number, uint32_t plain, uint32_t end)
{
	return find(number, 0, plain, 0) || find(number, end, OUT, 0);
}

START_TEST(no_packet_is_forgotten_while_a_link_becomes_a_shaped_one)
{
	struct impairing impairing = {.is_done = false};
	uint64_t count = 0;
	pthread_t thread;
	int in[2], out[2];

	bring_up_plain();
	in[0] = open_receiver("b");
	in[1] = open_receiver("a");
	out[0] = open_sender("a", "b");
	out[1] = open_sender("b", "a");
	start((struct snet_capture_opts){.link = "a-s"});
	exchange(in, out, ++count);
	ck_assert_int_eq(pthread_create(&thread, NULL, impair, &impairing), 0);
	while (!atomic_load(&impairing.is_done) && count < PROBES_MAX)
		exchange(in, out, ++count);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(impairing.result, 0);
	exchange(in, out, ++count);
	(void)stop();
	for (uint64_t i = 1; i <= count; i++) {
		ck_assert(is_told(i, IN, 1));
		/* The last one may come before the capture knows of it. */
		ck_assert(i == count || is_told(i, OUT, 2));
	}
	ck_assert(find(1, 0, IN, 0) && !find(1, 1, OUT, 0));
	ck_assert(find(count, 1, OUT, 0) && !find(count, 0, IN, 0));
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
}
END_TEST

static size_t count_files(void)
{
	DIR *files = opendir("/proc/self/fd");
	size_t count = 0;

	ck_assert_ptr_nonnull(files);
	while (readdir(files))
		count++;
	closedir(files);
	return count;
}

/* Nothing passes the link that could remind it of what has ended. */
START_TEST(what_a_capture_had_is_given_back_at_its_end)
{
	uint64_t until_ns;
	size_t count;

	SHAPED();
	count = count_files();
	start((struct snet_capture_opts){.link = "a-b"});
	(void)stop();
	until_ns = snet__clock_ns() + WAIT_MS * MS;
	/* The capture itself, with one of its own, the lab forgets when the next one begins. */
	while (count_files() > count + 1)
		ck_assert_uint_lt(snet__clock_ns(), until_ns);
}
END_TEST

START_TEST(one_who_has_gone_is_no_failure)
{
	struct snet_capture_opts opts = {.size = sizeof(opts), .link = "a-b"};
	int ends[2];

	SHAPED();
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	opts.fd = ends[1];
	LABS_OK(snet_capture_start(lab, &capture, &opts, &err));
	close(ends[0]);
	ck_assert_uint_eq(send_probes("a", "b", 10, NULL), 10);
	LABS_OK(snet_capture_stop(capture, NULL, &err));
	capture = NULL;
	close(ends[1]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("capture_life");
	TCase *t = tcase_create("capture_life");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, capture_set_up, capture_tear_down);
	tcase_add_test(t, a_count_ends_it_and_a_length_cuts_it);
	tcase_add_test(t, what_cannot_be_captured_is_told);
	tcase_add_test(t, the_end_of_the_lab_is_its_end);
	tcase_add_test(t, what_goes_ends_its_capture);
	tcase_add_test(t, what_an_interface_had_when_it_went_is_written);
	tcase_add_test(t, nobody_waits_for_one_who_does_not_read);
	tcase_add_test(t, a_plain_link_is_followed_when_it_becomes_a_shaped_one);
	tcase_add_test(t, a_link_that_is_made_anew_is_followed);
	tcase_add_test(t, a_link_that_is_made_again_as_it_was_is_followed);
	tcase_add_test(t, a_capture_follows_later_when_its_reader_is_late);
	tcase_add_test(t, no_packet_is_forgotten_while_a_link_becomes_a_shaped_one);
	tcase_add_test(t, what_a_capture_had_is_given_back_at_its_end);
	tcase_add_test(t, one_who_has_gone_is_no_failure);
	suite_add_tcase(s, t);
	return s;
}
