/* SPDX-License-Identifier: MIT */
/* Without Graphviz: linked with graph_svg_none.c in place of graph_svg.c. */

#include <errno.h>

#include "suite.h"
#include "topo/graph.h"

START_TEST(svg_says_what_to_install)
{
	struct snet__model model;
	struct snet_err err = {0};
	char *picture = NULL;

	snet__model_init(&model);
	ck_assert_ptr_null(snet__graph_svg.version());
	ck_assert_int_eq(snet__graph_draw(&picture, &model, "svg", NULL, &err), -ENOTSUP);
	ck_assert_str_eq(err.msg,
			 "libsnet was built without Graphviz, which draws SVG: install "
			 "libgraphviz-dev and build it again, or take the format dot");
	ck_assert_ptr_null(picture);
	ck_assert_ptr_eq(snet__graph_find_suffix("x.svg"), &snet__graph_svg);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("graph_none");
	TCase *t = tcase_create("graph_none");

	tcase_add_test(t, svg_says_what_to_install);
	suite_add_tcase(s, t);
	return s;
}
