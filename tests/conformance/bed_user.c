/* SPDX-License-Identifier: MIT */
/* A thread of ours in the middle of a cable, as in a lab: each end's peer is in a third namespace. */

#include <sys/socket.h>
#include <unistd.h>

#include "link/shaper_user.h"
#include "rights.h"
#include "shaper_bed.h"
#include "sys/packet.h"

#define BUFFER_BYTES (64 << 20)
#define LATE_NS      (2 * MS) /* of one packet in a hundred: starved */

struct packets_end bed_a, bed_b;
const char bed_kind[] = "user";

static struct packets_end middle;
static struct snet__shaper *shaper;
static struct snet__shaped *shaped;
static struct snet__shaper_moment asked;

/* All that a test sends may be in one socket at once. */
void bed_require(void)
{
	const int size = BUFFER_BYTES;
	int fd;

	rights_get();
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == 0) {
		close(fd);
		return;
	}
	fprintf(stderr, "skipped: large socket buffers are for root\n");
	exit(77);
}

static size_t count_queued(void)
{
	return bed_count().queued;
}

static int open_half(struct packets_end *end, const char *name)
{
	struct snet__packet_opts opts = {.sends = true,
					 .is_stamped = true,
					 .buffer_bytes = BUFFER_BYTES};
	struct snet_err err = {0};
	int fd;

	packets_connect(end, &middle, name);
	opts.index = middle.index;
	ck_assert_msg(snet__packet_open(&fd, middle.netns, &opts, &err) == 0, "%s",
		      err.msg);
	return fd;
}

void bed_set_up(void)
{
	const struct snet_impairment plain[2] = {{0}, {0}};
	struct snet_err err = {0};
	int cable[1][2];
	const struct snet__shaped_opts opts = {.name = "a-b",
					       .impairments = plain,
					       .cables = (const int(*)[2])cable,
					       .cable_count = 1};

	packets_new_end(&bed_a);
	packets_new_end(&bed_b);
	packets_new_end(&middle);
	cable[0][0] = open_half(&bed_a, "a");
	cable[0][1] = open_half(&bed_b, "b");
	ck_assert_msg(snet__shaper_new(&shaper, &err) == 0, "%s", err.msg);
	ck_assert_msg(snet__shaper_add(shaper, &shaped, &opts, &err) == 0, "%s", err.msg);
	snet__shaper_mark(shaper, &asked, LATE_NS);
	packets_listen(&bed_a);
	packets_listen(&bed_b);
	bed_a.queued = count_queued;
}

void bed_tear_down(void)
{
	snet__shaper_free(shaper);
	packets_free(&bed_a, &bed_b);
	packets_free_end(&middle);
}

void bed_set(const struct snet_impairment *impairment)
{
	const struct snet_impairment both[2] = {*impairment, {0}};
	struct snet_err err = {0};

	ck_assert_msg(snet__shaped_set(shaped, both, NULL, &err) == 0, "%s", err.msg);
}

struct bed_counts bed_count(void)
{
	struct snet__shaper_counts counts[2];
	struct bed_counts ret = {0};

	snet__shaped_count(shaped, counts);
	ck_assert_uint_eq(counts[0].missed, 0);
	for (int i = 0; i < SNET__DROP_COUNT; i++)
		ret.lost += counts[0].pipe.lost[i];
	ret.reordered = counts[0].pipe.reordered;
	ret.queued = counts[0].pipe.queue_packets;
	return ret;
}

bool bed_was_starved(void)
{
	struct snet__shaper_moment now, since;

	snet__shaper_mark(shaper, &now, LATE_NS);
	since = snet__shaper_between(&asked, &now);
	asked = now;
	return since.late * 100 > since.packets;
}
