/* SPDX-License-Identifier: MIT */
/* What a program is told when it starts, and what it says. stdout and stderr are one pipe, so
 * that lines stay in their order; a line is logged when it ends. A program that writes faster
 * than it is read waits, and never the loop. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "device/program_private.h"

#define BLOCK_SIZE 8192
#define BLOCKS_MAX 8 /* in one turn of the loop */

static void log_bytes(struct snet__program *program, const char *bytes, size_t size)
{
	autofree char *text = snet__text_from_bytes(bytes, size);

	if (text) /* without memory there is no log */
		program->env.log(program->env.user, text);
}

void snet__program_log(struct snet__program *program, const char *fmt, ...)
{
	char line[SNET_ERR_MAX + 64];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	program->env.log(program->env.user, line);
}

static void end_line(struct snet__program *program)
{
	static const char cut[] = "...";
	size_t size = program->line_size;

	if (size && program->line[size - 1] == '\r' && !program->is_line_cut)
		size--;
	if (program->is_line_cut)
		memcpy(program->line + size - (sizeof(cut) - 1), cut, sizeof(cut) - 1);
	log_bytes(program, program->line, size);
	program->line_size = 0;
	program->is_line_cut = false;
}

static void take(struct snet__program *program, const char *bytes, size_t size)
{
	while (size) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end ? (size_t)(end - bytes) : size;
		size_t room = sizeof(program->line) - program->line_size;

		if (length > room)
			program->is_line_cut = true;
		memcpy(program->line + program->line_size, bytes,
		       length < room ? length : room);
		program->line_size += length < room ? length : room;
		if (end)
			end_line(program);
		length += end != NULL;
		bytes += length;
		size -= length;
	}
}

/* False when there is nothing more, now or ever. */
static bool take_block(struct snet__program *program)
{
	char block[BLOCK_SIZE];
	ssize_t n;

	do
		n = read(program->out, block, sizeof(block));
	while (n < 0 && errno == EINTR);
	if (n == 0) /* an end is readable for ever */
		snet__watch_set(program->out_watch, 0);
	if (n <= 0)
		return false;
	take(program, block, (size_t)n);
	return true;
}

static void on_output(void *user, int events)
{
	struct snet__program *program = user;

	(void)events;
	for (int i = 0; i < BLOCKS_MAX && take_block(program); i++)
		;
}

int snet__program_open_output(struct snet__program *program, int *ret_child,
			      struct snet_err *err)
{
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot make a pipe");
	/* Only this end: the program's stays blocking. It cannot fail on a pipe. */
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	program->out = ends[0];
	*ret_child = ends[1];
	r = snet__watch_new(&program->out_watch, program->env.loop, program->out,
			    on_output, program, err);
	if (r < 0)
		return r;
	snet__watch_set(program->out_watch, SNET__WATCH_READ);
	return 0;
}

void snet__program_close_output(struct snet__program *program)
{
	if (program->out < 0)
		return;
	/* Who could write has ended: what is left is what fits into a pipe. */
	while (program->out_watch && take_block(program))
		;
	if (program->line_size)
		end_line(program);
	snet__watch_free(steal_ptr(program->out_watch));
	close(steal_fd(&program->out));
}

void snet__program_free_words(char ***words)
{
	for (char **word = *words; word && *word; word++)
		free(*word);
	free(*words);
	*words = NULL;
}

char **snet__program_words(const char *json_text)
{
	cleanup_with(snet__program_free_words) char **words = NULL;
	autojson *json = NULL;
	size_t count = 0;

	if (snet__json_parse(&json, json_text, strlen(json_text), NULL) < 0)
		return NULL;
	words = calloc(snet__json_count(json) + 1, sizeof(*words));
	for (const struct snet__json *word = snet__json_first(json); words && word;
	     word = snet__json_next(word)) {
		words[count] = strdup(snet__json_string(word));
		if (!words[count++])
			return NULL;
	}
	return steal_ptr(words);
}

static void set(struct snet__json *variables, const char *name, const char *value)
{
	/* What is missing for want of memory is found at the end. */
	(void)snet__json_set(variables, name, snet__json_new_string(value));
}

static void set_address(struct snet__json *variables, const char *name, uint32_t ipv4)
{
	struct in_addr address = {htonl(ipv4)};
	char text[INET_ADDRSTRLEN];

	set(variables, name, inet_ntop(AF_INET, &address, text, sizeof(text)));
}

static void tell_of_lab(struct snet__json *variables, const struct snet__program_env *env)
{
	struct in_addr address = {htonl(env->relayer ? env->relayer->ipv4 : 0)};
	char text[INET_ADDRSTRLEN], uri[INET_ADDRSTRLEN + 16];

	set(variables, "SNET_LAB", env->lab);
	set(variables, "SNET_NODE", env->node->name);
	set_address(variables, "SNET_ADDRESS", env->node->ipv4);
	if (!env->relayer)
		return;
	set(variables, "SNET_RELAYER", env->relayer->name);
	set_address(variables, "SNET_RELAYER_ADDRESS", env->relayer->ipv4);
	(void)snprintf(uri, sizeof(uri), "coap://%s:5683",
		       inet_ntop(AF_INET, &address, text, sizeof(text)));
	set(variables, "SNET_RELAYER_URI", uri);
}

/* What the lab's own process has, but for a lab around it. */
static void copy_base(struct snet__json *variables, char *const *base)
{
	for (; base && *base; base++) {
		const char *equals = strchr(*base, '=');
		autofree char *name =
			equals ? strndup(*base, (size_t)(equals - *base)) : NULL;

		if (name && strncmp(name, "SNET_", 5) != 0)
			set(variables, name, equals + 1);
	}
}

char **snet__program_variables(const struct snet__program_env *env, char *const *base)
{
	autojson *variables = snet__json_new_object(), *own = NULL;
	cleanup_with(snet__program_free_words) char **words = NULL;
	const struct snet__json *one;
	size_t count = 0;

	copy_base(variables, base);
	tell_of_lab(variables, env);
	if (env->node->env &&
	    snet__json_parse(&own, env->node->env, strlen(env->node->env), NULL) < 0)
		return NULL;
	for (one = snet__json_first(own); one; one = snet__json_next(one))
		set(variables, snet__json_key(one), snet__json_string(one));

	words = calloc(snet__json_count(variables) + 1, sizeof(*words));
	for (one = snet__json_first(variables); words && one;
	     one = snet__json_next(one)) {
		words[count] = snet__text_format("%s=%s", snet__json_key(one),
						 snet__json_string(one));
		if (!words[count++])
			return NULL;
	}
	return steal_ptr(words);
}
