/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_MEASURE_PROBE_H
#define SNET_LAB_MEASURE_PROBE_H

/* Single packets over UDP: each knows when it was sent, and the kernel notes when it has come. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lab/measure.h"

/* A blocking socket of a namespace. */
int snet__measure_probe_socket(int *ret_fd, int netns, int type, struct snet_err *err);
/* One that takes what comes to @address, has room for much, and waits so long for the next. */
int snet__measure_probe_listen(int *ret_fd, int netns, const struct sockaddr_in *address,
			       unsigned int patience_s, struct snet_err *err);

void snet__measure_probe_send(int fd);

struct snet__measure_probe {
	uint64_t
		sent_ns; /* of what snet__measure_probe_send() has sent, else of no meaning */
	uint64_t came_ns; /* both since 1970 */
	size_t size;
};
/* False when none has come in time. */
bool snet__measure_probe_take(int fd, struct snet__measure_probe *ret);

/* A thread's: how long each took, until @wanted have come, or none does. */
struct snet__measure_probes {
	int fd;
	size_t count, wanted;
	double *us;
};
void *snet__measure_probes_take(void *user);

/* Sorts them. */
struct snet__quantiles snet__measure_probe_quantiles(double *us, size_t count);

#endif
