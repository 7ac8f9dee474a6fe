# SPDX-License-Identifier: Apache-2.0
"""The page that checks signatures in the browser, in Chromium: it says of every bundle, honest or with a field flipped, what
`farmtrail verify` says; it asks nothing of any network; its Ed25519 for browsers without one agrees with the vectors."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import pytest

from conftest import AXE, chromium

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "http"))
VECTORS = pathlib.Path(os.environ.get("FARMTRAIL_TEST_DATA", ROOT.parent / "shared")) / "crypto-vectors"


@pytest.fixture(scope="module")
def tool():
    from service import program
    try:
        return program("farmtrail")
    except RuntimeError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def samples(tmp_path_factory, tool):
    make = os.environ.get("FT_MAKE_BUNDLES")
    if not make:
        pytest.skip("FT_MAKE_BUNDLES is not set: run through meson")
    directory = tmp_path_factory.mktemp("bundles")
    subprocess.run([make, directory], check=True, timeout=60)
    done = subprocess.run([tool, "verify", "--page", "--policy", "policy.txt", "--registrar", "registrar.vkey"], cwd=directory,
                          capture_output=True, check=True, timeout=60)
    (directory / "verify.html").write_bytes(done.stdout)
    assert done.stderr.decode().strip() == "sha256 " + hashlib.sha256(done.stdout).hexdigest()
    return directory


@pytest.fixture(scope="module")
def page(samples):
    with chromium(samples.as_uri() + "/") as opened:
        opened.driver.set_script_timeout(300)
        yield opened


@pytest.fixture
def verifier(page):
    page.open("verify.html")
    yield page
    assert page.complaints() == []
    assert page.run("return performance.getEntriesByType('resource').length") == 0


def checked(verifier, texts, trust=None):
    """What the page finds of each: [verdict, [[check, finding, sentence] …] of the whole and of each step]."""
    return verifier.driver.execute_async_script("""
        const [texts, trust, done] = arguments;
        const [policy, registrar] = trust || ['policy', 'registrar'].map(name => element(name).value);
        const flat = report => report.checks.map(check => [check.name, check.finding, check.text[1]]);
        (async () => {
            const found = [];
            for (const text of texts)
                try {
                    const report = await verifyText(text, policy, registrar);
                    found.push([report.verdict, [flat(report), ...(report.steps || []).map(flat)]]);
                } catch (error) {
                    found.push(['unusable', String(error)]);
                }
            done(found);
        })();""", texts, trust)


def told(tool, samples, text, kind=""):
    """The same by the command line."""
    done = subprocess.run([tool, "verify", "-", "--policy", kind + "policy.txt", "--registrar", kind + "registrar.vkey", "--json"], cwd=samples,
                          input=text, text=True, capture_output=True, env={**os.environ, "LANG": "en", "LC_ALL": "en"}, check=False, timeout=60)
    report = json.loads(done.stdout) if done.stdout else {}
    if "checks" not in report:
        return ["unusable", None]

    def flat(one):
        return [[check["check"], check["finding"], check["text"]] for check in one["checks"]]

    return [report["verdict"], [flat(report), *map(flat, report.get("steps", []))]]


def leaves(value, path=()):
    if isinstance(value, (dict, list)):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(member, (*path, name))
    elif value is not None:
        yield path


def changed(document, path):
    copy = json.loads(json.dumps(document))
    place = copy
    for name in path[:-1]:
        place = place[name]
    value = place[path[-1]]
    at = 0 if isinstance(value, int) else len(value) // 2
    place[path[-1]] = value + 1 if isinstance(value, int) else \
        value[:at] + ("A" if value[at:at + 1] != "A" else "B") + value[at + 1:]
    return json.dumps(copy, ensure_ascii=False)


VERDICTS = {"holds.json": "holds", "unwitnessed.json": "unlogged", "hidden.json": "incomplete", "proof.json": "holds",
            "erased-and-revoked.json": "holds"}


@pytest.mark.parametrize("name", VERDICTS)
def test_an_honest_file_is_told_as_the_command_line_tells_it(verifier, tool, samples, name):
    text = (samples / name).read_text(encoding="utf-8")
    [found] = checked(verifier, [text])
    assert found == told(tool, samples, text) and found[0] == VERDICTS[name]


@pytest.mark.parametrize("name", ["holds.json", "erased-and-revoked.json", "proof.json"])
def test_every_flipped_field_is_told_as_the_command_line_tells_it(verifier, tool, samples, name):
    document = json.loads((samples / name).read_text(encoding="utf-8"))
    paths = list(leaves(document))
    texts = [changed(document, path) for path in paths]
    for path, text, found in zip(paths, texts, checked(verifier, texts)):
        said = told(tool, samples, text)
        assert found[0] == said[0], path
        assert found[0] == "unusable" or found == said, path
        if name == "holds.json":  # signed by exactly as many witnesses as the policy asks for
            assert found[0] != "holds", path


@pytest.mark.parametrize("kind", ["sm2-", "endorsed-", "wide-", "corrected-"])
def test_a_trail_with_sm2_endorsements_many_links_or_corrections_is_told_as_the_command_line_tells_it(verifier, tool, samples, kind):
    """In every browser, for none has SM2: and with every field flipped."""
    document = json.loads((samples / f"{kind}holds.json").read_text(encoding="utf-8"))
    trust = [(samples / f"{kind}{name}").read_text(encoding="utf-8") for name in ("policy.txt", "registrar.vkey")]
    paths = list(leaves(document))
    texts = [json.dumps(document), *(changed(document, path) for path in paths)]
    founds = checked(verifier, texts, trust)
    assert founds[0] == told(tool, samples, texts[0], kind) and founds[0][0] == "holds"
    for path, text, found in zip(paths, texts[1:], founds[1:]):
        said = told(tool, samples, text, kind)
        assert found[0] == said[0] != "holds" and (found[0] == "unusable" or found == said), path


@pytest.mark.parametrize("kind, finding, said", [("further-", "passed", "vouches for it: an earlier key was lost"),
                                                 ("unexplained-", "noted", "neither a predecessor nor a reason: 1")])
def test_why_an_organisation_has_a_further_key_is_told_as_the_command_line_tells_it(verifier, tool, samples, kind, finding, said):
    document = json.loads((samples / f"{kind}holds.json").read_text(encoding="utf-8"))
    trust = [(samples / f"{kind}{name}").read_text(encoding="utf-8") for name in ("policy.txt", "registrar.vkey")]
    paths = [path for path in leaves(document) if path[0] == "keys"]
    texts = [json.dumps(document), *(changed(document, path) for path in paths),
             *(json.dumps(document).replace("reason lost", word) for word in ("reason lots", "reason constructor", "reason custody"))]
    founds = checked(verifier, texts, trust)
    assert founds[0][0] == "holds" and said in json.dumps(founds[0])
    assert [check[1] for check in founds[0][1][0] if check[0] == "keys"] == [finding]
    for text, found in zip(texts, founds):
        assert found[0] == "unusable" or found == told(tool, samples, text, kind), text


@pytest.mark.parametrize("line, verdict, finding", [("holds", "holds", "passed"), ("missing", "unlogged", "pending"),
                                                    ("forged", "broken", "failed")])
def test_the_sm2_line_of_a_head_is_told_as_the_command_line_tells_it(verifier, tool, samples, line, verdict, finding):
    """Where the policy names its key, in words: which lines hold. Under a policy that does not, it is passed over."""
    text = (samples / f"national-{line}.json").read_text(encoding="utf-8")
    trust = [(samples / f"national-{name}").read_text(encoding="utf-8") for name in ("policy.txt", "registrar.vkey")]
    plain = "".join(row for row in trust[0].splitlines(keepends=True) if not row.startswith("#sm2"))
    found, passed_over = checked(verifier, [text], trust)[0], checked(verifier, [text], [plain, trust[1]])[0]
    assert found[0] == verdict and found == told(tool, samples, text, "national-")
    [head] = [check for check in found[1][0] if check[0] == "checkpoint"]
    assert head[1] == finding and "Ed25519" in head[2] and "SM2" in head[2]
    assert passed_over[0] == "holds" and "SM2" not in str(passed_over[1][0])


@pytest.mark.parametrize("kind, verdict", [("next-", "holds"), ("spelled-", "broken"), ("another-", "broken")])
def test_heads_of_the_log_that_went_on_count(verifier, samples, tool, kind, verdict):
    """Under a name with a number behind the origin, and under no other: the page and the command line agree."""
    text = (samples / f"{kind}bundle.json").read_text(encoding="utf-8")
    trust = [(samples / f"{kind}{name}").read_text(encoding="utf-8") for name in ("policy.txt", "registrar.vkey")]
    found = checked(verifier, [text], trust)[0]
    assert found[0] == verdict and found == told(tool, samples, text, kind)


def test_parts_that_are_no_longer_there_are_told_alike(verifier, tool, samples):
    document = json.loads((samples / "holds.json").read_text(encoding="utf-8"))
    texts = []
    for members in (["trail"], ["checkpoint"], ["keys"], ["lots"], ["steps"], ["lot"]):
        texts.append(json.dumps({name: value for name, value in document.items() if name not in members}))
    for i in range(len(document["steps"])):
        texts.append(json.dumps({**document, "steps": document["steps"][:i] + document["steps"][i + 1:]}))
        texts.append(json.dumps({**document, "steps": document["steps"] + [document["steps"][i]]}))
        texts.append(json.dumps({**document, "steps": [{**step, "view": None} if k == i else step
                                                       for k, step in enumerate(document["steps"])]}))
    for i in range(len(document["keys"])):
        texts.append(json.dumps({**document, "keys": document["keys"][:i]}))
    for text, found in zip(texts, checked(verifier, texts)):
        said = told(tool, samples, text)
        assert found[0] == said[0] and (found[0] == "unusable" or found == said)


def test_without_ed25519_in_the_browser_the_page_checks_the_same(verifier, samples):
    text = (samples / "holds.json").read_text(encoding="utf-8")
    before = checked(verifier, [text])
    verifier.run("""
        const whole = crypto.subtle.importKey.bind(crypto.subtle);
        crypto.subtle.importKey = (form, key, algorithm, ...rest) => algorithm.name === 'Ed25519' ?
            Promise.reject(new DOMException('none', 'NotSupportedError')) : whole(form, key, algorithm, ...rest);""")
    assert checked(verifier, [text]) == before and before[0][0] == "holds"
    document = json.loads(text)
    document["checkpoint"] = document["checkpoint"].replace("farmtrail.example\n12\n", "farmtrail.example\n13\n")
    assert checked(verifier, [json.dumps(document)])[0][0] == "broken"


def vectors(name):
    if not (VECTORS / name).is_file():
        pytest.skip("the shared test data is not here")
    return [json.loads(row) for row in (VECTORS / name).read_text(encoding="utf-8").splitlines()]


def verified(verifier, function, rows, prefix=""):
    return verifier.driver.execute_async_script("""
        const [name, rows, prefix, done] = arguments, bytes = text => text ? fromHex(text) : new Uint8Array();
        const check = {ed25519, ed25519Slowly, p256, sm2, sm3: bytes => hex(sm3(bytes))}[name];
        (async () => {
            const found = [];
            for (const row of rows)
                found.push(await check(bytes(prefix + row[0]), ...row.slice(1).map(bytes)));
            done(found);
        })();""", function, rows, prefix)


@pytest.mark.parametrize("function", ["ed25519", "ed25519Slowly"])
def test_ed25519_agrees_with_the_vectors(verifier, function):
    rows = vectors("ed25519/wycheproof_ed25519.jsonl")
    if function == "ed25519Slowly":  # its caller has seen to the length
        rows = [row for row in rows if len(row["sig"]) == 128]
    found = verified(verifier, function, [[row["public"], row["msg_hex"], row["sig"]] for row in rows])
    assert found == [row["result"] == "valid" for row in rows] and len(rows) > 80


def test_p256_agrees_with_the_vectors(verifier):
    rows = vectors("p256/wycheproof_p256_sha256_der.jsonl")
    found = verified(verifier, "p256", [[row["public"], row["msg_hex"], row["sig"]] for row in rows],
                     "3059301306072a8648ce3d020106082a8648ce3d030107034200")
    assert found == [row["result"] == "valid" for row in rows] and len(rows) > 300


def test_sm2_and_sm3_agree_with_the_vectors(verifier):
    rows = [row for row in vectors("sm2/sm2_sign.jsonl") if not row["name"].startswith("neg-der")]  # ours are r and s, not DER
    found = verified(verifier, "sm2", [[row["pub_x"] + row["pub_y"], row["msg_hex"], row["sig_rs"], row["id_hex"]] for row in rows], "04")
    assert found == [row["valid"] for row in rows] and found.count(True) > 10 and found.count(False) > 5
    hashed = vectors("sm3/sm3.jsonl")
    assert verified(verifier, "sm3", [[row["msg_hex"]] for row in hashed]) == [row["sm3"] for row in hashed] and len(hashed) > 80


def test_weak_keys_verify_nothing(verifier):
    """Of each of the 14 encodings a message that a signature fits which nobody made."""
    from device import UNIVERSAL, WEAK_KEYS, is_signed_by_nobody
    fitting = [(key, next(bytes([n, m]) for n in range(256) for m in range(256) if is_signed_by_nobody(key, bytes([n, m]))))
               for key in WEAK_KEYS]
    rows = [[key.hex(), message.hex(), UNIVERSAL.hex()] for key, message in fitting]
    assert {row["public"] for row in vectors("ed25519/weak_public_keys.jsonl")} <= {row[0] for row in rows} and len(rows) == 14
    assert not any(verified(verifier, "ed25519", rows))
    # without the list these would
    assert verified(verifier, "ed25519Slowly", rows).count(True) == 8, "those that are spelled as they should be"


def wait_for_verdict(verifier):
    return verifier.driver.execute_async_script("""
        const done = arguments[0], look = () => {
            const banner = document.querySelector('[data-verdict]');
            banner && banner.dataset.verdict !== 'working' ? done([banner.dataset.verdict, banner.innerText]) : setTimeout(look, 20);
        };
        look();""")


@pytest.mark.parametrize("name,sentence", [("holds.json", "Everything that was checked holds"), ("hidden.json", "something is held back")])
def test_a_file_that_is_chosen_is_checked(verifier, samples, name, sentence):
    verifier.driver.find_element("id", "file").send_keys(str(samples / name))
    verdict, text = wait_for_verdict(verifier)
    assert verdict == VERDICTS[name] and sentence in text
    assert verifier.run("return document.querySelectorAll('#result details').length") >= 8
    assert verifier.run("return document.documentElement.scrollWidth") <= 360


def test_what_is_pasted_is_checked_and_told_in_both_languages(verifier, samples):
    text = (samples / "erased-and-revoked.json").read_text(encoding="utf-8")
    verifier.run("document.getElementById('paste').value = arguments[0]", text)
    verifier.driver.find_element("id", "check").click()
    assert wait_for_verdict(verifier)[0] == "holds"
    assert "removed on" in verifier.run("return document.getElementById('result').textContent")
    verifier.driver.find_element("id", "language").click()
    assert "依法删除" in verifier.run("return document.getElementById('result').textContent")
    assert verifier.run("return document.documentElement.lang") == "zh"
    verifier.run("document.getElementById('paste').value = 'not json'")
    verifier.driver.find_element("id", "check").click()
    assert wait_for_verdict(verifier)[0] == "unknown"


def test_another_policy_can_be_put_in(verifier, samples):
    text = (samples / "holds.json").read_text(encoding="utf-8")
    verifier.run("document.getElementById('policy').value = ''; document.getElementById('paste').value = arguments[0]", text)
    verifier.driver.find_element("id", "check").click()
    assert wait_for_verdict(verifier)[0] == "holds"
    assert "agrees with itself" in verifier.run("return document.getElementById('result').textContent")
    verifier.run("document.getElementById('policy').value = 'quorum nobody'")
    verifier.driver.find_element("id", "check").click()
    assert wait_for_verdict(verifier)[0] == "unknown"


def test_the_page_meets_wcag(verifier, samples):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed")
    verifier.driver.find_element("id", "file").send_keys(str(samples / "erased-and-revoked.json"))
    wait_for_verdict(verifier)
    verifier.run("document.querySelectorAll('details').forEach(box => { box.open = true; })")
    assert verifier.axe() == []


def test_the_script_is_small_and_names_no_address():
    text = (ROOT / "src" / "core" / "verifier.html").read_text(encoding="utf-8")
    script = text[text.index("<script>\n") + 9:text.rindex("</script>")].splitlines()
    code = [row for row in script if row.strip() and not row.strip().startswith(("//", "/*", "*"))]
    assert len(code) <= 920 and len(text.encode()) <= 58 * 1024
    for word in ("fetch(", "XMLHttpRequest", "import(", "eval(", "innerHTML", "src=", "localStorage", "cookie"):
        assert word not in text, word


def test_partners_events_are_called_what_trails_call_them(verifier):
    from event_kinds import KINDS
    assert verifier.run("return arguments[0].map(kindOf)", [view for _, view in KINDS]) == [word for word, _ in KINDS]
