/* SPDX-License-Identifier: MIT */
/* Faults that answer for the function, which does not run. A gateway's page has none of
 * OpenWhisk's headers and is no JSON; OpenWhisk's own errors are, and those of an activation
 * have its record. */

#include <stdio.h>
#include <string.h>

#include "faas/plan.h"

enum {
	HTML,
	PLAIN
};
static const char *const page_variants[] = {"html", "plain", NULL};

/* Source: ngx_http_special_response.c, its pages and their words */
static void send_page(struct snet__httpd_request *request, size_t variant,
		      const char *status)
{
	unsigned int code = (unsigned int)strtoul(status, NULL, 10);
	char text[512];

	if (variant == PLAIN)
		(void)snprintf(text, sizeof(text), "%s\n", status + 4);
	else
		(void)snprintf(
			text, sizeof(text),
			"<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n"
			"<center><h1>%s</h1></center>\r\n<hr><center>nginx</center>"
			"\r\n</body>\r\n</html>\r\n",
			status, status);
	snet__httpd_clear_headers(request);
	snet__httpd_add_header(request, "Server", "nginx");
	snet__httpd_respond(request, code, variant == PLAIN ? "text/plain" : "text/html",
			    text, strlen(text));
}

static bool answer_page(const struct snet__faas_fault *fault,
			struct snet__faas_call *call, struct snet__faas_plan *plan,
			const char *status)
{
	send_page(call->request, fault->variant, status);
	plan->is_answered = true;
	return false;
}

static bool hit_gateway_500(const struct snet__faas_fault *fault,
			    struct snet__faas_call *call, struct snet__faas_plan *plan)
{
	return answer_page(fault, call, plan, "500 Internal Server Error");
}

static bool hit_gateway_502(const struct snet__faas_fault *fault,
			    struct snet__faas_call *call, struct snet__faas_plan *plan)
{
	return answer_page(fault, call, plan, "502 Bad Gateway");
}

static bool hit_gateway_503(const struct snet__faas_fault *fault,
			    struct snet__faas_call *call, struct snet__faas_plan *plan)
{
	return answer_page(fault, call, plan, "503 Service Temporarily Unavailable");
}

static void send_504_html(struct snet__httpd_request *request, unsigned int status,
			  const char *body)
{
	send_page(request, HTML, "504 Gateway Time-out");
}

static void send_504_plain(struct snet__httpd_request *request, unsigned int status,
			   const char *body)
{
	send_page(request, PLAIN, "504 Gateway Time-out");
}

/* In place of the activation's id, which nobody waits for. */
static bool hit_gateway_504(const struct snet__faas_fault *fault,
			    struct snet__faas_call *call, struct snet__faas_plan *plan)
{
	plan->is_async = true;
	plan->send = fault->variant == PLAIN ? send_504_plain : send_504_html;
	plan->late_ns += fault->delay_ns;
	plan->late_by = fault->serial;
	return false;
}

const struct snet__faas_fault_kind snet__faas_fault_gateway_500 = {
	.name = "gateway-500",
	.variants = page_variants,
	.hit = hit_gateway_500,
};

const struct snet__faas_fault_kind snet__faas_fault_gateway_502 = {
	.name = "gateway-502",
	.variants = page_variants,
	.hit = hit_gateway_502,
};

const struct snet__faas_fault_kind snet__faas_fault_gateway_503 = {
	.name = "gateway-503",
	.variants = page_variants,
	.hit = hit_gateway_503,
};

const struct snet__faas_fault_kind snet__faas_fault_gateway_504 = {
	.name = "gateway-504",
	.variants = page_variants,
	.has_delay = true,
	.is_blocking = true,
	.hit = hit_gateway_504,
};

static bool refuse(struct snet__faas_call *call, struct snet__faas_plan *plan,
		   unsigned int status, const char *text)
{
	snet__faas_refuse(call, status, "%s", text);
	plan->is_answered = true;
	return false;
}

/* With the limits of a stock OpenWhisk. Source: ErrorResponse.scala, Messages */
static bool hit_429(const struct snet__faas_fault *fault, struct snet__faas_call *call,
		    struct snet__faas_plan *plan)
{
	static const char *const texts[] = {
		"Too many requests in the last minute (count: 61, allowed: 60).",
		"Too many concurrent requests in flight (count: 31, allowed: 30).",
	};

	return refuse(call, plan, 429, texts[fault->variant]);
}

/* Source: ErrorResponse.scala, response(); the words are Akka HTTP's, StatusCodes.scala */
static bool hit_503(const struct snet__faas_fault *fault, struct snet__faas_call *call,
		    struct snet__faas_plan *plan)
{
	return refuse(call, plan, 503,
		      "The server is currently unavailable (because it is overloaded or "
		      "down for maintenance).");
}

static bool hit_500(const struct snet__faas_fault *fault, struct snet__faas_call *call,
		    struct snet__faas_plan *plan)
{
	static const struct snet__faas_outcome no_container = {
		.status = SNET__FAAS_INTERNAL_ERROR,
		.message = "Failed to provision resources to run the action.",
	};

	if (fault->variant == 0)
		return refuse(call, plan, 500, "There was an internal server error.");
	plan->outcome = &no_container;
	return false;
}

static bool hit_502(const struct snet__faas_fault *fault, struct snet__faas_call *call,
		    struct snet__faas_plan *plan)
{
	static const struct snet__faas_outcome outcomes[] = {
		{
			.status = SNET__FAAS_APPLICATION_ERROR,
			.message = "The function failed on purpose.",
		},
		{
			.status = SNET__FAAS_DEVELOPER_ERROR,
			.message = "The action did not produce a valid response and "
				   "exited unexpectedly.",
		},
	};

	plan->outcome = &outcomes[fault->variant];
	return false;
}

const struct snet__faas_fault_kind snet__faas_fault_429 = {
	.name = "429",
	.variants = (const char *const[]){"rate", "concurrent", NULL},
	.hit = hit_429,
};

const struct snet__faas_fault_kind snet__faas_fault_503 = {
	.name = "503",
	.hit = hit_503,
};

const struct snet__faas_fault_kind snet__faas_fault_500 = {
	.name = "500",
	.variants = (const char *const[]){"controller", "invoker", NULL},
	.hit = hit_500,
};

const struct snet__faas_fault_kind snet__faas_fault_502 = {
	.name = "502",
	.variants = (const char *const[]){"application", "developer", NULL},
	.hit = hit_502,
};
