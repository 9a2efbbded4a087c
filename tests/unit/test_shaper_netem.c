/* SPDX-License-Identifier: MIT */
/* What netem cannot do is said in words, before anything is asked of the kernel. */

#include <errno.h>

#include "link/shaper_netem.h"
#include "suite.h"
#include "topo/netem.h"

#define MS 1000000ull

static struct {
	struct snet_impairment impairment;
	const char *message;
} refused[] = {
	{{.loss_model = SNET_LOSS_NTH, .loss_nth = 100},
	 "netem cannot lose every n-th packet; \"shaper\": \"user\" can"},
	{{.filter = "udp"},
	 "netem cannot tell packets apart by a filter; \"shaper\": \"user\" can"},
	{{.trace = "lte.csv"}, "netem cannot follow a trace; \"shaper\": \"user\" can"},
	{{.queue = SNET_QUEUE_CODEL, .rate_bps = 1000000},
	 "netem cannot run CoDel on its queue; \"shaper\": \"user\" can"},
	{{.queue = SNET_QUEUE_HEAD_DROP},
	 "netem cannot drop the oldest packet of a full queue; \"shaper\": \"user\" can"},
	{{.limit_bytes = 65536},
	 "netem cannot limit its queue in bytes; \"shaper\": \"user\" can"},
	{{.limit_ns = 50 * MS, .down = true},
	 "netem cannot limit its queue in time; \"shaper\": \"user\" can"},
	{{.delay_ns = MS, .pmtu = 1280},
	 "netem cannot lose what is larger than a path MTU; \"shaper\": \"user\" can"},
	{{.rate_bps = 1000000, .burst_bytes = 3000},
	 "netem cannot let bursts pass its rate; \"shaper\": \"user\" can"},
	{{.delay_ns = 1ull << 63},
	 "netem cannot delay packets for more than 292 years; \"shaper\": \"user\" can"},
	{{.delay_ns = 9000 * MS, .jitter_ns = 2148 * MS},
	 "netem cannot vary delays by more than 2.147 s; \"shaper\": \"user\" can"},
};

START_TEST(what_netem_cannot_do_is_named)
{
	struct snet_err err = {0};

	ck_assert_int_eq(snet__netem_can(&refused[_i].impairment, &err), -ENOTSUP);
	ck_assert_int_eq(err.code, -ENOTSUP);
	ck_assert_str_eq(err.msg, refused[_i].message);
}
END_TEST

START_TEST(all_else_it_can)
{
	static const struct snet_impairment fine[] = {
		{0},
		{.down = true},
		{.delay_ns = 20 * MS,
		 .jitter_ns = 2147 * MS,
		 .distribution = SNET_DISTRIBUTION_TABLE,
		 .table = "mine"},
		{.loss_model = SNET_LOSS_STATE},
		{.loss_model = SNET_LOSS_GEMODEL},
		{.loss = 0.1, .duplicate = 0.1, .corrupt = 0.1, .ecn = true},
		{.delay_ns = 10 * MS, .reorder = 0.25, .gap = 5},
		{.rate_bps = 1000000, .overhead_bytes = 38, .limit_packets = 10},
	};
	struct snet_err err = {0};

	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		ck_assert_msg(snet__netem_can(&fine[i], &err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(a_table_is_read_before_the_kernel_is_asked)
{
	struct snet_impairment impairment = {.delay_ns = 20 * MS,
					     .jitter_ns = 2 * MS,
					     .distribution = SNET_DISTRIBUTION_TABLE};
	struct snet_err err = {0};

	ck_assert_int_eq(snet__netem_set(NULL, 1, &impairment, NULL, 0, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "a distribution by a table needs one");
	impairment.table = "/nowhere";
	ck_assert_int_eq(snet__netem_set(NULL, 1, &impairment, NULL, 0, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "cannot open '/nowhere': No such file "
				  "or directory");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("shaper_netem");
	TCase *t = tcase_create("shaper_netem");

	tcase_add_loop_test(t, what_netem_cannot_do_is_named, 0,
			    sizeof(refused) / sizeof(*refused));
	tcase_add_test(t, all_else_it_can);
	tcase_add_test(t, a_table_is_read_before_the_kernel_is_asked);
	suite_add_tcase(s, t);
	return s;
}
