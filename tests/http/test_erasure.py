# SPDX-License-Identifier: Apache-2.0
"""Erasing: what names a person goes from the database for ever, an entry of the log says so, and everything that is left
verifies as before."""
import concurrent.futures
import json
import secrets
import subprocess

import pytest
from conftest import ago, kg, line
from service import Api, wait_for


class Named:
    """A harvest that names a person, sold on, and corrected once if asked."""

    def __init__(self, district):
        self.district, self.farm, self.shop = district, district.farm(), district.party("shop")
        self.word = f"word{secrets.token_hex(6)}"
        made = self.farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10), harvester=f"harvester-{self.word}",
                                note=f"note-{self.word}", position={"lat": "29.1234567", "lon": "106.7654321"}, device=f"device-{self.word}")
        self.event, self.lot = made["event"], made["lots"][0]
        self.shop.receive(self.farm.ship(self.shop, line(self.lot, 4)))

    def erase(self, event=None, reason="request", api=None):
        return (api or self.district.admin).post(f"/v1/events/{event or self.event}/erase", {"reason": reason})

    def proof(self, tier, event=None):
        path = f"/v1/events/{event or self.event}/proof?tier={tier}"
        read = self.farm.read
        assert wait_for(lambda: all(place["index"] is not None for place in (read(path), read(path)["key"], read(path).get("erasure", read(path)))))
        return read(path)


@pytest.fixture
def named(district):
    return Named(district)


def verify(district, tmp_path, document, name="proof.json"):
    file = tmp_path / name
    file.write_text(json.dumps(document))
    return subprocess.run([*verify.program, "verify", str(file), "--data", str(district.service.data), "--lang", "en"], capture_output=True,
                          text=True, check=False, timeout=60)


@pytest.fixture(autouse=True)
def _program(district):
    from service import program
    verify.program = [program("farmtrail")]


def in_database(service, word):
    """Tables in which the word stands, in whatever column, sealed or not."""
    hexed, found = word.encode().hex(), []
    tables = [row[0] for row in service.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")]
    for table in tables:
        if service.value(f'SELECT count(*) FROM "{table}" t WHERE strpos(t::text, %s) > 0 OR strpos(t::text, %s) > 0', word, hexed):
            found.append(table)
    for table in ("event", "master_version", "prepared"):
        column = "record" if table == "prepared" else "body"
        if any(word.encode() in bytes(body) for body, in service.rows(f"SELECT {column} FROM {table}")):
            found.append(table)
    return found


def test_what_names_a_person_goes_and_the_rest_verifies(district, named, tmp_path):
    service, before = district.service, named.proof("farm")
    statement = named.proof("full")["statement"]
    assert in_database(service, named.word) == ["event"]
    reply = named.erase()
    assert reply.status == 200 and "farmtrail/erase@v1" in reply.json()["statement"]
    assert in_database(service, named.word) == [] and in_database(service, "106.7654321") == []
    assert service.value("SELECT count(*) FROM event WHERE id = %s AND view_secret IS NULL", named.event) == 1
    read = named.farm.read(f"/v1/events/{named.event}")
    assert read["erasedAt"] == reply.json()["erasedAt"] and named.word not in json.dumps(read)
    assert named.word not in named.farm.get(f"/v1/events/{named.event}/epcis").body.decode()
    # The farm view and what is coarser prove themselves as before; of the full one the digest alone is left.
    after = named.proof("farm")
    assert (after["view"], after["salt"], after["manifest"], after["statement"]) == \
        (before["view"], before["salt"], before["manifest"], statement)
    for tier in ("farm", "township", "district"):
        done = verify(district, tmp_path, named.proof(tier))
        assert done.returncode == 0, done
    full = named.proof("full")
    assert "view" not in full and "salt" not in full and full["erasure"]["statement"] == reply.json()["statement"]
    done = verify(district, tmp_path, full)
    assert done.returncode == 0 and "content was removed on" in done.stdout, done
    forged = {**full, "erasure": {**full["erasure"], "statement": after["key"]["statement"]}}
    assert verify(district, tmp_path, forged).returncode == 4


def test_trails_and_their_proofs_hold(district, named, tmp_path):
    path = f"/t/{named.lot['code']}"
    before = district.public.read(path, accept="application/json")
    named.erase()
    after = district.public.read(path, accept="application/json")
    assert [step["event"] for step in after["steps"]] == [step["event"] for step in before["steps"]]
    named.proof("farm")  # logged
    for tier in ("farm", "township", "district"):
        bundle = district.public.read(f"{path}/proofs?tier={tier}")
        erased = [step for step in bundle["steps"] if "erasure" in step]
        assert [step["event"] for step in erased] == [named.event] and erased[0]["view"] and erased[0]["erasure"]["index"] is not None
        done = verify(district, tmp_path, bundle, f"{tier}.json")
        assert done.returncode == 0, done


def test_declarations_repeat_what_was_said_and_go_too(district, named):
    declared = named.farm.record("correct", ago(minutes=1), event=named.event, reason=f"reason-{named.word}",
                                 replacement={"type": "harvest", "time": ago(days=2), "site": "P1", "product": "PAKCHOI", "quantity": kg(9)})
    named.erase()
    assert "event" not in in_database(district.service, f"harvester-{named.word}")
    for event in (named.event, declared["event"]):
        assert named.farm.read(f"/v1/events/{event}")["erasedAt"]
        assert "erasure" in named.proof("farm", event)
    assert "erasedAt" not in named.farm.read(f"/v1/events/{declared['replacement']['event']}")


def test_the_sweep_finds_nothing_and_notices_what_is_altered_afterwards(district, named):
    service = district.service
    named.erase()
    named.proof("farm")
    passes = district.metric("farmtrail_log_swept_total")
    total = service.value("SELECT count(*) FROM log_leaf")
    assert wait_for(lambda: district.metric("farmtrail_log_swept_total") > passes + 2 * total, 300)
    assert service.value("SELECT count(*) FROM log_alteration") == 0
    with service.altered("event", f"id = '{named.event}'", "active", "in_transit"):
        district.public.get(f"/t/{named.lot['code']}/proofs")
        assert wait_for(lambda: service.value("SELECT count(*) FROM log_alteration WHERE part = 'body'") == 1, 300)
    service.cluster.execute(service.database, "DELETE FROM log_alteration")


def test_erasing_twice_or_at_once_is_erasing_once(district, named):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: named.erase(api=Api(district.service, district.service.admin_key)), range(4)))
    assert {reply.status for reply in replies} == {200} and len({json.dumps(reply.json()) for reply in replies}) == 1
    assert named.erase(reason="order").json() == replies[0].json()
    assert district.service.value("SELECT (SELECT count(*) FROM log_leaf WHERE kind = 'erase' AND id = %s)"
                                  " + (SELECT count(*) FROM log_pending WHERE kind = 'erase' AND id = %s)", named.event, named.event) == 1
    acts = [act for act in district.admin.read("/v1/audit?limit=1000")["items"] if act["subject"] == named.event]
    assert [act["action"] for act in acts] == ["eraseEvent"]


@pytest.mark.parametrize("first", ["correction", "erasure"])
def test_a_correction_at_the_same_time_brings_nothing_back(district, named, first):
    """Both wait for the sequences of the organisation, the second one behind the first."""
    def waiting():
        return district.service.value("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
                                      district.service.database)

    def correct():
        return named.farm.post("/v1/events", {"type": "correct", "time": ago(minutes=1), "event": named.event, "reason": "x"})

    acts = [correct, named.erase] if first == "correction" else [named.erase, correct]
    holder = district.service.cluster.connect(district.service.database)
    with concurrent.futures.ThreadPoolExecutor(2) as pool, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM key_head WHERE org_id = %s FOR UPDATE", [named.farm.id])
        futures = []
        for n, act in enumerate(acts, 1):
            futures.append(pool.submit(act))
            assert wait_for(lambda n=n: waiting() >= n)
        cursor.execute("ROLLBACK")
        statuses = [future.result().status for future in futures]
    holder.close()
    assert sorted(statuses) == [200, 201], statuses
    assert in_database(district.service, named.word) == []


def test_only_an_administrator_erases_and_says_why(district, named):
    assert named.erase(api=named.farm).status == 403 and named.erase(api=district.public).status == 401
    assert named.erase(reason="because Mr Li asked").status == 422
    assert named.erase(event="01a20058-cdfd-727d-9219-45b4c0e62c3b").status == 404
    stranger = Api(district.service, district.key(["admin", "read"], parties=[named.shop.id]))
    bound = named.erase(api=stranger)
    assert bound.status == 404, bound
    assert district.service.value("SELECT count(*) FROM erasure WHERE event = %s", named.event) == 0


def test_the_server_itself_erases_nothing_without_an_entry(district, named):
    """The role that it runs as may not change an event, and the one function that may wants the erasure first."""
    connection = district.service.cluster.connect(district.service.database)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET ROLE ft_app")
            cursor.execute("SELECT set_config('ft.service', 'on', true)")
            cursor.execute("SELECT event_erase(org_id, id, 'x'::bytea) FROM event WHERE id = %s", [named.event])
            assert cursor.fetchall() == [(False,)]
    finally:
        connection.close()
    assert in_database(district.service, named.word) == ["event"]


def test_a_record_that_was_erased_is_not_taken_again(named):
    record = {"id": named.event, "type": "harvest", "time": ago(days=2), "site": "P1", "product": "PAKCHOI", "quantity": kg(10)}
    named.erase()
    again = named.farm.post("/v1/events", record)
    assert again.status == 409 and again.json()["type"].endswith("/id-taken")
