# SPDX-License-Identifier: Apache-2.0
"""Lots: reading one by any spelling, who sees it, lists, stock by holder, and everything that became of it."""
import itertools

import pytest
from conftest import FAR_TOWNSHIP, OTHER_TOWNSHIP, TOWNSHIP, ago, kg, line, uuid7

DISTRICT = "500X01"  # holds TOWNSHIP and OTHER_TOWNSHIP today
FAR_DISTRICT, FAR_TOWNSHIP = "500101", "500101001"  # Wanzhou


def stock(lot):
    return {(h["party"]["id"], h["state"]): h["quantity"] for h in lot["stock"]}


# — one lot —
def test_a_lot_is_found_by_every_spelling(district, farm):
    lot = farm.harvest(12, lot="L.1")
    code = lot["code"]
    spellings = [lot["id"], "L.1", code, code.lower().replace("0", "o"), f"{code[:5]}-{code[5:9]}-{code[9:]}"]
    for spelling in spellings:
        assert farm.read(f"/v1/lots/{spelling}")["id"] == lot["id"], spelling
    for spelling in [*spellings, lot["uri"].replace(":", "%3A").replace("/", "%2F")]:
        thing = farm.read(f"/v1/things?id={spelling}")
        assert thing == {"kind": "lot", "id": lot["id"], "href": f"/v1/lots/{lot['id']}", "uri": lot["uri"]}, spelling


def test_things_finds_every_kind(district, farm, packer):
    site = farm.site("P7")
    product = farm.product("OKRA")
    made = farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(3), lot="LOT7")
    shipment = farm.ship(packer, line("LOT7", 1))
    for spelling, kind, id_ in (("P7", "site", site["id"]), (site["id"], "site", site["id"]), ("OKRA", "product", product["id"]),
                                (farm.number, "party", farm.id), (farm.id, "party", farm.id), (shipment, "shipment", shipment),
                                (made["event"], "event", made["event"]), ("LOT7", "lot", made["lots"][0]["id"])):
        thing = farm.read(f"/v1/things?id={spelling}")
        assert (thing["kind"], thing["id"]) == (kind, id_), spelling
    assert farm.get("/v1/things?id=NOTHING").problem() == "not-found"
    assert district.admin.read(f"/v1/things?id=LOT7&party={farm.number}")["kind"] == "lot"
    stranger = district.farm()
    assert stranger.get(f"/v1/things?id={shipment}").problem() == "not-found"
    assert stranger.get(f"/v1/things?id={made['event']}").problem() == "not-found"


def test_a_lot_says_what_it_is_and_who_holds_it(district, farm, packer):
    lot = farm.harvest(100)
    shipment = farm.ship(packer, line(lot, 40))
    answer = district.admin.read(f"/v1/lots/{lot['id']}")
    assert answer["number"] == lot["number"] and answer["code"] == lot["code"] and answer["uri"] == lot["uri"]
    assert answer["quantity"] == kg(100) and answer["region"] == TOWNSHIP and answer["flags"] == []
    assert answer["issuer"]["id"] == farm.id and answer["product"]["number"] == "PAKCHOI"
    assert stock(answer) == {(farm.id, "on_hand"): kg(60), (farm.id, "in_transit"): kg(40)}
    packer.receive(shipment)
    packer.record("sell", ago(hours=2), lots=[line(lot, 15)])
    answer = district.admin.read(f"/v1/lots/{lot['id']}")
    assert stock(answer) == {(farm.id, "on_hand"): kg(60), (packer.id, "on_hand"): kg(25), (packer.id, "sold"): kg(15)}


def test_a_party_sees_its_own_stock_only(district, farm, packer):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 40)))
    assert stock(packer.read(f"/v1/lots/{lot['id']}")) == {(packer.id, "on_hand"): kg(40)}
    assert stock(farm.read(f"/v1/lots/{lot['id']}")) == {(farm.id, "on_hand"): kg(60)}


# — who sees it —
def test_a_lot_and_its_upstream_are_seen_by_who_holds_held_or_was_shipped_it(district, farm, packer):
    shop, stranger = district.party("shop"), district.party("shop")
    lot = farm.harvest(10)
    for api in (packer, shop, stranger):
        assert api.get(f"/v1/lots/{lot['id']}").problem() == "not-found"
        assert api.get(f"/v1/lots/{lot['id']}/trail").problem() == "not-found"
        assert api.get(f"/v1/lots/{lot['id']}/reach").problem() == "not-found"
    shipment = farm.ship(packer, line(lot, 10))
    assert packer.read(f"/v1/lots/{lot['id']}")["id"] == lot["id"], "on its way to the packer"
    packer.receive(shipment)
    packed = packer.record("pack", ago(hours=9), site="H1", inputs=[line(lot, 10)], outputs=[{"product": "SALAD", "quantity": kg(10)}])["lots"][0]
    shop.receive(packer.ship(shop, line(packed, 4), time=ago(hours=8)), time=ago(hours=7))
    assert shop.read(f"/v1/lots/{packed['id']}")["id"] == packed["id"]
    assert shop.read(f"/v1/lots/{lot['id']}")["id"] == lot["id"], "what it was made from"
    assert farm.get(f"/v1/lots/{packed['id']}").problem() == "not-found", "what became of it is not the farm's"
    assert stranger.get(f"/v1/lots/{lot['id']}").problem() == "not-found"
    assert district.public.get(f"/v1/lots/{lot['id']}").status == 401


def test_officers_see_what_is_grown_or_held_in_their_region(district):
    farm, packer = district.farm(), district.packer(FAR_TOWNSHIP)
    here, there = district.inspector(DISTRICT), district.inspector(FAR_DISTRICT)
    lot, kept = farm.harvest(10), farm.harvest(5)
    assert there.get(f"/v1/lots/{lot['id']}").problem() == "not-found"
    packer.receive(farm.ship(packer, line(lot, 10)))
    packed = packer.record("pack", ago(hours=3), site="H1", inputs=[line(lot, 10)], outputs=[{"product": "SALAD", "quantity": kg(10)}])["lots"][0]
    for officer, seen in ((there, {lot["id"]: True, packed["id"]: True, kept["id"]: False}),
                          (here, {lot["id"]: True, kept["id"]: True, packed["id"]: False})):
        for id_, may in seen.items():
            assert officer.get(f"/v1/lots/{id_}").status == (200 if may else 404)
            assert officer.get(f"/v1/lots/{id_}/trail").status == (200 if may else 404)


# — lists —
def test_a_party_lists_what_it_holds_held_or_is_on_its_way_to_it(district, farm, packer):
    lots = [farm.harvest(10, time=ago(days=2, minutes=-i)) for i in range(3)]
    farm.ship(packer, line(lots[1], 10))
    assert [i["id"] for i in packer.read("/v1/lots")["items"]] == [lots[1]["id"]]
    mine = [i["id"] for i in farm.read("/v1/lots")["items"]]
    assert mine == [lot["id"] for lot in lots[::-1]], "the newest comes first, whatever happened to it since"
    assert [i["id"] for i in farm.read("/v1/lots?state=in_transit")["items"]] == [lots[1]["id"]]
    assert {i["id"] for i in farm.read("/v1/lots?state=on_hand")["items"]} == {lots[0]["id"], lots[2]["id"]}


def test_lists_are_walked_by_cursor_without_gap_or_double(district, farm):
    ids = [farm.harvest(1, time=ago(days=2, minutes=-i))["id"] for i in range(7)]
    for root in (f"/v1/lots?party={farm.number}&limit=3", f"/v1/lots?limit=3&party={farm.id}"):
        for api in (farm, district.admin, district.inspector(DISTRICT)):
            found, cursor = [], ""
            while True:
                reply = api.get(root + cursor)
                page = reply.json()
                found += [i["id"] for i in page["items"]]
                if not page["next"]:
                    assert "link" not in reply.headers
                    break
                cursor = f"&cursor={page['next']}"
                assert f"cursor={page['next']}>; rel=\"next\"" in reply.headers["link"] and "limit=3" in reply.headers["link"]
            assert found == ids[::-1]


def test_a_page_goes_on_where_the_last_one_ended_whatever_happens_meanwhile(district, farm, packer):
    """Lots made at the same moment, and lots that change between two pages, are neither left out nor shown twice."""
    when = ago(days=3)
    ids = {farm.harvest(1, time=when)["id"] for _ in range(6)}
    for api in (farm, district.admin, district.inspector(DISTRICT)):
        found, target = [], f"/v1/lots?limit=2&party={farm.number}"
        for _ in range(3):
            page = api.read(target)
            found += [item["id"] for item in page["items"]]
            farm.ship(packer, line(found[0], 0.1))
            target = f"/v1/lots?limit=2&party={farm.number}&cursor={page['next']}"
        assert len(found) == 6 and set(found) == ids and page["next"] is None


def test_a_page_costs_the_same_however_many_lots_there_are(service, district, farm):
    """The lists are read by index: no plan of theirs sorts or reads all lots of a party."""
    import re

    from service import ROOT
    source = (ROOT / "sql/queries/lot.sql").read_text()
    for name, types in (("lot_list_held", ("uuid[]", "bool")), ("lot_list_region", ("text", "bool")), ("lot_list_all", ("bool",))):
        block = re.search(rf"-- name: {name} :many\n(.*?);\n", source, re.S)[1]
        text = "\n".join(row for row in block.splitlines() if not row.startswith("--"))
        values = {"parties": f"'{{{farm.id}}}'::uuid[]", "scope": "'500X01'", "plain": "true", "before": f"'{farm.id}'::uuid", "max_rows": "51::bigint"}
        text = re.sub(r"@(\w+)", lambda m: values.get(m[1], "NULL"), text)
        plan = "\n".join(row[0] for row in service.rows(f"SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN {text}"))
        scans = re.findall(r"-> +(.*Scan.* on lot.*)\n +Index Cond: (.*)", plan)
        assert scans and len(scans) == len(re.findall(r"Scan.* on lot", plan)), plan
        assert all(scan.startswith("Index") and "lot_id <" in condition for scan, condition in scans), plan


def test_lists_are_filtered(district, farm):
    farm.product("OKRA", "vegetable/fruit/okra", shelfLifeDays=2)
    first, second = farm.harvest(1, lot="ALPHA-1"), farm.harvest(1, lot="BETA-2", product="OKRA")
    for q, ids in (("alpha", [first["id"]]), ("产品OKRA", [second["id"]]), (second["code"].lower(), [second["id"]]), ("nothing", [])):
        import urllib.parse
        assert [i["id"] for i in farm.read(f"/v1/lots?q={urllib.parse.quote(q)}")["items"]] == ids, q
    assert farm.read(f"/v1/lots?region={FAR_DISTRICT}")["items"] == []
    assert len(farm.read(f"/v1/lots?region={DISTRICT}")["items"]) == 2
    assert district.admin.read("/v1/lots?party=NOBODY")["items"] == []
    assert farm.get("/v1/lots?cursor=rubbish").problem() == "cursor"
    assert farm.get("/v1/lots?limit=0").status == farm.get("/v1/lots?state=eaten").status == 422


# — what became of it —
@pytest.fixture
def diamond(district, farm, packer):
    """One lot in two halves, mixed again, and some of it sold by a shop."""
    shop = district.party("shop")
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 90)))
    halves = packer.record("split", ago(hours=10), site="H1", inputs=[line(lot, 80)], outputs=[
        {"product": "SALAD", "quantity": kg(50)}, {"product": "SALAD", "quantity": kg(30)}])["lots"]
    whole = packer.record("mix", ago(hours=9), site="H1", inputs=[line(halves[0], 20), line(halves[1], 30)],
                          outputs=[{"product": "SALAD", "quantity": kg(50)}])["lots"][0]
    shop.receive(packer.ship(shop, line(whole, 12), time=ago(hours=8)), time=ago(hours=7))
    shop.record("sell", ago(hours=1), lots=[line(whole, 5)])
    return lot, halves, whole, shop


def test_reach_is_everything_below_once_with_its_shortest_depth(district, diamond, farm, packer):
    lot, halves, whole, shop = diamond
    reach = district.admin.read(f"/v1/lots/{lot['id']}/reach")
    assert reach["lot"] == lot["id"]
    assert [(l["lot"], l["depth"]) for l in reach["lots"]] == sorted(
        [(halves[0]["id"], 1), (halves[1]["id"], 1), (whole["id"], 2)], key=lambda x: (x[1], [l["lot"] for l in reach["lots"]].index(x[0])))
    by_id = {l["lot"]: l for l in reach["lots"]}
    assert by_id[whole["id"]]["quantity"] == kg(50)
    holders = {(h["party"]["id"], h["state"]): h["quantity"] for h in by_id[whole["id"]]["holders"]}
    assert holders == {(packer.id, "on_hand"): kg(38), (shop.id, "on_hand"): kg(7), (shop.id, "sold"): kg(5)}
    assert {(h["party"]["id"], h["state"]) for h in by_id[halves[0]["id"]]["holders"]} == {(packer.id, "on_hand")}
    assert {(h["party"]["id"], h["quantity"]["value"]) for h in reach["holders"]} == {(farm.id, "10"), (packer.id, "10")}
    assert district.admin.read(f"/v1/lots/{whole['id']}/reach")["lots"] == []


def test_a_party_follows_goods_as_far_as_it_held_them(district, diamond, farm, packer):
    lot, halves, whole, shop = diamond
    assert farm.read(f"/v1/lots/{lot['id']}/reach")["lots"] == []
    assert {l["lot"] for l in packer.read(f"/v1/lots/{lot['id']}/reach")["lots"]} == {halves[0]["id"], halves[1]["id"], whole["id"]}
    assert {l["lot"] for l in shop.read(f"/v1/lots/{lot['id']}/reach")["lots"]} == {halves[0]["id"], halves[1]["id"], whole["id"]}


def test_an_officer_follows_goods_beyond_the_region(district, farm):
    """Who has to call goods back is told where they are, whoever holds them by now; of other regions' lots for themselves nothing."""
    far, shop = district.packer(region=FAR_TOWNSHIP), district.party("shop", region=FAR_TOWNSHIP)
    lot = farm.harvest(30)
    far.receive(farm.ship(far, line(lot, 20)))
    packed = far.record("pack", ago(hours=8), site="H1", inputs=[line(lot, 20)], outputs=[{"product": "SALAD", "quantity": kg(20)}])["lots"][0]
    more = far.record("mix", ago(hours=7), site="H1", inputs=[line(packed, 20), line(far.harvest(5, product="SALAD", site="H1"), 5)],
                      outputs=[{"product": "SALAD", "quantity": kg(25)}])["lots"][0]
    shop.receive(far.ship(shop, line(more, 4), time=ago(hours=6)), time=ago(hours=5))
    told = district.inspector(TOWNSHIP).read(f"/v1/lots/{lot['id']}/reach")["lots"]
    assert [(one["lot"], one["number"], one["depth"]) for one in told] == [(packed["id"], packed["number"], 1), (more["id"], more["number"], 2)]
    assert {(holder["party"]["id"], holder["quantity"]["value"]) for holder in told[1]["holders"]} == {(far.id, "21"), (shop.id, "4")}
    alone = far.harvest(1, product="SALAD", site="H1")
    assert district.inspector(TOWNSHIP).get(f"/v1/lots/{alone['id']}/reach").problem() == "not-found"


def test_a_graph_beyond_the_limit_is_refused_and_not_cut(district, new_service):
    from conftest import District
    service = new_service(GRAPH_NODES=100).start()
    small = District(service)
    packer = small.packer()
    packer.product("RAW")
    raw = packer.record("harvest", ago(days=3), site=packer.site("P1")["number"], product="RAW", quantity=kg(1000))["lots"][0]
    outputs = [{"product": "SALAD", "quantity": kg(1)} for _ in range(101)]
    made = packer.record("split", ago(days=2), site="H1", inputs=[line(raw, 101)], outputs=outputs[:100])["lots"]
    assert len(packer.read(f"/v1/lots/{raw['id']}/reach")["lots"]) == 100
    packer.record("split", ago(days=2), site="H1", inputs=[line(raw, 1)], outputs=outputs[:1])
    assert packer.get(f"/v1/lots/{raw['id']}/reach").problem() == "graph-too-large"
    whole = packer.record("mix", ago(days=1), site="H1", inputs=[line(lot, 1) for lot in made[:98]],
                          outputs=[{"product": "SALAD", "quantity": kg(98)}])["lots"][0]
    assert packer.read(f"/v1/lots/{whole['id']}/trail")["originCount"] == 1, "98 and two more are 100"
    more = packer.record("mix", ago(hours=5), site="H1", inputs=[line(whole, 98), line(made[98], 1)],
                         outputs=[{"product": "SALAD", "quantity": kg(99)}])["lots"][0]
    assert packer.get(f"/v1/lots/{more['id']}/trail").problem() == "graph-too-large"
    assert small.public.get(f"/t/{more['code']}", Accept="application/json").problem() == "graph-too-large"
    service.stop()
