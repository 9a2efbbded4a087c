/* SPDX-License-Identifier: MIT */
#include "lab/flap.h"

#include <errno.h>
#include <poll.h>

#include <snet/link.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "lab/change.h"

static int set(struct snet_lab *lab, const struct snet__flap *flap, bool is_down,
	       struct snet_err *err)
{
	const struct snet__change_request request = {
		.link = flap->link,
		.ways = {flap->ways[0], flap->ways[1]},
		.text = is_down ? "{\"down\": true}" : "{\"down\": false}",
	};
	struct snet__problems problems = {0};
	autofree char *lines = NULL;
	autojson *json = NULL;
	int r;

	r = snet__lab_change(lab, &request, &problems, &json, &lines, err);
	snet__problems_clear(&problems);
	if (r == 0 && flap->told)
		flap->told(flap->user, lines);
	return r;
}

/* 1: through, 0: it was asked to stop; -ENOTCONN when the lab ends. */
static int wait_for(struct snet_lab *lab, const struct snet__flap *flap, uint64_t ns,
		    struct snet_err *err)
{
	struct pollfd ends[] = {{.fd = flap->stop_fd, .events = POLLIN},
				{.events = POLLIN}};
	uint64_t now_ns = snet__clock_ns();
	const uint64_t until_ns = ns < UINT64_MAX - now_ns ? now_ns + ns : UINT64_MAX;
	int r, n = 0;

	/* Held, so that its descriptor stays. */
	r = snet__lab_enter(lab, false, err);
	if (r < 0)
		return r;
	ends[1].fd = lab->cancel_fd;
	while (n <= 0 && (now_ns = snet__clock_ns()) < until_ns) {
		const uint64_t left_ns = until_ns - now_ns;
		const struct timespec timeout = {
			.tv_sec = (time_t)(left_ns / SNET__NS_PER_S),
			.tv_nsec = (long)(left_ns % SNET__NS_PER_S)};

		n = ppoll(ends, 2, &timeout, NULL); /* a signal may end it */
	}
	snet__lab_leave(lab);
	if (n > 0 && ends[1].revents)
		return snet__err_set(err, -ENOTCONN, "lab '%s' goes down",
				     lab->model.name);
	return n <= 0;
}

/* As wait_for(). */
static int go_down_and_up(struct snet_lab *lab, const struct snet__flap *flap,
			  struct snet_err *err)
{
	int r, up;

	r = set(lab, flap, true, err);
	if (r == 0)
		r = wait_for(lab, flap, flap->down_ns, err);
	/* Whatever has failed, it may be down. */
	up = set(lab, flap, false, r < 0 ? NULL : err);
	return r < 0 || up == 0 ? r : up;
}

int snet__flap_run(struct snet_lab *lab, const struct snet__flap *flap,
		   struct snet_err *err)
{
	int r = 1;

	for (unsigned int i = 0; i < flap->count && r > 0; i++) {
		r = i ? wait_for(lab, flap, flap->up_ns, err) : 1;
		if (r > 0)
			r = go_down_and_up(lab, flap, err);
	}
	return r < 0 ? r : 0;
}

int snet_link_flap(struct snet_lab *lab, const char *link, enum snet_direction direction,
		   const struct snet_flap_opts *opts, struct snet_err *err)
{
	static const struct snet_flap_opts defaults = {.size = sizeof(defaults)};
	struct snet__flap flap = {.link = link, .stop_fd = -1};
	int r = snet__change_read_ways(flap.ways, link, direction, err);

	if (r < 0)
		return r;
	opts = opts ? opts : &defaults;
	if (opts->size < sizeof(*opts))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_flap_opts)");
	flap.down_ns = opts->down_ns ? opts->down_ns : SNET__NS_PER_S;
	flap.up_ns = opts->up_ns ? opts->up_ns : SNET__NS_PER_S;
	flap.count = opts->count ? opts->count : 1;
	return snet__flap_run(lab, &flap, err);
}
