# SPDX-License-Identifier: Apache-2.0
"""Who may do everything in the database changes, deletes, reorders rows or brings back yesterday's: it is named, or the log
refuses to go on; and of no size is there ever a second root."""
import json
import time

import pytest
from auditor import WIDTH, Head, entries_of, head_of, leaf_hash, root_of, tile_path, wait_until_logged
from conftest import District, ago, kg, uuid7
from service import wait_for

FLIP = "set_byte({0}, 40, get_byte({0}, 40) # 1)"


class Log:
    def __init__(self, service):
        self.service = service
        self.here = District(service)
        self.farm = self.here.farm()

    def grow(self, size):
        while self.service.value("SELECT (SELECT count(*) FROM log_pending) + (SELECT count(*) FROM log_leaf)") < size:
            self.farm.harvest(1)
        return wait_until_logged(self.service, self.here.public)

    def fill(self, count):
        """The same with copies of a record."""
        self.queue_copies(count)
        assert wait_for(lambda: self.service.value("SELECT NOT EXISTS (SELECT FROM log_pending)"), 300), self.state()
        return wait_until_logged(self.service, self.here.public)

    def queue_copies(self, count):
        self.farm.harvest(1)
        self.service.queue_copies(count)

    def index_of(self, event):
        return self.service.value("SELECT idx FROM log_leaf WHERE kind = 'event' AND id = %s", event)

    def harvest(self):
        answer = self.farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))
        wait_until_logged(self.service, self.here.public)
        return answer, self.index_of(answer["event"])

    def execute(self, sql, **values):
        connection = self.service.cluster.connect(self.service.database)
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
        connection.close()

    def found(self):
        return {(part, first, last): subject for part, first, last, subject in self.service.rows(
            "SELECT part, idx, last_idx, subject FROM log_alteration")}

    def state(self):
        return self.here.public.read("/readyz")["log"]

    def is_halted(self):
        return wait_for(lambda: (lambda s: s if s.startswith("halted: ") else None)(self.state()))


@pytest.fixture
def log(new_service):
    made = Log(new_service(LOG_SWEEP="20").start())
    yield made
    if made.service.process.poll() is None:
        made.service.stop()


def test_an_untouched_log_is_swept_without_a_word(log):
    log.grow(WIDTH + 10)
    before = log.here.metric("farmtrail_log_swept_total")
    assert wait_for(lambda: log.here.metric("farmtrail_log_swept_total") >= before + 2 * WIDTH, 60)
    assert log.found() == {} and log.here.metric("farmtrail_log_altered") == 0
    assert "log-altered" not in log.service.log()


def test_what_was_changed_is_named(log):
    log.grow(2 * WIDTH + 60)
    # swapped places and a node in tiles of their own: what they hash to is wrong as a whole
    log.execute("CREATE TEMP TABLE saved AS SELECT * FROM log_leaf WHERE idx IN (30, 31);"
                " DELETE FROM log_leaf WHERE idx IN (30, 31);"
                " INSERT INTO log_leaf SELECT 61 - idx, kind, org_id, id, version, fingerprint, hash FROM saved")
    log.execute(f"UPDATE log_node SET hash = {FLIP.format('hash').replace('40', '3')} WHERE level = 1 AND idx = 1")
    records = [log.harvest() for _ in range(7)]
    (body, b), (entry, e), (cunning, c), (leaf, le), (gone, g), (lost, lo), (other, o) = records
    log.execute(f"UPDATE event SET body = {FLIP.format('body')} WHERE id = %(id)s", id=body["event"])
    log.execute(f"UPDATE event SET statement = {FLIP.format('statement')} WHERE id = %(id)s", id=entry["event"])
    log.execute("UPDATE event SET statement = convert_to(replace(convert_from(statement, 'UTF8'), E'\\nseq ', E'\\nseq 1'), 'UTF8')"
                " WHERE id = %(id)s", id=cunning["event"])
    log.execute("UPDATE event SET statement_sha256 = sha256(substr(statement, 1, position('\\x0a0a'::bytea in statement)))"
                " WHERE id = %(id)s", id=cunning["event"])
    log.execute(f"UPDATE log_leaf SET hash = {FLIP.format('hash').replace('40', '3')} WHERE idx = %(i)s", i=le)
    log.execute("DELETE FROM event WHERE id = %(id)s", id=gone["event"])
    log.execute("DELETE FROM log_leaf WHERE idx = %(i)s", i=lo)
    expected = {("body", b, b): f"event {body['event']}", ("entry", e, e): f"event {entry['event']}",
                ("leaf", c, c): f"event {cunning['event']}", ("leaf", le, le): f"event {leaf['event']}",
                ("entry", g, g): f"event {gone['event']}", ("leaf", lo, lo): None,
                ("node", 0, WIDTH - 1): None, ("tile", 0, WIDTH - 1): None, ("node", WIDTH, 2 * WIDTH - 1): None}
    assert wait_for(lambda: set(expected) <= set(log.found()), 60), log.found()
    found = log.found()
    assert {key: found[key] for key in expected} == expected
    assert set(found) - set(expected) <= {("root", 0, o)} | {key for key in found if key[0] == "root"}
    assert f"subject=\"event {body['event']}\"" in log.service.log(), "the log names the entry"
    assert wait_for(lambda: log.here.metric("farmtrail_log_altered") >= len(expected)), "the line is written before it is counted"
    done = log.service.farmtrail("doctor", "--data", str(log.service.data), "--json", check=False)
    said = next(finding for finding in json.loads(done.stdout) if finding["check"] == "log")
    assert not said["ok"] and said["detail"].startswith(f"{len(found)}: ") and done.returncode == 1
    head = head_of(log.here.public)
    log.service.stop()
    log.service.start()
    reason = log.is_halted()
    assert reason and "gone" in reason, reason
    assert log.farm.harvest(1), "records are taken all the same"
    assert head_of(log.here.public).note == head.note


def test_a_tile_that_was_changed_or_removed_is_named(log):
    above = WIDTH * WIDTH
    head = log.fill(above + WIDTH)
    flip = "UPDATE log_tile SET hashes = set_byte(hashes, 77, get_byte(hashes, 77) # 1) WHERE level = %(l)s AND idx = %(i)s"
    before = log.here.public.get(tile_path(0, 1)).body
    leaves = [leaf_hash(entry) for entry in entries_of(log.here.public, 2 * WIDTH)]
    assert before == b"".join(leaves[WIDTH:])
    log.execute(flip, l=0, i=3)
    log.execute(flip, l=1, i=0)
    log.execute("DELETE FROM log_tile WHERE level = 0 AND idx = 1")
    assert log.here.public.get(tile_path(0, 1)).body == before, "its rows are still there"
    expected = {("tile", 3 * WIDTH, 4 * WIDTH - 1), ("tile", WIDTH, 2 * WIDTH - 1), ("tile-above", 0, above - 1)}
    assert wait_for(lambda: expected <= set(log.found()), 120), log.found()
    assert {key for key in log.found() if key[0] != "root"} == expected
    assert head.size <= log.grow(head.size + 1).size, "it does not halt the log"


class LongLog(Log):
    """More entries than the sweep comes to while a test runs: what it does not, the patrol finds."""

    def __init__(self, service):
        super().__init__(service)
        self.size = self.fill(WIDTH * WIDTH).size
        erased = self.harvest()[0]["event"]
        assert self.here.admin.post(f"/v1/events/{erased}/erase", {"reason": "request"}).status == 200
        old = self.service.value("SELECT encode(key_fingerprint, 'hex') FROM event WHERE id = %s", erased)
        reply = self.here.admin.post("/v1/signing-keys:rotate", {"party": self.farm.id})
        assert reply.status in (200, 201), reply.body
        wait_until_logged(service, self.here.public)
        self.erased, self.revoked = erased, old

    def rounds(self):
        return self.here.metric("farmtrail_log_patrols_total")

    def patrolled(self):
        """A round that began later than now has ended."""
        before = self.rounds()
        assert wait_for(lambda: self.rounds() >= before + 2, 300)

    def only_the_patrol(self):
        return self.here.metric("farmtrail_log_swept_total") < self.size

    def index(self, kind, **subject):
        (column, value), = subject.items()
        return self.service.value(f"SELECT idx FROM log_leaf WHERE kind = %s AND {column} = %s", kind, value)


@pytest.fixture(scope="module")
def long_log(new_service):
    made = LongLog(new_service(LOG_SWEEP="1", LOG_PATROL="1").start())
    yield made
    if made.service.process.poll() is None:
        made.service.stop()


def test_what_was_written_again_without_a_change_is_found_sound(long_log):
    """An erasure and the end of a key, which the log itself wrote down; every row, as after a restore; and back in time."""
    log = long_log
    log.patrolled()
    assert log.found() == {}
    for table, column in (("event", "seq"), ("master_version", "version"), ("signing_key", "org_id"), ("signing_revocation", "org_id"),
                          ("erasure", "reason"), ("log_leaf", "kind"), ("log_tile", "level"), ("log_node", "level")):
        few = " WHERE idx < 600" if table == "log_leaf" else " WHERE key_fingerprint <> sha256('copy')" if table == "event" else ""
        log.execute(f"UPDATE {table} SET {column} = {column}{few}")
    log.patrolled()
    assert log.found() == {} and log.here.metric("farmtrail_log_altered") == 0


def test_what_is_changed_in_a_long_log_is_named_before_its_turn(long_log):
    """In every table that entries stand on, by all the ways there are to change a row."""
    log = long_log
    log.patrolled()
    records = [log.harvest() for _ in range(9)]
    log.patrolled()
    (body, b), (gone, g), (lost, lo), (again, a), (copied, c), (leaf, le), (other, o), (pair, pr), (swap, sw) = records
    site, site_index = log.service.rows("SELECT id::text, idx FROM log_leaf WHERE kind = 'site'")[0]
    fresh, f = log.harvest()  # since the last round
    log.execute(f"UPDATE event SET body = {FLIP.format('body')} WHERE id IN (%(id)s, %(fresh)s)", id=body["event"], fresh=fresh["event"])
    log.execute("DELETE FROM event WHERE id = %(id)s", id=gone["event"])
    log.execute("DELETE FROM log_leaf WHERE idx = %(i)s", i=lo)
    for event, change in ((again, "body = {}"), (copied, "statement = {}")):
        column = change.split()[0]
        log.execute(f"CREATE TEMP TABLE aside AS SELECT * FROM event WHERE id = %(id)s; UPDATE aside SET {column} = {FLIP.format(column)};"
                    " DELETE FROM event WHERE id = %(id)s; INSERT INTO event SELECT * FROM aside", id=event["event"])
    log.execute(f"UPDATE log_leaf SET hash = {FLIP.format('hash').replace('40', '3')} WHERE idx = %(i)s", i=le)
    log.execute("UPDATE log_leaf SET id = %(to)s WHERE idx = %(i)s", to=log.service.value("SELECT gen_random_uuid()::text"), i=o)
    log.execute(f"BEGIN; UPDATE event SET body = {FLIP.format('body')} WHERE id = %(id)s; UPDATE log_leaf SET kind = kind WHERE idx = %(i)s; COMMIT",
                id=pair["event"], i=pr)
    log.execute(f"UPDATE event SET body = {FLIP.format('body')} WHERE id = %(id)s; ", id=swap["event"])
    log.execute("UPDATE log_leaf SET kind = kind WHERE idx = %(i)s", i=sw)  # so that it is the younger again
    log.execute(f"UPDATE log_tile SET hashes = {FLIP.format('hashes')} WHERE level = 0 AND idx = 200")
    log.execute("DELETE FROM log_tile WHERE level = 0 AND idx = 201")
    log.execute(f"UPDATE log_node SET hash = {FLIP.format('hash').replace('40', '3')} WHERE level = 1 AND idx = 202")
    log.execute("DELETE FROM log_node WHERE level = 1 AND idx = 203")
    log.execute(f"UPDATE log_tile SET hashes = {FLIP.format('hashes')} WHERE level = 1 AND idx = 0")
    log.execute("UPDATE master_version SET body = body || ' ' WHERE id = %(id)s", id=site)
    log.execute(f"UPDATE erasure SET manifest = {FLIP.format('manifest')} WHERE event = %(id)s", id=log.erased)
    log.execute(f"UPDATE signing_revocation SET statement = {FLIP.format('statement')}")
    log.execute(f"UPDATE signing_key SET statement = convert_to(replace(convert_from(statement, 'UTF8'), E'\nat ', E'\nat 1'), 'UTF8')"
                " WHERE encode(fingerprint, 'hex') = %(f)s", f=log.revoked)
    revoke, key = (log.service.value("SELECT idx FROM log_leaf WHERE kind = %s AND encode(fingerprint, 'hex') = %s", kind, log.revoked)
                   for kind in ("revoke", "key"))
    tiles = [(part, n * WIDTH, (n + 1) * WIDTH - 1) for part, n in (("tile", 200), ("tile", 201), ("node", 202), ("node", 203))]
    expected = {*tiles, ("tile-above", 0, WIDTH * WIDTH - 1), ("leaf", lo, lo), ("leaf", le, le), ("entry", g, g), ("entry", c, c),
                ("entry", o, o), ("entry", revoke, revoke), *(("body", i, i) for i in (b, f, a, pr, sw, site_index)),
                ("body", *[log.index("event", id=log.erased)] * 2)}
    assert wait_for(lambda: expected <= set(log.found()), 300), expected - set(log.found())
    assert {k[0] for k in log.found() if k[1:] == (key, key)} <= {"entry", "leaf"} and any(k[1] == key for k in log.found())
    assert {k for k in log.found() if k[1] != key and k[0] != "root"} == expected
    assert log.only_the_patrol()
    assert log.here.metric("farmtrail_log_altered") >= len(expected)


def test_a_row_that_stands_for_a_version_is_named_in_a_long_log(long_log):
    """Long before the sweep comes to its version."""
    log = long_log
    subject = log.farm.product("LATE", shelfLifeDays=3)["id"]
    wait_until_logged(log.service, log.here.public)
    log.patrolled()
    index = log.index("product", id=subject)
    assert index > WIDTH * WIDTH
    log.execute("UPDATE product SET shelf_life_days = 1000 WHERE id = %(id)s", id=subject)
    assert wait_for(lambda: ("row", index, index) in log.found(), 90), log.found()
    assert log.found()["row", index, index] == f"product {subject} shelfLifeDays" and log.only_the_patrol()


def test_what_is_changed_while_the_server_is_away_is_named(new_service):
    log = LongLog(new_service(LOG_SWEEP="1", LOG_PATROL="1").start())
    (body, b), (gone, g) = log.harvest(), log.harvest()
    log.fill(WIDTH * 20)  # those that a start looks at itself are later
    log.service.stop()
    log.execute(f"UPDATE event SET body = {FLIP.format('body')} WHERE id = %(id)s", id=body["event"])
    log.execute("DELETE FROM event WHERE id = %(id)s", id=gone["event"])
    log.service.start()
    expected = {("body", b, b), ("entry", g, g)}
    assert wait_for(lambda: expected <= set(log.found()), 300), log.found()
    assert set(log.found()) == expected and log.only_the_patrol()
    log.service.stop()


@pytest.mark.parametrize("part", ["leaf", "node", "tile"])
def test_no_proof_is_given_that_does_not_hold(log, part):
    """What is kept in memory was checked too: a change is neither served from there nor does it stay there."""
    log.grow(WIDTH + 20)
    (answer, index), (other, _) = log.harvest(), log.harvest()
    ask = lambda a: log.here.public.get(f"/v1/events/{a['event']}/tlog-proof").status  # noqa: E731
    change = {"leaf": f"UPDATE log_leaf SET hash = {FLIP.format('hash').replace('40', '3')} WHERE idx = %(i)s",
              "node": f"UPDATE log_node SET hash = {FLIP.format('hash').replace('40', '3')} WHERE level = 1 AND idx = 0",
              "tile": f"UPDATE log_tile SET hashes = {FLIP.format('hashes')} WHERE level = 0 AND idx = 0"}[part]
    if part == "tile":  # a record in that tile
        other = answer = {"event": log.service.value("SELECT id::text FROM log_leaf WHERE kind = 'event' ORDER BY idx LIMIT 1")}
    log.execute(change, i=index)
    assert ask(other) == 500 and ask(answer) == 500
    log.execute(change, i=index)
    assert ask(other) == 200 and ask(answer) == 200
    log.execute(change, i=index)
    assert ask(other) == 200, "what memory has is what was signed"


@pytest.mark.parametrize("kind", ["party", "site", "product", "certificate"])
def test_a_changed_version_of_master_data_is_named(log, kind):
    log.here.admin.make("/v1/certificates", {
        "holder": log.farm.id, "scheme": "green", "number": "LB-1", "products": [], "sites": [],
        "validFrom": "2026-01-01", "validTo": "2027-12-31"})
    head = wait_until_logged(log.service, log.here.public)
    before = log.here.metric("farmtrail_log_swept_total")
    assert wait_for(lambda: log.here.metric("farmtrail_log_swept_total") >= before + head.size, 60)
    assert log.found() == {}
    subject, index = log.service.rows("SELECT l.id::text, l.idx FROM log_leaf l WHERE kind = %s ORDER BY idx DESC LIMIT 1", kind)[0]
    body = log.service.resealed("master_version", f"id = '{subject}'", '"state":"active"', '"state":"passive"')
    log.execute("UPDATE master_version SET body = %(body)s WHERE id = %(id)s", body=body, id=subject)
    assert wait_for(log.found, 60)
    assert log.found() == {("body", index, index): f"{kind} {subject}"}


def test_what_was_brought_back_is_mended_and_news_again(log):
    answer, index = log.harvest()
    doctor = lambda: next(finding for finding in json.loads(log.service.farmtrail(  # noqa: E731
        "doctor", "--data", str(log.service.data), "--json", check=False).stdout) if finding["check"] == "log")
    change = f"UPDATE event SET body = {FLIP.format('body')} WHERE id = %(id)s"
    rows = lambda: [tuple(row) for row in log.service.rows("SELECT idx, mended_at IS NOT NULL FROM log_alteration ORDER BY found_at")]  # noqa: E731
    log.execute(change, id=answer["event"])
    assert wait_for(lambda: rows() == [(index, False)], 60) and not doctor()["ok"]
    log.execute(change, id=answer["event"])
    assert wait_for(lambda: rows() == [(index, True)], 60) and doctor()["ok"]
    log.execute(change, id=answer["event"])
    assert wait_for(lambda: rows() == [(index, True), (index, False)], 60) and not doctor()["ok"]
    assert log.service.log().count(f'event {answer["event"]}"') == 2


def test_what_claims_to_be_erased_is_named(log):
    """Without the secret that makes its views nobody can recompute them: the log has to say why it is gone."""
    log.here.admin.make("/v1/certificates", {
        "holder": log.farm.id, "scheme": "green", "number": "LB-1", "products": [], "sites": [],
        "validFrom": "2026-01-01", "validTo": "2027-12-31"})
    log.harvest()
    assert log.found() == {}
    newest = log.service.rows("SELECT DISTINCT ON (kind) kind, id::text, idx FROM log_leaf"
                              " WHERE kind IN ('event', 'party', 'site', 'product', 'certificate') ORDER BY kind, idx DESC")
    for kind, subject, _ in newest:
        log.execute(f"UPDATE {'event' if kind == 'event' else 'master_version'} SET view_secret = NULL WHERE id = %(id)s", id=subject)
    expected = {("body", index, index): f"{kind} {subject}" for kind, subject, index in newest}
    assert len(expected) == 5 and wait_for(lambda: len(log.found()) >= 5, 60), log.found()
    assert log.found() == expected


def test_an_erasure_that_the_log_has_not_is_named(log):
    """A row of table erasure is no entry, and an entry removes no more than it says."""
    (one, a), (other, b), (third, _) = (log.harvest() for _ in range(3))
    for answer in (one, other, third):
        assert log.here.admin.post(f"/v1/events/{answer['event']}/erase", {"reason": "request"}).status == 200
    wait_until_logged(log.service, log.here.public)
    assert log.found() == {}
    erase = log.service.value("SELECT idx FROM log_leaf WHERE kind = 'erase' AND id = %s", one["event"])
    log.execute("UPDATE log_leaf SET kind = 'erased' WHERE kind = 'erase' AND id = %(id)s", id=one["event"])
    body = log.service.resealed("event", f"id = '{other['event']}'", '"type":"', '"type":" ')
    log.execute("UPDATE event SET body = %(body)s WHERE id = %(id)s", body=body, id=other["event"])
    expected = {("body", a, a), ("body", b, b), ("entry", erase, erase)}
    assert wait_for(lambda: expected <= set(log.found()), 60), log.found()
    assert set(log.found()) == expected


@pytest.mark.parametrize("table,member,change", [
    ("party", "name.zh", "name_zh = 'x'"), ("site", "region", "region = (SELECT r.code FROM region r WHERE r.code <> site.region LIMIT 1)"),
    ("product", "shelfLifeDays", "shelf_life_days = 1000"), ("certificate", "validTo", "valid_to = '2099-01-01'")])
def test_a_row_that_pages_read_in_place_of_a_version_is_named(log, table, member, change):
    """By the patrol: the sweep is held back by a log that it has just gone through."""
    log.here.admin.make("/v1/certificates", {
        "holder": log.farm.id, "scheme": "green", "number": uuid7(), "products": [], "sites": [],
        "validFrom": "2026-01-01", "validTo": "2027-12-31"})
    wait_until_logged(log.service, log.here.public)
    assert log.found() == {}
    subject, index = log.service.rows("SELECT l.id::text, l.idx FROM log_leaf l WHERE kind = %s ORDER BY idx DESC LIMIT 1", table)[0]
    log.execute(f"UPDATE {table} SET {change} WHERE id = %(id)s", id=subject)
    assert wait_for(log.found, 60)
    assert log.found() == {("row", index, index): f"{table} {subject} {member}"}


@pytest.mark.parametrize("member,change", [
    ("product", "input_product = '草木灰'"), ("active", "input_active = NULL"), ("time", "event_time = event_time - interval '30 days'"),
    ("type", "type = 'irrigate'"), ("source", "flags = flags | 8")])
def test_what_pages_read_of_a_record_is_held_against_its_body(log, member, change):
    """Its columns say when what was done, and with what, and have no signature."""
    event = log.farm.record("treat", ago(days=9), site="P1", product="1.8%乳油", active=["阿维菌素"])["event"]
    wait_until_logged(log.service, log.here.public)
    assert log.found() == {}
    log.execute(f"UPDATE event SET {change} WHERE id = %(id)s", id=event)
    assert wait_for(log.found, 60)
    index = log.index_of(event)
    assert log.found() == {("row", index, index): f"event {event} {member}"}


@pytest.mark.parametrize("change", ["entry", "leaf", "event", "node"])
def test_the_sequencer_does_not_start_on_changed_rows(log, change):
    log.grow(WIDTH + 5)
    answer, index = log.harvest()
    head = head_of(log.here.public)
    log.service.stop()
    sql, undo = {
        "entry": (f"UPDATE event SET statement = {FLIP.format('statement')} WHERE id = %(id)s",) * 2,
        "leaf": (f"UPDATE log_leaf SET hash = {FLIP.format('hash').replace('40', '3')} WHERE idx = %(i)s",) * 2,
        "event": ("CREATE TABLE aside AS SELECT * FROM event WHERE id = %(id)s; DELETE FROM event WHERE id = %(id)s",
                  "INSERT INTO event SELECT * FROM aside"),
        "node": (f"UPDATE log_node SET hash = {FLIP.format('hash').replace('40', '3')} WHERE level = 1 AND idx = 0",) * 2,
    }[change]
    log.execute(sql, id=answer["event"], i=index)
    log.service.start()
    reason = log.is_halted()
    assert reason, log.state()
    if change in ("entry", "event"):
        assert f"entry {index} (event {answer['event']})" in reason
    log.farm.harvest(1)
    assert head_of(log.here.public).note == head.note, "nothing is signed"
    assert log.here.metric("farmtrail_log_halted") == 1
    log.execute(undo, id=answer["event"], i=index)
    assert wait_for(lambda: log.state() == "running", 30), "what was repaired goes on by itself"
    later = wait_until_logged(log.service, log.here.public)
    leaves = [leaf_hash(e) for e in entries_of(log.here.public, later.size)]
    assert later.size > head.size and root_of(leaves[:head.size]) == head.root


@pytest.mark.parametrize("kind, change", [
    ("event", f"UPDATE event SET body = {FLIP.format('body')} WHERE id = %(id)s"),
    ("product", "UPDATE product SET name_zh = name_zh || '?' WHERE id = %(id)s"),
    ("site", f"UPDATE master_version SET body = {FLIP.format('body')} WHERE id = %(id)s")], ids=["event", "product", "site"])
def test_a_reader_of_the_trail_has_it_found_at_once(new_service, kind, change):
    """By neither the patrol, which comes once an hour here, nor the sweep."""
    log = Log(new_service(LOG_SWEEP="1", LOG_PATROL="3600").start())
    lot = log.farm.harvest(1)
    wait_until_logged(log.service, log.here.public)
    assert wait_for(lambda: log.here.metric("farmtrail_log_patrols_total") >= 1, 60)
    swept = lambda: log.here.metric("farmtrail_log_swept_total")  # noqa: E731
    subject = log.service.value("SELECT id::text FROM log_leaf WHERE kind = %s ORDER BY idx DESC LIMIT 1", kind)
    saved = f"saved_{kind}"
    table = {"event": "event", "product": "product", "site": "master_version"}[kind]
    log.execute(f"CREATE TABLE {saved} AS SELECT * FROM {table} WHERE id = %(id)s", id=subject)
    for _ in range(3):  # a pass may begin in between: then it may have been the pass
        before = swept()
        assert wait_for(lambda: swept() > before, 60)  # noqa: B023
        before = swept()
        log.execute(change, id=subject)
        log.farm.read(f"/v1/lots/{lot['id']}/trail")
        assert wait_for(log.found, 60)
        time.sleep(1)  # entries are counted after what was found among them
        if swept() == before:
            break
        log.execute(f"DELETE FROM log_alteration; DELETE FROM {table} WHERE id = %(id)s;"
                    f" INSERT INTO {table} SELECT * FROM {saved}", id=subject)
    else:
        pytest.fail("only ever the sweep found it")
    (found,) = log.found().values()
    assert found.startswith(f"{kind} {subject}")
    log.service.stop()


def test_yesterdays_database_is_refused(log, cluster):
    log.grow(30)
    log.service.stop()
    name = log.service.database
    cluster.execute("postgres", f"CREATE DATABASE {name}_old TEMPLATE {name}")
    log.service.start()
    log.grow(60)
    heads = {size: Head(bytes(note).decode()) for size, note in log.service.rows("SELECT size, checkpoint FROM log_checkpoint")}
    log.service.stop()
    cluster.execute("postgres", f"DROP DATABASE {name}")
    cluster.execute("postgres", f"ALTER DATABASE {name}_old RENAME TO {name}")
    log.service.start()
    reason = log.is_halted()
    assert reason and "older copy" in reason and "guard" in reason
    for _ in range(40):
        log.farm.harvest(2)
    for size, note in log.service.rows("SELECT size, checkpoint FROM log_checkpoint"):
        assert heads[size].note == bytes(note).decode(), "no second root"
    assert log.state().startswith("halted")
    (log.service.data / "log.guard").unlink()
    log.service.stop()
    log.service.start()
    assert "missing" in log.is_halted(), "to remove the guard is no way around it"


def test_a_lost_guard_is_written_again_from_a_mirror(log):
    head = log.grow(20)
    log.service.stop()
    (log.service.data / "log.guard").unlink()
    log.service.start()
    assert "missing" in log.is_halted()
    (log.service.data / "log.guard").write_text(head.text)
    assert wait_for(lambda: log.state() == "running", 30)
    assert log.grow(25).size >= 25


def test_a_statement_changed_while_it_waits_is_not_numbered(new_service):
    service = new_service(LOG_SEQUENCER="false").start()
    log = Log(service)
    event = log.farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
    log.execute(f"UPDATE event SET statement = {FLIP.format('statement')} WHERE id = %(id)s", id=event)
    service.stop()
    service.start(LOG_SEQUENCER="true")
    reason = log.is_halted()
    assert reason and f"event {event} in the queue" in reason
    assert service.value("SELECT count(*) FROM log_leaf") == 0
    log.execute(f"UPDATE event SET statement = {FLIP.format('statement')} WHERE id = %(id)s", id=event)
    assert wait_for(lambda: log.state() == "running", 30)
    wait_until_logged(service, log.here.public)
    service.stop()


def test_a_body_changed_while_its_statement_waits_is_named(new_service):
    """Then it is older than its entry: neither the patrol nor, in a long log, the sweep finds it soon."""
    service = new_service(LOG_SEQUENCER="false").start()
    log = Log(service)
    log.queue_copies(WIDTH * WIDTH)
    event = log.farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
    log.execute(f"UPDATE event SET body = {FLIP.format('body')} WHERE id = %(id)s", id=event)
    service.stop()
    service.start(LOG_SEQUENCER="true", LOG_SWEEP="1", LOG_PATROL="1")
    assert wait_for(log.found, 300)
    index = log.index_of(event)
    assert log.found() == {("body", index, index): f"event {event}"}
    assert log.here.metric("farmtrail_log_swept_total") < index
    service.stop()
