# SPDX-License-Identifier: Apache-2.0
"""The pages as the running server sends them, over goods recorded through the public API."""
import gzip
import importlib.util
import json
import pathlib
import sys

import pytest

from conftest import AXE, chromium
from test_verify_help import commands, line_of, run_all  # noqa: F401 - a fixture among them

HTTP_TESTS = pathlib.Path(__file__).resolve().parents[1] / "http"


def http_fixtures():
    """The conftest of tests/http under a name of its own: pytest knows ours as `conftest`."""
    sys.path.insert(0, str(HTTP_TESTS))
    spec = importlib.util.spec_from_file_location("http_conftest", HTTP_TESTS / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def district():
    pytest.importorskip("psycopg2", reason="python3-psycopg2 is not installed")
    fixtures = http_fixtures()
    try:
        for name in ("farmtraild", "farmtrail", "farmtrail-signer"):
            fixtures.Service.__init__.__globals__["program"](name)
    except RuntimeError as missing:
        pytest.skip(str(missing))
    cluster = fixtures.Cluster()
    try:
        service = fixtures.Service(cluster, "browser")
        try:
            service.start()
            yield fixtures.District(service), fixtures
            service.stop()
        finally:
            service.close()
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def live(district):
    with chromium(f"http://127.0.0.1:{district[0].service.port}/") as opened:
        yield opened


@pytest.fixture(scope="module")
def mixed(district):
    """A lot of two farms, 62 to 38."""
    made, fixtures = district
    packer, lots = made.packer(), []
    for value in (62, 38):
        farm = made.farm()
        lots.append(fixtures.line(farm.harvest(value), value))
        packer.receive(farm.ship(packer, lots[-1]))
    return packer.record("mix", fixtures.ago(hours=6), site="H1", inputs=lots,
                         outputs=[{"product": "SALAD", "quantity": fixtures.kg(100)}])["lots"][0]


def test_a_scanned_code_tells_verdict_and_shares(live, mixed):
    live.open(f"t/{mixed['code']}?lang=zh")
    assert live.run("return document.querySelector('h1').innerText") == "已登记"
    assert live.run("return document.querySelector('h1').getBoundingClientRect().bottom") < 640
    shares = live.run("return [...document.querySelectorAll('.pc')].map(share => share.innerText.replace(/\\s/g, ' ').trim())")
    assert shares == ["62 %", "38 %"]
    assert "没有登记合格证" in live.run("return document.querySelector('#certificates').parentElement.innerText")
    steps = live.run("return [...document.querySelectorAll('.j > li h3')].map(step => step.innerText)")
    assert steps.count("采收") == 2 and steps[-1] == "混批" and steps.index("采收") < steps.index("发货")
    assert live.complaints() == []


def test_nothing_is_fetched_beside_the_page(live, mixed):
    live.open(f"t/{mixed['code']}")
    assert live.run("return performance.getEntriesByType('resource').length") == 0
    assert live.run("return document.documentElement.scrollWidth") <= 360


def test_tiers_and_languages_lead_to_each_other(live, mixed):
    live.open(f"t/{mixed['code']}?lang=zh")
    live.run("document.querySelector('.t a[href*=\"tier=district\"]').click()")
    assert live.run("return document.querySelector('.t b').innerText") == "区县"
    assert live.run("return document.querySelectorAll('.o > li').length") == 1  # both farms lie in one district
    live.run("document.querySelector('header nav a').click()")
    assert live.run("return document.documentElement.lang") == "en"
    assert live.run("return document.querySelector('.t b').innerText") == "District"


def test_every_link_of_a_trail_opens(live, district, mixed):
    live.open(f"t/{mixed['code']}")
    links = live.run("return [...new Set([...document.querySelectorAll('a')].map(link => link.getAttribute('href')))]")
    for link in links:
        if link.startswith("/"):
            assert district[0].public.get(link.split("#")[0]).status == 200, link


def test_the_signature_on_the_page_verifies_with_common_tools(live, district, mixed, commands, tmp_path):  # noqa: F811
    live.open(f"t/{mixed['code']}")
    shown, link = live.run("""
        const link = document.querySelector('.j > li:last-child .sig a');
        return [link.innerText, link.getAttribute('href')]""")
    proof = json.loads(district[0].public.get(link).body)
    text_digest, signature, key, manifest, view = run_all(commands, proof, tmp_path)
    text = (tmp_path / "text").read_text(encoding="utf-8")
    assert text_digest == shown and signature == "Verified OK"
    assert key == line_of(text, "key")[1] and manifest == line_of(text, "body")[2]
    assert view in proof["manifest"]
    district[0].service.farmtrail("verify", str(tmp_path / "proof.json"))  # asserts that it succeeds


def test_the_trail_is_checked_on_the_served_page(live, district, mixed, tmp_path):
    from auditor import wait_until_logged
    wait_until_logged(district[0].service, district[0].public)
    bundle = district[0].public.read(f"/t/{mixed['code']}/proofs")
    (tmp_path / "trail.json").write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")
    live.open("verify.html")
    live.driver.find_element("id", "file").send_keys(str(tmp_path / "trail.json"))
    verdict, findings = live.driver.execute_async_script("""
        const done = arguments[0], look = () => {
            const banner = document.querySelector('[data-verdict]');
            if (!banner || banner.dataset.verdict === 'working')
                return setTimeout(look, 20);
            const findings = [...document.querySelectorAll('#result li')].map(item => [item.dataset.check, item.dataset.finding]);
            done([banner.dataset.verdict, findings]);
        };
        look();""")
    assert verdict == "holds", findings
    assert {finding for check, finding in findings if check in ("checkpoint", "inclusion", "registrar", "key-log", "prev")} == {"passed"}
    assert live.complaints() == []


def test_what_is_not_there_is_explained(live, district, mixed):
    other = mixed["code"][:-1] + ("0" if mixed["code"][-1] != "0" else "1")
    assert district[0].public.get(f"/t/{other}", Accept="text/html").status == 404
    live.open(f"t/{other}?lang=en")
    assert "code" in live.run("return document.querySelector('h1').innerText").lower()
    live.open("problems/lot-short?lang=en")
    assert live.run("return document.querySelector('h1').innerText") == "The party does not hold that much of the lot"


def test_the_search_box_finds_a_code(live, mixed):
    live.open("?lang=en")
    live.run("document.querySelector('#q').value = arguments[0]; document.querySelector('form').submit()", mixed["code"].lower())
    assert live.run("return [...document.querySelectorAll('main .l a')].some(hit => hit.pathname == arguments[0])",
                    f"/t/{mixed['code']}")


def test_live_pages_have_no_barrier_and_fit_the_budget(live, district, mixed):
    page = district[0].public.get(f"/t/{mixed['code']}", Accept="text/html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert len(gzip.compress(page.body, 9)) <= 14 * 1024
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/browser")
    live.open(f"t/{mixed['code']}")
    assert live.axe() == []
