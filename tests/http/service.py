# SPDX-License-Identifier: Apache-2.0
"""Runs what a user runs: a PostgreSQL cluster, a data directory made by `farmtrail init`, the server; and speaks HTTP to it."""
import contextlib
import functools
import gzip
import hashlib
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg2

from vault import Vault, is_sealed

ROOT = Path(__file__).resolve().parents[2]
# what was stated, in the order of the log; what waits for its number comes last
LOGGED = ("(SELECT 0 AS part, idx AS n, kind, org_id, id FROM log_leaf"
          " UNION ALL SELECT 1, qid, kind, org_id, id FROM log_pending) logged")
# every statement that was signed and stored; a test of one of them may have run before any other test
STATED = "(" + " UNION ALL ".join(f"SELECT statement FROM {table}" for table in (
    "event", "master_version", "signing_key", "signing_revocation", "erasure", "master_erasure", "act_statement", "log_succession",
    "log_recovered")) + ") stated"
PR_SET_PDEATHSIG = 1  # linux/prctl.h
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
RATES = {f"FARMTRAIL_RATE_{kind}": "10000000" for kind in ("READ", "WRITE", "PUBLIC")}


@functools.cache
def build_directory():
    """$FARMTRAIL_BUILD, else the newest build in the project."""
    if os.environ.get("FARMTRAIL_BUILD"):
        return Path(os.environ["FARMTRAIL_BUILD"])
    found = [p for pattern in ("*/src/farmtraild", "*/*/src/farmtraild") for p in ROOT.glob(pattern)]
    if not found:
        raise RuntimeError("no build with src/farmtraild: set FARMTRAIL_BUILD")
    return max(found, key=lambda p: p.stat().st_mtime).parents[1]


def program(name):
    """An executable, in the directory of its module in a build or beside the others when installed."""
    source = build_directory() / "src"
    for path in (source / name, source / "cli" / name, source / "signer" / name, build_directory() / name):
        if path.is_file():
            return str(path)
    raise RuntimeError(f"no {name} in {build_directory()}")


def shared_data(*parts):
    """The text of a file of the data for tests. Where it is absent the test is skipped: a clean clone has none."""
    path = Path(os.environ.get("FARMTRAIL_TEST_DATA", ROOT.parent / "shared"), *parts)
    if not path.is_file():
        import pytest  # programs that are no tests use this file too
        pytest.skip(f"no {path}; set FARMTRAIL_TEST_DATA to the folder that has it")
    return path.read_text(encoding="utf-8")


def die_with_parent(signal_number):
    import ctypes
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal_number)


def wait_for(condition, seconds=20, pause=0.02):
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > end:
            return found
        time.sleep(pause)


def environment(**settings):
    """Of the server and the command line: nothing of the developer's own, settings by their names without FARMTRAIL_."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("FARMTRAIL_", "PG"))}
    return {**mine, **SANITIZERS, **RATES, **{f"FARMTRAIL_{k}": str(v) for k, v in settings.items()}}


# — PostgreSQL —
class Cluster:
    """A private PostgreSQL cluster, reached by unix socket only; goes with the process that made it. Or one that runs."""

    def __init__(self, running=None, parent="/tmp", journal_apart=False):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
        if not programs:
            raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql-15 postgresql-15-postgis-3")
        self.programs = programs[-1].parent
        self.who = {}
        if os.geteuid() == 0:  # PostgreSQL refuses root
            user = pwd.getpwnam("postgres")
            self.who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.process = self.journal = None
        if running:
            self.directory = Path(running)
            return
        self.directory = self.make_directory(parent)
        if journal_apart:
            self.journal = self.make_directory("/tmp")
        subprocess.run([self.programs / "initdb", "-D", self.directory / "data", "-U", "postgres", "-A", "trust", "-E",
                        "UTF8", "--no-locale", "--no-sync", *(["-X", self.journal / "wal"] if self.journal else [])],
                       stdout=subprocess.DEVNULL, check=True, cwd="/", **self.who)
        self.start()
        for role in ("ft_owner", "ft_app", "ft_public"):
            self.execute("postgres", f"CREATE ROLE {role} LOGIN")
        self.execute("postgres", "GRANT ft_public TO ft_app")

    def make_directory(self, parent):
        made = Path(tempfile.mkdtemp(prefix="farmtrail-http-", dir=parent))
        if self.who:
            os.chown(made, self.who["user"], self.who["group"])
        return made

    def start(self):
        options = {"listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "200",
                   "shared_buffers": "64MB", "log_min_messages": "warning", "timezone": "UTC"}
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.directory / "data", "-k", self.directory,
                 *(part for name, value in options.items() for part in ("-c", f"{name}={value}"))], stdout=log, stderr=log,
                cwd="/", start_new_session=True, preexec_fn=die_with_parent(signal.SIGQUIT), **self.who)
        if not wait_for(self.is_ready, 60, 0.05):
            raise RuntimeError("PostgreSQL did not start:\n" + (self.directory / "log").read_text(errors="replace")[-4000:])

    def is_ready(self):
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def conninfo(self, database, role="postgres"):
        return f"host={self.directory} user={role} dbname={database}"

    def connect(self, database):
        connection = psycopg2.connect(self.conninfo(database))
        connection.autocommit = True
        return connection

    def execute(self, database, sql, *parameters):
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters or None)
        finally:
            connection.close()

    def kill(self):
        """As the power goes: the postmaster and all its children at once."""
        backends = children_of(self.process.pid)
        for pid in (self.process.pid, *backends):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        wait_for(lambda: not any(is_running(pid) for pid in backends))
        (self.directory / "data" / "postmaster.pid").unlink(missing_ok=True)

    def close(self):
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        for directory in filter(None, (self.directory, self.journal)):
            shutil.rmtree(directory, ignore_errors=True)


def children_of(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


# — HTTP —
class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body)

    def problem(self):
        """The slug of the problem; the reply must be one in the form of RFC 9457."""
        assert self.status >= 400, (self.status, self.body[:500])
        assert self.headers["content-type"] == "application/problem+json", self.headers
        problem = self.json()
        assert problem["status"] == self.status and problem["title"]
        assert problem["request"] == self.headers["x-request-id"]
        assert problem["type"].startswith("/problems/")
        return problem["type"].removeprefix("/problems/")

    def pointer(self):
        return self.json()["errors"][0]["pointer"]

    def __repr__(self):
        return f"<{self.status} {self.body[:600].decode(errors='replace')}>"


class Api:
    """One key's view of the service. Connections are kept, one a thread."""

    def __init__(self, service, key=None):
        self.service, self.key = service, key
        self.local = threading.local()

    def connection(self):
        if getattr(self.local, "port", None) != self.service.port:
            self.local.port = self.service.port
            self.local.connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        return self.local.connection

    def exchange(self, method, target, body, headers):
        connection = self.connection()
        kept = connection.sock is not None
        try:
            return self.exchange_once(connection, method, target, body, headers)
        except ConnectionError:
            if not kept:  # a kept connection may have been closed for idleness meanwhile
                raise
            return self.exchange_once(connection, method, target, body, headers)

    @staticmethod
    def exchange_once(connection, method, target, body, headers):
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except BaseException:
            connection.close()  # half way through an exchange it serves no other
            raise

    def request(self, method, target, body=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        if self.key:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        reply = self.exchange(method, target, body, headers)
        if self.service.contract:
            self.service.contract.check(method, target, reply)
        return reply

    def get(self, target, **headers):
        return self.request("GET", target, **headers)

    def post(self, target, body=None, **headers):
        return self.request("POST", target, body, **headers)

    def put(self, target, body=None, **headers):
        return self.request("PUT", target, body, **headers)

    def read(self, target, **headers):
        reply = self.get(target, **headers)
        assert reply.status == 200, (target, reply)
        return reply.json()

    def make(self, target, body):
        reply = self.post(target, body)
        assert reply.status == 201, (target, body, reply)
        return reply.json()

    def record(self, type_, time_, **members):
        """Captures one record that must be accepted."""
        return self.make("/v1/events", {"type": type_, "time": time_, **members})

    def refuse(self, type_, time_, **members):
        """The reply to one record that must be refused."""
        reply = self.post("/v1/events", {"type": type_, "time": time_, **members})
        assert reply.status >= 400, reply
        return reply


# — the server —
def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# What the service cannot write, its cache, and how far it has come with sealing old rows: tables that say nothing of a request.
UNSTEADY = ("trail_summary", "sealing", "region", "region_change", "region_closure", "reference_set")


class Service:
    """farmtraild on a data directory and a database of its own, with the rights that a server has and no more."""

    contract = None

    def __init__(self, cluster, name, origin="test.farmtrail.example", init=True, parent="/tmp", **settings):
        self.cluster, self.database, self.settings, self.origin = cluster, name, settings, origin
        self.data = Path(tempfile.mkdtemp(prefix=f"farmtrail-{name}-", dir=parent))
        self.port, self.process, self.log_path = free_port(), None, self.data.with_suffix(".log")
        self.cluster.execute("postgres", f"CREATE DATABASE {name} OWNER ft_owner")
        self.cluster.execute(name, "CREATE EXTENSION postgis")
        if init:
            self.init()


    def farmtrail(self, *arguments, check=True, **settings):
        done = subprocess.run([program("farmtrail"), *arguments], env=environment(**settings), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=120)
        assert not check or done.returncode == 0, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def init(self, *options, check=True):
        return self.farmtrail("init", "--data", str(self.data), "--origin", self.origin, *options, check=check,
                              DATABASE=self.cluster.conninfo(self.database, "ft_app"),
                              DATABASE_OWNER=self.cluster.conninfo(self.database, "ft_owner"))

    def farmtraild_migrate(self, check=True):
        """As tools/run does before each start."""
        done = subprocess.run([program("farmtraild"), "--data", str(self.data), "--migrate"], env=environment(**self.settings),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
        assert not check or done.returncode == 0, (done.stdout, done.stderr)
        return done

    @property
    def admin_key(self):
        return (self.data / "admin.key").read_text().strip()

    def spawn(self, *arguments, **settings):
        with open(self.log_path, "ab") as log:
            return subprocess.Popen([program("farmtraild"), "--data", str(self.data), "--port", str(self.port), *arguments],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    env=environment(**{**self.settings, **settings}),
                                    preexec_fn=die_with_parent(signal.SIGKILL))

    def start(self, **settings):
        offset = self.log_path.stat().st_size if self.log_path.exists() else 0
        for _ in range(5):
            self.process = self.spawn(**settings)
            wait_for(lambda: self.process.poll() is not None or b"event=ready" in self.log_path.read_bytes()[offset:], 60)
            if self.process.poll() is None:
                return self
            if b"another program listens" not in self.log_path.read_bytes()[offset:]:
                break
            offset, self.port = self.log_path.stat().st_size, free_port()  # somebody took it since it was found free
        raise AssertionError(self.log()[-4000:])

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self, seconds=60):
        """Ends it as an operator does. Anything but a clean end is a failure: an abort, a sanitizer's report, a leak."""
        self.process.terminate()
        code = self.process.wait(seconds)
        assert code == 0, (code, self.log()[-8000:])
        assert "runtime error" not in self.log() and "Sanitizer" not in self.log(), self.log()[-8000:]

    def recount(self):
        """What `farmtrail verify --data` says of all that is stored: (exit code, its answer)."""
        done = subprocess.run([program("farmtrail"), "verify", "--data", str(self.data), "--json"], env=environment(**self.settings),
                              capture_output=True, text=True, check=False)
        assert done.returncode in (0, 4), (done.returncode, done.stdout + done.stderr)
        return done.returncode, json.loads(done.stdout)

    def signer_pid(self):
        """The signing process: the child of the server that is not the server."""
        children = children_of(self.process.pid)
        return children[0] if children else None

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.data, ignore_errors=True)
        self.log_path.unlink(missing_ok=True)

    # what the database holds, seen without the service
    @property
    def vault(self):
        return Vault(self.data)

    def rows(self, sql, *parameters):
        """What a statement finds, opened where it is sealed."""
        found = self.stored(sql, *parameters)
        if not any(is_sealed(value) for row in found for value in row):
            return found
        return [tuple(map(self.vault.open, row)) for row in found]

    def stored(self, sql, *parameters):
        """The same as it lies there."""
        connection = self.cluster.connect(self.database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall()
        finally:
            connection.close()

    def resealed(self, table, where, old, new):
        """A body with other words in it, sealed again as who has the key could."""
        [(body,)] = self.rows(f"SELECT body FROM {table} WHERE {where}")
        changed = bytes(body).replace(old.encode(), new.encode())
        assert changed != bytes(body)
        return self.vault.seal(changed)

    @contextlib.contextmanager
    def altered(self, table, where, old, new):
        """That body in the place of the true one, for so long."""
        [(kept,)] = self.stored(f"SELECT body FROM {table} WHERE {where}")
        self.cluster.execute(self.database, f"UPDATE {table} SET body = '\\x{self.resealed(table, where, old, new).hex()}' WHERE {where}")
        try:
            yield
        finally:
            self.cluster.execute(self.database, f"UPDATE {table} SET body = '\\x{bytes(kept).hex()}' WHERE {where}")

    def value(self, sql, *parameters):
        return self.rows(sql, *parameters)[0][0]

    def queue_copies(self, count):
        """Of its first harvest, for the log."""
        self.cluster.execute(self.database, QUEUE_COPIES, count)

    def snapshot(self, but=UNSTEADY):
        """A fingerprint of every table's content, so that a refusal can be shown to have left nothing."""
        connection = self.cluster.connect(self.database)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
                               " AND table_type = 'BASE TABLE' AND table_name <> 'spatial_ref_sys'")
                tables = sorted(row[0] for row in cursor.fetchall() if row[0] not in but and not row[0].startswith("log_"))
                # what is queued for the log is numbered meanwhile
                cursor.execute("SELECT (SELECT count(*) FROM log_pending) + (SELECT count(*) FROM log_leaf)")
                found = {"log": cursor.fetchone()}
                for table in tables:
                    cursor.execute(f'SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM "{table}" t')
                    found[table] = cursor.fetchone()
                return found
        finally:
            connection.close()


# A record as if it had been captured many times: entries of the true size, whose bodies are what their statements cover.
QUEUE_COPIES = """
    INSERT INTO event (org_id, id, event_id, type, event_time, offset_min, flags, input_product, input_active, recorded_at, party, body,
                       view_secret, request_sha256, key_fingerprint, seq, statement, statement_sha256, answer)
    SELECT id, id, id::text, type, event_time, offset_min, flags, input_product, input_active, now(), id, body, view_secret, sha256(''),
           sha256('copy'), n, convert_to(said || part[3], 'UTF8'), sha256(convert_to(said, 'UTF8')), '{}'
    FROM (SELECT one.*, gen_random_uuid() AS id, n, part[1] || n || part[2] AS said
          FROM (SELECT type, event_time, offset_min, flags, input_product, input_active, body, view_secret,
                       regexp_match(convert_from(statement, 'UTF8'), E'^(.*?\\nseq )[0-9]+(\\n.*\\n)(\\n\u2014 .*)$') AS part
                FROM event WHERE type = 'harvest' AND view_secret IS NOT NULL ORDER BY recorded_at LIMIT 1) one,
               generate_series(1, %s) n) copy;
    INSERT INTO log_pending (kind, org_id, id) SELECT 'event', org_id, id FROM event e
    WHERE key_fingerprint = sha256('copy') AND NOT EXISTS (SELECT FROM log_leaf l WHERE l.kind = 'event' AND l.id = e.id);
"""


# — the OpenAPI document as a judge —
class Contract:
    """Holds every reply against the OpenAPI document and remembers which operations were called."""

    def __init__(self, document):
        import jsonschema
        self.document, self.called = document, {}
        self.resolver = jsonschema.RefResolver("", document)
        self.validator = jsonschema.Draft202012Validator
        self.operations, rows = {}, []
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                rest = any("slashes included" in p.get("description", "") for p in operation.get("parameters", []))
                parts = [re.escape(part) if not part.startswith("{") else "[^/]+" for part in path.split("/")]
                if rest:
                    parts[-1] = ".+"
                rows.append((path.count("{"), method.upper(), re.compile("/".join(parts)), operation))
                self.operations[operation["operationId"]] = operation
        self.rows = sorted(rows, key=lambda row: row[0])

    @classmethod
    def of_server(cls):
        printed = subprocess.run([program("farmtraild"), "--print-openapi"], env=environment(), capture_output=True,
                                 check=True, timeout=60)
        return cls(json.loads(printed.stdout))

    def operation(self, method, target):
        # RFC 3986 §6.2.2.2: an escape of an unreserved character is that character
        path = re.sub("%(2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|7[eE])", lambda m: chr(int(m[1], 16)), target.split("?")[0])
        return next((row[3] for row in self.rows if row[1] == method and row[2].fullmatch(path)), None)

    def check(self, method, target, reply):
        operation = self.operation(method, target)
        if operation is None:
            assert reply.status in (404, 405), f"{method} {target} is not in the OpenAPI document: {reply}"
            return
        name = operation["operationId"]
        self.called.setdefault(name, set()).add(reply.status)
        responses = operation["responses"]
        status = str(reply.status)
        if status == "304":
            return
        assert status in responses, f"{name} answers {status}, which its OpenAPI does not list: {reply}"
        response = responses[status]
        if "$ref" in response:
            response = self.resolver.resolve(response["$ref"])[1]
        if status == "422" or status == "409":
            slug = json.loads(reply.body)["type"].removeprefix("/problems/")
            assert f"`{slug}`" in response["description"] or responses[status].get("$ref", "").endswith("/" + slug), \
                f"{name} answers the problem {slug}, which its OpenAPI does not list"
        self.check_body(name, response, reply)

    def check_body(self, name, response, reply):
        media_type = reply.headers.get("content-type", "").split(";")[0]
        content = response.get("content", {})
        if not reply.body:
            return
        assert media_type in content, f"{name} answers {media_type}, its OpenAPI lists {sorted(content)}"
        schema = content[media_type].get("schema")
        if schema and media_type.endswith("json"):
            validator = self.validator(schema, resolver=self.resolver)
            errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator.iter_errors(reply.json())]
            assert not errors, (name, errors, reply)

    def never_called(self):
        return sorted(set(self.operations) - set(self.called))


def sha256(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).digest()
