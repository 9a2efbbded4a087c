/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROBES_H
#define TESTS_PROBES_H

/* A lab of two hosts at a link, and packets between them that know when they were sent. */

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "hosts.h"

#define MS       SNET__NS_PER_MS
#define QUIET_MS 300 /* what has not come by then does not */

LABS_UNUSED void set_up(void)
{
	err = (struct snet_err){0};
	LABS_OK(snet_lab_new(&lab, "shaping", &err));
}

LABS_UNUSED void tear_down(void)
{
	snet_lab_free(lab);
}

/* Hosts a and b at a cable. */
#define PAIR(...)                                \
	do {                                     \
		add_node("a", "host");           \
		add_node("b", "host");           \
		LINK("a", "b", __VA_ARGS__);     \
		LABS_OK(snet_lab_up(lab, &err)); \
	} while (0)

/* A packet that knows when it was sent. */
struct probe {
	uint64_t number, sent_ns;
	char rest[48];
};

LABS_UNUSED void send_probe(int fd, uint64_t number)
{
	const struct probe probe = {.number = number, .sent_ns = snet__clock_ns()};

	ck_assert_int_eq(send(fd, &probe, sizeof(probe), 0), sizeof(probe));
}

LABS_UNUSED struct probe take_probe(int fd)
{
	struct probe probe;

	ck_assert_int_eq(recv(fd, &probe, sizeof(probe), 0), sizeof(probe));
	return probe;
}

LABS_UNUSED bool is_quiet(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, QUIET_MS) == 0;
}

/* The least of a few, in ns: how long it takes from one node to another. */
LABS_UNUSED uint64_t time_way(const char *from, const char *to)
{
	int in = open_receiver(to), out = open_sender(from, to);
	uint64_t ret = UINT64_MAX, took_ns;
	struct probe probe;

	for (int i = 0; i < 5; i++) {
		send_probe(out, 1);
		probe = take_probe(in);
		took_ns = snet__clock_ns() - probe.sent_ns;
		ret = took_ns < ret ? took_ns : ret;
	}
	close(in);
	close(out);
	return ret;
}

/* At least @ms, and not as much as the least thing that could be wrong. */
LABS_UNUSED void expect_way(const char *from, const char *to, uint64_t ms)
{
	uint64_t took_ns = time_way(from, to);

	ck_assert_msg(took_ns >= ms * MS && took_ns < (ms + 20) * MS, "%s to %s: %lu us",
		      from, to, (unsigned long)took_ns / 1000);
}

#endif
