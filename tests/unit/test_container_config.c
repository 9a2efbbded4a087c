/* SPDX-License-Identifier: MIT */
/* What crun is told of a container. */

#include <stdlib.h>
#include <string.h>

#include "device/container.h"
#include "io/json.h"
#include "suite.h"

static struct snet__model_node node;
static struct snet__container_spec spec;
static struct snet__json *json;

static void setup(void)
{
	static char a[] = "A=1", b[] = "B=", name[] = "c0",
		    command[] = "[\"sh\",\"-c\",\"a \\\"b\\\"\"]";
	static char *variables[] = {a, b, NULL};

	node = (struct snet__model_node){.name = name, .command = command};
	/* A root that has no place for anything. */
	spec = (struct snet__container_spec){.node = &node,
					     .root = "/no/where",
					     .variables = variables};
	json = NULL;
}

static void teardown(void)
{
	snet__json_free(json);
}

static void make(void)
{
	char *text = snet__container_config(&spec);

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(snet__json_parse(&json, text, strlen(text), NULL), 0);
	free(text);
}

static void expect(const char *object, const char *key, const char *wanted)
{
	const struct snet__json *value =
		snet__json_get(snet__json_get(json, object), key);
	char *got = snet__json_format(value);

	ck_assert_msg(got && strcmp(got, wanted) == 0, "%s.%s: want %s, got %s", object,
		      key, wanted, got ? got : "nothing");
	free(got);
}

/* The mount at @destination, or NULL. */
static const struct snet__json *find_mount(const char *destination)
{
	const struct snet__json *one = snet__json_first(snet__json_get(json, "mounts"));

	while (one && strcmp(snet__json_get_string(one, "destination"), destination) != 0)
		one = snet__json_next(one);
	return one;
}

START_TEST(it_says_what_runs)
{
	make();
	ck_assert_str_eq(snet__json_get_string(json, "ociVersion"), "1.0.0");
	ck_assert_str_eq(snet__json_get_string(json, "hostname"), "c0");
	expect("process", "args", "[\"sh\",\"-c\",\"a \\\"b\\\"\"]");
	expect("process", "env", "[\"A=1\",\"B=\"]");
	expect("process", "cwd", "\"/\"");
	expect("process", "terminal", "false");
	expect("process", "user", "{\"uid\":0,\"gid\":0}");
	expect("root", "path", "\"/no/where\"");
	expect("root", "readonly", "true");
	ck_assert_ptr_null(snet__json_get(snet__json_get(json, "process"), "rlimits"));
}
END_TEST

START_TEST(what_is_given_is_used)
{
	static char cwd[] = "/srv";

	node.cwd = cwd;
	node.is_writable = true;
	spec.address_space_bytes = 64 << 20;
	make();
	expect("process", "cwd", "\"/srv\"");
	expect("process", "rlimits",
	       "[{\"type\":\"RLIMIT_AS\",\"hard\":67108864,\"soft\":67108864}]");
	expect("root", "readonly", "false");
}
END_TEST

START_TEST(the_network_is_the_nodes)
{
	make();
	expect("linux", "namespaces",
	       "[{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"ipc\"},"
	       "{\"type\":\"uts\"}]");
	ck_assert_ptr_null(snet__json_get(snet__json_get(json, "linux"), "uidMappings"));
}
END_TEST

START_TEST(without_root_it_has_a_user_namespace_of_one_id)
{
	spec.is_rootless = true;
	spec.uid = 1000;
	spec.gid = 100;
	make();
	expect("linux", "namespaces",
	       "[{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"ipc\"},"
	       "{\"type\":\"uts\"},{\"type\":\"user\"}]");
	expect("linux", "uidMappings",
	       "[{\"containerID\":0,\"hostID\":1000,\"size\":1}]");
	expect("linux", "gidMappings", "[{\"containerID\":0,\"hostID\":100,\"size\":1}]");
}
END_TEST

START_TEST(what_a_root_has_no_place_for_is_left_out)
{
	make();
	ck_assert_ptr_null(find_mount("/tmp"));
	ck_assert_ptr_null(find_mount("/run"));
	ck_assert_ptr_null(find_mount("/sys"));
	ck_assert_ptr_nonnull(find_mount("/proc"));
	ck_assert_ptr_nonnull(find_mount("/dev"));
	ck_assert_ptr_nonnull(find_mount("/etc/hosts"));
	ck_assert_ptr_nonnull(find_mount("/etc/resolv.conf"));
	teardown();
	spec.root = "/"; /* has all */
	make();
	ck_assert_ptr_nonnull(find_mount("/tmp"));
	ck_assert_ptr_nonnull(find_mount("/run"));
	ck_assert_ptr_nonnull(find_mount("/sys"));
	teardown();
	spec.is_rootless = true;
	make();
	ck_assert_ptr_nonnull(find_mount("/tmp"));
	ck_assert_ptr_null(find_mount("/sys"));
}
END_TEST

START_TEST(it_cannot_reach_devices)
{
	char *text;

	make();
	text = snet__json_format(
		snet__json_get(snet__json_get(json, "process"), "capabilities"));
	ck_assert_ptr_nonnull(strstr(text, "CAP_NET_BIND_SERVICE"));
	ck_assert_ptr_null(strstr(text, "CAP_MKNOD"));
	ck_assert_ptr_null(strstr(text, "CAP_SYS_ADMIN"));
	free(text);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("container_config");
	TCase *t = tcase_create("container_config");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, it_says_what_runs);
	tcase_add_test(t, what_is_given_is_used);
	tcase_add_test(t, the_network_is_the_nodes);
	tcase_add_test(t, without_root_it_has_a_user_namespace_of_one_id);
	tcase_add_test(t, what_a_root_has_no_place_for_is_left_out);
	tcase_add_test(t, it_cannot_reach_devices);
	suite_add_tcase(s, t);
	return s;
}
