/* SPDX-License-Identifier: MIT */
/* Exchanges: which events go along which route, with AMQP's meaning. */

#include "relay/exchange.h"
#include "suite.h"

static struct snet__model_route route(enum snet__exchange_kind exchange, const char *key,
				      const char *function, const char *backend)
{
	return (struct snet__model_route){.exchange = exchange,
					  .key = (char *)key,
					  .function = (char *)function,
					  .backend = (char *)backend};
}

START_TEST(direct_compares_byte_for_byte)
{
	const struct snet__model_route r =
		route(SNET__EXCHANGE_DIRECT, "press", "f", "b");

	ck_assert(snet__exchange_matches(&r, "press"));
	ck_assert(!snet__exchange_matches(&r, "Press"));
	ck_assert(!snet__exchange_matches(&r, "press "));
	ck_assert(!snet__exchange_matches(&r, "pres"));
	ck_assert(!snet__exchange_matches(&r, "pressed"));
	ck_assert(!snet__exchange_matches(&r, ""));
}
END_TEST

START_TEST(direct_knows_no_wildcards)
{
	const struct snet__model_route r = route(SNET__EXCHANGE_DIRECT, "#", "f", "b");

	ck_assert(!snet__exchange_matches(&r, "press"));
	ck_assert(snet__exchange_matches(&r, "#"));
}
END_TEST

START_TEST(fanout_takes_every_type)
{
	const struct snet__model_route r =
		route(SNET__EXCHANGE_FANOUT, "press", "f", "b");

	ck_assert(snet__exchange_matches(&r, "press"));
	ck_assert(snet__exchange_matches(&r, "value"));
	ck_assert(snet__exchange_matches(&r, ""));
}
END_TEST

START_TEST(a_queue_is_a_function_at_a_backend)
{
	const struct snet__model_route a = route(SNET__EXCHANGE_DIRECT, "press", "f",
						 "b"),
				       b = route(SNET__EXCHANGE_FANOUT, "x", "f", "b"),
				       c = route(SNET__EXCHANGE_DIRECT, "press", "g",
						 "b"),
				       d = route(SNET__EXCHANGE_DIRECT, "press", "f",
						 "c");

	ck_assert(snet__exchange_is_same_queue(&a, &b));
	ck_assert(!snet__exchange_is_same_queue(&a, &c));
	ck_assert(!snet__exchange_is_same_queue(&a, &d));
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("exchange");
	TCase *tcase = tcase_create("exchange");

	tcase_add_test(tcase, direct_compares_byte_for_byte);
	tcase_add_test(tcase, direct_knows_no_wildcards);
	tcase_add_test(tcase, fanout_takes_every_type);
	tcase_add_test(tcase, a_queue_is_a_function_at_a_backend);
	suite_add_tcase(suite, tcase);
	return suite;
}
