# SPDX-License-Identifier: Apache-2.0
"""A mirror: whoever follows the log keeps its entries as tlog-tiles files, and finds what a server leaves out of a trail, the
newest record above all; the page says whom to ask."""
import functools
import html
import http.server
import json
import signal
import subprocess
import threading

import pytest
from auditor import wait_until_logged
from conftest import District, ago, kg, line
from loglab import WIDTH, Log, Server, b64, leaf_hash, root_of
from service import environment, program, wait_for
from test_monitor import BROKEN, USAGE, WELL, monitor, url_of

GOOD, REFUSED, UNTRUSTED, NEWER, LACKING = 0, 1, 4, 6, 7


def mirror(directory, trail, *arguments, check=None):
    done = subprocess.run([program("farmtrail"), "mirror", directory, trail, *map(str, arguments), "--json"],
                          env=environment(LANG="en_US.UTF-8"), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
    assert check is None or done.returncode == check, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return json.loads(done.stdout) if done.stdout.startswith("{") else done


class Kept:
    """A mirror of the service's log, and trails to ask it about."""

    def __init__(self, service, district, tmp_path):
        self.service, self.district, self.directory = service, district, tmp_path / "mirror"
        self.trust, self.state, self.trail = ("--log", service.data / "log.vkey"), tmp_path / "state", tmp_path / "trail.json"

    def keep(self, check=WELL, **settings):
        wait_until_logged(self.service, self.district.public)
        return monitor(url_of(self.service), *self.trust, "--state", self.state, "--mirror", self.directory, check=check, **settings)

    def save(self, lot, without=lambda step: False):
        """A trail as a server gives it that leaves out some of its steps."""
        bundle = self.district.public.read(f"/t/{lot['code']}/proofs")
        hidden = [step for step in bundle["steps"] if without(step)]
        bundle["steps"] = [step for step in bundle["steps"] if step not in hidden]
        bundle["trail"]["steps"] = [step for step in bundle["trail"]["steps"] if step["event"] not in [h.get("event") for h in hidden]]
        self.trail.write_text(json.dumps(bundle))
        return hidden

    def hide(self, event):
        """Where a record stands in the log, and its statement."""
        return (self.service.value("SELECT idx FROM log_leaf WHERE kind = 'event' AND id = %s", event),
                bytes(self.service.value("SELECT statement FROM event WHERE id = %s", event)).decode())

    def ask(self, check):
        return mirror(self.directory, self.trail, *self.trust, check=check)


@pytest.fixture
def kept(service, district, tmp_path):
    return Kept(service, district, tmp_path)


@pytest.fixture
def mixed(district):
    """A lot of two farms'; of one of them others got some, afterwards too."""
    packer, other, farms = district.packer(), district.packer(), [district.farm(), district.farm()]
    lots = [farm.harvest(60) for farm in farms]
    for farm, lot in zip(farms, lots):
        packer.receive(farm.ship(packer, line(lot, 50)))
    packed = packer.record("mix", ago(hours=6), site="H1", inputs=[line(lot, 50) for lot in lots],
                           outputs=[{"product": "SALAD", "quantity": kg(100)}])["lots"][0]
    other.receive(farms[0].ship(other, line(lots[0], 10), time=ago(hours=5)), time=ago(hours=4))
    return packer, packed, lots, farms


def test_receipts_are_found_in_the_log(kept, district, tmp_path):
    """Answers as they were given: of one record, of a batch, of a correction with its replacement; one that nobody gave."""
    farm, said = district.farm(), {"site": "P1", "product": "PAKCHOI", "quantity": kg(1)}
    one = farm.record("harvest", ago(days=1), **said)
    batch = farm.post("/v1/events:batch", {"records": [{"type": "harvest", "time": ago(days=2), **said} for _ in range(3)]}).json()
    corrected = farm.record("correct", ago(hours=1), event=one["event"], reason="typing error",
                            replacement={"type": "harvest", "time": ago(days=1), **said, "quantity": kg(2)})
    receipts = tmp_path / "receipts"
    receipts.write_text(json.dumps([one, batch, corrected]))
    kept.keep()
    assert mirror(kept.directory, receipts, *kept.trust, check=GOOD)["receipts"] == 6
    forged = {**one, "statement": b64(bytes(32))}
    receipts.write_text("\n".join(map(json.dumps, (one, forged, corrected))))
    found = mirror(kept.directory, receipts, *kept.trust, check=LACKING)
    assert found["missing"] == [{"statement": forged["statement"], "event": one["event"]}] and found["receipts"] == 4
    for text in ("", "{}", "receipt", json.dumps({**one, "statement": "short"})):
        receipts.write_text(text)
        mirror(kept.directory, receipts, *kept.trust, check=REFUSED)


def test_an_honest_trail_lacks_nothing(kept, mixed):
    kept.keep()
    kept.save(mixed[1])
    found = kept.ask(GOOD)
    assert found["missing"] == [] and found["about"] >= 9, "with what happened to the rest of a lot that went into it"
    assert found["mirror"] <= found["trail"]


@pytest.mark.parametrize("of", ["lot", "origin"])
def test_a_last_record_that_the_server_hides_is_found(kept, mixed, of):
    packer, packed, lots, farms = mixed
    lot, by = (packed, packer) if of == "lot" else (lots[1], farms[1])
    hold = by.record("hold", ago(minutes=5), lots=[{"lot": lot["id"]}], reason="pesticide")["event"]
    kept.keep()
    kept.save(packed)
    assert kept.ask(GOOD)["missing"] == []
    index, statement = kept.hide(hold)
    assert len(kept.save(packed, without=lambda step: step["statement"] == statement)) == 1
    done = subprocess.run([program("farmtrail"), "verify", kept.trail, "--registrar", kept.service.data / "registrar.vkey"],
                          env=environment(DATA="/nonexistent"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, "the trail itself cannot show it"
    assert kept.ask(LACKING)["missing"] == [{"index": index, "lot": lot["uri"], "newer": False}]


def test_what_was_recorded_since_is_told_apart(kept, mixed):
    packer, packed, *_ = mixed
    wait_until_logged(kept.service, kept.district.public)
    kept.save(packed)
    event = packer.record("hold", ago(minutes=5), lots=[{"lot": packed["id"]}], reason="pesticide")["event"]
    kept.keep()
    assert [m["newer"] for m in kept.ask(NEWER)["missing"]] == [True]
    url = f"{url_of(kept.service)}/t/{packed['code']}/proofs"
    assert mirror(kept.directory, url, *kept.trust, check=GOOD)["missing"] == [], "asked for again it has it"
    assert event


def test_a_mirror_goes_on_where_it_stood_and_serves_what_it_keeps(kept, mixed, tmp_path):
    kept.keep()
    before = {path: path.stat().st_mtime_ns for path in kept.directory.rglob("*") if path.is_file()}
    mixed[0].record("hold", ago(minutes=5), lots=[{"lot": mixed[1]["id"]}], reason="pesticide")
    found = kept.keep()
    assert found["read"] < found["size"]
    assert all(path.read_bytes() for path in before), "what was there stays"
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    again = monitor(f"http://127.0.0.1:{served.server_address[1]}/mirror", *kept.trust, "--state", tmp_path / "other", check=WELL)
    assert again["size"] == found["size"] == again["read"]
    served.shutdown()
    served.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize("harm", ["entry", "gone", "head", "key"])
def test_a_mirror_that_is_not_whole_answers_nothing(kept, mixed, harm):
    kept.keep()
    kept.save(mixed[1])
    file = sorted(path for path in (kept.directory / "tile/entries").rglob("*") if path.is_file() and ("000" in str(path)))[0]
    content = file.read_bytes()
    if harm == "entry":
        file.write_bytes(content.replace(b"farmtrail/event@v1", b"farmtrail/evenu@v1", 1))
    elif harm == "gone":
        file.unlink()
    elif harm == "head":
        (kept.directory / "checkpoint").write_text(Log().head())
    trust = ("--log", Log().key.vkey) if harm == "key" else kept.trust
    assert "missing" not in mirror(kept.directory, kept.trail, *trust, check=UNTRUSTED)


def test_a_log_that_breaks_its_word_leaves_the_mirror_as_it_was(tmp_path):
    server = Server(Log())
    server.log.record(count=300)
    arguments = ("--log", server.log.key.vkey, "--state", tmp_path / "state", "--mirror", tmp_path / "mirror")
    monitor(server.url, *arguments, check=WELL)
    head = (tmp_path / "mirror/checkpoint").read_text()
    honest, server.log = server.log, server.log.copy(290)
    server.log.record(count=40)
    monitor(server.url, *arguments, check=BROKEN)
    assert (tmp_path / "mirror/checkpoint").read_text() == head
    server.log = honest
    honest.record(count=40)
    monitor(server.url, *arguments, check=WELL)
    bundles = [(tmp_path / "mirror/tile/entries" / name).read_bytes() for name in ("000", f"001.p/{len(honest.entries) - 256}")]
    assert b"".join(bundles) == b"".join(len(entry).to_bytes(2, "big") + entry for entry in honest.entries)
    server.close()


def test_the_root_of_a_mirror_is_a_page(kept, mixed, tmp_path):
    """Two files beside the rest, without script or server: whose log it is, how far it goes, and commands that hold."""
    found = kept.keep()
    _, size, root, *_ = (kept.directory / "checkpoint").read_text().splitlines()
    vkey = (kept.service.data / "log.vkey").read_text().strip()
    (tmp_path / "log.vkey").write_text(vkey + "\n")
    pages = {name: (kept.directory / name).read_text() for name in ("index.html", "index.en.html")}
    for name, other in (("index.html", "index.en.html"), ("index.en.html", "index.html")):
        text = html.unescape(pages[name])
        assert f"<dd data-size>{found['size']}<" in text and found["size"] == int(size) and f"data-root>{root}<" in text
        assert f"data-vkey>{vkey}<" in text and kept.service.origin in text and f'href="{other}"' in text
        assert "<script" not in text and "/?lang=" not in text and 'href="/' not in text
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(kept.directory)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{served.server_address[1]}"
    kept.save(mixed[1])
    follow, ask, by_hand = (html.unescape(part.split("</pre>")[0]).replace("URL", url).replace("PROOFS", str(kept.trail))
                            for part in pages["index.html"].split("<pre>")[1:])
    (tmp_path / "here").mkdir()
    (tmp_path / "here/log.vkey").write_text(vkey + "\n")

    def run(command):
        return subprocess.run(["bash", "-c", f"farmtrail() {{ {program('farmtrail')} \"$@\"; }}\n{command}"], cwd=tmp_path / "here",
                              env=environment(LANG="en_US.UTF-8"), capture_output=True, text=True, check=False, timeout=60)
    for command in (follow, ask, by_hand):
        done = run(command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert "Verified Successfully" in done.stdout
    (kept.directory / "checkpoint").write_text((kept.directory / "checkpoint").read_text().replace(f"\n{size}\n", f"\n{found['size'] - 1}\n"))
    assert run(by_hand).returncode != 0 and run(follow).returncode == BROKEN
    public = bytes([0xfb] * 32)  # in base64 it has the sign that stands between the parts of the line
    assert "+" in b64(b"\x01" + public)
    (tmp_path / "here/log.vkey").write_text(f"example.org+00000000+{b64(bytes([1]) + public)}\n")
    run(by_hand)
    assert (tmp_path / "here/key.der").read_bytes()[12:] == public
    served.shutdown()
    served.server_close()


# — in the directory of a mirror: whole at every instant, and of one history —
class Followed:
    """A log of the laboratory, and a mirror that a monitor keeps of it."""

    def __init__(self, tmp_path, count):
        self.server, self.directory, self.states = Server(Log()), tmp_path / "mirror", tmp_path
        self.server.log.record(count=count)

    def arguments(self, state="state", mirrored=True):
        return (f"{self.server.url}", "--log", self.server.log.key.vkey, "--state", self.states / state,
                *(("--mirror", self.directory) if mirrored else ()))

    def look(self, *more, check=WELL, state="state", mirrored=True):
        return monitor(*self.arguments(state, mirrored), *more, check=check)

    def begin(self):
        """A look that is on its way."""
        return subprocess.Popen([program("farmtrail"), "monitor", *map(str, self.arguments())], env=environment(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def size(self):
        """How many entries its head covers: all of them are there, and hash to it. 0: it has no head."""
        if not (self.directory / "checkpoint").exists():
            return 0
        _, size, root, *_ = (self.directory / "checkpoint").read_text().splitlines()
        size, entries = int(size), []
        for first in range(0, size, WIDTH):
            width = min(WIDTH, size - first)
            name = f"{first // WIDTH:03}" + (f".p/{width}" if width < WIDTH else "")
            rest = (self.directory / "tile/entries" / name).read_bytes()
            while rest:
                length = int.from_bytes(rest[:2], "big")
                entries.append(rest[2:2 + length])
                rest = rest[2 + length:]
            assert (self.directory / "tile/0" / name).read_bytes() == b"".join(leaf_hash(entry) for entry in entries[first:])
            if width == WIDTH:
                assert (self.directory / f"tile/1/000.p/{size // WIDTH}").exists()
        assert len(entries) == size and b64(root_of([leaf_hash(entry) for entry in entries])) == root
        return size


@pytest.fixture
def followed(tmp_path):
    made = Followed(tmp_path, count=600)
    yield made
    made.server.close()


def test_two_do_not_write_into_one_directory_at_once(followed):
    """Each with a state of its own: the second is sent away, and the first goes on."""
    asked, go = threading.Event(), threading.Event()

    def hold(path):
        if "entries" in path and not asked.is_set():
            asked.set()
            go.wait(20)
    followed.server.answer = hold
    first = followed.begin()
    assert asked.wait(20)
    refused = followed.look(state="other", check=REFUSED)
    go.set()
    assert "at work on this mirror" in refused["error"]
    assert first.wait(30) == WELL and followed.size() == len(followed.server.log.entries)
    followed.look(state="other")


def test_a_mirror_that_is_begun_late_is_whole(followed):
    """The state had read most of the log by then."""
    followed.look(mirrored=False)
    followed.server.log.record(count=30)
    assert followed.look()["read"] == len(followed.server.log.entries) == followed.size()
    (followed.directory / "tile/entries/001").unlink()
    followed.look("--all")
    assert followed.size() == len(followed.server.log.entries), "what is gone comes back when all is read again"


@pytest.mark.parametrize("how", ["--all", "another state"])
def test_a_false_history_takes_nothing_from_a_mirror(followed, how):
    """Nothing that its head covers is written again, and what does not contain that is no history of this log."""
    followed.look()
    kept = {path: path.read_bytes() for path in followed.directory.rglob("*") if path.is_file()}
    honest, followed.server.log = followed.server.log, followed.server.log.copy(100)
    followed.server.log.record(count=700)
    followed.look(*(["--all"] if how == "--all" else []), state="state" if how == "--all" else "other", check=BROKEN)
    assert kept.items() <= {path: path.read_bytes() for path in kept}.items() and followed.size() == len(honest.entries)
    followed.server.log = honest.copy(300)
    followed.look(state="third", check=BROKEN)
    assert followed.size() == len(honest.entries), "its head does not go back"
    honest.record(count=100)
    followed.server.log = honest
    followed.look(state="third")
    assert followed.size() == len(honest.entries)


def test_a_false_entry_takes_nothing_from_a_mirror(followed):
    """Under the true head: what is served for a bundle that the mirror has is looked at, and does not replace it."""
    followed.look()
    bundle = bytearray(followed.server.log.bundle(0, WIDTH))
    bundle[-1] ^= 1
    followed.server.answer = lambda path: (200, {}, bytes(bundle)) if path.endswith("/tile/entries/000") else None
    followed.look("--all", check=BROKEN)
    assert followed.size() == len(followed.server.log.entries)


def test_a_directory_of_another_log_is_left_alone(followed, tmp_path):
    followed.look()
    before = (followed.directory / "checkpoint").read_text()
    other = Server(Log("other.farmtrail.example"))
    monitor(other.url, "--log", other.log.key.vkey, "--state", tmp_path / "other", "--mirror", followed.directory, check=REFUSED)
    other.close()
    assert (followed.directory / "checkpoint").read_text() == before
    (followed.directory / "checkpoint").write_text("no head\n")
    followed.look(check=REFUSED)


def test_killed_at_any_request_a_mirror_is_whole_while_the_log_grows(followed):
    sizes = []
    for nth in range(14):
        asked = []

        def kill(path):
            asked.append(path)
            followed.server.log.record()
            if len(asked) == nth + 1:
                wait_for(lambda: process is not None)
                process.send_signal(signal.SIGKILL)
                process.wait()
        process = None
        followed.server.answer = kill
        process = followed.begin()
        assert process.wait(30) in (WELL, -signal.SIGKILL)
        sizes.append(followed.size())
    followed.server.answer = lambda path: None
    assert sizes == sorted(sizes)
    followed.look()
    assert followed.size() == len(followed.server.log.entries)


def test_usage(kept, tmp_path):
    monitor(url_of(kept.service), *kept.trust, "--mirror", kept.directory, check=USAGE)
    mirror(tmp_path, tmp_path / "none", *kept.trust, check=2)
    mirror(tmp_path, tmp_path / "none", check=2)


def test_the_page_says_whom_to_ask(new_service):
    service = new_service(LOG_MIRRORS="The Office <b> https://mirror.example.cn/q?a=1&b=2; Other http://[::1]:8/").start()
    here = District(service)
    lot = here.farm().harvest(1)
    page = here.public.get(f"/t/{lot['code']}?lang=en", Accept="text/html").body.decode()
    print(page[page.find('mirrors') - 100:][:900])
    assert '<a href="https://mirror.example.cn/q?a=1&amp;b=2" rel="external noopener">ask The Office &lt;b&gt;</a>' in page
    assert 'href="http://[::1]:8/"' in page and f'href="/t/{lot["code"]}/proofs"' in page
    service.stop()
    for wrong in ("https://mirror.example.cn", "Name javascript:alert(1)", "Name"):
        process = service.spawn(LOG_MIRRORS=wrong)
        assert process.wait(60) == 1 and "FARMTRAIL_LOG_MIRRORS" in service.log()[-600:], wrong
    service.start(LOG_MIRRORS="")
    assert "id=mirrors" not in here.public.get(f"/t/{lot['code']}?lang=en", Accept="text/html").body.decode()
    service.stop()
