# SPDX-License-Identifier: Apache-2.0
"""Opens and seals values of the database as the service does (include/ft/crypto/vault.h), by other code."""
import base64
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = b"\x01sealed\x01"


def is_sealed(value):
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).startswith(MARK)
    return isinstance(value, str) and value.startswith("\x01")


class Vault:
    def __init__(self, directory):
        key = bytes.fromhex((directory / "secrets" / "data.key").read_text().strip())
        self.bytes_key, self.text_key, self.nonce_key, self.check = (
            hmac.digest(key, b"farmtrail/vault@v1 " + use, "sha256") for use in (b"bytes", b"text", b"nonce", b"check"))

    def open(self, value):
        """What was sealed; anything else as it is. InvalidTag: it was sealed with another key."""
        if not is_sealed(value):
            return value
        if not isinstance(value, str):
            sealed = bytes(value)[len(MARK):]
            return AESGCM(self.bytes_key).decrypt(sealed[:12], sealed[12:], None)
        sealed = base64.urlsafe_b64decode(value[1:] + "=" * (-len(value[1:]) % 4))
        return AESGCM(self.text_key).decrypt(sealed[:12], sealed[12:], None).decode()

    def seal(self, value):
        if isinstance(value, bytes):
            nonce = os.urandom(12)
            return MARK + nonce + AESGCM(self.bytes_key).encrypt(nonce, value, None)
        nonce = hmac.digest(self.nonce_key, value.encode(), "sha256")[:12]
        sealed = nonce + AESGCM(self.text_key).encrypt(nonce, value.encode(), None)
        return "\x01" + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


__all__ = ["InvalidTag", "Vault", "is_sealed"]
