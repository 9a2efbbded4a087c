/* SPDX-License-Identifier: MIT */
/* How captures begin and end, and who waits for them: nobody. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "captures.h"
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
	tcase_add_test(t, nobody_waits_for_one_who_does_not_read);
	tcase_add_test(t, what_a_capture_had_is_given_back_at_its_end);
	tcase_add_test(t, one_who_has_gone_is_no_failure);
	suite_add_tcase(s, t);
	return s;
}
