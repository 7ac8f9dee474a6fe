# SPDX-License-Identifier: Apache-2.0
"""What a code leads to: pages and JSON by Accept, folding, Digital Links, caching, compression, and what happens while the
database is away; the search box; codes and their pictures."""
import gzip
import subprocess
import urllib.parse

import pytest
from conftest import District, ago, kg, line

PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def lot(farm):
    return farm.harvest(10, lot="L1")


# — form —
def test_browsers_get_a_page_and_programs_json(district, lot):
    target = f"/t/{lot['code']}"
    for accept in ("text/html", PAGE["Accept"], "*/*", "text/html, application/json;q=0.5"):
        reply = district.public.get(target, Accept=accept)
        assert reply.status == 200 and reply.headers["content-type"] == "text/html; charset=utf-8", accept
        assert lot["number"] in reply.body.decode()
    assert district.public.get(target).headers["content-type"].startswith("text/html"), "without Accept"
    for accept in ("application/json", "application/json, text/html;q=0.9", "text/html;q=0, application/json;q=0.1"):
        assert district.public.get(target, Accept=accept).json()["lot"]["id"] == lot["id"], accept
    linked = district.public.get(target, Accept="application/ld+json")
    assert linked.headers["content-type"] == "application/ld+json" and linked.json()["lot"]["code"] == lot["code"]


def test_what_a_person_types_is_folded(district, lot):
    code = lot["code"]
    spellings = {code.lower(), code.replace("0", "O").replace("1", "l"), f"{code[:5]}-{code[5:9]}-{code[9:]}", code.replace("1", "I")}
    for typed in spellings:
        assert district.public.read(f"/t/{typed}", **JSON)["lot"]["id"] == lot["id"], typed
    assert district.public.read(f"/t/{urllib.parse.quote(' ' + code[:5] + ' ' + code[5:] + ' ')}", **JSON)["lot"]["id"] == lot["id"]


def test_the_language_of_a_page_is_asked_for(district, lot):
    target = f"/t/{lot['code']}"
    assert 'lang="zh' in district.public.get(target, **PAGE).body.decode().replace("lang=zh", 'lang="zh')
    english = district.public.get(target + "?lang=en", **PAGE).body.decode()
    assert "Registered" in english or "registered" in english
    assert english != district.public.get(target + "?lang=zh", **PAGE).body.decode()


def test_parameters_that_share_buttons_add_are_passed_over(district, lot):
    assert district.public.get(f"/t/{lot['code']}?from=singlemessage&isappinstalled=0&tier=nonsense", **PAGE).status == 200


# — what is not there —
def test_a_code_that_nobody_made_and_one_that_cannot_be_say_so(district, lot):
    wrong = lot["code"][:-1] + ("0" if lot["code"][-1] != "0" else "1")
    for typed, malformed in ((wrong, False), ("HELLO", True), ("B123", True), ("U" * 40, True)):
        page = district.public.get(f"/t/{typed}", **PAGE)
        assert page.status == 404 and page.headers["content-type"].startswith("text/html")
        assert typed in page.body.decode()
        problem = district.public.get(f"/t/{typed}", **JSON)
        assert problem.problem() == "not-found"
        assert ("not a code" in problem.json()["detail"]) == malformed
    bad = district.public.get("/t/%3Cscript%3E", **PAGE).body.decode()
    assert "<script" not in bad


# — other spellings —
def test_digital_links_and_own_uris_open_the_same_trail(district, farm, lot):
    gtin = "06901234567892"
    farm.product("G", gtin=gtin)
    coded = farm.harvest(4, product="G", lot="A-1")
    assert coded["uri"] == f"https://id.gs1.org/01/{gtin}/10/A-1"
    for target in (f"/01/{gtin}/10/A-1", f"/01/{gtin}/10/A%2D1", f"/01/{gtin}/10/A-1/21/12", f"/01/{gtin}/10/A-1?17=270101&from=x"):
        assert district.public.read(target, **JSON)["lot"]["id"] == coded["id"], target
    own = urllib.parse.urlsplit(lot["uri"]).path
    assert district.public.read(own, **JSON)["lot"]["id"] == lot["id"]
    page = district.public.get(own, **PAGE)
    assert page.status == 200 and lot["number"] in page.body.decode()
    for target in (f"/01/{gtin}/10/NONE", f"/01/{gtin}", f"/01/{gtin[:-1]}1/10/A-1", own + "x", "/o/a/p/b/b/c"):
        assert district.public.get(target, **PAGE).status == 404
        assert district.public.get(target, **JSON).problem() == "not-found", target


# — caching —
def test_answers_may_be_kept_a_moment_and_are_asked_for_again_by_tag(district, lot):
    for accept in (PAGE, JSON):
        for _ in range(3):  # computed, kept, from memory
            reply = district.public.get(f"/t/{lot['code']}", **accept)
            assert "max-age=60" in reply.headers["cache-control"] and "must-revalidate" in reply.headers["cache-control"]
            assert "Accept" in reply.headers["vary"]
        again = district.public.get(f"/t/{lot['code']}", If_None_Match=reply.headers["etag"], **accept)
        assert again.status == 304 and not again.body
    assert reply.headers["etag"] != district.public.get(f"/t/{lot['code']}?lang=en", **PAGE).headers["etag"]


def test_pages_are_compressed_for_those_who_take_it(district, lot):
    for accept in (PAGE, JSON):
        for _ in range(2):
            packed = district.public.get(f"/t/{lot['code']}", Accept_Encoding="gzip, br", **accept)
            assert packed.headers["content-encoding"] == "gzip" and len(packed.body) <= 14 * 1024
        plain = district.public.get(f"/t/{lot['code']}", Accept_Encoding="gzip;q=0", **accept)
        assert "content-encoding" not in plain.headers and gzip.decompress(packed.body) == plain.body
        assert packed.headers["etag"] != plain.headers["etag"]


def test_head_answers_without_a_body(district, lot):
    reply = district.public.exchange("HEAD", f"/t/{lot['code']}", None, PAGE)
    assert reply.status == 200 and not reply.body and int(reply.headers["content-length"]) > 1000


def test_what_is_in_memory_is_served_while_the_database_is_away(new_cluster_service):
    service, restart = new_cluster_service
    here = District(service)
    farm = here.farm()
    lot, unseen = farm.harvest(3), farm.harvest(4)
    target = f"/t/{lot['code']}"
    fresh = here.public.get(target, **PAGE)
    assert "age" not in fresh.headers and "warning" not in fresh.headers
    service.cluster.kill()
    try:
        assert here.public.get(f"/t/{unseen['code']}", **PAGE).status == 503
        assert here.public.get(f"/t/{unseen['code']}", **JSON).problem() == "database-unavailable"
        old = here.public.get(target, **PAGE)
        assert old.status == 200 and old.body == fresh.body and int(old.headers["age"]) >= 0 and old.headers["warning"].startswith("111 ")
        assert here.public.get("/healthz").status == 200
        ready = here.public.get("/readyz")
        assert ready.problem() == "database-unavailable" and "database" in ready.json()["detail"]
    finally:
        service.cluster.start()
    restart()
    here.public.get(f"/t/{unseen['code']}", **PAGE)
    assert "warning" not in here.public.get(target, **PAGE).headers


@pytest.fixture
def new_cluster_service():
    from service import Cluster, Service, wait_for
    cluster = Cluster()
    service = Service(cluster, "alone").start()
    try:
        yield service, lambda: wait_for(lambda: District(service).public.get("/readyz").status == 200)
        service.stop()
    finally:
        service.close()
        cluster.close()


# — the search box —
def test_the_search_box_finds_codes_lot_numbers_and_enterprises(district, farm):
    number = district.number("SEARCH-")
    lot = farm.harvest(1, lot=number)
    home = district.public.get("/")
    assert home.status == 200 and 'name="q"' in home.body.decode().replace("name=q", 'name="q"')
    for q in (lot["code"], lot["code"].lower(), number):
        page = district.public.get(f"/q?q={q}").body.decode()
        assert f"/t/{lot['code']}" in page, q
    named = district.public.get(f"/q?q={urllib.parse.quote(f'主体{farm.number}')}").body.decode()
    assert f"主体{farm.number}" in named
    assert district.public.get("/q?q=").status == 200
    assert district.public.get("/verify").status == 200


def test_the_search_box_does_not_name_persons(district):
    name = f"王小明{district.number('x')}"
    district.admin.make("/v1/parties", {"number": district.number("P"), "kind": "family_farm", "region": "500112016",
                                        "name": {"zh": name}, "personal": True})
    page = district.public.get(f"/q?q={urllib.parse.quote(name)}").body.decode()
    assert page.count(name) == district.public.get(f"/q?q={urllib.parse.quote(name + '不')}").body.decode().count(name + "不")


# — codes —
def test_a_lot_has_one_code_however_often_it_is_asked_for(district, farm, lot):
    first = farm.post("/v1/codes", {"kind": "lot", "lot": "L1"})
    assert first.status == 200 and first.json()["code"] == lot["code"]
    assert farm.post("/v1/codes", {"kind": "lot", "lot": lot["id"]}).json() == first.json()
    assert first.json()["url"].endswith(f"/t/{lot['code']}") and first.json()["test"] is True
    assert first.json()["grouped"].replace("-", "") == lot["code"] and first.json()["state"] == "activated"
    assert district.public.read(f"/v1/codes/{lot['code'].lower()}") == first.json()
    stranger = district.farm()
    assert stranger.post("/v1/codes", {"kind": "lot", "lot": lot["id"]}).problem() == "not-found"
    assert farm.post("/v1/codes", {"kind": "product", "lot": "L1"}).status == 422
    assert district.public.get("/v1/codes/B0000000000000").problem() == "not-found"
    assert district.public.post("/v1/codes", {"kind": "lot", "lot": lot["id"]}).status == 401


def test_the_picture_of_a_code_scans_to_its_address(district, lot, tmp_path):
    code = district.public.read(f"/v1/codes/{lot['code']}")
    svg = district.public.get(code["svg"])
    assert svg.headers["content-type"] == "image/svg+xml" and code["grouped"] in svg.body.decode()
    assert "max-age" in svg.headers["cache-control"]
    assert district.public.get(code["svg"], If_None_Match=svg.headers["etag"]).status == 304
    for query, least in (("", 200), ("?dpi=600&module=1000", 600)):
        png = district.public.get(code["png"] + query)
        assert png.headers["content-type"] == "image/png" and png.body.startswith(b"\x89PNG")
        assert int.from_bytes(png.body[16:20], "big") >= least
        (tmp_path / "qr.png").write_bytes(png.body)
        read = subprocess.run(["zbarimg", "-q", "--raw", tmp_path / "qr.png"], capture_output=True, text=True, check=False)
        assert read.stdout.strip() == code["url"]
    for query in ("?dpi=9999", "?module=1", "?other=1"):
        assert district.public.get(code["png"] + query).status == 422
    assert district.public.get("/v1/codes/HELLO/qr.svg").problem() == "not-found"
