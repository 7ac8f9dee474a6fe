# SPDX-License-Identifier: Apache-2.0
"""Operations: health, readiness, version, metrics, the OpenAPI document, problem types, robots."""
import os
import re
import signal

from conftest import District, ago, kg
from service import wait_for


def test_the_process_is_alive_and_ready(district):
    assert district.public.read("/healthz") == {"status": "ok"}
    assert wait_for(lambda: district.public.read("/readyz") == {"status": "ready", "log": "running"})


def test_readiness_names_what_does_not_work(new_service):
    service = new_service().start()
    here = District(service)
    os.kill(service.signer_pid(), signal.SIGKILL)
    reply = wait_for(lambda: (lambda r: r if r.status == 503 else None)(here.public.get("/readyz")), 5)
    assert reply is None or "signer" in reply.json()["detail"]
    farm = here.farm()
    assert farm.harvest(1), "it is started again when it is needed"
    assert here.public.get("/readyz").status == 200
    service.stop()


def test_what_went_wrong_in_the_database_is_told_in_the_log_and_to_no_caller(new_service):
    service = new_service().start()
    here = District(service)
    farm = here.farm()
    lot = farm.harvest(10)

    def failing(table, ask):
        service.cluster.execute(service.database, f"ALTER TABLE {table} RENAME TO away")
        reply, request = ask(), None
        service.cluster.execute(service.database, f"ALTER TABLE away RENAME TO {table}")
        assert reply.status == 500 and table not in reply.body.decode() and "42P01" not in reply.body.decode(), reply
        request = reply.json()["request"]
        return next(line for line in service.log().splitlines() if "event=request_failed" in line and request in line)

    line = failing("alert", lambda: here.admin.get("/v1/alerts"))
    assert 'problem=internal' in line and "42P01 relation" in line and "alert" in line, line
    failing("stock_move", lambda: farm.post("/v1/events", {"type": "sell", "time": ago(), "lots": [{"lot": lot["id"], "quantity": kg(1)}]}))
    line = next(line for line in service.log().splitlines() if "event=capture_failed" in line)
    assert "problem=internal" in line and "stock_move_insert" in line and "42P01" in line, line
    assert here.admin.get("/v1/alerts").status == 200 and farm.harvest(1)
    service.stop()


def test_version_says_what_runs(district):
    version = district.public.read("/version")
    assert version["name"] == "farmtrail" and re.fullmatch(r"\d+\.\d+\.\d+", version["version"])
    assert version["origin"] == district.service.origin and version["schema"] >= 5 and version["startedAt"].endswith("Z")


def test_metrics_are_prometheus_text_for_who_may_read(district, farm):
    assert district.public.get("/metrics").status == 401

    def value(name):
        text = district.admin.get("/metrics").body.decode()
        assert re.search(rf"^# TYPE {name} (counter|gauge)$", text, re.M), text
        return int(re.search(rf"^{name} (\d+)$", text, re.M)[1])

    before = value("farmtrail_captures_total")
    lot = farm.harvest(1)
    assert value("farmtrail_captures_total") == before + 1
    computed, hits = value("farmtrail_trails_computed_total"), value("farmtrail_trail_cache_hits_total")
    for _ in range(3):
        district.public.get(f"/t/{lot['code']}", Accept="application/json")
    assert value("farmtrail_trails_computed_total") == computed + 1
    assert value("farmtrail_trail_cache_hits_total") == hits + 2
    assert value("farmtrail_http_requests_total") > 0


def test_the_openapi_document_is_served_as_printed(district):
    assert district.public.read("/openapi.json") == district.service.contract.document


def test_robots_stay_out_of_the_interface(district):
    assert "Disallow: /v1/" in district.public.get("/robots.txt").body.decode()


def test_every_problem_has_a_page(district):
    types = district.public.read("/problems", Accept="application/json")["items"]
    slugs = [t["type"].removeprefix("/problems/") for t in types]
    assert {"lot-short", "not-known-yet", "id-taken", "yield-exceeded", "lineage-cycle", "time-naive",
            "time-future", "unit-unknown", "unit-dimension", "not-found", "busy"} <= set(slugs)
    index = district.public.get("/problems", Accept="text/html").body.decode()
    for problem, slug in zip(types, slugs):
        assert f"/problems/{slug}" in index
        assert district.public.read(f"/problems/{slug}") == problem and problem["hint"]["zh"] and problem["title"]["en"]
        page = district.public.get(f"/problems/{slug}?lang=en", Accept="text/html")
        assert page.headers["content-type"].startswith("text/html")
    assert district.public.get("/problems/none").problem() == "not-found"
