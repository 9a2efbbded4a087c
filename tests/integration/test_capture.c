/* SPDX-License-Identifier: MIT */
/* What captures of links and nodes see, by packets between the nodes. */

#include "captures.h"
#include "suite.h"

START_TEST(a_shaped_link_is_captured_at_both_ends)
{
	uint64_t begun_ns = snet__clock_wall_ns();
	struct snet_capture_counts counts;

	SHAPED(.forth.delay_ns = 40 * MS);
	start((struct snet_capture_opts){.link = "a-b"});
	ck_assert_uint_eq(send_probes("a", "b", 20, NULL), 20);
	ck_assert_uint_eq(send_probes("b", "a", 5, NULL), 5);
	counts = stop();
	ck_assert_uint_ge(counts.packets, 50); /* and what asks for the way */
	ck_assert_uint_eq(counts.lost, 0);
	ck_assert_uint_eq(counts.missed, 0);
	ck_assert_uint_eq(captured.iface_count, 2);
	ck_assert_str_eq(captured.names[0], "a-b:a");
	ck_assert_str_eq(captured.names[1], "a-b:b");
	ck_assert_uint_eq(captured.count, 50);
	for (uint64_t i = 1; i <= 20; i++) {
		const struct seen *came = find(i, 0, OUT, 0), *left = find(i, 1, IN, 0);

		ck_assert(came && left && came < left);
		ck_assert_uint_ge(came->at_ns, begun_ns);
		ck_assert_uint_ge(left->at_ns + LEAD_MOST_NS, came->at_ns + 40 * MS);
		ck_assert_uint_lt(left->at_ns, came->at_ns + 60 * MS);
		ck_assert_uint_eq(left->id, came->id);
		ck_assert_uint_eq(left->size, came->size);
		ck_assert(is_checksum_right(came->frame, came->size));
		ck_assert(is_checksum_right(left->frame, left->size));
	}
	for (uint64_t i = 1; i <= 5; i++)
		ck_assert(find(i, 1, OUT, 0) && find(i, 0, IN, 0));
	expect_times_in_order();
}
END_TEST

START_TEST(what_is_lost_is_there_once_with_the_reason)
{
	struct snet_capture_counts counts;
	bool comes[41] = {false};
	size_t count;

	SHAPED(.forth.loss_model = SNET_LOSS_NTH, .forth.loss_nth = 5);
	start((struct snet_capture_opts){.link = "a-b"});
	count = send_probes("a", "b", 40, comes);
	ck_assert_uint_ge(count, 31);
	ck_assert_uint_le(count, 33);
	counts = stop();
	ck_assert_uint_ge(counts.lost, 40 - count);
	for (uint64_t i = 1; i <= 40; i++) {
		const struct seen *came = find(i, 0, OUT, 0);

		ck_assert_ptr_nonnull(came);
		ck_assert_ptr_null(find(i, 0, OUT, 1));
		ck_assert_ptr_null(find(i, 0, SNET__PCAPNG_UNKNOWN, 0));
		ck_assert_str_eq(came->comment, comes[i] ? "" : "lost: loss");
		ck_assert_int_eq(find(i, 1, IN, 0) != NULL, comes[i]);
	}
}
END_TEST

START_TEST(what_a_link_that_is_down_loses_is_seen)
{
	SHAPED(.forth.down = true);
	start((struct snet_capture_opts){.link = "a-b"});
	/* Its neighbour is not known: what asks for that is all that is lost. */
	ck_assert_uint_eq(send_probes("a", "b", 3, NULL), 0);
	ck_assert_uint_gt(stop().lost, 0);
}
END_TEST

/* 10 packets a second or so, and room for three. */
#define SLOW .forth.rate_bps = 8000, .forth.limit_packets = 3

START_TEST(a_full_queue_is_a_reason)
{
	size_t lost = 0;

	SHAPED(SLOW);
	start((struct snet_capture_opts){.link = "a-b"});
	(void)send_probes("a", "b", 20, NULL);
	(void)stop();
	for (uint64_t i = 1; i <= 20; i++)
		lost += strcmp(find(i, 0, OUT, 0)->comment, "lost: queue is full") == 0;
	ck_assert_uint_ge(lost, 10);
}
END_TEST

START_TEST(what_is_lost_after_a_while_is_told_of_then)
{
	const struct seen *came, *lost;
	size_t count = 0;

	SHAPED(SLOW, .forth.queue = SNET_QUEUE_HEAD_DROP);
	start((struct snet_capture_opts){.link = "a-b"});
	(void)send_probes("a", "b", 20, NULL);
	(void)stop();
	for (uint64_t i = 1; i <= 20; i++) {
		came = find(i, 0, OUT, 0);
		lost = find(i, 0, SNET__PCAPNG_UNKNOWN, 0);
		ck_assert_str_eq(came->comment, "");
		if (!lost)
			continue;
		count++;
		ck_assert_int_eq(strncmp(lost->comment, "lost: queue is full, ", 21), 0);
		ck_assert_ptr_nonnull(strstr(lost->comment, " ms after it came"));
		ck_assert_uint_eq(lost->id, came->id);
		ck_assert_uint_ge(lost->at_ns, came->at_ns);
	}
	ck_assert_uint_ge(count, 10);
}
END_TEST

START_TEST(a_copy_that_is_lost_is_not_taken_for_its_packet)
{
	size_t copies = 0;

	SHAPED(.forth.loss = 0.5, .forth.duplicate = 1);
	start((struct snet_capture_opts){.link = "a-b"});
	(void)send_probes("a", "b", 100, NULL);
	(void)stop();
	for (size_t i = 0; i < captured.count; i++)
		copies += strncmp(captured.seen[i].comment, "copy lost: loss, ", 17) == 0;
	ck_assert_uint_ge(copies, 10);
}
END_TEST

#define LOSSY 200

START_TEST(a_capture_changes_nothing)
{
	bool comes[2][LOSSY + 1] = {{false}};

	for (int i = 0; i < 2; i++) {
		snet_lab_set_seed(lab, 7);
		SHAPED(.forth.loss = 0.3, .forth.duplicate = 0.1, .back.loss = 0.2);
		if (i)
			start((struct snet_capture_opts){.link = "a-b"});
		(void)send_probes("a", "b", LOSSY, comes[i]);
		if (i)
			ck_assert_uint_eq(stop().missed, 0);
		capture_tear_down();
		capture_set_up();
	}
	ck_assert_mem_eq(comes[0], comes[1], sizeof(comes[0]));
}
END_TEST

START_TEST(a_plain_link_is_captured_at_its_switch)
{
	bring_up_plain();
	start((struct snet_capture_opts){.link = "a-s"});
	ck_assert_uint_eq(send_probes("a", "b", 10, NULL), 10);
	ck_assert_uint_eq(send_probes("b", "a", 10, NULL), 10);
	ck_assert_uint_eq(stop().missed, 0);
	ck_assert_uint_eq(captured.iface_count, 1);
	ck_assert_str_eq(captured.names[0], "a-s:s");
	ck_assert_uint_eq(captured.count, 20);
	for (uint64_t i = 1; i <= 10; i++) {
		ck_assert(find(i, 0, IN, 0) && find(i, 0, OUT, 0));
		ck_assert(is_checksum_right(find(i, 0, IN, 0)->frame,
					    find(i, 0, IN, 0)->size));
	}
	expect_times_in_order();
}
END_TEST

START_TEST(a_plain_cable_is_captured_at_its_first_node)
{
	add_node("a", "host");
	add_node("b", "host");
	LINK("a", "b");
	LABS_OK(snet_lab_up(lab, &err));
	start((struct snet_capture_opts){.link = "a-b"});
	ck_assert_uint_eq(send_probes("a", "b", 3, NULL), 3);
	(void)stop();
	ck_assert_str_eq(captured.names[0], "a-b:a");
	ck_assert_uint_eq(captured.count, 3);
	ck_assert_ptr_nonnull(find(3, 0, OUT, 0));
}
END_TEST

START_TEST(a_node_is_captured_at_all_its_interfaces)
{
	add_node("r", "router");
	add_node("a", "host");
	add_node("b", "host");
	LINK("a", "r", .forth.delay_ns = MS);
	LINK("r", "b");
	LABS_OK(snet_lab_up(lab, &err));
	start((struct snet_capture_opts){.node = "r"});
	ck_assert_uint_eq(send_probes("a", "b", 10, NULL), 10);
	(void)stop();
	ck_assert_uint_eq(captured.iface_count, 2);
	ck_assert_str_eq(captured.names[0], "eth0");
	ck_assert_str_eq(captured.names[1], "eth1");
	ck_assert_uint_eq(captured.count, 20);
	for (uint64_t i = 1; i <= 10; i++)
		ck_assert(find(i, 0, IN, 0) && find(i, 1, OUT, 0));
}
END_TEST

START_TEST(a_switch_is_captured_at_its_ports)
{
	bring_up_plain();
	start((struct snet_capture_opts){.node = "s"});
	ck_assert_uint_eq(send_probes("a", "b", 10, NULL), 10);
	(void)stop();
	ck_assert_str_eq(captured.names[0], "a-s:s");
	ck_assert_str_eq(captured.names[1], "b-s:s");
	for (uint64_t i = 1; i <= 10; i++)
		ck_assert(find(i, 0, IN, 0) && find(i, 1, OUT, 0));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("capture");
	TCase *t = tcase_create("capture");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, capture_set_up, capture_tear_down);
	tcase_add_test(t, a_shaped_link_is_captured_at_both_ends);
	tcase_add_test(t, what_is_lost_is_there_once_with_the_reason);
	tcase_add_test(t, what_a_link_that_is_down_loses_is_seen);
	tcase_add_test(t, a_full_queue_is_a_reason);
	tcase_add_test(t, what_is_lost_after_a_while_is_told_of_then);
	tcase_add_test(t, a_copy_that_is_lost_is_not_taken_for_its_packet);
	tcase_add_test(t, a_capture_changes_nothing);
	tcase_add_test(t, a_plain_link_is_captured_at_its_switch);
	tcase_add_test(t, a_plain_cable_is_captured_at_its_first_node);
	tcase_add_test(t, a_node_is_captured_at_all_its_interfaces);
	tcase_add_test(t, a_switch_is_captured_at_its_ports);
	suite_add_tcase(s, t);
	return s;
}
