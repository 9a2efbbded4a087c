/* SPDX-License-Identifier: MIT */
#ifndef SNET_CALIBRATE_H
#define SNET_CALIBRATE_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * snet_calibrate() - measure what the shapers of this machine achieve
 * @ret:  a JSON object, to be freed; untouched on failure
 * @progress: called before each measurement with its name and the share that is done, 0 to 1, by the
 *        calling thread; or NULL
 * @user: for @progress
 * @err:  filled on failure, may be NULL
 *
 * By packets between hosts of small labs, one after the other: throughput, packets per second, the
 * latency that a shaper adds, and how exactly it keeps delays, rates and losses. It takes about a
 * minute, in which the machine should have nothing else to do.
 *
 * The object has "date", "kernel", "cpus", "timer" (how late a sleeping thread wakes, in us),
 * "plain" (a link without a shaper) and "user"; see snet-calibrate(1).
 *
 * Return: 0, -ENOMEM, and what makes snet_lab_up() fail
 * Since: 0.1
 */
SNET_API int snet_calibrate(char **ret,
			    void (*progress)(void *user, const char *what, double share),
			    void *user, struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
