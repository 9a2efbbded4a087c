/* SPDX-License-Identifier: MIT */
#include "store/ids.h"
#include "suite.h"

START_TEST(all_numbers_of_a_hash_are_found)
{
	struct snet__ids ids = {0};
	size_t at = 0;

	ck_assert_uint_eq(snet__ids_find(&ids, 5, &at), 0);
	ck_assert_int_eq(snet__ids_add(&ids, 5, 1, NULL), 0);
	ck_assert_int_eq(snet__ids_add(&ids, 5 + (1u << 20), 2, NULL), 0);
	ck_assert_int_eq(snet__ids_add(&ids, 5, 3, NULL), 0);
	at = 0;
	ck_assert_uint_eq(snet__ids_find(&ids, 5, &at), 1);
	ck_assert_uint_eq(snet__ids_find(&ids, 5, &at), 3);
	ck_assert_uint_eq(snet__ids_find(&ids, 5, &at), 0);
	snet__ids_clear(&ids);
}
END_TEST

START_TEST(what_is_removed_hides_nothing)
{
	struct snet__ids ids = {0};

	/* Hashes that collide, and runs that go round the end of the table. */
	for (uint64_t seq = 1; seq <= 5000; seq++) {
		ck_assert_int_eq(snet__ids_add(&ids, seq * 0x9e37 % 512, seq, NULL), 0);
		if (seq > 150)
			snet__ids_remove(&ids, (seq - 150) * 0x9e37 % 512, seq - 150);
	}
	ck_assert_uint_eq(ids.count, 150);
	for (uint64_t seq = 4851; seq <= 5000; seq++) {
		uint64_t found;
		size_t at = 0;

		do
			found = snet__ids_find(&ids, seq * 0x9e37 % 512, &at);
		while (found && found != seq);
		ck_assert_uint_eq(found, seq);
	}
	snet__ids_remove(&ids, 1, 99999);
	ck_assert_uint_eq(ids.count, 150);
	snet__ids_clear(&ids);
	snet__ids_remove(&ids, 1, 1);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("ids");
	TCase *t = tcase_create("ids");

	tcase_add_test(t, all_numbers_of_a_hash_are_found);
	tcase_add_test(t, what_is_removed_hides_nothing);
	suite_add_tcase(s, t);
	return s;
}
