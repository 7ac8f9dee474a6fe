# SPDX-License-Identifier: Apache-2.0
"""The wrong crate: what was loaded, unloaded or used by mistake is corrected, and a crate holds what it would have held. What
others recorded stays; what cannot have been is found."""
import random
import threading
from collections import Counter

import pytest
from conftest import ago, kg, line, uuid7
from test_owed import findings
from test_units import contents, load, sscc, unload


@pytest.fixture
def crates(farm):
    return f"{farm.uri}/u/RIGHT", f"{farm.uri}/u/WRONG"


def correct(party, done, replacement=None, **members):
    return party.record("correct", ago(), event=done["event"], reason="扫错了筐",
                        **({"replacement": replacement} if replacement else {}), **members)


def loading(unit, *what, hours=20):
    return {"type": "load", "time": ago(hours=hours), "unit": unit, "contents": list(what)}


def unloading(unit, *what, hours=6):
    return {"type": "unload", "time": ago(hours=hours), "unit": unit, **({"contents": list(what)} if what else {})}


def test_the_wrong_crate_is_empty_and_the_right_one_goes(farm, packer, service, crates):
    right, wrong = crates
    lot = farm.harvest(100)
    was = load(farm, "WRONG", line(lot, 30))
    assert farm.refuse("ship", ago(hours=8), units=["RIGHT"], to=packer.number).problem() == "not-known-yet"
    done = correct(farm, was, loading("RIGHT", line(lot, 30)))
    assert contents(service, right) == {lot["uri"]: 30} and contents(service, wrong) == {}
    assert farm.refuse("ship", ago(hours=8), units=["WRONG"], to=packer.number).problem() == "not-known-yet", \
        "nobody has said what is in it"
    farm.record("ship", ago(hours=8), units=["RIGHT"], to=packer.number)
    assert farm.stock(lot)["in_transit"] == 30
    steps = [step for step in farm.read(f"/v1/lots/{lot['id']}/trail")["steps"] if step["type"] == "load"]
    assert [step["event"] for step in steps if not step["corrected"]] == [done["replacement"]["event"]]
    assert [step["event"] for step in steps if step["corrected"]] == [was["event"]], "both are visible"


def test_what_was_not_unloaded_is_in_the_crate(farm, service, crates):
    right, wrong = crates
    lot, other = farm.harvest(100), farm.harvest(100)
    load(farm, "RIGHT", line(lot, 30), {"unit": "INNER"})
    load(farm, "WRONG", line(other, 20))
    done = unload(farm, "WRONG")
    load(farm, "WRONG", line(lot, 5), time=ago(hours=4))
    correct(farm, done, unloading("RIGHT", line(lot, 10)))
    assert contents(service, wrong) == {other["uri"]: 20, lot["uri"]: 5}
    assert contents(service, right) == {lot["uri"]: 20, f"{farm.uri}/u/INNER": 1}


def test_a_transformation_of_the_wrong_crate_is_corrected(packer, farm, service):
    lot, other = farm.harvest(100), farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 60), line(other, 60), time=ago(hours=30)), time=ago(hours=26))
    load(packer, "IN", line(lot, 12))
    load(packer, "RIGHT", line(lot, 5), {"unit": "IN"}, time=ago(hours=19))
    load(packer, "WRONG", line(other, 30))
    was = packer.record("mix", ago(hours=10), units=["WRONG"], outputs=[{"product": "SALAD", "quantity": kg(28)}])
    load(packer, "WRONG", line(other, 1), time=ago(hours=5))
    done = correct(packer, was, {"type": "mix", "time": ago(hours=10), "units": ["RIGHT"],
                                 "outputs": [{"product": "SALAD", "quantity": kg(16)}]})
    uri = f"{packer.uri}/u/"
    assert contents(service, uri + "WRONG") == {other["uri"]: 31}
    assert contents(service, uri + "RIGHT") == {uri + "IN": 1} and contents(service, uri + "IN") == {}
    assert packer.stock(lot)["on_hand"] == 43 and packer.stock(other)["on_hand"] == 60
    made = done["replacement"]["lots"]
    assert made == was["lots"], "its label is printed"
    origins = packer.read(f"/v1/lots/{made[0]['id']}/trail")["origins"]
    assert [origin["lot"] for origin in origins] == [lot["id"]]


def test_what_others_took_out_stays_recorded_and_what_was_not_in_is_found(district, farm, packer, service):
    lot, pallet = farm.harvest(100), f"https://id.gs1.org/00/{sscc()}"
    was = load(farm, pallet, line(lot, 30))
    sent = farm.record("ship", ago(hours=15), units=[pallet], to=packer.number)
    packer.receive(sent["shipment"], time=ago(hours=12))
    taken = unload(packer, pallet, line(lot, 25), time=ago(hours=9))
    before = packer.read(f"/v1/events/{taken['event']}/epcis")
    done = correct(farm, was, loading(pallet, line(lot, 20)))
    assert packer.read(f"/v1/events/{taken['event']}/epcis") == before and packer.stock(lot)["on_hand"] == 30
    assert contents(service, pallet) == {}
    (state, deeds), = findings(district, lot)
    assert state == "open" and not deeds
    alert, = [row for row in district.admin.read("/v1/alerts?rule=M02&limit=1000")["items"] if lot["id"] in row["lots"]]
    evidence, = district.admin.read(f"/v1/alerts/{alert['id']}")["evidence"]
    assert evidence["event"] == taken["event"] and "20" in evidence["words"] and "25" in evidence["words"]
    load(packer, pallet, line(lot, 5), time=ago(hours=10))  # told late
    assert findings(district, lot) == [("closed", [("close", "late_record")])]
    again = correct(farm, done["replacement"], loading(pallet, line(lot, 10)))
    assert [state for state, _ in findings(district, lot)] == ["open"]
    correct(farm, again["replacement"], loading(pallet, line(lot, 40)))
    assert [state for state, _ in findings(district, lot)] == ["closed"] and contents(service, pallet) == {lot["uri"]: 20}


def test_a_load_told_late_joins_its_shipment_when_the_sender_says_so(farm, packer):
    lot, other = farm.harvest(100), farm.harvest(100)
    load(farm, "LATE", line(lot, 30))
    when, crate = ago(hours=10), {"units": ["LATE"], "to": packer.number}
    sent = farm.record("ship", when, **crate)
    load(farm, "LATE", line(other, 5), time=ago(hours=15))
    assert farm.stock(other)["in_transit"] == 0, "it is of the lots that its signed event names"
    done = correct(farm, sent, {"type": "ship", "time": when, **crate})
    assert done["replacement"]["shipment"] == sent["shipment"]
    assert (farm.stock(lot)["in_transit"], farm.stock(other)["in_transit"]) == (30, 5)
    packer.receive(sent["shipment"])
    assert (packer.stock(lot)["on_hand"], packer.stock(other)["on_hand"], farm.stock(other)["in_transit"]) == (30, 5, 0)


def test_a_crate_that_was_not_on_the_pallet_is_found_by_what_is_in_it(district, farm, service):
    lot, pallet = farm.harvest(100), f"https://id.gs1.org/00/{sscc()}"
    load(farm, "INNER", line(lot, 30))
    was = load(farm, pallet, {"unit": "INNER"})
    unload(farm, pallet, {"unit": "INNER"}, time=ago(hours=9))
    assert findings(district, lot) == []
    correct(farm, was, loading("OTHER", {"unit": "INNER"}))
    assert findings(district, lot) == [("open", [])]
    load(farm, pallet, {"unit": "INNER"}, time=ago(hours=12))  # told late
    assert [state for state, _ in findings(district, lot)] == ["closed"]


def test_a_record_that_comes_late_takes_its_place(farm, service, crates):
    right, _ = crates
    lot, other = farm.harvest(100), farm.harvest(100)
    load(farm, "RIGHT", line(lot, 10), line(other, 10))
    unload(farm, "RIGHT", line(lot, 7), time=ago(hours=6))
    unload(farm, "RIGHT", line(lot, 2), time=ago(hours=9))
    assert contents(service, right) == {lot["uri"]: 1, other["uri"]: 10}
    unload(farm, "RIGHT", {"lot": other["id"]}, time=ago(hours=8))
    load(farm, "RIGHT", line(lot, 4), time=ago(hours=21))
    assert contents(service, right) == {lot["uri"]: 5}
    unload(farm, "RIGHT", time=ago(hours=10))
    assert contents(service, right) == {}


def test_a_correction_that_is_refused_changes_nothing(farm, service):
    lot = farm.harvest(100)
    was = load(farm, "RIGHT", line(lot, 30))
    unload(farm, "RIGHT", line(lot, 10))
    before = service.snapshot()
    reply = farm.refuse("correct", ago(), event=was["event"], reason="x", replacement=loading("A B", line(lot, 30)))
    assert (reply.problem(), reply.pointer()) == ("identifier-syntax", "/replacement/unit")
    assert service.snapshot() == before


def test_a_queue_loads_and_corrects_in_one_request(farm, service, crates):
    right, wrong = crates
    lot, other, loaded, emptied, refused = farm.harvest(50), farm.harvest(50), uuid7(), uuid7(), uuid7()
    load(farm, "RIGHT", line(other, 5))
    load(farm, "THIRD", line(other, 5))
    reply = farm.post("/v1/events:batch", {"onError": "proceed", "records": [
        {"id": loaded, **loading("WRONG", line(lot, 9))},
        {"id": emptied, **unloading("RIGHT")},
        {"id": refused, **unloading("THIRD")},
        {"type": "correct", "time": ago(), "event": loaded, "reason": "x", "replacement": loading("RIGHT", line(lot, 9))},
        {"type": "correct", "time": ago(), "event": refused, "reason": "x", "replacement": loading("A B", line(lot, 9))},
        {"type": "correct", "time": ago(), "event": emptied, "reason": "x"}]})
    assert [result["status"] for result in reply.json()["results"]] == [201, 201, 201, 201, 422, 201], reply
    assert contents(service, right) == {lot["uri"]: 9, other["uri"]: 5} and contents(service, wrong) == {}
    assert contents(service, f"{farm.uri}/u/THIRD") == {}


def test_corrections_and_loads_at_once_leave_what_they_say(farm, service):
    """Four clerks correct a load each while four load the same pallet: whatever the order, all of it stands."""
    lot, pallet = farm.harvest(200), f"https://id.gs1.org/00/{sscc()}"
    wrong = [load(farm, pallet, line(lot, 7), time=ago(hours=20 - n)) for n in range(4)]
    start, acts = threading.Barrier(8), []
    acts += [lambda was=was, n=n: correct(farm, was, loading(pallet, line(lot, 10 + n), hours=15 - n)) for n, was in enumerate(wrong)]
    acts += [lambda n=n: load(farm, pallet, line(lot, 1), time=ago(hours=10 - n)) for n in range(4)]

    def run(act):
        start.wait()
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(service, pallet) == {lot["uri"]: 10 + 11 + 12 + 13 + 4}


class Crate:
    """What a crate and its shipment come to, by what was known when its sender spoke of it: a load that comes late is in the
    crate, and joins the shipment when the sender says so. What is received is received."""

    def __init__(self, stock, sent_at):
        self.stock, self.sent_at, self.loads = stock, sent_at, []
        self.lines, self.got, self.state = Counter(), Counter(), None

    def inside(self):
        return sum((Counter({lot: kilos}) for hours, lot, kilos in self.loads if hours > self.sent_at), Counter())

    def holds(self):
        return sum((Counter({lot: kilos}) for _, lot, kilos in self.loads), Counter())

    def send(self):
        self.lines, self.state = self.inside(), "in_transit"

    def send_again(self):
        if self.state == "received" and set(self.inside()) != set(self.lines):
            self.got, self.state = self.got + self.lines_got, "in_transit"  # what came was handed over without a shipment
        self.lines = self.inside()

    def receive(self):
        self.lines_got, self.state = self.lines, "received"

    def expected(self):
        """(on hand, in transit at the sender, on hand at the receiver) of each lot."""
        at = self.state == "in_transit"
        arrived = self.got + (self.lines_got if self.state == "received" else Counter())
        return {lot: (self.stock - self.lines[lot] - self.got[lot], self.lines[lot] if at else 0, arrived[lot]) for lot in "abc"}


@pytest.mark.parametrize("seed", range(5))
def test_a_shipment_is_what_its_sender_knew_in_whatever_order_records_come(farm, packer, service, seed):
    rng = random.Random(seed)
    lots = {name: farm.harvest(100) for name in "abc"}
    sent_at, unit, times = ago(hours=20), f"C{seed}", {}
    loads = [(hours, rng.choice("abc"), rng.randint(1, 9)) for hours in (26, 25, 24, 23, 22, 10)]
    steps = [("load", each) for each in loads] + [("ship", None), ("receive", None), ("receive", None)] + [("correct", None)] * 3
    rng.shuffle(steps)
    first = next(place for place, (kind, what) in enumerate(steps) if kind == "load" and what[0] > 20)
    steps.sort(key=lambda step: step[0] == "ship")  # the one record that all others name, somewhere behind the first load
    steps.insert(rng.randint(first + 1, len(steps) - 3), steps.pop())
    crate, ship, shipment, kept = Crate(100, sent_at=20), {"type": "ship", "time": sent_at, "units": [unit], "to": packer.number}, None, []

    def told():
        def amounts(party, lot, *names):
            row = party.stock(lot) or {}
            return tuple(row.get(name, 0) for name in names)
        return {name: amounts(farm, lot, "on_hand", "in_transit") + amounts(packer, lot, "on_hand") for name, lot in lots.items()}

    def trail(lot, moment):
        answer = farm.read(f"/v1/lots/{lot['id']}/trail?asOf={moment}")
        answer.pop("checkpoint")
        return answer

    for kind, what in steps + [("correct", None)]:
        if kind == "load":
            load(farm, unit, line(lots[what[1]], what[2]), time=times.setdefault(what, ago(hours=what[0])))
            crate.loads.append(what)
        elif kind != "ship" and not shipment:
            assert packer.refuse("receive", ago(hours=1), shipment=uuid7()).problem() == "not-known-yet"
            continue
        elif kind == "ship":
            done = farm.make("/v1/events", ship)
            event, shipment = done["event"], done["shipment"]
            crate.send()
        elif kind == "receive" and crate.state == "received":
            assert packer.refuse("receive", ago(hours=1), shipment=shipment).problem() == "shipment-state"
        elif kind == "receive":
            packer.receive(shipment, time=ago(hours=1))
            crate.receive()
        else:
            done = correct(farm, {"event": event}, ship)["replacement"]
            same, event = done["shipment"] == shipment, done["event"]
            assert same == (crate.state == "in_transit" or set(crate.inside()) == set(crate.lines))
            shipment = done["shipment"]
            crate.send_again()
        assert told() == crate.expected(), kind
        lot, moment = rng.choice(list(lots.values())), farm.read("/v1/events?limit=1")["items"][0]["recordedAt"]
        kept.append((lot, moment, trail(lot, moment)))
    assert shipment and crate.lines == crate.inside() and len(crate.loads) == len(loads), "all that was in it when it was sent"
    assert contents(service, f"{farm.uri}/u/{unit}") == {lots[name]["uri"]: kilos for name, kilos in crate.holds().items()}
    for name, lot in lots.items():
        standing = [step for step in farm.read(f"/v1/lots/{lot['id']}/trail")["steps"] if step["type"] == "ship" and not step["corrected"]]
        assert len(standing) == (1 if crate.lines[name] else 0)
    assert all(trail(lot, moment) == answer for lot, moment, answer in kept), "what was known then does not change"
    code, differences = service.recount()
    assert code == 0, differences
