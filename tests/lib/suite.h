/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

/* Defined by each test program. */
Suite *suite(void);

#endif
