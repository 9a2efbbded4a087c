/* SPDX-License-Identifier: MIT */
<<<<<<< HEAD
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
=======
/* Gives every file of the folders named on the command line to a fuzz target, so that the
 * corpus is a test also where there is no libFuzzer. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned char *data = NULL;
	size_t size = 0, got;

	if (!file)
		return -1;
	do {
		data = realloc(data, size + 4096);
		if (!data)
			abort();
		got = fread(data + size, 1, 4096, file);
		size += got;
	} while (got);
	fclose(file);
	/* Exactly as large as it is, so that a read behind the end is found. */
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int count = 0;
	char path[4096];

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (replay_file(path) < 0) {
			perror(path);
			count = -1;
			break;
		}
		count++;
	}
	if (dir)
		closedir(dir);
	return count;
>>>>>>> topo
}

int main(int argc, char **argv)
{
<<<<<<< HEAD
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
=======
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);

		if (count <= 0) {
			fprintf(stderr, "%s: no corpus\n", argv[i]);
			return EXIT_FAILURE;
		}
		printf("%s: %d files\n", argv[i], count);
	}
	return EXIT_SUCCESS;
>>>>>>> topo
}
