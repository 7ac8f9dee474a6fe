/* SPDX-License-Identifier: Apache-2.0
 * A signing key that stays on this machine. Its file is one line, as C2SP tools write keys that sign notes:
 * PRIVATE+KEY+name+id+base64(type ‖ 32 octets). */
#ifndef FT_CLI_OWN_KEY_PRIV_H
#define FT_CLI_OWN_KEY_PRIV_H

#include "client_priv.h"

#include "ft/core/note.h"
#include "ft/crypto/sign.h"

struct own_key {
	struct private_key *key;
	struct bytes spki;
	struct sha256 fingerprint;
	struct note_key public; /* with the name in signature lines */
};
/* Says why not, and gives the exit code: no such file, others may read it, another form. */
enum exit_code own_key_read(struct cli *cli, struct str path, struct own_key *ret) must_check;
/* A new file of mode 0600, on disk when it returns; one that exists is kept, and nothing is written. */
enum exit_code own_key_write(struct cli *cli, struct str path, const struct own_key *key) must_check;
/* The text as a note with its signature; absent when it cannot be signed. */
struct str own_key_sign(struct arena *arena, const struct own_key *key, struct str text);
void own_key_finish(struct own_key *key);

/* key_rewrap.c: farmtrail key rewrap, which needs no server. */
enum exit_code key_rewrap(struct cli *cli);
/* own_enrol.c: farmtrail key enrol */
enum exit_code own_enrol(struct cli *cli, struct client *client);
/* own_endorse.c: farmtrail event endorse */
enum exit_code own_endorse(struct cli *cli, struct client *client);
/* own_sign.c: has a record prepared, checks what it became, signs, sends. */
enum exit_code own_send(struct cli *cli, struct client *client, const struct own_key *key, struct str record,
			outbox_print *print);

#endif
