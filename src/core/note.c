/* SPDX-License-Identifier: Apache-2.0
 * C2SP signed notes: reading, writing and checking them. */
#include "ft/core/note.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

/* U+2014 EM DASH and a space open every signature line. */
#define SIGNATURE_MARK STR("\xe2\x80\x94 ")

enum { ID_LEN = 4, ID_HEX_LEN = 8, ED25519_KEY_LEN = 32, COSIGNATURE_TIME_LEN = 8 };

#define ED25519_SPKI_PREFIX STR("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00")
#define P256_SPKI_PREFIX \
	STR("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07" \
	    "\x03" \
	    "\x42\x00\x04")
#define SM2_SPKI_PREFIX \
	STR("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d" \
	    "\x03" \
	    "\x42\x00")
#define SM2_WORD STR("SM2-with-SM3") /* what type 0xff is spelled out as */
enum { P256_SPKI_LEN = 91, POINT_LEN = 65, UNCOMPRESSED = 0x04 };

static bool has_control(struct str s, char allowed)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] < 0x20 && s.at[i] != allowed)
			return true;
	return false;
}

/* White_Space of the Unicode character database beyond ASCII, as UTF-8. */
static bool has_wide_space(struct str s)
{
	static const char *const spaces[] = {
		"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.at[i] < 0x80)
			continue;
		struct str rest = str_from(s, i);
		for (size_t k = 0; k < sizeof spaces / sizeof spaces[0]; k++)
			if (str_starts(rest, str_of(spaces[k])))
				return true;
		/* U+2000 to U+200A */
		if (rest.len >= 3 && memcmp(rest.at, "\xe2\x80", 2) == 0 && (uint8_t)rest.at[2] >= 0x80 &&
		    (uint8_t)rest.at[2] <= 0x8a)
			return true;
	}
	return false;
}

bool note_name_valid(struct str name)
{
	if (name.len == 0 || name.len > NOTE_MAX_NAME_LEN || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.at[i] <= ' ' || name.at[i] == '+' || name.at[i] == 0x7f)
			return false;
	return !has_wide_space(name);
}

static uint32_t big_endian_32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* No word begins with this octet, so nothing else is taken for it. */
static bool is_sm2(uint8_t type, struct bytes material)
{
	return type == NOTE_SPELLED_OUT && material.len == POINT_LEN && material.at[0] == UNCOMPRESSED;
}

static struct str word_of(uint8_t type, struct bytes material)
{
	return is_sm2(type, material) ? SM2_WORD : STR("");
}

/* C2SP signed-note: an ECDSA id is taken of the SPKI alone, every other of name, type and key. */
static uint32_t id_of(struct str name, uint8_t type, struct bytes material)
{
	struct str word = word_of(type, material);
	struct sha256 hash;
	if (type == NOTE_P256)
		hash = sha256_of(material);
	else
		hash = sha256_of_parts(
			(struct bytes[]){
				str_bytes(name), str_bytes(STR("\n")), {&type, 1}, str_bytes(word), material},
			5);
	return big_endian_32(hash.octets);
}

bool note_key_from_spki(struct str name, struct bytes spki, struct note_key *ret)
{
	struct str whole = {(const char *)spki.at, spki.len};
	struct note_key key = {.name = name, .material = spki};
	if (whole.len == ED25519_SPKI_PREFIX.len + ED25519_KEY_LEN &&
	    str_starts(whole, ED25519_SPKI_PREFIX)) {
		key.type = NOTE_ED25519;
		key.material = str_bytes(str_from(whole, ED25519_SPKI_PREFIX.len));
	} else if (whole.len == P256_SPKI_LEN && str_starts(whole, P256_SPKI_PREFIX)) {
		key.type = NOTE_P256;
	} else if (whole.len == SM2_SPKI_PREFIX.len + POINT_LEN && str_starts(whole, SM2_SPKI_PREFIX) &&
		   (uint8_t)whole.at[SM2_SPKI_PREFIX.len] == UNCOMPRESSED) {
		key.type = NOTE_SPELLED_OUT;
		key.material = str_bytes(str_from(whole, SM2_SPKI_PREFIX.len));
	} else {
		return false;
	}
	if (!note_name_valid(name))
		return false;
	key.id = id_of(name, key.type, key.material);
	*ret = key;
	return true;
}

bool note_key_is_sm2(const struct note_key *key)
{
	return is_sm2(key->type, key->material);
}

struct bytes note_key_spki(struct arena *arena, const struct note_key *key)
{
	if (key->type == NOTE_P256)
		return key->material;
	bool sm2 = is_sm2(key->type, key->material);
	if (key->type != NOTE_ED25519 && key->type != NOTE_COSIGNATURE && !sm2)
		return (struct bytes){0};
	struct str prefix = sm2 ? SM2_SPKI_PREFIX : ED25519_SPKI_PREFIX;
	struct buf out = buf_create(arena, prefix.len + key->material.len);
	buf_put(&out, prefix);
	buf_put_bytes(&out, key->material.at, key->material.len);
	return str_bytes(buf_str(&out));
}

struct sha256 note_key_fingerprint(struct arena *arena, const struct note_key *key)
{
	return sha256_of(note_key_spki(arena, key));
}

bool note_key_parse(struct arena *arena, struct str vkey, struct note_key *ret)
{
	struct str rest, encoded;
	struct str name = str_cut(vkey, '+', &rest);
	struct str hex = str_cut(rest, '+', &encoded);
	uint8_t id[ID_LEN];
	struct bytes typed;
	/* The base64 part may contain "+" itself: it is all that follows. */
	if (!note_name_valid(name) || hex.len != ID_HEX_LEN || !hex_decode(hex, id, sizeof id) ||
	    !encoded.at || !base64_decode(arena, encoded, &typed) || typed.len < 2)
		return false;
	for (size_t i = 0; i < hex.len; i++)
		if (hex.at[i] >= 'A' && hex.at[i] <= 'F')
			return false;

	struct note_key key = {
		.name = name,
		.id = big_endian_32(id),
		.type = typed.at[0],
		.material = {typed.at + 1, typed.len - 1},
	};
	struct str spelled = bytes_str(key.material);
	if (key.type == NOTE_SPELLED_OUT && str_starts(spelled, SM2_WORD))
		key.material = str_bytes(str_from(spelled, SM2_WORD.len));
	if ((key.type == NOTE_ED25519 || key.type == NOTE_COSIGNATURE) && key.material.len != ED25519_KEY_LEN)
		return false;
	if (key.type == NOTE_SPELLED_OUT && str_starts(spelled, SM2_WORD) && !is_sm2(key.type, key.material))
		return false;
	if (key.id != id_of(name, key.type, key.material))
		return false;
	*ret = key;
	return true;
}

struct str note_key_print(struct arena *arena, const struct note_key *key)
{
	struct buf typed = buf_create(arena, 1 + SM2_WORD.len + key->material.len);
	buf_put_char(&typed, (char)key->type);
	buf_put(&typed, word_of(key->type, key->material));
	buf_put_bytes(&typed, key->material.at, key->material.len);
	struct str encoded = base64_encode(arena, str_bytes(buf_str(&typed)));
	return arena_printf(arena, "%.*s+%08x+%.*s", STR_ARGS(key->name), (unsigned)key->id,
			    STR_ARGS(encoded));
}

static bool parse_signature(struct arena *arena, struct str line, struct note_signature *ret)
{
	if (!str_starts(line, SIGNATURE_MARK))
		return false;
	struct str encoded;
	struct str name = str_cut(str_from(line, SIGNATURE_MARK.len), ' ', &encoded);
	struct bytes value;
	if (!note_name_valid(name) || !encoded.at || !base64_decode(arena, encoded, &value) ||
	    value.len <= ID_LEN)
		return false;
	*ret = (struct note_signature){
		.name = name,
		.id = big_endian_32(value.at),
		.signature = {value.at + ID_LEN, value.len - ID_LEN},
	};
	return true;
}

/* The last empty line divides the text from the signatures. */
static bool split(struct str whole, struct str *ret_text, struct str *ret_signatures)
{
	for (size_t i = whole.len; i >= 2; i--)
		if (whole.at[i - 1] == '\n' && whole.at[i - 2] == '\n') {
			*ret_text = (struct str){whole.at, i - 1};
			*ret_signatures = str_from(whole, i);
			return true;
		}
	return false;
}

bool note_parse(struct arena *arena, struct str whole, struct note *ret)
{
	struct str lines;
	struct note note = {0};
	if (whole.len > NOTE_MAX_LEN || !utf8_valid(whole) || has_control(whole, '\n') ||
	    !split(whole, &note.text, &lines) || !str_ends(lines, STR("\n")))
		return false;
	while (lines.len > 0) {
		struct str line = str_cut(lines, '\n', &lines);
		if (note.count == NOTE_MAX_SIGNATURES ||
		    !parse_signature(arena, line, &note.signatures[note.count]))
			return false;
		note.count++;
	}
	*ret = note;
	return true;
}

struct str note_print(struct arena *arena, const struct note *note)
{
	assert(str_ends(note->text, STR("\n")) && note->count > 0 && note->count <= NOTE_MAX_SIGNATURES);
	struct buf out = buf_create(arena, note->text.len + 1 + note->count * 192);
	buf_put(&out, note->text);
	buf_put_char(&out, '\n');
	for (size_t i = 0; i < note->count; i++) {
		const struct note_signature *s = &note->signatures[i];
		const uint8_t id[ID_LEN] = {(uint8_t)(s->id >> 24), (uint8_t)(s->id >> 16),
					    (uint8_t)(s->id >> 8), (uint8_t)s->id};
		struct buf value = buf_create(arena, ID_LEN + s->signature.len);
		buf_put_bytes(&value, id, sizeof id);
		buf_put_bytes(&value, s->signature.at, s->signature.len);
		buf_put(&out, SIGNATURE_MARK);
		buf_put(&out, s->name);
		buf_put_char(&out, ' ');
		buf_put(&out, base64_encode(arena, str_bytes(buf_str(&value))));
		buf_put_char(&out, '\n');
	}
	assert(out.len <= NOTE_MAX_LEN);
	return buf_str(&out);
}

static uint64_t cosignature_time(struct bytes signature)
{
	return (uint64_t)big_endian_32(signature.at) << 32 | big_endian_32(signature.at + 4);
}

/* C2SP tlog-cosignature: eight octets of time before the signature, which also covers that time. */
static bool verify_cosignature(struct arena *arena, struct str text, struct bytes spki,
			       struct bytes signature, struct note_verifier verifier)
{
	if (signature.len <= COSIGNATURE_TIME_LEN)
		return false;
	uint64_t at_s = cosignature_time(signature);
	struct buf message = buf_create(arena, text.len + 48);
	buf_printf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)at_s);
	buf_put(&message, text);
	struct bytes rest = {signature.at + COSIGNATURE_TIME_LEN, signature.len - COSIGNATURE_TIME_LEN};
	return verifier.verify(verifier.context, spki, str_bytes(buf_str(&message)), rest);
}

enum note_verdict note_verify(struct arena *arena, const struct note *note, const struct note_key *key,
			      struct note_verifier verifier)
{
	struct bytes spki = note_key_spki(arena, key);
	enum note_verdict verdict = NOTE_UNSIGNED;
	for (size_t i = 0; i < note->count; i++) {
		const struct note_signature *s = &note->signatures[i];
		if (s->id != key->id || !str_equal(s->name, key->name))
			continue;
		bool ok = spki.at &&
			  (key->type == NOTE_COSIGNATURE
				   ? verify_cosignature(arena, note->text, spki, s->signature, verifier)
				   : verifier.verify(verifier.context, spki, str_bytes(note->text),
						     s->signature));
		if (!ok)
			return NOTE_FORGED;
		verdict = NOTE_SIGNED;
	}
	return verdict;
}

bool note_cosignature_time(const struct note *note, const struct note_key *key, int64_t *ret)
{
	int64_t newest = -1;
	for (size_t i = 0; i < note->count; i++) {
		const struct note_signature *s = &note->signatures[i];
		if (s->id != key->id || !str_equal(s->name, key->name) ||
		    s->signature.len <= COSIGNATURE_TIME_LEN)
			continue;
		uint64_t at_s = cosignature_time(s->signature);
		if (at_s > INT64_MAX)
			return false;
		if ((int64_t)at_s > newest)
			newest = (int64_t)at_s;
	}
	if (newest < 0)
		return false;
	*ret = newest;
	return true;
}
