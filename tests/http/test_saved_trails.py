# SPDX-License-Identifier: Apache-2.0
"""What honest people recorded verifies as it is saved, whatever the story: every public trail at every tier, and every record
for itself in every view. What is held back of it afterwards is found."""
import base64
import hashlib
import itertools
import json
import re
import subprocess

import pytest
from auditor import wait_until_logged
from conftest import ago, kg, line
from service import environment, program
from test_animals import head, history, tag
from test_correct import correct
from test_epcis import amount, captured, document, event, new_class
from test_epcis_declared import declared, transformed
from test_epcis_pieces import Press, piece
from test_endorse import HERE, Office
from test_item_codes import codes_of, issue
from test_record_again import chain
from test_units import load, sscc, unload

TIERS = ("farm", "township", "district")
WRONG = {"failed", "missing"}
FEW = 6  # of a kind, in one bundle


def packed(party, *inputs, lot=None, value=9, hours=6, product="SALAD", type_="pack"):
    return {"type": type_, "time": ago(hours=hours), "inputs": list(inputs),
            "outputs": [{"product": product, "quantity": kg(value), **({"lot": lot} if lot else {})}]}


def lots_of(district, told):
    """Whatever these records name."""
    said = " ".join(json.dumps(party.read(f"/v1/events/{record}")["epcis"]) for party, record in told)
    uris = sorted(set(re.findall(r'"epcClass": "([^"]+)"', said)))
    lots = [{"code": code} for code, in district.service.rows("SELECT code FROM lot WHERE uri = ANY(%s) ORDER BY uri", uris)]
    assert len(lots) > 8
    return lots


# — stories: each gives the lots whose trails are saved —
def every_type(district):
    told = chain(district)
    return lots_of(district, told), told


def every_type_stated_anew(district):
    """Each record is declared wrong, the newest first, and is told again as it was; then the first of these too."""
    told = chain(district)
    done = []
    for party, record in reversed(told):
        reply = party.post("/v1/events", {"type": "correct", "time": ago(), "event": record, "reason": "称量有误",
                                          "replacement": party.read(f"/v1/events/{record}")["record"]})
        if reply.status == 201:
            done += [(party, reply.json()["event"]), (party, reply.json()["replacement"]["event"])]
    assert len(done) > len(told), "most can be told anew"
    return lots_of(district, told), told + done


def every_type_withdrawn(district):
    told = chain(district)
    done = [(party, party.post("/v1/events", {"type": "correct", "time": ago(), "event": record, "reason": "称量有误"}))
            for party, record in reversed(told)]
    assert sum(reply.status == 201 for _, reply in done) > len(told) * 2 // 3
    return lots_of(district, told), told


def corrected_over_and_over(district):
    """Other inputs, other outputs, another quantity, another site; then withdrawn, and recorded again."""
    farm, packer = district.farm(), district.packer()
    lots = [farm.harvest(lot=name) for name in ("A", "B", "C")]
    for lot in lots:
        packer.receive(farm.ship(packer, line(lot, 50)))
    packer.site("H2", "packhouse")
    was = packer.make("/v1/events", packed(packer, line(lots[0], 10)))
    replacements = (packed(packer, line(lots[1], 10)), {**packed(packer, line(lots[1], 10), line(lots[2], 5), value=12), "site": "H2"},
                    packed(packer, line(lots[2], 9), lot="OTHER", value=8, hours=5), packed(packer, line(lots[0], 9), lot="OTHER", value=8))
    made, last = [was["lots"][0]], was["event"]
    for replacement in replacements:
        done = correct(packer, last, replacement)["replacement"]
        made.append(done["lots"][0])
        last = done["event"]
    bottle = packer.make("/v1/events", packed(packer, line(made[-1], 4), value=4, hours=3))["lots"][0]
    gone = packer.make("/v1/events", packed(packer, line(lots[1], 10), lot="GONE"))
    correct(packer, gone["event"])
    packer.make("/v1/events", packed(packer, line(lots[2], 10), lot="GONE"))
    return [*lots, *made, bottle, gone["lots"][0]], []


def corrected_deep_down(district):
    """What went in by mistake had been made of others, of whom nothing is told."""
    farm, packer = district.farm(), district.packer()
    deep, right = farm.harvest(lot="DEEP"), farm.harvest(lot="RIGHT")
    middle = farm.make("/v1/events", packed(farm, line(deep, 30), value=30, product="PAKCHOI", hours=50))["lots"][0]
    for lot in (middle, right):
        packer.receive(farm.ship(packer, line(lot, 20)))
    was = packer.make("/v1/events", packed(packer, line(middle, 10), hours=9))
    bottle = packer.make("/v1/events", packed(packer, line(was["lots"][0], 5), value=5))
    correct(packer, was["event"], packed(packer, line(right, 10), hours=9))
    return [deep, middle, right, was["lots"][0], bottle["lots"][0]], []


def grown_and_mended(district):
    """A field whose treatments were corrected, before and after the harvest, to other fields and back."""
    farm = district.farm()
    farm.site("P2")
    used = [farm.make("/v1/events", {"type": "treat", "time": ago(days=40 - n), "site": "P1", "product": "吡虫啉", "active": ["吡虫啉"]}) for n in range(3)]
    lot = farm.harvest()
    moved = correct(farm, used[0]["event"], {"type": "treat", "time": ago(days=40), "site": "P2", "product": "吡虫啉", "active": ["吡虫啉"]})
    correct(farm, used[1]["event"])
    correct(farm, moved["replacement"]["event"], {"type": "treat", "time": ago(days=39), "site": "P1", "product": "x", "active": ["吡虫啉"]})
    was = farm.make("/v1/events", {"type": "harvest", "time": ago(days=2), "site": "P1", "product": "PAKCHOI", "quantity": kg(9)})
    correct(farm, was["event"], {"type": "harvest", "time": ago(days=1), "site": "P2", "product": "PAKCHOI", "quantity": kg(7)})
    return [lot, was["lots"][0]], []


def pallets(district):
    farm, packer, shop = district.farm(), district.packer(), district.party("shop")
    lot, other = farm.harvest(), farm.harvest(30)
    crate, pallet = sscc(), sscc()
    load(farm, crate, line(lot, 40), line(other, 10))
    loaded = load(farm, pallet, {"unit": crate}, line(other, 5), time=ago(hours=19))
    unload(farm, crate, line(lot, 10), time=ago(hours=18))
    sent = farm.record("ship", ago(hours=17), units=[pallet], to=packer.number)
    packer.receive(sent["shipment"], time=ago(hours=16))
    unload(packer, pallet, time=ago(hours=15))
    again = packer.record("ship", ago(hours=14), units=[crate], to=shop.number)
    got = shop.receive(again["shipment"], time=ago(hours=13))
    emptied = unload(shop, crate, time=ago(hours=12))
    for who, record in ((shop, emptied), (shop, got), (farm, loaded)):
        who.post("/v1/events", {"type": "correct", "time": ago(), "event": record["event"], "reason": "x"})
    return [lot, other], []


def packs(district):
    packer, shop = district.packer(), district.party("shop")
    packer.product("BOX", unit="XPK", packages=[{"unit": "XPK", "holds": {"value": "0.5", "unit": "KGM"}}])
    source = packer.record("harvest", ago(days=4), site="H1", product="SALAD", quantity=kg(20))["lots"][0]
    lot = packer.record("pack", ago(days=3), site="H1", inputs=[line(source, 10)],
                        outputs=[{"product": "BOX", "quantity": {"value": "20", "unit": "XPK"}}])["lots"][0]
    codes = codes_of(packer, issue(packer, lot, 20, activate=True))
    sold = packer.record("sell", ago(hours=9), items=codes[:3])
    shop.receive(packer.record("ship", ago(hours=9), items=codes[3:8], to=shop.number)["shipment"], time=ago(hours=8))
    shop.record("sell", ago(hours=7), items=codes[3:5])
    shop.record("return", ago(hours=6), items=[codes[3]], reason="坏了")
    shop.record("destroy", ago(hours=5), items=[codes[3]], reason="坏了")
    correct(packer, sold["event"], {"type": "sell", "time": ago(hours=9), "items": codes[:2]})
    return [lot, source], []


def animals(district):
    farm, packer, animal = district.farm(), district.packer(), tag()
    for pen in ("PEN", "PEN2"):
        farm.site(pen, "house", commodity="meat/pig")
    farm.product("PIG", "meat/pig", unit="HEA")
    packer.product("PORK", "meat/pig")
    told = {name: make() for name, make in history(farm, animal, {}).items()}
    herd = farm.harvest(head(2, 220), product="PIG", site="P1", time=ago(days=30))
    packer.receive(farm.ship(packer, line(herd, head(2, 220)), time=ago(days=1, hours=3)), time=ago(days=1, hours=2))
    pork = packer.record("slaughter", ago(days=1), site="H1", inputs=[line(herd, head(2, 220))], animals=[animal],
                         outputs=[{"product": "PORK", "quantity": kg(160)}])["lots"][0]
    other = packer.make("/v1/events", packed(packer, line(pork, 10), product="PORK", hours=3))["lots"][0]
    correct(farm, told["itself"]["event"])
    correct(farm, told["move"]["event"], {"type": "move", "time": ago(days=5, hours=1), "site": "PEN2", "animals": [animal], "reason": "配群"})
    return [herd, pork, other], []


def held(district):
    farm, packer = district.farm(), district.packer()
    lot = farm.harvest()
    packer.receive(farm.ship(packer, line(lot, 60)), lots=[line(lot, 50)], shortage={"quantity": kg(10), "reason": "烂"})
    made = packer.make("/v1/events", packed(packer, line(lot, 20)))["lots"][0]
    packer.record("return", ago(hours=5), lots=[line(lot, 8)], reason="x", to=farm.number)
    packer.record("destroy", ago(hours=4), lots=[line(lot, 2)], reason="x")
    held = farm.record("hold", ago(hours=3), lots=[{"lot": lot["id"]}], reason="x")
    lifted = farm.record("release", ago(hours=2), lots=[{"lot": lot["id"]}], reason="x")
    correct(farm, lifted["event"])
    correct(farm, held["event"])
    found = farm.record("test", ago(hours=2), kind="lab", lot=lot["id"], outcome="positive", report="R 1",
                        results=[{"substance": "毒死蜱", "value": "0.5", "unit": "mg/kg", "detected": True}])
    correct(farm, found["event"])
    return [lot, made], []


def erased(district):
    """A record before it is corrected and after, what stands in its place, and one that goes in; a party at last."""
    farm, packer, person = district.farm(), district.packer(), district.farm()
    lots = []
    for n in range(3):
        was = farm.make("/v1/events", {"type": "harvest", "time": ago(days=2), "site": "P1", "product": "PAKCHOI", "quantity": kg(50), "harvester": "张三"})
        replacement = {"type": "harvest", "time": ago(days=2), "site": "P1", "product": "PAKCHOI", "quantity": kg(40), "harvester": "李四"}
        packer.receive(farm.ship(packer, line(was["lots"][0], 20)))
        mix = packer.make("/v1/events", {**packed(packer, line(was["lots"][0], 10)), "note": "王五"})
        other = packer.make("/v1/events", packed(packer, line(was["lots"][0], 10)))
        erase = [was["event"], mix["event"]]
        if n == 0:
            erase_all(district, erase)
        done = correct(farm, was["event"], replacement)
        mixed = correct(packer, mix["event"], packed(packer, line(other["lots"][0], 5), value=5, hours=4) if n else None)
        if n == 1:
            erase_all(district, erase)
        if n == 2:
            erase_all(district, [done["replacement"]["event"], done["event"], mixed["event"], mixed["replacement"]["event"], other["event"]])
        lots += [was["lots"][0], mix["lots"][0], other["lots"][0]]
    lot = person.harvest(50, harvester="张三")
    packer.receive(person.ship(packer, line(lot, 20)))
    made = packer.make("/v1/events", packed(packer, line(lot, 10)))["lots"][0]
    reply = district.admin.post(f"/v1/parties/{person.id}/erase", {"reason": "request"})
    assert reply.status == 200, reply
    return [*lots, lot, made], []


def erase_all(district, events):
    for each in events:
        reply = district.admin.post(f"/v1/events/{each}/erase", {"reason": "request"})
        assert reply.status in (200, 409), reply


def endorsed(district):
    farm, packer, office = district.farm(), district.packer(), Office(district)
    lot = farm.harvest()
    was = farm.make("/v1/events", packed(farm, line(lot, 10), product="PAKCHOI"))
    office.endorse(was["event"])
    office.endorse(was["event"], "withdrawn")
    office.endorse(was["event"])
    tested = farm.record("test", ago(hours=3), kind="rapid", lot=lot["id"], outcome="negative")
    office.endorse(tested["event"])
    other = farm.make("/v1/events", packed(farm, line(was["lots"][0], 5), product="PAKCHOI", value=5, hours=4))
    office.endorse(other["event"])
    correct(farm, was["event"], packed(farm, line(lot, 9), product="PAKCHOI"))
    return [lot, was["lots"][0], other["lots"][0]], []


def keys_replaced(district):
    farm, packer = district.farm(), district.packer()
    lots = [farm.harvest()]
    for _ in range(2):
        district.admin.make("/v1/signing-keys:rotate", {"party": farm.number})
        lots.append(farm.harvest(20))
    for lot in lots:
        packer.receive(farm.ship(packer, line(lot, 10)))
    made = packer.make("/v1/events", packed(packer, *(line(lot, 10) for lot in lots), value=29))["lots"][0]
    for key in district.admin.read(f"/v1/signing-keys?party={farm.id}")["items"]:
        district.admin.post(f"/v1/signing-keys/{key['fingerprint']}/revoke", {"reason": "ceased"})
    assert farm.refuse("irrigate", ago(hours=1), site="P1").problem() == "no-signing-key"
    return [made, *lots], []


def of_hundreds(district):
    farm, packer = district.farm(), district.packer()
    records = [{"type": "harvest", "time": ago(days=3), "site": "P1", "product": "PAKCHOI", "quantity": kg(2)} for _ in range(200)]
    lots = [result["lots"][0] for result in farm.post("/v1/events:batch", {"records": records}).json()["results"]]
    packer.receive(farm.ship(packer, *(line(lot, 2) for lot in lots)))
    was = packer.make("/v1/events", packed(packer, *(line(lot, 1) for lot in lots), value=200))
    correct(packer, was["event"], packed(packer, *(line(lot, 1) for lot in lots[:120]), value=120))
    return [was["lots"][0], lots[0], lots[199]], []


def partners(district):
    """Told by who has it, before who grew it; by pieces of one transformation; declared wrong, with and without what is right."""
    press, packer = Press(), district.packer()
    wrong = piece(press.run, [amount(new_class("WRONG"), 5)])
    captured(packer, document(*press.events, wrong))
    captured(packer, document(declared(wrong)))
    captured(packer, document(declared(press.pieces[1]), piece(press.run, [amount(new_class("RIGHT"), 7)])))
    late, made = new_class("LATE"), new_class("MADE")
    captured(packer, document(transformed(late, made, 70, 60)))
    captured(packer, document(event(action="ADD", bizStep="commissioning", quantityList=[amount(late, 100)])))
    right = transformed(late, made, 50, 60)
    captured(packer, document(declared(right), right))
    return [{"code": district.service.value("SELECT code FROM lot WHERE uri = %s", uri)}
            for uri in (press.oil, press.rest, press.bottle, late, made)], []


STORIES = (every_type, every_type_stated_anew, every_type_withdrawn, corrected_over_and_over, corrected_deep_down, grown_and_mended, pallets, packs,
           animals, held, erased, endorsed, keys_replaced, of_hundreds, partners)


class Saved:
    def __init__(self, service, tmp_path):
        self.service, self.file = service, tmp_path / "saved.json"

    def __call__(self, document):
        self.file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        done = subprocess.run([program("farmtrail"), "verify", str(self.file), "--json", "--log", str(self.service.data / "log.vkey"),
                               "--registrar", str(self.service.data / "registrar.vkey")],
                              env=environment(), text=True, capture_output=True, check=False, timeout=60)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told(district):
    """What each story left behind, once all is logged."""
    left = {}

    def of(story):
        if story not in left:
            left[story] = story(district)
        wait_until_logged(district.service, district.public)
        return left[story]

    return of


@pytest.fixture
def verify(service, tmp_path):
    return Saved(service, tmp_path)


def few(items):
    """Of many, some from all over."""
    return items[::max(1, len(items) // FEW)]


def wrong_of(report):
    """Which checks do not hold, of the whole and of its steps."""
    found = {check["check"] for check in report["checks"] if check["finding"] in WRONG}
    return found | {(step.get("event"), check["check"], check["text"]) for step in report.get("steps", []) for check in step["checks"]
                    if check["finding"] in WRONG}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_verifies_as_it_is_saved(district, verify, told, story):
    wrong = []
    lots = told(story)[0]
    for n, lot in enumerate(lots):
        for tier in TIERS if lot in few(lots) else TIERS[:1]:
            report = verify(district.public.read(f"/t/{lot['code']}/proofs?tier={tier}"))
            if report["verdict"] != "holds" or wrong_of(report):
                wrong.append((n, lot.get("number"), tier, report["verdict"], wrong_of(report)))
    assert not wrong, wrong


@pytest.mark.parametrize("story", [every_type, every_type_stated_anew, every_type_withdrawn], ids=lambda story: story.__name__)
def test_each_record_verifies_for_itself(verify, told, story):
    for (party, record), tier in zip(told(story)[1], itertools.cycle(("full", *TIERS))):
        report = verify(party.read(f"/v1/events/{record}/proof?tier={tier}"))
        assert report["verdict"] == "holds" and not WRONG & {check["finding"] for check in report["checks"]}, report


def hash_of(step):
    note = step["statement"]
    return base64.b64encode(hashlib.sha256(note[:note.index("\n\n") + 1].encode()).digest()).decode()


def less(bundle):
    """The bundle with one thing held back: what that is, and what is left."""
    told = {step["event"] for step in bundle["trail"]["steps"]}
    named = {row[5:] for step in bundle["steps"] for row in (step["statement"] + (step.get("prevs") or "")).splitlines() if row.startswith("prev ")}
    open_to = {hash_of(step) for step in bundle["steps"] if step.get("event")}
    endorsements = []  # of what is told; of others' records the trail says nothing
    for n, step in enumerate(bundle["steps"]):
        if step["statement"].startswith("farmtrail/endorse") and re.search("^prev (.*)$", step["statement"], re.M)[1] in open_to:
            endorsements.append(n)
            open_to.add(hash_of(step))
    needed = [n for n, step in enumerate(bundle["steps"]) if step.get("event") or hash_of(step) in named]
    for n in sorted({*few(needed), *few(endorsements)}):
        step = bundle["steps"][n]
        what = "told" if step.get("event") in told else "declaration" if step.get("event") else "endorsement" if n in endorsements else "earlier"
        yield (what, n), {**bundle, "steps": bundle["steps"][:n] + bundle["steps"][n + 1:]}
    for n in few(range(len(bundle["lots"]))):
        yield ("lot", bundle["lots"][n]["uri"]), {**bundle, "lots": bundle["lots"][:n] + bundle["lots"][n + 1:]}
    for key in bundle["keys"]:
        yield ("key", key["statement"]), {**bundle, "keys": [other for other in bundle["keys"] if other is not key]}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_is_held_back_is_found(district, verify, told, story):
    """Of the trail that has the most to tell."""
    bundles = [district.public.read(f"/t/{lot['code']}/proofs?tier=farm") for lot in told(story)[0]]
    bundle = max(bundles, key=lambda one: (len(one["lots"]) < 150, len(one["steps"])))
    tried = [(what, verify(rest)["verdict"]) for what, rest in less(bundle)]
    unseen = [what for what, verdict in tried if verdict not in ("incomplete", "broken")]
    assert not unseen and {what for (what, _), _ in tried} >= {"told", "lot", "key"}, unseen
