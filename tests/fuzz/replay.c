/* SPDX-License-Identifier: Apache-2.0
 * Runs a fuzz target over stored inputs, so that what fuzzing found stays found in every build.
 *
 * usage: replay_TARGET DIRECTORY */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT_SIZE = 16 * 1024 * 1024 };

/* The bytes are on the heap at their exact size, so that a sanitizer sees a read beyond them. */
static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return -1;
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	rewind(file);
	uint8_t *data = size >= 0 && size <= MAX_INPUT_SIZE ? malloc(size ? (size_t)size : 1) : NULL;
	bool read = data && fread(data, 1, (size_t)size, file) == (size_t)size;
	fclose(file);
	if (read)
		LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	return read ? 0 : -1;
}

int main(int argc, char **argv)
{
	DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
	if (!directory) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	int count = 0, failed = 0;
	for (struct dirent *entry; (entry = readdir(directory));) {
		char path[4096]; /* PATH_MAX */
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
		failed += replay(path) != 0;
		count++;
	}
	closedir(directory);
	printf("%d inputs replayed, %d could not be read\n", count - failed, failed);
	return !count || failed;
}
