/* SPDX-License-Identifier: MIT */
#ifndef TESTS_IMPAIRMENT_BED_H
#define TESTS_IMPAIRMENT_BED_H

/* A link as a lab file says it, read beside the files that it may name. */

#include "folder.h"
#include "topo/model.h"

#define COUNT(array) (int)(sizeof(array) / sizeof(*(array)))

extern struct test_folder folder;
extern struct snet__model model;
extern struct snet__problems problems;
extern struct snet_err err;

/* Fixtures. */
void setup(void);
void teardown(void);

/* Into the model: two nodes with a link that has these keys, with ' for ". */
int read_link(const char *keys);
/* The same, of which nothing is wrong. */
const struct snet__model_link *good(const char *keys);
/* Whether all keys of both links are the same, each way. */
void same_links(const struct snet__model_link *a, const struct snet__model_link *b);

#endif
