#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the project's tables and its code speak of the same things.

    sql/queries      every statement is run somewhere in src
                     what the writer decides by is read whole: none of its statements is cut short at a number
    sql/migrations   every COMMENT ON INDEX names statements only, and these exist
    problem.def      every problem is returned somewhere, and listed where the OpenAPI document can see it
    config.def       every setting is read
    metrics.def      every metric is set

Prints one line per fault and exits 1 if there is any. Usage: check_tables.py [project root]
"""
import pathlib
import re
import sys

# Problems that no route lists: they are met before there is a route, stop a program at its start, or are what a
# verifier finds.
WITHOUT_ROUTE = {"METHOD_NOT_ALLOWED", "SCHEMA_NEWER", "SCHEMA_CHANGED", "CONFIG", "SIGNATURE", "KEY_REFUSED"}

# What captures are decided by.
WRITERS = {f"sql/queries/{topic}.sql" for topic in ("capture", "correction", "epcis", "herd", "item", "unit")}


def texts(root, top, *suffixes):
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted((root / top).rglob("*")) if path.suffix in suffixes}


def pasted(source):
    """Words that a macro makes of its only argument: `#define LIST(kind) … kind##_list` and `LIST(party)`."""
    for macro in re.finditer(r"#define (\w+)\((\w+)\)((?:.*\\\n)*.*)", source):
        name, parameter, body = macro.groups()
        ends = set(re.findall(rf"\b{parameter}##(\w+)", body))
        for argument in re.findall(rf"^{name}\((\w+)\)", source, re.M) if ends else ():
            yield from (argument + end for end in ends)


def words_of(sources):
    words = set()
    for text in sources.values():
        words.update(re.findall(r"\w+", text))
        words.update(pasted(text))
    return words


def statements(root):
    """name → file"""
    return {name: file for file, text in texts(root, "sql/queries", ".sql").items()
            for name in re.findall(r"(?m)^-- name: (\w+)", text)}


def check_statements(root, sources):
    words = words_of(sources)
    for name, file in statements(root).items():
        if name not in words and "sql_" + name not in words:
            yield f"{file}: nothing runs {name}"


def check_wholes(root, _):
    for file, text in texts(root, "sql/queries", ".sql").items():
        for name, body in re.findall(r"(?ms)^-- name: (\w+)(.*?)(?=^-- name:|\Z)", text) if file in WRITERS else ():
            if re.search(r"(?m)^LIMIT (?!1;)\d+;", body):
                yield f"{file}: {name} answers with a part of what is there, and nobody is told"


def check_indexes(root, _):
    known = statements(root)
    for file, text in texts(root, "sql/migrations", ".sql").items():
        for index, comment in re.findall(r"COMMENT ON INDEX (\w+) IS\s+'([^']*)'", text):
            for word in re.split(r",\s*", comment):
                if word not in known:
                    yield f"{file}: index {index} serves {word}, which is no statement of sql/queries"


def table(root, name, macro):
    """The first argument of each row."""
    text = (root / "include/ft/base" / name).read_text(encoding="utf-8")
    return re.findall(rf"(?m)^{macro}\((\w+)", text)


def split_lists(text):
    """The text without what routes may answer, and that alone."""
    lists = r"\.may_fail\s*=\s*\{[^}]*\}|#define \w+_FAILURES (?:.*\\\n)*.*"
    return re.sub(lists, "", text), " ".join(re.findall(lists, text))


def check_problems(root, sources):
    returned, listed = "", sources.get("src/http/openapi.c", "")
    for file, text in sources.items():
        code, lists = split_lists(text)
        listed += lists
        if file.startswith("src/") and file != "src/http/openapi.c":
            returned += code
    for name in table(root, "problem.def", "PROBLEM"):
        word = re.compile(rf"\bPROBLEM_{name}\b")
        if not word.search(returned):
            yield f"include/ft/base/problem.def: nothing returns {name}"
        elif name not in WITHOUT_ROUTE and not word.search(listed):
            yield f"include/ft/base/problem.def: no route lists {name} in may_fail"


def check_settings(root, sources):
    code = "\n".join(text for file, text in sources.items() if not file.endswith("base/config.c"))
    for field in table(root, "config.def", r"SETTING_\w+"):
        if not re.search(rf"(?:->|\.){field}\b", code):
            yield f"include/ft/base/config.def: nothing reads {field}"


def check_metrics(root, sources):
    words = words_of(sources)
    for name in table(root, "metrics.def", "METRIC"):
        if "METRIC_" + name not in words:
            yield f"include/ft/base/metrics.def: nothing sets {name}"


CHECKS = [check_statements, check_wholes, check_indexes, check_problems, check_settings, check_metrics]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    sources = {**texts(root, "src", ".c", ".h"), **texts(root, "include", ".h")}
    faults = [fault for check in CHECKS for fault in check(root, sources)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
