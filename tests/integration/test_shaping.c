/* SPDX-License-Identifier: MIT */
/* Links of a lab that are shaped, by packets between the nodes: by its own thread, or, on a kernel
 * that has it, by netem. */

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "folder.h"
#include "lab/lab.h"
#include "lab/shaping_kind.h"
#include "probes.h"
#include "suite.h"
#include "sys/qdisc.h"

START_TEST(each_direction_has_a_delay_of_its_own)
{
	PAIR(.forth.delay_ns = 40 * MS, .back.delay_ns = 80 * MS);
	expect_way("a", "b", 40);
	expect_way("b", "a", 80);
}
END_TEST

START_TEST(delays_of_all_sorts_of_links_add_up)
{
	add_node("s", "switch");
	add_node("t", "switch");
	add_node("r", "router");
	add_node("a", "host");
	add_node("b", "host");
	add_node("c", "host");
	LINK("a", "s", .forth.delay_ns = 40 * MS);
	LINK("s", "b", .forth.delay_ns = 80 * MS, .back.delay_ns = 40 * MS);
	LINK("s", "t", .forth.delay_ns = 160 * MS);
	LINK("r", "t", .back.delay_ns = 40 * MS);
	LINK("c", "r", .back.delay_ns = 80 * MS);
	LABS_OK(snet_lab_up(lab, &err));
	expect_way("a", "b", 120);
	expect_way("b", "a", 40);
	expect_way("a", "c", 320);
	expect_way("c", "a", 0);
}
END_TEST

START_TEST(a_trunk_is_one_link_for_all_its_vlans)
{
	add_node("s", "switch");
	add_node("t", "switch");
	add_node("a", "host");
	add_node("b", "host");
	add_node("c", "host");
	add_node("d", "host");
	LINK("s", "t", .forth.delay_ns = 40 * MS, .forth.loss_model = SNET_LOSS_NTH,
	     .forth.loss_nth = 1000000);
	LINK("a", "s", .vlan = 1);
	LINK("b", "t", .vlan = 1);
	LINK("c", "s", .vlan = 7);
	LINK("d", "t", .vlan = 7);
	LABS_OK(snet_lab_up(lab, &err));
	expect_way("a", "b", 40);
	expect_way("c", "d", 40);
	expect_way("d", "c", 0);
}
END_TEST

START_TEST(a_trunk_for_a_vlan_that_nobody_is_in_does_nothing)
{
	const struct snet_impairment later = {.delay_ns = 80 * MS};
	struct snet_link_counts counts;

	add_node("s", "switch");
	add_node("t", "switch");
	add_node("a", "host");
	LINK("s", "t", .vlan = 20, .forth.delay_ns = 40 * MS);
	LINK("a", "s", .vlan = 1);
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_link_set(lab, "s-t", SNET_DIRECTION_BOTH, &later, &err));
	LABS_OK(snet_link_count(lab, "s-t", SNET_DIRECTION_FORTH, &counts, &err));
	ck_assert_uint_eq(counts.in_packets, 0);
}
END_TEST

START_TEST(every_nth_packet_is_lost)
{
	int in, out;

	add_node("s", "switch");
	add_node("a", "host");
	add_node("b", "host");
	LINK("a", "s", .forth.loss_model = SNET_LOSS_NTH, .forth.loss_nth = 5);
	LINK("b", "s");
	LABS_OK(snet_lab_up(lab, &err));
	in = open_receiver("b");
	out = open_sender("a", "b");
	/* The first packet of all asks for the way, the second waits for that. */
	send_probe(out, 2);
	ck_assert_uint_eq(take_probe(in).number, 2);
	for (uint64_t i = 3; i <= 41; i++)
		send_probe(out, i);
	for (uint64_t i = 3; i <= 41; i++)
		if (i % 5)
			ck_assert_uint_eq(take_probe(in).number, i);
	ck_assert(is_quiet(in));
	close(in);
	close(out);
}
END_TEST

#define LOSSY 200

static void watch_lossy(bool comes[LOSSY])
{
	int in, out;

	in = open_receiver("b");
	out = open_sender("a", "b");
	for (uint64_t i = 0; i < LOSSY; i++)
		send_probe(out, i);
	memset(comes, 0, LOSSY * sizeof(*comes));
	while (!is_quiet(in))
		comes[take_probe(in).number] = true;
	close(in);
	close(out);
}

/* Which of the packets come. */
static void run_lossy(uint64_t seed, bool comes[LOSSY])
{
	snet_lab_set_seed(lab, seed);
	/* netem has a seed since Linux 6.6. */
	PAIR(.forth.loss = 0.3, .shaper = SNET_SHAPER_USER);
	watch_lossy(comes);
}

static size_t count_true(const bool *values)
{
	size_t count = 0;

	for (size_t i = 0; i < LOSSY; i++)
		count += values[i];
	return count;
}

START_TEST(a_seed_decides_what_is_lost)
{
	static const uint64_t seeds[] = {1, 1, 2};
	bool comes[3][LOSSY];

	for (int i = 0; i < 3; i++) {
		run_lossy(seeds[i], comes[i]);
		/* 99.99 % of all seeds. */
		ck_assert_uint_ge(count_true(comes[i]), 114);
		ck_assert_uint_le(count_true(comes[i]), 165);
		tear_down();
		set_up();
	}
	ck_assert_mem_eq(comes[0], comes[1], sizeof(comes[0]));
	ck_assert_mem_ne(comes[0], comes[2], sizeof(comes[0]));
}
END_TEST

/* Which of the packets come, of another pair. */
static void run_decided(const struct snet_impairment *forth, bool comes[LOSSY])
{
	tear_down();
	set_up();
	PAIR(.forth = *forth);
	watch_lossy(comes);
}

START_TEST(what_was_decided_is_decided_again)
{
	struct test_folder folder;
	char path[PATH_MAX];
	struct snet_impairment forth = {.loss = 0.3, .decisions = path};
	bool comes[3][LOSSY];

	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.4000s/decided", folder.path);
	run_decided(&forth, comes[0]);
	/* Another share, which only what comes behind the file's end meets. */
	forth = (struct snet_impairment){.loss = 0.9, .replay = path};
	run_decided(&forth, comes[1]);
	ck_assert_mem_eq(comes[0], comes[1], sizeof(comes[0]));
	forth.replay = NULL;
	run_decided(&forth, comes[2]);
	ck_assert_uint_lt(count_true(comes[2]), 50);
	test_folder_free(&folder);
}
END_TEST

/* One packet that nobody waits for. */
static void pass_one(const char *from, const char *to)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int out = open_sender(from, to);

	ck_assert_int_eq(getpeername(out, (struct sockaddr *)&address, &size), 0);
	address.sin_port = htons(9); /* "discard", RFC 863 */
	ck_assert_int_eq(sendto(out, "", 1, 0, (struct sockaddr *)&address, size), 1);
	close(out);
}

/* The link is made anew, in vain, and as it was. */
START_TEST(a_change_that_fails_loses_nothing_of_a_log)
{
	struct test_folder folder;
	char path[PATH_MAX];
	struct snet_impairment forth = {.loss = 0.3, .decisions = path};
	bool comes[2][LOSSY], again[LOSSY];

	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.4000s/decided", folder.path);
	run_decided(&forth, comes[0]);
	forth.decisions = "/no/where";
	LABS_FAILS(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &forth, &err), -ENOENT,
		   "link 'a-b': cannot write '/no/where.forth'");
	watch_lossy(comes[1]);
	forth = (struct snet_impairment){.loss = 0.9, .replay = path};
	run_decided(&forth, again);
	ck_assert_mem_eq(comes[0], again, sizeof(again));
	/* In place of the one by which the node announced itself over the new link. */
	pass_one("a", "b");
	watch_lossy(again);
	ck_assert_mem_eq(comes[1], again, sizeof(again));
	test_folder_free(&folder);
}
END_TEST

START_TEST(duplicates_come_twice)
{
	int in, out;

	PAIR(.forth.duplicate = 1);
	in = open_receiver("b");
	out = open_sender("a", "b");
	for (uint64_t i = 0; i < 20; i++)
		send_probe(out, i);
	for (uint64_t i = 0; i < 40; i++)
		ck_assert_uint_eq(take_probe(in).number, i / 2);
	ck_assert(is_quiet(in));
	close(in);
	close(out);
}
END_TEST

START_TEST(what_is_corrupted_does_not_pass_a_checksum)
{
	int in, out;

	/* netem corrupts addresses of hardware, too. */
	PAIR(.forth.corrupt = 1, .shaper = SNET_SHAPER_USER);
	in = open_receiver("b");
	out = open_sender("a", "b");
	for (uint64_t i = 0; i < 50; i++)
		send_probe(out, i);
	ck_assert(is_quiet(in));
	close(in);
	close(out);
}
END_TEST

START_TEST(nothing_passes_a_link_that_is_down)
{
	int in, out;

	PAIR(.forth.down = true);
	in = open_receiver("b");
	out = open_sender("a", "b");
	for (uint64_t i = 0; i < 20; i++)
		send_probe(out, i);
	ck_assert(is_quiet(in));
	close(in);
	close(out);
}
END_TEST

static struct snet_link_counts count_forth(void)
{
	struct snet_link_counts counts;

	LABS_OK(snet_link_count(lab, "a-b", SNET_DIRECTION_FORTH, &counts, &err));
	return counts;
}

static void send_many(int fd, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		send_probe(fd, i);
}

/* Until all of them came, and went or were lost. */
static struct snet_link_counts wait_counts(uint64_t in_packets)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * MS;
	struct snet_link_counts counts = count_forth();

	while (counts.in_packets < in_packets || counts.queue_packets) {
		ck_assert_uint_lt(snet__clock_ns(), until_ns);
		counts = count_forth();
	}
	ck_assert_uint_eq(counts.in_packets + counts.duplicated,
			  counts.out_packets + counts.lost_loss + counts.lost_queue +
				  counts.lost_codel + counts.lost_down +
				  counts.lost_memory);
	return counts;
}

START_TEST(each_packet_is_counted_for_what_became_of_it)
{
	const struct snet_impairment nth = {.loss_model = SNET_LOSS_NTH, .loss_nth = 4};
	const struct snet_impairment twice = {.duplicate = 1}, down = {.down = true};
	const struct snet_impairment late = {.delay_ns = 20 * MS};
	struct snet_link_counts counts;
	int in, out;

	PAIR(.forth = nth);
	in = open_receiver("b"); /* else each packet is answered by a refusal */
	out = open_sender("a", "b");
	send_many(out, 40);
	counts = wait_counts(40);
	ck_assert_uint_eq(counts.lost_loss, 10);
	ck_assert_uint_eq(counts.out_packets, 30);
	LABS_OK(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &twice, &err));
	send_many(out, 10);
	counts = wait_counts(50);
	ck_assert_uint_eq(counts.duplicated, 10);
	ck_assert_uint_eq(counts.out_packets, 50);
	LABS_OK(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &down, &err));
	send_many(out, 10);
	counts = wait_counts(60);
	ck_assert_uint_eq(counts.lost_down, 10);
	LABS_OK(snet_link_set(lab, "a-b", SNET_DIRECTION_BOTH, &late, &err));
	send_many(out, 10);
	counts = wait_counts(70);
	ck_assert_uint_eq(counts.out_packets, 60);
	ck_assert_uint_ge(counts.delay_max_ns, 20 * MS);
	ck_assert_uint_ge(counts.queue_packets_max, 1);
	close(in);
	close(out);
}
END_TEST

START_TEST(what_cannot_be_counted_or_set_is_said)
{
	const struct snet_impairment bad = {.loss = 2}, plain = {.delay_ns = 0};
	struct snet_link_counts counts;

	PAIR();
	LABS_FAILS(snet_link_count(lab, "a-b", SNET_DIRECTION_FORTH, &counts, &err),
		   -ENODATA, "link 'a-b' is a plain one");
	LABS_FAILS(snet_link_count(lab, "a-c", SNET_DIRECTION_FORTH, &counts, &err),
		   -ENOENT, "no link 'a-c'");
	LABS_FAILS(snet_link_count(lab, "a-b", SNET_DIRECTION_BOTH, &counts, &err),
		   -EINVAL, "one direction");
	LABS_FAILS(snet_link_set(lab, "a-c", SNET_DIRECTION_BOTH, &plain, &err), -ENOENT,
		   "no link 'a-c'");
	LABS_FAILS(snet_link_set(lab, "a-b", SNET_DIRECTION_BOTH, &bad, &err), -EINVAL,
		   "loss");
}
END_TEST

static const char *name_of_shaper(const char *name)
{
	for (size_t i = 0; i < lab->run->link_count; i++)
		if (strcmp(lab->run->links[i]->link->name, name) == 0)
			return lab->run->links[i]->shaping->name;
	ck_abort_msg("no link '%s'", name);
}

START_TEST(the_kernel_shapes_what_it_can)
{
	const char *automatic = snet__qdisc_has_netem(NULL) ? "netem" : "user";

	add_node("s", "switch");
	add_node("a", "host");
	add_node("b", "host");
	add_node("c", "host");
	LINK("a", "s", .forth.delay_ns = 40 * MS);
	/* Of the same network, but netem cannot count packets. */
	LINK("b", "s", .forth.delay_ns = 80 * MS, .back.loss_model = SNET_LOSS_NTH,
	     .back.loss_nth = 1000000);
	LINK("c", "s", .forth.delay_ns = 120 * MS, .shaper = SNET_SHAPER_USER);
	LABS_OK(snet_lab_up(lab, &err));
	ck_assert_str_eq(name_of_shaper("a-s"), automatic);
	ck_assert_str_eq(name_of_shaper("b-s"), "user");
	ck_assert_str_eq(name_of_shaper("c-s"), "user");
	expect_way("a", "b", 40);
	expect_way("b", "c", 80);
	expect_way("c", "a", 120);
}
END_TEST

/* The VLAN of the next frame that is as long as @size and its tag. */
static unsigned int take_vlan(int fd, size_t size)
{
	struct tpacket_auxdata aux;
	char control[CMSG_SPACE(sizeof(aux))], frame[2048];
	struct iovec part = {frame, sizeof(frame)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	do {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		n = recvmsg(fd, &message, 0);
		ck_assert_int_gt(n, 0);
	} while ((size_t)n != size);
	/* The kernel takes the tag out, and tells it beside. */
	memcpy(&aux, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(aux));
	return aux.tp_vlan_tci;
}

START_TEST(a_frame_keeps_its_vlan_tag)
{
	/* To all, VLAN 10, local experimental EtherType 1; as long as the MTU allows. */
	unsigned char frame[18 + 1500] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					  2,    0,    0,    0,    0,    9,
					  0x81, 0,    0,    10,   0x88, 0xb5};
	int in, out;

	PAIR(.forth = {.delay_ns = MS});
	in = open_frames("b");
	out = open_frames("a");
	ck_assert_int_eq(send(out, frame, sizeof(frame), 0), sizeof(frame));
	ck_assert_uint_eq(take_vlan(in, sizeof(frame) - 4), 10);
	close(in);
	close(out);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("shaping");
	TCase *t = tcase_create("shaping");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, each_direction_has_a_delay_of_its_own);
	tcase_add_test(t, delays_of_all_sorts_of_links_add_up);
	tcase_add_test(t, a_trunk_is_one_link_for_all_its_vlans);
	tcase_add_test(t, a_trunk_for_a_vlan_that_nobody_is_in_does_nothing);
	tcase_add_test(t, every_nth_packet_is_lost);
	tcase_add_test(t, a_seed_decides_what_is_lost);
	tcase_add_test(t, what_was_decided_is_decided_again);
	tcase_add_test(t, a_change_that_fails_loses_nothing_of_a_log);
	tcase_add_test(t, duplicates_come_twice);
	tcase_add_test(t, what_is_corrupted_does_not_pass_a_checksum);
	tcase_add_test(t, nothing_passes_a_link_that_is_down);
	tcase_add_test(t, each_packet_is_counted_for_what_became_of_it);
	tcase_add_test(t, what_cannot_be_counted_or_set_is_said);
	tcase_add_test(t, the_kernel_shapes_what_it_can);
	tcase_add_test(t, a_frame_keeps_its_vlan_tag);
	suite_add_tcase(s, t);
	return s;
}
