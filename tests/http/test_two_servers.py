# SPDX-License-Identifier: Apache-2.0
"""Two servers on one database, and everybody at both of them at once: crates and single packs are loaded, taken out, shipped, used
and sold once, codes are issued and marked once, and all that is stored follows from what was signed."""
import collections
import concurrent.futures
import random
import shutil
import threading

import pytest
from auditor import wait_until_logged
from conftest import District, ago, kg, line, uuid7
from service import Api, Service, free_port, wait_for
from test_epcis import captured, document
from test_item_codes import codes_of, issue, state
from test_items import boxes
from test_lot_beginnings import beginning, made, own_class, told
from test_units import contents, sscc


@pytest.fixture(scope="module")
def servers(new_service):
    """Two, each with two group writers; the second has copies of the first one's keys and no sequencer."""
    first = new_service(CAPTURE_WRITERS=2, CAPTURE_BATCH=2).start()
    second = Service.__new__(Service)
    second.__dict__.update(first.__dict__)
    second.data = first.data.with_name(first.data.name + "-2")
    shutil.copytree(first.data, second.data)
    second.port, second.log_path = free_port(), second.data.with_suffix(".log")
    try:
        second.start(LOG_SEQUENCER="false")
        yield first, second
        code, answer = first.recount()
        assert code == 0, answer["differences"][:20]
        wait_until_logged(first, District(first).public)
        assert first.value("SELECT count(*) FROM log_pending") == 0
        second.stop()
        first.stop()
    finally:
        second.close()


@pytest.fixture
def here(servers):
    return District(servers[0])


def at(server, party):
    """The same party at another server."""
    return Api(server, party.key)


def at_once(*calls):
    """What each of them answers, all begun together."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        return call()
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def everywhere(servers, party, target, *bodies):
    """Each body sent to both servers at once."""
    return at_once(*(lambda server=server, body=body: at(server, party).post(target, body) for body in bodies for server in servers))


def statuses(replies):
    return sorted(reply.status for reply in replies)


def holdings(here, lot):
    return {holder: {word: float(amount) for word, amount in row.items() if amount} for holder, row in here.stock(lot).items()}


# — crates —
def test_a_crate_is_used_up_once(servers, here):
    farm = here.farm()
    for _ in range(3):
        lot, crate = farm.harvest(50), f"https://id.gs1.org/00/{sscc()}"
        farm.record("load", ago(hours=9), unit=crate, contents=[line(lot, 10)])
        replies = everywhere(servers, farm, "/v1/events", *({"type": "pack", "time": ago(hours=5), "site": "P1", "units": [crate], "outputs": [
            {"product": "PAKCHOI", "quantity": kg(10)}]} for _ in range(3)))
        assert statuses(replies) == [201] + [422] * 5, replies
        assert holdings(here, lot)[farm.id]["on_hand"] == 40 and contents(here.service, crate) == {}


def test_a_crate_is_shipped_and_emptied_in_one_of_both_orders(servers, here):
    farm, packer = here.farm(), here.packer()
    for _ in range(4):
        lot, crate = farm.harvest(50), f"https://id.gs1.org/00/{sscc()}"
        farm.record("load", ago(hours=9), unit=crate, contents=[line(lot, 10)])
        shipped, emptied, again = at_once(
            lambda: at(servers[0], farm).post("/v1/events", {"type": "ship", "time": ago(hours=5), "units": [crate], "to": packer.number}),
            lambda: at(servers[1], farm).post("/v1/events", {"type": "unload", "time": ago(hours=6), "unit": crate}),
            lambda: at(servers[0], farm).post("/v1/events", {"type": "unload", "time": ago(hours=6), "unit": crate, "contents": [line(lot, 10)]}))
        assert shipped.status in (201, 422) and emptied.status == 201 and again.status in (201, 409), (shipped, emptied, again)
        found = holdings(here, lot)[farm.id]
        assert found == ({"on_hand": 40, "in_transit": 10} if shipped.status == 201 else {"on_hand": 50}) and contents(here.service, crate) == {}
        if shipped.status == 201:
            received = everywhere(servers, packer, "/v1/events",
                                  *({"type": "receive", "time": ago(hours=4), "shipment": shipped.json()["shipment"]} for _ in range(2)))
            assert statuses(received) == [201] + [409] * 3
            assert holdings(here, lot) == {farm.id: {"on_hand": 40}, packer.id: {"on_hand": 10}}


def test_what_is_in_a_crate_is_taken_out_once(servers, here):
    farm = here.farm()
    lot, crate = farm.harvest(100), f"https://id.gs1.org/00/{sscc()}"
    farm.record("load", ago(hours=9), unit=crate, contents=[line(lot, 10)])
    replies = everywhere(servers, farm, "/v1/events", *({"type": "unload", "time": ago(hours=5), "unit": crate, "contents": [line(lot, 3)]}
                                                        for _ in range(4)))
    assert statuses(replies) == [201] * 3 + [409] * 5 and {reply.problem() for reply in replies if reply.status == 409} == {"lot-short"}
    assert contents(here.service, crate) == {lot["uri"]: 1}


def test_crates_make_no_circle(servers, here):
    """Each of three into the next, by three parties."""
    farms = [here.farm() for _ in range(3)]
    for _ in range(3):
        crates = [f"https://id.gs1.org/00/{sscc()}" for _ in farms]
        for farm, crate in zip(farms, crates):
            farm.record("load", ago(hours=9), unit=crate, contents=[line(farm.harvest(5), 1)])
        replies = at_once(*(lambda n=n: at(servers[n % 2], here.admin).post("/v1/events", {
            "type": "load", "time": ago(hours=5), "party": farms[n].number, "unit": crates[n], "contents": [{"unit": crates[(n + 1) % 3]}]})
            for n in range(3)))
        assert statuses(replies) == [201, 201, 422], replies
        assert [reply.problem() for reply in replies if reply.status == 422] == ["lineage-cycle"]


# — packs —
class Packs:
    def __init__(self, here):
        self.packer, self.shop = here.packer(), here.party("shop")
        self.packer.product("BOX", unit="XPK", packages=[{"unit": "XPK", "holds": {"value": "0.5", "unit": "KGM"}}])
        source = self.packer.record("harvest", ago(days=4), site="H1", product="SALAD", quantity=kg(20))["lots"][0]
        self.lot = self.packer.record("pack", ago(days=3), site="H1", inputs=[line(source, 10)],
                                      outputs=[{"product": "BOX", "quantity": boxes(20)}])["lots"][0]
        self.codes = codes_of(self.packer, issue(self.packer, self.lot, 20, activate=True))


def test_a_pack_in_a_crate_goes_one_way(servers, here):
    """Sold or destroyed by its code, or shipped, sold or used up with its crate: one of these, and the rest is refused."""
    packs = Packs(here)
    for n in range(0, 12, 2):
        crate, codes = f"https://id.gs1.org/00/{sscc()}", packs.codes[n:n + 2]
        packs.packer.record("load", ago(hours=9), unit=crate, contents=[{"item": code} for code in codes])
        replies = everywhere(servers, packs.packer, "/v1/events",
                             {"type": "sell", "time": ago(hours=5), "items": codes[:1]},
                             {"type": "destroy", "time": ago(hours=5), "items": codes[:1], "reason": "burst"},
                             {"type": "ship", "time": ago(hours=5), "units": [crate], "to": packs.shop.number},
                             {"type": "sell", "time": ago(hours=5), "units": [crate]},
                             {"type": "process", "time": ago(hours=5), "site": "H1", "units": [crate], "outputs": [{"product": "SALAD", "quantity": kg(1)}]})
        assert statuses(replies)[0] == 201 and statuses(replies)[1] != 201, replies
        assert {reply.problem() for reply in replies if reply.status != 201} <= {"item-gone", "not-known-yet", "field-range"}, replies
        assert here.service.value("SELECT count(*) FROM item_event WHERE code = %s AND state IS NOT NULL", codes[0]) == 1


def test_all_at_once_on_crates_and_packs(servers, here):
    """Nobody knows what the others do; what is refused is refused, and what stands adds up."""
    packs = Packs(here)
    packer, shop = packs.packer, packs.shop
    crates = [f"https://id.gs1.org/00/{sscc()}" for _ in range(4)]
    answers = collections.Counter()

    def work(n):
        rng = random.Random(n)
        api = at(servers[n % 2], packer)
        for _ in range(10):
            crate, other = rng.sample(crates, 2)
            codes = rng.sample(packs.codes, 2)
            deed = rng.choice([
                {"type": "load", "unit": crate, "contents": [{"item": code} for code in codes]},
                {"type": "load", "unit": crate, "contents": [{"unit": other}, line(packs.lot, boxes(1))]},
                {"type": "unload", "unit": crate},
                {"type": "unload", "unit": crate, "contents": [{"item": codes[0]}]},
                {"type": "sell", "items": codes},
                {"type": "sell", "units": [crate]},
                {"type": "ship", "units": [crate], "to": shop.number},
                {"type": "return", "items": codes[:1]},
            ])
            reply = api.post("/v1/events", {"id": uuid7(), "time": ago(minutes=rng.randrange(1, 500)), **deed})
            assert reply.status in (201, 404, 409, 422), (deed, reply)
            answers[deed["type"], reply.status] += 1
            if reply.status == 201 and deed["type"] == "ship":
                got = at(servers[1 - n % 2], shop).post("/v1/events", {"type": "receive", "time": ago(minutes=1), "shipment": reply.json()["shipment"]})
                assert got.status == 201, got
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(work, n) for n in range(6)]:
            future.result()
    assert sum(answers.values()) == 60 and answers["sell", 201] + answers["ship", 201] > 0, answers
    found = here.stock(packs.lot)
    assert sum(float(row["on_hand"] + row["in_transit"] + row["sold"] + row["destroyed"] - row["deficit"]) for row in found.values()) == 20, found
    code, answer = here.service.recount()
    assert code == 0, answer["differences"][:10]


# — codes —
def test_codes_are_issued_once_and_what_is_voided_stays_so(servers, here):
    farm = here.farm()
    stated = "SELECT count(*) FROM act_statement WHERE kind = 'codes'"
    lot, acts = farm.harvest(10), here.service.value(stated)
    marks = here.service.value("SELECT count(DISTINCT stated) FROM code_mark")
    body = {"id": uuid7(), "kind": "item", "lot": lot["id"], "count": 30}
    replies = everywhere(servers, farm, "/v1/codes", *[body] * 3)
    assert statuses(replies) == [200] * 5 + [201] and len({reply.json()["code"] for reply in replies}) == 1
    others = at_once(*(lambda n=n: at(servers[n % 2], farm).post("/v1/codes", {**body, "id": uuid7(), "count": 1500}) for n in range(4)))
    assert statuses(others) == [201] * 4 and len({code for reply in others for code in codes_of(farm, reply.json())}) == 6000
    codes = codes_of(farm, replies[0].json())
    marked = at_once(*(lambda n=n: at(servers[n % 2], farm).post(f"/v1/codes:{('activate', 'void')[n % 3 == 0]}", {"codes": codes[n:n + 20]})
                       for n in range(10)))
    assert statuses(marked) == [200] * 10
    voided = {code for n in range(0, 10, 3) for code in codes[n:n + 20]}
    assert {code for code in codes if state(here, code) == "voided"} == voided
    marks = here.service.value("SELECT count(DISTINCT stated) FROM code_mark") - marks
    assert here.service.value(stated) == acts + 5 + marks and wait_for(lambda: here.service.value("SELECT count(*) FROM log_pending") == 0)


def test_an_office_says_one_thing_at_a_time(servers, here):
    """It endorses and takes back at both servers at once: what it has said is a chain, and the newest of it is shown."""
    farm, inspector = here.farm(), here.inspector("500X01")
    office = here.party("authority", "500X01", "OFFICE").number
    assert here.admin.post("/v1/signing-keys:rotate", {"party": office, "use": "inspect", "reason": "new-use"}).status == 201
    event = farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10))["event"]
    target = f"/v1/events/{event}/endorsements"
    wait_until_logged(here.service, here.public)
    for _ in range(3):
        everywhere(servers, inspector, target, *({"says": says, "party": office} for says in ("agrees", "withdrawn", "agrees")))
        wait_until_logged(here.service, here.public)
    rows = here.service.rows("SELECT id, withdraws FROM endorsement WHERE event = %s ORDER BY at, id", event)
    nil = "00000000-0000-0000-0000-000000000000"
    made = {str(row[0]) for row in rows if str(row[1] or nil) == nil}
    taken = [str(row[1]) for row in rows if str(row[1] or nil) != nil]
    assert len(set(taken)) == len(taken) and set(taken) <= made and 0 <= len(made) - len(taken) <= 1, rows
    shown = farm.read(f"/v1/events/{event}").get("endorsements", [])
    assert sum("withdrawnAt" not in one for one in shown) == len(made) - len(taken)


# — what documents say of lots —
def test_a_lot_begins_with_the_first_that_is_told_of_it_wherever_that_is_told(servers, here):
    """Told and made at both servers at once; and lots of two products under one number."""
    for n in range(12):
        packer = here.packer()
        (_, one), (_, other) = own_class(packer, f"L{n}"), own_class(packer, f"L{n}")
        story = [told(one, 1), told(one, 2), made(one, 5), made(one, 3), made(other, 4), told(other, 6)]
        random.Random(n).shuffle(story)
        at_once(*(lambda event=event, server=servers[i % 2]: captured(at(server, packer), document(event))
                  for i, event in enumerate(story)))
        assert (beginning(here, one)[0], beginning(here, other)[0]) == (3, 4)
        assert [packer.stock(uri)["on_hand"] for uri in (one, other)] == [20, 10]
