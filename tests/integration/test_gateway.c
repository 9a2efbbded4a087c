/* SPDX-License-Identifier: MIT */
/* Labs that call functions outside of them through a gateway. The outside is a server on the
 * loopback of the test's own network. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "suite.h"
#include "sys/iface.h"
#include "sys/netns.h"
#include "wait.h"

static bool serve(struct http_exchange *exchange, void *user)
{
	http_answer(exchange, 200, "", OK_RECORD);
	return true;
}

static void add_backend(const char *url)
{
	const struct snet_backend_opts cloud = {.size = sizeof(cloud),
						.name = "cloud",
						.kind = "openwhisk",
						.url = url,
						.credentials = "u:k",
						.timeout_ns = 500000000,
						.gateway = "gw0"};

	LABS_OK(snet_lab_add_backend(lab, &cloud, &err));
	labs_route(lab, NULL, NULL, "f", "cloud", 0);
}

static void set_up(void)
{
	endpoint_set_up("out");
	LABS_NODE(lab, .name = "sw0", .kind = "button");
	LABS_NODE(lab, .name = "a0", .kind = "actuator");
	LABS_NODE(lab, .name = "h0", .kind = "host");
}

static void set_up_house(void)
{
	char url[40];

	set_up();
	LABS_NODE(lab, .name = "gw0", .kind = "gateway");
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	add_backend(url);
}

/* A socket in a node's namespace that is connected to a port of the gateway. */
static int connect_from(const char *node, unsigned int to_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)to_port)};
	struct pollfd there = {.events = POLLOUT};
	char address[16];
	int netns, fd;

	LABS_OK(snet_node_address(lab, "gw0", address, &err));
	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	LABS_OK(snet__netns_socket(&fd, netns, AF_INET, SOCK_STREAM, 0, &err));
	close(netns);
	ck_assert_int_eq(inet_pton(AF_INET, address, &at.sin_addr), 1);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		ck_assert_int_eq(errno, EINPROGRESS);
	there.fd = fd;
	ck_assert_int_eq(poll(&there, 1, WAIT_MS), 1);
	return fd;
}

static void set_link(const char *node, bool is_up)
{
	struct snet__nl *nl = NULL;
	int netns, index;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	LABS_OK(snet__nl_open(&nl, netns, &err));
	LABS_OK(snet__iface_find(nl, "eth0", &index, &err));
	LABS_OK(is_up ? snet__iface_up(nl, index, &err)
		      : snet__iface_down(nl, index, &err));
	snet__nl_close(nl);
	close(netns);
}

/* Packets that have come in at a node, by its own count. */
static unsigned long long count_packets(const char *node)
{
	unsigned long long bytes, packets = 0;
	char line[256];
	int netns, ends[2];
	FILE *file;
	pid_t pid;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		if (snet__netns_settle(netns, NULL) < 0)
			_exit(1);
		file = fopen("/proc/thread-self/net/dev", "re");
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, " eth0: %llu %llu", &bytes, &packets) == 2)
				break;
		_exit(write(ends[1], &packets, sizeof(packets)) < 0);
	}
	close(ends[1]);
	close(netns);
	ck_assert_int_eq(read(ends[0], &packets, sizeof(packets)), sizeof(packets));
	close(ends[0]);
	return packets;
}

START_TEST(a_function_outside_is_called_through_the_gateway)
{
	unsigned long long before;

	start_server();
	LABS_OK(snet_lab_up(lab, &err));
	before = count_packets("gw0");
	for (int i = 1; i <= 3; i++) {
		snet_trace_free(trace);
		LABS_OK(snet_device_press(lab, "sw0", NULL, &trace, WAIT_MS, &err));
		ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
		LABS_STATE(lab, "a0", i % 2 ? "1" : "0");
	}
	ck_assert_uint_eq(http_server_requests(server), 3);
	/* Kept alive through the gateway. */
	ck_assert_uint_eq(http_server_connections(server), 1);
	ck_assert_uint_ge(count_packets("gw0"), before + 6);
}
END_TEST

START_TEST(a_server_that_is_not_there_yet_is_waited_for)
{
	char id[SNET_EVENT_ID_MAX + 1];

	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
	LABS_FAILS(snet_lab_wait_trace(lab, id, 50, NULL, &err), -ETIMEDOUT,
		   "still pending");
	start_server();
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	ck_assert_ptr_nonnull(labs_step(trace, "retry"));
	LABS_STATE(lab, "a0", "1");
}
END_TEST

START_TEST(a_gateway_that_is_cut_off_delays_an_event)
{
	char id[SNET_EVENT_ID_MAX + 1];

	start_server();
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_device_press(lab, "sw0", NULL, NULL, WAIT_MS, &err));
	set_link("gw0", false);
	LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
	LABS_FAILS(snet_lab_wait_trace(lab, id, 700, NULL, &err), -ETIMEDOUT,
		   "still pending");
	set_link("gw0", true);
	LABS_OK(snet_lab_wait_trace(lab, id, 2 * WAIT_MS, &trace, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	ck_assert_ptr_nonnull(labs_step(trace, "retry"));
}
END_TEST

START_TEST(a_lab_goes_down_with_connections_open)
{
	int fd;

	start_server();
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_device_press(lab, "sw0", NULL, NULL, WAIT_MS, &err));
	fd = connect_from("h0", port);
	snet_lab_down(lab);
	close(fd);
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_device_press(lab, "sw0", NULL, NULL, WAIT_MS, &err));
}
END_TEST

START_TEST(a_host_that_is_nowhere_is_told_at_once)
{
	LABS_NODE(lab, .name = "gw0", .kind = "gateway");
	add_backend("http://no.such.host.invalid");
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT,
		   "relayer 'r0': backend 'cloud': cannot find host "
		   "'no.such.host.invalid': ");
}
END_TEST

START_TEST(any_node_reaches_what_a_gateway_forwards)
{
	struct snet_forward_opts forward = {.size = sizeof(forward), .port = 8080};
	char to[40], answer[4096];
	size_t have = 0;
	ssize_t size;
	int fd;

	(void)snprintf(to, sizeof(to), "127.0.0.1:%u", port);
	forward.to = to;
	LABS_NODE(lab, .name = "gw0", .kind = "gateway");
	LABS_FAILS(snet_lab_add_forward(lab, "gw1", &forward, &err), -ENOENT,
		   "no gateway 'gw1'");
	LABS_OK(snet_lab_add_forward(lab, "gw0", &forward, &err));
	start_server();
	LABS_OK(snet_lab_up(lab, &err));
	LABS_FAILS(snet_lab_add_forward(lab, "gw0", &forward, &err), -EBUSY, "");
	fd = connect_from("h0", 8080);
	ck_assert_int_gt(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 0);
	do {
		ck_assert(wait_readable(fd));
		size = recv(fd, answer + have, sizeof(answer) - have - 1, 0);
		ck_assert_int_gt(size, 0);
		have += (size_t)size;
		answer[have] = '\0';
	} while (!strstr(answer, OK_RECORD));
	close(fd);
}
END_TEST

START_TEST(nat_without_root_is_refused_and_the_remedy_named)
{
	LABS_NODE(lab, .name = "gw0", .kind = "gateway", .mode = "nat");
	ck_assert_int_eq(snet_lab_up(lab, &err), -EPERM);
	ck_assert_str_eq(err.msg, "cannot bring up lab 'out': gateway 'gw0': mode 'nat' "
				  "needs root; mode 'forward' does not");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("gateway");
	TCase *house = tcase_create("house"), *bare = tcase_create("bare");

	rights_get();
	tcase_set_timeout(house, 60);
	tcase_add_checked_fixture(house, set_up_house, endpoint_tear_down);
	tcase_add_test(house, a_function_outside_is_called_through_the_gateway);
	tcase_add_test(house, a_server_that_is_not_there_yet_is_waited_for);
	tcase_add_test(house, a_gateway_that_is_cut_off_delays_an_event);
	tcase_add_test(house, a_lab_goes_down_with_connections_open);
	suite_add_tcase(s, house);
	tcase_set_timeout(bare, 60);
	tcase_add_checked_fixture(bare, set_up, endpoint_tear_down);
	tcase_add_test(bare, a_host_that_is_nowhere_is_told_at_once);
	tcase_add_test(bare, any_node_reaches_what_a_gateway_forwards);
	if (geteuid() != 0)
		tcase_add_test(bare, nat_without_root_is_refused_and_the_remedy_named);
	suite_add_tcase(s, bare);
	return s;
}
