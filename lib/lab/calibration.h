/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_CALIBRATION_H
#define SNET_LAB_CALIBRATION_H

/* What "snet calibrate" has measured of this machine's shapers, and what a lab asks for beyond it:
 * each link is compared with the shaper that it has. */

#include "base/clock.h"
#include "io/json.h"
#include "topo/model.h"

/* What a shaper achieves. */
struct snet__ability {
	bool is_measured;
	uint64_t latency_ns; /* that it adds to each packet */
	/* Delays are off by less for half of the packets, and for 99 of 100. */
	uint64_t error_p50_ns, error_p99_ns;
	uint64_t rate_bps;    /* the most that came through a link with a rate */
	double packets_per_s; /* through all links together */
};

#define SNET__CALIBRATION_KERNEL_MAX 128

/* All zero: not calibrated. */
struct snet__calibration {
	char date[SNET__CLOCK_TEXT_MAX];           /* of the measurement, "" for none */
	char kernel[SNET__CALIBRATION_KERNEL_MAX]; /* which it was made on, and */
	double cpus;
	struct snet__ability of[SNET_SHAPER_USER + 1]; /* by enum snet_shaper */
};

/* From what snet_calibrate() returns; what has been kept may lack a shaper. -EINVAL: it is no such
 * thing, @err says what is wrong with it, and @ret is as it was. */
int snet__calibration_parse(struct snet__calibration *ret, const char *text,
			    struct snet_err *err);

/* -ESTALE: it was made on another kernel than this, or on another number of processors. */
int snet__calibration_check(const struct snet__calibration *calibration,
			    struct snet_err *err);

/* How many demands of links are told of, one by one. */
#define SNET__CALIBRATION_TOLD_MAX 20

/* What @model, which is checked, asks for and was not achieved, or not measured: an array of
 * {"link", "text"}, a sentence each without a full stop; without "link" it is about the lab. Empty
 * when nothing is known. NULL when memory is short. */
struct snet__json *snet__calibration_judge(const struct snet__calibration *calibration,
					   const struct snet__model *model);

/* How late a packet leaves a thread of ours that is late: by more than 99 of 100 did when that was
 * measured. Else by twice the time that the thread wakes early at most: then it did not run when it
 * was to. */
#define SNET__CALIBRATION_LATE_NS SNET__NS_PER_MS
uint64_t snet__calibration_late_ns(const struct snet__calibration *calibration);

#endif
