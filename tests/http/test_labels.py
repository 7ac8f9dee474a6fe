# SPDX-License-Identifier: Apache-2.0
"""Sheets of labels: what stands on them, how large their codes are, whose they are."""
import html
import re
import xml.etree.ElementTree as xml

import pytest
from conftest import District, TOWNSHIP, ago, line

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def lot(farm):
    return farm.harvest(10, lot="L1")


def sheet(party, **body):
    reply = party.post("/v1/labels", body)
    assert reply.status == 200 and reply.headers["content-type"] == "text/html; charset=utf-8", reply
    return reply.body.decode()


def labels(text):
    return re.findall(r"<li>(.*?)</li>", text, re.S)


def items(party, lot, count):
    made = party.make("/v1/codes", {"kind": "item", "lot": lot["id"], "count": count})
    return [row.split(",")[1] for row in party.get(made["list"]).body.decode().splitlines()[1:]]


def test_a_label_says_what_the_pack_is(farm, lot):
    [label] = labels(sheet(farm, codes=[lot["code"]], language="en"))
    text = html.unescape(re.sub(r"<[^>]*>", " ", label[label.index("</svg>"):]))
    grouped = "-".join((lot["code"][:5], lot["code"][5:9], lot["code"][9:]))
    for words in ("Product PAKCHOI", "L1", f"Party {farm.number}", ago(days=2)[:10], grouped, "TEST"):
        assert words in text, (words, text)
    assert "产品PAKCHOI" in sheet(farm, codes=[lot["code"]], language="zh")
    farm.district.admin.make("/v1/products", {"party": farm.id, "number": "ODD", "name": {"zh": "<script>&", "en": "<b>\""},
                                              "commodity": "vegetable/leafy/pak-choi", "unit": "KGM"})
    odd = farm.harvest(1, product="ODD")["code"]
    assert "<h2>&lt;script&gt;&amp;" in sheet(farm, codes=[odd], language="zh").replace("<bdi>", "")


def test_each_pack_gets_a_label_with_its_own_code(farm, lot):
    codes = items(farm, lot, 30)
    made = labels(sheet(farm, **{"from": codes[4], "to": codes[23]}))
    assert [re.sub("-", "", re.search(r"<p class=c>([^<]*)", label)[1]) for label in made] == codes[4:24]
    assert len({label[:label.index("</svg>")] for label in made}) == 20
    assert len(labels(sheet(farm, codes=[codes[0], lot["code"]]))) == 2


@pytest.mark.parametrize("size", ["50x30", "60x40", "80x60", "100x70"])
def test_codes_are_large_enough_to_be_read_and_fit_their_label(farm, lot, size):
    text = sheet(farm, codes=[items(farm, lot, 1)[0]], size=size)
    width, height = (int(part) for part in size.split("x"))
    assert f"li{{width:{width}mm;height:{height}mm}}" in text
    drawing = xml.fromstring(re.search(r"<svg.*?</svg>", text, re.S)[0])
    side, modules = float(drawing.get("width").removesuffix("mm")), int(drawing.get("viewBox").split()[2])
    assert 18.5 <= side < height and side < width - 15
    assert side / modules >= 0.5 and round(side / modules * 1000) % 125 == 0, "whole dots of a 203 dpi printer"


def test_a_natural_person_is_not_named(district):
    person = district.party("family_farm", TOWNSHIP)
    body = {"kind": "family_farm", "region": TOWNSHIP, "name": {"zh": "张三", "en": f"Party {person.number}"}, "personal": True}
    assert district.admin.put(f"/v1/parties/{person.id}", body, **{"If-Match": "*"}).status == 200
    person.site("P1", commodity="vegetable/leafy/pak-choi")
    person.product("PAKCHOI")
    text = sheet(person, codes=[person.harvest(2)["code"]], language="en")
    assert f"Party {person.number}" not in text and "Product PAKCHOI" in text


def test_labels_of_others_and_of_voided_codes_are_refused(district, farm, packer, lot):
    codes = items(farm, lot, 3)
    packer.receive(farm.ship(packer, line(lot, 10)))
    assert packer.post("/v1/labels", {"codes": codes[:1]}).problem() == "not-found"
    assert len(labels(sheet(packer, codes=[lot["code"]]))) == 1, "who holds goods prints their lot's code"
    assert district.farm().post("/v1/labels", {"codes": [lot["code"]]}).problem() == "not-found"
    farm.post("/v1/codes:void", {"codes": [codes[1]]})
    refused = farm.post("/v1/labels", {"codes": codes})
    assert refused.problem() == "conflict" and refused.pointer() == "/codes/1" and codes[1] in refused.json()["detail"]
    assert farm.post("/v1/labels", {"codes": ["B123"]}).pointer() == "/codes/0"
    assert farm.post("/v1/labels", {}).pointer() == "/codes"
    many = items(farm, lot, 501)
    assert farm.post("/v1/labels", {"from": many[0], "to": many[-1]}).pointer() == "/to"
    assert len(labels(sheet(farm, **{"from": many[0], "to": many[499]}))) == 500


def test_a_long_address_is_refused_on_a_small_label(new_service):
    service = new_service(PUBLIC_URL="https://" + "a-name-that-somebody-found-good." * 5 + "example").start()
    here = District(service)
    farm = here.farm()
    lot = farm.harvest(2)
    small = farm.post("/v1/labels", {"codes": [lot["code"]], "size": "50x30"})
    assert small.problem() == "field-range" and small.pointer() == "/size"
    large = sheet(farm, codes=[lot["code"]], size="100x70")
    assert "TEST" not in large
    service.stop()
