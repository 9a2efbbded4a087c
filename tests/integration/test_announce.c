/* SPDX-License-Identifier: MIT */
/* After a change nodes announce themselves by sockets of which each takes the kernel long to close.
 * The lab's thread has better to do than to wait for that. */

#include <linux/if_packet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "labs.h"
#include "rights.h"
#include "suite.h"

static pthread_t lab_thread;
static atomic_int closed, closed_by_lab;

/* Other packet sockets hear what an interface takes. */
static bool is_announcer(int fd)
{
	struct sockaddr_ll name = {0};
	socklen_t size = sizeof(name);

	return getsockname(fd, (struct sockaddr *)&name, &size) == 0 &&
	       name.sll_family == AF_PACKET && name.sll_ifindex == 0;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	if (is_announcer(fd)) {
		atomic_fetch_add(&closed, 1);
		if (pthread_equal(pthread_self(), lab_thread))
			atomic_fetch_add(&closed_by_lab, 1);
	}
	return __real_close(fd);
}

static int note_thread(struct snet_device *device, struct snet_err *err)
{
	(void)device;
	(void)err;
	lab_thread = pthread_self();
	return 0;
}

static const struct snet_device_kind lamp = {.size = sizeof(lamp),
					     .name = "lamp",
					     .init = note_thread};

static char *describe(int hosts)
{
	char *text = NULL;

	ck_assert_int_gt(
		asprintf(&text,
			 "{\"lab\": \"moved\", \"ipv6\": true, \"nodes\": ["
			 "{\"name\": \"s1\", \"kind\": \"switch\", \"stp\": false},"
			 "{\"name\": \"r0\", \"kind\": \"relayer\"},"
			 "{\"name\": \"l0\", \"kind\": \"lamp\"},"
			 "{\"name\": \"h{i}\", \"kind\": \"host\", \"count\": %d}],"
			 "\"links\": [{\"from\": \"r0\", \"to\": \"s1\"},"
			 "{\"from\": \"l0\", \"to\": \"s1\"},"
			 "{\"from\": \"h{i}\", \"to\": \"s1\", \"count\": %d}]}",
			 hosts, hosts),
		0);
	return text;
}

START_TEST(the_labs_thread_does_not_wait_for_sockets_that_close)
{
	char *little = describe(1), *more = describe(40);
	const struct snet_change_opts change = {.size = sizeof(change), .text = more};
	struct snet_lab *lab = NULL;
	struct snet_err err = {0};

	LABS_OK(snet_lab_new(&lab, "moved", &err));
	LABS_OK(snet_lab_add_device_kind(lab, &lamp, &err));
	LABS_OK(snet_lab_parse(lab, little, NULL, &err));
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_lab_apply(lab, &change, NULL, &err));
	ck_assert_int_eq(atomic_load(&closed), 39);
	ck_assert_int_eq(atomic_load(&closed_by_lab), 0);
	snet_lab_free(lab);
	free(little);
	free(more);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("announce");
	TCase *t = tcase_create("announce");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_labs_thread_does_not_wait_for_sockets_that_close);
	suite_add_tcase(s, t);
	return s;
}
