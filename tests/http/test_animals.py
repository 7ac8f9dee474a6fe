# SPDX-License-Identifier: Apache-2.0
"""Pigs: what was done to the herd, or to the animal by its ear tag, is told of the carcass and the pack."""
import itertools
import random
import urllib.parse

import pytest

from conftest import ago, kg, line, uuid7
from test_capture import epcis, event_of  # noqa: F401  (a fixture)
from test_trail_proofs import bundle_of, verify

SERIAL = itertools.count(1000)  # other files have tags of their own


def tag():
    return f"1500116{next(SERIAL):08}"


TAGS = [tag(), tag()]


def head(count, net=None):
    return {"value": str(count), "unit": "HEA", **({"net": kg(net)} if net else {})}


@pytest.fixture
def pigs(farm, packer):
    """A farm with two pens, and a slaughterhouse."""
    for pen in ("PEN", "PEN2"):
        farm.site(pen, "house", commodity="meat/pig")
    farm.product("PIG", "meat/pig", unit="HEA")
    packer.product("PORK", "meat/pig")
    packer.product("PACK", "meat/pig")
    return farm, packer


def slaughter(farm, packer, herd, days, count=2, **members):
    packer.receive(farm.ship(packer, line(herd, head(count, count * 110)), time=ago(days=days, hours=3)), time=ago(days=days, hours=2))
    return packer.record("slaughter", ago(days=days), site="H1", inputs=[line(herd, head(count, count * 110))],
                         outputs=[{"product": "PORK", "quantity": kg(count * 80)}], **members)


def steps(district, lot):
    return district.public.read(f"/t/{lot['code']}", Accept="application/json")["steps"]


def broken(district, lot):
    """Open findings that a withdrawal period was not kept: the uses that they are about."""
    alerts = [district.admin.read(f"/v1/alerts/{row['id']}") for row in district.admin.read("/v1/alerts?rule=I01&limit=1000")["items"]
              if lot["id"] in row["lots"] and row["state"] == "open"]
    return sorted(alert["evidence"][0]["event"] for alert in alerts)


def test_a_treatment_of_the_herd_reaches_the_carcass_and_the_pack(pigs, district, epcis):
    farm, packer = pigs
    farm.record("feed", ago(days=40), site="PEN", product="配合饲料")
    herd = farm.harvest(head(10, 1100), product="PIG", site="PEN", time=ago(days=30))
    dosed = farm.record("medicate", ago(days=20), lot=herd["id"], product="土霉素片", active=["土霉素"], animals=TAGS)
    killed = slaughter(farm, packer, herd, 1, 10, animals=TAGS, quarantineCertificate="渝检 5000123456")
    pork = killed["lots"][0]
    packed = packer.record("pack", ago(hours=9), site="H1", inputs=[line(pork, 400)],
                           outputs=[{"product": "PACK", "quantity": kg(400)}])["lots"][0]
    event = event_of(packer, epcis, killed)
    assert event["farmtrail:animals"] == TAGS and event["farmtrail:quarantineCertificate"] == "渝检 5000123456"
    for lot in (pork, packed):
        told = steps(district, lot)
        types = [step["type"] for step in told]
        assert types[:2] == ["feed", "harvest"] and "medicate" in types and "slaughter" in types
        [medicated] = [step for step in told if step["type"] == "medicate"]
        assert medicated["event"] == dosed["event"] and medicated["used"]["active"] == ["土霉素"]
        assert broken(district, lot) == []  # 19 days are more than 7
    late = farm.record("medicate", ago(days=15), site="PEN2", product="土霉素片", animals=TAGS[:1])["event"]
    for lot in (pork, packed):
        assert late in [step["event"] for step in steps(district, lot)] and broken(district, lot) == []


def test_a_herd_medicated_too_late_is_told_of_carcass_and_pack(pigs, district):
    """Whether the pen was medicated before its pigs were taken out, or after, while they stood there; or the lot itself."""
    farm, packer = pigs
    for dose, members in ((7, {"site": "PEN"}), (5, {"site": "PEN"}), (5, {"lot": None})):
        herd = farm.harvest(head(2, 220), product="PIG", site="PEN", time=ago(days=6))
        if "lot" in members:
            members = {"lot": herd["id"]}
        dosed = farm.record("medicate", ago(days=dose), product="土霉素片", active=["土霉素"], **members)
        killed = slaughter(farm, packer, herd, 1)
        pork = killed["lots"][0]
        assert dosed["event"] in broken(district, pork) and set(killed["alerts"])
        alert = district.admin.read(f"/v1/alerts/{killed['alerts'][-1]}")
        assert "withdrawal_periods" in alert["evidence"][2]["reference"] and "7 days" in alert["reason"]["en"]
        assert "屠宰" in alert["reason"]["zh"] and "休药期" in alert["reason"]["zh"] and alert["severity"] == "high"
        packed = packer.record("pack", ago(hours=9), site="H1", inputs=[line(pork, 40)],
                               outputs=[{"product": "PACK", "quantity": kg(40)}])["lots"][0]
        page = district.public.read(f"/t/{packed['code']}", Accept="application/json")
        assert "I01" in [row["rule"] for row in page["alerts"]]
        assert dosed["event"] in [step["event"] for step in page["steps"]]
        packer.record("sell", ago(hours=1), lots=[line(packed, 10)])
        assert district.admin.read(f"/v1/alerts/{alert['id']}")["severity"] == "critical"


def test_the_newest_of_thousands_of_records_of_a_herd_counts(pigs, district):
    """A slaughterhouse that kills ten herds of one pen in one batch: all that was done there is told of each of them."""
    farm, packer = pigs
    herds = [farm.harvest(head(2, 220), product="PIG", site="PEN", time=ago(days=30)) for _ in range(10)]
    fed = [{"id": uuid7(), "type": "feed", "time": ago(days=29, minutes=-10 * n), "site": "PEN", "product": "配合饲料"} for n in range(2100)]
    for n in range(0, len(fed), 700):
        assert farm.post("/v1/events:batch", {"records": fed[n:n + 700]}).status == 200
    dosed = farm.record("medicate", ago(days=5), site="PEN", product="土霉素片", active=["土霉素"])
    for herd in herds:
        packer.receive(farm.ship(packer, line(herd, head(2, 220)), time=ago(days=1, hours=3)), time=ago(days=1, hours=2))
    killed = packer.post("/v1/events:batch", {"records": [
        {"id": uuid7(), "type": "slaughter", "time": ago(days=1), "site": "H1", "inputs": [line(herd, head(2, 220))],
         "outputs": [{"product": "PORK", "quantity": kg(160)}]} for herd in herds]}).json()["results"]
    assert [broken(district, result["lots"][0]) for result in killed] == [[dosed["event"]]] * 10


def history(farm, animal, events):
    """Records by which one animal alone links a herd to a carcass: (name, record)."""
    other = tag()
    return {
        "birth": lambda: farm.record("birth", ago(days=100), site="PEN", quantity=head(2), animals=[animal, other]),
        "early": lambda: farm.record("medicate", ago(days=6), site="PEN", product="土霉素片", active=["土霉素"]),
        "move": lambda: farm.record("move", ago(days=5), site="PEN2", animals=[animal], reason="配群"),
        "late": lambda: farm.record("medicate", ago(days=4), site="PEN", product="土霉素片", active=["土霉素"]),
        "other": lambda: farm.record("medicate", ago(days=3), site="PEN2", product="土霉素片", active=["土霉素"], animals=[other]),
        "itself": lambda: farm.record("medicate", ago(days=2), site="PEN2", product="土霉素片", active=["土霉素"], animals=[animal]),
        "feed": lambda: farm.record("feed", ago(days=2, hours=1), site="PEN2", product="配合饲料"),
    }


@pytest.mark.parametrize("seed", range(6))
def test_an_animal_takes_along_what_was_done_while_it_was_there(pigs, district, seed):
    """In any order, the slaughter too; with one of the records corrected afterwards."""
    farm, packer = pigs
    animal, events, rng = tag(), {}, random.Random(seed)
    made = history(farm, animal, events)
    herd = farm.harvest(head(2, 220), product="PIG", site="P1", time=ago(days=30))

    def kill():
        answer = slaughter(farm, packer, herd, 1, animals=[animal])
        events["lot"] = answer["lots"][0]
        return answer

    names = list(made) + ["slaughter"]
    rng.shuffle(names)
    for name in names:
        events[name] = (kill() if name == "slaughter" else made[name]())["event"]
        if "lot" in events:  # a page that was read before is no older than what is recorded now
            steps(district, events["lot"])
    assert broken(district, events["lot"]) == sorted([events["early"], events["itself"]])
    told = [step["event"] for step in steps(district, events["lot"])]
    assert {events[name] for name in ("birth", "early", "move", "itself", "feed")} <= set(told)
    assert not {events["late"], events["other"]} & set(told)

    events["last"] = farm.record("feed", ago(days=1, hours=1), site="PEN2", product="配合饲料", note="晚记")["event"]
    told = [step["event"] for step in steps(district, events["lot"])]
    assert events["last"] in told

    moment = district.admin.read("/v1/events?limit=1")["items"][0]["recordedAt"]
    wrong = rng.choice(["move", "early", "itself", "birth"])
    farm.make("/v1/events", {"type": "correct", "event": events[wrong], "reason": "probe"})
    expected = {"move": {"early", "late", "itself"}, "early": {"itself"}, "itself": {"early"}, "birth": {"itself"}}[wrong]
    assert broken(district, events["lot"]) == sorted(events[name] for name in expected)
    then = district.admin.read(f"/v1/lots/{events['lot']['id']}/trail?asOf={moment}")
    assert [step["event"] for step in then["steps"]] == told
    closed = [row for row in district.admin.read("/v1/alerts?rule=I01&state=closed&limit=1000")["items"]
              if events["lot"]["id"] in row["lots"]]
    for row in closed:
        deed = district.admin.read(f"/v1/alerts/{row['id']}")["timeline"][-1]
        assert deed["action"] == "close" and deed["reason"] in ("record_corrected", "late_record")


def test_a_lot_of_live_animals_is_parted_and_moved(pigs, district):
    farm, packer = pigs
    herd = farm.harvest(head(4, 440), product="PIG", site="PEN", time=ago(days=30))
    farm.record("move", ago(days=9), lot=herd["id"], site="PEN2")
    parts = farm.record("split", ago(days=4), inputs=[line(herd, head(4, 440))],
                        outputs=[{"product": "PIG", "quantity": head(2, 220)}] * 2)["lots"]
    pork = slaughter(farm, packer, parts[0], 1)["lots"][0]
    old = farm.record("medicate", ago(days=8), site="PEN", product="土霉素片", active=["土霉素"])  # empty by then
    there = farm.record("medicate", ago(days=6), site="PEN2", product="土霉素片", active=["土霉素"])
    whole = farm.record("medicate", ago(days=5), lot=herd["id"], product="土霉素片", active=["土霉素"])
    farm.record("medicate", ago(days=3), lot=parts[1]["id"], product="土霉素片", active=["土霉素"])
    assert broken(district, pork) == sorted([there["event"], whole["event"]])
    assert old["event"] not in [step["event"] for step in steps(district, pork)]


def test_what_was_done_to_another_lot_reaches_through_the_animal_and_is_proved(pigs, district, service, tmp_path):
    """The trail tells it without making that lot an origin, and its bundle is whole."""
    farm, packer = pigs
    animal = tag()
    old = farm.harvest(head(2, 220), product="PIG", site="PEN", time=ago(days=50))
    farm.record("birth", ago(days=40), lot=old["id"], animals=[animal])
    farm.record("inspect", ago(days=39), lots=[{"lot": old["id"]}])
    there = farm.record("medicate", ago(days=5), lot=old["id"], product="土霉素片", active=["土霉素"])
    herd = farm.harvest(head(2, 220), product="PIG", site="PEN2", time=ago(days=30))
    farm.record("move", ago(days=4), lot=herd["id"], animals=[animal])
    left = farm.record("medicate", ago(days=3), lot=old["id"], product="土霉素片", active=["土霉素"])
    pork = slaughter(farm, packer, herd, 1, animals=[animal])["lots"][0]
    assert broken(district, pork) == [there["event"]]
    bundle = bundle_of(district, pork)
    told = [step["event"] for step in bundle["trail"]["steps"]]
    assert there["event"] in told and left["event"] not in told
    assert [origin["lot"] for origin in bundle["trail"]["origins"]] == [herd["id"]]
    code, report, checks = verify(service, tmp_path, bundle)
    assert (code, checks["prev"], checks["lots"]) == (0, "passed", "passed"), report


def test_the_quarantine_certificate_stands_in_the_trail_and_finds_the_lot(pigs, district):
    farm, packer = pigs
    animal, number = tag(), f"50{next(SERIAL):08}"
    moved = f"渝运 77{next(SERIAL):08}"
    farm.record("move", ago(days=20), site="PEN2", animals=[animal], quarantineCertificate=moved)
    herd = farm.harvest(head(1, 110), product="PIG", site="PEN", time=ago(days=3))
    pork = slaughter(farm, packer, herd, 1, 1, animals=[animal], quarantineCertificate=f"渝检 {number}")["lots"][0]
    told = {step["type"]: step.get("quarantine") for step in steps(district, pork)}
    assert told["slaughter"] == {"scheme": "animal_quarantine", "number": f"渝检 {number}"}
    assert told["move"] == {"scheme": "animal_quarantine", "number": moved} and told["ship"] is None
    page = district.public.get(f"/t/{pork['code']}", Accept="text/html")
    assert f"渝检 {number}" in page.body.decode() and animal not in page.body.decode()
    coarse = district.admin.read(f"/v1/lots/{pork['id']}/trail?tier=township")
    assert all("quarantine" not in step for step in coarse["steps"])
    for typed in (number, f"渝检 {number}", f"渝检{number}", moved, moved[3:]):
        hits = district.public.get(f"/q?q={urllib.parse.quote(typed)}", Accept="text/html")
        assert f"/t/{pork['code']}" in hits.body.decode(), typed
    none = district.public.get(f"/q?q={number[:-1]}", Accept="text/html")
    assert f"/t/{pork['code']}" not in none.body.decode()


@pytest.mark.parametrize("animals, at, slug", [
    (["15001160000001"], 0, "ear-tag"), (["1500116000000011"], 0, "ear-tag"), (["450011600000001"], 0, "ear-tag"),
    (["150011600000001", "15001160000000A"], 1, "ear-tag"), (["150011600000001"] * 2, 1, "field-range")])
def test_an_ear_tag_has_fifteen_digits(farm, animals, at, slug):
    reply = farm.post("/v1/events", {"type": "death", "time": ago(days=1), "site": "P1", "animals": animals})
    assert reply.status == 422 and reply.json()["type"] == f"/problems/{slug}"
    assert reply.json()["errors"][0]["pointer"] == f"/animals/{at}"
