/* SPDX-License-Identifier: MIT */
/* Counters of a network namespace. The kernel binds the file to the namespace in which it was
 * opened, so it is read from anywhere, and each read from its start counts anew.
 *
 * A protocol has two lines there, the names and the values:
 *
 *     Tcp: RtoAlgorithm RtoMin ... OutRsts
 *     Tcp: 1 200 ... 17 */

#include "sys/counters.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/netns.h"

#define TEXT_MAX 8192

int snet__counters_open(int *ret_fd, int netns, struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	int r;

	if (netns >= 0) {
		r = snet__netns_enter(&outside, netns, err);
		if (r < 0)
			return r;
	}
	*ret_fd = open("/proc/thread-self/net/snmp", O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0)
		return snet__err_sys(err, -errno, "cannot read the counters of TCP");
	return 0;
}

/* The line of @protocol at or behind @text, past "Tcp:"; NULL for none. */
static char *find_line(char *text, const char *protocol)
{
	size_t size = strlen(protocol);
	char *at = text;

	while (at && (strncmp(at, protocol, size) != 0 || at[size] != ':')) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at ? at + size + 1 : NULL;
}

uint64_t snet__counters_get(int fd, const char *protocol, const char *name)
{
	char text[TEXT_MAX + 1], *names, *values, *name_at, *value_at, *word;
	ssize_t n = pread(fd, text, TEXT_MAX, 0);

	text[n > 0 ? n : 0] = '\0';
	names = find_line(text, protocol);
	name_at = names ? strchr(names, '\n') : NULL;
	values = name_at ? find_line(name_at + 1, protocol) : NULL;
	if (!values)
		return 0;
	*name_at = '\0';
	word = strtok_r(names, " ", &name_at);
	values = strtok_r(values, " \n", &value_at);
	while (word && values && strcmp(word, name) != 0) {
		word = strtok_r(NULL, " ", &name_at);
		values = strtok_r(NULL, " \n", &value_at);
	}
	return word && values ? strtoull(values, NULL, 10) : 0;
}
