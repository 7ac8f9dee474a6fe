# SPDX-License-Identifier: Apache-2.0
"""What one request gets: targets, methods, languages, keys, headers, problems."""
import json
import re

import pytest

from conftest import request_bytes


def test_arguments_are_decoded_once_and_the_path_stays_raw(server):
    echo = server.get("/echo/a%2Fb%2525/%E4%B8%AD?q=%2F&q=+").json()
    assert echo["path"] == "/echo/a%2Fb%2525/%E4%B8%AD"
    assert (echo["first"], echo["second"], echo["query"]) == ("a/b%25", "中", "q=%2F&q=+")


def test_the_rest_is_raw_but_for_escapes_of_what_needs_none(server):
    """RFC 3986, 6.2.2.2: with and without these it is the same address."""
    assert server.get("/rest/09506/10/A%2FB/../%2e%2e/%7e%41").json()["first"] == "09506/10/A%2FB/../../~A"


@pytest.mark.parametrize("target", ["/echo/a%00/b", "/echo/%/b", "/echo/%g1/b", "/echo/a/b?x=%zz", "/echo/%ff/b",
                                    "/echo/a/b#c", "/nowhere/%00"])
def test_malformed_targets_are_bad_requests(server, target):
    answer = server.get(target)
    assert (answer.status, answer.slug()) == (400, "bad-request")


def test_a_nul_on_the_request_line_does_not_cut_the_target(server):
    with server.connect() as c:
        c.send(b"GET /cached/page\0/secret HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = c.read()
    assert (answer.status, answer.slug()) == (400, "bad-request")


def test_the_absolute_form_is_understood(server):
    assert server.get("http://test/echo/a/b").json()["path"] == "/echo/a/b"


def test_literals_win_and_a_trailing_slash_is_tolerated(server):
    assert "second" not in server.get("/echo/a/literal").json()
    assert server.get("/echo/a/other/").json()["second"] == "other"


def test_unknown_paths_are_not_found_on_a_connection_that_lives_on(server):
    with server.connect() as c:
        for _ in range(2):
            c.send(request_bytes("GET", "/nowhere"))
            answer = c.read()
            assert (answer.status, answer.slug()) == (404, "not-found")
            assert answer.headers.get("connection") != "close"


def test_other_methods_get_405_with_allow(server):
    answer = server.ask("DELETE", "/echo/a/b")
    assert (answer.status, answer.slug()) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert server.ask("BREW", "/private").headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_options_answers_allow(server):
    answer = server.ask("OPTIONS", "/orders")
    assert (answer.status, answer.headers["allow"], answer.body) == (204, "POST, OPTIONS", b"")
    assert server.ask("OPTIONS", "*").status == 204


def test_head_has_the_headers_of_get_and_no_body(server):
    with server.connect() as c:
        c.send(request_bytes("HEAD", "/cached/page"))
        head = c.read("HEAD")
        c.send(request_bytes("GET", "/cached/page"))
        get = c.read()
    assert (head.status, len(get.body)) == (200, 4096)
    drop = ("x-request-id", "date")
    assert {k: v for k, v in head.headers.items() if k not in drop} == \
        {k: v for k, v in get.headers.items() if k not in drop}


def test_pages_carry_security_headers(server):
    headers = server.get("/cached/page").headers
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "public, max-age=5"
    assert headers["vary"] == "Accept, Accept-Language, Accept-Encoding"
    assert server.get("/cached/other").headers["cache-control"] == "no-store"


def test_what_the_client_has_is_not_sent_again(server):
    answer = server.get("/cached/page", If_None_Match='"v0", W/"v1"')
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", '"v1"')
    assert server.get("/cached/page", If_None_Match='"v2"').status == 200


def test_bytes_of_the_cache_are_released_once_each(server):
    before = server.get("/counters").json()["released"]
    for _ in range(5):
        server.get("/cached/page")
    server.ask("HEAD", "/cached/page")
    server.get("/cached/page", If_None_Match='"v1"')
    assert server.wait_for(lambda: server.get("/counters").json()["released"] == before + 7)


@pytest.mark.parametrize("target,accept,language", [
    ("/echo/a/b", None, "zh"), ("/echo/a/b", "en-US,en;q=0.9", "en"), ("/echo/a/b", "en;q=0.1, zh;q=0.2", "zh"),
    ("/echo/a/b?lang=en", "zh", "en"), ("/echo/a/b?x&lang=zh", "en", "zh"), ("/echo/a/b", "fr", "zh")])
def test_the_language_is_chosen(server, target, accept, language):
    headers = {"Accept-Language": accept} if accept else {}
    assert server.ask("GET", target, headers).json()["language"] == language


def test_problems_speak_the_callers_language(server):
    assert server.get("/nowhere", Accept_Language="en").json()["title"].startswith("There is no such thing")
    assert server.get("/nowhere").json()["title"].startswith("不存在")


def test_request_ids_are_kept_or_made(server):
    assert server.get("/echo/a/b", X_Request_Id="abc.DEF-123").headers["x-request-id"] == "abc.DEF-123"
    made = {server.get("/echo/a/b", X_Request_Id=bad).headers["x-request-id"] for bad in ("short", "with space", "x" * 65)}
    assert len(made) == 3 and all(re.fullmatch("[0-9a-f]{16}", one) for one in made)


def test_keys_decide(server):
    answer = server.get("/private")
    assert (answer.status, answer.slug()) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == 'Bearer realm="farmtrail"'
    wrong = server.get("/private", Authorization="Bearer nonsense")
    assert wrong.status == 401 and "invalid_token" in wrong.headers["www-authenticate"]
    assert server.get("/private", Authorization="Basic key-read").status == 401
    assert server.get("/private", Authorization="bearer key-read").json()["knownKey"] is True


def test_a_wrong_key_is_refused_on_public_pages_too(server):
    assert server.get("/echo/a/b", Authorization="Bearer nonsense").status == 401


def test_the_missing_scope_is_named(server):
    answer = server.ask("POST", "/private", {"Authorization": "Bearer key-read"}, '{"name":"x"}')
    assert (answer.status, answer.slug(), answer.json()["detail"]) == (403, "forbidden", "scope: capture")


def test_a_row_without_a_scope_serves_nobody(server):
    assert server.get("/nobody").status == 401
    assert server.get("/nobody", Authorization="Bearer key-capture").status == 403


def test_keys_that_are_not_in_memory_are_looked_up_on_a_worker(server):
    assert server.get("/private", Authorization="Bearer slow-capture").json()["knownKey"] is True
    assert server.get("/private", Authorization="Bearer slow-bad").slug() == "unauthorized"
    assert server.get("/private", Authorization="Bearer slow-down").slug() == "database-unavailable"
    answer = server.ask("POST", "/private", {"Authorization": "Bearer slow-capture"}, '{"name":"x","number":3}')
    assert (answer.status, answer.json()["number"]) == (200, 3)


def test_bodies_and_queries_are_decoded_and_faults_point(server):
    assert server.ask("POST", "/orders", body='{"name":"x","number":12}').json()["number"] == 12
    assert server.get("/query?ms=7&lang=en").json()["number"] == 7
    answer = server.ask("POST", "/orders", {"Accept-Language": "en"}, '{"name":"x","number":"12"}')
    error, = answer.json()["errors"]
    assert (answer.status, error["pointer"]) == (422, "/number") and error["hint"]
    assert server.get("/query?nope=1").slug() == "field-unknown"
    assert server.ask("POST", "/orders", body='{"name":').slug() == "json-syntax"
    assert server.ask("POST", "/orders", body="").slug() == "json-syntax"


def test_forms_are_decoded_where_the_row_says_so(server):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert server.ask("POST", "/orders", form, "name=a+b&number=5").json()["number"] == 5
    assert server.ask("POST", "/private", {**form, "Authorization": "Bearer key-capture"}, "name=x").slug() == \
        "unsupported-media-type"


@pytest.mark.parametrize("media_type,status", [
    ("application/json", 201), ("application/ld+json; charset=UTF-8", 201), ("text/plain", 415),
    ("application/json; charset=gb18030", 415), ("", 415)])
def test_media_types_of_bodies(server, media_type, status):
    assert server.ask("POST", "/orders", {"Content-Type": media_type}, '{"name":"x"}').status == status


def test_failures_do_not_tell_what_is_inside(server):
    answer = server.get("/fail", X_Request_Id="find-me-in-the-log")
    assert (answer.status, answer.slug()) == (500, "internal")
    assert b"hunter2" not in answer.body and b"secrets" not in answer.body
    assert server.wait_for(lambda: re.search("level=error .*find-me-in-the-log", server.log()))


def test_busy_says_when_to_come_back(server):
    answer = server.get("/busy")
    assert (answer.status, answer.slug(), answer.headers["retry-after"]) == (503, "busy", "7")


def test_pages_explain_problems_to_people(server):
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    answer = server.get("/nowhere", Accept=browser)
    assert (answer.status, answer.body) == (404, b"<h1>not-found</h1>")
    assert "content-security-policy" in answer.headers
    assert server.get("/fail", Accept=browser).slug() == "internal"


def test_reply_headers_are_sent_but_never_broken(server):
    answer = server.get("/created")
    assert answer.status == 201
    assert (answer.headers["location"], answer.headers["x-extra"]) == ("/echo/a/b", "yes")
    assert answer.headers["link"] == '</next>; rel="next"'
    assert "etag" not in answer.headers and "set-cookie" not in answer.headers


def test_handlers_can_read_any_header(server):
    assert server.get("/echo/a/b", X_SAMPLE="some value").json()["header"] == "some value"
    assert "header" not in server.get("/echo/a/b").json()


def test_log_lines_name_the_route_and_never_the_path(server):
    server.ask("GET", "/echo/secret-lot/b", {"X-Request-Id": "log-line-1", "Authorization": "Bearer key-read"})
    server.ask("GET", "/cached/page", {"X-Request-Id": "log-line-2"})
    assert server.wait_for(lambda: "log-line-1" in server.log())
    line, = [one for one in server.log().splitlines() if "log-line-1" in one]
    for part in ("event=request", "method=GET", "route=echo", "status=200", "bytes=", "duration_us=",
                 "key=00000000-0000-0000-0000-000000000001"):
        assert part in line
    assert "secret-lot" not in server.log() and "log-line-2" not in server.log()


def test_the_document_describes_itself(server):
    document = json.loads(server.get("/openapi.json").body)
    assert document["openapi"] == "3.1.0"
    assert "/rest/{rest}" in document["paths"]
