#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the OpenAPI document of a build with the one that is kept, so that every change of the interface is seen.

usage: check_openapi.py FARMTRAILD KEPT.json
"""
import difflib
import subprocess
import sys
from pathlib import Path

LINES_SHOWN = 80


def main():
    program, kept = sys.argv[1:]
    printed = subprocess.run([program, "--print-openapi"], capture_output=True, text=True, check=True).stdout
    changes = list(difflib.unified_diff(Path(kept).read_text(encoding="utf-8").splitlines(), printed.splitlines(),
                                        "kept", "printed", n=4, lineterm=""))
    if not changes:
        return 0
    print(*changes[:LINES_SHOWN], sep="\n")
    if len(changes) > LINES_SHOWN:
        print(f"… {len(changes) - LINES_SHOWN} lines more")
    print(f"\nWhere this is meant: {program} --print-openapi > {kept}")
    return 1


sys.exit(main())
