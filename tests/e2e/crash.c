/* SPDX-License-Identifier: MIT */
/* A program whose kind of device crashes while its lab is up, with a process in it.
 *
 * usage: crash LAB_FILE FOLDER */

#include <stdio.h>

#include <snet/snet.h>

static volatile int *volatile nowhere;

static int crash(struct snet_device *device, const char *data, struct snet_err *err)
{
	(void)device;
	(void)data;
	(void)err;
	return *nowhere;
}

static const struct snet_device_kind bomb = {.size = sizeof(bomb),
					     .name = "bomb",
					     .press = crash};

int main(int argc, char **argv)
{
	const struct snet_node_opts x0 = {.size = sizeof(x0),
					  .name = "x0",
					  .kind = "bomb"};
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = "x0",
					    .to = "s"};
	struct snet_lab *lab = NULL;
	struct snet_err err = {0};
	int r;

	r = argc == 3 ? snet_init(&err) : -1;
	if (r == 0)
		r = snet_lab_load(&lab, argv[1], &err);
	if (r == 0)
		r = snet_lab_add_device_kind(lab, &bomb, &err);
	if (r == 0)
		r = snet_lab_add_node(lab, &x0, &err);
	if (r == 0)
		r = snet_lab_add_link(lab, &link, &err);
	if (r == 0)
		r = snet_lab_set_folder(lab, argv[2], &err);
	if (r == 0)
		r = snet_lab_up(lab, &err);
	if (r == 0)
		r = snet_lab_serve(lab, NULL, &err);
	if (r == 0)
		r = snet_device_send(lab, "x0", NULL, NULL, &err);
	(void)fprintf(stderr, "the lab has not crashed: %s\n", err.msg);
	return 1;
}
