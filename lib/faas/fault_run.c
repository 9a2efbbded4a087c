/* SPDX-License-Identifier: MIT */
/* Faults of a call that is executed: how, how often, and what becomes of its answer. */

#include <string.h>

#include "faas/plan.h"

enum {
	RECORDED,
	FORGOTTEN
};
static const char *const record_variants[] = {"recorded", "forgotten", NULL};

static bool hit_cold(const struct snet__faas_fault *fault, struct snet__faas_call *call,
		     struct snet__faas_plan *plan)
{
	plan->is_cold = true;
	plan->cold_ns += fault->delay_ns;
	plan->cold_by = fault->serial;
	return true;
}

static bool hit_twice(const struct snet__faas_fault *fault, struct snet__faas_call *call,
		      struct snet__faas_plan *plan)
{
	plan->is_twice = true;
	return true;
}

static bool hit_late(const struct snet__faas_fault *fault, struct snet__faas_call *call,
		     struct snet__faas_plan *plan)
{
	plan->late_ns += fault->delay_ns;
	plan->late_by = fault->serial;
	return true;
}

static void send_nothing(struct snet__httpd_request *request, unsigned int status,
			 const char *body)
{
	snet__httpd_drop(request);
}

static bool hit_lost_result(const struct snet__faas_fault *fault,
			    struct snet__faas_call *call, struct snet__faas_plan *plan)
{
	plan->send = send_nothing;
	plan->is_forgotten = fault->variant == FORGOTTEN;
	return false;
}

static bool hit_timeout_202(const struct snet__faas_fault *fault,
			    struct snet__faas_call *call, struct snet__faas_plan *plan)
{
	plan->is_async = true;
	plan->late_ns += fault->delay_ns;
	plan->late_by = fault->serial;
	plan->is_forgotten = fault->variant == FORGOTTEN;
	plan->hidden_ns = fault->record_delay_ns;
	plan->hidden_by = fault->serial;
	return false;
}

static void send_cut(struct snet__httpd_request *request, unsigned int status,
		     const char *body)
{
	snet__httpd_respond_cut(request, status, "application/json", body, strlen(body));
}

static bool hit_garbage(const struct snet__faas_fault *fault,
			struct snet__faas_call *call, struct snet__faas_plan *plan)
{
	static const char *const results[] = {"]]garbage[[", "\"garbage\"", NULL};

	plan->result = results[fault->variant];
	if (!plan->result)
		plan->send = send_cut;
	return false;
}

const struct snet__faas_fault_kind snet__faas_fault_cold = {
	.name = "cold",
	.has_delay = true,
	.hit = hit_cold,
};

const struct snet__faas_fault_kind snet__faas_fault_twice = {
	.name = "twice",
	.hit = hit_twice,
};

const struct snet__faas_fault_kind snet__faas_fault_late = {
	.name = "late",
	.has_delay = true,
	.hit = hit_late,
};

const struct snet__faas_fault_kind snet__faas_fault_lost_result = {
	.name = "lost-result",
	.variants = record_variants,
	.hit = hit_lost_result,
};

const struct snet__faas_fault_kind snet__faas_fault_timeout_202 = {
	.name = "timeout-202",
	.variants = record_variants,
	.has_delay = true,
	.has_record_delay = true,
	.is_blocking = true,
	.hit = hit_timeout_202,
};

const struct snet__faas_fault_kind snet__faas_fault_garbage = {
	.name = "garbage",
	.variants = (const char *const[]){"no-json", "no-object", "truncated", NULL},
	.is_blocking = true,
	.hit = hit_garbage,
};
