# SPDX-License-Identifier: Apache-2.0
"""A farm with a shop and a trace in every table, and all the words by which one would know it again: for the tests that ask
on behalf of somebody else."""
import csv
import io
import secrets

from conftest import ago, kg, line


class Tenant:
    """Sold what it must not have, has a home among its sites, and let nothing out that has a name."""

    def __init__(self, district, region):
        self.district, self.region = district, region
        self.farm, self.shop = district.farm(region), district.party("shop", region)
        secret = self.secret = secrets.token_hex(6)
        self.longitude = 106 + secrets.randbelow(10**6) / 10**6 + 0.0000001
        self.latitude = f"29.{10**6 + secrets.randbelow(10**6)}"
        self.home = self.farm.site("HOME", personal=True, name={"zh": f"家{secret}"},
                                   geometry={"type": "Point", "coordinates": [self.longitude, 29.5]})
        self.person = district.admin.make("/v1/parties", {
            "number": district.number("PERSON"), "kind": "family_farm", "region": region, "personal": True, "name": {"zh": f"人{secret}"}})
        self.certificate = district.admin.make("/v1/certificates", {
            "holder": self.farm.id, "scheme": "green", "number": f"LB{secret}", "products": [], "sites": [],
            "validFrom": "2026-01-01", "validTo": "2027-12-31"})
        self.treated = self.farm.record("treat", ago(days=4), site="P1", product="毒死蜱", active=["chlorpyrifos"],
                                        dose=kg("0.1"), note=f"note-{secret}")
        self.harvested = self.farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10),
                                          lot=f"LOT-{secret}", harvester=f"harvester-{secret}",
                                          position={"lat": self.latitude, "lon": "106.765433"})
        self.lot = self.harvested["lots"][0]
        self.shipped = self.farm.record("ship", ago(days=1), lots=[line(self.lot, 4)], to=self.shop.number,
                                        vehicle=f"vehicle-{secret}")
        self.shipment = self.shipped["shipment"]
        self.received = self.shop.receive(self.shipment)
        self.split = self.farm.record("split", ago(hours=5), inputs=[line(self.lot, 2)],
                                      outputs=[{"product": "PAKCHOI", "quantity": kg(2), "lot": f"HALF-{secret}"}])
        self.alerts = self.harvested["alerts"]
        self.issue = self.farm.make("/v1/codes", {"kind": "item", "lot": self.lot["id"], "count": 3})
        listed = self.farm.get(self.issue["list"]).body.decode()
        self.items = [row["code"] for row in csv.DictReader(io.StringIO(listed))]
        voided = self.farm.post("/v1/codes:void", {"codes": [self.items[2]], "reason": f"reason-{secret}"})
        assert voided.status == 200 and self.alerts
        self.lots = [self.lot, self.split["lots"][0]]
        self.events = [made["event"] for made in (self.treated, self.harvested, self.shipped, self.received, self.split)]
        self.key = district.admin.make("/v1/keys", {"name": f"key-{secret}", "scopes": ["read"], "parties": [self.farm.id]})
        scopes = ["read", "capture", "inspect", "register"]
        self.owner = type(district.public)(district.service, district.key(scopes, parties=[self.farm.id, self.shop.id]))

    def ids(self):
        """Every id and spelling by which something of it may be asked for, by kind; not of what everybody may look up."""
        spellings = [text for lot in self.lots for text in (lot["id"], lot["number"], lot["code"], lot["uri"])]
        return {"lot": spellings, "event": self.events, "alert": self.alerts, "shipment": [self.shipment], "site": [self.home["id"]],
                "key": [self.key["id"]], "item": self.items}

    def words(self):
        """What no answer to somebody else may hold."""
        found = {text for lot in self.lots for text in (lot["id"], lot["number"], lot["code"])}
        found |= {*self.events, *self.alerts, self.shipment, self.home["id"], self.key["id"], *self.items}
        return found | self.personal()

    def personal(self):
        """What no answer to the public may hold."""
        return {f"家{self.secret}", f"人{self.secret}", f"note-{self.secret}", f"harvester-{self.secret}", f"vehicle-{self.secret}",
                f"reason-{self.secret}", self.latitude, str(self.longitude), self.home["id"]}
