/* SPDX-License-Identifier: MIT */
/* Labs that reach the host's network by address translation. What stands for the host is a
 * namespace that the test has made for itself; outside is a server at an address of it. */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "folder.h"
#include "http_server.h"
#include "labs.h"
#include "suite.h"
#include "sys/iface.h"
#include "sys/netns.h"
#include "sys/nft.h"
#include "sys/userns.h"
#include "wait.h"

#define OUTSIDE 0xc0000201 /* 192.0.2.1: RFC 5737 */
#define OK_RECORD                                                                                \
	"{\"activationId\":\"0123456789abcdef0123456789abcdef\",\"response\":{\"success\":true," \
	"\"status\":\"success\",\"result\":{\"target\":\"a0\"}}}"

static struct snet_err err;
static struct snet_lab *all[3];
static struct http_server *server;
static char url[40];
static char seen[INET_ADDRSTRLEN]; /* the last client's address */
static char *before;

/* All that a lab could have changed on the host. */
static char *look_at_host(void)
{
	FILE *out = popen("ip -d link; ip address; ip route show table all; ip rule; "
			  "nft list ruleset; cat /proc/sys/net/ipv4/ip_forward",
			  "re");
	char *text = calloc(1, 65536);
	size_t size;

	ck_assert(out && text);
	size = fread(text, 1, 65535, out);
	ck_assert_uint_gt(size, 0);
	(void)pclose(out);
	return text;
}

static bool serve(struct http_exchange *exchange, void *user)
{
	struct sockaddr_in peer = {0};
	socklen_t size = sizeof(peer);

	(void)getpeername(exchange->fd, (struct sockaddr *)&peer, &size);
	(void)inet_ntop(AF_INET, &peer.sin_addr, seen, sizeof(seen));
	http_answer(exchange, 200, "", OK_RECORD);
	return true;
}

static void start_server(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(OUTSIDE)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, size), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	(void)snprintf(url, sizeof(url), "http://192.0.2.1:%u", ntohs(at.sin_port));
	server = http_server_start_on(fd, ntohs(at.sin_port), serve, NULL);
}

static struct snet__nl *open_host(void)
{
	struct snet__nl *nl = NULL;

	LABS_OK(snet__nl_open(&nl, -1, &err));
	return nl;
}

static void set_up_host(void)
{
	struct snet__nl *nl;

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	nl = open_host();
	LABS_OK(snet__iface_up(nl, SNET__IFACE_LOOPBACK, &err));
	LABS_OK(snet__iface_add_address(nl, SNET__IFACE_LOOPBACK, OUTSIDE, 32, &err));
	snet__nl_close(nl);
	before = look_at_host();
	server = NULL;
	(void)snprintf(url, sizeof(url), "http://192.0.2.1");
}

static void set_up(void)
{
	set_up_host();
	start_server();
}

static void tear_down(void)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snet_lab_free(all[i]);
		all[i] = NULL;
	}
	if (server)
		http_server_stop(server);
	free(before);
}

/* That nothing of any lab is left on the host. */
static void expect_clean(void)
{
	char *after = look_at_host();

	ck_assert_msg(strcmp(before, after) == 0, "before:\n%s\nafter:\n%s", before,
		      after);
	free(after);
}

/* The gateway is behind a router: answers have to find their way back, too. */
static struct snet_lab *make_lab(const char *name)
{
	struct snet_lab *lab = labs_new(name);
	const struct snet_backend_opts cloud = {.size = sizeof(cloud),
						.name = "cloud",
						.kind = "openwhisk",
						.url = url,
						.credentials = "u:k",
						.gateway = "gw0"};
	const struct snet_node_opts gateway = {.size = sizeof(gateway),
					       .name = "gw0",
					       .kind = "gateway",
					       .mode = "nat"};
	const struct snet_link_opts cable = {.size = sizeof(cable),
					     .from = "rt",
					     .to = "gw0"};

	LABS_NODE(lab, .name = "sw0", .kind = "button");
	LABS_NODE(lab, .name = "a0", .kind = "actuator");
	LABS_NODE(lab, .name = "rt", .kind = "router");
	LABS_OK(snet_lab_add_node(lab, &gateway, &err));
	LABS_OK(snet_lab_add_link(lab, &cable, &err));
	LABS_OK(snet_lab_add_backend(lab, &cloud, &err));
	labs_route(lab, NULL, NULL, "f", "cloud", 0);
	return lab;
}

static void expect_press(struct snet_lab *lab, const char *from)
{
	struct snet_trace *trace = NULL;

	LABS_OK(snet_device_press(lab, "sw0", NULL, &trace, WAIT_MS, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	ck_assert_str_eq(seen, from);
	snet_trace_free(trace);
}

START_TEST(labs_with_the_same_addresses_reach_outside_side_by_side)
{
	char name[8];

	for (int i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "nat%d", i);
		all[i] = make_lab(name);
		LABS_OK(snet_lab_up(all[i], &err));
	}
	expect_press(all[0], "100.99.0.2");
	expect_press(all[1], "100.99.0.6");
	expect_press(all[2], "100.99.0.10");
	snet_lab_down(all[1]);
	expect_press(all[2], "100.99.0.10");
	ck_assert_uint_eq(if_nametoindex("snetgw1"), 0);
	/* What was given back is taken again. */
	LABS_OK(snet_lab_up(all[1], &err));
	expect_press(all[1], "100.99.0.6");
	for (int i = 0; i < 3; i++)
		snet_lab_down(all[i]);
	expect_clean();
}
END_TEST

/* Let the host lead @net elsewhere. */
static void add_route(uint32_t net)
{
	struct snet__nl *nl = open_host();

	/* An address with its net, as a VPN has it. */
	LABS_OK(snet__iface_add_address(nl, SNET__IFACE_LOOPBACK, net | 1, 18, &err));
	snet__nl_close(nl);
}

START_TEST(addresses_that_the_host_knows_otherwise_are_left_alone)
{
	add_route(0x64630000); /* 100.99.0.0/18 */
	all[0] = make_lab("nat0");
	LABS_OK(snet_lab_up(all[0], &err));
	expect_press(all[0], "169.254.64.2");
	snet_lab_down(all[0]);

	add_route(0xa9fe4000); /* 169.254.64.0/18 */
	LABS_FAILS(snet_lab_up(all[0], &err), -ENOSPC,
		   "gateway 'gw0': no address is free: this host has routes to both "
		   "100.99.0.0/18 and 169.254.64.0/18");
	ck_assert_uint_eq(if_nametoindex("snetgw0"), 0);
}
END_TEST

START_TEST(a_lab_with_an_address_of_the_pool_gets_another)
{
	char text[1024];

	(void)snprintf(
		text, sizeof(text),
		"{\"lab\": \"nat0\", \"subnet\": \"100.99.0.0/24\", \"nodes\": ["
		"{\"name\": \"r0\", \"kind\": \"relayer\", \"routes\": [{\"function\": \"f\"}]},"
		"{\"name\": \"sw0\", \"kind\": \"button\"}, {\"name\": \"s1\", \"kind\": \"switch\"},"
		"{\"name\": \"a0\", \"kind\": \"actuator\"},"
		"{\"name\": \"gw0\", \"kind\": \"gateway\", \"mode\": \"nat\"}],"
		"\"links\": [{\"from\": \"r0\", \"to\": \"s1\"}, {\"from\": \"sw0\", \"to\": \"s1\"},"
		"{\"from\": \"a0\", \"to\": \"s1\"}, {\"from\": \"gw0\", \"to\": \"s1\"}],"
		"\"backends\": {\"c\": {\"kind\": \"openwhisk\", \"url\": \"%s\", \"gateway\": \"gw0\","
		"\"credentials\": \"u:k\"}}}",
		url);
	LABS_OK(snet_lab_new(&all[0], "nat0", &err));
	LABS_OK(snet_lab_parse(all[0], text, NULL, &err));
	LABS_OK(snet_lab_up(all[0], &err));
	expect_press(all[0], "169.254.64.2");
}
END_TEST

START_TEST(nothing_is_left_of_a_lab_that_does_not_come_up)
{
	all[0] = make_lab("nat0");
	labs_route(all[0], NULL, "other", "missing", "local", 0);
	LABS_FAILS(snet_lab_up(all[0], &err), -EINVAL,
		   "there is no C function 'missing'");
	expect_clean();
}
END_TEST

START_TEST(nothing_is_left_when_the_lab_is_killed)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
	struct test_folder folder;
	int ends[2];
	char byte = 0;
	pid_t pid;

	test_folder_new(&folder);
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		all[0] = make_lab("nat0");
		if (snet_lab_set_folder(all[0], folder.path, &err) < 0 ||
		    snet_lab_up(all[0], &err) < 0)
			_exit(1);
		(void)!write(ends[1], "x", 1);
		for (;;)
			(void)pause();
	}
	ck_assert(wait_readable(ends[0]));
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_uint_ne(if_nametoindex("snetgw0"), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	/* The kernel takes namespaces down on its own time; that is in nobody's way. */
	all[0] = make_lab("nat0");
	LABS_OK(snet_lab_set_folder(all[0], folder.path, &err));
	LABS_OK(snet_lab_up(all[0], &err));
	snet_lab_down(all[0]);
	while (if_nametoindex("snetgw0") && snet__clock_ns() < until_ns)
		(void)poll(NULL, 0, 5);
	expect_clean();
	test_folder_free(&folder);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("nat");
	TCase *c = tcase_create("nat"), *killed = tcase_create("killed");
	int netns = -1;

	/* Root, and a kernel and a libnftables that can do it. */
	if (!snet__userns_is_privileged() || snet__netns_new(&netns, &err) < 0 ||
	    snet__nft_masquerade(netns, "lo", &err) < 0) {
		fprintf(stderr, "skipped: %s\n", *err.msg ? err.msg : "needs root");
		exit(77);
	}
	close(netns);
	tcase_set_timeout(c, 60);
	tcase_set_timeout(killed, 60);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, labs_with_the_same_addresses_reach_outside_side_by_side);
	tcase_add_test(c, addresses_that_the_host_knows_otherwise_are_left_alone);
	tcase_add_test(c, a_lab_with_an_address_of_the_pool_gets_another);
	suite_add_tcase(s, c);
	tcase_add_checked_fixture(killed, set_up_host, tear_down);
	tcase_add_test(killed, nothing_is_left_of_a_lab_that_does_not_come_up);
	tcase_add_test(killed, nothing_is_left_when_the_lab_is_killed);
	suite_add_tcase(s, killed);
	return s;
}
