# SPDX-License-Identifier: Apache-2.0
"""Migrations 0040 and 0043 over the rows of an older data directory: what was kept as contents of units and when they were emptied
becomes what records did, so that the same is in every unit and a record that comes late or is corrected is told into it; and what
was not in a unit that it was taken out of is said to be lacking."""
from pathlib import Path

from conftest import District, ago, kg, line
from test_units import contents, load, sscc, unload

MIGRATIONS = Path(__file__).parents[2] / "sql" / "migrations"
ACTS = ("SELECT unit::text, event::text, event_org::text, party::text, kind, child_kind, child::text, item, value, amount_unit, base,"
        " at, recorded_at, declared_at, lacking FROM unit_act ORDER BY at, recorded_at, unit, kind, child, item")
CONTENTS = "SELECT * FROM containment ORDER BY org_id, parent, from_event, n"


def older_schema():
    """What unit_act says, as tables said it before 0040."""
    kept = (MIGRATIONS / "0014-units.sql").read_text()
    table = kept[kept.index("CREATE TABLE unit_emptied"):kept.index("INSERT INTO scale_map")]
    return (f"SET ROLE ft_owner; {table}"
            " INSERT INTO unit_emptied SELECT org_id, unit, event, at FROM unit_act WHERE kind IN ('empty', 'use');"
            " DROP TABLE unit_act; DELETE FROM scale_map WHERE tab = 'unit_act';"
            " INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('unit_emptied', 'dist', 'org_id', 'org');")


def test_what_older_rows_say_of_units_becomes_acts(new_service):
    service = new_service().start()
    district = District(service)
    farm = district.farm()
    lot, other = farm.harvest(100), farm.harvest(100)
    pack = farm.make("/v1/codes", {"kind": "item", "lot": other["id"], "activate": True, "quantity": kg(1)})["code"]
    pallet = f"https://id.gs1.org/00/{sscc()}"
    crate = f"{farm.uri}/u/CRATE"
    load(farm, "CRATE", line(lot, 30), line(other, 10), {"item": pack}, time=ago(hours=30))
    load(farm, "CRATE", line(lot, 5), time=ago(hours=29))
    unload(farm, "CRATE", line(lot, 32), time=ago(hours=28))  # a part of the second load is left
    unload(farm, "CRATE", {"item": pack}, time=ago(minutes=27 * 60 + 30))
    unload(farm, "CRATE", {"lot": other["id"]}, time=ago(hours=27))
    load(farm, pallet, {"unit": "CRATE"}, line(other, 20), time=ago(hours=26))
    wrong = load(farm, pallet, line(lot, 4), time=ago(hours=25))
    unload(farm, pallet, {"unit": "CRATE"}, time=ago(hours=24))
    farm.record("mix", ago(hours=20), units=[pallet], outputs=[{"product": "PAKCHOI", "quantity": kg(24)}])
    load(farm, "THIRD", line(lot, 6), time=ago(hours=19))
    unload(farm, "THIRD", time=ago(hours=18))
    load(farm, "THIRD", line(lot, 7), time=ago(hours=17))
    acts, held = service.rows(ACTS), service.rows(CONTENTS)
    assert {row[4] for row in acts} == {"load", "unload", "empty", "use"}
    service.stop()
    service.cluster.execute(service.database, older_schema())
    service.cluster.execute(service.database, "SET ROLE ft_owner; " + (MIGRATIONS / "0040-unit-acts.sql").read_text())
    service.start()
    assert service.rows(ACTS) == acts and service.rows(CONTENTS) == held
    code, answer = service.recount()
    assert code == 0, answer["differences"][:20]
    unload(farm, "THIRD", line(lot, 1), time=ago(hours=16))
    unload(farm, "CRATE", line(lot, 1), time=ago(hours=22))  # late
    farm.record("correct", ago(), event=wrong["event"], reason="扫错了")
    assert contents(service, f"{farm.uri}/u/THIRD") == {lot["uri"]: 6}
    assert contents(service, crate)[lot["uri"]] == 2 and contents(service, pallet) == {}
    code, answer = service.recount()
    assert code == 0, answer["differences"][:20]
    was = load(farm, "FOURTH", {"unit": "INNER"}, time=ago(hours=15))
    unload(farm, "FOURTH", {"unit": "INNER"}, time=ago(hours=14))
    farm.record("correct", ago(), event=was["event"], reason="扫错了")
    acts = service.rows(ACTS)
    assert [row[6] for row in acts if row[-1] == 1 and row[5] == "unit"], "INNER was not in FOURTH"
    service.cluster.execute(service.database, "UPDATE unit_act SET lacking = NULL WHERE child_kind = 'unit'")
    service.cluster.execute(service.database, "SET ROLE ft_owner; " + (MIGRATIONS / "0043-units-lacking.sql").read_text())
    assert service.rows(ACTS) == acts
