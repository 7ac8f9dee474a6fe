# SPDX-License-Identifier: Apache-2.0
"""A log seen from outside: read with plain HTTP, hashed here, and audited by Go's verifiers."""
import base64
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from service import wait_for

WIDTH = 256


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes):
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:half]), root_of(hashes[half:]))


class Head:
    """A checkpoint: its three lines; who signed it is for others to check."""

    def __init__(self, note):
        text, self.signatures = note.split("\n\n")
        self.note, self.text = note, text + "\n"
        self.origin, size, root = text.split("\n")
        self.size, self.root = int(size), base64.b64decode(root)


def head_of(api):
    reply = api.get("/log/checkpoint")
    return Head(reply.body.decode()) if reply.status == 200 else None


def tile_path(level, index, width=WIDTH):
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return f"/log/tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < WIDTH else "")


def entries_of(api, size):
    """All entries below `size`, from bundles."""
    found = []
    for first in range(0, size, WIDTH):
        count = min(WIDTH, size - first)
        reply = api.get(tile_path("entries", first // WIDTH, count))
        assert reply.status == 200, (first, count, reply)
        rest = reply.body
        while rest:
            length = int.from_bytes(rest[:2], "big")
            found.append(rest[2:2 + length])
            rest = rest[2 + length:]
    assert len(found) == size
    return found


def wait_until_logged(service, api, seconds=20):
    """Everything stated so far is covered by the published head; gives that head."""
    def published():
        waiting, size = service.rows("SELECT (SELECT count(*) FROM log_pending), size FROM log_head")[0]
        head = head_of(api)
        return head if not waiting and head and head.size >= size else None
    head = wait_for(published, seconds)
    assert head, service.log()[-3000:]
    return head


@functools.cache
def auditor():
    """The Go program, built from Debian's own copy of golang.org/x/mod."""
    if not shutil.which("go") or not Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("golang-go and golang-golang-x-mod-dev are not installed")
    place = Path(tempfile.gettempdir()) / f"farmtrail-auditor-{os.getuid()}"
    source = Path(__file__).parent / "auditor" / "audit.go"
    place.mkdir(mode=0o700, exist_ok=True)
    program = place / hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    if not program.exists():
        temporary = place / f"{os.getpid()}.new"
        subprocess.run(["go", "build", "-o", temporary, source], check=True, cwd="/", env={
            **os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(place / "cache"), "GOFLAGS": ""})
        temporary.rename(program)
    return str(program)


def audit(service, vkey, old=None):
    """(whether all is well, what it says)"""
    arguments = [auditor(), f"http://127.0.0.1:{service.port}/log", vkey]
    with tempfile.NamedTemporaryFile("w") as file:
        if old:
            file.write(old.note)
            file.flush()
            arguments.append(file.name)
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode == 0, done.stdout.strip() + done.stderr[-500:]
