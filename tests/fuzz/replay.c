/* SPDX-License-Identifier: MIT */
/* The main() of a fuzz target where there is no fuzzer: each file of the corpus as it is, cut
 * everywhere, and with bytes changed by a seeded generator; the same at every run. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define FILE_MAX (1u << 20)
#define CUTS     512
#define CHANGES  4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly that size, so that a sanitizer sees one byte too far. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(1);
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void replay(const uint8_t *data, size_t size, const char *name)
{
	uint8_t *changed = malloc(size ? size : 1);
	struct snet__random random;

	if (!changed)
		exit(1);
	snet__random_seed(&random, 1, name);
	feed(data, size);
	for (size_t cut = 0; cut < size && cut < CUTS; cut++)
		feed(data, cut);
	for (int i = 0; size && i < CHANGES; i++) {
		memcpy(changed, data, size);
		for (uint64_t n = snet__random_next(&random) % 4 + 1; n; n--)
			changed[snet__random_next(&random) % size] =
				(uint8_t)snet__random_next(&random);
		feed(changed, size);
	}
	free(changed);
}

static int replay_file(const char *folder, const char *name)
{
	static uint8_t data[FILE_MAX];
	char path[4096];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rbe");
	if (!file) {
		perror(path);
		return 1;
	}
	replay(data, fread(data, 1, sizeof(data), file), name);
	return fclose(file) != 0;
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	int failed = 0, count = 0;
	DIR *dir;

	dir = argc == 2 ? opendir(argv[1]) : NULL;
	if (!dir) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		failed |= replay_file(argv[1], entry->d_name);
		count++;
	}
	closedir(dir);
	return failed || !count;
}
