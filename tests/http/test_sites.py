# SPDX-License-Identifier: Apache-2.0
"""Sites: geometry, where they lie, who may see what of them."""
import pytest
from conftest import TOWNSHIP, uuid7
from service import Api

ELSEWHERE = "500109110"  # 静观镇 of 北碚区: it was not moved in 2025

SQUARE = [[106.5, 29.6], [106.51, 29.6], [106.51, 29.61], [106.5, 29.61], [106.5, 29.6]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def site(farm, number="S1", **members):
    return {"party": farm.id, "number": number, "kind": "plot", "name": {"zh": "一号地"}, "region": farm.region, **members}


def replace(api, made, etag='"1"', **changes):
    body = {name: made[name] for name in ("kind", "name", "region", "commodity", "geometry", "personal") if name in made}
    return api.put(f"/v1/sites/{made['id']}", {**body, **changes}, **{"If-Match": etag})


def ids(api, query):
    return {item["id"] for item in api.read("/v1/sites?limit=1000&" + query)["items"]}


def test_a_site_has_a_uri_below_its_party_and_a_place_on_the_map(farm, district):
    made = district.admin.make("/v1/sites", site(farm, geometry=polygon(SQUARE), commodity="vegetable/leafy/pak-choi"))
    assert made["uri"] == f"{farm.uri}/f/S1" and made["party"] == farm.id and made["geometry"] == polygon(SQUARE)
    stored = district.service.value("SELECT ST_AsText(geometry) FROM site WHERE id = %s", made["id"])
    assert stored == "POLYGON((106.5 29.6,106.51 29.6,106.51 29.61,106.5 29.61,106.5 29.6))"


@pytest.mark.parametrize("geometry", [
    {"type": "Point", "coordinates": [106.55, 29.56]},
    {"type": "Point", "coordinates": ["106.55", "29.56"]},
    {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[107, 29], [107.1, 29], [107.1, 29.1], [107, 29]]]]},
    polygon(SQUARE, [[106.502, 29.602], [106.504, 29.602], [106.504, 29.604], [106.502, 29.602]]),
])
def test_points_and_polygons_with_holes_are_places(farm, district, geometry):
    reply = district.admin.post("/v1/sites", site(farm, geometry=geometry))
    if isinstance(geometry["coordinates"][0], str):
        assert reply.json()["errors"][0]["rule"] == "position"
    else:
        assert reply.status == 201 and reply.json()["geometry"] == geometry


@pytest.mark.parametrize("rule, pointer, geometry", [
    ("swapped", "/geometry/coordinates", {"type": "Point", "coordinates": [29.56, 106.55]}),
    ("swapped", "/geometry/coordinates", {"type": "Point", "coordinates": [39.47, 75.99]}),
    ("swapped", "/geometry/coordinates/0/0", polygon([[y, x] for x, y in SQUARE])),
    ("unclosed", "/geometry/coordinates/0", polygon(SQUARE[:-1])),
    ("tooFew", "/geometry/coordinates/0", polygon(SQUARE[:2] + SQUARE[:1])),
    ("crossing", "/geometry/coordinates/0", polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]])),
    ("noArea", "/geometry/coordinates/0", polygon([SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[0]])),
    ("tooMany", "/geometry/coordinates/0", polygon([[106 + i / 10000, 29] for i in range(2001)] + [[106, 29]])),
    ("range", "/geometry/coordinates", {"type": "Point", "coordinates": [190, 29]}),
    ("type", "/geometry", {"type": "LineString", "coordinates": SQUARE}),
    ("coordinates", "/geometry/coordinates", {"type": "Point"}),
    ("rings", "/geometry", polygon(SQUARE, [[107, 30], [107.1, 30], [107.1, 30.1], [107, 30]])),  # a hole outside
])
def test_a_geometry_that_is_no_place_is_refused_with_its_rule(farm, district, rule, pointer, geometry):
    before = district.service.snapshot()
    reply = district.admin.post("/v1/sites", site(farm, geometry=geometry))
    assert (reply.status, reply.problem(), reply.pointer()) == (422, "geometry", pointer)
    assert reply.json()["errors"][0]["rule"] == rule
    assert district.service.snapshot() == before


def test_a_swapped_position_is_shown_the_right_way_round(farm, district):
    reply = district.admin.post("/v1/sites", site(farm, geometry={"type": "Point", "coordinates": [29.56, 106.55]}))
    assert "[106.55, 29.56]" in reply.json()["detail"]


def test_heights_are_dropped(farm, district):
    made = district.admin.make("/v1/sites", site(farm, geometry={"type": "Point", "coordinates": [106.5, 29.5, 310.2]}))
    assert made["geometry"] == {"type": "Point", "coordinates": [106.5, 29.5]}


def test_a_site_without_region_lies_where_its_party_has_its_seat(farm, district):
    sent = site(farm)
    del sent["region"]
    assert district.admin.make("/v1/sites", sent)["region"] == farm.region


def test_a_number_is_taken_within_its_party_only(farm, packer, district):
    sent = site(farm, id=uuid7())
    made = district.admin.make("/v1/sites", sent)
    assert district.admin.post("/v1/sites", sent).json() == made
    reply = district.admin.post("/v1/sites", site(farm))
    assert (reply.problem(), reply.pointer()) == ("number-taken", "/number")
    assert district.admin.make("/v1/sites", site(packer))["number"] == "S1"


def test_the_party_must_be_named_registered_and_stay(farm, packer, district):
    sent = site(farm)
    del sent["party"]
    reply = district.admin.post("/v1/sites", sent)
    assert (reply.problem(), reply.pointer()) == ("field-missing", "/party")
    for unknown in ("NOBODY", uuid7()):
        reply = district.admin.post("/v1/sites", {**sent, "party": unknown})
        assert (reply.problem(), reply.pointer()) == ("reference-unknown", "/party")
    made = district.admin.make("/v1/sites", site(farm))
    reply = replace(district.admin, made, party=packer.id)
    assert (reply.problem(), reply.pointer()) == ("field-range", "/party")


def test_a_change_can_move_and_close_a_site(farm, district):
    made = district.admin.make("/v1/sites", site(farm, geometry=polygon(SQUARE)))
    moved = replace(district.admin, made, geometry=None, state="closed", reason="征用").json()
    assert "geometry" not in moved and moved["state"] == "closed" and moved["version"] == 2
    assert district.service.value("SELECT geometry IS NULL FROM site WHERE id = %s", made["id"])
    assert district.admin.read(f"/v1/sites/{made['id']}?version=1")["geometry"] == polygon(SQUARE)


def test_geometry_is_for_the_owner_its_region_and_administrators(farm, packer, district):
    made = district.admin.make("/v1/sites", site(farm, geometry=polygon(SQUARE)))
    for reader, sees in ((farm, True), (district.admin, True), (district.inspector("500X01"), True),
                         (district.inspector(TOWNSHIP), True), (packer, False), (district.inspector("500103"), False)):
        assert ("geometry" in reader.read(f"/v1/sites/{made['id']}")) == sees
        [listed] = [item for item in reader.read(f"/v1/sites?party={farm.id}&limit=1000")["items"] if item["id"] == made["id"]]
        assert ("geometry" in listed) == sees


def test_a_personal_site_is_not_there_for_strangers(farm, packer, district):
    made = district.admin.make("/v1/sites", site(farm, personal=True))
    assert farm.read(f"/v1/sites/{made['id']}")["personal"]
    assert packer.get(f"/v1/sites/{made['id']}").problem() == "not-found"
    assert made["id"] not in ids(packer, f"party={farm.id}") and made["id"] in ids(farm, f"party={farm.id}")


def test_a_foreign_key_registers_and_changes_nothing(farm, packer, district):
    made = district.admin.make("/v1/sites", site(farm))
    stranger = Api(district.service, district.key(["read", "register"], parties=[packer.id]))
    assert stranger.post("/v1/sites", site(farm, "S9")).problem() == "not-found"
    assert replace(stranger, made).problem() == "not-found"
    own = stranger.make("/v1/sites", {"number": "S9", "kind": "store", "name": {"zh": "仓"}})
    assert own["party"] == packer.id  # the key's own, unless another is named


def test_successors_see_sites_of_what_was_merged_into_them(district):
    """两路街道 went from 渝北区 to 两江新区; 统景镇 to 北碚区."""
    moved, other = district.farm("500112016"), district.farm("500112133")
    old = district.farm("500112")  # recorded under the abolished district itself
    place = {farm: district.admin.make("/v1/sites", site(farm))["id"] for farm in (moved, other, old)}

    def seen(region):
        return {farm for farm in place if place[farm] in ids(district.admin, f"region={region}")}

    assert seen("500X01") == {moved, old}
    assert seen("500109") == {other, old}
    assert seen("500112") == {old}
    assert seen("500000") == {moved, other, old}
    assert seen("500105") == set()


def test_sites_of_another_township_are_elsewhere(farm, district):
    made = district.admin.make("/v1/sites", site(farm, region=ELSEWHERE))
    assert made["id"] in ids(district.admin, f"region={ELSEWHERE}")
    assert made["id"] not in ids(district.admin, "region=500X01")
