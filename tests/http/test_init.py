# SPDX-License-Identifier: Apache-2.0
"""farmtrail init: what it makes, that it may be repeated and killed anywhere, what it refuses."""
import os
import signal
import stat
import subprocess
import time

import pytest
from conftest import TOWNSHIP
from service import Api, Service, environment, program


def conninfo(service, role="postgres"):
    return service.cluster.conninfo(service.database, role)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def settings(service):
    lines = (service.data / "farmtrail.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture
def bare(cluster, request):
    """A directory and a database that nothing was done to."""
    service = Service(cluster, f"bare_{abs(hash(request.node.name)) % 10**8}", init=False)
    yield service
    service.close()


def test_init_makes_what_the_server_needs(bare):
    bare.init()
    assert settings(bare)["FARMTRAIL_ORIGIN"] == bare.origin
    assert mode(bare.data / "admin.key") == mode(bare.data / "secrets" / "kek") == mode(bare.data / "secrets" / "code.key") == 0o600
    assert mode(bare.data / "secrets") == 0o700
    assert bare.value("SELECT count(*) FROM region") > 1300
    assert {row[0] for row in bare.rows("SELECT name FROM reference_set WHERE active")} == \
        {"bans", "crop_groups", "intervals", "withdrawals", "yields"}
    assert bare.rows("SELECT kind, uri LIKE 'https://test.farmtrail.example/o/%%' FROM party") == [("authority", True)]
    assert sorted(bare.rows("SELECT use, custody FROM signing_key")) == [("log", "service"), ("registrar", "service")]
    assert [row[0] for row in bare.rows("SELECT kind FROM log_pending ORDER BY qid")] == ["party", "key", "key"] or \
        [row[0] for row in bare.rows("SELECT kind FROM log_pending ORDER BY qid")] == ["key", "party", "key"]
    assert bare.rows("SELECT scopes, cardinality(parties), region FROM api_key") == [
        (["read", "capture", "inspect", "register", "admin"], 0, None)]
    bare.start()
    assert Api(bare, bare.admin_key).read("/v1/keys")["items"][0]["scopes"] == ["read", "capture", "inspect", "register", "admin"]
    bare.stop()


def test_init_again_changes_nothing(bare):
    bare.init()
    files = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in bare.data.rglob("*") if path.is_file()}
    before = bare.snapshot()
    done = bare.farmtrail("init", "--data", str(bare.data), "--database", conninfo(bare), "--json")
    assert '"changed":false' in done.stdout
    assert bare.snapshot() == before
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in bare.data.rglob("*") if path.is_file()} == files


def test_init_killed_at_any_moment_goes_on_where_it_stopped(bare):
    """Each run lives a little longer than the one before."""
    command = [program("farmtrail"), "init", "--data", str(bare.data), "--origin", bare.origin]
    roles = environment(DATABASE=conninfo(bare, "ft_app"), DATABASE_OWNER=conninfo(bare, "ft_owner"))
    for delay_ms in (2, 10, 25, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400):
        process = subprocess.Popen(command, env=roles, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay_ms / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait()
    bare.init()
    assert bare.value("SELECT count(*) FROM party") == 1
    assert bare.value("SELECT count(*) FROM signing_key") == 2
    assert bare.value("SELECT count(*) FROM api_key") == 1
    assert not list(bare.data.rglob("*.new"))
    bare.start()
    admin = Api(bare, bare.admin_key)
    admin.make("/v1/parties", {"number": "A", "kind": "shop", "name": {"zh": "店"}, "region": TOWNSHIP})
    bare.stop()


def test_a_lost_key_file_is_made_anew(bare):
    bare.init()
    first = bare.admin_key
    (bare.data / "admin.key").unlink()
    bare.init()
    assert bare.admin_key != first and bare.value("SELECT count(*) FROM api_key") == 2


def test_a_foreign_directory_is_refused_and_left_alone(bare):
    (bare.data / "holiday.jpg").write_bytes(b"x")
    done = bare.init(check=False)
    assert done.returncode == 1 and "holiday.jpg" in done.stderr
    assert [path.name for path in bare.data.iterdir()] == ["holiday.jpg"]


def test_the_origin_is_fixed(bare):
    bare.init()
    done = bare.farmtrail("init", "--data", str(bare.data), "--origin", "other.example", check=False)
    assert done.returncode == 1 and bare.origin in done.stderr
    done = bare.farmtrail("init", "--data", str(bare.data) + "-new", "--origin", "No Host", check=False)
    assert done.returncode == 1 and "host name" in done.stderr
    subprocess.run(["rm", "-rf", str(bare.data) + "-new"], check=True)


def test_the_database_of_another_directory_is_refused(bare, tmp_path):
    bare.init()
    done = bare.farmtrail("init", "--data", str(tmp_path / "second"), "--database", conninfo(bare), check=False)
    assert done.returncode == 1 and "another directory" in done.stderr


def test_a_directory_with_real_data_becomes_no_demonstration(bare):
    bare.init()
    done = bare.farmtrail("init", "--data", str(bare.data), "--demonstration", check=False)
    assert done.returncode == 1 and "real data" in done.stderr


def test_an_unreachable_database_is_said(bare):
    done = bare.farmtrail("init", "--data", str(bare.data), "--database", "host=/nonexistent dbname=x", check=False)
    assert done.returncode == 5 and done.stderr.startswith("farmtrail: ")


def test_without_an_origin_every_directory_gets_its_own(cluster, tmp_path):
    origins = set()
    for i in range(2):
        service = Service(cluster, f"origin{i}", init=False)
        service.farmtrail("init", "--data", str(service.data), "--database", conninfo(service))
        origins.add(settings(service)["FARMTRAIL_ORIGIN"])
        service.close()
    assert len(origins) == 2 and all(origin.endswith(".farmtrail.invalid") for origin in origins)


def test_the_server_runs_with_the_rights_of_its_own_role(bare, cluster):
    """Tables belong to ft_owner; the server is ft_app, which cannot change history."""
    owner, app = conninfo(bare, "ft_owner"), conninfo(bare, "ft_app")
    bare.farmtrail("init", "--data", str(bare.data), "--origin", bare.origin, DATABASE=app, DATABASE_OWNER=owner)
    assert settings(bare)["FARMTRAIL_DATABASE"] == app
    bare.start()
    admin = Api(bare, bare.admin_key)
    made = admin.make("/v1/parties", {"number": "A", "kind": "cooperative", "name": {"zh": "社"}, "region": TOWNSHIP})
    assert admin.put("/v1/parties/A", {"kind": "cooperative", "name": {"zh": "改"}, "region": TOWNSHIP},
                     **{"If-Match": '"1"'}).status == 200
    admin.make("/v1/sites", {"party": "A", "number": "P1", "kind": "plot", "name": {"zh": "地"}})
    admin.make("/v1/products", {"party": "A", "number": "R", "name": {"zh": "米"}, "commodity": "grain/rice", "unit": "KGM"})
    key = admin.make("/v1/keys", {"name": "x", "scopes": ["read"], "parties": [made["id"]]})
    assert admin.post(f"/v1/keys/{key['id']}/revoke").status == 200
    lot = admin.make("/v1/events", {"type": "harvest", "time": "2026-01-02T08:00:00+08:00", "party": "A", "site": "P1",
                                    "product": "R", "quantity": {"value": "10", "unit": "KGM"}})["lots"][0]
    admin.make("/v1/events", {"type": "sell", "time": "2026-01-02T09:00:00+08:00", "party": "A",
                              "lots": [{"lot": lot["id"], "quantity": {"value": "4", "unit": "KGM"}}]})
    bare.stop()
    connection = cluster.connect(bare.database)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE ft_app")
        for statement in ("UPDATE event SET body = ''", "DELETE FROM event", "UPDATE master_version SET reason = ''",
                          "UPDATE log_leaf SET hash = hash", "DELETE FROM log_leaf",
                          "DELETE FROM log_node", "DELETE FROM log_checkpoint", "UPDATE log_checkpoint SET checkpoint = ''",
                          "UPDATE log_pending SET kind = kind",
                          "UPDATE signing_key SET statement = ''", "DELETE FROM signing_key", "DELETE FROM signing_revocation",
                          "UPDATE signing_revocation SET reason = 'ceased'", "DELETE FROM audit"):
            with pytest.raises(Exception, match="permission denied"):
                cursor.execute(statement)
    connection.close()


def test_the_signer_refuses_secrets_that_others_can_read(bare):
    bare.init()
    os.chmod(bare.data / "secrets" / "kek", 0o644)
    process = bare.spawn()
    assert process.wait(30) == 1 and "signer" in bare.log().lower()
