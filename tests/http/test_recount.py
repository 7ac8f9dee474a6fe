# SPDX-License-Identifier: Apache-2.0
"""`farmtrail verify --data`: all that is stored follows from the signed records, and whatever does not is named. What every
other test leaves behind is recounted at the end of the session (conftest.py)."""
import subprocess
from unittest import mock

import pytest
from auditor import wait_until_logged
from conftest import District, ago, kg, line, uuid7
from service import environment, program, wait_for
from test_epcis import amount, captured, document, event, new_class
from test_epcis_declared import declared

ALTERED = ("event", "event_key", "event_thing", "lot", "lot_edge", "lot_holding", "stock_move", "thing", "code", "shipment_line",
           "containment", "unit_act", "unit", "log_leaf", "item_event", "party", "site", "product", "certificate", "master_version")


class Chain:
    """A farm's harvests, packed by the packer, sold; a crate; a correction: something of everything."""
    altered_tables = ALTERED

    def __init__(self, service):
        self.service = service
        self.here = District(service)
        self.farm, self.packer = self.here.farm(), self.here.packer()
        self.lots = [self.farm.harvest(40, time=ago(days=3)), self.farm.harvest(60, time=ago(days=3))]
        self.wrong = self.farm.record("harvest", ago(days=3), site="P1", product="PAKCHOI", quantity=kg(7))
        self.farm.record("correct", ago(days=2), event=self.wrong["event"], reason="读错了秤",
                         replacement={"type": "harvest", "time": ago(days=3), "site": "P1", "product": "PAKCHOI", "quantity": kg(8)})
        self.here.admin.make("/v1/certificates", {
            "holder": self.farm.id, "scheme": "green", "number": "LB-1", "products": [], "sites": [], "validFrom": "2026-01-01", "validTo": "2027-12-31"})
        self.shipment = self.farm.record("ship", ago(days=2), to=self.packer.number, lots=[line(lot, 30) for lot in self.lots])
        self.packer.record("receive", ago(days=2), shipment=self.shipment["shipment"])
        self.pack = self.packer.record("pack", ago(days=1), site="H1", inputs=[line(lot, 30) for lot in self.lots],
                                       outputs=[{"product": "SALAD", "quantity": kg(55)}])
        self.packed = self.pack["lots"][0]
        self.packer.record("load", ago(hours=20), unit="CRATE1", contents=[line(self.packed, 20)])
        # more lots than a statement names one by one
        many = [self.farm.harvest(1, time=ago(days=3)) for _ in range(66)]
        self.farm.record("mix", ago(days=1), inputs=[line(lot, 1) for lot in many], outputs=[{"product": "PAKCHOI", "quantity": kg(66)}])
        self.looks = [{"type": "inspect", "time": ago(days=1), "lots": [{"lot": many[0]["id"]}], "findings": [str(n)], "id": uuid7()}
                      for n in range(700)]
        self.farm.post("/v1/events:batch", {"records": self.looks})
        self.sale = self.packer.record("sell", ago(hours=2), lots=[line(self.packed, 5)])
        self.pack_code = self.farm.make("/v1/codes", {"kind": "item", "lot": self.lots[1]["id"], "activate": True, "quantity": kg(1)})["code"]
        self.pack_sale = self.farm.record("sell", ago(hours=1), items=[self.pack_code])
        self.pack_back = self.farm.record("return", ago(minutes=50), items=[self.pack_code], reason="x")

    def execute(self, sql, *values):
        connection = self.service.cluster.connect(self.service.database)
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            assert cursor.rowcount > 0, sql
        connection.close()

    def id_of(self, lot):
        return self.service.value("SELECT lot_id::text FROM lot WHERE uri = %s", lot["uri"])

    def altered(self, sql, *values):
        """What is found after a change, as {(part, subject): (stored, derived)}."""
        self.execute(sql, *values)
        code, answer = self.service.recount()
        assert code == 4 and answer["count"] == len(answer["differences"]) > 0, answer
        return {(d["part"], d["subject"]): (d["stored"], d["derived"]) for d in answer["differences"]}


    def save(self):
        self.execute("CREATE SCHEMA saved; " + "".join(f"CREATE TABLE saved.{t} AS TABLE {t}; " for t in self.altered_tables))

    def restore(self):
        self.execute("SET session_replication_role = replica; " + "".join(
            f"DELETE FROM {t}; INSERT INTO {t} TABLE saved.{t}; " for t in reversed(self.altered_tables)))

    def keep(self):
        """The server has gone: only the database is asked."""
        assert wait_for(lambda: self.service.value("SELECT count(*) FROM log_pending") == 0)
        self.service.stop()
        self.save()
        return self


@pytest.fixture(scope="module")
def kept(new_service):
    return Chain(new_service().start()).keep()


@pytest.fixture
def chain(kept):
    yield kept
    kept.restore()


def test_an_honest_district_has_no_difference(chain):
    code, answer = chain.service.recount()
    assert code == 0 and answer["differences"] == [] and answer["count"] == 0
    assert answer["events"] == chain.service.value("SELECT count(*) FROM event") == 779
    assert answer["lots"] == chain.service.value("SELECT count(*) FROM lot")


def test_an_edited_edge_is_named(chain):
    parent, child = chain.id_of(chain.lots[0]), chain.id_of(chain.packed)
    found = chain.altered("UPDATE lot_edge SET input = 29 WHERE parent = %s", parent)
    assert found == {("edge", f"{chain.pack['event']} {parent} to {child}"): (
        "29 of 60 into 55, 55 of 55", "30 KGM into 55 KGM")}


def test_a_deleted_edge_is_named(chain):
    parent, child = chain.id_of(chain.lots[1]), chain.id_of(chain.packed)
    found = chain.altered("DELETE FROM lot_edge WHERE parent = %s", parent)
    assert found == {("edge", f"{chain.pack['event']} {parent} to {child}"): ("nothing", "30 KGM into 55 KGM")}


def test_an_edge_that_no_record_says_is_named(chain):
    parent, child = chain.id_of(chain.lots[0]), chain.id_of(chain.lots[1])
    found = chain.altered("INSERT INTO lot_edge SELECT parent_org, parent, parent_org, %s, event_org, event, input, input_total, output,"
                          " output_part, output_total, value, unit, recorded_at FROM lot_edge WHERE parent = %s", child, parent)
    assert found == {("edge", f"{chain.pack['event']} {parent} to {child}"): ("not said by its event", "nothing")}


def test_an_edge_brought_back_to_life_is_named(chain):
    """What was corrected no longer stands, in links as in stock."""
    lot = chain.id_of(chain.wrong["lots"][0])
    found = chain.altered("UPDATE event_thing SET declared_at = NULL WHERE event = %s", chain.wrong["event"])
    assert list(found) == [("link", f"{chain.wrong['event']} {lot}")]


def test_a_changed_holding_is_named(chain):
    lot = chain.id_of(chain.packed)
    found = chain.altered("UPDATE lot_holding SET on_hand = on_hand + 1 WHERE lot_id = %s", lot)
    assert found == {("holding", f"{lot} of {chain.packer.id}"): ("51 0 5 0 0", "50 0 5 0 0")}


LEADING_NOWHERE = [  # rows that a foreign key would not have let in: a link, stock, a line of a lot or shipment that is not there
    ("link", "INSERT INTO event_thing SELECT org_id, gen_random_uuid(), event_org, event, 99, role, recorded_at, value, unit, base FROM event_thing LIMIT 1"),
    ("holding", "INSERT INTO lot_holding SELECT org_id, gen_random_uuid(), holder, region, site, 0, 0, 1, 0, 0, 0 FROM lot_holding LIMIT 1"),
    ("shipment", "INSERT INTO shipment_line SELECT org_id, gen_random_uuid(), 0, lot_org, lot_id, value, unit, base, received FROM shipment_line LIMIT 1"),
]


@pytest.mark.parametrize("part,sql", LEADING_NOWHERE)
def test_a_row_that_leads_nowhere_is_named(chain, part, sql):
    assert part in {found for found, _ in chain.altered(sql)}


OTHER_LOTS = {
    "product": "product = gen_random_uuid()", "commodity": "commodity = 'fruit'", "time": "event_time = event_time + interval '1 hour'",
    "day": "produced_day = produced_day + 1", "shelf life": "expires_day = '2030-01-01'",
    "place": "site = (SELECT id FROM site WHERE id <> lot.site LIMIT 1)", "record": "created_event = gen_random_uuid()",
}


@pytest.mark.parametrize("what", OTHER_LOTS)
def test_a_lot_that_is_not_what_its_record_says_is_named(chain, what):
    lot = chain.id_of(chain.packed)
    assert ("lot", lot) in chain.altered(f"UPDATE lot SET {OTHER_LOTS[what]} WHERE lot_id = %s", lot)


OTHER_ROWS = [  # (table, member, change)
    ("party", "name.zh", "name_zh = 'x'"), ("party", "name.en", "name_en = NULL"), ("party", "region", "region = (SELECT r.code FROM region r WHERE r.code <> party.region LIMIT 1)"),
    ("party", "uscc", "uscc = '91350100M000100Y43'"), ("party", "personal", "personal = NOT personal"), ("party", "kind", "kind = 'market'"),
    ("party", "version", "version = version - 1"), ("party", "version", "name_zh = 'x', version = version + 1"), ("site", "name.zh", "name_zh = 'x'"), ("site", "region", "region = (SELECT r.code FROM region r WHERE r.code <> site.region LIMIT 1)"),
    ("site", "geometry", "geometry = ST_SetSRID(ST_MakePoint(1, 1), 4326)"), ("site", "commodity", "commodity = 'fruit'"),
    ("product", "name.zh", "name_zh = 'x'"), ("product", "shelfLifeDays", "shelf_life_days = 1000"),
    ("product", "temperature.max", "temperature_max = 30"), ("product", "packages", "packages = '[]'"),
    ("site", "version", "name_zh = 'x', version = version + 1"), ("product", "version", "shelf_life_days = 1000, version = version + 1"),
    ("certificate", "version", "valid_to = '2099-01-01', version = version + 1"),
    ("product", "gtin", "gtin = '09506000134352'"), ("certificate", "validTo", "valid_to = '2099-01-01'"),
    ("certificate", "products or sites", "sites = ARRAY[gen_random_uuid()]"), ("certificate", "state", "state = 'revoked'"),
]


@pytest.mark.parametrize("table,member,change", OTHER_ROWS)
def test_a_row_that_is_not_its_newest_version_is_named(chain, table, member, change):
    """What pages show of people, places and goods stands beside the versions that were signed."""
    subject = chain.service.value(f"SELECT id::text FROM {table} ORDER BY version DESC, id LIMIT 1")
    found = chain.altered(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_version_check;"
                          f"UPDATE {table} SET {change} WHERE id = '{subject}'")
    version = chain.service.value("SELECT max(version) FROM master_version WHERE id = %s", subject)
    assert found[table, subject] == (f"another {member}", f"that of version {version}")


def test_a_version_that_nobody_signed_is_named(chain):
    subject = chain.service.value("SELECT id::text FROM product LIMIT 1")
    body = chain.service.resealed("master_version", f"id = '{subject}'", '"state":"active"', '"state":"closed"')
    found = chain.altered("UPDATE master_version SET body = %s WHERE id = %s", body, subject)
    assert found == {("product", subject): ("not what was signed", "what its statement covers")}


def test_a_version_that_was_never_stated_is_named(chain):
    """A true one a second time, with a later number, so that the row seems to be ahead of what is looked at."""
    subject = chain.service.value("SELECT id::text FROM party LIMIT 1")
    chain.execute("INSERT INTO master_version SELECT kind, id, version + 1, valid_from, reason, recorded_at, recorded_by, body, view_secret, key_fingerprint, seq, statement,"
                  " statement_sha256 FROM master_version WHERE id = %s", subject)
    found = chain.service.recount()[1]["differences"]
    assert [(d["part"], d["subject"], d["stored"]) for d in found] == [("party", subject, "version 2 that was not stated")]
    found = chain.altered("UPDATE party SET name_zh = 'x' WHERE id = %s", subject)
    assert found["party", subject] in (("another name.zh", "that of version 2"), ("version 2 that was not stated", "nothing"))


def test_a_thing_without_a_row_is_named(chain):
    subject = chain.service.value("SELECT id::text FROM certificate LIMIT 1")
    found = chain.altered("DELETE FROM certificate WHERE id = %s", subject)
    assert found["certificate", subject] == ("nothing", "a row")


def test_a_changed_total_is_named(chain):
    lot = chain.id_of(chain.packed)
    assert chain.altered("UPDATE lot SET total = total + 1 WHERE lot_id = %s", lot) == {
        ("lot", lot): ("0 56 0 5 0", "0 55 0 5 0")}


def test_a_moved_stock_row_is_named(chain):
    """Moves and holdings changed together agree with each other, and not with what was signed."""
    lot, packer, farm = chain.id_of(chain.packed), chain.packer.id, chain.farm.id
    chain.execute("INSERT INTO lot_holding SELECT org_id, lot_id, %s, region, NULL, 0, 0, 5, 0, 5, 0 FROM lot_holding"
                  " WHERE lot_id = %s", farm, lot)
    chain.execute("UPDATE lot_holding SET on_hand = on_hand + 5, sold = 0 WHERE lot_id = %s AND holder = %s", lot, packer)
    found = chain.altered("UPDATE stock_move SET holder = %s WHERE event = %s", farm, chain.sale["event"])
    assert found == {
        ("move", f"{chain.sale['event']} {lot} of {packer}"): ("nothing", "on_hand -5, sold 5"),
        ("move", f"{chain.sale['event']} {lot} of {farm}"): ("on_hand -5, sold 5", "nothing")}


def test_a_deleted_stock_row_is_named(chain):
    lot = chain.id_of(chain.packed)
    found = chain.altered("DELETE FROM stock_move WHERE event = %s", chain.sale["event"])
    assert {part for part, _ in found} == {"move", "holding", "lot"}
    assert found["move", f"{chain.sale['event']} {lot} of {chain.packer.id}"] == ("nothing", "on_hand -5, sold 5")


def test_a_renamed_thing_is_named(chain):
    """The name of a lot leads to another one."""
    one, other = (chain.id_of(lot) for lot in chain.lots)
    found = chain.altered("UPDATE thing SET id = %s WHERE id = %s AND kind = 'lot'", other, one)
    assert found["thing", chain.lots[0]["uri"]] == (f"lot {other}", f"lot {one}")
    assert found["thing", chain.lots[0]["number"]] == (f"lot {other}", f"lot {one}")


def test_a_lost_name_is_named(chain):
    lot = chain.id_of(chain.lots[0])
    found = chain.altered("DELETE FROM thing WHERE id = %s", lot)
    assert found["thing", chain.lots[0]["number"]] == ("nothing", f"lot {lot}")
    assert found["thing", chain.lots[0]["uri"]] == ("nothing", f"lot {lot}")


def test_a_code_that_leads_elsewhere_is_named(chain):
    one, other = (chain.id_of(lot) for lot in chain.lots)
    found = chain.altered("UPDATE code SET id = %s WHERE id = %s", other, one)
    assert found == {("thing", chain.lots[0]["code"]): ("another thing or nothing", f"lot {one}")}


def test_a_changed_body_is_named(chain):
    body = chain.service.resealed("event", f"id = '{chain.sale['event']}'", '"quantity":5,', '"quantity":6,')
    found = chain.altered("UPDATE event SET body = %s WHERE id = %s", body, chain.sale["event"])
    assert found == {("body", chain.sale["event"]): ("not what was signed", "what its statement covers")}


@pytest.mark.parametrize("body", ["body", "'\\x'", "convert_to('{}', 'UTF8')"])
def test_a_record_without_its_secret_is_named(chain, body):
    """It may be erased: then the log says so."""
    found = chain.altered(f"UPDATE event SET view_secret = NULL, body = {body} WHERE id = %s", chain.sale["event"])
    assert found["body", chain.sale["event"]] == ("not what was signed", "what its statement covers")


def test_a_version_without_its_secret_is_named(chain):
    subject = chain.service.value("SELECT id::text FROM product LIMIT 1")
    found = chain.altered("UPDATE master_version SET view_secret = NULL WHERE id = %s", subject)
    assert found == {("product", subject): ("not what was signed", "what its statement covers")}


def test_a_changed_statement_is_named(chain):
    found = chain.altered("UPDATE event SET statement = convert_to(replace(convert_from(statement, 'UTF8'), E'\\nseq ', E'\\nseq 1'), 'UTF8')"
                          " WHERE id = %s", chain.sale["event"])
    assert {part for part, _ in found} >= {"statement"} and all(chain.sale["event"] in subject for _, subject in found)


def test_a_deleted_record_is_named(chain):
    """With its links and moves: the sequence of the key, the log and the stock have it still."""
    event = chain.sale["event"]
    for sql in ("DELETE FROM event_thing WHERE event = %s", "DELETE FROM event_key WHERE id = %s"):
        chain.execute(sql, event)
    found = chain.altered("DELETE FROM event WHERE id = %s", event)
    assert {part for part, _ in found} >= {"sequence", "move", "lot"}


def test_a_record_that_was_entered_otherwise_is_named(chain):
    found = chain.altered("UPDATE event SET flags = flags | 2 WHERE id = %s", chain.sale["event"])
    assert found == {("event", chain.sale["event"]): ("paper", "field")}


def test_a_changed_shipment_is_named(chain):
    found = chain.altered("UPDATE shipment_line SET base = 31 WHERE n = 0")
    assert {part for part, _ in found} == {"shipment", "move"}


def test_what_a_crate_never_held_is_named(chain):
    lot = chain.id_of(chain.packed)
    found = chain.altered("UPDATE containment SET base = 21")
    assert [(part, stored[:7], derived[:7]) for (part, _), (stored, derived) in found.items()] == [("contents", "21 from", "20 from")], found
    assert lot in next(iter(found))[1]
    chain.restore()
    found = chain.altered("DELETE FROM containment")
    assert [(part, stored, derived[:7]) for (part, _), (stored, derived) in found.items()] == [("contents", "nothing", "20 from")], found


def test_what_was_never_done_to_a_crate_is_named(chain):
    found = chain.altered("UPDATE unit_act SET base = 21")
    assert ("contents", "21", "20") in [(part, *pair) for (part, _), pair in found.items()], found
    chain.restore()
    found = chain.altered("UPDATE unit_act SET declared_at = recorded_at")
    assert ("load, withdrawn", "what was recorded: load") in found.values() and ("known", "a placeholder") in found.values(), found
    chain.restore()
    found = chain.altered("UPDATE unit_act SET lacking = 1")
    assert ("another amount lacking", "0") in found.values(), found


def test_what_became_of_a_pack_is_told(chain):
    subject = f"{chain.pack_sale['event']} {chain.pack_code}"
    assert chain.altered("UPDATE item_event SET state = 'destroyed' WHERE event = %s", chain.pack_sale["event"]) == {
        ("item", subject): ("destroyed", "sold")}
    chain.restore()
    assert chain.altered("DELETE FROM item_event WHERE event = %s", chain.pack_sale["event"])["item", f"{chain.pack_sale['event']} {chain.lots[1]['uri']}/s/{chain.pack_code}"] == (
        "nothing", "sold")
    chain.restore()
    assert chain.altered("UPDATE item_event SET declared_at = recorded_at WHERE event = %s", chain.pack_back["event"]) == {
        ("item", f"{chain.pack_back['event']} {chain.pack_code}"): ("another party or another time", "that of the event")}


def test_a_statement_that_the_log_lacks_is_named(chain):
    event = chain.sale["event"]
    assert chain.altered("DELETE FROM log_leaf WHERE id = %s", event) == {
        ("log", event): ("neither numbered nor queued", "an entry")}


def test_people_are_told_in_words_and_by_exit_code(chain):
    chain.execute("UPDATE lot_holding SET sold = 6 WHERE sold = 5")

    def said(*arguments):
        return subprocess.run([program("farmtrail"), "verify", "--data", str(chain.service.data), *arguments], capture_output=True,
                              text=True, env=environment(**chain.service.settings), check=False)
    english, chinese = said("--lang", "en"), said("--lang", "zh")
    assert english.returncode == chinese.returncode == 4
    assert 'stored "50 0 6 0 0", derived "50 0 5 0 0"' in english.stdout and "1 differences" in english.stdout
    assert "推得“50 0 5 0 0”" in chinese.stdout
    nowhere = subprocess.run([program("farmtrail"), "verify", "--data", "/nonexistent"], capture_output=True, text=True,
                             env=environment(), check=False)
    assert nowhere.returncode not in (0, 4)


def test_a_lot_of_many_records_is_followed_to_its_last_statement(chain):
    """More than a page of them; a link that somebody moved in the middle shows at both of its neighbours."""
    assert chain.service.recount()[0] == 0
    moved = chain.looks[600]["id"]
    found = chain.altered("UPDATE event_thing SET recorded_at = recorded_at + interval '1 hour' WHERE event = %s", moved)
    told = {subject.split(" ")[0] for part, subject in found if part == "statement"}
    assert told == {chain.looks[601]["id"], moved}


class Told(Chain):
    """What pages tell beside goods: what was used where, what tests found, what is on hold, why something was corrected."""
    altered_tables = ("event", "site_event", "test_result", "lot_state", "lot", "correction", "code", "alert", "alert_action",
                      "reference_set")

    def __init__(self, service):
        self.service, self.here = service, District(service)
        self.farm = self.here.farm()
        self.farm.site("P2", commodity="vegetable/leafy/pak-choi")
        self.treat = self.farm.record("treat", ago(days=9), site="P1", product="1.8%乳油", active=["阿维菌素"])
        made = self.farm.record("harvest", ago(days=1), sites=["P1", "P2"], product="PAKCHOI", quantity=kg(40))
        self.harvest, self.lot = made["event"], made["lots"][0]
        other = self.farm.harvest(3)
        self.first = self.farm.record("hold", ago(hours=9), lots=[{"lot": self.lot["id"]}], reason="待检")
        self.release = self.farm.record("release", ago(hours=8), lots=[{"lot": self.lot["id"]}], reason="合格")
        self.hold = self.farm.record("hold", ago(hours=7), lots=[{"lot": self.lot["id"]}], reason="复检")
        self.test = self.farm.record("test", ago(hours=6), kind="lab", lot=self.lot["id"], outcome="positive", report="R 1",
                                     results=[{"substance": "甲胺磷", "value": "0.2", "unit": "mg/kg", "detected": True}])
        self.wrong = self.farm.record("treat", ago(days=8), site="P1", product="草木灰")["event"]
        self.farm.record("correct", ago(days=2), event=self.wrong, reason="选错了")
        self.mended = self.farm.record("treat", ago(days=8), site="P1", product="草木灰")["event"]
        self.farm.record("correct", ago(days=2), event=self.mended, reason="选错了", replacement={
            "type": "treat", "time": ago(days=8), "site": "P1", "product": "石灰"})
        self.told_replaced, self.told_awaiting = self.tell_wrong()
        self.farm.record("destroy", ago(hours=1), lots=[line(other, 3)], reason="x")
        self.lot_id = self.id_of(self.lot)
        self.banned = self.farm.record("treat", ago(days=3), site="P2", product="甲胺磷")["event"]
        self.early = self.farm.record("treat", ago(days=4), site="P1", product="1.8%乳油", active=["阿维菌素"])["event"]
        assert set(self.rules()) == {"R01", "R05", "R06", "I01"}

    def tell_wrong(self):
        """A partner's event that another stands for, and one that awaits it."""
        made, ids = new_class(), []
        for awaited in (False, True):
            wrong, right = (event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(made, n)])
                            for n in (3, 7))
            captured(self.farm, document(wrong, declared(wrong, right["eventID"]), *([] if awaited else [right])))
            ids.append(self.service.value("SELECT id::text FROM event WHERE event_id = %s AND declaration_time IS NULL", wrong["eventID"]))
        return ids

    def rules(self):
        return [rule for rule, in self.service.rows("SELECT rule FROM alert")]


@pytest.fixture(scope="module")
def kept_told(new_service):
    return Told(new_service().start()).keep()


@pytest.fixture
def told(kept_told):
    yield kept_told
    kept_told.restore()


def test_what_pages_tell_has_no_difference(told):
    assert told.service.recount()[0] == 0


SAID = [  # (part, change): of a record that pages tell, or of the row by which they find it
    ("event", "UPDATE event SET input_product = '草木灰' WHERE id = %(treat)s"), ("event", "UPDATE event SET input_active = NULL WHERE id = %(treat)s"),
    ("event", "UPDATE event SET site = (SELECT id FROM site WHERE number = 'P2') WHERE id = %(treat)s"),
    ("event", "UPDATE event SET region = '500109001' WHERE id = %(treat)s"), ("event", "UPDATE event SET flags = flags | 8 WHERE id = %(treat)s"),
    ("event", "UPDATE event SET to_party = party WHERE id = %(treat)s"),
    ("site", "DELETE FROM site_event WHERE event = %(treat)s"), ("site", "DELETE FROM site_event WHERE event = %(harvest)s AND n = 1"),
    ("site", "UPDATE site_event SET lot_id = NULL WHERE event = %(harvest)s AND n = 0"), ("site", "UPDATE site_event SET declared_at = recorded_at WHERE event = %(treat)s"),
    ("site", "UPDATE site_event SET org_id = gen_random_uuid() WHERE event = %(treat)s"), ("site", "UPDATE site_event SET recorded_at = recorded_at + interval '1 year' WHERE event = %(treat)s"),
    ("site", "INSERT INTO site_event SELECT org_id, (SELECT id FROM site WHERE number = 'P2'), event_org, event, 1, type, event_time, offset_min, recorded_at, lot_org, lot_id,"
             " declared_at FROM site_event WHERE event = %(treat)s"),
    ("site", "UPDATE site_event SET input = NULL WHERE event = %(treat)s"), ("site", "UPDATE site_event SET input = gen_random_uuid() WHERE event = %(treat)s"),
    ("test", "UPDATE test_result SET outcome = 'negative'"), ("test", "DELETE FROM test_result"), ("test", "UPDATE test_result SET at = at + interval '1 day'"),
    ("test", "INSERT INTO test_result SELECT org_id, lot_id, %(hold)s, event_org, kind, 'negative', at, offset_min, recorded_at FROM test_result"),
    ("correction", "UPDATE correction SET reason = 'x'"), ("correction", "UPDATE correction SET replacement = NULL WHERE event = %(mended)s"),
    ("correction", "UPDATE correction SET replacement = (SELECT replacement FROM correction WHERE event = %(mended)s) WHERE event = %(wrong)s"),
    ("correction", "UPDATE correction SET named = NULL, replacement = NULL WHERE event = %(told_replaced)s"),
    ("correction", "UPDATE correction SET named = sha256('x') WHERE event = %(told_awaiting)s"), ("code", "UPDATE code SET state = 'voided' WHERE kind = 'lot'"),
    ("state", "DELETE FROM lot_state WHERE event = %(first)s"), ("state", "UPDATE lot_state SET until = (SELECT recorded_at FROM event WHERE id = %(test)s) WHERE event = %(hold)s"),
    ("state", "UPDATE lot_state SET until = NULL WHERE event = %(first)s"), ("state", "UPDATE lot SET flags = 0 WHERE lot_id = %(lot_id)s"),
    ("state", "UPDATE lot_state SET party = gen_random_uuid() WHERE event = %(first)s"), ("state", "UPDATE lot_state SET since = since - interval '1 s' WHERE event = %(first)s"),
    ("state", "UPDATE lot SET flags = 0 WHERE flags = 16"), ("state", "INSERT INTO lot_state SELECT org_id, lot_id, flag, event_org, %(test)s, party, binds_all, at, since, until"
                                                                       " FROM lot_state WHERE event = %(first)s"),
    ("lot", "UPDATE lot SET region = '500109001' WHERE lot_id = %(lot_id)s"), ("lot", "UPDATE lot SET site = NULL WHERE lot_id = %(lot_id)s"),
    ("lot", "UPDATE lot SET offset_min = 0 WHERE lot_id = %(lot_id)s"), ("lot", "UPDATE lot SET version = version - interval '1 day' WHERE lot_id = %(lot_id)s"),
]


@pytest.mark.parametrize("part,sql", SAID)
def test_what_pages_tell_otherwise_than_records_is_named(told, part, sql):
    values = {name: f"'{getattr(told, name)['event'] if name in ('treat', 'first', 'hold', 'test') else getattr(told, name)}'"
              for name in ("treat", "harvest", "first", "hold", "test", "lot_id", "wrong", "mended", "told_replaced", "told_awaiting")}
    assert part in {found for found, _ in told.altered(sql % values)}


@pytest.mark.parametrize("rule", ["R01", "R05", "R06", "I01"])
@pytest.mark.parametrize("change", ["SET session_replication_role = replica; DELETE FROM alert WHERE {}", "UPDATE alert SET title_zh = '正常' WHERE {}", "UPDATE alert SET severity = 3 WHERE {}",
                                    "UPDATE alert SET subject = sha256(id::text::bytea) WHERE {}", "UPDATE alert SET code = 'X' WHERE {}", "UPDATE alert SET lot_id = gen_random_uuid() WHERE {}"])
def test_an_alert_that_is_not_what_records_say_is_named(told, rule, change):
    found = told.altered(change.format(f"rule = '{rule}'"))
    assert f"alert {rule}" in {f"{part} {subject.split(' ')[0]}" for part, subject in found}


def test_an_alert_that_the_service_closed_without_a_reason_is_named(told):
    """What a person does about one is stated; the service closes those alone whose records no longer say so."""
    told.execute("INSERT INTO alert_action (org_id, alert, id, at, key_id, action, reason) SELECT org_id, id, gen_random_uuid(), now(),"
                 " '00000000-0000-0000-0000-000000000000', 'close', 'record_corrected' FROM alert WHERE rule = 'R01'")
    found = told.altered("UPDATE alert SET state = 'closed' WHERE rule = 'R01'")
    assert [stored for stored, _ in found.values()] == ["closed by nobody"]


def test_an_alert_that_no_record_says_is_named(told):
    found = told.altered("INSERT INTO alert SELECT org_id, gen_random_uuid(), rule, rule_version, severity, state, sha256('x'), title_zh, title_en, reason_zh, reason_en,"
                         " action_zh, action_en, inputs, edition, evidence, first_seen, last_seen, due_at, assignee, party, product, lot_org, lot_id, %s, happened_at, code"
                         " FROM alert WHERE rule = 'R01'", told.treat["event"])
    assert found == {("alert", f"R01 {told.treat['event']}"): (mock.ANY, "nothing")}


@pytest.mark.parametrize("change", ["UPDATE reference_set SET content = replace(convert_from(content, 'UTF8'), '甲胺磷', '甲')::bytea WHERE name = 'bans'",
                                    "DELETE FROM reference_set WHERE name = 'intervals'", "UPDATE reference_set SET edition = 'x' WHERE name = 'yields'"])
def test_what_rules_go_by_is_what_was_shipped(told, change):
    assert "reference" in {part for part, _ in told.altered(change)}


def test_what_was_said_of_animals_is_derived_again(new_service):
    """Ear tags, herds, what was given to them, and their papers: of each kind of record; a corrected one, and an erased one."""
    service = new_service().start()
    here = District(service)
    farm, packer = here.farm(), here.packer()
    pen = farm.site("PEN", "house", commodity="meat/pig")
    farm.product("PIG", "meat/pig", unit="HEA")
    packer.product("PORK", "meat/pig")
    tags = ["150011600000001", "150011600000002"]
    def head(count):
        return {"value": str(count), "unit": "HEA", "net": kg(count * 110)}
    fed = farm.record("feed", ago(days=40), site="PEN", product="配合饲料")
    farm.record("birth", ago(days=60), site="PEN", animals=tags)
    herd = farm.harvest(head(10), product="PIG", site="PEN", time=ago(days=30))
    dosed = farm.record("medicate", ago(days=20), lot=herd["id"], product="土霉素片", active=["土霉素"], animals=tags)
    wrong = farm.record("medicate", ago(days=19), site="PEN", product="阿莫西林")
    farm.record("correct", ago(days=18), event=wrong["event"], reason="x")
    erased = farm.record("move", ago(days=25), site="PEN", animals=tags)
    packer.receive(farm.ship(packer, line(herd, head(10)), time=ago(days=2)), time=ago(days=1, hours=5))
    killed = packer.record("slaughter", ago(days=1), site="H1", inputs=[line(herd, head(10))], animals=tags,
                           outputs=[{"product": "PORK", "quantity": kg(800)}], quarantineCertificate="渝检 5000123456")
    assert here.admin.post(f"/v1/events/{erased['event']}/erase", {"reason": "request"}).status == 200
    wait_until_logged(service, here.public)
    assert service.recount() == (0, mock.ANY), service.recount()[1]
    connection = service.cluster.connect(service.database)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE herd_event SET animal = '150011600000009' WHERE event = %s AND n = 1", (dosed["event"],))
        cursor.execute("DELETE FROM herd_event WHERE event = %s AND n = 0", (dosed["event"],))
        cursor.execute("UPDATE herd_event SET active = ARRAY['x'], product = 'y' WHERE event = %s", (fed["event"],))
        cursor.execute("UPDATE herd_event SET certificate = 'other' WHERE event = %s AND n = 0", (killed["event"],))
        cursor.execute("INSERT INTO herd_event SELECT event, 7, event_org, type, 'NEW', site, lot_org, lot_id, product, active, NULL, NULL, region, event_time,"
                       " offset_min, recorded_at, declared_at FROM herd_event WHERE event = %s AND n = 1", (killed["event"],))
    connection.close()
    code, answer = service.recount()
    found = {(d["subject"], d["stored"], d["derived"]) for d in answer["differences"] if d["part"] == "herd"}
    medicated, slaughtered = dosed["event"], killed["event"]
    lot = service.value("SELECT lot_id::text FROM lot WHERE uri = %s", herd["uri"])
    assert code == 4 and found == {
        (f"{medicated} 150011600000009", "a row", "nothing"), (f"{medicated} 150011600000001", "nothing", "a row"),
        (f"{medicated} 150011600000002", "nothing", "a row"), (f"{slaughtered} NEW", "a row", "nothing"),
        (f"{slaughtered} {lot}", "other", "渝检 5000123456"), (f"{fed['event']} {pen['id']}", "y", "配合饲料"),
        (f"{fed['event']} {pen['id']}", "other active ingredients", "those of the event")}
    service.stop()
