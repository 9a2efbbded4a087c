/* SPDX-License-Identifier: MIT */
/* Links shared out among threads. The cables are socket pairs: a packet is a header of virtio and a
 * frame in both. */

#include <dirent.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "link/shaper_private.h"
#include "suite.h"
#include "text_file.h"
#include "topo/impairment.h"

#define PER_THREAD 1000
#define DELAY_NS   (2 * SNET__NS_PER_MS)

uint64_t __wrap_snet__packet_missed(int fd);

static struct snet__shaper *shaper;
static struct snet_err err;
static uint64_t missed; /* what the kernel has to tell, which it tells once */

uint64_t __wrap_snet__packet_missed(int fd)
{
	uint64_t ret = missed;

	missed = 0;
	return ret;
}

static void set_up(void)
{
	err = (struct snet_err){0};
	missed = 0;
	ck_assert_int_eq(snet__shaper_new(&shaper, &err), 0);
}

static void tear_down(void)
{
	snet__shaper_free(shaper);
}

/* Of those of this process that are a shaper's. */
static unsigned int count_threads(void)
{
	unsigned int count = 0;
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;

	ck_assert_ptr_nonnull(tasks);
	while ((entry = readdir(tasks))) {
		char task[300], name[32] = "";
		FILE *file;

		(void)snprintf(task, sizeof(task), "/proc/self/task/%s/comm",
			       entry->d_name);
		file = fopen(task, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && strcmp(name, "snet-shaper\n") == 0)
			count++;
		(void)fclose(file);
	}
	(void)closedir(tasks);
	return count;
}

static struct snet__shaped *add(const int (*cables)[2], size_t cable_count)
{
	struct snet_impairment impairments[2] = {{0}, {0}};
	const struct snet__shaped_opts opts = {
		.name = "l",
		.impairments = impairments,
		.cables = cables,
		.cable_count = cable_count,
	};
	struct snet__shaped *link;

	impairments[0].delay_ns = impairments[1].delay_ns = DELAY_NS;
	ck_assert_msg(snet__shaper_add(shaper, &link, &opts, &err) == 0, "%s", err.msg);
	return link;
}

/* A link of one cable; @ends: the far ends of it. */
static struct snet__shaped *add_cable(int ends[2])
{
	int cable[1][2], pair[2];

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair),
				 0);
		ends[i] = pair[0];
		cable[0][i] = pair[1];
	}
	return add((const int(*)[2])cable, 1);
}

static void send_frame(int fd)
{
	unsigned char frame[sizeof(struct virtio_net_hdr) + ETH_ZLEN] = {0};

	frame[sizeof(frame) - 1] = 'x';
	ck_assert_int_eq(send(fd, frame, sizeof(frame), 0), sizeof(frame));
}

static void take_frame(int fd)
{
	unsigned char frame[sizeof(struct virtio_net_hdr) + ETH_ZLEN + 1];
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	ck_assert_int_eq(poll(&ready, 1, 10000), 1);
	ck_assert_int_eq(recv(fd, frame, sizeof(frame), 0), sizeof(frame) - 1);
	ck_assert_int_eq(frame[sizeof(frame) - 2], 'x');
}

static void close_ends(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

START_TEST(a_thousand_links_share_a_thread_and_more_have_another)
{
	bool has_two = sysconf(_SC_NPROCESSORS_ONLN) > 1;
	struct snet__shaped *first, *last;
	struct snet__shaper_total total;
	int near[2], far[2];

	ck_assert_uint_eq(count_threads(), 0);
	first = add_cable(near);
	for (int i = 1; i < PER_THREAD; i++)
		(void)add(NULL, 0);
	ck_assert_uint_eq(count_threads(), 1);
	last = add_cable(far);
	ck_assert_uint_eq(count_threads(), has_two ? 2 : 1);

	send_frame(near[0]);
	send_frame(near[0]);
	send_frame(far[1]);
	take_frame(near[1]);
	take_frame(near[1]);
	take_frame(far[0]);
	snet__shaper_count_all(shaper, &total);
	ck_assert_uint_eq(total.in, 3);
	ck_assert_uint_eq(total.lost, 0);

	/* Where one was removed there is room again. */
	snet__shaper_remove(last);
	snet__shaper_remove(first);
	close_ends(near);
	close_ends(far);
	(void)add(NULL, 0);
	(void)add(NULL, 0);
	ck_assert_uint_eq(count_threads(), has_two ? 2 : 1);
}
END_TEST

START_TEST(what_the_kernel_dropped_is_in_the_totals)
{
	struct snet__shaper_counts counts[2];
	struct snet__shaper_total total;
	struct snet__shaped *link;
	int ends[2];

	link = add_cable(ends);
	send_frame(ends[0]);
	take_frame(ends[1]);
	missed = 5;
	for (int i = 0; i < 2; i++) {
		snet__shaper_count_all(shaper, &total);
		ck_assert_uint_eq(total.in, 6);
		ck_assert_uint_eq(total.lost, 5);
		ck_assert_uint_eq(snet__shaped_totals(link)[0].lost, 5);
	}
	missed = 2;
	snet__shaped_count(link, counts);
	ck_assert_uint_eq(counts[0].missed, 7);
	snet__shaper_remove(link);
	close_ends(ends);
}
END_TEST

START_TEST(a_file_in_force_is_read_once)
{
	struct snet_impairment impairments[2] = {{.trace = path}, {0}};
	struct snet__shaped *link;
	int ends[2];

	text_file_set_up();
	text_file_write("time,delay\n0,1ms\n");
	link = add_cable(ends);
	ck_assert_int_eq(snet__shaped_set(link, impairments, NULL, &err), 0);
	ck_assert_int_eq(unlink(path), 0);
	impairments[0].ecn = true;
	ck_assert_msg(snet__shaped_set(link, impairments, NULL, &err) == 0, "%s",
		      err.msg);
	impairments[0].trace = NULL;
	ck_assert_int_eq(snet__shaped_set(link, impairments, NULL, &err), 0);
	impairments[0].trace = path;
	ck_assert_int_eq(snet__shaped_set(link, impairments, NULL, &err), -ENOENT);
	send_frame(ends[0]);
	take_frame(ends[1]);
	snet__shaper_remove(link);
	close_ends(ends);
	text_file_tear_down();
}
END_TEST

START_TEST(what_was_late_is_told_of_all_threads)
{
	const uint64_t never_ns = 3600 * SNET__NS_PER_S;
	struct snet__shaper_moment since, until;
	struct snet__shaper_lateness lateness;
	int near[2], far[2];

	(void)add_cable(near);
	for (int i = 1; i < PER_THREAD; i++)
		(void)add(NULL, 0);
	(void)add_cable(far);
	snet__shaper_mark(shaper, &since, never_ns);
	ck_assert_uint_eq(since.packets, 0);
	for (int i = 0; i < 2; i++) {
		send_frame(near[0]);
		take_frame(near[1]);
	}
	send_frame(far[0]);
	take_frame(far[1]);
	snet__shaper_mark(shaper, &until, never_ns);
	until = snet__shaper_between(&since, &until);
	ck_assert_uint_eq(until.packets, 3);
	ck_assert_uint_eq(until.late, 0);
	snet__shaper_mark(shaper, &until, 0);
	ck_assert_uint_eq(until.packets, 3);
	snet__shaper_lateness(shaper, &lateness);
	ck_assert_uint_ge(lateness.max_ns, lateness.p99_ns);
	ck_assert_uint_ge(lateness.p99_ns, lateness.p50_ns);
	ck_assert_uint_gt(lateness.max_ns, 0);
	close_ends(near);
	close_ends(far);
}
END_TEST

/* ---- How long before it is due a packet is sent. */

static uint64_t lead_after(struct snet__shaper_thread *thread, size_t count,
			   uint64_t usual_ns, uint64_t third_ns)
{
	for (size_t i = 0; i < count; i++)
		snet__shaper_learn_lead(thread, i % 3 ? usual_ns : third_ns);
	return thread->lead_ns;
}

START_TEST(it_is_half_of_what_sending_usually_takes)
{
	struct snet__shaper_thread thread = {.lead_ns = 0};

	ck_assert_uint_eq(lead_after(&thread, 9, 0, 0), 0);
	/* One of three takes long: that is not the usual. */
	ck_assert_int_le(labs((long)lead_after(&thread, 1000, 12000, 400000) - 6000),
			 200);
	ck_assert_int_le(labs((long)lead_after(&thread, 1000, 4000, 0) - 2000), 200);
	/* Nor is what no machine takes. */
	ck_assert_uint_eq(lead_after(&thread, 1000, 400000, 400000), 25000);
	ck_assert_uint_eq(lead_after(&thread, 1000, 0, 0), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("shaper");
	TCase *tcase = tcase_create("threads");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	/* A thread that polls takes minutes in valgrind. */
	tcase_set_tags(tcase, "large");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_thousand_links_share_a_thread_and_more_have_another);
	tcase_add_test(tcase, what_the_kernel_dropped_is_in_the_totals);
	tcase_add_test(tcase, a_file_in_force_is_read_once);
	tcase_add_test(tcase, what_was_late_is_told_of_all_threads);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("lead");
	tcase_add_test(tcase, it_is_half_of_what_sending_usually_takes);
	suite_add_tcase(suite, tcase);
	return suite;
}
