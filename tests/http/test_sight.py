# SPDX-License-Identifier: Apache-2.0
"""Who sees what, over HTTP: every operation of the OpenAPI document, asked by everybody who must not see a tenant for
everything that the tenant has. What is seen is nothing: the same answer as for what was never there. And, the other way
round, what buyers, officers and markets do see."""
import json
import urllib.parse

import pytest
from conftest import FAR_TOWNSHIP as BEIBEI
from conftest import TOWNSHIP, Party, ago, kg, line, uuid7
from service import Api
from tenants import Tenant

HERE, THERE = "500X01", "500101"  # Liangjiang, where one tenant is; Wanzhou, where the other is
THERE_TOWNSHIP = "500101001"
ALL = ["read", "capture", "inspect", "register"]

ITSELF = "all scopes, of the tenant itself, in another district"

# Operations without a key: what they show is public, and is held against what is personal instead.
PUBLIC = {
    "home", "health", "readiness", "version", "openapi", "robots", "verifyHelp", "listProblems", "getProblem", "search",
    "listRegions", "getRegion", "scanCode", "scanDigitalLink", "scanOwnUri", "scanOwnPackUri", "scanSscc", "scanGln", "scanGlnExtension", "scanOwnUnitUri",
    "scanOwnPlaceUri", "getCode", "getCodePng", "getCodeSvg", "getEventProof",
    "getSigningKey", "getCodeProofs", "verifier", "prepareSigningKey", "enrolSigningKey", "getLogCheckpoint", "getLogCheckpointLatest", "getLogEntries", "getLogTile", "getLogKey", "getEventTlogProof",
    "listLogs", "listLogTimestamps", "getLogTimestamp", "getEndedLogCheckpoint", "getEndedLogTile", "getEndedLogEntries", "getEndedLogKey",
}
# Taken, and judged event by event: what became of each stands in a job of its own (test_no_document_…).
DOCUMENTS = {"epcisCapture"}
# Counters of the server, no rows of anybody.
NO_ROWS = {"metrics"}
# Kinds of ids of which the world has an example that the owner is answered for, by the name in the path.
OWN_ANSWER = {"getLot": "lot", "getLotTrail": "lot", "getLotReach": "lot", "getLotProofs": "lot", "getEvent": "event", "getEventEpcis": "event",
              "getAlert": "alert", "getKey": "key", "getSite": "site", "listIssue": "item"}
# Reads of what everybody with a key may look up: with whom one deals. Nothing of a tenant is behind any id of a tenant.
LOOKED_UP = {"getParty", "getProduct", "getCertificate"}
# Of jobs: only who captured a document has one.
JOBS = {"epcisCaptureJob"}


def records(tenant, who):
    """Records that use what is not theirs to use."""
    lot, at = tenant.lot["id"], ago(hours=1)
    yield {"type": "sell", "time": at, "lots": [line(lot, 1)]}
    yield {"type": "ship", "time": at, "lots": [line(lot, 1)], "to": "X"}
    yield {"type": "ship", "time": at, "lots": [line(tenant.lot["number"], 1)], "to": "X"}
    yield {"type": "split", "time": at, "inputs": [line(tenant.lot["uri"], 1)], "outputs": [{"product": "PAKCHOI", "quantity": kg(1)}]}
    yield {"type": "inspect", "time": at, "lots": [line(lot, 1)]}
    yield {"type": "hold", "time": at, "lots": [line(lot, 1)], "reason": "other"}
    yield {"type": "receive", "time": at, "shipment": tenant.shipment}
    yield {"type": "treat", "time": at, "site": tenant.home["id"], "product": "X", "active": ["x"]}
    yield {"type": "treat", "time": at, "party": tenant.farm.number, "site": "HOME", "product": "X", "active": ["x"]}
    for event in tenant.events[:2]:
        yield {"type": "harvest", "id": event, "time": at, "site": "P1", "product": "PAKCHOI", "quantity": kg(1)}


def party_body(tenant):
    return {"number": tenant.farm.number, "kind": "cooperative", "region": tenant.region, "name": {"zh": "别人"}}


def site_body(tenant):
    return {"party": tenant.farm.id, "number": "HOME", "kind": "house", "region": tenant.region, "name": {"zh": "别人"}}


def product_body(tenant):
    return {"party": tenant.farm.id, "number": "PAKCHOI", "name": {"zh": "别人"}, "commodity": "vegetable", "unit": "KGM"}


def certificate_body(tenant):
    return {"holder": tenant.farm.id, "scheme": "green", "number": tenant.certificate["number"], "products": [], "sites": [tenant.home["id"]],
            "validFrom": "2026-01-01", "validTo": "2027-12-31"}


def product_of(tenant):
    return tenant.district.admin.read(f"/v1/products?party={tenant.farm.number}")["items"][0]["id"]


def signing_key_of(tenant):
    return tenant.district.admin.read(f"/v1/signing-keys?party={tenant.farm.id}")["items"][0]["fingerprint"]


# What is sent to operations that take a body, to reach or change what is not one's own. A new operation needs a row here;
# reads need none, they are asked with every id and filter there is.
WRITES = {
    "captureEvent": lambda t, who: [("/v1/events", body) for body in records(t, who)],
    "eraseEvent": lambda t, who: [(f"/v1/events/{event}/erase", {"reason": "mistake"}) for event in t.events],
    "endorseEvent": lambda t, who: [(f"/v1/events/{event}/endorsements", {"says": "agrees", "party": t.farm.id}) for event in t.events],
    "prepareEndorsement": lambda t, who: [(f"/v1/events/{event}/endorsements:prepare", {"says": "agrees", "party": t.farm.id, "key": "00" * 32})
                                          for event in t.events],
    "eraseParty": lambda t, who: [(f"/v1/parties/{party}/erase", {"reason": "mistake"}) for party in (t.farm.id, t.farm.number)],
    "eraseSite": lambda t, who: [(f"/v1/sites/{t.home['id']}/erase", {"reason": "mistake"})],
    "prepareEvent": lambda t, who: [("/v1/events:prepare", {"key": signing_key_of(t), "record": body}) for body in records(t, who)],
    "captureBatch": lambda t, who: [("/v1/events:batch", {"records": list(records(t, who)), "onError": "proceed"})],
    "createCode": lambda t, who: [("/v1/codes", {"kind": kind, "lot": spelling, **count}) for spelling in t.ids()["lot"]
                                  for kind, count in (("lot", {}), ("item", {"count": 2}))] +
                                 [("/v1/codes", {"kind": "place", "place": spelling}) for spelling in (t.home["id"], t.home["uri"])],
    "activateCodes": lambda t, who: [("/v1/codes:activate", {"codes": [code]}) for code in t.items],
    "voidCodes": lambda t, who: [("/v1/codes:void", {"codes": [code], "reason": "X"}) for code in t.items],
    "printLabels": lambda t, who: [("/v1/labels", {"codes": [code]}) for code in [t.lot["code"], *t.items]] +
                                  [("/v1/labels", {"from": t.items[0], "to": t.items[1]})],
    "actOnAlert": lambda t, who: [(f"/v1/alerts/{alert}/actions", {"action": "acknowledge"}) for alert in t.alerts],
    "createParty": lambda t, who: [("/v1/parties", party_body(t))],
    "createSite": lambda t, who: [("/v1/sites", site_body(t))],
    "createProduct": lambda t, who: [("/v1/products", product_body(t))],
    "createCertificate": lambda t, who: [("/v1/certificates", certificate_body(t))],
    "replaceParty": lambda t, who: [(f"/v1/parties/{t.farm.id}", party_body(t))],
    "replaceSite": lambda t, who: [(f"/v1/sites/{t.home['id']}", {**site_body(t), "region": region}) for region in (t.region, TOWNSHIP)],
    "replaceProduct": lambda t, who: [(f"/v1/products/{product_of(t)}", product_body(t))],
    "replaceCertificate": lambda t, who: [(f"/v1/certificates/{t.certificate['id']}", certificate_body(t))],
    "createKey": lambda t, who: [("/v1/keys", {"name": "X", "scopes": ["read"], "parties": [t.farm.id]}),
                                 ("/v1/keys", {"name": "X", "scopes": ["read", "admin"]})],
    "permitKey": lambda t, who: [("/v1/enrolments", {"party": spelling, "reason": "new-device"}) for spelling in (t.farm.id, t.farm.number)],
    "rotateSigningKey": lambda t, who: [("/v1/signing-keys:rotate", {"party": t.farm.id})],
    "rotateLogKey": lambda t, who: [("/v1/log:rotate", None)],
    "succeedLog": lambda t, who: [("/v1/log:succeed", {"log": "log.example", "reason": "lost"})],
    "revokeSigningKey": lambda t, who: [(f"/v1/signing-keys/{signing_key_of(t)}/revoke", {"reason": "ceased"})],
    "revokeKey": lambda t, who: [(f"/v1/keys/{t.key['id']}/revoke", None)],
    "addLogTimestamp": lambda t, who: [("/v1/log/timestamps", {"size": 1, "authority": "http://127.0.0.1:9/", "question": "AAAA", "answer": "AAAA"})],
    "addCosignatures": lambda t, who: [("/v1/log/cosignatures", {"size": 1, "lines": "— witness.example AAAAAAAAAAAA\n"})],
}


@pytest.fixture(scope="module")
def own(district):
    return Tenant(district, TOWNSHIP)


@pytest.fixture(scope="module")
def foreign(district):
    return Tenant(district, THERE_TOWNSHIP)


@pytest.fixture(scope="module")
def strangers(district, own, foreign):
    """Everybody who must see nothing of `foreign`, by what their key says."""
    def key(scopes, **bounds):
        return Api(district.service, district.key(scopes, **bounds))
    mine = [own.farm.id, own.shop.id]
    single = {f"only {scope}, of the other tenant": key([scope], parties=mine) for scope in ALL}
    return {"no key": district.public, **single,
            "all scopes, of the other tenant": key(ALL, parties=mine),
            "all scopes, of another district": key(ALL, region=HERE),
            "all scopes, of the other tenant in its district": key(ALL, parties=mine, region=HERE),
            "all scopes, of the other tenant in the district of the first": key(ALL, parties=mine, region=THERE),
            ITSELF: key(ALL, parties=[foreign.farm.id], region=HERE),
            "reader without bounds": key(["read", "inspect"]),
            "administrator of the other tenant": key([*ALL, "admin"], parties=mine),
            "administrator of another district": key([*ALL, "admin"], region=HERE)}


def operations(service, method=None):
    """(id, method, path, operation) of the document."""
    for path, methods in service.contract.document["paths"].items():
        for verb, operation in methods.items():
            if method in (None, verb.upper()):
                yield operation["operationId"], verb.upper(), path, operation


def needs_key(operation):
    return {} not in operation["security"]


def fill(path, value):
    return path[:path.index("{")] + urllib.parse.quote(value, safe="") + path[path.index("}") + 1:]


def assert_untold(reply, words, sent, about):
    """None of the words is in the answer, but those that were sent with the question."""
    text = reply.body.decode(errors="replace") + json.dumps(reply.headers)
    told = [word for word in words if word in text and word not in sent]
    assert not told, (*about, told, reply)


def plain(reply, sent):
    """A refusal without what differs by request: its id, and what was asked for."""
    problem = reply.json()
    del problem["request"]
    for error in problem.get("errors", []):
        error.pop("value", None)
    return reply.status, json.dumps(problem).replace(sent, "…")


def test_every_operation_has_a_recipe(service):
    missing = [name for name, method, path, operation in operations(service)
               if not ((method == "GET" and needs_key(operation)) or name in PUBLIC | DOCUMENTS or name in WRITES)]
    assert not missing, f"say in PUBLIC or WRITES how {missing} are asked for what is not one's own"
    unsaid = [name for name, method, path, operation in operations(service, "GET")
              if needs_key(operation) and "{" in path and name not in OWN_ANSWER and name not in LOOKED_UP | JOBS]
    assert not unsaid, f"say in OWN_ANSWER or LOOKED_UP with which id of tests/http/tenants.py {unsaid} are answered for the owner"
    names = {name for name, *_ in operations(service)}
    assert not (PUBLIC | DOCUMENTS | set(WRITES) | set(OWN_ANSWER) | LOOKED_UP | JOBS | NO_ROWS) - names, "recipes of operations that are gone"


def test_no_id_of_another_tenant_opens_anything(service, district, own, foreign, strangers):
    words = foreign.words()
    for name, _, path, operation in operations(service, "GET"):
        if "{" not in path or not needs_key(operation):
            continue
        if name in OWN_ANSWER:
            asker = district.admin if name == "getKey" else foreign.owner
            answered = [asker.get(fill(path, id_)).status for id_ in foreign.ids()[OWN_ANSWER[name]]]
            assert 200 in answered, (name, "the test would show nothing", answered)
        for who, api in strangers.items():
            granted = set(operation["security"][0]["bearer"])
            for kind, ids in foreign.ids().items():
                for id_ in ids:
                    reply = api.get(fill(path, id_))
                    about = (name, who, kind, id_)
                    if not api.key:
                        assert reply.status == 401, about
                    elif reply.status == 403:
                        assert f"only {'/'.join(granted)}" != who.split(",")[0], about
                    else:
                        assert reply.status == 404, (*about, reply)
                        if len(id_) == 36:
                            never = uuid7()
                            assert plain(reply, id_) == plain(api.get(fill(path, never)), never), about
                    assert_untold(reply, words, id_, about)


# Values for the filters of lists, by which one might tell that something is there.
def filters(tenant, name):
    lots, product = tenant.lots, "PAKCHOI"
    return {"q": [lots[0]["number"], lots[0]["code"], tenant.secret, tenant.home["id"]], "party": [tenant.farm.number, tenant.farm.id],
            "region": [tenant.region, THERE], "state": ["on_hand", "sold", "open", "active"], "rule": ["R01", "R02", "I01"],
            "product": [product], "type": ["harvest", "treat"], "since": ["2020-01-01T00:00:00Z"], "until": ["2099-01-01T00:00:00Z"],
            "minSeverity": ["low"], "facets": ["1"], "sort": ["severity", "dueAt"], "id": [i for ids in tenant.ids().values() for i in ids],
            "day": [ago()[:10]], "limit": ["1", "1000"]}.get(name, [])


def questions(tenant, path, names):
    yield path
    for name in names:
        for value in filters(tenant, name):
            yield f"{path}?{name}={urllib.parse.quote(value, safe='')}"
            if "party" in names and name != "party":
                yield f"{path}?{name}={urllib.parse.quote(value, safe='')}&party={tenant.farm.number}"
    if "facets" in names:
        yield f"{path}?facets=1&party={tenant.farm.number}"


def pages(api, target, most=40):
    """All pages of a list, or its refusal."""
    for _ in range(most):
        reply = api.get(target)
        yield reply
        following = reply.json().get("next") if reply.status == 200 else None
        if not following:
            return
        target = target.split("&cursor=")[0] + ("&" if "?" in target else "?") + f"cursor={following}"


def test_no_list_count_or_search_tells_of_another_tenant(service, foreign, strangers):
    words = foreign.words()
    for name, _, path, operation in operations(service, "GET"):
        if "{" in path or not needs_key(operation) or name in NO_ROWS:
            continue
        names = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
        cursors = [c for c in (reply.json().get("next") for reply in pages(foreign.owner, path + "?limit=1", 1) if reply.status == 200) if c]
        asked = [*questions(foreign, path, names), *(f"{path}?cursor={c}" for c in cursors)]
        for who, api in strangers.items():
            for target in asked:
                for reply in pages(api, target):
                    assert reply.status in ((401,) if not api.key else (200, 403, 404, 422)), (name, who, target, reply)
                    assert_untold(reply, words, urllib.parse.unquote(target), (name, who, target))
                    if reply.status == 200 and f"party={foreign.farm.number}" in target and name in ("listLots", "listEvents", "listAlerts"):
                        answer = reply.json()
                        assert answer["items"] == [] and not any((answer.get("facets") or {}).values()), (who, target)


def test_nothing_of_another_tenant_can_be_used_or_changed(service, district, foreign, strangers):
    words = foreign.words()
    before = service.snapshot()
    for name, method, _, operation in operations(service):
        if name not in WRITES:
            continue
        for who, api in strangers.items():
            for target, body in WRITES[name](foreign, who):
                reply = api.request(method, target, body, **({"If-Match": "*"} if method == "PUT" else {}))
                about = (name, who, target, body)
                if name == "captureBatch" and reply.status == 200:
                    assert all(result["status"] >= 400 for result in reply.json()["results"]), (*about, reply)
                else:
                    assert reply.status in ((401,) if not api.key else (403, 404, 409, 422)), (*about, reply)
                sent = urllib.parse.unquote(target) + json.dumps(body, ensure_ascii=False)
                assert_untold(reply, words, sent, about)
    assert service.snapshot() == before, "a refusal left something"


def documents(tenant):
    """Partners' documents that name what is not their party's."""
    at = {"eventTime": ago(hours=1), "eventTimeZoneOffset": "+08:00"}
    for lot in tenant.lots:
        some = [{"epcClass": lot["uri"], "quantity": 1, "uom": "KGM"}]
        yield {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "storing", "quantityList": some, **at}
        yield {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "quantityList": some, **at}
        yield {"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "quantityList": some, **at}
        yield {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": "urn:epc:id:sscc:0614141.1234567890",
               "childQuantityList": some, **at}
        yield {"type": "TransformationEvent", "inputQuantityList": some,
               "outputQuantityList": [{"epcClass": f"https://partner.example/lot/{uuid7()}", "quantity": 1, "uom": "KGM"}], **at}


def test_no_document_opens_what_is_another_tenants(service, foreign, strangers):
    words, events = foreign.words(), service.rows("SELECT count(*) FROM event")
    for who, api in strangers.items():
        for event in documents(foreign):
            sent = {"@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"], "type": "EPCISDocument",
                    "schemaVersion": "2.0", "creationDate": ago(), "epcisBody": {"eventList": [event]}}
            reply = api.post("/epcis/capture", sent)
            assert reply.status in ((401,) if not api.key else (202, 403, 404)), (who, event, reply)
            assert_untold(reply, words, json.dumps(sent), (who, event))
            if reply.status == 202:
                job = reply.headers["location"].rsplit("/", 1)[1]
                errors = bytes(service.value("SELECT errors FROM capture_job WHERE id = %s", job)).decode()
                assert '"slug":"not-known-yet"' in errors or '"pointer":"/party"' in errors, (who, event, errors)
                assert_untold(api.get(reply.headers["location"]), words, json.dumps(sent), (who, event))
    assert service.rows("SELECT count(*) FROM event") == events, "a refusal left something"


def test_what_is_foreign_is_refused_as_what_was_never_there(foreign, strangers):
    """A stranger cannot tell by the refusal whether a lot, shipment or site is there."""
    never = {foreign.lot["id"]: None, foreign.shipment: None, foreign.home["id"]: uuid7()}
    stranger = strangers["all scopes, of the other tenant"]
    gone = Tenant.__new__(Tenant)
    gone.lot = {"id": foreign.lot["number"] + "x", "number": foreign.lot["number"] + "y", "uri": foreign.lot["uri"] + "z"}
    gone.shipment, gone.home, gone.events, gone.farm = uuid7(), {"id": never[foreign.home["id"]]}, [], foreign.farm
    for real, unreal in zip(records(foreign, ""), records(gone, "")):
        if real["type"] == "receive":
            unreal["shipment"] = foreign.shipment[:-4] + ("AAAA" if foreign.shipment[-4:] != "AAAA" else "BBBB")
        answers = []
        for body in (real, unreal):
            reply = stranger.post("/v1/events", body)
            problem = reply.json()
            answers.append((reply.status, problem["type"], [(e["pointer"], e["rule"]) for e in problem.get("errors", [])]))
        assert answers[0] == answers[1], (real, unreal)


def test_the_public_sees_nothing_personal(service, district, own, foreign):
    """Each operation without a key, with each id: pages and JSON, in both languages."""
    words = own.personal() | foreign.personal()
    values = [text for ids in foreign.ids().values() for text in ids] + [foreign.farm.number, foreign.secret, foreign.person["id"]]
    for name, method, path, operation in operations(service, "GET"):
        if needs_key(operation) or name in ("openapi",):
            continue
        names = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
        targets = [fill(path, value) for value in values] if path.count("{") == 1 else [path] if "{" not in path else []
        targets += [f"{path}?{n}={urllib.parse.quote(value)}" for n in names if n in ("q", "name") for value in values if "{" not in path]
        if name == "scanOwnUri":
            targets = [urllib.parse.urlsplit(lot["uri"]).path for lot in foreign.lots]
        if name in ("scanOwnPlaceUri", "scanOwnUnitUri"):
            own_path = urllib.parse.urlsplit(foreign.farm.uri).path
            targets = [f"{own_path}/{path[len('/o/{org}/')]}/{number}" for number in ("HOME", "P1", foreign.secret)]
        if name == "getEventProof":
            targets += [f"{target}?tier={tier}" for target in targets for tier in ("full", "farm", "township", "district")]
        for target in targets:
            for accept in ("application/json", "text/html", "application/linkset+json"):
                for language in ("zh", "en"):
                    reply = district.public.get(target, Accept=accept, **{"Accept-Language": language})
                    assert reply.status in (200, 303, 307, 404, 406, 409, 410, 422), (name, target, reply)
                    assert_untold(reply, words, urllib.parse.unquote(target), (name, target, accept))


# — what one does see —
def test_a_buyer_sees_what_it_was_shipped_and_where_that_is_from(district, own):
    shop, lot = own.shop, own.lot
    listed = shop.read("/v1/lots")["items"]
    assert [item["id"] for item in listed] == [lot["id"]], "not what else became of it"
    assert {holder["party"]["id"] for item in listed for holder in item["stock"]} == {shop.id}
    trail = shop.read(f"/v1/lots/{lot['id']}/trail")
    assert [step["type"] for step in trail["steps"]][-3:] == ["harvest", "ship", "receive"] and trail["originCount"] == 1
    assert [item["type"] for item in shop.read("/v1/events")["items"]] == ["receive"]
    assert shop.read(f"/v1/events/{own.shipped['event']}")["type"] == "ship", "it was sent to it"
    assert shop.get(f"/v1/events/{own.harvested['event']}").problem() == "not-found"
    assert shop.read(f"/v1/things?id={own.shipment}")["kind"] == "shipment"
    assert shop.get(f"/v1/lots/{own.lots[1]['id']}").problem() == "not-found"
    buyer = Api(district.service, district.key(["inspect", "read"], parties=[shop.id]))
    assert [a["id"] for a in buyer.read("/v1/alerts")["items"]] == own.alerts, "what it holds is in question"


def test_an_officer_sees_the_region_and_what_flowed_into_it(district, own, foreign):
    officer = district.inspector(HERE)
    assert {lot["id"] for lot in own.lots} <= {item["id"] for item in officer.read("/v1/lots?limit=1000")["items"]}
    assert set(own.alerts) <= {a["id"] for a in officer.read("/v1/alerts?limit=1000")["items"]}
    assert {h["party"]["id"] for h in officer.read(f"/v1/lots/{own.lot['id']}")["stock"]} == {own.farm.id, own.shop.id}
    home = officer.read(f"/v1/sites/{own.home['id']}")
    assert home["geometry"]["type"] == "Point", "an officer finds the place"
    # goods from another district, once they are on their way here, with what they were made of
    made = foreign.farm.record("mix", ago(hours=3), inputs=[line(foreign.lots[1], 1)], outputs=[{"product": "PAKCHOI", "quantity": kg(1)}])
    mixed = made["lots"][0]
    assert officer.get(f"/v1/lots/{mixed['id']}").problem() == "not-found"
    market = district.party("market", TOWNSHIP)
    foreign.farm.ship(market, line(mixed, 1), time=ago(hours=2))
    for lot in (mixed, foreign.lots[1], foreign.lot):
        assert officer.read(f"/v1/lots/{lot['id']}")["id"] == lot["id"]
        assert market.read(f"/v1/lots/{lot['id']}/trail")["lot"]["id"] == lot["id"]
    assert mixed["id"] in [item["id"] for item in officer.read("/v1/lots?limit=1000")["items"]]


def test_a_region_includes_what_its_successor_took_over(district):
    """Yubei and Beibei gave townships to Liangjiang: the new district sees them under their old codes as well."""
    gone, stayed = district.farm(TOWNSHIP), district.farm(BEIBEI)
    lot, kept = gone.harvest(1), stayed.harvest(1)
    for region, sees in ((HERE, True), ("500000", True), (TOWNSHIP, True), ("500101", False), (BEIBEI, False)):
        officer = district.inspector(region)
        assert (officer.get(f"/v1/lots/{lot['id']}").status == 200) is sees, region
        assert (lot["id"] in [i["id"] for i in officer.read(f"/v1/lots?party={gone.number}")["items"]]) is sees, region
    assert district.inspector(BEIBEI).read(f"/v1/lots/{kept['id']}")["id"] == kept["id"]


def test_a_key_of_a_party_and_a_region_sees_what_lies_in_both(district, own):
    """A branch of a firm sees what the firm does there."""
    firm = Party(district, district.number("FIRM"), "enterprise", THERE_TOWNSHIP)
    firm.product()
    firm.site("P1", region=TOWNSHIP)
    firm.site("P2", region=THERE_TOWNSHIP)
    here, there = firm.harvest(1, site="P1"), firm.harvest(1, site="P2")
    branch = Api(district.service, district.key(["read"], parties=[firm.id], region=HERE))
    assert branch.read(f"/v1/lots/{here['id']}")["id"] == here["id"]
    assert branch.get(f"/v1/lots/{there['id']}").problem() == "not-found"
    assert [item["id"] for item in branch.read("/v1/lots")["items"]] == [here["id"]]
    assert len(branch.read("/v1/events")["items"]) == 1 and len(firm.read("/v1/events")["items"]) == 2
    assert branch.get(f"/v1/lots/{own.lot['id']}").problem() == "not-found", "in the region, but of others"
