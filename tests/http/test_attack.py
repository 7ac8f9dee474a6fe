# SPDX-License-Identifier: Apache-2.0
"""What somebody tries who wants more than is his: keys beyond their bounds, stock out of nothing, names that mislead."""
import copy
import gzip
import json
from concurrent.futures import ThreadPoolExecutor

from conftest import OTHER_TOWNSHIP, TOWNSHIP, District, ago, kg, line
from service import Api, free_port, wait_for

HARVEST = {"type": "harvest", "product": "PAKCHOI", "site": "P1", "quantity": {"value": "7", "unit": "KGM"}}


def test_a_key_of_a_region_records_for_parties_of_that_region_alone(district, farm):
    record = {**HARVEST, "party": farm.id, "time": ago(days=1)}
    stranger = Api(district.service, district.key(["capture", "read"], region=OTHER_TOWNSHIP))
    before = district.service.snapshot()
    assert stranger.post("/v1/events", record).problem() == "not-found"
    assert district.service.snapshot() == before
    official = Api(district.service, district.key(["capture", "read"], region=TOWNSHIP))
    assert official.post("/v1/events", record).status == 201


def test_a_key_of_a_region_does_not_reach_lots_that_its_party_never_held(district, farm, packer):
    lot = farm.harvest(100)
    official = Api(district.service, district.key(["capture", "read"], region=OTHER_TOWNSHIP))
    mix = {"type": "mix", "party": packer.id, "time": ago(days=1), "inputs": [line(lot, 1)],
           "outputs": [{"product": "SALAD", "quantity": kg(1)}]}
    assert official.post("/v1/events", mix).problem() == "not-known-yet"
    packer.receive(farm.ship(packer, line(lot, 10)), time=ago(hours=23))
    assert official.post("/v1/events", {**mix, "time": ago(hours=22)}).status == 201


def test_nobody_receives_from_himself(farm):
    lot = farm.harvest(10)
    before = farm.stock(lot)
    reply = farm.refuse("receive", ago(hours=3), **{"from": farm.id}, lots=[line(lot, 100000)])
    assert (reply.problem(), reply.pointer()) == ("field-range", "/from")
    assert farm.stock(lot) == before


def test_a_lot_number_survives_in_a_path(farm):
    for number in (".", ".."):
        reply = farm.post("/v1/events", {**HARVEST, "time": ago(days=1), "lot": number})
        assert (reply.problem(), reply.pointer()) == ("identifier-syntax", "/lot")


def steps(api, lot):
    return [step["event"] for step in api.read(f"/t/{lot['code']}", Accept="application/json")["steps"]]


def test_a_kept_trail_ends_when_a_slow_commit_brings_an_older_version(new_service):
    """Writers take their times of recording before they commit: the newest version of a trail may be there first."""
    service = new_service(TRAIL_CACHE=0).start()
    farm = District(service).farm()
    lot = farm.harvest(10)
    mixed = farm.record("mix", ago(days=1), inputs=[line(lot, 1)],
                        outputs=[{"product": "PAKCHOI", "quantity": kg(1)}])["lots"][0]
    kept = "SELECT computed_at FROM trail_summary s JOIN lot l USING (org_id, lot_id) WHERE l.uri = %s"
    steps(farm.district.public, mixed)
    first = service.value(kept, mixed["uri"])
    steps(farm.district.public, mixed)
    assert service.value(kept, mixed["uri"]) == first
    service.cluster.execute(service.database, "UPDATE lot SET version = version - interval '1 us'"
                                              f" WHERE uri = '{lot['uri']}'")
    steps(farm.district.public, mixed)
    assert service.value(kept, mixed["uri"]) > first
    service.stop()


def forged(body, name):
    """Another trail under the mark of a true one."""
    trail = json.loads(gzip.decompress(bytes(body)[32:]))
    trail["lot"]["number"] = name
    return bytes(body)[:32] + gzip.compress(json.dumps(trail).encode())


ROWS = "trail_summary s SET {} FROM lot l WHERE l.org_id = s.org_id AND l.lot_id = s.lot_id AND l.uri = %s"


def test_a_kept_trail_that_somebody_wrote_is_not_shown(new_service):
    """It is shown without a look at records: another text, that of another lot, one that has had its time."""
    service = new_service(TRAIL_CACHE=0).start()
    farm = District(service).farm()
    lot, other = farm.harvest(10), farm.harvest(20)

    def read():
        """As JSON and as a page, from the table's row and computed anew; what the JSON says."""
        replies = [farm.district.public.get(f"/t/{lot['code']}", Accept=form, **more)
                   for form in ("text/html", "application/json") for more in ({"Accept_Encoding": "gzip"}, {})]
        assert not any(b"X-1" in (gzip.decompress(r.body) if "content-encoding" in r.headers else r.body) for r in replies)
        trail = replies[-1].json()
        assert trail["lot"]["number"] == lot["number"]
        return trail

    def alter(change, *values):
        before = service.log().count("event=trail-altered")
        service.rows("UPDATE " + ROWS.format(change) + " RETURNING 1", *values, lot["uri"])
        read()
        assert service.log().count("event=trail-altered") > before

    steps(farm.district.public, other)
    read()
    [(body,)] = service.rows("SELECT body FROM trail_summary s JOIN lot l USING (org_id, lot_id) WHERE l.uri = %s", lot["uri"])
    far = "good_until = good_until + interval '1 day'"
    for change, *values in (("body = %s", forged(body, "X-1")), ("body = substr(%s, 33)", forged(body, "X-1")), (far,), ("lots = lots || gen_random_uuid()",),
                            ("body = (SELECT body FROM trail_summary o WHERE o.lot_id <> s.lot_id)",), ("body = ''",)):
        alter(change, *values)
    old = service.rows("SELECT lots, versions, good_until, computed_at, body FROM trail_summary s JOIN lot l USING (org_id, lot_id) WHERE l.uri = %s", lot["uri"])[0]
    farm.record("hold", ago(hours=1), lots=[{"lot": lot["id"]}], reason="x")
    assert read()["verdict"] == "on_hold"
    service.rows("UPDATE " + ROWS.format("good_until = %s, computed_at = %s, body = %s") + " RETURNING 1", *old[2:], lot["uri"])
    assert read()["verdict"] == "on_hold", "what was true before the hold is not"
    service.stop()


def test_a_page_in_memory_learns_what_another_server_captured(new_service):
    first = new_service().start()
    district = District(first)
    farm = district.farm()
    lot = farm.harvest(10)
    assert len(steps(district.public, lot)) == 1
    second = copy.copy(first)  # on the same database and directory
    second.port, second.process = free_port(), None
    second.start()
    try:
        sold = Api(second, farm.key).record("sell", ago(hours=1), lots=[line(lot, 1)])["event"]
        assert sold in steps(Api(second), lot)
        assert wait_for(lambda: sold in steps(district.public, lot), seconds=20, pause=1)
        second.stop()
    finally:
        second.process.kill()
    first.stop()


def test_large_records_that_come_together_do_not_hold_up_the_rest(district):
    farm, other = district.farm(), district.farm()
    lots = [farm.harvest(100, lot=f"FAT{i}") for i in range(50)]
    mix = {"type": "mix", "time": ago(days=1), "inputs": [line(lot, 1) for lot in lots],
           "outputs": [{"product": "PAKCHOI", "quantity": kg("0.1")}] * 100}
    assert farm.post("/v1/events", {**mix, "outputs": mix["outputs"] + mix["outputs"][:1]}).pointer() == "/outputs"
    with ThreadPoolExecutor(9) as pool:
        large = [pool.submit(farm.post, "/v1/events", mix) for _ in range(8)]
        small = pool.submit(other.harvest, 1)
        assert [reply.result().status for reply in large] == [201] * 8
        assert small.result()


def test_an_id_that_names_nothing_is_no_id(farm):
    """Taken for absent, it would store the record again each time it is sent again."""
    reply = farm.post("/v1/events", {**HARVEST, "time": ago(days=1), "id": "00000000-0000-0000-0000-000000000000"})
    assert (reply.problem(), reply.pointer()) == ("field-type", "/id")
