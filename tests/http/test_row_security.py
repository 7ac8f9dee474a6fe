# SPDX-License-Identifier: Apache-2.0
"""Row security, asked by SQL as the role that the server runs as: whatever a statement forgets to ask, nothing of another
tenant comes back. Every table of the schema is asked, those of later migrations too."""
import psycopg2
import pytest
from conftest import OTHER_TOWNSHIP, TOWNSHIP, ago, kg, line

FAR_TOWNSHIP, FAR_DISTRICT, DISTRICT = "500101001", "500101", "500X01"
# Whoever has a key may look up with whom they deal. Homes among the sites are asked for apart.
LOOKED_UP = {"party", "site", "master_version"}
NOBODY = "00000000-0000-7000-8000-000000000000"


class Sql:
    """A connection of a role, with a scope as db/tx.c sets it."""

    def __init__(self, service, role="ft_app", key="", parties=(), region="", program=False):
        self.connection = psycopg2.connect(service.cluster.conninfo(service.database, role))
        self.settings = {"ft.key": key, "ft.parties": "{" + ",".join(parties) + "}", "ft.region": region,
                         "ft.service": "on" if program else "off"}

    def rows(self, statement, *parameters):
        with self.connection, self.connection.cursor() as cursor:
            for name, value in self.settings.items():
                cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def count(self, table, words):
        """Rows that mention any of the words: ids in whatever column, also as bytes."""
        hexes = [word.replace("-", "") for word in words]
        return self.rows(f'SELECT count(*) FROM "{table}" t WHERE EXISTS (SELECT FROM unnest(%s) w'
                         " WHERE strpos(t::text, w) > 0)", [*words, *hexes])[0][0]


@pytest.fixture
def sql(service):
    opened = []

    def make(*arguments, **members):
        opened.append(Sql(service, *arguments, **members))
        return opened[-1]
    yield make
    for one in opened:
        one.connection.close()


@pytest.fixture
def guarded(service):
    """Tables under row security."""
    return [row[0] for row in service.rows("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY relname")]


def chain(district, region):
    """A farm that sold what it must not have, and all ids of what it left in the database."""
    farm, shop = district.farm(region), district.party("shop", region)
    home = farm.site("HOME", personal=True)
    farm.record("treat", ago(days=4), site="P1", product="毒死蜱", active=["chlorpyrifos"], dose=kg("0.1"))
    lot = farm.harvest(10)
    shipment = farm.ship(shop, line(lot, 4))
    received = shop.receive(shipment)
    packed = farm.record("split", ago(hours=5), inputs=[line(lot, 2)], outputs=[{"product": "PAKCHOI", "quantity": kg(2)}])
    rows = farm.service.rows("SELECT lot_id::text FROM lot WHERE org_id = %s", farm.id)
    events = farm.service.rows("SELECT id::text FROM event WHERE org_id IN (%s, %s)", farm.id, shop.id)
    farm.shop, farm.lot, farm.home, farm.received, farm.packed = shop, lot, home, received, packed
    farm.words = [farm.id, shop.id, *(row[0] for row in rows), *(row[0] for row in events)]
    return farm


@pytest.fixture
def own(district):
    return chain(district, TOWNSHIP)


@pytest.fixture
def foreign(district):
    return chain(district, FAR_TOWNSHIP)


def test_nothing_of_another_tenant_is_in_any_table(service, sql, guarded, own, foreign):
    program = sql(program=True)
    filled = {table for table in guarded if program.count(table, foreign.words)}
    assert filled >= {"lot", "event", "lot_holding", "lot_edge", "event_thing", "site_event", "shipment", "shipment_line", "alert",
                      "alert_region", "site", "master_version", "key_head", "api_key"}, "the test would show nothing"
    scopes = {"the other farm": sql(parties=[own.id]), "its shop": sql(parties=[own.shop.id]),
              "both, in their region": sql(parties=[own.id, own.shop.id], region=DISTRICT),
              "an officer of another district": sql(region=DISTRICT),
              "the farm itself, bounded to another district": sql(parties=[foreign.id], region=DISTRICT),
              "an unknown key": sql(key=NOBODY), "nobody": sql(), "nobody, without settings": Sql(service)}
    scopes["nobody, without settings"].settings = {}
    for who, scope in scopes.items():
        for table in sorted(filled - LOOKED_UP):
            assert scope.count(table, foreign.words) == 0, (who, table)
        assert scope.count("site", [foreign.home["id"]]) == 0, who
        assert scope.count("master_version", [foreign.home["id"]]) == 0, who
    scopes["nobody, without settings"].connection.close()


def test_one_sees_what_is_ones_own(sql, own, foreign):
    def lots(scope):
        return {row[0] for row in scope.rows("SELECT number FROM lot WHERE org_id = %s", own.id)}
    all_lots = {own.lot["number"], own.packed["lots"][0]["number"]}
    farm, shop, officer = sql(parties=[own.id]), sql(parties=[own.shop.id]), sql(region=DISTRICT)
    assert lots(farm) == lots(officer) == all_lots
    assert lots(shop) == {own.lot["number"]}, "what it was shipped, and not what else became of it"
    assert farm.count("event", [own.lot["id"], own.id]) and farm.count("alert", [own.id]) and officer.count("alert", [own.id])
    assert shop.rows("SELECT DISTINCT holder::text FROM lot_holding") == [(own.shop.id,)]
    assert {row[0] for row in officer.rows("SELECT DISTINCT holder::text FROM lot_holding WHERE org_id = %s", own.id)} == \
        {own.id, own.shop.id}
    assert [row[0] for row in shop.rows("SELECT type FROM event ORDER BY recorded_at")] == ["ship", "receive"]
    assert farm.count("site", [own.home["id"]]) == officer.count("site", [own.home["id"]]) == 1
    assert shop.count("site", [own.home["id"]]) == 0


def test_a_key_sees_its_own_row_of_the_keys_alone(service, sql):
    keys = [row[0] for row in service.rows("SELECT id::text FROM api_key ORDER BY id")]
    assert len(keys) > 1
    assert sql(key=keys[-1]).rows("SELECT id::text FROM api_key") == [(keys[-1],)]
    assert sql(key=keys[-1], region=DISTRICT).rows("SELECT count(*) FROM key_secret") == [(0,)]


def test_nobody_but_the_program_writes(sql, guarded, own):
    farm = sql(parties=[own.id], region=DISTRICT)
    program = sql(program=True)
    for table in guarded:
        columns = [row[0] for row in program.rows(
            "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped"
            " AND a.attgenerated = '' AND has_column_privilege('ft_app', a.attrelid, a.attnum, 'UPDATE') ORDER BY 1 LIMIT 1", table)]
        if columns:
            assert farm.rows(f'UPDATE "{table}" SET "{columns[0]}" = "{columns[0]}"') == 0, table
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        farm.rows("INSERT INTO lot_holding SELECT org_id, lot_id, %s, region, NULL, 1, 0, 0, 0, 0 FROM lot LIMIT 1", NOBODY)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        farm.rows("DELETE FROM event")


def test_the_public_role_reads_no_personal_column(service, sql, district, own):
    person = district.admin.make("/v1/parties", {"number": district.number("PERSON"), "kind": "family_farm", "region": OTHER_TOWNSHIP,
                                                 "personal": True, "name": {"zh": "张三"}})
    anybody = sql(role="ft_public")
    assert anybody.count("code", [own.lot["code"]]) == 1
    assert anybody.rows("SELECT number FROM lot WHERE lot_id IN (SELECT id FROM code WHERE code = %s)", own.lot["code"]) == \
        [(own.lot["number"],)]
    assert anybody.rows("SELECT name_zh FROM party WHERE id = %s", person["id"]) == []
    assert anybody.rows("SELECT count(*) FROM party WHERE id = %s", own.id) == [(1,)]
    for statement in ("SELECT geometry FROM site", "SELECT name_zh FROM site", "SELECT site FROM lot", "SELECT body FROM event",
                      "SELECT body FROM master_version", "SELECT holder FROM lot_holding", "SELECT secret_hash FROM api_key",
                      "SELECT wrapped FROM key_secret", "SELECT note FROM alert_action", "UPDATE trail_summary SET code = code"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            anybody.rows(statement)
