/* SPDX-License-Identifier: MIT */
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
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);

		if (count <= 0) {
			fprintf(stderr, "%s: no corpus\n", argv[i]);
			return EXIT_FAILURE;
		}
		printf("%s: %d files\n", argv[i], count);
	}
	return EXIT_SUCCESS;
}
