#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints deploy/farmtrail.env from the table of settings. With --check: exits 1 unless the file is what it prints."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "deploy" / "farmtrail.env"
ROW = re.compile(r'^SETTING_(TEXT|INT|BOOL)\(\w+, "(\w+)", (.*), "((?:[^"\\]|\\.)*)"\)$')


def describe(kind, rest, meaning):
    """The comment above a setting, and its default."""
    if kind == "TEXT":
        return meaning, rest.strip('"')
    if kind == "BOOL":
        return f"{meaning} (true or false)", rest
    default, least, most, unit = (part.strip().strip('"') for part in rest.split(",", 3))
    return f"{meaning} ({least} to {most}{' ' + unit if unit else ''})", default


def sample():
    lines = ["# Settings of a Farmtrail data directory, with their defaults. Copy to DIR/farmtrail.env and uncomment what",
             "# differs. The environment goes before this file. Printed by tools/sample_config.py."]
    for line in (ROOT / "include/ft/base/config.def").read_text(encoding="utf-8").splitlines():
        match = ROW.match(line)
        if match:
            comment, default = describe(match[1], match[3], match[4])
            lines += ["", f"# {comment}", f"#{match[2]}={default}"]
        elif line.startswith("SETTING_"):
            sys.exit(f"config.def: not understood: {line}")
    return "\n".join(lines) + "\n"


def main():
    if sys.argv[1:] == ["--check"]:
        if SAMPLE.read_text(encoding="utf-8") != sample():
            sys.exit("deploy/farmtrail.env is not what config.def says: tools/sample_config.py > deploy/farmtrail.env")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        sys.stdout.write(sample())


main()
