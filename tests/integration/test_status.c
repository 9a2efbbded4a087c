/* SPDX-License-Identifier: MIT */
/* The status of a lab of hundreds of nodes, whole and by lines. */

#include <pthread.h>
#include <stdatomic.h>

#include "programs.h"
#include "suite.h"

#define MANY  300
#define FEWER 40 /* so many of them go */

static void set_up(void)
{
	programs_set_up();
	for (int i = 0; i < MANY; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "h%d", i);
		LABS_NODE(lab, .name = name, .kind = "host");
	}
	programs_up();
}

/* What the lines say, as the document has it; to be freed. */
static struct snet__json *read_lines(void)
{
	struct snet__json *status = snet__json_new_object(), *nodes = NULL, *links = NULL;
	autojson *head = NULL;
	autostream *stream = NULL;
	const char *text;

	LABS_OK(snet__client_stream_open(&stream, sock, "/v1/status?lines=1", &err));
	while (snet__client_stream_read(stream, WAIT_MS, &text, &err) == 1) {
		autojson *line = NULL;

		LABS_OK(snet__json_parse(&line, text, strlen(text), &err));
		if (snet__json_get(line, "node")) {
			(void)snet__json_append(nodes,
						snet__json_copy(
							snet__json_get(line, "node")));
		} else if (snet__json_get(line, "link")) {
			(void)snet__json_append(links,
						snet__json_copy(
							snet__json_get(line, "link")));
		} else {
			snet__json_free(head);
			head = steal_ptr(line);
			snet__json_free(nodes);
			snet__json_free(links);
			nodes = snet__json_new_array();
			links = snet__json_new_array();
		}
	}
	ck_assert_uint_eq(snet__json_count(nodes),
			  (size_t)snet__json_number(snet__json_get(head, "nodes"), 0));
	ck_assert_uint_eq(snet__json_count(links),
			  (size_t)snet__json_number(snet__json_get(head, "links"), 0));
	snet__json_add_string(status, "lab", snet__json_get_string(head, "lab"));
	(void)snet__json_add(status, "nodes", nodes);
	(void)snet__json_add(status, "links", links);
	return status;
}

START_TEST(lines_say_what_the_document_says)
{
	autojson *status = NULL, *lines = read_lines();

	LABS_OK(snet__client_call(&status, sock, "GET", "/v1/status", NULL, WAIT_MS,
				  &err));
	ck_assert_uint_eq(snet__json_count(snet__json_get(status, "nodes")), MANY + 2);
	ck_assert(snet__json_is_equal(lines, status));
}
END_TEST

static atomic_bool is_over;

static void *remove_nodes(void *user)
{
	struct snet_err why = {0};
	int failed = 0;

	(void)user;
	for (int i = 0; i < FEWER; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "h%d", i);
		failed += snet_lab_remove_node(lab, name, &why) < 0;
	}
	atomic_store(&is_over, true);
	return (void *)(intptr_t)failed;
}

START_TEST(lines_begin_anew_when_the_lab_changes)
{
	pthread_t thread;
	void *failed;

	atomic_store(&is_over, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, remove_nodes, NULL), 0);
	while (!atomic_load(&is_over))
		snet__json_free(read_lines());
	ck_assert_int_eq(pthread_join(thread, &failed), 0);
	ck_assert_ptr_null(failed);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("status");
	TCase *t = tcase_create("status");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, programs_tear_down);
	tcase_add_test(t, lines_say_what_the_document_says);
	tcase_add_test(t, lines_begin_anew_when_the_lab_changes);
	suite_add_tcase(s, t);
	return s;
}
