/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <math.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "lab/measure_pair.h"
#include "lab/measure_probe.h"
#include "sys/netns.h"

#define WARM_US 300000
#define RUN_US  2000000
#define PROBES  1000
/* Far from a part of each delay that is measured: a packet that is sent just when another one is due
 * would take the processor, or the shaper's thread, from that. */
#define PROBE_NS (4300 * SNET__NS_PER_US)
#define PAYLOAD  1400
#define HEADERS  42 /* Ethernet, IPv4, UDP */
#define PACKET   (PAYLOAD + HEADERS)
#define PORTION  40 /* packets sent in one call: below 64 KiB */

/* A thread that sends may not run for some ms: a link that has nothing to do meanwhile would seem to
 * be slow. So it keeps this much. */
#define RATE_NS     (3 * SNET__NS_PER_S)
#define BACKLOG_NS  (30 * SNET__NS_PER_MS)
#define BACKLOG_MIN 20

static int start(pthread_t *thread, void *(*fn)(void *user), void *user,
		 struct snet_err *err)
{
	int r = pthread_create(thread, NULL, fn, user);

	return r ? snet__err_sys(err, -r, "cannot start a thread") : 0;
}

/* ---- A stream. */

struct stream {
	int fd;
	atomic_ullong bytes;
};

#define BLOCK (128 * 1024) /* as iperf3 */

static void *send_stream(void *user)
{
	struct stream *stream = user;
	autofree char *block = calloc(1, BLOCK);

	/* Until its socket is shut down. */
	while (block && send(stream->fd, block, BLOCK, MSG_NOSIGNAL) > 0)
		;
	return NULL;
}

static void *take_stream(void *user)
{
	struct stream *stream = user;
	autofree char *block = malloc(BLOCK);
	ssize_t n;

	while (block && (n = recv(stream->fd, block, BLOCK, 0)) > 0)
		atomic_fetch_add(&stream->bytes, (unsigned long long)n);
	return NULL;
}

static int connect_stream(struct snet__measure_pair *pair, struct snet_err *err)
{
	const struct sockaddr *address = (const struct sockaddr *)&pair->address;
	autoclose int listener = -1;
	int r;

	r = snet__measure_probe_socket(&pair->fds[0], pair->netns[0], SOCK_STREAM, err);
	if (r == 0)
		r = snet__measure_probe_socket(&listener, pair->netns[1], SOCK_STREAM,
					       err);
	if (r < 0)
		return r;
	if (bind(listener, address, sizeof(pair->address)) < 0 ||
	    listen(listener, 1) < 0 ||
	    connect(pair->fds[0], address, sizeof(pair->address)) < 0)
		return snet__err_sys(err, -errno, "a TCP connection");
	pair->fds[1] = accept(listener, NULL, NULL);
	return pair->fds[1] < 0 ? snet__err_sys(err, -errno, "a TCP connection") : 0;
}

/* Of what @count says, per ns, once it runs. */
static double watch(double (*count)(void *user), void *user)
{
	uint64_t begin_ns;
	double begin;

	(void)usleep(WARM_US);
	begin_ns = snet__clock_ns();
	begin = count(user);
	(void)usleep(RUN_US);
	return (count(user) - begin) / (double)(snet__clock_ns() - begin_ns);
}

static double count_bytes(void *user)
{
	return (double)atomic_load(&((struct stream *)user)->bytes);
}

int snet__measure_stream(double *ret, const struct snet__measured *measured,
			 struct snet_err *err)
{
	cleanup_with(snet__measure_close_pair) struct snet__measure_pair pair;
	struct stream out = {0}, in = {0};
	pthread_t sender, taker;
	int r;

	r = snet__measure_open_pair(&pair, measured, err);
	if (r == 0)
		r = connect_stream(&pair, err);
	if (r < 0)
		return r;
	out.fd = pair.fds[0];
	in.fd = pair.fds[1];
	r = start(&taker, take_stream, &in, err);
	if (r < 0)
		return r;
	r = start(&sender, send_stream, &out, err);
	if (r == 0) {
		*ret = 8 * watch(count_bytes, &in);
		(void)shutdown(out.fd, SHUT_RDWR);
		(void)pthread_join(sender, NULL);
	}
	(void)shutdown(in.fd, SHUT_RDWR);
	(void)pthread_join(taker, NULL);
	return r;
}

/* ---- Small packets, of a protocol that nobody takes. */

#define FRAME_BATCH 64
#define FRAME_TYPE  0x88b5 /* for local experiments, IEEE 802 */

struct flood {
	int fd;
	const struct snet__measure_pair *pair;
	atomic_bool is_over;
};

static void *send_flood(void *user)
{
	struct flood *flood = user;
	/* Four bytes less than on the wire: the check sequence is not the kernel's. */
	unsigned char frame[60] = {2, 0, 10, 0, 0, 2, 2, 0, 10, 0, 0, 1, 0x88, 0xb5};
	struct iovec part = {frame, sizeof(frame)};
	struct mmsghdr messages[FRAME_BATCH];

	for (int i = 0; i < FRAME_BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
	while (!atomic_load(&flood->is_over))
		(void)sendmmsg(flood->fd, messages, FRAME_BATCH, 0);
	return NULL;
}

static int open_flood(struct snet__measure_pair *pair, enum snet_shaper shaper,
		      struct snet_err *err)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(FRAME_TYPE)};
	struct ifreq request = {.ifr_name = "eth0"};
	/* netem is what that would go past. */
	int bypass = shaper != SNET_SHAPER_NETEM, off = 0, r;

	r = snet__netns_socket(&pair->fds[0], pair->netns[0], AF_PACKET, SOCK_RAW, 0,
			       err);
	if (r < 0)
		return r;
	if (ioctl(pair->fds[0], FIONBIO, &off) < 0 ||
	    ioctl(pair->fds[0], SIOCGIFINDEX, &request) < 0)
		return snet__err_sys(err, -errno, "eth0");
	to.sll_ifindex = request.ifr_ifindex;
	(void)setsockopt(pair->fds[0], SOL_PACKET, PACKET_QDISC_BYPASS, &bypass,
			 sizeof(bypass));
	return bind(pair->fds[0], (struct sockaddr *)&to, sizeof(to)) < 0
		       ? snet__err_sys(err, -errno, "eth0")
		       : 0;
}

static double count_packets(void *user)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	const struct flood *flood = user;
	unsigned long long packets = 0;
	char line[512];
	autofile FILE *file = NULL;

	if (snet__netns_enter(&outside, flood->pair->netns[1], NULL) < 0)
		return NAN;
	file = fopen("/proc/thread-self/net/dev", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " eth0: %*u %llu", &packets) == 1)
			break;
	return (double)packets;
}

struct counting {
	struct flood *flood;
	double per_ns;
};

/* By a thread that can enter the namespaces. */
static void *watch_flood(void *user)
{
	struct counting *counting = user;

	counting->per_ns = NAN;
	if (snet__netns_settle(-1, NULL) < 0)
		return NULL;
	counting->per_ns = watch(count_packets, counting->flood);
	snet__netns_unsettle();
	return NULL;
}

int snet__measure_packets(double *ret_per_s, const struct snet__measured *measured,
			  struct snet_err *err)
{
	cleanup_with(snet__measure_close_pair) struct snet__measure_pair pair;
	struct flood flood = {.pair = &pair};
	struct counting counting = {.flood = &flood};
	pthread_t sender, watcher;
	int r;

	r = snet__measure_open_pair(&pair, measured, err);
	if (r == 0)
		r = open_flood(&pair, measured->shaper, err);
	if (r < 0)
		return r;
	flood.fd = pair.fds[0];
	r = start(&sender, send_flood, &flood, err);
	if (r < 0)
		return r;
	r = start(&watcher, watch_flood, &counting, err);
	if (r == 0)
		(void)pthread_join(watcher, NULL);
	atomic_store(&flood.is_over, true);
	(void)pthread_join(sender, NULL);
	*ret_per_s = counting.per_ns * 1e9;
	if (r == 0 && isnan(*ret_per_s))
		r = snet__err_set(err, -EIO, "cannot count the packets");
	return r;
}

/* ---- There and back. */

/* Two hosts do not share a processor: where they may, each waking the other without leaving it takes
 * 2 us, and else, on a virtual machine, 50 us. Best effort, where there is but one. */
static void move_to(int which, cpu_set_t *ret_before)
{
	cpu_set_t one;

	if (pthread_getaffinity_np(pthread_self(), sizeof(*ret_before), ret_before) != 0)
		CPU_ZERO(ret_before);
	CPU_ZERO(&one);
	for (int cpu = 0, found = 0; cpu < CPU_SETSIZE && !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, ret_before) && found++ == which)
			CPU_SET(cpu, &one);
	(void)pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
}

static void *run_echo(void *user)
{
	const struct snet__measure_pair *pair = user;
	cpu_set_t before;
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	char block[64];
	ssize_t n;

	move_to(1, &before);
	while ((n = recvfrom(pair->fds[1], block, sizeof(block), 0,
			     (struct sockaddr *)&from, &size)) > 1)
		(void)sendto(pair->fds[1], block, (size_t)n, 0, (struct sockaddr *)&from,
			     size);
	return NULL;
}

int snet__measure_latency(struct snet__quantiles *ret,
			  const struct snet__measured *measured, struct snet_err *err)
{
	cleanup_with(snet__measure_close_pair) struct snet__measure_pair pair;
	autofree double *us = calloc(2 * PROBES, sizeof(*us));
	char block[22] = "ping"; /* 64 bytes on the wire */
	cpu_set_t before;
	pthread_t echo;
	int r;

	r = snet__measure_open_pair(&pair, measured, err);
	if (r == 0)
		r = us ? snet__measure_open_flow(&pair, 5, err) : snet__err_oom(err);
	if (r == 0)
		r = start(&echo, run_echo, &pair, err);
	if (r < 0)
		return r;
	move_to(0, &before);
	for (int i = 0; i < 2 * PROBES; i++) {
		uint64_t begin_ns = snet__clock_ns();

		(void)send(pair.fds[0], block, sizeof(block), 0);
		(void)recv(pair.fds[0], block, sizeof(block), 0);
		us[i] = (double)(snet__clock_ns() - begin_ns) / 2e3;
	}
	(void)pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
	(void)send(pair.fds[0], block, 1, 0);
	(void)pthread_join(echo, NULL);
	*ret = snet__measure_probe_quantiles(us, 2 * PROBES);
	return 0;
}

/* ---- Single packets. */

static void send_probes(int fd)
{
	uint64_t at_ns = snet__clock_ns();

	for (size_t i = 0; i < PROBES; i++) {
		struct timespec at;

		snet__measure_probe_send(fd);
		at_ns += PROBE_NS;
		at.tv_sec = (time_t)(at_ns / SNET__NS_PER_S);
		at.tv_nsec = (long)(at_ns % SNET__NS_PER_S);
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
}

int snet__measure_delay(struct snet__quantiles *ret,
			const struct snet__measured *measured, struct snet_err *err)
{
	cleanup_with(snet__measure_close_pair) struct snet__measure_pair pair;
	autofree double *us = calloc(PROBES, sizeof(*us));
	struct snet__measure_probes probes = {.wanted = PROBES, .us = us};
	struct snet__measure_probe first;
	pthread_t taker;
	int r;

	r = snet__measure_open_pair(&pair, measured, err);
	if (r == 0)
		r = us ? snet__measure_open_flow(&pair, 3, err) : snet__err_oom(err);
	if (r < 0)
		return r;
	probes.fd = pair.fds[1];
	/* Whoever has to be found is, now. */
	snet__measure_probe_send(pair.fds[0]);
	(void)snet__measure_probe_take(probes.fd, &first);
	r = start(&taker, snet__measure_probes_take, &probes, err);
	if (r < 0)
		return r;
	send_probes(pair.fds[0]);
	(void)pthread_join(taker, NULL);
	if (!probes.count)
		return snet__err_set(err, -EIO, "no packet has come");
	for (size_t i = 0; i < probes.count; i++)
		us[i] = fabs(us[i] - (double)measured->forth.delay_ns / 1e3);
	*ret = snet__measure_probe_quantiles(us, probes.count);
	return 0;
}

/* ---- Rate and loss. */

struct sink {
	int fd;
	uint64_t first_ns, last_ns;
	uint64_t bytes, packets;
};

static void *drain(void *user)
{
	struct sink *sink = user;
	struct snet__measure_probe probe;

	while (snet__measure_probe_take(sink->fd, &probe)) {
		sink->last_ns = probe.came_ns;
		sink->packets++;
		/* What comes after the first one has taken time. */
		if (sink->first_ns)
			sink->bytes += probe.size + HEADERS;
		else
			sink->first_ns = probe.came_ns;
	}
	return NULL;
}

/* How many packets the link may keep, which is how long it does without its sender. */
static uint32_t find_backlog(uint64_t rate_bps)
{
	uint64_t packets = rate_bps * BACKLOG_NS / SNET__NS_PER_S / (PACKET * 8);

	return (uint32_t)(packets > BACKLOG_MIN ? packets : BACKLOG_MIN);
}

/* So much at once that the link has enough to do, and a tenth more than it can from then on: what was
 * put off is sent at once as well, so that it always has. */
static void offer(int fd, const struct snet_impairment *forth)
{
	static const char block[PAYLOAD * PORTION];
	const struct timespec pause = {.tv_nsec = 200000};
	const int segment = PAYLOAD;
	size_t portion = PORTION;
	uint64_t begin_ns = snet__clock_ns(), spent_ns = 0;
	double wanted, sent = 0;

	/* Many in one call, which the kernel cuts: a sender should not need a processor. */
	if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0)
		portion = 1; /* before Linux 4.18 */
	while (spent_ns < RATE_NS) {
		wanted = (double)spent_ns * (double)forth->rate_bps * 1.1e-9 /
				 (PACKET * 8) +
			 forth->limit_packets;
		while (sent < wanted) {
			/* netem lets go of a portion as a whole, when its last packet has
			 * had its time: who counts begins behind the first. */
			size_t count = sent > 0 ? (size_t)fmin(ceil(wanted - sent),
							       (double)portion)
						: 1;

			(void)send(fd, block, count * PAYLOAD, MSG_DONTWAIT);
			sent += (double)count;
		}
		(void)nanosleep(&pause, NULL);
		spent_ns = snet__clock_ns() - begin_ns;
	}
}

/* A flow over the link, and a thread that counts what comes out of it, until nothing has for
 * @patience_s. */
static int open_sink(struct snet__measure_pair *pair, struct sink *sink, pthread_t *taker,
		     const struct snet__measured *measured, unsigned int patience_s,
		     struct snet_err *err)
{
	int r = snet__measure_open_pair(pair, measured, err);

	if (r == 0)
		r = snet__measure_open_flow(pair, patience_s, err);
	if (r < 0)
		return r;
	sink->fd = pair->fds[1];
	return start(taker, drain, sink, err);
}

int snet__measure_rate(double *ret_error, const struct snet__measured *measured,
		       struct snet_err *err)
{
	struct snet__measured loaded = *measured;
	cleanup_with(snet__measure_close_pair) struct snet__measure_pair pair;
	struct sink sink = {0};
	pthread_t taker;
	double got;
	int r;

	loaded.forth.limit_packets = find_backlog(measured->forth.rate_bps);
	r = open_sink(&pair, &sink, &taker, &loaded, 1, err);
	if (r < 0)
		return r;
	offer(pair.fds[0], &loaded.forth);
	(void)pthread_join(taker, NULL);
	if (sink.last_ns == sink.first_ns)
		return snet__err_set(err, -EIO, "too few packets have come");
	got = (double)sink.bytes * 8e9 / (double)(sink.last_ns - sink.first_ns);
	*ret_error = got / (double)measured->forth.rate_bps - 1;
	return 0;
}

int snet__measure_loss(double *ret, const struct snet__measured *measured, size_t count,
		       struct snet_err *err)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	cleanup_with(snet__measure_close_pair) struct snet__measure_pair pair;
	struct sink sink = {0};
	pthread_t taker;
	int r;

	r = open_sink(&pair, &sink, &taker, measured, 1, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		(void)send(pair.fds[0], "", 1, 0);
		if (i % 50 == 49)
			(void)nanosleep(&pause, NULL);
	}
	(void)pthread_join(taker, NULL);
	*ret = 1 - (double)sink.packets / (double)count;
	return 0;
}

/* ---- The machine. */

void snet__measure_timer(struct snet__quantiles *ret)
{
	autofree double *us = calloc(PROBES, sizeof(*us));
	autoclose int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t due_ns = snet__clock_ns(), count;

	*ret = (struct snet__quantiles){0, 0};
	if (!us || fd < 0)
		return;
	(void)prctl(PR_SET_TIMERSLACK, 1);
	for (int i = 0; i < PROBES; i++) {
		struct itimerspec at = {0};

		due_ns += PROBE_NS;
		at.it_value.tv_sec = (time_t)(due_ns / SNET__NS_PER_S);
		at.it_value.tv_nsec = (long)(due_ns % SNET__NS_PER_S);
		(void)timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL);
		(void)!read(fd, &count, sizeof(count));
		us[i] = (double)(snet__clock_ns() - due_ns) / 1e3;
	}
	(void)prctl(PR_SET_TIMERSLACK, 0); /* the thread's own default */
	*ret = snet__measure_probe_quantiles(us, PROBES);
}
