# SPDX-License-Identifier: Apache-2.0
"""Devices that make keys, enrol them with a token, and sign notes with them."""
import base64
import hashlib
import subprocess

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519


def b64(octets):
    return base64.b64encode(octets).decode()


# y of the points whose order divides 8, and the spellings of these that are not reduced; with either sign bit: 14 encodings
SMALL_ORDER_Y = [bytes.fromhex(y) for y in (
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
WEAK_KEYS = [y[:31] + bytes([y[31] | sign]) for y in SMALL_ORDER_Y for sign in (0, 0x80)]
UNIVERSAL = bytes([1] + [0] * 63)  # R is the identity, S is 0


def is_signed_by_nobody(key, message):
    """UNIVERSAL verifies the message under this weak key: the challenge is a multiple of every small order."""
    return int.from_bytes(hashlib.sha512(UNIVERSAL[:32] + key + message).digest(), "little") % (2**252 + 27742317777372353535851937790883648493) % 8 == 0


class Device:
    """A phone or a card: makes a key and never shows it."""

    def __init__(self, algorithm="p256", directory=None):
        self.algorithm, self.directory = algorithm, directory
        if algorithm == "sm2":
            self.path = directory / "sm2.pem"
            subprocess.run(["openssl", "genpkey", "-algorithm", "SM2", "-out", self.path], check=True, capture_output=True)
            self.spki = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"], check=True,
                                       capture_output=True).stdout
        else:
            self.key = ec.generate_private_key(ec.SECP256R1()) if algorithm == "p256" else ed25519.Ed25519PrivateKey.generate()
            self.spki = self.key.public_key().public_bytes(serialization.Encoding.DER,
                                                           serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, text):
        if self.algorithm == "p256":
            return self.key.sign(text, ec.ECDSA(hashes.SHA256()))
        if self.algorithm == "ed25519":
            return self.key.sign(text)
        message = self.directory / "message"
        message.write_bytes(text)
        der = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678",
                              "-inkey", self.path, "-in", message], check=True, capture_output=True).stdout
        r_len = der[3]
        r, s = der[4:4 + r_len], der[6 + r_len:]
        return r.lstrip(b"\0").rjust(32, b"\0") + s.lstrip(b"\0").rjust(32, b"\0")

    def note(self, prepared, text=None):
        text = text or prepared["statement"]
        value = bytes.fromhex(prepared["keyId"]) + self.sign(text.encode())
        return f"{text}\n— {prepared['name']} {b64(value)}\n"

    @property
    def fingerprint(self):
        return hashlib.sha256(self.spki).hexdigest()


def permit(district, party, **more):
    return district.admin.make("/v1/enrolments", {"party": party.number, "reason": "new-device", **more})


def prepare(district, token, device):
    reply = district.public.post("/v1/signing-keys:prepare", {"token": token, "spki": b64(device.spki)})
    assert reply.status == 200, reply
    return reply.json()


def enrol(district, party, device, **more):
    token = permit(district, party, **more)["token"]
    note = device.note(prepare(district, token, device))
    return district.public.post("/v1/signing-keys", {"token": token, "note": note}), token, note


def keys_of(district, party, **query):
    more = "".join(f"&{k}={v}" for k, v in query.items())
    return district.admin.read(f"/v1/signing-keys?party={party.id}{more}")["items"]
