/* SPDX-License-Identifier: Apache-2.0
 * The file of a signing key that stays here. */
#include "own_key_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "ft/base/file.h"
#include "ft/base/text.h"
#include "ft/crypto/secret.h"

#define MARK STR("PRIVATE+KEY+")
enum { SECRET_LEN = 32, LINE_MAX_LEN = 512, OWNER_ONLY = S_IRUSR | S_IWUSR };

static enum exit_code fail(const struct cli *cli, struct str path, struct said why)
{
	struct str line = arena_printf(cli->arena, "%.*s: %s", STR_ARGS(path), cli_say(cli, why));
	return cli_fail(cli, EXIT_REFUSED, line);
}

static bool algorithm_known(uint8_t type)
{
	return type == SIGN_P256 || type == SIGN_ED25519 || type == SIGN_SM2;
}

/* name+id+base64; the base64 may hold "+" itself. */
static bool parse(struct arena *arena, struct str line, struct own_key *ret)
{
	struct str rest, encoded;
	struct bytes typed;
	uint8_t id[4];
	if (!str_starts(line, MARK))
		return false;
	struct str name = str_cut(str_from(line, MARK.len), '+', &rest);
	struct str hex = str_cut(rest, '+', &encoded);
	if (!encoded.at || hex.len != 2 * sizeof id || !hex_decode(hex, id, sizeof id) ||
	    !base64_decode(arena, encoded, &typed) || typed.len != 1 + SECRET_LEN ||
	    !algorithm_known(typed.at[0]) ||
	    private_key_parse((enum sign_algorithm)typed.at[0], (struct bytes){typed.at + 1, SECRET_LEN},
			      &ret->key))
		return false;
	ret->spki = private_key_spki(arena, ret->key);
	ret->fingerprint = sha256_of(ret->spki);
	uint32_t said = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
	if (note_key_from_spki(name, ret->spki, &ret->public) && ret->public.id == said)
		return true;
	own_key_finish(ret);
	return false;
}

enum exit_code own_key_read(struct cli *cli, struct str path, struct own_key *ret)
{
	char text[LINE_MAX_LEN + 1]; /* one more shows a file that is too long */
	struct stat facts;
	struct own_key key = {0};
	int fd = open(arena_str(cli->arena, path).at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail(cli, path, (struct said){"无法读取密钥文件", "the key file cannot be read"});
	bool shared = fstat(fd, &facts) || !S_ISREG(facts.st_mode) || facts.st_mode & (S_IRWXG | S_IRWXO);
	ssize_t len = shared ? 0 : read(fd, text, sizeof text);
	close(fd);
	if (shared)
		return fail(cli, path,
			    (struct said){"其他人可以读取该密钥文件；权限须为 0600",
					  "others may read the key file; its mode must be 0600"});
	bool good = len > 0 && len <= LINE_MAX_LEN &&
		    parse(cli->arena, str_trim((struct str){text, (size_t)len}), &key);
	if (good)
		key.public.name = arena_str(cli->arena, key.public.name);
	secret_erase(text, sizeof text);
	if (!good)
		return fail(cli, path, (struct said){"不是签名密钥文件", "not the file of a signing key"});
	*ret = key;
	return EXIT_GOOD;
}

enum exit_code own_key_write(struct cli *cli, struct str path, const struct own_key *key)
{
	struct bytes raw = private_key_raw(cli->arena, key->key);
	struct buf typed = buf_create(cli->arena, 1 + SECRET_LEN);
	buf_put_char(&typed, (char)key->public.type);
	buf_put_bytes(&typed, raw.at, raw.len);
	struct str encoded = base64_encode(cli->arena, str_bytes(buf_str(&typed)));
	struct str line =
		arena_printf(cli->arena, "%.*s%.*s+%08x+%.*s\n", STR_ARGS(MARK), STR_ARGS(key->public.name),
			     (unsigned)key->public.id, STR_ARGS(encoded));
	if (file_create(cli->arena, path, OWNER_ONLY, line))
		return EXIT_GOOD;
	return fail(cli, path,
		    errno == EEXIST
			    ? (struct said){"文件已存在，未作改动", "the file exists and was left alone"}
			    : (struct said){"无法写入密钥文件", "the key file cannot be written"});
}

struct str own_key_sign(struct arena *arena, const struct own_key *key, struct str text)
{
	struct bytes signature;
	struct note *note = arena_new(arena, struct note);
	if (sign(arena, key->key, str_bytes(text), &signature))
		return (struct str){NULL, 0};
	note->text = text;
	note->count = 1;
	note->signatures[0] = (struct note_signature){key->public.name, key->public.id, signature};
	return note_print(arena, note);
}

void own_key_finish(struct own_key *key)
{
	private_key_destroy(key->key);
	key->key = NULL;
}
