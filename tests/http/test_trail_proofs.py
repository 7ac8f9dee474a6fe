# SPDX-License-Identifier: Apache-2.0
"""Trails with all their proofs: saved once, checked without the server, by the command line; what the server leaves out or
the database is made to say otherwise is found; public bundles carry shares and no kilograms."""
import hashlib
import json
import subprocess
from fractions import Fraction

import pytest
from auditor import wait_until_logged
from conftest import ago, kg, line
from service import environment, program

HOLDS, BROKEN, UNLOGGED, INCOMPLETE = 0, 4, 6, 7


@pytest.fixture
def mixed(district, service):
    """62 kg of one farm and 38 kg of another, packed; of the first lot other customers got some before and after."""
    packer, other = district.packer(), district.packer()
    farms = [district.farm(), district.farm()]
    lots = [farm.harvest(value, lot=name, harvester="张三", note="王五的地") for farm, value, name in zip(farms, (100, 38), ("H62", "H38"))]
    other.receive(farms[0].ship(other, line(lots[0], 7)))
    packer.receive(farms[0].ship(packer, line(lots[0], 62), line(farms[0].harvest(5, lot="Z"), 5)))
    packer.receive(farms[1].ship(packer, line(lots[1], 38)))
    farms[0].ship(other, line(lots[0], 9))
    packed = packer.record("mix", ago(hours=6), site="H1", inputs=[line(lots[0], 62), line(lots[1], 38)],
                           outputs=[{"product": "SALAD", "quantity": kg(100)}])["lots"][0]
    return packed, lots, farms, packer


def bundle_of(district, lot, tier=None):
    return district.public.read(f"/t/{lot['code']}/proofs" + (f"?tier={tier}" if tier else ""))


def verify(service, tmp_path, bundle, *arguments):
    path = tmp_path / "trail.json"
    path.write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")
    done = subprocess.run([program("farmtrail"), "verify", str(path), "--json", "--registrar", str(service.data / "registrar.vkey"),
                           *arguments], env={**environment(DATA="/nonexistent"), "LANG": "en", "LC_ALL": "en"}, text=True,
                          capture_output=True, check=False, timeout=60)
    report = json.loads(done.stdout)
    return done.returncode, report, {check["check"]: check["finding"] for check in report["checks"]}


@pytest.mark.parametrize("tier", ["farm", "township", "district"])
def test_a_saved_trail_holds_at_every_tier(district, service, mixed, tmp_path, tier):
    bundle = bundle_of(district, mixed[0], tier)
    code, report, checks = verify(service, tmp_path, bundle)
    assert (code, report["ok"], report["trusted"]) == (HOLDS, True, True), report
    assert [checks[name] for name in ("trail", "lots", "prev", "seq")] == ["passed"] * 4, report
    assert bundle["trail"]["tier"] == tier and {step["tier"] for step in report["steps"] if step.get("tier")} == {tier}
    told = [step["event"] for step in bundle["trail"]["steps"]]
    assert [step["event"] for step in bundle["steps"] if "event" in step] == told and len(told) >= 7


def test_a_saved_trail_stands_in_the_log_of_the_policy(district, service, mixed, tmp_path):
    wait_until_logged(service, district.public)
    bundle = bundle_of(district, mixed[0])
    assert all(isinstance(place["index"], int) for place in (*bundle["steps"], *bundle["keys"]))
    code, report, checks = verify(service, tmp_path, bundle, "--log", str(service.data / "log.vkey"))
    assert (code, report["verdict"], checks["checkpoint"]) == (HOLDS, "holds", "passed"), report
    for step in report["steps"]:
        findings = {check["check"]: check["finding"] for check in step["checks"]}
        assert findings["inclusion"] == findings["key-log"] == findings["checkpoint"] == "passed", step
    other = {**bundle, "checkpoint": bundle["checkpoint"].replace("\n— ", "\nx\n— ", 1)}
    assert verify(service, tmp_path, other, "--log", str(service.data / "log.vkey"))[0] == BROKEN
    assert verify(service, tmp_path, {**bundle, "checkpoint": None}, "--log", str(service.data / "log.vkey"))[0] == BROKEN


def test_what_is_not_logged_yet_is_told(district, service, mixed, tmp_path):
    bundle = bundle_of(district, mixed[0])
    young = {**bundle, "checkpoint": None, "steps": [{**step, "index": None, "path": []} for step in bundle["steps"]]}
    code, report, _ = verify(service, tmp_path, young, "--log", str(service.data / "log.vkey"))
    assert (code, report["verdict"]) == (UNLOGGED, "unlogged")


def test_the_served_page_is_the_one_that_the_command_line_prints(district, service):
    reply = district.public.get("/verify.html")
    done = service.farmtrail("verify", "--page", "--log", str(service.data / "log.vkey"),
                             "--registrar", str(service.data / "registrar.vkey"))
    assert done.stdout == reply.body.decode() and done.stderr.strip() == "sha256 " + hashlib.sha256(reply.body).hexdigest()
    assert "script-src 'sha256-" in reply.headers["content-security-policy"]


def test_what_others_bought_is_a_statement_without_a_view(district, service, mixed, tmp_path):
    bundle = bundle_of(district, mixed[0])
    closed = [step for step in bundle["steps"] if "event" not in step]
    # what the other customer was shipped, twice, and received; the harvest of the lot that was shipped along
    assert len(closed) == 4
    assert all(step["view"] is None and step["manifest"] is None and step["salt"] is None for step in closed)
    _, report, checks = verify(service, tmp_path, bundle)
    assert checks["withheld"] == "noted"
    assert "not shown: 3 " in next(check["text"] for check in report["checks"] if check["check"] == "withheld")


def test_a_record_that_is_left_out_is_missing(district, service, mixed, tmp_path):
    bundle = bundle_of(district, mixed[0])
    last = len(bundle["trail"]["steps"]) - 1
    for i, step in enumerate(bundle["steps"]):
        code, report, _ = verify(service, tmp_path, {**bundle, "steps": bundle["steps"][:i] + bundle["steps"][i + 1:]})
        assert code == INCOMPLETE, (i, report["verdict"])
    shorter = {**bundle["trail"], "steps": bundle["trail"]["steps"][:last]}  # the newest: nothing builds on it, but its lot
    newest = bundle["trail"]["steps"][last]["event"]
    code, _, checks = verify(service, tmp_path, {**bundle, "trail": shorter,
                                                 "steps": [s for s in bundle["steps"] if s.get("event") != newest]})
    assert code == INCOMPLETE and checks["lots"] == "missing"


def test_a_public_bundle_names_no_person_and_no_kilograms(district, mixed):
    packed, lots, _, _ = mixed
    for tier in ("farm", "township", "district"):
        bundle = bundle_of(district, packed, tier)
        shown = [step["view"] for step in bundle["steps"] if step["view"]]
        for view in shown:
            assert "KGM" not in view and '"quantity"' not in view and "张三" not in view and "王五" not in view, view
        mix = json.loads(shown[-1])
        shares = {share["farmtrail:epcClass"]: Fraction(share["farmtrail:share"]) for share in mix["farmtrail:shares"]}
        assert shares == {lots[0]["uri"]: Fraction(31, 50), lots[1]["uri"]: Fraction(19, 50)}


def test_a_region_view_is_computed_from_the_farm_view(district, mixed):
    """Tiers are resolutions of one signature: the same statements, other views and salts."""
    bundles = {tier: bundle_of(district, mixed[0], tier) for tier in ("farm", "district")}
    statements = {tier: [step["statement"] for step in bundle["steps"]] for tier, bundle in bundles.items()}
    assert statements["farm"] == statements["district"]
    salts = [{step["salt"] for step in bundle["steps"] if step["salt"]} for bundle in bundles.values()]
    assert salts[0] and not salts[0] & salts[1]


def test_lots_are_asked_for_by_any_name_too(district, mixed, packer):
    packed, _, _, owner = mixed
    assert owner.read(f"/v1/lots/{packed['id']}/proofs?tier=district")["lot"] == packed["uri"]
    assert packer.get(f"/v1/lots/{packed['id']}/proofs").status == 404
    assert district.public.get("/t/BMXAQFQ8TQNN0/proofs").status == 404
    assert district.public.get(f"/t/{packed['code']}/proofs?tier=full").status == 422


def test_a_row_that_was_edited_breaks_the_bundle(district, service, mixed, tmp_path):
    packed, lots, _, _ = mixed
    event = bundle_of(district, packed)["trail"]["steps"][0]["event"]
    with service.altered("event", f"id = '{event}'", "active", "in_transit"):
        code, report, _ = verify(service, tmp_path, bundle_of(district, packed))
        assert code == BROKEN
        assert [step["event"] for step in report["steps"] if not step["ok"]] == [event], "it names the record"
    assert verify(service, tmp_path, bundle_of(district, packed))[0] == HOLDS


def test_the_page_of_a_code_is_enough_to_check_it(district, service, mixed):
    packed, _, _, _ = mixed
    for path in (f"/t/{packed['code']}", f"/t/{packed['code']}?tier=district", f"/v1/lots/{packed['id']}/trail"):
        done = service.farmtrail("verify", f"http://127.0.0.1:{service.port}{path}", "--registrar", str(service.data / "registrar.vkey"), "--data", str(service.data))
        assert "told" in done.stdout or "trail tells is what was signed" in done.stdout, done.stdout


def test_very_many_lots_at_once_still_hold(district, service, tmp_path):
    farm = district.farm()
    lots = [farm.harvest(1) for _ in range(70)]
    made = farm.record("mix", ago(hours=2), inputs=[line(lot, 1) for lot in lots],
                       outputs=[{"product": "PAKCHOI", "quantity": kg(70)}])["lots"][0]
    code, report, checks = verify(service, tmp_path, bundle_of(district, made))
    assert code == HOLDS and checks["prev"] == checks["lots"] == "passed", report
