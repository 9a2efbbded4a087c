/* SPDX-License-Identifier: MIT */
/* The functions endpoint as a program, on a loopback port of the kernel's choice, for tests
 * with real clients: prints "http://127.0.0.1:PORT" and runs until its input ends. With an
 * argument: at most so many invocations a minute. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faas/faas.h"

static int fail(const char *message)
{
	(void)fprintf(stderr, "faas_main: %s\n", message);
	return EXIT_FAILURE;
}

static void on_input(void *user, int events)
{
	char byte;

	if (read(STDIN_FILENO, &byte, 1) <= 0)
		snet__loop_stop(user);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);
	struct snet_err err = {0};
	struct snet__loop *loop = NULL;
	struct snet__faas *faas = NULL;
	struct snet__watch *input = NULL;
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct snet__faas_opts opts = {.netns = -1, .mntns = -1, .listen_fd = fd};

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return fail("cannot listen");

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(at.sin_port));
	opts.api_host = url;
	if (argc > 1)
		opts.invocations_per_minute = (unsigned int)strtoul(argv[1], NULL, 10);
	if (snet__loop_new(&loop, &err) < 0 ||
	    snet__faas_new(&faas, loop, &opts, &err) < 0 ||
	    snet__watch_new(&input, loop, STDIN_FILENO, on_input, loop, &err) < 0)
		return fail(err.msg);

	snet__watch_set(input, SNET__WATCH_READ);
	puts(url);
	(void)fflush(stdout);
	snet__loop_run(loop);
	snet__watch_free(input);
	snet__faas_free(faas);
	snet__loop_free(loop);
	return EXIT_SUCCESS;
}
