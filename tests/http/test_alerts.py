# SPDX-License-Identifier: Apache-2.0
"""Alerts: what a record raises, who sees it, how it is filtered and sorted, acting on it, and its way onto the page."""
import concurrent.futures

import pytest
from conftest import CHINA, TOWNSHIP, Api, ago, kg, line, uuid7

DISTRICT = "500X01"  # holds TOWNSHIP today
FAR_DISTRICT, FAR_TOWNSHIP = "500101", "500101001"  # Wanzhou
JSON = {"Accept": "application/json"}


def treat(farm, active="阿维菌素", **when):
    return farm.record("treat", ago(**when), site="P1", product="1.8%乳油", active=[active])


@pytest.fixture
def early(farm):
    """Abamectin on leaves, harvested one day later where seven are asked for: rule I01."""
    treat(farm, days=3)
    harvested = farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10))
    assert len(harvested["alerts"]) == 1
    return harvested


@pytest.fixture
def officer(district):
    return district.inspector(DISTRICT)


def act(api, alert, action, **members):
    return api.post(f"/v1/alerts/{alert}/actions", {"action": action, **members})


# — one alert —
def test_an_alert_says_what_why_where_and_what_it_rests_on(district, farm, packer, early, officer):
    lot = early["lots"][0]
    packer.receive(farm.ship(packer, line(lot, 10)))
    packed = packer.record("pack", ago(hours=1), site="H1", inputs=[line(lot, 10)], outputs=[{"product": "SALAD", "quantity": kg(10)}])["lots"][0]
    alert = officer.read(f"/v1/alerts/{early['alerts'][0]}")
    assert alert["rule"] == "I01" and alert["ruleVersion"] >= 1 and alert["state"] == "open" and alert["assignee"] is None
    assert alert["title"]["zh"] and alert["title"]["en"] and alert["reason"]["en"] and alert["suggestedAction"]
    assert {"code": TOWNSHIP, "role": "origin"} in alert["regions"]
    assert early["event"] in {e.get("event") for e in alert["evidence"]} and all(e["words"] for e in alert["evidence"])
    assert any(e.get("reference") for e in alert["evidence"]), "the reference row that asks for the interval"
    assert alert["lots"] == [lot["id"]] and alert["lotsUp"] == [] and alert["lotsDown"] == [packed["id"]]
    assert alert["timeline"] == [] and alert["edition"]
    assert alert["firstSeen"] <= alert["lastSeen"] < alert["dueAt"]
    english = officer.read(f"/v1/alerts/{early['alerts'][0]}?lang=en")
    assert english["suggestedAction"] != alert["suggestedAction"]


def test_an_alert_about_a_plot_names_what_was_harvested_there(farm, officer):
    used = treat(farm, "六六六", days=30)
    assert len(used["alerts"]) == 1
    lot = farm.harvest(5, time=ago(days=2))
    alert = officer.read(f"/v1/alerts/{used['alerts'][0]}")
    assert alert["rule"] == "R01" and alert["severity"] == "critical" and alert["lots"] == [lot["id"]]


def test_an_alert_about_a_yield_names_what_came_out(packer, farm, officer):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 100)))
    made = packer.record("pack", ago(hours=1), site="H1", inputs=[line(lot, 100)], outputs=[{"product": "SALAD", "quantity": kg(103)}])
    alert = officer.read(f"/v1/alerts/{made['alerts'][0]}")
    assert alert["rule"] == "M01" and alert["lots"] == [made["lots"][0]["id"]] and alert["lotsUp"] == [lot["id"]]


# — who sees it —
def test_alerts_are_seen_in_their_regions_by_their_party_and_by_holders(district, farm, packer, early, officer):
    target = f"/v1/alerts/{early['alerts'][0]}"

    def inspecting(party):
        return Api(district.service, district.key(["inspect", "read"], parties=[party.id]))

    stranger = district.farm()
    assert officer.get(target).status == district.admin.get(target).status == inspecting(farm).get(target).status == 200
    for api in (district.inspector(FAR_DISTRICT), inspecting(stranger), inspecting(packer)):
        assert api.get(target).problem() == "not-found"
        assert act(api, early["alerts"][0], "acknowledge").problem() == "not-found"
        assert early["alerts"][0] not in {i["id"] for i in api.read("/v1/alerts?limit=1000")["items"]}
    packer.receive(farm.ship(packer, line(early["lots"][0], 10)))
    assert inspecting(packer).get(target).status == 200, "it holds the lot now"
    assert farm.get(target).problem() == "forbidden", "a key that may not inspect"
    assert district.public.get(target).status == 401


# — lists —
def test_alerts_are_filtered(district, farm, early, officer):
    banned = treat(farm, "六六六", hours=5)["alerts"][0]
    late = early["alerts"][0]
    root = f"/v1/alerts?party={farm.number}"

    def ids(tail, api=officer):
        return {i["id"] for i in api.read(root + tail)["items"]}

    day = ago()[:10]
    assert ids("") == {banned, late}
    assert ids("&rule=R01") == {banned} and ids("&rule=I01") == {late} and ids("&rule=X99") == set()
    assert ids("&minSeverity=critical") == {banned} and ids("&minSeverity=low") == {banned, late}
    assert ids("&state=open") == {banned, late} and ids("&state=closed") == set()
    assert ids(f"&region={DISTRICT}") == ids(f"&region={TOWNSHIP}") == {banned, late} and ids(f"&region={FAR_DISTRICT}") == set()
    assert ids(f"&product={farm.uri}/p/PAKCHOI") == {late}
    assert ids(f"&day={day}") == {banned, late} and ids("&day=2020-01-01") == set()
    assert ids(f"&since={ago(hours=1)}") == {banned, late} and ids(f"&until={ago(hours=1)}") == set()
    assert district.admin.read("/v1/alerts?party=NOBODY")["items"] == []
    for wrong in ("&state=odd", "&minSeverity=odd", "&sort=odd", "&day=today", "&limit=0", "&odd=1"):
        assert officer.get(root + wrong).status == 422, wrong
    assert officer.get(root + "&cursor=x").problem() == "cursor"
    assert officer.get(root + "&since=2026-01-01T00:00:00").problem() == "time-naive"


def test_alerts_are_sorted_both_ways_and_walked_by_cursor(farm, officer):
    for active in ("六六六", "滴滴涕", "毒杀芬", "甲胺磷"):
        treat(farm, active, days=20)
    treat(farm, days=3)
    farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10))
    rank = {"critical": 3, "high": 2, "medium": 1, "low": 0}
    keys = {"firstSeen": lambda a: a["firstSeen"], "dueAt": lambda a: a["dueAt"], "severity": lambda a: rank[a["severity"]]}
    for word, key in keys.items():
        for sign in ("", "-"):
            found, cursor = [], ""
            while True:
                page = officer.read(f"/v1/alerts?party={farm.number}&sort={sign}{word}&limit=2{cursor}")
                found += page["items"]
                if not page["next"]:
                    break
                cursor = f"&cursor={page['next']}"
            assert len(found) == len({a["id"] for a in found}) == 5
            assert [key(a) for a in found] == sorted(map(key, found), reverse=bool(sign)), (sign, word)


def test_facets_count_what_the_filter_finds(farm, early, officer):
    treat(farm, "六六六", hours=5)
    page = officer.read(f"/v1/alerts?party={farm.number}&facets=1&limit=1")
    count = {kind: {c["value"]: c["count"] for c in page["facets"][kind]} for kind in page["facets"]}
    assert len(page["items"]) == 1 and count["state"] == {"open": 2} and count["rule"] == {"R01": 1, "I01": 1}
    assert count["severity"]["critical"] == 1 and sum(count["severity"].values()) == 2
    assert count["region"][TOWNSHIP] == 2
    only = officer.read(f"/v1/alerts?party={farm.number}&facets=1&rule=R01")["facets"]
    assert only["rule"] == [{"value": "R01", "count": 1}]
    assert "facets" not in officer.read("/v1/alerts?limit=1")


def test_facets_of_a_province_hide_none_of_the_others(service, farm, early, officer):
    regions = [row[0] for row in service.rows("SELECT code FROM region")]
    before = officer.read(f"/v1/alerts?party={farm.number}&facets=1")["facets"]
    service.rows("INSERT INTO alert_region (org_id, alert, region, role) SELECT a.org_id, a.id, r.code, 'held' FROM alert a, region r"
                 " WHERE a.id = %s ON CONFLICT DO NOTHING RETURNING region", early["alerts"][0])
    after = officer.read(f"/v1/alerts?party={farm.number}&facets=1")["facets"]
    assert len(regions) > 1000 and len(after.pop("region")) == 1000
    del before["region"]
    assert after == before and before["state"]


# — acting —
def test_an_alert_lives_from_open_to_closed_and_back(district, early, officer):
    alert = early["alerts"][0]
    steps = [("acknowledge", {}, "acknowledged"), ("assign", {"assignee": "李检查"}, "acknowledged"), ("comment", {"note": "去现场"}, "acknowledged"),
             ("escalate", {}, "escalated"), ("acknowledge", {}, "acknowledged"),
             ("close", {"reason": "wrong_date", "note": "日期写错"}, "closed"), ("comment", {"note": "已归档"}, "closed"), ("reopen", {}, "open")]
    for action, members, state in steps:
        reply = act(officer, alert, action, **members)
        assert reply.status == 200 and reply.json()["state"] == state, (action, reply)
    timeline = officer.read(f"/v1/alerts/{alert}")["timeline"]
    assert [t["action"] for t in timeline] == [s[0] for s in steps]
    assert timeline[5]["reason"] == "wrong_date" and timeline[5]["note"] == "日期写错" and timeline[1]["assignee"] == "李检查"
    assert officer.read(f"/v1/alerts/{alert}")["assignee"] == "李检查"
    assert [t["at"] for t in timeline] == sorted(t["at"] for t in timeline) and len({t["id"] for t in timeline}) == len(timeline)


def test_impossible_moves_are_refused(early, officer):
    alert = early["alerts"][0]
    assert act(officer, alert, "reopen").problem() == "alert-state"
    assert act(officer, alert, "acknowledge").status == 200
    again = act(officer, alert, "acknowledge")
    assert again.problem() == "alert-state" and "acknowledged" in again.json()["detail"]
    refused = act(officer, alert, "close")
    assert refused.problem() == "close-reason" and "wrong_date" in refused.json()["detail"] and refused.pointer() == "/reason"
    assert act(officer, alert, "close", reason="because").problem() == "close-reason"
    for action, pointer in (("assign", "/assignee"), ("comment", "/note"), ("transfer", "/region")):
        reply = act(officer, alert, action)
        assert reply.problem() == "field-missing" and reply.pointer() == pointer
    assert act(officer, alert, "dance").status == 422
    assert act(officer, alert, "transfer", region="999999").problem() == "region-unknown"
    assert len(officer.read(f"/v1/alerts/{alert}")["timeline"]) == 1, "nothing refused is written down"


def test_an_alert_is_handed_to_another_region(district, early, officer):
    alert, far = early["alerts"][0], district.inspector(FAR_DISTRICT)
    assert far.get(f"/v1/alerts/{alert}").problem() == "not-found"
    assert act(officer, alert, "transfer", region=FAR_DISTRICT, note="货在你区").status == 200
    assert far.read(f"/v1/alerts/{alert}")["timeline"][-1]["region"] == FAR_DISTRICT


def test_the_same_action_again_changes_nothing(early, officer):
    alert, id_ = early["alerts"][0], uuid7()
    for _ in range(2):
        assert act(officer, alert, "acknowledge", id=id_).json()["state"] == "acknowledged"
    assert len(officer.read(f"/v1/alerts/{alert}")["timeline"]) == 1
    assert act(officer, alert, "escalate", id=id_).problem() == "id-taken"


def test_of_two_at_once_one_wins(early, district):
    officers = [district.inspector(DISTRICT) for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda o: act(o, early["alerts"][0], "acknowledge").status, officers))
    assert sorted(states) == [200] + [409] * 7
    assert len(officers[0].read(f"/v1/alerts/{early['alerts'][0]}")["timeline"]) == 1


# — the page —
def test_the_page_follows_at_once(district, farm, packer, early, officer):
    lot, alert = early["lots"][0], early["alerts"][0]
    packer.receive(farm.ship(packer, line(lot, 10)))
    packed = packer.record("pack", ago(hours=1), site="H1", inputs=[line(lot, 10)], outputs=[{"product": "SALAD", "quantity": kg(10)}])["lots"][0]

    def shown(code):
        trail = district.public.read(f"/t/{code}", **JSON)
        assert set().union(*(a.keys() for a in trail["alerts"]), {"id"}) <= {"id", "rule", "severity", "state", "title"}
        return [(a["id"], a["state"]) for a in trail["alerts"]]

    for action, members, states in (("acknowledge", {}, ["acknowledged"]), ("close", {"reason": "handled"}, []), ("reopen", {}, ["open"])):
        for code in (lot["code"], packed["code"]):
            district.public.get(f"/t/{code}", **JSON)
        assert act(officer, alert, action, **members).status == 200
        for code in (lot["code"], packed["code"]):
            assert shown(code) == [(alert, s) for s in states]


def test_a_trail_as_of_then_shows_the_alert_as_it_was(early, officer, farm, district):
    lot, alert = early["lots"][0], early["alerts"][0]
    act(officer, alert, "acknowledge")
    closed = act(officer, alert, "close", reason="handled").json()["timeline"][-1]["at"]
    before = closed[:-4] + f"{max(int(closed[-4:-1]) - 1, 0):03d}Z"
    assert district.admin.read(f"/v1/lots/{lot['id']}/trail")["alerts"] == []
    then = district.admin.read(f"/v1/lots/{lot['id']}/trail?asOf={before}")["alerts"]
    assert [(a["id"], a["state"]) for a in then] == [(alert, "acknowledged")]


def test_a_banned_input_shows_on_what_was_harvested_there(district, farm):
    used = treat(farm, "六六六", days=9)
    lot = farm.harvest(5)
    trail = district.public.read(f"/t/{lot['code']}", **JSON)
    assert [a["id"] for a in trail["alerts"]] == used["alerts"]
