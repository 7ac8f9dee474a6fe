# SPDX-License-Identifier: Apache-2.0
"""The command line as scripts use it: exit codes, JSON, both languages; the demonstration; checking of proofs."""
import json
import socket
import subprocess
import threading
import time

import pytest
from conftest import ago, demonstration, kg, line, uuid7
from service import Api, environment, program

GOOD, REFUSED, USAGE, NOT_FOUND, NOT_VERIFIED, NO_CONNECTION = range(6)
COMMANDS = ("init", "demo", "key", "event", "lot", "verify", "monitor", "feed-witness", "feed-timestamp", "doctor", "config")


@pytest.fixture(scope="module")
def demo(cluster):
    made = demonstration(cluster, "demonstration")
    yield made
    made.stop()
    made.close()


def run(service, *arguments, check=GOOD, data=None, text=None, **settings):
    done = subprocess.run([program("farmtrail"), *arguments, "--data", str(data or service.data), "--url",
                           f"http://127.0.0.1:{service.port}"], env=environment(LANG="en_US.UTF-8", **settings), input=text or "",
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == check, (arguments, done)
    return done


def plain(*arguments, **variables):
    env = {k: v for k, v in environment().items() if k not in ("LANG", "LC_ALL", "LC_MESSAGES")}
    return subprocess.run([program("farmtrail"), *arguments], env={**env, **variables}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=60)


# — help and usage —
def test_every_command_teaches_itself_with_examples_in_both_languages():
    overview = plain("--help")
    assert overview.returncode == GOOD
    for command in COMMANDS:
        assert f"  {command}" in overview.stdout
        english, chinese = plain(command, "--help"), plain(command, "--help", "--lang", "zh")
        assert english.returncode == chinese.returncode == GOOD
        assert "Examples:" in english.stdout and f"farmtrail {command}" in english.stdout and "Exit codes:" in english.stdout
        assert "示例：" in chinese.stdout and "退出码：" in chinese.stdout


def test_the_language_is_that_of_the_environment():
    assert "Usage" in plain("--help", LANG="C").stdout or "usage" in plain("--help", LANG="C").stdout
    assert "用法" in plain("--help", LANG="zh_CN.UTF-8").stdout
    assert "用法" in plain("--help", LANG="en_US.UTF-8", LC_ALL="zh_CN.UTF-8").stdout


@pytest.mark.parametrize("arguments", [(), ("fly",), ("lot",), ("lot", "show"), ("monitor",), ("event", "add"), ("event", "lose", "x"), ("verify",),
                                       ("key", "make"), ("config", "x"), ("init", "x"), ("demo", "x"), ("doctor", "x"),
                                       ("lot", "show", "x", "--colour"), ("lot", "show", "x", "--tier"), ("lot", "show", "--json=1"),
                                       ("event", "get", "x", "--url", "http://example.com"),
                                       ("event", "get", "x", "--url", "https://me@127.0.0.1"),
                                       ("event", "get", "x", "--url", "http://127.0.0.1:99999"),
                                       ("verify", "https://me@example.com/proof")])
def test_wrong_usage_is_said_with_its_exit_code(arguments):
    done = plain(*arguments)
    assert done.returncode == USAGE and (done.stderr or done.stdout)


def test_version():
    assert plain("--version").stdout.startswith("farmtrail 0.")


def test_config_prints_the_table_and_json(service):
    assert "FARMTRAIL_PORT" in run(service, "config").stdout
    rows = {row["name"]: row for row in json.loads(run(service, "config", "--json").stdout)}
    assert rows["FARMTRAIL_ORIGIN"]["value"] == service.origin


# — talking to the server —
def test_an_unreachable_server_is_said(service):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        done = plain("event", "get", "x", "--url", f"http://127.0.0.1:{closed.getsockname()[1]}", "--json")
    assert done.returncode == NO_CONNECTION and "tools/run" in done.stderr
    assert json.loads(done.stdout)["exitCode"] == NO_CONNECTION


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"hello\r\n\r\n",
                                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{}",
                                    b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", b"HTTP/1.1 200 OK\r\n" + b"a" * 40000,
                                    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"])
def test_what_is_not_a_plain_answer_is_a_lost_connection(answer):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            listener.settimeout(10)
            try:
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        done = plain("event", "get", "x", "--url", f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert done.returncode == NO_CONNECTION, done


def test_records_are_added_from_file_list_and_outbox_and_read_back(service, farm, tmp_path):
    def harvest(n):
        return {"id": f"01a20045-b4ac-7ad8-80a3-{int(time.time() * 1000) % 10**11:011d}{n}", "type": "harvest", "time": ago(days=1),
                "party": farm.number, "site": "P1", "product": "PAKCHOI", "quantity": kg(10 + n)}

    one, two, three = harvest(1), harvest(2), harvest(3)
    file = tmp_path / "one.json"
    file.write_text(json.dumps(one))
    answer = json.loads(run(service, "event", "add", str(file), "--json").stdout)
    assert answer["event"] == one["id"] and answer["lots"]
    run(service, "event", "add", "-", text=json.dumps([one, two]))
    outbox = run(service, "event", "add", "-", text="\n".join(map(json.dumps, (one, two, three))) + "\n\n")
    assert "was in already" in outbox.stdout and three["id"] in outbox.stdout
    event = json.loads(run(service, "event", "get", one["id"]).stdout)
    assert event["id"] == one["id"] and event["epcis"]["type"] == "ObjectEvent"


def test_an_outbox_is_sent_until_nothing_more_goes_in(service, farm):
    """Its lines stand in the wrong order, one of them is no record, and one sells what is not there."""
    reaped, sold = uuid7(), uuid7()
    lines = [{"id": sold, "type": "sell", "time": ago(hours=1), "party": farm.number, "lots": [line(reaped, 2)]},
             {"type": "dance", "time": ago(hours=1)},
             {"id": reaped, "type": "harvest", "time": ago(days=1), "party": farm.number, "site": "P1", "product": "PAKCHOI", "quantity": kg(5)},
             {"id": uuid7(), "type": "sell", "time": ago(hours=1), "party": farm.number, "lots": [line(reaped, 9)]}]
    done = run(service, "event", "add", "-", text="\n".join(map(json.dumps, lines)), check=REFUSED)
    assert reaped in done.stdout and sold in done.stdout
    assert "/type" in done.stderr and "available 3 KGM, asked 9 KGM" in done.stderr
    assert service.value("SELECT count(*) FROM event WHERE id = ANY(%s::uuid[])", [reaped, sold]) == 2
    broken = run(service, "event", "add", "-", text=json.dumps(lines[2]) + "\n{", check=REFUSED)
    assert "line 2" in broken.stderr


def test_a_refused_record_names_the_member(service, farm):
    bad = {"type": "harvest", "time": ago(days=1), "party": farm.number, "site": "P1", "product": "PAKCHOI",
           "quantity": {"value": "1", "unit": "bushel"}}
    done = run(service, "event", "add", "-", text=json.dumps(bad), check=REFUSED)
    assert "422" in done.stderr and "/quantity/unit" in done.stderr and "KGM" in done.stderr
    chinese = run(service, "event", "add", "-", "--lang", "zh", text=json.dumps(bad), check=REFUSED)
    assert "未知单位" in chinese.stderr
    assert run(service, "event", "add", "/nonexistent", check=REFUSED).stderr


def test_what_is_not_there_has_its_exit_code(service):
    assert run(service, "event", "get", "01a20045-b4ac-7ad8-80a3-000000000000", check=NOT_FOUND).stderr
    assert run(service, "lot", "show", "lot_" + "A" * 43, check=NOT_FOUND).stderr


def test_a_key_is_made_used_listed_and_revoked(service, farm):
    made = run(service, "key", "create", "--name", "phone", "--scope", "read,capture", "--party", farm.number)
    secret = made.stdout.strip()
    assert secret.startswith("ftk_") and "once" in made.stderr
    assert Api(service, secret).read("/v1/products/PAKCHOI")["party"] == farm.id
    told = json.loads(run(service, "key", "create", "--name", "x", "--scope", "read", "--scope", "inspect", "--region", "500109",
                          "--json").stdout)
    assert told["scopes"] == ["read", "inspect"] and told["region"] == "500109"
    assert told["id"] in run(service, "key", "list").stdout
    run(service, "key", "revoke", told["id"])
    assert Api(service, told["secret"]).get("/v1/keys").problem() == "unauthorized"
    assert run(service, "key", "create", "--name", "x", "--scope", "fly", check=REFUSED).stderr
    assert run(service, "key", "create", "--name", "x", check=USAGE).stderr
    assert "valid" in run(service, "event", "get", "x", check=REFUSED, KEY="ftk_" + "A" * 43).stderr


def test_the_key_is_read_from_a_file_or_the_environment(service, farm, tmp_path):
    key = tmp_path / "key"
    key.write_text(farm.key + "\n")
    run(service, "event", "get", "x", "--key-file", str(key), check=NOT_FOUND)
    run(service, "key", "list", "--key-file", str(key), check=REFUSED)
    run(service, "key", "list", check=REFUSED, KEY=farm.key)
    key.write_text("two words")
    run(service, "key", "list", "--key-file", str(key), check=USAGE)


# — doctor —
def test_doctor_finds_everything_well_and_says_what_is_not(service, new_service, tmp_path):
    findings = json.loads(run(service, "doctor", "--json").stdout)
    assert {row["check"] for row in findings} == {"directory", "permissions", "disk", "clock", "database", "schema", "signer",
                                                  "log", "server"}
    assert all(row["ok"] for row in findings)
    asleep = new_service()
    sick = run(asleep, "doctor", check=REFUSED).stdout
    assert "✗ server" in sick and "tools/run" in sick and "✓ database" in sick
    (asleep.data / "admin.key").chmod(0o644)
    assert "✗ permissions of secrets: admin.key" in run(asleep, "doctor", check=REFUSED).stdout
    assert "✗ data directory" in run(service, "doctor", data=tmp_path, check=REFUSED).stdout


# — the demonstration —
def test_the_demonstration_is_rich_and_quick(demo):
    assert demo.loaded["records"] >= 200 and demo.loaded["masterData"] >= 60 and demo.load_seconds < 60
    assert demo.value("SELECT count(*) FROM party WHERE number <> 'REGISTRAR'") == 13
    assert demo.value("SELECT count(*) FROM site WHERE geometry IS NOT NULL") == 30
    assert demo.value("SELECT count(DISTINCT region) FROM site WHERE geometry IS NOT NULL") == 3
    assert {row[0] for row in demo.rows("SELECT DISTINCT type FROM event")} >= {
        "plant", "treat", "irrigate", "feed", "medicate", "birth", "harvest", "collect", "pack", "process", "mix", "split", "slaughter",
        "ship", "receive", "sell"}


def test_the_demonstration_has_its_one_violation(demo):
    assert demo.loaded["alerts"] == 1
    assert [row[0] for row in demo.rows("SELECT rule FROM alert")] == ["I01"]
    harvest = demo.value("SELECT number FROM lot JOIN alert USING (org_id, lot_id)")
    assert harvest.endswith("P07")


def test_loading_the_demonstration_again_changes_nothing(demo):
    before = demo.snapshot()
    again = json.loads(run(demo, "demo", "--json").stdout)
    assert again["unchanged"] == again["records"] + again["masterData"] and again["code"] == demo.loaded["code"]
    assert demo.snapshot() == before


def test_the_finest_lot_has_two_origins_and_a_long_journey(demo):
    trail = json.loads(run(demo, "lot", "trail", demo.loaded["code"], "--json").stdout)
    assert [origin["share"] for origin in trail["origins"]] == ["0.6200", "0.3800"]
    assert {origin["district"]["code"] for origin in trail["origins"]} == {"500109", "500X01"}
    assert len(trail["steps"]) >= 12 and trail["verdict"] == "registered"
    told = run(demo, "lot", "trail", demo.loaded["code"]).stdout
    assert "0.6200" in told and "Jingguan" in told and "mix" in told



def test_reach_is_told_as_a_tree(demo):
    told = run(demo, "lot", "reach", trail_root(demo)).stdout
    assert demo.loaded["lot"] in told and "sold" in told and "Jiefangbei Fresh" in told


def trail_root(demo):
    """The lot that was harvested first of those in the finest trail."""
    trail = json.loads(run(demo, "lot", "trail", demo.loaded["code"], "--json").stdout)
    return next(step for step in trail["steps"] if step["type"] == "harvest")["outputs"][0]["lot"]


def test_the_code_can_be_printed_and_scanned_again(demo):
    printed = json.loads(run(demo, "demo", "--print-code", "--json").stdout)
    assert printed["code"] == demo.loaded["code"] and printed["url"].endswith("/t/" + printed["code"])
    drawn = run(demo, "demo", "--print-code").stdout
    assert printed["url"] in drawn and "█" in drawn and "\x1b[" in drawn


def test_a_directory_with_real_data_takes_no_demonstration(service):
    before = service.snapshot()
    assert "real data" in run(service, "demo", check=REFUSED).stderr
    assert service.snapshot() == before
    assert run(service, "demo", "--print-code", check=REFUSED).stderr


# — verify —
@pytest.fixture
def proof(demo, tmp_path):
    event = next(step for step in trail_of(demo)["steps"] if step["type"] == "mix")["event"]
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(Api(demo).read(f"/v1/events/{event}/proof")))
    return file


def trail_of(demo):
    return json.loads(run(demo, "lot", "trail", demo.loaded["code"], "--json").stdout)


def test_a_proof_holds_and_is_trusted_with_the_registrars_key(demo, proof):
    told = run(demo, "verify", str(proof)).stdout
    assert "✓" in told and "✗" not in told and "--registrar" in told
    report = json.loads(run(demo, "verify", str(proof), "--registrar", str(demo.data / "registrar.vkey"), "--json").stdout)
    assert report["ok"] and report["trusted"] and report["tier"] == "farm"
    key = (demo.data / "registrar.vkey").read_text().strip()
    assert json.loads(run(demo, "verify", "-", "--registrar", key, "--json", text=proof.read_text()).stdout)["trusted"]
    run(demo, "verify", str(proof), "--registrar", "nonsense", check=USAGE)


@pytest.mark.parametrize("member", ["statement", "manifest", "view", "salt"])
def test_a_changed_proof_does_not_hold(demo, proof, member):
    told = json.loads(proof.read_text())
    text = told[member]
    at = text.index("body sha256") + 14 if member == "statement" else len(text) // 2
    told[member] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]
    proof.write_text(json.dumps(told))
    run(demo, "verify", str(proof), check=NOT_VERIFIED)


def test_what_is_no_proof_does_not_hold(demo, tmp_path):
    for text in ("", "[]", "{}", '{"statement": "x"}', "not json"):
        run(demo, "verify", "-", text=text, check=NOT_VERIFIED)
    run(demo, "verify", str(tmp_path / "none"), check=REFUSED)


def test_a_saved_trail_holds_step_by_step_and_not_with_a_foreign_statement(demo, tmp_path):
    trail = trail_of(demo)
    file = tmp_path / "trail.json"
    file.write_text(json.dumps(trail))
    told = run(demo, "verify", str(file)).stdout
    assert f"{len(trail['steps'])} / {len(trail['steps'])}" in told
    trail["steps"][3]["proof"]["statement"] = trail["steps"][4]["proof"]["statement"]
    file.write_text(json.dumps(trail))
    assert "another record" in run(demo, "verify", str(file), check=NOT_VERIFIED).stderr


def test_a_proof_is_fetched_from_the_local_server(demo):
    event = trail_of(demo)["steps"][0]["event"]
    done = plain("verify", f"http://127.0.0.1:{demo.port}/v1/events/{event}/proof", "--json")
    assert done.returncode == GOOD and json.loads(done.stdout)["ok"]


def test_a_tampered_row_is_found_out(demo):
    """Who edits a body in the database cannot make its proof hold again."""
    event = trail_of(demo)["steps"][0]["event"]
    target = f"http://127.0.0.1:{demo.port}/v1/events/{event}/proof"
    with demo.altered("event", f"id = '{event}'", "小白菜", "大白菜"):
        assert plain("verify", target).returncode == NOT_VERIFIED
    assert plain("verify", target).returncode == GOOD


