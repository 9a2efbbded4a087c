/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/map.h"
#include "suite.h"

#define MANY 5000

START_TEST(what_was_added_is_found_until_it_is_removed)
{
	static char keys[MANY][16];
	struct snet__map map = {0};

	for (int i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof(keys[i]), "node%d", i);
		ck_assert_int_eq(snet__map_add(&map, keys[i], keys[i], NULL), 0);
	}
	for (int i = 0; i < MANY; i += 2)
		ck_assert_ptr_eq(snet__map_remove(&map, keys[i]), keys[i]);
	for (int i = 0; i < MANY; i++)
		ck_assert_ptr_eq(snet__map_find(&map, keys[i]), i % 2 ? keys[i] : NULL);
	ck_assert_uint_eq(map.count, MANY / 2);
	snet__map_clear(&map);
}
END_TEST

START_TEST(a_key_is_there_once)
{
	struct snet__map map = {0};
	struct snet_err err = {0};

	ck_assert_int_eq(snet__map_add(&map, "a", &map, NULL), 0);
	ck_assert_int_eq(snet__map_add(&map, "a", &map, &err), -EEXIST);
	ck_assert_str_eq(err.msg, "'a' exists already");
	snet__map_clear(&map);
}
END_TEST

START_TEST(an_empty_map_has_nothing)
{
	struct snet__map map = {0};

	ck_assert_ptr_null(snet__map_find(&map, "a"));
	ck_assert_ptr_null(snet__map_remove(&map, "a"));
	snet__map_clear(&map);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("map");
	TCase *t = tcase_create("map");

	tcase_add_test(t, what_was_added_is_found_until_it_is_removed);
	tcase_add_test(t, a_key_is_there_once);
	tcase_add_test(t, an_empty_map_has_nothing);
	suite_add_tcase(s, t);
	return s;
}
