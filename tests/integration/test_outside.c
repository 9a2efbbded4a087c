/* SPDX-License-Identifier: MIT */
/* A thread that has left a network still gets sockets and addresses from there. */

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/http.h"
#include "rights.h"
#include "suite.h"
#include "sys/netns.h"
#include "sys/outside.h"
#include "wait.h"

static struct snet__outside *outside;

static void set_up(void)
{
	ck_assert_int_eq(snet__outside_new(&outside, NULL), 0);
}

static void tear_down(void)
{
	snet__outside_free(outside);
}

/* The inode of a namespace tells whether two are the same. */
static ino_t inode_of(int fd)
{
	struct stat at;

	ck_assert_int_eq(fstat(fd, &at), 0);
	(void)close(fd);
	return at.st_ino;
}

START_TEST(a_socket_is_born_where_the_thread_was_started)
{
	struct snet_err err = {0};
	int own, fd, r;
	ino_t before;

	ck_assert_int_eq(snet__netns_open_own(&own, NULL), 0);
	before = inode_of(own);
	r = snet__netns_settle(-1, &err);
	ck_assert_msg(r == 0, "%s", err.msg);

	ck_assert_int_eq(snet__outside_socket(outside, &fd, AF_INET, SOCK_STREAM, 0,
					      NULL),
			 0);
	/* Only with privilege over the host's network does the kernel tell where a socket is. */
	r = ioctl(fd, SIOCGSKNS);
	if (r >= 0)
		ck_assert_uint_eq(inode_of(r), before);
	else
		ck_assert_int_eq(errno, EPERM);
	(void)close(fd);
	snet__netns_unsettle();
}
END_TEST

START_TEST(a_refused_socket_is_told)
{
	struct snet_err err = {0};
	int fd;

	ck_assert_int_lt(snet__outside_socket(outside, &fd, 9999, SOCK_STREAM, 0, &err),
			 0);
	ck_assert_str_eq(
		err.msg,
		"cannot open a socket: Address family not supported by protocol");
}
END_TEST

START_TEST(an_address_is_its_own)
{
	char *pin;

	ck_assert_int_eq(snet__http_pin(&pin, "https://127.0.0.1", outside, NULL), 0);
	ck_assert_str_eq(pin, "127.0.0.1:443:127.0.0.1");
	free(pin);
	ck_assert_int_eq(snet__http_pin(&pin, "http://127.0.0.1:81", outside, NULL), 0);
	ck_assert_str_eq(pin, "127.0.0.1:81:127.0.0.1");
	free(pin);
}
END_TEST

START_TEST(a_host_that_is_nowhere_is_named)
{
	struct snet_err err = {0};
	char *pin;

	ck_assert_int_eq(snet__http_pin(&pin, "http://no.such.host.invalid", outside,
					&err),
			 -ENOENT);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "cannot find host 'no.such.host.invalid': "));
}
END_TEST

START_TEST(a_host_that_was_found_is_not_asked_for_again)
{
	char *first = NULL, *second = NULL;
	struct rlimit before, none;
	int r;

	ck_assert_int_eq(snet__outside_resolve(outside, &first, "127.0.0.1", NULL), 0);
	/* A lookup needs a descriptor. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_max = before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = snet__outside_resolve(outside, &second, "127.0.0.1", NULL);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(second, first);
	free(first);
	free(second);
}
END_TEST

START_TEST(a_lookup_is_waited_for_or_given_up)
{
	struct snet__lookup *lookup = NULL;
	struct snet_err err = {0};
	char *addresses;
	int r;

	ck_assert_int_eq(snet__outside_lookup(outside, &lookup, "127.0.0.1", NULL), 0);
	ck_assert(wait_readable(snet__lookup_fd(lookup)));
	r = snet__lookup_result(lookup, &addresses, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_str_eq(addresses, "127.0.0.1");
	free(addresses);
	snet__lookup_free(lookup);

	/* A resolver that does not answer keeps nobody from going. */
	ck_assert_int_eq(snet__outside_lookup(outside, &lookup, "no.such.host.invalid",
					      NULL),
			 0);
	snet__lookup_free(lookup);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("outside");
	TCase *c = tcase_create("outside");

	rights_get();
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_socket_is_born_where_the_thread_was_started);
	tcase_add_test(c, a_refused_socket_is_told);
	tcase_add_test(c, an_address_is_its_own);
	tcase_add_test(c, a_host_that_is_nowhere_is_named);
	tcase_add_test(c, a_host_that_was_found_is_not_asked_for_again);
	tcase_add_test(c, a_lookup_is_waited_for_or_given_up);
	suite_add_tcase(s, c);
	return s;
}
