/* SPDX-License-Identifier: MIT */
/* What the machine counts, less what this process has used. Interrupts of the kernel that serve this
 * process are counted as others': who watches has little of them at that time. */

#include "sys/others.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LINE_MAX_BYTES 512

/* Source: proc_stat(5): user, nice, system, idle, iowait, irq, softirq and steal; what guests have is
 * in the first two. */
int snet__others_parse(struct snet__processor_time *ret, const char *line,
		       struct snet_err *err)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;

	if (sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
		   &system, &idle, &iowait, &irq, &softirq, &steal) != 8)
		return snet__err_set(err, -EINVAL, "/proc/stat is not as it should be");
	ret->busy = (double)(user + nice + system + irq + softirq + steal);
	ret->all = ret->busy + (double)(idle + iowait);
	return 0;
}

static bool read_time(struct snet__processor_time *ret)
{
	char line[LINE_MAX_BYTES];
	autofile FILE *file = fopen("/proc/stat", "re");

	return file && fgets(line, sizeof(line), file) &&
	       snet__others_parse(ret, line, NULL) == 0;
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double read_own(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage); /* cannot fail */
	return (seconds(&usage.ru_utime) + seconds(&usage.ru_stime)) *
	       (double)sysconf(_SC_CLK_TCK);
}

void snet__others_begin(struct snet__others *others)
{
	others->is_watching = read_time(&others->since);
	others->own_since = read_own();
}

void snet__others_end(struct snet__others *others)
{
	struct snet__processor_time now;

	if (!others->is_watching || !read_time(&now))
		return;
	others->taken += now.busy - others->since.busy - (read_own() - others->own_since);
	others->all += now.all - others->since.all;
	others->is_watching = false;
}

double snet__others_share(const struct snet__others *others)
{
	double share = others->all > 0 ? others->taken / others->all : -1;

	/* Ticks are coarser than what a process has used. */
	return others->all > 0 && share < 0 ? 0 : share;
}
