/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

/* A model for each test, and what is wrong with it. */

#include "topo/model.h"

static struct snet__model model;
static struct snet__problems problems;
static struct snet_err err;

static void setup(void)
{
	snet__model_init(&model);
	problems = (struct snet__problems){0};
	err = (struct snet_err){0};
}

static void teardown(void)
{
	snet__problems_clear(&problems);
	snet__model_clear(&model);
}

#endif
