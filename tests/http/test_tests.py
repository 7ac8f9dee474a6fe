# SPDX-License-Identifier: Apache-2.0
"""Tests of lots and samples: what EPCIS event they become, what they raise, and what trails tell of them."""
import pytest
from conftest import FAR_TOWNSHIP, TOWNSHIP, ago, kg, line, uuid7
from service import Api
from test_capture import epcis, event_of  # noqa: F401  (a fixture)

CLOTHIANIDIN = {"substance": "噻虫胺 clothianidin", "value": "0.25", "unit": "mg/kg", "detected": True, "limitOfDetection": 0.01}


@pytest.fixture
def lab(district):
    return district.party("laboratory", FAR_TOWNSHIP, "LAB")


def alerts(district, answer):
    return {alert["rule"]: alert for alert in (district.admin.read(f"/v1/alerts/{id_}") for id_ in answer["alerts"])}


def test_a_laboratory_tests_a_sample_that_others_took(district, farm, lab, epcis):
    lot = farm.harvest(100)
    taken = farm.record("sample", ago(hours=20), lots=[{"lot": lot["id"]}], sample={"id": "S-1", "taker": "赵六"})
    answer = lab.record("test", ago(hours=5), kind="lab", sample=taken["event"], outcome="negative", results=[
        {"substance": "克百威", "detected": False, "limitOfDetection": "0.01", "unit": "mg/kg"}, CLOTHIANIDIN],
        method="GB 23200.113", lab="重庆检测", report="R 2026-7")
    assert [made["id"] for made in answer["lots"]] == [lot["id"]] and answer["alerts"] == []
    event = event_of(lab, epcis, answer)
    assert (event["action"], event["bizStep"], event["disposition"]) == ("OBSERVE", "inspecting", "conformant")
    assert event["bizTransactionList"][0]["type"] == "testres"
    reports = event["sensorElementList"][0]["sensorReport"]
    assert [r["booleanValue"] for r in reports] == [False, True] and (reports[1]["value"], reports[1]["uom"]) == (0.25, "NA")
    assert event["farmtrail:results"][1]["farmtrail:substance"] == "噻虫胺 clothianidin"
    trail = farm.read(f"/v1/lots/{lot['id']}/trail")
    [origin] = trail["origins"]
    assert [(t["event"], t["kind"], t["outcome"]) for t in origin["tests"]] == [(answer["event"], "lab", "negative")]
    assert "test" not in {gap["kind"] for gap in origin["gaps"]}
    assert [step["type"] for step in trail["steps"]] == ["harvest", "sample", "test"]


def test_a_sample_keeps_its_number_when_its_record_is_corrected(farm):
    wrong, right = farm.harvest(100), farm.harvest(100)
    sample = {"type": "sample", "time": ago(hours=9), "sample": {"id": "S-SAME"}}
    taken = farm.record("sample", ago(hours=9), lots=[{"lot": wrong["id"]}], sample=sample["sample"])
    again = farm.refuse("sample", ago(hours=9), lots=[{"lot": right["id"]}], sample=sample["sample"])
    assert (again.problem(), again.pointer()) == ("number-taken", "/sample/id")
    farm.record("correct", ago(), event=taken["event"], reason="x", replacement={**sample, "lots": [{"lot": right["id"]}]})
    tested = farm.record("test", ago(hours=5), kind="lab", sample="S-SAME", outcome="negative")
    assert [lot["id"] for lot in tested["lots"]] == [right["id"]]


def test_a_test_of_an_origin_shows_in_what_it_became_and_only_when_it_was_known(district, farm):
    lot = farm.harvest(100)
    packed = farm.record("pack", ago(hours=30), inputs=[line(lot, 50)], outputs=[{"product": "PAKCHOI", "quantity": kg(50)}])
    before = farm.read(f"/v1/events/{packed['event']}")["recordedAt"]
    code = packed["lots"][0]["code"]
    public = lambda: district.public.read(f"/t/{code}", Accept="application/json")["origins"][0]  # noqa: E731
    assert public()["tests"] == []
    farm.record("test", ago(hours=5), kind="rapid", lot=lot["id"], outcome="invalid")
    assert "test" in {gap["kind"] for gap in public()["gaps"]}, "an invalid test said nothing"
    farm.record("test", ago(hours=4), kind="rapid", lot=lot["id"], outcome="negative", inhibition="12.5")
    assert [t["outcome"] for t in public()["tests"]] == ["invalid", "negative"]
    assert "test" not in {gap["kind"] for gap in public()["gaps"]}
    then = farm.read(f"/v1/lots/{packed['lots'][0]['id']}/trail?asOf={before}")["origins"][0]
    assert then["tests"] == [] and "test" in {gap["kind"] for gap in then["gaps"]}


def test_a_positive_rapid_test_waits_for_a_laboratory(district, farm, epcis):
    lot = farm.harvest(100)
    answer = farm.record("test", ago(hours=5), kind="rapid", lot=lot["id"], outcome="positive", inhibition="78")
    assert event_of(farm, epcis, answer)["disposition"] == "non_conformant"
    alert = alerts(district, answer)["R08"]
    assert alert["severity"] == "high" and alert["lots"] == [lot["id"]]
    assert {region["code"] for region in alert["regions"] if region["role"] == "origin"} == {TOWNSHIP}
    assert "R08" in {a["rule"] for a in farm.read(f"/v1/lots/{lot['id']}/trail")["alerts"]}


@pytest.mark.parametrize("shipped,severity", [(False, "high"), (True, "critical")])
def test_a_positive_laboratory_test_is_critical_once_goods_have_left(district, farm, packer, shipped, severity):
    lot = farm.harvest(100)
    if shipped:
        farm.ship(packer, line(lot, 1))
    answer = farm.record("test", ago(hours=5), kind="lab", lot=lot["id"], outcome="positive", results=[CLOTHIANIDIN])
    found = alerts(district, answer)
    assert set(found) == {"R05"} and found["R05"]["severity"] == severity


def test_a_banned_substance_is_critical_whatever_the_tester_concludes(district, farm):
    lot = farm.harvest(100)
    answer = farm.record("test", ago(hours=5), kind="lab", lot=lot["id"], outcome="negative", results=[
        {"substance": "甲胺磷", "value": "0.02", "unit": "mg/kg", "detected": True},
        {"substance": "克百威", "detected": False}])
    found = alerts(district, answer)
    assert set(found) == {"R06"} and found["R06"]["severity"] == "critical"
    assert "甲胺磷" in found["R06"]["reason"]["zh"]
    assert farm.record("test", ago(hours=5), kind="lab", lot=lot["id"], outcome="negative", results=[
        {"substance": "甲胺磷", "detected": False}])["alerts"] == []


def test_what_is_no_lot_may_be_tested_and_is_not_public(district, farm, epcis):
    answer = farm.record("test", ago(hours=5), kind="rapid", subject="王五 3号摊", outcome="positive")
    assert answer["lots"] == [] and set(alerts(district, answer)) == {"R08"}
    assert event_of(farm, epcis, answer)["farmtrail:subject"] == "王五 3号摊"
    assert "王五" not in district.public.read(f"/v1/events/{answer['event']}/proof?tier=farm")["view"]


def test_a_sample_is_found_by_its_number_its_record_and_within_a_queue(farm, lab):
    lot, record = farm.harvest(100), uuid7()
    farm.record("sample", ago(hours=20), id=record, lots=[{"lot": lot["id"]}], sample={"id": "S-7"})
    for spelling in ("S-7", record):
        answer = farm.record("test", ago(hours=5), kind="rapid", sample=spelling, outcome="negative")
        assert [made["id"] for made in answer["lots"]] == [lot["id"]]
    for spelling in ("S-7", uuid7()):
        reply = lab.refuse("test", ago(hours=5), kind="rapid", sample=spelling, outcome="negative")
        assert (reply.status, reply.problem(), reply.pointer()) == (409, "not-known-yet", "/sample")
    other = uuid7()
    reply = farm.post("/v1/events:batch", {"records": [
        {"id": other, "type": "sample", "time": ago(hours=9), "lots": [{"lot": lot["id"]}], "sample": {"id": "S-8"}},
        {"type": "test", "time": ago(hours=8), "kind": "rapid", "sample": "S-8", "outcome": "negative"},
        {"type": "test", "time": ago(hours=8), "kind": "rapid", "sample": other, "outcome": "negative"}]})
    assert [result["status"] for result in reply.json()["results"]] == [201, 201, 201], reply
    assert len(farm.read(f"/v1/lots/{lot['id']}/trail")["origins"][0]["tests"]) == 4


def test_a_number_names_one_sample(farm, district):
    lot = farm.harvest(100)
    take = {"lots": [{"lot": lot["id"]}], "sample": {"id": "TWICE"}}
    farm.record("sample", ago(hours=9), **take)
    reply = farm.refuse("sample", ago(hours=8), **take)
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "number-taken", "/sample/id")
    other = district.farm()
    other.record("sample", ago(hours=8), lots=[{"lot": other.harvest(1)["id"]}], sample={"id": "TWICE"})


def test_another_record_is_no_sample(farm):
    harvested = uuid7()
    farm.record("harvest", ago(hours=9), id=harvested, site="P1", product="PAKCHOI", quantity=kg(1))
    reply = farm.refuse("test", ago(hours=5), kind="lab", sample=harvested, outcome="negative")
    assert (reply.problem(), reply.pointer()) == ("not-known-yet", "/sample")


def test_an_inspector_tests_lots_of_the_region_only(district, farm):
    lot = farm.harvest(100)
    for region, sees in ((TOWNSHIP, True), (FAR_TOWNSHIP, False)):
        station = district.party("authority", region, "STATION")
        key = Api(district.service, district.key(["capture", "inspect", "read"], region=region))
        record = {"kind": "rapid", "lot": lot["id"], "outcome": "negative", "party": station.number}
        if sees:
            assert key.record("test", ago(hours=3), **record)["lots"][0]["id"] == lot["id"]
        else:
            assert key.refuse("test", ago(hours=3), **record).problem() == "not-known-yet"


def test_a_test_that_was_withdrawn_says_nothing(farm):
    lot = farm.harvest(100)
    tested = farm.record("test", ago(hours=4), kind="rapid", lot=lot["id"], outcome="negative")
    known = farm.read(f"/v1/events/{tested['event']}")["recordedAt"]
    farm.record("correct", ago(hours=1), event=tested["event"], reason="样品调换")
    assert farm.read(f"/v1/lots/{lot['id']}/trail")["origins"][0]["tests"] == []
    assert len(farm.read(f"/v1/lots/{lot['id']}/trail?asOf={known}")["origins"][0]["tests"]) == 1
