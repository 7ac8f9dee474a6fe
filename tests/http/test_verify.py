# SPDX-License-Identifier: Apache-2.0
"""farmtrail verify without a server: bundles, proofs and tlog-proofs of a small log made in memory, against a policy; each
verdict has its sentence and its exit code."""
import json
import subprocess

import pytest
from service import build_directory, environment, program

HOLDS, USAGE, BROKEN, UNLOGGED, INCOMPLETE = 0, 2, 4, 6, 7


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    directory = tmp_path_factory.mktemp("bundles")
    subprocess.run([build_directory() / "tests" / "browser" / "make_bundles", directory], check=True, timeout=60)
    return directory


def verify(samples, name, *arguments, trust=True, language="en"):
    given = ["--policy", "policy.txt", "--registrar", "registrar.vkey"] if trust else []
    return subprocess.run([program("farmtrail"), "verify", name, *given, *arguments], cwd=samples, text=True, capture_output=True,
                          env={**environment(DATA="/nonexistent"), "LANG": language, "LC_ALL": language}, check=False, timeout=60)


def report_of(samples, name, **options):
    return json.loads(verify(samples, name, "--json", **options).stdout)


@pytest.mark.parametrize("name,code,verdict", [("holds.json", HOLDS, "holds"), ("unwitnessed.json", UNLOGGED, "unlogged"),
                                               ("hidden.json", INCOMPLETE, "incomplete"), ("proof.json", HOLDS, "holds"),
                                               ("erased-and-revoked.json", HOLDS, "holds")])
def test_each_verdict_has_its_exit_code(samples, name, code, verdict):
    done = verify(samples, name, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] == verdict
    assert verify(samples, name).returncode == code


@pytest.mark.parametrize("language,late,removed", [("en", "31 days late", "removed on 20"), ("zh", "事后 31 天", "依法删除")])
def test_what_holds_is_said_in_words(samples, language, late, removed):
    told = verify(samples, "erased-and-revoked.json", language=language).stdout
    assert late in told and removed in told and "✗" not in told
    hidden = verify(samples, "hidden.json", language=language).stdout
    assert hidden.count("✗") == 2  # the missing record, the verdict


def test_without_trust_only_consistency_is_said(samples):
    done = verify(samples, "holds.json", trust=False)
    assert done.returncode == HOLDS and "--registrar" in done.stdout
    report = report_of(samples, "holds.json", trust=False)
    assert report["ok"] and not report["trusted"]
    assert verify(samples, "hidden.json", trust=False).returncode == INCOMPLETE
    assert report_of(samples, "holds.json")["trusted"]


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(item, (*path, i))
    elif isinstance(value, (str, int)):
        yield path


def changed(document, path):
    """The document with one leaf changed in its middle."""
    copy = json.loads(json.dumps(document))
    place = copy
    for name in path[:-1]:
        place = place[name]
    value = place[path[-1]]
    if isinstance(value, int):
        place[path[-1]] = value + 1
    else:
        at = len(value) // 2
        place[path[-1]] = value[:at] + ("A" if value[at:at + 1] != "A" else "B") + value[at + 1:]
    return copy


def test_a_changed_bundle_does_not_hold(samples):
    document = json.loads((samples / "holds.json").read_text())
    for path in leaves(document):
        if len(path) > 2 and path[0] == "steps" and path[1] > 1:
            continue  # the unit test changes every leaf; here one step stands for all
        (samples / "changed.json").write_text(json.dumps(changed(document, path), ensure_ascii=False))
        assert verify(samples, "changed.json").returncode in (BROKEN, UNLOGGED, INCOMPLETE), path


def test_a_tlog_proof_is_checked_with_its_entry_or_alone(samples):
    assert verify(samples, "entry.tlog-proof").returncode == HOLDS
    assert verify(samples, "entry.tlog-proof", "--entry", "entry").returncode == HOLDS
    assert verify(samples, "entry.tlog-proof", "--entry", "policy.txt").returncode == BROKEN
    text = (samples / "entry.tlog-proof").read_text()
    (samples / "bare.tlog-proof").write_text("\n".join(row for row in text.split("\n") if not row.startswith("extra ")))
    assert verify(samples, "bare.tlog-proof").returncode == USAGE
    assert verify(samples, "bare.tlog-proof", "--entry", "entry").returncode == HOLDS
    (samples / "other.tlog-proof").write_text(text.replace("index 11", "index 10"))
    assert verify(samples, "other.tlog-proof").returncode == BROKEN


def test_a_policy_that_is_none_is_named_with_its_line(samples):
    (samples / "bad.txt").write_text((samples / "policy.txt").read_text() + "quorum none\n")
    done = verify(samples, "holds.json", "--policy", "bad.txt", trust=False)
    assert done.returncode == USAGE and "line 7" in done.stderr
    assert verify(samples, "holds.json", "--policy", "missing.txt", trust=False).returncode == USAGE
    log = (samples / "policy.txt").read_text().split("\n")[0].split(" ")[1]
    assert verify(samples, "unwitnessed.json", "--log", log, trust=False).returncode == HOLDS
    assert verify(samples, "holds.json", "--log", log, "--policy", "policy.txt", trust=False).returncode == USAGE


def test_another_logs_policy_accepts_nothing(samples, tmp_path):
    subprocess.run([build_directory() / "tests" / "browser" / "make_bundles", tmp_path], check=True, timeout=60)
    done = verify(samples, "holds.json", "--policy", str(tmp_path / "policy.txt"), trust=False)
    assert done.returncode == BROKEN and "not signed by the log that you trust" in done.stdout
