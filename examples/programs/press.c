/* SPDX-License-Identifier: MIT */
/* The smallest program: bring up the lab of a lab file, press a button, wait for what comes of
 * it, and print the states of the actuators.
 *
 *	cc press.c -o press $(pkg-config --cflags --libs libsnet)
 *	./press ../house.json
 */

#include <stdio.h>

#include <snet/snet.h>

int main(int argc, char **argv)
{
	static const char *const actuators[] = {"a0", "a1", "a2"};
	const char *file = argc > 1 ? argv[1] : "house.json";
	struct snet_err err = {0};
	struct snet_trace *trace = NULL;
	struct snet_lab *lab = NULL;
	char state[SNET_STATE_MAX];
	size_t i;
	int r;

	/* First, while the process has one thread: without root it takes a user namespace. */
	r = snet_init(&err);
	if (r == 0)
		r = snet_lab_load(&lab, file, &err);
	if (r == 0)
		r = snet_lab_up(lab, &err); /* returns when every device has registered */
	if (r == 0) /* waits until the actuator has acknowledged, 5 s at most */
		r = snet_device_press(lab, "sw0", NULL, &trace, 5000, &err);
	if (r == 0)
		printf("sw0 pressed: %s after %.1f ms\n",
		       snet_outcome_name(snet_trace_outcome(trace)),
		       (double)snet_trace_total_ns(trace) / 1e6);
	for (i = 0; r == 0 && i < 3; i++) {
		r = snet_device_state(lab, actuators[i], state, &err);
		if (r == 0)
			printf("  %s is %s\n", actuators[i], state);
	}
	if (r < 0) /* one message says it all, whichever call failed */
		fprintf(stderr, "press: %s\n", err.msg);

	snet_trace_free(trace);
	snet_lab_free(lab); /* and everything is gone from the kernel */
	return r < 0;
}
