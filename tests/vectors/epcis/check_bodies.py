#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every event that Farmtrail makes, and every view of it, is valid EPCIS 2.0: checked with the standard's own JSON Schema
(2.0.1), formats asserted. usage: check_bodies.py PRINT_BODIES [SCHEMA]; exit 77 (skipped) where the schema is not there."""

import json
import os
import re
import subprocess
import sys

SKIPPED = 77
SCHEMA = "epcis/schemas/json-schema/epcis-json-schema-2.0.1.json"
# RFC 3986: a scheme, then nothing but characters of a URI, escapes complete.
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
KINDS = 32


def find_schema(arguments):
    if len(arguments) > 2:
        return arguments[2]
    root = os.path.dirname(os.path.abspath(__file__)) + "/../../.."
    data = os.environ.get("FARMTRAIL_TEST_DATA", root + "/../shared")
    return os.path.join(data, SCHEMA)


def validator_of(path):
    import jsonschema

    formats = jsonschema.FormatChecker(formats=())
    formats.checks("uri")(lambda value: not isinstance(value, str) or URI.fullmatch(value) is not None)
    formats.checks("date-time")(lambda value: not isinstance(value, str) or DATE_TIME.fullmatch(value) is not None)
    with open(path, encoding="utf-8") as file:
        return jsonschema.Draft7Validator(json.load(file), format_checker=formats)


def must_refuse(validator, line):
    """A check that cannot fail checks nothing: damaged documents are refused."""
    for member, value in (("bizStep", "no_such_step"), ("eventTime", "yesterday"), ("unknownWord", 1)):
        document = json.loads(line)["document"]
        document["epcisBody"]["eventList"][0][member] = value
        if validator.is_valid(document):
            sys.exit(f"a document with {member} = {value!r} passes: formats are not asserted")


def main():
    path = find_schema(sys.argv)
    if not os.path.exists(path):
        print(f"skipped: no schema at {path}; set FARMTRAIL_TEST_DATA")
        return SKIPPED
    try:
        validator = validator_of(path)
    except ImportError:
        print("skipped: python3-jsonschema is not installed")
        return SKIPPED
    lines = subprocess.run([sys.argv[1]], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout.splitlines()
    must_refuse(validator, lines[0])
    kinds, bad = set(), 0
    for line in lines:
        case = json.loads(line)
        kinds.add(case["kind"])
        for error in validator.iter_errors(case["document"]):
            bad += 1
            print(case["kind"], case["tier"], "/".join(map(str, error.absolute_path)), error.message[:300])
    print(f"{len(lines)} documents of {len(kinds)} kinds, {bad} faults")
    return 1 if bad or len(kinds) != KINDS else 0


if __name__ == "__main__":
    sys.exit(main())
