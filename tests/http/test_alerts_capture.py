# SPDX-License-Identifier: Apache-2.0
"""Alerts that a record raises in the capture that completes the facts: what, how severe, about which lots, seen by whom."""
import datetime
import json
import re

import pytest
from conftest import FAR_TOWNSHIP, TOWNSHIP, ago, kg, line, uuid7
from service import ROOT

SEVERITIES = ("critical", "high", "medium", "low")
# abamectin on leafy vegetables: 7 days; on citrus: 14; on cowpea: 5 (sql/reference/phi_examples.csv)
ABAMECTIN = {"product": "阿维菌素 1.8%乳油", "active": ["阿维菌素"]}


@pytest.fixture
def packer(district):
    return district.packer(region=FAR_TOWNSHIP)


@pytest.fixture
def alert_row(service):
    """An alert as the database has it."""
    def read(id_):
        columns = ("rule", "severity", "state", "lot", "lot_uri", "due", "edition", "evidence", "inputs", "first_seen",
                   "last_seen", "party", "reason_zh", "reason_en")
        rows = service.rows("SELECT a.rule, a.severity, a.state, a.lot_id::text, l.uri, a.due_at - a.first_seen, a.edition,"
                            " a.evidence, a.inputs, a.first_seen, a.last_seen, a.party::text, a.reason_zh, a.reason_en"
                            " FROM alert a LEFT JOIN lot l USING (lot_id) WHERE a.id = %s", id_)
        assert len(rows) == 1
        row = dict(zip(columns, rows[0]))
        row["severity"] = SEVERITIES[row["severity"]]
        row["evidence"], row["inputs"] = (json.loads(bytes(row[name])) for name in ("evidence", "inputs"))
        row["regions"] = set(service.rows("SELECT region, role FROM alert_region WHERE alert = %s", id_))
        return row
    return read


def treat(farm, time, **members):
    return farm.record("treat", time, **{"site": "P1", **ABAMECTIN, **members})


def harvest(farm, time, **members):
    return farm.record("harvest", time, **{"site": "P1", "product": "PAKCHOI", "quantity": kg(100), **members})


# — I01: the interval between use and harvest —
def test_a_harvest_within_the_interval_raises_an_alert(farm, alert_row):
    used = treat(farm, "2026-05-03T08:00:00+08:00")
    assert used["alerts"] == []
    answer = harvest(farm, "2026-05-09T18:00:00+08:00")
    [id_] = answer["alerts"]
    row = alert_row(id_)
    assert (row["rule"], row["severity"], row["state"]) == ("I01", "high", "open")
    assert row["lot_uri"] == answer["lots"][0]["uri"]
    assert row["due"].total_seconds() == 24 * 3600
    assert {e.get("event") for e in row["evidence"]} >= {used["event"], answer["event"]}
    assert any("phi_examples" in e.get("reference", "") for e in row["evidence"]) and row["edition"]
    assert row["inputs"]["interval"]["days"] == 7
    assert "2026-05-10" in row["reason_en"] and "2026-05-10" in row["reason_zh"], "the first legal day is named"
    assert row["regions"] >= {(TOWNSHIP, "origin"), (TOWNSHIP, "found"), (TOWNSHIP, "held")}


def in_batches(party, records, size=1000):
    for n in range(0, len(records), size):
        reply = party.post("/v1/events:batch", {"records": records[n:n + size]})
        assert reply.status == 200 and {result["status"] for result in reply.json()["results"]} == {201}, reply


def test_the_newest_of_thousands_of_uses_counts(farm):
    """A season of a plot that is dosed through its irrigation, recorded from a notebook."""
    begun = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    times = [(begun + datetime.timedelta(minutes=30 * n)).isoformat() for n in range(5100)]
    in_batches(farm, [{"id": uuid7(), "type": "treat", "time": time, "site": "P1", **(ABAMECTIN if time == times[-1] else {"product": "尿素"})}
                      for time in times])
    answer = harvest(farm, (begun + datetime.timedelta(minutes=30 * 5100)).isoformat())
    assert len(answer["alerts"]) == 1


def test_a_harvest_costs_the_same_however_often_an_input_was_used(service, farm):
    """Of each input its newest use is found by index, past the others and past what else was done there."""
    begun = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    times = [(begun + datetime.timedelta(minutes=n)).isoformat() for n in range(1000)]
    kinds = ({"type": "treat", "product": "尿素"}, {"type": "treat", "product": "草木灰"}, {"type": "irrigate"})
    in_batches(farm, [{"id": uuid7(), "time": time, "site": "P1", **kinds[n % 3]} for n, time in enumerate(times)])
    source = (ROOT / "sql/queries/capture.sql").read_text()
    text = "\n".join(row for row in re.search(r"-- name: site_inputs :many\n(.*?);\n", source, re.S)[1].splitlines() if not row.startswith("--"))
    site = service.value("SELECT id::text FROM site WHERE party = %s AND number = 'P1'", farm.id)
    values = {"sites": f"'{{{site}}}'::uuid[]", "since": "'{2025-06-01}'::timestamptz[]", "until": "'{2026-02-01}'::timestamptz[]"}
    text = re.sub(r"@(\w+)", lambda m: values[m[1]], text)
    [(plan,)] = service.rows(f"SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN (ANALYZE, FORMAT JSON) {text}")
    rows = []

    def read(node):
        if node.get("Relation Name") in ("site_event", "event"):
            rows.append(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))
        for child in node.get("Plans", ()):
            read(child)
    read(plan[0]["Plan"])
    assert plan[0]["Plan"]["Actual Rows"] == 2 and sum(rows) <= 8, plan


def test_every_use_within_the_interval_is_told_of(farm, alert_row):
    used = [treat(farm, f"2026-05-{day:02}T08:00:00+08:00")["event"] for day in (1, 5, 7, 9)]
    treat(farm, "2026-05-11T08:00:00+08:00")
    answer = harvest(farm, "2026-05-10T08:00:00+08:00")
    assert {alert_row(id_)["inputs"]["use"]["event"] for id_ in answer["alerts"]} == set(used[1:])


def test_an_earlier_use_may_be_of_a_later_day(farm, alert_row):
    earlier = treat(farm, "2026-05-04T00:30:00+14:00")["event"]
    treat(farm, "2026-05-03T11:00:00+00:00")
    [id_] = harvest(farm, "2026-05-10T12:00:00+00:00")["alerts"]
    assert alert_row(id_)["inputs"]["use"]["event"] == earlier


def test_a_use_that_was_withdrawn_hides_none_before_it(farm, alert_row):
    first, second = (treat(farm, f"2026-05-{day:02}T08:00:00+08:00")["event"] for day in (5, 7))
    farm.record("correct", ago(minutes=1), event=second, reason="记错了地块")
    [id_] = harvest(farm, "2026-05-10T08:00:00+08:00")["alerts"]
    assert alert_row(id_)["inputs"]["use"]["event"] == first


def test_inputs_of_one_name_are_told_apart_by_what_is_in_them(farm, alert_row):
    used = treat(farm, "2026-05-05T08:00:00+08:00", product="自配药", active=["阿维菌素"])["event"]
    treat(farm, "2026-05-06T08:00:00+08:00", product="自配药", active=["草木灰"])
    [id_] = harvest(farm, "2026-05-10T08:00:00+08:00")["alerts"]
    assert alert_row(id_)["inputs"]["use"]["event"] == used


def test_all_lots_are_told_that_something_used_may_be_in(farm, district):
    used = farm.record("treat", "2026-03-01T08:00:00+08:00", site="P1", product="甲胺磷乳油", active=["甲胺磷"])
    begun = datetime.datetime(2026, 3, 20, tzinfo=datetime.timezone.utc)
    in_batches(farm, [{"id": uuid7(), "type": "harvest", "time": (begun + datetime.timedelta(minutes=n)).isoformat(), "site": "P1",
                       "product": "PAKCHOI", "quantity": kg(1)} for n in range(1100)])
    [id_] = used["alerts"]
    alert = district.admin.read(f"/v1/alerts/{id_}")
    assert len(set(alert["lots"])) == 1100


def test_a_harvest_after_the_interval_raises_none(farm):
    treat(farm, "2026-05-03T23:59:00+08:00")
    assert harvest(farm, "2026-05-10T00:01:00+08:00")["alerts"] == []


def test_days_are_those_of_each_events_own_offset(farm):
    treat(farm, "2026-05-03T23:30:00+08:00")
    # the same instant as 2026-05-10T02:00+08:00, but there it is still the 9th
    assert len(harvest(farm, "2026-05-09T18:00:00+00:00")["alerts"]) == 1


@pytest.mark.parametrize("days,expected", [(6, 1), (7, 0)])
def test_a_use_recorded_late_raises_the_same_alert(farm, alert_row, days, expected):
    answer = harvest(farm, "2026-05-10T08:00:00+08:00")
    assert answer["alerts"] == []
    used = treat(farm, f"2026-05-{10 - days:02}T08:00:00+08:00")
    assert len(used["alerts"]) == expected
    if expected:
        row = alert_row(used["alerts"][0])
        assert row["rule"] == "I01" and row["lot_uri"] == answer["lots"][0]["uri"]


def test_a_use_after_the_harvest_raises_none(farm):
    harvest(farm, "2026-05-10T08:00:00+08:00")
    assert treat(farm, "2026-05-10T09:00:00+08:00")["alerts"] == []


def test_a_use_on_another_plot_raises_none(farm):
    farm.site("P2", commodity="vegetable/leafy/pak-choi")
    treat(farm, "2026-05-09T08:00:00+08:00", site="P2")
    assert harvest(farm, "2026-05-10T08:00:00+08:00")["alerts"] == []


def test_one_of_several_plots_is_enough(farm):
    farm.site("P2", commodity="vegetable/leafy/pak-choi")
    treat(farm, "2026-05-09T08:00:00+08:00", site="P2")
    answer = farm.record("harvest", "2026-05-10T08:00:00+08:00", sites=["P1", "P2"], product="PAKCHOI", quantity=kg(5))
    assert len(answer["alerts"]) == 1


def test_the_interval_is_that_of_the_crop(district):
    for commodity, days in (("vegetable/legume/cowpea", 5), ("fruit/citrus", 14)):
        for missing in (0, 1):
            farm = district.farm(commodity=commodity)
            treat(farm, "2026-05-03T08:00:00+08:00")
            answer = harvest(farm, f"2026-05-{3 + days - missing:02}T08:00:00+08:00")
            assert len(answer["alerts"]) == missing, (commodity, missing)


def test_the_active_is_found_in_the_name_of_the_product(farm):
    farm.record("treat", "2026-05-03T08:00:00+08:00", site="P1", product="阿维菌素 1.8%乳油")
    assert len(harvest(farm, "2026-05-05T08:00:00+08:00")["alerts"]) == 1


def test_an_active_without_a_product_counts(farm):
    farm.record("irrigate", "2026-05-03T08:00:00+08:00", site="P1", active=["阿维菌素"])
    assert len(harvest(farm, "2026-05-05T08:00:00+08:00")["alerts"]) == 1


def test_two_uses_are_two_alerts(farm):
    treat(farm, "2026-05-03T08:00:00+08:00")
    treat(farm, "2026-05-04T08:00:00+08:00")
    assert len(set(harvest(farm, "2026-05-05T08:00:00+08:00")["alerts"])) == 2


def test_a_use_raises_one_alert_for_each_lot(farm):
    lots = {harvest(farm, f"2026-05-{day:02}T08:00:00+08:00")["lots"][0]["id"] for day in (5, 6, 7)}
    assert len(set(treat(farm, "2026-05-04T08:00:00+08:00")["alerts"])) == len(lots) == 3


def test_the_same_finding_again_is_the_same_alert(farm, service, alert_row):
    treat(farm, "2026-05-03T08:00:00+08:00")
    first = harvest(farm, "2026-05-05T08:00:00+08:00", lot="L1")["alerts"]
    seen = alert_row(first[0])["last_seen"]
    again = harvest(farm, "2026-05-05T10:00:00+08:00", lot="L1")["alerts"]
    assert again == first, "the same use, the same lot"
    row = alert_row(first[0])
    assert row["last_seen"] > seen and row["first_seen"] < row["last_seen"]
    assert service.value("SELECT count(*) FROM alert WHERE lot_id::text = %s", row["lot"]) == 1


def test_a_repeated_record_raises_nothing_new(farm, service):
    treat(farm, "2026-05-03T08:00:00+08:00")
    record = {"id": uuid7(), "type": "harvest", "time": "2026-05-05T08:00:00+08:00", "site": "P1", "product": "PAKCHOI",
              "quantity": kg(5)}
    first, count = farm.post("/v1/events", record).json(), service.value("SELECT count(*) FROM alert")
    assert farm.post("/v1/events", record).json() == first and len(first["alerts"]) == 1
    assert service.value("SELECT count(*) FROM alert") == count


def test_selling_makes_it_critical(farm, alert_row):
    treat(farm, "2026-05-03T08:00:00+08:00")
    answer = harvest(farm, "2026-05-05T08:00:00+08:00")
    farm.record("sell", "2026-05-05T12:00:00+08:00", lots=[line(answer["lots"][0], 1)])
    assert alert_row(answer["alerts"][0])["severity"] == "critical"


def test_selling_what_became_of_it_makes_it_critical(farm, packer, alert_row):
    treat(farm, "2026-05-03T08:00:00+08:00")
    answer = harvest(farm, "2026-05-05T08:00:00+08:00")
    packer.receive(farm.ship(packer, line(answer["lots"][0], 100)))
    mixed = packer.record("mix", ago(hours=5), site="H1", inputs=[line(answer["lots"][0], 50)],
                          outputs=[{"product": "SALAD", "quantity": kg(50)}])["lots"][0]
    packed = packer.record("pack", ago(hours=4), site="H1", inputs=[line(mixed, 50)],
                           outputs=[{"product": "SALAD", "quantity": kg(49)}])["lots"][0]
    assert alert_row(answer["alerts"][0])["severity"] == "high"
    packer.record("sell", ago(hours=3), lots=[line(packed, 1)])
    assert alert_row(answer["alerts"][0])["severity"] == "critical"


def test_a_use_recorded_after_the_sale_is_critical_at_once(farm, packer, alert_row):
    lot = harvest(farm, "2026-05-05T08:00:00+08:00")["lots"][0]
    packer.receive(farm.ship(packer, line(lot, 100)))
    packer.record("sell", ago(hours=3), lots=[line(lot, 1)])
    row = alert_row(treat(farm, "2026-05-03T08:00:00+08:00")["alerts"][0])
    assert row["severity"] == "critical" and row["due"].total_seconds() == 2 * 3600


def test_the_regions_where_it_is_held_are_told(farm, packer, alert_row):
    lot = harvest(farm, "2026-05-05T08:00:00+08:00")["lots"][0]
    packer.receive(farm.ship(packer, line(lot, 60)))
    row = alert_row(treat(farm, "2026-05-03T08:00:00+08:00")["alerts"][0])
    assert row["regions"] >= {(TOWNSHIP, "held"), (FAR_TOWNSHIP, "held")}


# — R01: banned inputs —
def test_a_banned_active_on_its_day_raises_an_alert(farm, alert_row):
    """Phorate may not be used from 2024-09-01 on (MARA Announcement 536)."""
    answer = farm.record("treat", "2024-09-01T00:10:00+08:00", site="P1", product="3%颗粒剂", active=["甲拌磷"])
    row = alert_row(answer["alerts"][0])
    assert (row["rule"], row["severity"]) == ("R01", "critical") and row["due"].total_seconds() == 2 * 3600
    assert any(e.get("event") == answer["event"] for e in row["evidence"])
    assert any("banned_substances" in e.get("reference", "") for e in row["evidence"])
    assert (TOWNSHIP, "origin") in row["regions"]


def test_a_banned_active_before_its_day_raises_none(farm):
    assert farm.record("treat", "2024-08-31T23:50:00+08:00", site="P1", product="3%颗粒剂", active=["甲拌磷"])["alerts"] == []


@pytest.mark.parametrize("active", ["甲拌磷", " 甲拌磷 ", "phorate", "Phorate", "PHORATE"])
def test_names_are_compared_folded(farm, active):
    assert len(farm.record("treat", ago(days=3), site="P1", product="x", active=[active])["alerts"]) == 1


def test_a_banned_active_is_found_in_the_name_of_the_product(farm):
    assert len(farm.record("treat", ago(days=3), site="P1", product="3%甲拌磷颗粒剂")["alerts"]) == 1


def test_a_longer_name_is_another_active(farm):
    """Carbosulfan (丁硫克百威) contains the name of carbofuran (克百威) and is not it."""
    assert farm.record("treat", "2026-06-02T08:00:00+08:00", site="P1", product="丁硫克百威 20%乳油")["alerts"] == []


def test_each_banned_active_is_an_alert(farm):
    answer = farm.record("treat", ago(days=3), site="P1", product="x", active=["甲拌磷", "六六六", "肥皂"])
    assert len(set(answer["alerts"])) == 2


# — M01: more out than in —
@pytest.mark.parametrize("type_", ["pack", "mix", "split"])
def test_a_little_more_than_went_in_raises_an_alert(farm, alert_row, type_):
    lot = farm.harvest(100)
    answer = farm.record(type_, ago(hours=3), inputs=[line(lot, 100)], outputs=[{"product": "PAKCHOI", "quantity": kg(101)}])
    row = alert_row(answer["alerts"][0])
    assert (row["rule"], row["severity"]) == ("M01", "high")
    assert row["inputs"]["input"] == "100" and row["inputs"]["output"] == "101"


@pytest.mark.parametrize("out,alerts", [("100", 0), ("100.000001", 1), ("105", 1)])
def test_the_bounds_of_packing_are_exact(farm, out, alerts):
    lot = farm.harvest(100)
    answer = farm.record("pack", ago(hours=3), inputs=[line(lot, 100)], outputs=[{"product": "PAKCHOI", "quantity": kg(out)}])
    assert len(answer["alerts"]) == alerts


@pytest.mark.parametrize("out", ["105.000001", "120"])
def test_far_more_than_went_in_is_refused(farm, out):
    lot = farm.harvest(100)
    reply = farm.refuse("pack", ago(hours=3), inputs=[line(lot, 100)], outputs=[{"product": "PAKCHOI", "quantity": kg(out)}])
    assert (reply.status, reply.problem()) == (422, "yield-exceeded")
    assert farm.stock(lot)["on_hand"] == 100


def test_yield_is_counted_over_all_inputs_and_outputs(farm):
    a, b = farm.harvest(50), farm.harvest(50)
    outputs = [{"product": "PAKCHOI", "quantity": {"value": v, "unit": u}} for v, u in (("30", "KGM"), ("70500", "GRM"))]
    assert len(farm.record("split", ago(hours=3), inputs=[line(a, 50), line(b, 50)], outputs=outputs)["alerts"]) == 1


def test_packages_are_weighed_by_what_they_hold(farm):
    farm.product("BOX", unit="XBX", packages=[{"unit": "XBX", "holds": {"value": "2.5", "unit": "KGM"}}])
    for boxes, alerts in ((20, 0), (21, 1)):
        lot = farm.harvest(50)
        answer = farm.record("pack", ago(hours=3), inputs=[line(lot, 50)],
                             outputs=[{"product": "BOX", "quantity": {"value": str(boxes), "unit": "XBX"}}])
        assert len(answer["alerts"]) == alerts, boxes


# — M02: a receipt that differs —
@pytest.mark.parametrize("arrived", ["90", "110"])
def test_a_receipt_that_differs_from_its_shipment_raises_an_alert(farm, packer, alert_row, arrived):
    lot = farm.harvest(200)
    got = packer.receive(farm.ship(packer, line(lot, 100)), lots=[line(lot, arrived)])
    row = alert_row(got["alerts"][0])
    assert (row["rule"], row["severity"]) == ("M02", "high")
    assert (row["inputs"]["expected"], row["inputs"]["found"]) == ("100", arrived)
    assert row["regions"] >= {(TOWNSHIP, "origin"), (FAR_TOWNSHIP, "found")}


def test_a_shortage_that_is_explained_is_told_with_its_reason(farm, packer, alert_row):
    lot = farm.harvest(100)
    got = packer.receive(farm.ship(packer, line(lot, 100)), shortage={"quantity": kg(3), "reason": "压坏"})
    row = alert_row(got["alerts"][0])
    assert row["inputs"]["reasonGiven"] == "压坏" and row["inputs"]["found"] == "97"


def test_a_receipt_of_what_the_sender_did_not_have_raises_an_alert(farm, packer, alert_row):
    lot = farm.harvest(30)
    got = packer.record("receive", ago(hours=5), lots=[line(lot["uri"], 40)], **{"from": farm.number})
    row = alert_row(got["alerts"][0])
    assert row["rule"] == "M02" and (row["inputs"]["expected"], row["inputs"]["found"]) == ("30", "40")


def test_a_receipt_as_shipped_raises_none(farm, packer):
    lot = farm.harvest(100)
    assert packer.receive(farm.ship(packer, line(lot, 100)), lots=[line(lot, {"value": "0.1", "unit": "TNE"})])["alerts"] == []


# — who sees it —
def seen(api, id_):
    page = api.get(f"/v1/alerts/{id_}")
    listed = {item["id"] for item in api.read("/v1/alerts?limit=1000")["items"]}
    assert (page.status == 200) == (id_ in listed)
    if page.status != 200:
        assert (page.status, page.problem()) == (404, "not-found")
    return page.status == 200


@pytest.fixture
def raised(farm):
    """An alert in Yubei, whose lot nobody else holds."""
    treat(farm, "2026-05-03T08:00:00+08:00")
    return harvest(farm, "2026-05-05T08:00:00+08:00")["alerts"][0]


@pytest.mark.parametrize("region,sees", [(TOWNSHIP, True), ("500X01", True), ("500000", True), (FAR_TOWNSHIP, False),
                                         ("500109", False), ("500112", False), ("500112002", False), ("510000", False)])
def test_an_inspector_sees_the_alerts_of_the_regions_below(district, raised, region, sees):
    """The township belongs to 500X01 since 500112 was abolished."""
    assert seen(district.inspector(region), raised) == sees


def test_an_inspector_where_the_goods_are_held_sees_the_alert(district, farm, packer):
    lot = harvest(farm, "2026-05-05T08:00:00+08:00")["lots"][0]
    packer.receive(farm.ship(packer, line(lot, 60)))
    id_ = treat(farm, "2026-05-03T08:00:00+08:00")["alerts"][0]
    assert seen(district.inspector("500109"), id_)


def test_who_has_sold_all_of_it_is_told_of_a_late_alert_too(district, farm, packer):
    """The same regions, whether the use is recorded before the goods went or when they are gone."""
    lot = harvest(farm, "2026-05-05T08:00:00+08:00")["lots"][0]
    packer.receive(farm.ship(packer, line(lot, 60)))
    packer.record("sell", ago(hours=1), lots=[line(lot, 60)])
    assert seen(district.inspector("500109"), treat(farm, "2026-05-03T08:00:00+08:00")["alerts"][0])


def test_goods_that_move_take_their_alert_along(district, farm, packer):
    treat(farm, "2026-05-03T08:00:00+08:00")
    answer = harvest(farm, "2026-05-05T08:00:00+08:00")
    inspector = district.inspector("500109")
    assert not seen(inspector, answer["alerts"][0])
    packer.receive(farm.ship(packer, line(answer["lots"][0], 60)))
    assert seen(inspector, answer["alerts"][0])


def test_what_became_of_goods_takes_the_alert_along(district, farm, packer):
    treat(farm, "2026-05-03T08:00:00+08:00")
    answer = harvest(farm, "2026-05-05T08:00:00+08:00")
    middle, inspector = district.packer(), district.inspector("500109")
    middle.receive(farm.ship(middle, line(answer["lots"][0], 60)))
    mixed = middle.record("mix", ago(hours=5), site="H1", inputs=[line(answer["lots"][0], 50)],
                          outputs=[{"product": "SALAD", "quantity": kg(50)}])["lots"][0]
    shipment = middle.ship(packer, line(mixed, 10), time=ago(hours=4))
    assert not seen(inspector, answer["alerts"][0])
    packer.receive(shipment, time=ago(hours=3))
    assert seen(inspector, answer["alerts"][0])


def test_a_late_alert_is_seen_where_the_goods_are_by_now(district, farm, packer):
    lot = harvest(farm, "2026-05-05T08:00:00+08:00")["lots"][0]
    packed = farm.record("pack", ago(days=2), inputs=[line(lot, 50)], outputs=[{"product": "PAKCHOI", "quantity": kg(50)}])["lots"]
    packer.receive(farm.ship(packer, line(packed[0], 50)))
    id_ = treat(farm, "2026-05-03T08:00:00+08:00")["alerts"][0]
    assert seen(district.inspector("500109"), id_)


def test_an_alert_says_what_the_contract_lists(district, farm, raised):
    alert = district.inspector("500X01").read(f"/v1/alerts/{raised}")
    assert {"id", "rule", "ruleVersion", "severity", "state", "title", "reason", "regions", "firstSeen", "lastSeen", "dueAt",
            "evidence", "lots", "lotsUp", "lotsDown", "suggestedAction", "timeline"} <= set(alert)
    assert (alert["rule"], alert["severity"], alert["state"]) == ("I01", "high", "open")
    assert alert["title"]["zh"] and alert["title"]["en"] and alert["reason"]["zh"] and alert["reason"]["en"]


def test_what_became_of_the_lot_is_named(district, farm, raised):
    [lot] = [item for item in district.inspector("500X01").read(f"/v1/alerts/{raised}")["lots"]]
    id_ = lot["id"] if isinstance(lot, dict) else lot
    made = farm.record("split", ago(hours=3), inputs=[line(id_, 50)],
                       outputs=[{"product": "PAKCHOI", "quantity": kg(25)}, {"product": "PAKCHOI", "quantity": kg(25)}])["lots"]
    down = district.inspector("500X01").read(f"/v1/alerts/{raised}")["lotsDown"]
    assert {item["id"] if isinstance(item, dict) else item for item in down} == {lot["id"] for lot in made}


# — withdrawn and corrected records —
def corrected(farm, event, replacement=None):
    members = {"replacement": replacement} if replacement else {}
    return farm.record("correct", ago(), event=event, reason="记错了", **members)


def harvest_on(day):
    return {"type": "harvest", "time": f"2026-05-{day:02}T08:00:00+08:00", "site": "P1", "product": "PAKCHOI",
            "quantity": kg(100)}


def told(district, id_):
    """State of an alert, and what was done about it: by whom, what, why."""
    alert = district.inspector("500X01").read(f"/v1/alerts/{id_}")
    return alert["state"], [(deed["key"], deed["action"], deed.get("reason")) for deed in alert["timeline"]]


SERVICE = "00000000-0000-0000-0000-000000000000"
CLOSED = ("closed", [(SERVICE, "close", "record_corrected")])


def test_a_withdrawn_use_closes_the_alerts_of_all_its_harvests(district, farm):
    used = treat(farm, "2026-05-03T08:00:00+08:00")
    kept = treat(farm, "2026-05-04T08:00:00+08:00")
    raised = [harvest(farm, f"2026-05-{day:02}T08:00:00+08:00")["alerts"] for day in (5, 10)]
    assert [len(alerts) for alerts in raised] == [2, 1]
    corrected(farm, used["event"])
    [still] = raised[1]
    states = [told(district, id_) for id_ in raised[0]]
    assert sorted(states) == [CLOSED, ("open", [])] and told(district, still) == ("open", [])
    corrected(farm, kept["event"])
    assert [told(district, id_) for id_ in raised[0] + raised[1]] == [CLOSED] * 3


def test_a_use_of_a_banned_active_that_is_withdrawn_closes_its_alert(district, farm):
    used = farm.record("treat", ago(days=3), site="P1", product="x", active=["甲拌磷"])
    corrected(farm, used["event"])
    assert told(district, used["alerts"][0]) == CLOSED


def test_a_withdrawn_harvest_closes_its_alert(district, farm):
    treat(farm, "2026-05-03T08:00:00+08:00")
    cut = harvest(farm, "2026-05-05T08:00:00+08:00")
    corrected(farm, cut["event"])
    assert told(district, cut["alerts"][0]) == CLOSED


def test_an_interval_that_another_harvest_of_the_lot_breaks_stays_open(district, farm):
    treat(farm, "2026-05-03T08:00:00+08:00")
    first = harvest(farm, "2026-05-05T08:00:00+08:00", lot="L1")
    second = harvest(farm, "2026-05-05T10:00:00+08:00", lot="L1")
    corrected(farm, first["event"])
    assert told(district, first["alerts"][0]) == ("open", [])
    corrected(farm, second["event"])
    assert told(district, first["alerts"][0]) == CLOSED


def test_what_holds_for_the_replacement_stays_the_same_alert(district, farm):
    treat(farm, "2026-05-03T08:00:00+08:00")
    cut = harvest(farm, "2026-05-05T08:00:00+08:00")
    done = corrected(farm, cut["event"], harvest_on(6))
    assert done["alerts"] == cut["alerts"] and told(district, cut["alerts"][0]) == ("open", [])


def test_what_the_service_closed_is_opened_when_it_is_found_again(district, farm):
    treat(farm, "2026-05-03T08:00:00+08:00")
    cut = harvest(farm, "2026-05-05T08:00:00+08:00")
    moved = corrected(farm, cut["event"], harvest_on(12))
    assert moved["alerts"] == [] and told(district, cut["alerts"][0]) == CLOSED
    back = corrected(farm, moved["replacement"]["event"], harvest_on(6))
    assert back["alerts"] == cut["alerts"]
    assert told(district, cut["alerts"][0]) == ("open", CLOSED[1] + [(SERVICE, "reopen", None)])


def test_what_a_person_closed_stays_closed(district, farm):
    treat(farm, "2026-05-03T08:00:00+08:00")
    cut = harvest(farm, "2026-05-05T08:00:00+08:00")
    [id_] = cut["alerts"]
    inspector = district.inspector("500X01")
    assert inspector.post(f"/v1/alerts/{id_}/actions", {"action": "close", "reason": "handled"}).status in (200, 201)
    corrected(farm, cut["event"], harvest_on(6))
    state, [deed] = told(district, id_)
    assert state == "closed" and deed[1:] == ("close", "handled")


def test_a_repeated_correction_closes_once(district, farm):
    used = farm.record("treat", ago(days=3), site="P1", product="x", active=["甲拌磷"])
    record = {"id": uuid7(), "type": "correct", "event": used["event"], "reason": "x"}
    assert [farm.post("/v1/events", record).status for _ in range(2)] == [201, 200]
    assert told(district, used["alerts"][0]) == CLOSED
