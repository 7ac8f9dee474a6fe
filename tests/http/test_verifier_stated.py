# SPDX-License-Identifier: Apache-2.0
"""The page that verifies is one file whose hash the registrar has stated in the log: stated once, again when it is another,
by one of two servers; whoever makes the file from the keys gets the same; monitor shows it and alarms at another."""
import base64
import hashlib
import re
import subprocess

import pytest
from auditor import entries_of, wait_until_logged
from conftest import District
from loglab import b64
from service import environment, free_port, program, wait_for
from test_monitor import BROKEN, PLANTED, WELL, lab, look, monitor, url_of  # noqa: F401: fixtures

STATED = re.compile(rb"farmtrail/verifier@v1\n(?:.*\n)*?body sha256 (\S+) (\d+) text/html\n")


def stated(api, size):
    return [(index, base64.b64decode(found[1]), int(found[2]))
            for index, entry in enumerate(entries_of(api, size)) if (found := STATED.match(entry))]


@pytest.fixture
def own(new_service):
    made = new_service().start()
    made.here = District(made)
    yield made
    code, answer = made.recount()
    assert code == 0, answer
    made.stop()


def logged(service, count):
    """The pages that the log states, once there are so many."""
    def found():
        head = wait_until_logged(service, service.here.public)
        return head and len(stated(service.here.public, head.size)) >= count and stated(service.here.public, head.size)
    return wait_for(found)


def test_the_served_file_is_the_one_that_the_log_states(own, tmp_path):
    [(index, digest, length)] = logged(own, 1)
    served = own.here.public.get("/verify.html").body
    assert (hashlib.sha256(served).digest(), len(served)) == (digest, length)
    made = subprocess.run([program("farmtrail"), "verify", "--page", "--log", own.data / "log.vkey", "--registrar",
                           own.data / "registrar.vkey"], env=environment(), capture_output=True, check=True)
    assert made.stdout == served and digest.hex() in made.stderr.decode(), "the same file from keys of one's own"
    arguments = ("--log", own.data / "log.vkey", "--state", tmp_path / "state")
    assert monitor(url_of(own), *arguments, check=WELL)["verifier"] == {"sha256": digest.hex(), "index": index}
    monitor(url_of(own), *arguments, "--verifier", "00" * 32, "--verifier", digest.hex(), check=WELL)
    assert monitor(url_of(own), *arguments, "--verifier", "00" * 32, check=PLANTED)["verdict"] == "verifier"
    assert digest.hex() in monitor(url_of(own), *arguments, json_=False, check=WELL).stdout
    assert "farmtrail/verifier@v1" in own.here.public.get("/verify?lang=en").body.decode()


def test_it_is_stated_again_when_it_is_another_and_only_then(own):
    first = logged(own, 1)
    own.stop()
    own.start()
    own.here = District(own)
    own.here.farm()
    head = wait_until_logged(own, own.here.public)
    assert stated(own.here.public, head.size) == first, "a start changes nothing"
    assert own.here.admin.post("/v1/log:rotate").status == 201
    own.here.farm()
    both = logged(own, 2)
    assert both[:1] == first and hashlib.sha256(own.here.public.get("/verify.html").body).digest() == both[1][1]


def test_of_two_servers_that_start_at_once_one_states_it(new_service):
    service = new_service(LOG_SEQUENCER="false").start()
    service.here = District(service)
    processes = [service.spawn("--port", str(free_port()), LOG_SEQUENCER="true") for _ in range(3)]
    pages = logged(service, 1)
    service.here.farm()
    wait_until_logged(service, service.here.public)
    assert service.value("SELECT count(*) FROM act_statement WHERE kind = 'verifier'") == len(pages) == 1
    for process in processes:
        process.terminate()
        assert process.wait(60) == 0
    service.stop()


def test_who_is_not_the_registrar_states_no_page(lab, look):  # noqa: F811
    log = lab.log
    line = f"body sha256 {b64(hashlib.sha256(b'x').digest())} 1 text/html\n"
    good = log.append(log.registrar.text("verifier", line), log.registrar)
    assert look()["verifier"]["index"] == good
    bad = log.append(log.farm.text("verifier", line), log.farm)
    found = look(check=BROKEN)
    assert [(f["kind"], f["index"]) for f in found["findings"]] == [("office", bad)] and found["verifier"]["index"] == good


def test_a_changed_row_of_it_is_found(own):
    logged(own, 1)
    body = own.value("SELECT body FROM act_statement WHERE kind = 'verifier'")
    own.cluster.execute(own.database, "UPDATE act_statement SET body = '{}' WHERE kind = 'verifier'")
    code, answer = own.recount()
    assert code == 4 and [d["part"] for d in answer["differences"]] == ["body"], answer
    own.cluster.execute(own.database, f"UPDATE act_statement SET body = '\\x{bytes(body).hex()}' WHERE kind = 'verifier'")
