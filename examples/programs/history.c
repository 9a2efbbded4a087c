/* SPDX-License-Identifier: MIT */
/* What a lab has lived through, read from its store by another process: while the lab runs,
 * without disturbing it, or when it is down.
 *
 *	./history /var/lib/snet/house			of root's "snet up"
 *	./history ~/.local/state/snet/house		of anybody else's
 */

#include <inttypes.h>
#include <stdio.h>

#include <snet/snet.h>

/* Called for each event, oldest first; anything but 0 would stop. */
static int on_event(void *user, uint64_t seq, const char *event,
		    enum snet_outcome outcome)
{
	unsigned int *count = user;

	printf("%4" PRIu64 " %-7s %s\n", seq, snet_outcome_name(outcome), event);
	count[outcome]++;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int count[SNET_OUTCOME_FAILED + 1] = {0};
	struct snet_store *store = NULL;
	struct snet_err err = {0};
	int i, r;

	if (argc != 2) {
		fprintf(stderr, "usage: history FOLDER\n");
		return 2;
	}
	r = snet_store_open(&store, argv[1],
			    &err); /* needs no snet_init(), and no privilege */
	if (r == 0)
		r = snet_store_events(store, 0, on_event, count, &err);
	if (r < 0)
		fprintf(stderr, "history: %s\n", err.msg);
	for (i = 0; r == 0 && i <= SNET_OUTCOME_FAILED; i++)
		printf("%u %s%s", count[i], snet_outcome_name((enum snet_outcome)i),
		       i < SNET_OUTCOME_FAILED ? ", " : "\n");
	snet_store_close(store);
	return r < 0;
}
