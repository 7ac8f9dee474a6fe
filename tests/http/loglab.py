# SPDX-License-Identifier: Apache-2.0
"""A log made here, served over HTTP, and as dishonest as a test wants it: keys as C2SP writes them, statements, heads, tiles.
And a witness that is honest."""
import base64
import copy
import hashlib
import http.server
import threading
import time
import uuid

from auditor import WIDTH, leaf_hash, node_hash, root_of
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

ED25519, P256, COSIGNATURE = 1, 2, 4


def b64(octets):
    return base64.b64encode(octets).decode()


class Signer:
    """A key with a name, for notes (c2sp.org/signed-note)."""

    def __init__(self, name, kind):
        self.name, self.kind = name, kind
        self.key = ec.generate_private_key(ec.SECP256R1()) if kind == P256 else ed25519.Ed25519PrivateKey.generate()
        public = self.key.public_key()
        self.spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.material = self.spki if kind == P256 else public.public_bytes(serialization.Encoding.Raw,
                                                                           serialization.PublicFormat.Raw)
        hashed = self.spki if kind == P256 else name.encode() + b"\n" + bytes([kind]) + self.material
        self.id = hashlib.sha256(hashed).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([kind]) + self.material)}"
        self.fingerprint = hashlib.sha256(self.spki).digest()

    def line(self, text, at=None):
        if self.kind == COSIGNATURE:
            at = int(time.time()) if at is None else at
            message = f"cosignature/v1\ntime {at}\n{text}".encode()
            signature = at.to_bytes(8, "big") + self.key.sign(message)
        elif self.kind == P256:
            signature = self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
        else:
            signature = self.key.sign(text.encode())
        return f"— {self.name} {b64(self.id + signature)}\n"


class Org(Signer):
    """An organisation's key in one log, with its sequence."""

    def __init__(self, log, org=None, use="event"):
        self.log, self.org, self.use, self.seq = log, org or str(uuid.uuid4()), use, 0
        super().__init__(f"{log.origin}/o/{self.org}", P256)

    def text(self, kind, lines, **changed):
        self.seq += 1
        said = {"log": self.log.origin, "org": self.org, "key": b64(self.fingerprint), "seq": self.seq, "at": int(time.time()),
                **changed}
        return f"farmtrail/{kind}@v1\n" + "".join(f"{word} {value}\n" for word, value in said.items()) + lines


class Log:
    """A registrar, an organisation, and what they state. `copy` begins a second history."""

    def __init__(self, origin="lab.farmtrail.example"):
        self.origin, self.key, self.entries = origin, Signer(origin, ED25519), []
        self.registrar = Org(self, use="register")
        self.enrol(self.registrar)
        self.farm = self.enrol(Org(self))

    def copy(self, size=None):
        other = Log.__new__(Log)
        other.__dict__.update(self.__dict__)
        other.entries = self.entries[:size]
        for name in ("registrar", "farm"):  # each goes on from the numbers that its history knows
            org = copy.copy(getattr(self, name))
            org.log, org.seq = other, sum(f"\nkey {b64(org.fingerprint)}\n".encode() in entry for entry in other.entries)
            setattr(other, name, org)
        return other

    def append(self, text, *signers):
        self.entries.append(f"{text}\n{''.join(signer.line(text) for signer in signers)}".encode())
        return len(self.entries) - 1

    def enrol(self, org, *, vouched=True, by=""):
        """`by`: the line that says why the registrar vouches for a further key, or of its predecessor."""
        text = org.text("key", f"vkey {org.vkey}\nuse {org.use}\ncustody service\n{by}")
        self.append(text, *([org] if org.use == "register" or not vouched else [org, self.registrar]))
        return org

    def state_key(self, key):
        """A key for heads, vouched for by the registrar."""
        text = (f"farmtrail/key@v1\nlog {self.origin}\norg {self.registrar.org}\nkey {b64(key.fingerprint)}\nseq 1\nat {int(time.time())}\n"
                f"vkey {key.vkey}\nuse log\ncustody service\n")
        self.append(text, key, self.registrar)

    def succeed(self, size=None, by=None, head=None):
        """Another log goes on under the next name, as the head of this size (or another) says; what stood beyond comes again."""
        size = len(self.entries) if size is None else size
        ended, self.entries, beyond = self.key, self.entries[:size], self.entries[size:]
        number = int(ended.name.removeprefix(self.origin).lstrip("/") or 1) + 1
        self.key = Signer(f"{self.origin}/{number}", ED25519)
        name, covers, root, _, *lines = (head or Log.head(self, key=ended)).splitlines()
        by = by or self.registrar
        text = by.text("origin", f"previous {name}\nsize {covers}\nroot {root}\n" +
                       "".join(f"signed {line.removeprefix('— ')}\n" for line in lines) +
                       f"reason compromise\nvkey {self.key.vkey}\n")
        self.append(text, by, self.key)
        self.append(self.registrar.text("revoke", f"revoked {b64(ended.fingerprint)}\nreason compromise\nsince 1\n"), self.registrar)
        self.state_key(self.key)
        self.entries += beyond
        return ended

    def record(self, by=None, count=1, **changed):
        by = by or self.farm
        for _ in range(count):
            index = self.append(by.text("event", f"body sha256 {b64(hashlib.sha256(b'').digest())} 0 text/plain\n", **changed), by)
        return index

    def head(self, size=None, witnesses=(), key=None):
        size, key = len(self.entries) if size is None else size, key or self.key
        text = f"{key.name}\n{size}\n{b64(root_of([leaf_hash(entry) for entry in self.entries[:size]]))}\n"
        return text + "\n" + key.line(text) + "".join(witness.line(text) for witness in witnesses)

    def tile(self, level, index, width):
        hashes = [leaf_hash(entry) for entry in self.entries]
        for _ in range(level):
            hashes = [root_of(hashes[n:n + WIDTH]) for n in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        found = hashes[index * WIDTH:index * WIDTH + width]
        return b"".join(found) if len(found) == width else None

    def bundle(self, index, width):
        found = self.entries[index * WIDTH:index * WIDTH + width]
        return b"".join(len(e).to_bytes(2, "big") + e for e in found) if len(found) == width else None


class Server:
    """Serves a log below `prefix`, until `answer` says otherwise: a function from the path to None, or (status, headers, body)."""

    def __init__(self, log, prefix="/log"):
        self.log, self.prefix, self.note, self.asked = log, prefix, None, []
        self.answer = lambda path: None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append(self.path)
                status, headers, body = outer.answer(self.path) or outer.serve(self.path)
                self.send_response(status)
                for name, value in {"Content-Type": "application/octet-stream", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self, path):
        body = self.find(path.removeprefix(self.prefix)) if path.startswith(self.prefix + "/") else None
        return (404, {}, b"no such thing\n") if body is None else (200, {}, body)

    def find(self, path):
        if path == "/checkpoint":
            return (self.note or self.log.head()).encode()
        if path == "/vkey":
            return self.log.key.vkey.encode() + b"\n"
        kind, _, name = path.removeprefix("/tile/").partition("/")
        name, _, width = name.partition(".p/")
        index = int("".join(name.replace("x", "").split("/")))
        width = int(width) if width else WIDTH
        return self.log.bundle(index, width) if kind == "entries" else self.log.tile(int(kind), index, width)

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def hash_of(line):
    octets = base64.b64decode(line, validate=True)
    assert len(octets) == 32
    return octets


def grew_from(old, old_root, size, root, proof):
    """RFC 9162 §2.1.4.2."""
    if old in (0, size):
        return not proof and (old == 0 or old_root == root)
    at, last, rest = old - 1, size - 1, list(proof)
    while at & 1:
        at, last = at >> 1, last >> 1
    if old & (old - 1):
        if not rest:
            return False
        first = rest.pop(0)
    else:
        first = old_root
    before = now = first
    for step in rest:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, now = node_hash(step, before), node_hash(step, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, step)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and now == root


class Witness(Signer):
    """https://c2sp.org/tlog-witness: knows logs by origin, signs what contains all that it has signed before."""

    def __init__(self, name, path=None):
        super().__init__(name, COSIGNATURE)
        self.logs, self.heads, self.path, self.answers, self.lock = {}, {}, path, [], threading.Lock()
        self.away = False
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with outer.lock:
                    status, kind, text = (503, "text/plain", "") if outer.away else \
                        outer.add_checkpoint(body) if self.path == "/w/add-checkpoint" else (404, "text/plain", "")
                    outer.answers.append(status)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/w"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def trust(self, vkey):
        """A verifier key of a log: NAME+ID+KEY, Ed25519."""
        name, _, key = vkey.split("+", 2)
        self.logs[name] = (vkey, ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]))

    def is_signed(self, origin, text, signatures):
        vkey, key = self.logs[origin]
        for line in signatures.splitlines():
            dash, name, value = line.split(" ")
            value = base64.b64decode(value)
            if dash == "—" and name == origin and value[:4].hex() == vkey.split("+")[1]:
                try:
                    key.verify(value[4:], text.encode())
                    return True
                except InvalidSignature:
                    return False
        return False

    def add_checkpoint(self, body):
        request, text, signatures = body.split("\n\n")
        text += "\n"
        first, *proof = request.split("\n")
        word, old = first.split(" ")
        assert word == "old" and str(int(old)) == old and len(proof) <= 63
        origin, size, root = text.splitlines()[:3]
        old, size, root, proof = int(old), int(size), hash_of(root), [hash_of(line) for line in proof]
        if origin not in self.logs:
            return 404, "text/plain", "unknown log\n"
        if not self.is_signed(origin, text, signatures):
            return 403, "text/plain", "not signed by this log\n"
        if old > size:
            return 400, "text/plain", "old is larger than the checkpoint\n"
        known, known_root = self.heads.get(origin, (0, None))
        if old != known or (size == known and known_root not in (None, root)):
            return 409, "text/x.tlog.size", f"{known}\n"
        if not grew_from(old, known_root, size, root, proof):
            return 422, "text/plain", "not consistent\n"
        self.heads[origin] = (size, root)
        if self.path:  # stored before it is answered
            self.path.write_text(f"{origin} {size} {root.hex()}\n")
        return 200, "text/plain", self.line(text)

    def close(self):
        self.http.shutdown()
        self.http.server_close()
