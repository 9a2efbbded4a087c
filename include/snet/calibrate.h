/* SPDX-License-Identifier: MIT */
#ifndef SNET_CALIBRATE_H
#define SNET_CALIBRATE_H

#include <snet/link.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * snet_calibrate() - measure what the shapers of this machine achieve
 * @ret:    a JSON object, to be freed; untouched on failure
 * @shaper: which is measured; SNET_SHAPER_AUTO: each that this machine has
 * @progress: called before each measurement with its name and the share that is done, 0 to 1, by the
 *          calling thread; or NULL
 * @user:   for @progress
 * @err:    filled on failure, may be NULL
 *
 * By packets between hosts of small labs, one after the other: throughput, packets per second, the
 * latency that a shaper adds, and how exactly it keeps delays, rates and losses. It takes about a
 * minute a shaper, in which the machine should have nothing else to do.
 *
 * The object has "date", "kernel", "cpus", "timer" (how late a sleeping thread wakes, in us),
 * "others" (the share of the processors' time that others took meanwhile, or null),
 * "plain" (a link without a shaper), and for each shaper a member of its name, "netem" and "user":
 * null when this machine does not have it, left out when it was not asked for; see
 * snet-calibrate(1).
 *
 * Return: 0, -ENODEV (this machine does not have @shaper), -EINVAL (there is none such), -ENOMEM,
 *         and what makes snet_lab_up() fail
 * Since: 0.1
 */
SNET_API int snet_calibrate(char **ret, enum snet_shaper shaper,
			    void (*progress)(void *user, const char *what, double share),
			    void *user, struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
