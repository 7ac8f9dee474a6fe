# SPDX-License-Identifier: Apache-2.0
"""Starts the sample server and speaks HTTP over raw sockets, so that nothing is tidied up on the way."""
import json
import os
import re
import select
import socket
import subprocess
import tempfile
import time

import pytest

PROGRAM = os.environ.get("FT_SAMPLE_SERVER")
BASE_ENV = {"FARMTRAIL_PORT": "0", "FARMTRAIL_RATE_PUBLIC": "1000000", "FARMTRAIL_HTTP_THREADS": "2",
            "FARMTRAIL_LOG_LEVEL": "info"}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def slug(self):
        assert self.headers["content-type"] == "application/problem+json"
        problem = self.json()
        assert problem["status"] == self.status and problem["request"] == self.headers["x-request-id"]
        return problem["type"].removeprefix("/problems/")


class Connection:
    """One connection; reads answers one after the other."""

    def __init__(self, server, timeout=10):
        self.socket = socket.create_connection((server.host, server.port), timeout=timeout)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def fill(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError(self.buffer)
        self.buffer += piece

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            headers[name.lower()] = value
        return int(lines[0].split(" ")[1]), headers

    def read(self, method="GET"):
        status, headers = self.read_head()
        length = int(headers.get("content-length", 0))
        if method == "HEAD" or status in (100, 204, 304):
            return Answer(status, headers, b"")
        while len(self.buffer) < length:
            self.fill()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(status, headers, body)

    def is_quiet(self, seconds):
        poll = select.poll()  # select() knows no descriptor above 1023
        poll.register(self.socket, select.POLLIN)
        return not self.buffer and not poll.poll(seconds * 1000)

    def is_closed(self, seconds=5):
        self.socket.settimeout(seconds)
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request_bytes(method, target, headers=None, body=None):
    headers = {"Host": "test", **(headers or {})}
    if body is not None:
        body = body if isinstance(body, bytes) else body.encode()
        headers.setdefault("Content-Length", str(len(body)))
        headers.setdefault("Content-Type", "application/json")
    lines = [f"{method} {target} HTTP/1.1"] + [f"{k}: {v}" for k, v in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


class Server:
    def __init__(self, grace_ms=2000, **env):
        settings = {**os.environ, **BASE_ENV, **{f"FARMTRAIL_{k}": str(v) for k, v in env.items()}}
        self.log_file = tempfile.TemporaryFile()  # a pipe that nobody empties would stop the server
        self.process = subprocess.Popen([PROGRAM, str(grace_ms)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log_file, env=settings, text=True)
        self.host = settings.get("FARMTRAIL_LISTEN", "127.0.0.1").strip("[]")
        self.first_line = self.process.stdout.readline().strip()
        match = re.fullmatch(r"port (\d+)", self.first_line)
        self.port = int(match[1]) if match else None

    def connect(self, timeout=10):
        return Connection(self, timeout)

    def ask(self, method, target, headers=None, body=None):
        with self.connect() as c:
            c.send(request_bytes(method, target, headers, body))
            return c.read(method)

    def get(self, target, **headers):
        return self.ask("GET", target, {k.replace("_", "-"): v for k, v in headers.items()})

    def log(self):
        size = os.fstat(self.log_file.fileno()).st_size
        return os.pread(self.log_file.fileno(), size, 0).decode()

    def wait_for(self, condition, seconds=5):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.01)
        return condition()

    def begin_stop(self):
        self.process.stdin.close()

    def stop(self, seconds=30):
        """Ends it; anything but a clean end is a failure (an abort, a sanitizer's report)."""
        if not self.process.stdin.closed:
            self.begin_stop()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
        last = self.process.stdout.read()
        assert self.process.wait() == 0, self.log()[-4000:]
        assert last == "stopped\n"


@pytest.fixture(scope="session")
def program():
    if not PROGRAM:
        pytest.skip("FT_SAMPLE_SERVER names no program")
    return PROGRAM


@pytest.fixture(scope="module")
def server(program):
    s = Server()
    yield s
    s.stop()


@pytest.fixture
def start(program):
    """Servers of one's own: start(grace_ms, PORT=…)."""
    servers = []

    def make(grace_ms=2000, **env):
        servers.append(Server(grace_ms, **env))
        return servers[-1]

    yield make
    for s in servers:
        if s.port and s.process.poll() is None:
            s.stop()
        elif not s.port:
            s.process.wait()
