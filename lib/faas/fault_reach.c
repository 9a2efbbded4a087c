/* SPDX-License-Identifier: MIT */
/* Faults of the whole endpoint: nobody gets to it. The server does it, see io/httpd.h; here is
 * what proves it. A refused connection is seen by nobody but the kernel, which counts the
 * resets that it sends; dropped packets are counted by the sockets that they were for. */

#include <string.h>

#include "base/log.h"
#include "faas/plan.h"
#include "sys/counters.h"

static int refuse_begin(struct snet__faas_fault *fault, struct snet_err *err)
{
	int r;

	r = snet__counters_open(&fault->counters, fault->faas->netns, err);
	if (r < 0)
		return r;
	/* What it closes is added to what is refused from now on. */
	fault->base = snet__counters_get(fault->counters, "Tcp", "OutRsts") -
		      snet__httpd_start_refusing(fault->faas->httpd);
	return 0;
}

static void refuse_end(struct snet__faas_fault *fault)
{
	int r = snet__httpd_stop_refusing(fault->faas->httpd);

	if (r < 0)
		snet__log(SNET_LOG_WARNING, "cannot listen again functions=%s error=%s",
			  fault->faas->name, strerror(-r));
}

static uint64_t refuse_count(const struct snet__faas_fault *fault)
{
	return snet__counters_get(fault->counters, "Tcp", "OutRsts") - fault->base;
}

static int gone_begin(struct snet__faas_fault *fault, struct snet_err *err)
{
	int r;

	fault->base = snet__httpd_count_dropped(fault->faas->httpd);
	r = snet__httpd_start_silence(fault->faas->httpd);
	return r < 0 ? snet__err_sys(err, r, "cannot drop the packets to '%s'",
				     fault->faas->name)
		     : 0;
}

static void gone_end(struct snet__faas_fault *fault)
{
	snet__httpd_stop_silence(fault->faas->httpd);
}

static uint64_t gone_count(const struct snet__faas_fault *fault)
{
	return snet__httpd_count_dropped(fault->faas->httpd) - fault->base;
}

const struct snet__faas_fault_kind snet__faas_fault_refuse = {
	.name = "refuse",
	.begin = refuse_begin,
	.end = refuse_end,
	.count = refuse_count,
};

const struct snet__faas_fault_kind snet__faas_fault_gone = {
	.name = "gone",
	.begin = gone_begin,
	.end = gone_end,
	.count = gone_count,
};
