# SPDX-License-Identifier: Apache-2.0
"""One cluster and one server for the session, districts and parties made for each test. Every reply is held against the
OpenAPI document; a whole run fails when an operation was never called."""
import datetime
import functools
import itertools
import json
import os
import secrets
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from service import Api, Cluster, Contract, Service  

# once of Yubei and of Beibei, both of Liangjiang (500X01) since 2025-11-06; and one that stayed in Beibei (500109)
TOWNSHIP, OTHER_TOWNSHIP, FAR_TOWNSHIP = "500112016", "500109104", "500109001"
CHINA = datetime.timezone(datetime.timedelta(hours=8))


def uuid7(at_ms=None):
    at_ms = int(time.time() * 1000) if at_ms is None else at_ms
    octets = bytearray(at_ms.to_bytes(6, "big") + secrets.token_bytes(10))
    octets[6] = 0x70 | octets[6] & 0x0F
    octets[8] = 0x80 | octets[8] & 0x3F
    text = octets.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def ago(days=0, hours=0, minutes=0, hour=None):
    """A time in the past as a record writes it, on the clock of China."""
    at = datetime.datetime.now(CHINA) - datetime.timedelta(days=days, hours=hours, minutes=minutes)
    if hour is not None:
        at = at.replace(hour=hour, minute=0, second=0)
    return at.replace(microsecond=0).isoformat()


def kg(value):
    return {"value": str(value), "unit": "KGM"}


def line(lot, quantity):
    """So much of a lot: an entry of inputs[] or lots[]. A bare number is kilograms."""
    return {"lot": lot["id"] if isinstance(lot, dict) else lot,
            "quantity": quantity if isinstance(quantity, dict) else kg(quantity)}


class Party(Api):
    """A registered party and a key of its own."""

    def __init__(self, district, number, kind, region):
        self.district, self.number, self.region = district, number, region
        made = district.admin.make("/v1/parties", {"number": number, "kind": kind, "region": region,
                                                   "name": {"zh": f"主体{number}", "en": f"Party {number}"}})
        self.id, self.uri = made["id"], made["uri"]
        super().__init__(district.service, district.key(["capture", "read"], parties=[self.id]))
        self.plot = self.pack_site = None

    def site(self, number="P1", kind="plot", region=None, **members):
        return self.district.admin.make("/v1/sites", {
            "party": self.id, "number": number, "kind": kind, "name": {"zh": f"地点{number}", "en": f"Site {number}"},
            "region": region or self.region, **members})

    def product(self, number="PAKCHOI", commodity="vegetable/leafy/pak-choi", unit="KGM", **members):
        return self.district.admin.make("/v1/products", {
            "party": self.id, "number": number, "name": {"zh": f"产品{number}", "en": f"Product {number}"},
            "commodity": commodity, "unit": unit, **members})

    def harvest(self, value=100, lot=None, time=None, product="PAKCHOI", site="P1", **members):
        """A harvest; answers its lot."""
        if lot:
            members["lot"] = lot
        quantity = value if isinstance(value, dict) else kg(value)
        return self.record("harvest", time or ago(days=2), site=site, product=product, quantity=quantity, **members)["lots"][0]

    def ship(self, to, *lines, time=None, **members):
        return self.record("ship", time or ago(days=1), lots=list(lines), to=to.number, **members)["shipment"]

    def receive(self, shipment, time=None, **members):
        return self.record("receive", time or ago(hours=12), shipment=shipment, **members)

    def stock(self, lot):
        return self.district.stock(lot).get(self.id)


class District:
    """Makes what tests need through the public API, each with numbers of its own."""

    numbers = itertools.count(1)

    def __init__(self, service):
        self.service = service
        self.admin = Api(service, service.admin_key)
        self.public = Api(service)

    def number(self, prefix):
        return f"{prefix}{next(self.numbers)}"

    def key(self, scopes, **members):
        return self.admin.make("/v1/keys", {"name": "test", "scopes": scopes, **members})["secret"]

    def inspector(self, region):
        return Api(self.service, self.key(["inspect", "read"], region=region))

    def party(self, kind="enterprise", region=OTHER_TOWNSHIP, prefix="PARTY"):
        return Party(self, self.number(prefix), kind, region)

    def farm(self, region=TOWNSHIP, commodity="vegetable/leafy/pak-choi"):
        """A cooperative with plot P1 and product PAKCHOI, counted in kilograms."""
        farm = self.party("cooperative", region, "COOP")
        farm.site("P1", commodity=commodity)
        farm.product("PAKCHOI", commodity)
        return farm

    def packer(self, region=OTHER_TOWNSHIP):
        """An enterprise with packhouse H1 and product SALAD, counted in kilograms."""
        packer = self.party("enterprise", region, "PACK")
        packer.site("H1", "packhouse")
        packer.product("SALAD", shelfLifeDays=5)
        return packer

    def metric(self, name):
        reply = self.admin.get("/metrics")
        assert reply.status == 200
        return float(next(row for row in reply.body.decode().splitlines() if row.startswith(name + " ")).split(" ")[1])

    def stock(self, lot):
        """Who holds what of a lot, as the database has it: {party: {on_hand, in_transit, sold, destroyed, deficit}}."""
        number = lot["uri"] if isinstance(lot, dict) else lot
        columns = ("on_hand", "in_transit", "sold", "destroyed", "deficit")
        rows = self.service.rows(f"SELECT holder::text, {', '.join('h.' + c for c in columns)} FROM lot_holding h"
                                 " JOIN lot USING (org_id, lot_id) WHERE lot.uri = %s", number)
        return {row[0]: dict(zip(columns, row[1:])) for row in rows}


@pytest.fixture(scope="session")
def cluster():
    made = Cluster(os.environ.get("FARMTRAIL_TEST_CLUSTER"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def service(cluster, request):
    """What all tests left on it is recounted in the end: one of them need not, but of what it does not leave."""
    made = Service(cluster, "farmtrail_http", LOG_SWEEP="10")  # rounds of a log of thousands that a test can wait for
    try:
        made.start()
        made.contract = request.config.contract = Contract.of_server()
        yield made
        code, answer = made.recount()
        assert code == 0, "\n".join(map(str, answer["differences"][:20]))
        made.stop()
    finally:
        made.close()


@pytest.fixture(scope="session")
def service_numbers():
    return itertools.count(1)


@pytest.fixture(scope="module")
def new_service(cluster, service_numbers):
    """Makes further services: for tests that stop, kill or configure one. They end with the file's tests: each that runs has
    connections to the cluster that all share."""
    made = []

    def make(**settings):
        made.append(Service(cluster, f"other{next(service_numbers)}", **settings))
        return made[-1]

    yield make
    for service in made:
        service.close()


def demonstration(cluster, name):
    """A demonstration directory with a running server and the district loaded."""
    made = Service(cluster, name, init=False)
    made.init("--demonstration")
    made.start()
    begun = time.monotonic()
    made.loaded = json.loads(made.farmtrail("demo", "--json", "--data", str(made.data), "--url", f"http://127.0.0.1:{made.port}").stdout)
    made.load_seconds = time.monotonic() - begun
    return made


@pytest.fixture(scope="session")
def district(service):
    return District(service)


@pytest.fixture
def farm(district):
    return district.farm()


@pytest.fixture
def packer(district):
    return district.packer()


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="tests that try many random cases try all of them")


def pytest_configure(config):
    config.contract = None


def pytest_sessionfinish(session):
    """For whoever runs the files in several sessions: the operations that this one called."""
    contract, file = getattr(session.config, "contract", None), os.environ.get("FARMTRAIL_CALLED")
    if contract and file:
        with open(file, "a", encoding="utf-8") as out:
            out.write("".join(f"{name}\n" for name in contract.called))


def pytest_collection_modifyitems(config, items):
    """What looks back on all replies comes last, and only a whole run can say that an operation is never called."""
    items.sort(key=lambda item: item.name == "test_every_operation_is_called")
    files = {Path(str(item.fspath)).name for item in items}
    config.whole = files >= {path.name for path in Path(__file__).parent.glob("test_*.py")} and \
        not config.option.keyword and not config.option.markexpr and "FARMTRAIL_DEALT" not in os.environ


@functools.cache
def is_ours(path, dealt):
    try:
        (dealt / path.name).mkdir()
    except FileExistsError:
        return False
    return True


def pytest_runtest_protocol(item):
    """Of several sessions that run side by side, a file is tried by the one that comes to it first."""
    dealt = os.environ.get("FARMTRAIL_DEALT")
    return True if dealt and not is_ours(item.path, Path(dealt)) else None
