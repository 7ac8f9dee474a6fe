/* SPDX-License-Identifier: Apache-2.0
 * The file of the key-encryption key, as the child reads it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "ft/base/text.h"
#include "ft/crypto/secret.h"
#include "service_priv.h"

enum { KEK_FILE_LEN = 2 * KEK_LEN + 1 };

static const char *why_not(int fd)
{
	struct stat facts;
	if (fstat(fd, &facts) != 0)
		return strerror(errno);
	if (!S_ISREG(facts.st_mode))
		return "not a regular file";
	if (facts.st_uid != geteuid())
		return "belongs to another user";
	if (facts.st_mode & (S_IRWXG | S_IRWXO))
		return "readable or writable by others; its mode must be 0600";
	return NULL;
}

const char *kek_read(const char *path, uint8_t ret[KEK_LEN])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return strerror(errno);
	char text[KEK_FILE_LEN + 1]; /* one more shows a file that is too long */
	const char *fault = why_not(fd);
	ssize_t len = fault ? 0 : read(fd, text, sizeof text);
	close(fd);
	if (!fault && (len != KEK_FILE_LEN || text[KEK_FILE_LEN - 1] != '\n' ||
		       !hex_decode((struct str){text, KEK_FILE_LEN - 1}, ret, KEK_LEN)))
		fault = "not 64 hexadecimal digits and a newline";
	secret_erase(text, sizeof text);
	return fault;
}

static void add(struct kek_ring *ring, const uint8_t key[KEK_LEN])
{
	for (size_t i = 0; i < ring->count; i++)
		if (memcmp(ring->keys[i], key, KEK_LEN) == 0)
			return;
	if (ring->count < KEK_RING_MAX)
		memcpy(ring->keys[ring->count++], key, KEK_LEN);
}

/* The next first: renamed to the other's place between the two readings it is found there. */
void kek_ring_read(const char *path, struct kek_ring *ring)
{
	char next[PATH_MAX]; /* as long as a path may be */
	struct kek_ring fresh = {0};
	uint8_t key[KEK_LEN];
	int len = snprintf(next, sizeof next, "%s" SIGNER_KEK_NEXT, path);
	if (len > 0 && (size_t)len < sizeof next && !kek_read(next, key)) {
		add(&fresh, key);
		fresh.has_next = true;
	}
	bool good = !kek_read(path, key);
	if (good)
		add(&fresh, key);
	fresh.has_next = fresh.has_next && fresh.count == 2;
	for (size_t i = 0; good && i < ring->count; i++)
		add(&fresh, ring->keys[i]);
	if (good)
		*ring = fresh;
	secret_erase(key, sizeof key);
	secret_erase(&fresh, sizeof fresh);
}
