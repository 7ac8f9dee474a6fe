# SPDX-License-Identifier: Apache-2.0
"""One transformation that several events tell together (EPCIS 2.0, 7.4.6, transformationID): whatever went in by any of them may
have gone into whatever came out by any of them, in whatever order they come, as known at any time, and for who captured them."""
import concurrent.futures
import datetime
import itertools
import json
import random

import pytest
from conftest import FAR_TOWNSHIP, OTHER_TOWNSHIP, District, ago, kg, line, uuid7
from service import wait_for
from test_alerts_capture import harvest, treat
from test_epcis import amount, captured, document, event, job_of, capture, new_class, trail_of
from test_epcis_declared import declared

fresh_runs = itertools.count(1)


def run_id():
    return f"https://press.example/run/{next(fresh_runs)}"


def piece(run, inputs=(), outputs=(), **members):
    return {"type": "TransformationEvent", "eventID": f"urn:uuid:{uuid7()}", "eventTime": ago(hours=5), "eventTimeZoneOffset": "+08:00",
            "transformationID": run, **({"inputQuantityList": list(inputs)} if inputs else {}),
            **({"outputQuantityList": list(outputs)} if outputs else {}), **members}


def origins(trail):
    return sorted((origin["lotNumber"], origin["shareExact"]) for origin in trail["origins"])


def lot_of(party, uri):
    return party.read("/v1/things?id=" + uri)


def reached(district, uri):
    return {(row["number"], row["depth"]) for row in district.admin.read(f"/v1/lots/{lot_of(district.admin, uri)['id']}/reach")["lots"]}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+", "%2B")


class Press:
    """Olives in two deliveries, oil in two tanks, and what was made of one tank."""

    def __init__(self, both=False):
        self.run = run_id()
        self.green, self.black, self.oil, self.rest, self.bottle = (new_class(n) for n in ("GREEN", "BLACK", "OIL", "REST", "BOTTLE"))
        first = piece(self.run, [amount(self.green, 300)], [amount(self.oil, 50)] if both else ())
        self.pieces = [first, piece(self.run, [amount(self.black, 100)])]
        self.pieces += [piece(self.run, (), [amount(self.rest, 20)])] + ([] if both else [piece(self.run, (), [amount(self.oil, 50)])])
        self.events = self.pieces + [{**piece(None, [amount(self.oil, 10)], [amount(self.bottle, 9)]), "eventTime": ago(hours=4)}]
        del self.events[-1]["transformationID"]

    def told(self, district, party):
        trails = [trail_of(party, uri) for uri in (self.oil, self.rest, self.bottle)]
        return [(origins(trail), sorted((step["type"], sorted(i["lotNumber"] for i in step["inputs"]), sorted(i["share"] for i in step["inputs"]),
                                         sorted(o["lotNumber"] for o in step["outputs"]), bool(step["corrected"])) for step in trail["steps"]))
                for trail in trails] + [reached(district, self.green), reached(district, self.black)]


SHARES = [("BLACK", "1/4"), ("GREEN", "3/4")]


@pytest.mark.parametrize("both", (False, True))
@pytest.mark.parametrize("seed", range(3))
def test_pieces_are_one_transformation_in_whatever_order_they_come(district, packer, both, seed):
    order, states = random.Random(seed), []
    for way in range(4):
        press = Press(both)
        events = list(press.events)
        if way:
            order.shuffle(events)
        if way == 3:
            captured(packer, document(*events))
        for each in events + events[:2] if way < 3 else []:  # some come twice
            captured(packer, document(each))
            if way == 2:  # somebody looks in between
                for uri in (press.oil, press.rest, press.bottle):
                    if packer.get("/v1/things?id=" + uri).status == 200:
                        trail_of(packer, uri)
        states.append(press.told(district, packer))
    assert states[0] == states[1] == states[2] == states[3]
    (oil, steps), (rest, _), (bottle, _), green, black = states[0]
    assert oil == rest == bottle == SHARES, "of all that went in, whatever piece told of it"
    assert green == black == {("OIL", 1), ("REST", 1), ("BOTTLE", 2)}, "the transformation itself is no step"
    assert (["GREEN"], ["1.0000"]) in [(inputs, shares) for _, inputs, shares, _, _ in steps], "a piece says what it says"


@pytest.fixture(scope="module")
def two_writers(new_service):
    service = new_service(CAPTURE_WRITERS="2").start()
    yield service
    code, answer = service.recount()
    assert code == 0, answer


@pytest.mark.parametrize("round_", range(8))
def test_pieces_and_sales_at_once_are_seen_by_each_other(two_writers, round_):
    """By two organisations, so that two writers are at it: one sells what the other tells the making of, and sprays are told late."""
    here = District(two_writers)
    farm, packer, shop = here.farm(), here.packer(), here.packer(region=FAR_TOWNSHIP)
    press, lot = Press(), harvest(farm, ago(days=3))["lots"][0]
    packer.record("receive", ago(days=2), shipment=farm.ship(packer, line(lot, 50), time=ago(days=2)))
    captured(packer, document(press.pieces[3], event(bizStep="shipping", quantityList=[amount(press.oil, 20)], eventTime=ago(hours=4),
                                                     destinationList=[{"type": "owning_party", "destination": shop.uri}])))
    captured(shop, document(event(bizStep="receiving", quantityList=[amount(press.oil, 20)], eventTime=ago(hours=3),
                                  sourceList=[{"type": "owning_party", "source": packer.uri}])))
    acts = [(packer, document(press.pieces[0])), (packer, document(press.pieces[1])), (packer, document(press.pieces[2])),
            (packer, document(piece(press.run, [amount(lot["uri"], 50)]))),
            (shop, document(event(bizStep="retail_selling", quantityList=[amount(press.oil, 5)])))]
    random.Random(round_).shuffle(acts)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        sprayed = pool.submit(treat, farm, ago(days=4))
        for done in [pool.submit(captured, *act) for act in acts]:
            done.result()
        sprayed.result()
    shares = [("BLACK", "2/9"), ("GREEN", "2/3"), (lot["number"], "1/9")]
    assert origins(trail_of(packer, press.oil)) == origins(trail_of(packer, press.rest)) == sorted(shares)
    alerts = "SELECT a.severity, array_agg(r.region ORDER BY r.region) FROM alert a JOIN alert_region r ON r.alert = a.id" \
             " WHERE a.lot_id = (SELECT lot_id FROM lot WHERE uri = %s) AND r.role = 'held' GROUP BY a.id, a.severity"
    [(severity, regions)] = two_writers.rows(alerts, lot["uri"])
    assert severity == 0 and FAR_TOWNSHIP in regions


def test_a_piece_waits_for_goods_that_move_at_the_same_moment(packer, service):
    """A sale looks upstream for alerts before it is written: by an edge that came meanwhile it would miss them."""
    connection = service.cluster.connect(service.database)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        cursor.execute("BEGIN; SELECT pg_advisory_xact_lock_shared(hashtextextended('farmtrail alert', 0))")
        coming = pool.submit(captured, packer, document(piece(run_id(), [amount(new_class(), 5)])))
        early = concurrent.futures.wait([coming], timeout=1).done
        connection.close()
        coming.result(timeout=20)
    assert not early


def test_pieces_that_were_acknowledged_are_there_after_a_kill(new_service):
    service = new_service().start()
    here = District(service)
    packer, after = here.packer(), random.Random(4)
    for _ in range(5):
        press, kept = Press(), []
        events = press.events + [declared(press.pieces[1]), piece(press.run, [amount(press.black, 100)])]

        def send():
            for each in events:
                captured(packer, document(each))
                kept.append(each["eventID"])
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send)
            concurrent.futures.wait([sending], timeout=after.uniform(0.01, 0.12))
            service.process.kill()
            service.process.wait()
            sending.exception()
        service.start()
        stored = {row[0] for row in service.rows("SELECT event_id FROM event")}
        assert set(kept) <= stored
        send()
        assert all(origins(trail_of(packer, uri)) == SHARES for uri in (press.oil, press.rest, press.bottle))
    assert service.recount()[0] == 0


def test_a_page_that_is_kept_learns_of_a_later_piece(district, packer, service):
    press = Press()
    captured(packer, document(press.pieces[0], press.pieces[3]))
    code = service.value("SELECT code FROM lot WHERE uri = %s", press.oil)

    def page():
        return origins(district.public.read(f"/t/{code}", Accept="application/json"))
    assert page() == page() == [("GREEN", "1")]
    captured(packer, document(press.pieces[1]))
    assert page() == page() == SHARES
    captured(packer, document(declared(press.pieces[1])))
    assert page() == [("GREEN", "1")]


def test_an_output_of_which_nobody_has_told_what_went_in_is_of_unknown_origin(packer):
    press = Press()
    captured(packer, document(press.pieces[2]))
    trail = trail_of(packer, press.rest)
    assert origins(trail) == [("REST", "1")] and {"kind": "origin"} in trail["origins"][0]["gaps"]


def test_what_was_known_before_a_piece_came_or_went_is_answered_as_it_was(packer):
    press = Press()
    captured(packer, document(press.pieces[0], press.pieces[3]))
    lot, times, answers = lot_of(packer, press.oil)["href"], [], []
    for change in (press.pieces[1], declared(press.pieces[0]), None):
        times.append(now())
        answers.append(packer.read(f"{lot}/trail?asOf={times[-1]}"))
        if change:
            captured(packer, document(change))
    assert [origins(answer) for answer in answers] == [[("GREEN", "1")], SHARES, [("BLACK", "1")]]
    for time, answer in zip(times, answers):
        again = packer.read(f"{lot}/trail?asOf={time}")
        answer["checkpoint"] = again["checkpoint"]
        assert again == answer


def test_a_piece_that_was_told_wrong_and_is_told_again(district, packer):
    states = []
    for order in itertools.permutations(range(3)):
        press = Press()
        wrong = piece(press.run, [amount(press.green, 100)], [amount(press.oil, 50)])
        captured(packer, document(press.pieces[1], press.pieces[2]))
        for n in order:
            captured(packer, document([wrong, declared(wrong), piece(press.run, [amount(press.green, 300)], [amount(press.oil, 50)])][n]))
        captured(packer, document(press.events[-1]))
        states.append(press.told(district, packer))
    assert all(state == states[0] for state in states)
    assert states[0][0][0] == states[0][1][0] == SHARES
    assert True in [corrected for *_, corrected in states[0][0][1]], "both are visible"


def test_nobody_joins_the_transformation_of_another(district, packer, farm):
    press, mine = Press(), new_class("MINE")
    captured(packer, document(press.pieces[0], press.pieces[3]))
    captured(farm, document(piece(press.run, [amount(mine, 5)])))
    assert origins(trail_of(packer, press.oil)) == [("GREEN", "1")] and reached(district, mine) == set()


def test_one_id_in_two_spellings_is_one(packer):
    one, two = new_class("ONE"), new_class("TWO")
    captured(packer, document(piece("urn:epc:id:gdti:9521141.12345.400", [amount(one, 5)])))
    captured(packer, document(piece("https://example.com/253/9521141123454400", (), [amount(two, 5)])))
    assert origins(trail_of(packer, two)) == [("ONE", "1")]


@pytest.mark.parametrize("units,shares", [
    (("KGM", "GRM", "KGM"), [("A", "5000/1005001"), ("B", "1/1005001"), ("C", "1000000/1005001")]),
    (("KGM", "LTR", None), [("A", "1/3"), ("B", "1/3"), ("C", "1/3")]),
    (("XBX", "XBX", "XBX"), [("A", "5/1006"), ("B", "1/1006"), ("C", "500/503")])])
def test_the_measure_is_common_to_the_inputs_of_all_pieces(packer, units, shares):
    """Mass where all have it, the unit where all are counted in it, else equal parts: chosen when all are known."""
    run, made, lots = run_id(), new_class("MADE"), [new_class(n) for n in "ABC"]
    captured(packer, document(piece(run, (), [amount(made, 1)])))
    for lot, unit, value in zip(lots, units, (5, 1, 1000)):
        captured(packer, document(piece(run, [amount(lot, value, unit)])))
    assert origins(trail_of(packer, made)) == shares


def test_packages_of_registered_goods_are_weighed_beside_what_is_weighed(farm):
    farm.product("BOX", unit="XBX", packages=[{"unit": "XBX", "holds": {"value": "2.5", "unit": "KGM"}}])
    boxes = farm.harvest({"value": "8", "unit": "XBX"}, product="BOX")
    run, made, loose = run_id(), new_class("MADE"), new_class("LOOSE")
    captured(farm, document(piece(run, [amount(boxes["uri"], 4, "XBX")]), piece(run, [amount(loose, 30)]), piece(run, (), [amount(made, 9)])))
    assert origins(trail_of(farm, made)) == sorted([("LOOSE", "3/4"), (boxes["number"], "1/4")])


def test_a_lot_of_two_pieces_is_the_sum_of_both(packer):
    run, made, a, b = run_id(), new_class("MADE"), new_class("A"), new_class("B")
    captured(packer, document(piece(run, [amount(a, 10)]), piece(run, [amount(b, 10)]), piece(run, [amount(a, 20)]),
                              piece(run, (), [amount(made, 5)]), piece(run, (), [amount(made, 7)])))
    assert origins(trail_of(packer, made)) == [("A", "3/4"), ("B", "1/4")]


def test_a_circle_through_pieces_is_refused(packer):
    run, a, b, c = run_id(), new_class("A"), new_class("B"), new_class("C")
    on = piece(None, [amount(b, 5)], [amount(c, 5)])
    del on["transformationID"]
    captured(packer, document(piece(run, [amount(a, 5)]), piece(run, (), [amount(b, 5)]), on))
    for wrong in (piece(run, [amount(c, 5)]), piece(run, (), [amount(a, 5)]), piece(run_id(), [amount(a, 5)], [amount(a, 4)])):
        job = job_of(packer, capture(packer, document(wrong)))
        assert [e["type"] for e in job["errors"]] == ["/problems/lineage-cycle"]
    job = job_of(packer, capture(packer, document(piece(other := run_id(), [amount(c, 1)]), piece(other, (), [amount(a, 1)]))))
    assert "/problems/lineage-cycle" in {e["type"] for e in job["errors"]}
    assert origins(trail_of(packer, c)) == [("A", "1")]


@pytest.mark.parametrize("order", [*itertools.permutations(("in", "out", "sold", "sprayed")), *itertools.permutations(("whole", "sold", "sprayed"))])
def test_an_alert_about_an_input_reaches_what_another_piece_brought_out(district, farm, order):
    """Whichever of them comes last, and of one event that tells all of it too: the goods were sold, and whoever watches over where they are is told."""
    packer = district.packer(region=FAR_TOWNSHIP)
    lot = harvest(farm, ago(days=3))["lots"][0]
    packer.record("receive", ago(days=2), shipment=farm.ship(packer, line(lot, 50), time=ago(days=2)))
    run, made = run_id(), new_class("MADE")
    steps = {"in": lambda: captured(packer, document(piece(run, [amount(lot["uri"], 50)]))),
             "out": lambda: captured(packer, document(piece(run, (), [amount(made, 40)]))),
             "whole": lambda: captured(packer, document({k: v for k, v in piece(run, [amount(lot["uri"], 50)], [amount(made, 40)]).items()
                                                         if k != "transformationID"})),
             "sold": lambda: captured(packer, document(event(bizStep="retail_selling", quantityList=[amount(made, 5)]))),
             "sprayed": lambda: treat(farm, ago(days=4))}
    for step in order:
        steps[step]()
    alerts = "SELECT rule, severity FROM alert a JOIN lot l ON l.lot_id = a.lot_id WHERE l.uri = %s AND a.state = 'open'"
    assert district.service.rows(alerts, lot["uri"]) == [("I01", 0)]
    trail = trail_of(district.admin, made)
    assert [alert["rule"] for alert in trail["alerts"]] == ["I01"] and trail["alerts"][0]["severity"] == "critical"
    shown = farm.read(f"/v1/lots/{lot['id']}/trail")["alerts"]
    assert [alert["severity"] for alert in shown] == ["critical"], "on the page of the input too"


def test_where_goods_went_before_a_piece_was_told_its_alerts_are_known(district, farm):
    packer, shop = district.packer(region=OTHER_TOWNSHIP), district.packer(region=FAR_TOWNSHIP)
    treat(farm, ago(days=4))
    lot = harvest(farm, ago(days=3))["lots"][0]
    packer.record("receive", ago(days=2), shipment=farm.ship(packer, line(lot, 50), time=ago(days=2)))
    run, made = run_id(), new_class("MADE")
    captured(packer, document(piece(run, (), [amount(made, 40)])))
    sent = packer.record("ship", ago(hours=2), to=shop.number, lots=[line(lot_of(packer, made), 40)])
    shop.record("receive", ago(hours=1), shipment=sent["shipment"])
    [alert] = district.service.rows("SELECT a.id::text FROM alert a JOIN lot l ON l.lot_id = a.lot_id WHERE l.uri = %s", lot["uri"])
    watching = district.inspector(FAR_TOWNSHIP)
    assert watching.get(f"/v1/alerts/{alert[0]}").problem() == "not-found"
    captured(packer, document(piece(run, [amount(lot["uri"], 50)])))
    assert watching.read(f"/v1/alerts/{alert[0]}")["rule"] == "I01"


def test_a_wide_transformation_costs_what_its_pieces_say(new_service):
    service = new_service().start()
    district = District(service)
    packer = district.packer()
    run, wide = run_id(), 300
    ins, outs = [new_class(f"I{n}") for n in range(wide)], [new_class(f"O{n}") for n in range(wide)]
    whole = new_class("WHOLE")
    pieces = [piece(run, [amount(uri, n + 1)]) for n, uri in enumerate(ins)] + [piece(run, (), [amount(uri, 1)]) for uri in outs]
    random.Random(1).shuffle(pieces)
    for at in range(0, 2 * wide, 200):
        captured(packer, document(*pieces[at:at + 200]))
    mixed = piece(None, [amount(uri, 1) for uri in outs], [amount(whole, 300)])
    del mixed["transformationID"]
    captured(packer, document(mixed))
    assert service.value("SELECT count(*) FROM lot_edge WHERE is_transformation_node(parent) OR is_transformation_node(child)") >= 2 * wide
    trail = trail_of(packer, whole)
    assert trail["originCount"] == wide and trail["origins"][0]["lotNumber"] == "I299" and trail["origins"][0]["shareExact"] == "2/301"
    assert len(reached(district, ins[7])) == wide + 1
    code, answer = service.recount()
    assert code == 0, answer


def test_a_walk_that_would_be_cut_at_its_limit_is_refused_and_not_told_short(new_service):
    """A transformation counts as a lot does: sixty with one output each are more than a hundred steps."""
    service = new_service(GRAPH_NODES="100").start()
    packer, start = District(service).packer(), new_class("START")
    outs = [new_class(f"O{n}") for n in range(60)]
    pieces = [part for uri in outs for run in [run_id()] for part in (piece(run, [amount(start, 1)]), piece(run, (), [amount(uri, 1)]))]
    captured(packer, document(*pieces[:60]))
    lot = lot_of(packer, start)["id"]
    assert len(packer.read(f"/v1/lots/{lot}/reach")["lots"]) == 30
    captured(packer, document(*pieces[60:]))
    assert packer.get(f"/v1/lots/{lot}/reach").problem() == "graph-too-large"


def test_deleted_and_invented_edges_of_pieces_are_named(new_service):
    service = new_service().start()
    packer = District(service).packer()
    press = Press(both=True)
    captured(packer, document(*press.events, declared(press.pieces[1])))
    assert service.recount()[0] == 0
    node = service.value("SELECT DISTINCT child::text FROM lot_edge WHERE is_transformation_node(child)")
    green, black, oil = (service.value("SELECT lot_id::text FROM lot WHERE uri = %s", uri) for uri in (press.green, press.black, press.oil))

    def found(sql, *values):
        connection = service.cluster.connect(service.database)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS kept AS TABLE lot_edge")
            cursor.execute(sql, values)
            assert cursor.rowcount > 0
            _, answer = service.recount()
            cursor.execute("DELETE FROM lot_edge; INSERT INTO lot_edge TABLE kept")
        connection.close()
        return {(d["part"], tuple(d["subject"].split()[1:])): d["stored"] for d in answer["differences"]}
    assert found("DELETE FROM lot_edge WHERE parent = %s", green) == {("edge", (green, "to", node)): "nothing"}
    assert found("DELETE FROM lot_edge WHERE child = %s", oil) == {("edge", (node, "to", oil)): "nothing"}
    assert ("edge", (black, "to", node)) in found("UPDATE lot_edge SET declared_at = NULL WHERE parent = %s", black)
    assert ("edge", (green, "to", node)) in found("UPDATE lot_edge SET base = 299 WHERE parent = %s", green)
    other = "00000000-0000-8000-8000-000000000001"
    copied = ("INSERT INTO lot_edge SELECT parent_org, parent, child_org, %s, event_org, event, input, input_total, output, output_part,"
              " output_total, value, unit, recorded_at, declared_at, base, mass FROM lot_edge WHERE parent = %s")
    assert ("edge", (green, "to", other)) in found(copied, other, green)
    assert ("edge", (green, "to", oil)) in found(copied, oil, green)
    assert found("UPDATE lot SET number = number WHERE uri = %s", press.oil) == {}
    # what was captured before there were nodes has an edge for each pair of its own
    before = found("UPDATE schema_migration SET applied_at = 'infinity' WHERE name LIKE '%%-transformation-pieces'")
    assert before[("edge", (green, "to", oil))] == "nothing"
    assert found("DELETE FROM lot_edge WHERE parent IN (%s, %s) OR is_transformation_node(parent); INSERT INTO lot_edge SELECT parent_org,"
                 " parent, child_org, %s, event_org, event, input, input_total, 50, 50, 50, value, unit, recorded_at, declared_at"
                 " FROM kept WHERE parent = %s", green, black, oil, green) == {}


@pytest.mark.parametrize("made", (False, True))
def test_a_piece_of_more_lots_than_a_statement_names_is_proved(packer, district, service, tmp_path, made):
    run, out = run_id(), new_class("OUT")
    told = [piece(run, [amount(new_class(f"N{n}"), 1) for n in range(70)], [amount(out, 9)] if made else ()),
            piece(run, (), [amount(new_class("REST") if made else out, 1)])]
    captured(packer, document(*told))
    assert wait_for(lambda: service.value("SELECT count(*) FROM log_pending") == 0)
    code = service.value("SELECT code FROM lot WHERE uri = %s", out)
    for name, path in (("proof", f"/v1/events/{told[0]['eventID'][9:]}/proof?tier=farm"), ("bundle", f"/t/{code}/proofs")):
        (tmp_path / name).write_bytes(packer.get(path).body)
        done = service.farmtrail("verify", str(tmp_path / name), "--json", "--registrar", str(service.data / "registrar.vkey"), check=False)
        report = json.loads(done.stdout)
        checks = [check for part in (report, *report.get("steps", [])) for check in part["checks"]]
        assert not [c for c in checks if c["finding"] in ("failed", "missing")], (name, checks)
        assert name == "proof" or {c["check"] for c in report["checks"] if c["finding"] == "passed"} >= {"lots", "prev", "seq"}
