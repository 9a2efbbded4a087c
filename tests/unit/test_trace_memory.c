/* SPDX-License-Identifier: MIT */
/* Traces while memory is short: every allocation in turn fails, and what there was before is
 * there afterwards. The allocator of the whole program is wrapped here. */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "scarce.h"
#include "store/ids.h"
#include "store/trace.h"
#include "suite.h"

START_TEST(a_step_that_finds_no_memory_changes_nothing)
{
	struct snet_trace trace = {0};

	for (size_t count = 0; count < 20; count++) {
		int r = -1;

		for (int nth = 0; r < 0; nth++) {
			left = nth;
			r = snet__trace_add(&trace, "retry", "r0", count, "again");
			left = -1; /* Check allocates, too */
			ck_assert(r == 0 || r == -ENOMEM);
			ck_assert_uint_eq(trace.count, r == 0 ? count + 1 : count);
		}
	}
	snet__trace_clear(&trace);
}
END_TEST

START_TEST(a_copy_or_bytes_without_memory_leave_nothing)
{
	struct snet_trace trace = {0}, *copy = NULL;
	unsigned char bytes[256];
	size_t size;
	int r = -1;

	for (uint64_t i = 0; i < 9; i++)
		ck_assert_int_eq(snet__trace_add(&trace, "retry", "r0", i, ""), 0);
	for (int nth = 0; !copy; nth++) {
		left = nth;
		copy = snet__trace_copy(&trace);
	}
	left = -1;
	ck_assert_uint_eq(snet_trace_step_count(copy), 9);
	snet_trace_free(copy);

	size = snet__trace_encoded_size(&trace);
	ck_assert_uint_lt(size, sizeof(bytes));
	snet__trace_encode(&trace, bytes);
	snet__trace_clear(&trace);
	for (int nth = 0; r < 0; nth++) {
		left = nth;
		r = snet__trace_decode(&trace, bytes, size);
		left = -1; /* Check allocates, too */
		ck_assert(r == 0 || (r == -ENOMEM && !trace.steps));
	}
	left = -1;
	snet__trace_clear(&trace);
}
END_TEST

START_TEST(a_table_that_cannot_grow_keeps_what_it_has)
{
	struct snet__ids ids = {0};
	size_t at = 0;
	uint64_t seq;

	for (seq = 1; seq <= 1000; seq++) {
		left = 0;
		if (snet__ids_add(&ids, seq * 7, seq, NULL) < 0) {
			left = -1;
			ck_assert_int_eq(snet__ids_add(&ids, seq * 7, seq, NULL), 0);
		}
		left = -1;
	}
	for (seq = 1; seq <= 1000; seq++, at = 0)
		ck_assert_uint_eq(snet__ids_find(&ids, seq * 7, &at), seq);
	snet__ids_clear(&ids);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("trace_memory");
	TCase *t = tcase_create("trace_memory");

	tcase_add_test(t, a_step_that_finds_no_memory_changes_nothing);
	tcase_add_test(t, a_copy_or_bytes_without_memory_leave_nothing);
	tcase_add_test(t, a_table_that_cannot_grow_keeps_what_it_has);
	suite_add_tcase(s, t);
	return s;
}
