/* SPDX-License-Identifier: MIT */
/* Expressions that say which packets are captured, and which are impaired. */

#include <errno.h>

#include "captures.h"
#include "io/filter.h"
#include "suite.h"

START_TEST(a_filter_leaves_out_the_rest)
{
	const char *const links[] = {"a-s", "b-s"};
	struct snet_capture_counts counts;

	if (!snet__filter_version())
		return;
	add_node("s", "switch");
	add_node("a", "host");
	add_node("b", "host");
	LINK("a", "s", .shaper = SNET_SHAPER_USER);
	LINK("b", "s");
	LABS_OK(snet_lab_up(lab, &err));
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ftruncate(file, 0), 0);
		ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
		start((struct snet_capture_opts){
			.link = links[i], .filter = "udp dst port 5001 and udp[8] = 3"});
		(void)send_probes("a", "b", 10, NULL);
		counts = stop();
		ck_assert_uint_eq(counts.packets, i ? 1 : 2);
		ck_assert_uint_eq(captured.count, counts.packets);
		ck_assert_uint_eq(captured.seen[0].number, 3);
	}
}
END_TEST

/* The kernel keeps the tag beside the frame. */
START_TEST(a_filter_finds_vlan_tags)
{
	/* To all, of VLAN 9, 10, 11, local experimental EtherType 1. */
	unsigned char tagged[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,    0,
				    0,    0,    9,    0x81, 0,    0,    0, 0x88, 0xb5};
	const char *const links[] = {"a-s", "b-s"};
	struct snet_capture_counts counts;
	unsigned char frame[64];
	int in, out;
	ssize_t n;

	if (!snet__filter_version())
		return;
	add_node("s", "switch");
	add_node("a", "host");
	add_node("b", "host");
	LINK("a", "s");
	LINK("b", "s", .shaper = SNET_SHAPER_USER);
	LABS_OK(snet_lab_up(lab, &err));
	for (int i = 0; i < 2; i++) {
		start((struct snet_capture_opts){.link = links[i], .filter = "vlan 10"});
		in = open_frames("b");
		out = open_frames("a");
		for (unsigned char vlan = 9; vlan < 12; vlan++) {
			tagged[15] = vlan;
			ck_assert_int_eq(send(out, tagged, sizeof(tagged), 0),
					 sizeof(tagged));
			/* Without its tag. */
			do
				n = recv(in, frame, sizeof(frame), 0);
			while (n > 0 && n != sizeof(tagged) - 4);
			ck_assert_int_gt(n, 0);
		}
		LABS_OK(snet_capture_stop(capture, &counts, &err));
		capture = NULL;
		ck_assert_uint_eq(counts.packets, i ? 2 : 1);
		close(in);
		close(out);
	}
}
END_TEST

/* ---- The same expressions say which packets are impaired. */

START_TEST(only_what_a_filter_matches_is_impaired)
{
	bool comes[21] = {false};
	struct snet_impairment lossy = {.loss = 1, .filter = "udp[8] = 3"};
	struct snet_impairment slow = {.delay_ns = 60 * MS, .filter = "udp[8] < 3"};
	const struct seen *came, *left;

	if (!snet__filter_version())
		return;
	SHAPED(.forth = lossy);
	ck_assert_uint_eq(send_probes("a", "b", 20, comes), 19);
	ck_assert(!comes[3]);
	LABS_OK(snet_link_set(lab, "a-b", SNET_DIRECTION_FORTH, &slow, &err));
	start((struct snet_capture_opts){.link = "a-b"});
	ck_assert_uint_eq(send_probes("a", "b", 20, NULL), 20);
	(void)stop();
	for (uint64_t i = 1; i <= 20; i++) {
		came = find(i, 0, OUT, 0);
		left = find(i, 1, IN, 0);
		if (i < 3)
			ck_assert_uint_ge(left->at_ns + LEAD_MOST_NS,
					  came->at_ns + 60 * MS);
		else
			ck_assert_uint_lt(left->at_ns, came->at_ns + 40 * MS);
	}
}
END_TEST

/* Two switches, and at each a host in VLAN 1, in 10 and in 20. */
static void make_trunk(struct snet_link_opts trunk)
{
	static const char *const hosts[] = {"a1", "b1", "a10", "b10", "a20", "b20"};
	static const unsigned int vlans[] = {1, 10, 20};

	add_node("s", "switch");
	add_node("t", "switch");
	for (size_t i = 0; i < 6; i++) {
		add_node(hosts[i], "host");
		LINK(hosts[i], i % 2 ? "t" : "s", .vlan = vlans[i / 2]);
	}
	trunk.size = sizeof(trunk);
	trunk.from = "s";
	trunk.to = "t";
	LABS_OK(snet_lab_add_link(lab, &trunk, &err));
	LABS_OK(snet_lab_up(lab, &err));
}

/* One from each host at s to that at t. */
static void send_each(void)
{
	(void)send_probes("a1", "b1", 1, NULL);
	(void)send_probes("a10", "b10", 1, NULL);
	(void)send_probes("a20", "b20", 1, NULL);
}

START_TEST(a_trunks_filter_tells_vlans_apart)
{
	static const char *const filters[] = {"vlan 10", "vlan 20 and udp", "udp",
					      "not vlan"};
	static const size_t arrive[][3] = {{1, 0, 1}, {1, 1, 0}, {0, 0, 0}, {0, 1, 1}};
	struct snet_impairment lossy = {.loss = 1};

	if (!snet__filter_version())
		return;
	make_trunk((struct snet_link_opts){.shaper = SNET_SHAPER_USER});
	send_each(); /* so that hosts know each other */
	for (size_t i = 0; i < 4; i++) {
		lossy.filter = filters[i];
		LABS_OK(snet_link_set(lab, "s-t", SNET_DIRECTION_FORTH, &lossy, &err));
		ck_assert_uint_eq(send_probes("a1", "b1", 1, NULL), arrive[i][0]);
		ck_assert_uint_eq(send_probes("a10", "b10", 1, NULL), arrive[i][1]);
		ck_assert_uint_eq(send_probes("a20", "b20", 1, NULL), arrive[i][2]);
	}
}
END_TEST

/* A plain one, then one that is shaped, which sees each packet twice. */
START_TEST(a_captured_trunk_tells_vlans_apart)
{
	static const unsigned int vlans[] = {0, 10, 20};
	const enum snet_shaper shaper = _i ? SNET_SHAPER_USER : SNET_SHAPER_AUTO;
	size_t seen = _i ? 2 : 1;

	if (!snet__filter_version())
		return;
	make_trunk((struct snet_link_opts){.shaper = shaper});
	start((struct snet_capture_opts){.link = "s-t", .snaplen = 60});
	send_each();
	(void)stop();
	ck_assert_uint_eq(captured.count, 3 * seen);
	for (size_t i = 0; i < captured.count; i++) {
		ck_assert_uint_eq(captured.seen[i].vlan, vlans[i / seen]);
		ck_assert_uint_le(captured.seen[i].captured, 60);
	}
	ck_assert_int_eq(ftruncate(file, 0), 0);
	ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
	start((struct snet_capture_opts){.link = "s-t", .filter = "vlan 20 and udp"});
	send_each();
	(void)stop();
	ck_assert_uint_eq(captured.count, seen);
	ck_assert_uint_eq(captured.seen[0].vlan, 20);
}
END_TEST

START_TEST(a_wrong_filter_is_told_before_anything_is_made)
{
	struct snet_impairment wrong = {.delay_ns = MS, .filter = "udp prt 5"};

	add_node("a", "host");
	add_node("b", "host");
	LINK("a", "b", .back = wrong);
	LABS_FAILS(snet_lab_up(lab, &err), -EINVAL, "no filter 'udp prt 5': ");
	ck_assert_ptr_nonnull(strstr(err.msg, "back.filter"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("capture_filter");
	TCase *t = tcase_create("capture_filter");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, capture_set_up, capture_tear_down);
	tcase_add_test(t, a_filter_leaves_out_the_rest);
	tcase_add_test(t, a_filter_finds_vlan_tags);
	tcase_add_test(t, only_what_a_filter_matches_is_impaired);
	tcase_add_test(t, a_trunks_filter_tells_vlans_apart);
	tcase_add_loop_test(t, a_captured_trunk_tells_vlans_apart, 0, 2);
	tcase_add_test(t, a_wrong_filter_is_told_before_anything_is_made);
	suite_add_tcase(s, t);
	return s;
}
