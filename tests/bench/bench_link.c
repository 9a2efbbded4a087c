/* SPDX-License-Identifier: MIT */
/* What a shaped link does to packets beside what a plain one does, in one run: throughput, packet
 * rate, latency, and how exactly it keeps a delay, a rate or a loss; then a thousand of them. One JSON
 * line a measurement:
 *
 *     bench_link [link_tcp|link_packets|link_latency|link_delay|link_rate|link_loss|link_many]...
 */

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <snet/snet.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "lab/measure_probe.h"

static struct snet_err err;

static void check(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "bench_link: %s: %s\n", what,
		*err.msg ? err.msg : strerror(errno));
	exit(1);
}

static const struct snet__measured plain = {.shaper = SNET_SHAPER_AUTO},
				   idle = {.shaper = SNET_SHAPER_USER};

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

#define ROUNDS 5

/* Puts them in order. */
static double median(double values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

/* By turns, as the machine has better and worse seconds. */
static void bench_tcp(void)
{
	double without[ROUNDS], with[ROUNDS], ratios[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		check(snet__measure_stream(&without[i], &plain, &err), "stream");
		check(snet__measure_stream(&with[i], &idle, &err), "stream");
		ratios[i] = with[i] / without[i];
	}
	printf("{\"bench\":\"link_tcp\",\"plain_gbps\":%.2f,\"shaped_gbps\":%.2f,"
	       "\"ratio\":%.3f}\n",
	       median(without), median(with), median(ratios));
}

static void bench_packets(void)
{
	double without, with;

	check(snet__measure_packets(&without, &plain, &err), "packets");
	check(snet__measure_packets(&with, &idle, &err), "packets");
	printf("{\"bench\":\"link_packets\",\"plain_per_s\":%.0f,\"shaped_per_s\":%.0f}\n",
	       without, with);
}

static void bench_latency(void)
{
	struct snet__quantiles without, with;

	check(snet__measure_latency(&without, &plain, &err), "latency");
	check(snet__measure_latency(&with, &idle, &err), "latency");
	printf("{\"bench\":\"link_latency\",\"plain_us_p50\":%.1f,\"plain_us_p99\":%.1f,"
	       "\"added_us_p50\":%.1f,\"added_us_p99\":%.1f}\n",
	       without.p50_us, without.p99_us, with.p50_us - without.p50_us,
	       with.p99_us - without.p99_us);
}

static void bench_delay(void)
{
	static const unsigned int delays_ms[] = {1, 10, 100, 500};
	struct snet__quantiles bare, without, error;

	snet__measure_timer(&bare);
	/* What the same packets take without any shaper, from the call that sends one until the kernel
	 * has it at the other end: it is in the error as well. */
	check(snet__measure_delay(&without, &plain, &err), "delay");
	printf("{\"bench\":\"link_delay_0\",\"plain_us_p50\":%.1f,\"plain_us_p99\":%.1f}\n",
	       without.p50_us, without.p99_us);
	for (size_t i = 0; i < sizeof(delays_ms) / sizeof(*delays_ms); i++) {
		const struct snet__measured measured = {.shaper = SNET_SHAPER_USER,
							.forth.delay_ns =
								delays_ms[i] *
								SNET__NS_PER_MS};

		check(snet__measure_delay(&error, &measured, &err), "delay");
		printf("{\"bench\":\"link_delay_%u\",\"error_us_p50\":%.1f,"
		       "\"error_us_p99\":%.1f,\"timerfd_us_p50\":%.1f,"
		       "\"timerfd_us_p99\":%.1f,\"p99_ratio\":%.2f}\n",
		       delays_ms[i], error.p50_us, error.p99_us, bare.p50_us, bare.p99_us,
		       error.p99_us / bare.p99_us);
		(void)fflush(stdout);
	}
}

static void bench_rate(void)
{
	double error;

	for (uint64_t rate = 1000000; rate <= 1000000000; rate *= 10) {
		const struct snet__measured measured = {.shaper = SNET_SHAPER_USER,
							.forth.rate_bps = rate};

		check(snet__measure_rate(&error, &measured, &err), "rate");
		printf("{\"bench\":\"link_rate_%llu\",\"error_percent\":%.3f}\n",
		       (unsigned long long)(rate / 1000000),
		       100 * (error < 0 ? -error : error));
		(void)fflush(stdout);
	}
}

#define LOSS_PACKETS 50000

/* In standard deviations of the binomial distribution: 99.9 % of all seeds are within 3.29. This is one
 * of them, the same each time. */
static void bench_loss(void)
{
	static const double percents[] = {0.1, 1, 10, 25, 50};

	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		double share = percents[i] / 100, lost;
		const struct snet__measured measured = {.shaper = SNET_SHAPER_USER,
							.forth.loss = share};

		check(snet__measure_loss(&lost, &measured, LOSS_PACKETS, &err), "loss");
		printf("{\"bench\":\"link_loss_%g\",\"lost_percent\":%.3f,"
		       "\"deviations\":%.2f}\n",
		       percents[i], 100 * lost,
		       fabs(lost - share) / sqrt(share * (1 - share) / LOSS_PACKETS));
		(void)fflush(stdout);
	}
}

/* ---- A thousand shaped links. */

#define PORT       5001
#define MANY       1000
#define MANY_HZ    50
#define MANY_DELAY (20 * SNET__NS_PER_MS)

static void add_host(struct snet_lab *lab, const char *name)
{
	const struct snet_node_opts node = {.size = sizeof(node),
					    .name = name,
					    .kind = "host"};

	check(snet_lab_add_node(lab, &node, &err), "add_node");
}

/* Processor time of the shaper's thread. */
static double shaper_s(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	char path[300], line[512];
	double ret = 0;

	while (dir && (entry = readdir(dir))) {
		unsigned long user = 0, system = 0;
		FILE *file;

		(void)snprintf(path, sizeof(path), "/proc/self/task/%s/stat",
			       entry->d_name);
		file = fopen(path, "re");
		if (file && fgets(line, sizeof(line), file) &&
		    strstr(line, "(snet-shaper)") &&
		    sscanf(strrchr(line, ')') + 2,
			   "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			   &system) == 2)
			ret = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
		if (file)
			(void)fclose(file);
	}
	if (dir)
		(void)closedir(dir);
	return ret;
}

static struct snet_lab *many_up(void)
{
	const struct snet_node_opts sw = {.size = sizeof(sw),
					  .name = "s",
					  .kind = "switch"};
	struct snet_link_opts link = {.size = sizeof(link), .to = "s"};
	struct snet_lab *lab;
	char name[16];

	check(snet_lab_new(&lab, "bench-many", &err), "lab");
	check(snet_lab_add_node(lab, &sw, &err), "switch");
	add_host(lab, "sink");
	link.from = "sink";
	check(snet_lab_add_link(lab, &link, &err), "link");
	link.forth.delay_ns = link.back.delay_ns = MANY_DELAY;
	link.shaper = SNET_SHAPER_USER;
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "h%d", i);
		add_host(lab, name);
		link.from = name;
		check(snet_lab_add_link(lab, &link, &err), "link");
	}
	check(snet_lab_up(lab, &err), "up");
	return lab;
}

static void connect_many(struct snet_lab *lab, int *fds, const struct sockaddr_in *to)
{
	char name[16];
	int netns;

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "h%d", i);
		check(snet_node_open_netns(lab, name, &netns, &err), "netns");
		check(snet__measure_probe_socket(&fds[i], netns, SOCK_DGRAM, &err),
		      "socket");
		check(connect(fds[i], (const struct sockaddr *)to, sizeof(*to)),
		      "connect");
		close(netns);
	}
}

#define MANY_SECONDS 4

/* What the machine itself does, as a yardstick: as many pages as a thousand links and their
 * namespaces have in the kernel, 20 a link, are looked at in turn, each every 20 ms, and nothing else is
 * done. A host that takes a machine's pages away for a moment, to see which are in use, is late here
 * too. */
#define PAGES      (20 * MANY)
#define PAGE_BYTES 4096
#define PASS_NS    (20 * SNET__NS_PER_MS)

static struct snet__quantiles measure_pages(void)
{
	static double us[MANY_SECONDS * SNET__NS_PER_S / PASS_NS * 4];
	unsigned char *pages =
		mmap(NULL, (size_t)PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t count = sizeof(us) / sizeof(*us);
	uint64_t begin_ns, took_ns;

	check(pages != MAP_FAILED ? 0 : -errno, "pages");
	/* As the kernel's: here and there, not 512 at a time. */
	(void)madvise(pages, (size_t)PAGES * PAGE_BYTES, MADV_NOHUGEPAGE);
	memset(pages, 1, (size_t)PAGES * PAGE_BYTES);
	for (size_t i = 0; i < count; i++) {
		begin_ns = snet__clock_ns();
		for (size_t k = 0; k < PAGES; k++)
			((volatile unsigned char *)pages)[k * PAGE_BYTES]++;
		took_ns = snet__clock_ns() - begin_ns;
		us[i] = (double)took_ns / 1e3;
		if (took_ns < PASS_NS)
			(void)nanosleep(&(struct timespec){.tv_nsec = (long)(PASS_NS -
									     took_ns)},
					NULL);
	}
	(void)munmap(pages, (size_t)PAGES * PAGE_BYTES);
	return snet__measure_probe_quantiles(us, count);
}

/* A thread's. Whoever is woken by each packet is so at the expense of who sends it, which is what is
 * measured here: this one looks once a millisecond, and the kernel has noted when each came. */
static void *take_now_and_then(void *user)
{
	struct snet__measure_probes *probes = user;
	struct snet__measure_probe probe;
	int looks = 0;

	while (probes->count < probes->wanted && looks < 1000) {
		if (!snet__measure_probe_take(probes->fd, &probe)) {
			(void)usleep(1000);
			looks++;
			continue;
		}
		probes->us[probes->count++] =
			(double)(int64_t)(probe.came_ns - probe.sent_ns) / 1e3;
		looks = 0;
	}
	return NULL;
}

static void bench_many(void)
{
	static double values[MANY * MANY_HZ * MANY_SECONDS];
	static int fds[MANY];
	struct snet_lab *lab = many_up();
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct snet__measure_probes probes = {.wanted = sizeof(values) / sizeof(*values),
					      .us = values};
	struct snet__quantiles error, pass = measure_pages();
	struct snet__measure_probe first;
	uint64_t begin_ns;
	double idle_s, busy_s;
	int netns;
	char text[16];
	pthread_t thread;

	check(snet_node_address(lab, "sink", text, &err), "address");
	(void)inet_pton(AF_INET, text, &to.sin_addr);
	check(snet_node_open_netns(lab, "sink", &netns, &err), "netns");
	check(snet__measure_probe_listen(&probes.fd, netns, &to, 1, &err), "listen");
	connect_many(lab, fds, &to);
	/* Whoever must be found is, now. */
	for (int i = 0; i < MANY; i++)
		snet__measure_probe_send(fds[i]);
	while (snet__measure_probe_take(probes.fd, &first))
		;
	check(fcntl(probes.fd, F_SETFL, O_NONBLOCK), "a socket");
	idle_s = shaper_s();
	(void)usleep(5000000);
	idle_s = shaper_s() - idle_s;
	(void)pthread_create(&thread, NULL, take_now_and_then, &probes);
	busy_s = shaper_s();
	begin_ns = snet__clock_ns();
	for (int round = 0; round < MANY_HZ * MANY_SECONDS; round++)
		for (int i = 0; i < MANY; i++) {
			uint64_t at_ns =
				begin_ns + ((uint64_t)round * MANY + (uint64_t)i) *
						   (SNET__NS_PER_S / MANY_HZ / MANY);
			uint64_t now_ns = snet__clock_ns();

			if (at_ns > now_ns + 100000)
				(void)nanosleep(
					&(struct timespec){
						.tv_nsec = (long)(at_ns - now_ns)},
					NULL);
			snet__measure_probe_send(fds[i]);
		}
	busy_s = (shaper_s() - busy_s) * 1e9 / (double)(snet__clock_ns() - begin_ns);
	(void)pthread_join(thread, NULL);
	for (size_t i = 0; i < probes.count; i++)
		values[i] = fabs(values[i] - MANY_DELAY / 1e3);
	error = snet__measure_probe_quantiles(values, probes.count);
	printf("{\"bench\":\"link_many\",\"error_us_p50\":%.1f,\"error_us_p99\":%.1f,"
	       "\"pages_us_p50\":%.1f,\"pages_us_p99\":%.1f,"
	       "\"lost\":%zu,\"core_percent\":%.1f,\"idle_percent\":%.2f}\n",
	       error.p50_us, error.p99_us, pass.p50_us, pass.p99_us,
	       probes.wanted - probes.count, 100 * busy_s, 100 * idle_s / 5);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	close(probes.fd);
	close(netns);
	snet_lab_free(lab);
}

static const struct {
	const char *name;
	void (*run)(void);
} benches[] = {
	{"link_tcp", bench_tcp},         {"link_packets", bench_packets},
	{"link_latency", bench_latency}, {"link_delay", bench_delay},
	{"link_rate", bench_rate},       {"link_loss", bench_loss},
	{"link_many", bench_many},
};

int main(int argc, char **argv)
{
	check(snet_init(&err), "init");
	for (size_t i = 0; i < sizeof(benches) / sizeof(*benches); i++) {
		bool is_wanted = argc == 1;

		for (int k = 1; k < argc; k++)
			is_wanted |= strcmp(argv[k], benches[i].name) == 0;
		if (is_wanted)
			benches[i].run();
		(void)fflush(stdout);
	}
	return 0;
}
