/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>

#include "link/heap.h"
#include "suite.h"

#define COUNT 1000

static struct snet__heap heap;
static struct snet__heap_item items[COUNT];

static void set_up(void)
{
	heap = (struct snet__heap){0};
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(snet__heap_add(&heap, &items[i], NULL), 0);
}

static void tear_down(void)
{
	snet__heap_clear(&heap);
}

/* The least of all that are not removed. */
static uint64_t find_least(const bool *is_removed)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < COUNT; i++)
		if (!is_removed[i] && items[i].due_ns < least)
			least = items[i].due_ns;
	return least;
}

START_TEST(the_first_is_always_the_least)
{
	bool is_removed[COUNT] = {false};
	unsigned int seed = 1;

	ck_assert_uint_eq(snet__heap_first(&heap), UINT64_MAX);
	for (int step = 0; step < 20000; step++) {
		int i = rand_r(&seed) % COUNT;

		if (is_removed[i])
			continue;
		if (step % 40 == 39) {
			snet__heap_remove(&heap, &items[i]);
			is_removed[i] = true;
		} else {
			snet__heap_set(&heap, &items[i],
				       step % 7 ? (uint64_t)rand_r(&seed) : UINT64_MAX);
		}
		ck_assert_uint_eq(snet__heap_first(&heap), find_least(is_removed));
	}
}
END_TEST

START_TEST(what_is_due_comes_in_order)
{
	uint64_t last = 0;
	unsigned int seed = 2;

	for (int i = 0; i < COUNT; i++)
		snet__heap_set(&heap, &items[i], (uint64_t)rand_r(&seed) % 500);
	for (int i = 0; i < COUNT; i++) {
		struct snet__heap_item *top = snet__heap_top(&heap);

		ck_assert_uint_ge(top->due_ns, last);
		last = top->due_ns;
		snet__heap_set(&heap, top, UINT64_MAX);
	}
	ck_assert_uint_eq(snet__heap_first(&heap), UINT64_MAX);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("heap");
	TCase *t = tcase_create("heap");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, the_first_is_always_the_least);
	tcase_add_test(t, what_is_due_comes_in_order);
	suite_add_tcase(s, t);
	return s;
}
