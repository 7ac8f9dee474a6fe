# SPDX-License-Identifier: Apache-2.0
"""Erasing a person who is a party, or whose home a site is: name, numbers, codes and places go for ever from every row, version
and page, the party acts no more, and everything that is left verifies and stands as before."""
import concurrent.futures
import json
import secrets
import subprocess

import pytest
from auditor import wait_until_logged
from conftest import TOWNSHIP, ago, kg, uuid7
from persons import Person, found, word
from service import Api, program, wait_for
from test_monitor import WELL, monitor, url_of

@pytest.fixture(params=[False, True], ids=["a person", "a person registered as an organisation"])
def person(district, request):
    return Person(district, known=request.param)


@pytest.fixture
def farmer(district):
    return Person(district)


def in_public(person, words):
    """What of the words anybody, the party's own key, an officer or an administrator is shown."""
    officer, shown = person.district.inspector(TOWNSHIP), []
    paths = [person.path, f"{person.path}/proofs", *(f"{person.path}?tier={tier}" for tier in ("farm", "township", "district")),
             *(f"/q?q={w}" for w in words), f"/v1/lots/{person.lot['id']}", f"/v1/lots/{person.lot['id']}/trail?tier=farm",
             f"/v1/lots/{person.lot['id']}/trail?tier=farm&asOf={ago(minutes=-1)}", f"/v1/lots/{person.lot['id']}/reach", f"/v1/events/{person.event}", f"/v1/events/{person.event}/epcis",
             f"/v1/parties/{person.id}", f"/v1/parties/{person.id}?version=1", f"/v1/parties/{person.id}?version=2", f"/v1/sites/{person.home['id']}",
             f"/v1/sites/{person.home['id']}?version=1", "/v1/keys?limit=1000", "/v1/audit?limit=1000",
             f"/v1/parties?region={TOWNSHIP}&limit=1000", f"/v1/sites?party={person.id}"]
    for api in (person.district.public, person.api, person.shop, officer, person.admin):
        for path in paths:
            for headers in ({}, {"accept": "text/html", "accept_language": "zh"}, {"accept": "text/html", "accept_language": "en"}):
                body = api.get(path, **headers).body.decode(errors="replace").lower()
                shown += [(path, w) for w in words if w.lower() in body and f"q={w}" not in path]
    return shown


def holders(person):
    """Who holds how much of what the lot became, as an officer sees it."""
    lots = person.district.inspector(TOWNSHIP).read(f"/v1/lots/{person.lot['id']}/reach")["holders"]
    return sorted((row["party"]["id"], row["state"], row["quantity"]["value"]) for row in lots)


def verified(service, tmp_path, document):
    file = tmp_path / f"{secrets.token_hex(4)}.json"
    file.write_text(json.dumps(document))
    done = subprocess.run([program("farmtrail"), "verify", str(file), "--data", str(service.data), "--lang", "en"], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def logged(person):
    wait_until_logged(person.district.service, person.district.public)
    assert wait_for(lambda: person.district.service.value("SELECT count(*) FROM log_pending") == 0)


def test_nothing_names_the_person_any_more(district, person):
    service = district.service
    district.public.read(person.path, accept="application/json")  # kept, in memory and in the table
    assert sorted(found(service, person.words())) == sorted(person.words()), "else the test would show nothing"
    stock, reach = district.stock(person.lot), holders(person)
    reply = person.erase()
    assert reply.status == 200 and "farmtrail/erase@v1" in reply.json()["statement"], reply
    assert found(service, person.words()) == [] and in_public(person, person.words()) == []
    assert district.stock(person.lot) == stock
    party, home = person.admin.read(f"/v1/parties/{person.id}"), person.admin.read(f"/v1/sites/{person.home['id']}")
    assert party["erasedAt"] == home["erasedAt"] == reply.json()["erasedAt"] and party["state"] == "closed" and party["personal"]
    assert party["name"] == home["name"] == {"zh": "已删除", "en": "removed"} and "geometry" not in home
    assert holders(person) == reach and len(reach) == 2


def test_trails_say_since_when_and_keep_their_places(district, person):
    before = district.public.read(person.path, accept="application/json")
    when = person.erase().json()["erasedAt"]
    after = district.public.read(person.path, accept="application/json")
    [origin] = after["origins"]
    assert origin["party"]["withheld"] == origin["farm"]["withheld"] == "personal" and origin["party"]["erasedAt"] == origin["farm"]["erasedAt"] == when
    for member in ("share", "shareExact", "province", "city", "district", "township"):
        assert origin.get(member) == before["origins"][0].get(member)
    assert origin["district"] and origin["township"]
    assert [step["event"] for step in after["steps"]] == [step["event"] for step in before["steps"]]
    for language, says in (("zh", f"已于 {when[:10]} 删除"), ("en", f"removed on {when[:10]}")):
        page = district.public.get(person.path, accept="text/html", accept_language=language).body.decode()
        assert says in page, page
    officer = district.inspector(TOWNSHIP).read(f"/v1/lots/{person.lot['id']}/trail?tier=farm")
    assert officer["origins"][0]["party"]["erasedAt"] == when and "name" not in officer["origins"][0]["party"]


def test_what_is_left_verifies(district, person, tmp_path):
    service = district.service
    person.erase()
    logged(person)
    for tier in ("farm", "township", "district"):
        verified(service, tmp_path, district.public.read(f"{person.path}/proofs?tier={tier}"))
        verified(service, tmp_path, person.shop.read(f"/v1/events/{person.event}/proof?tier={tier}"))
    code, answer = service.recount()
    assert code == 0, answer
    vkeys = [(service.data / name).read_text() for name in ("log.vkey", "registrar.vkey")]
    for name, text in zip(("log", "registrar"), vkeys):
        (tmp_path / name).write_text(text)
    state = ("--log", tmp_path / "log", "--registrar", tmp_path / "registrar", "--state", tmp_path / "state")
    assert monitor(url_of(service), *state, check=WELL)["findings"] == []
    # Three versions of the party and the home's one, each with its entry.
    kinds = service.rows("SELECT kind, count(*) FROM log_leaf WHERE id IN (%s, %s) AND kind LIKE 'erase%%' GROUP BY 1 ORDER BY 1", person.id, person.home["id"])
    assert kinds == [("erase-party", 2), ("erase-site", 1)]


def test_the_sweep_finds_nothing_and_notices_what_is_altered_afterwards(district, farmer):
    service = district.service
    farmer.erase()
    logged(farmer)
    swept = district.metric("farmtrail_log_swept_total")
    total = service.value("SELECT count(*) FROM log_leaf")
    assert wait_for(lambda: district.metric("farmtrail_log_swept_total") > swept + 2 * total, 300)
    assert service.value("SELECT count(*) FROM log_alteration") == 0
    where = f"kind = 'party' AND id = '{farmer.id}' AND version = 1"
    with service.altered("master_version", where, "family_farm", "enterprise"):
        assert wait_for(lambda: service.value("SELECT count(*) FROM log_alteration WHERE part = 'body'") == 1, 300)
    service.cluster.execute(service.database, "DELETE FROM log_alteration")


def test_who_was_erased_acts_no_more(district, farmer):
    service = district.service
    permit = farmer.admin.make("/v1/enrolments", {"party": farmer.id, "reason": "new-device"})
    both = Api(service, district.key(["capture", "read"], parties=[farmer.shop.id, farmer.id]))
    wide = Api(service, district.key(["capture", "read"], region=TOWNSHIP))
    farmer.erase()
    record = {"type": "harvest", "time": ago(hours=1), "party": farmer.id, "site": farmer.home["id"], "product": "PAKCHOI", "quantity": kg(1)}
    assert farmer.api.post("/v1/events", record).status == 401, "its key opens nothing"
    assert both.post("/v1/events", record).status == 404, "a key of others acts for it no more"
    assert both.read(f"/v1/lots?party={farmer.shop.id}")["items"], "and for the others as before"
    for api in (farmer.admin, wide):
        refused = api.post("/v1/events", record)
        assert refused.status == 410 and refused.json()["type"].endswith("/erased"), refused
    for path, body in (("/v1/enrolments", {"party": farmer.id, "reason": "new-device"}), ("/v1/sites", {**farmer.home_body, "number": "NEW"}),
                       ("/v1/products", {"party": farmer.id, "number": "NEW", "name": {"zh": "新"}, "unit": "KGM", "commodity": "vegetable"}),
                       ("/v1/parties", {**farmer.body, "id": farmer.id})):
        assert farmer.admin.post(path, body).status == 410, path
    assert farmer.admin.post("/v1/keys", {"name": "x", "scopes": ["read"], "parties": [farmer.id]}).status == 422
    assert farmer.admin.post("/v1/signing-keys:rotate", {"party": farmer.id}).status == 409
    assert farmer.admin.post("/v1/signing-keys:prepare", {"token": permit["token"], "spki": "AAAA"}).status == 422
    for path, body in ((f"/v1/parties/{farmer.id}", farmer.body), (f"/v1/sites/{farmer.home['id']}", farmer.home_body)):
        assert farmer.put(path, body).status == 410, path
    stranger = Api(service, district.key(["register"], parties=[farmer.shop.id]))
    assert farmer.put(f"/v1/sites/{farmer.home['id']}", {**farmer.home_body, "party": farmer.shop.id}, api=stranger).status == 404
    keys = farmer.admin.read(f"/v1/signing-keys?party={farmer.id}")["items"]
    assert [(key["state"], key["reason"]) for key in keys] == [("revoked", "ceased")], keys
    assert service.value("SELECT count(*) FROM key_secret WHERE fingerprint IN (SELECT fingerprint FROM signing_key WHERE org_id = %s)", farmer.id) == 0


def test_its_numbers_are_free_again_and_find_it_no_more(district, farmer):
    farmer.erase()
    for spelling in (farmer.number, farmer.uscc, farmer.gln):
        assert farmer.admin.get(f"/v1/parties/{spelling}").status == 404, spelling
    assert farmer.admin.get(f"/v1/things?id={farmer.home['uri']}").status == 404
    assert farmer.admin.post("/v1/parties", {**farmer.body, "name": {"zh": "另一个人"}}).status == 201


def test_erasing_twice_or_at_once_is_erasing_once(district, farmer):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: farmer.erase(api=Api(district.service, district.service.admin_key)), range(4)))
    assert [reply.status for reply in replies] == [200] * 4 and len({json.dumps(reply.json()) for reply in replies}) == 1
    assert farmer.erase(reason="order").json() == replies[0].json()
    acts = [act for act in farmer.admin.read("/v1/audit?limit=1000")["items"] if act["subject"] == farmer.id]
    assert [act["action"] for act in acts] == ["eraseParty", "replaceParty", "createParty"]
    assert district.service.value("SELECT max(version) FROM master_version WHERE id = %s", farmer.id) == 3


def test_at_once_with_changes_nothing_comes_back(district):
    """An update, a site, a key and a record that are in flight are either erased with it or refused."""
    service = district.service
    for _ in range(6):
        farmer = Person(district)
        late = word()
        jobs = [lambda f=farmer: f.erase(),
                lambda f=farmer: f.put(f"/v1/parties/{f.id}", {**f.body, "name": {"zh": f"张{late}"}}, Api(service, service.admin_key)),
                lambda f=farmer: Api(service, service.admin_key).post("/v1/sites", {**f.home_body, "number": late, "name": {"zh": late}}),
                lambda f=farmer: f.put(f"/v1/sites/{f.home['id']}", {**f.home_body, "name": {"zh": late}}, Api(service, service.admin_key)),
                lambda f=farmer: Api(service, service.admin_key).post("/v1/keys", {"name": late, "scopes": ["read"], "parties": [f.id]}),
                lambda f=farmer: f.api.post("/v1/events", {"type": "harvest", "time": ago(days=1), "site": f.home["id"], "product": "PAKCHOI",
                                                           "quantity": kg(1), "harvester": late})]
        with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
            replies = [job.result() for job in [pool.submit(job) for job in jobs]]
        assert replies[0].status == 200, replies
        assert {reply.status for reply in replies[1:]} <= {200, 201, 401, 409, 410, 422}, replies
        assert found(service, [*farmer.words(), late]) == [], replies
        assert service.value("SELECT count(*) FROM api_key WHERE %s::uuid = ANY (parties) AND state = 'active'", farmer.id) == 0


def test_a_home_alone(district, farmer, tmp_path):
    service = district.service
    reply = farmer.erase_home()
    assert reply.status == 200 and farmer.erase_home().json() == reply.json()
    assert found(service, [farmer.lon, farmer.place]) == [] and len(found(service, [farmer.name, farmer.number])) == 2
    assert in_public(farmer, [farmer.lon, farmer.place]) == []
    place = district.public.read(farmer.path, accept="application/json")["origins"][0]
    assert place["farm"]["erasedAt"] == reply.json()["erasedAt"] and "erasedAt" not in place["party"]
    logged(farmer)
    verified(service, tmp_path, district.public.read(f"{farmer.path}/proofs"))
    assert farmer.api.record("harvest", ago(hours=3), site=farmer.home["id"], product="PAKCHOI", quantity=kg(1))["event"], "its owner goes on"
    assert farmer.api.post("/v1/events", {"type": "harvest", "time": ago(hours=2), "site": farmer.place, "product": "PAKCHOI",
                                          "quantity": kg(1)}).status == 404
    assert farmer.erase().status == 200 and found(service, farmer.words()) == []


def test_many_records_go_in_portions(district, farmer):
    records = [{"id": uuid7(), "type": "harvest", "time": ago(days=3), "site": farmer.place, "product": "PAKCHOI", "quantity": kg(1),
                "harvester": farmer.name} for _ in range(230)]
    done = farmer.api.post("/v1/events:batch", {"records": records, "onError": "rollback"})
    assert done.status == 200 and {result["status"] for result in done.json()["results"]} == {201}
    assert farmer.erase().status == 200
    assert found(district.service, farmer.words()) == []
    assert district.service.value("SELECT count(*) FROM erasure WHERE org_id = %s", farmer.id) >= 230


def test_only_an_administrator_erases_and_says_why(district, farmer):
    stranger = Api(district.service, district.key(["admin", "read"], parties=[farmer.shop.id]))
    for erase in (farmer.erase, farmer.erase_home):
        assert erase(api=farmer.api).status == 403 and erase(api=district.public).status == 401
        assert erase(api=stranger).status == 404
    assert farmer.erase(reason="because Mr Li asked").status == 422
    assert farmer.admin.post(f"/v1/parties/{uuid7()}/erase", {"reason": "order"}).status == 404
    registrar = farmer.admin.read("/v1/parties/REGISTRAR")["id"]
    assert farmer.admin.post(f"/v1/parties/{registrar}/erase", {"reason": "order"}).status == 403
    assert "erasedAt" not in farmer.admin.read(f"/v1/parties/{farmer.id}")


def test_the_server_itself_erases_nothing_without_an_entry(district, farmer):
    connection = district.service.cluster.connect(district.service.database)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET ROLE ft_app")
            cursor.execute("SELECT set_config('ft.service', 'on', true)")
            cursor.execute("SELECT master_erase('party', %s, 1, 'x'::bytea), things_forget('party', %s, (SELECT array_agg(hash) FROM thing))",
                           [farmer.id, farmer.id])
            assert cursor.fetchall() == [(False, 0)]
            cursor.execute("SELECT * FROM party_forget(%s, now())", [farmer.id])
            assert cursor.fetchall() == []
    finally:
        connection.close()
    assert farmer.api.read(f"/v1/parties/{farmer.number}")["id"] == farmer.id


@pytest.mark.parametrize("member", ["phone", "contact", "identityNumber", "idCard", "address"])
def test_what_has_no_place_here_is_refused(district, farmer, member):
    """Nobody's phone, identity number or address can be stored: no form has a member for it."""
    record = {"type": "harvest", "time": ago(days=1), "site": farmer.place, "product": "PAKCHOI", "quantity": kg(1)}
    for path, body in (("/v1/parties", {**farmer.body, "number": word()}), ("/v1/sites", {**farmer.home_body, "number": word()}), ("/v1/events", record)):
        refused = farmer.admin.post(path, {**body, **({"party": farmer.id} if path == "/v1/events" else {}), member: "13800000000"})
        assert refused.status == 422 and refused.json()["type"].endswith("/field-unknown"), refused
