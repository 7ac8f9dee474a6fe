# SPDX-License-Identifier: Apache-2.0
"""The commands that the help page prints are run as they stand, on a proof and on a changed one."""
import html
import json
import re
import shutil
import subprocess

import pytest


@pytest.fixture
def commands(pages):
    for tool in ("jq", "openssl"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    text = (pages / "verify.en.html").read_text(encoding="utf-8")
    printed = [html.unescape(block) for block in re.findall(r"<pre>(.*?)</pre>", text, re.DOTALL)]
    assert printed[0] == "farmtrail verify proof.json"
    return printed[1:]


def run_all(commands, proof, directory):
    """What each block prints, up to the first that fails."""
    (directory / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
    printed = []
    for block in commands:
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", block], cwd=directory, capture_output=True, text=True)
        printed.append(done.stdout.strip() if done.returncode == 0 else None)
    return printed


def line_of(text, word):
    return next(line for line in text.split("\n") if line.startswith(word + " ")).split(" ")


def test_a_proof_verifies_with_common_tools(pages, commands, tmp_path):
    proof = json.loads((pages / "proof.json").read_text(encoding="utf-8"))
    text_digest, signature, key, manifest, view = run_all(commands, proof, tmp_path)
    text = (tmp_path / "text").read_text(encoding="utf-8")
    assert proof["statement"].startswith(text) and text.endswith("\n") and len(text_digest) == 44
    assert signature == "Verified OK"
    assert key == line_of(text, "key")[1]
    assert manifest == line_of(text, "body")[2]
    assert view in proof["manifest"]


@pytest.mark.parametrize("member,index", [("statement", 1), ("manifest", 3), ("view", 4), ("salt", 4)])
def test_a_changed_proof_is_found_out(pages, commands, tmp_path, member, index):
    proof = json.loads((pages / "proof.json").read_text(encoding="utf-8"))
    expected = run_all(commands, proof, tmp_path)
    changed = {"statement": proof["statement"].replace("seq 1", "seq 2"),
               "manifest": proof["manifest"].replace("farm ", "form "),
               "view": proof["view"].replace("farm", "form"), "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}
    assert run_all(commands, proof | {member: changed[member]}, tmp_path)[index] != expected[index]
