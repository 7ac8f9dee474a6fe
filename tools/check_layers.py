#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every include respects the layers listed in ARCHITECTURE.md and that libraries stay in their module.

The list stands between the lines `<!-- layers -->` and `<!-- /layers -->`:
    N: module module …      layer N, the lowest first
    allow: module -> module one exception between modules of one layer
Prints one line per fault (file:line: what) and exits 1 if there is any. Usage: check_layers.py [project root]
"""
import pathlib
import re
import sys

# To keep another library in its place: add a row.
LIBRARIES = [
    (re.compile(r"microhttpd\.h$"), {"http"}),
    (re.compile(r"libpq-fe\.h$|libpq/"), {"db"}),
    (re.compile(r"qrencode\.h$"), {"qr"}),
    (re.compile(r"openssl/"), {"crypto"}),
    (re.compile(r"gmp\.h$"), {"core"}),
    (re.compile(r"curl/"), {"net"}),
    (re.compile(r"zlib\.h$"), {"qr", "http"}),
    (re.compile(r"jansson\.h$|cmocka\.h$"), set()),
]
# What a public header may include besides ft/ headers: the C standard library, nothing else.
STANDARD = set("""assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar
wctype""".split())
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


class Layers:
    def __init__(self, text):
        self.of, self.allowed, self.faults = {}, set(), []
        inside, found = False, False
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if line == "<!-- layers -->":
                inside = found = True
            elif line == "<!-- /layers -->":
                inside = False
            elif inside:
                self.take_row(number, line)
        if not found:
            self.faults.append("ARCHITECTURE.md: there is no line <!-- layers -->")
        elif inside:
            self.faults.append("ARCHITECTURE.md: the line <!-- /layers --> is missing")
        for pair in sorted(self.allowed):
            for module in pair:
                if module not in self.of:
                    self.faults.append(f"ARCHITECTURE.md: allow names {module}, which stands in no layer")

    def take_row(self, number, line):
        line = line.strip("`")
        layer = re.fullmatch(r"(\d+):\s*(\w+(?:\s+\w+)*)", line)
        allow = re.fullmatch(r"allow:\s*(\w+)\s*->\s*(\w+)", line)
        if layer:
            for module in layer[2].split():
                if module in self.of:
                    self.faults.append(f"ARCHITECTURE.md:{number}: {module} stands in two layers")
                self.of[module] = int(layer[1])
        elif allow:
            self.allowed.add((allow[1], allow[2]))
        elif line and not line.startswith("```"):
            self.faults.append(f"ARCHITECTURE.md:{number}: neither `N: module …` nor `allow: a -> b`: {line}")

    def fault(self, user, used):
        """Why `user` may not include a header of `used`, or None."""
        for module in (user, used):
            if module not in self.of:
                return f"module {module} stands in no layer of ARCHITECTURE.md"
        if user == used or (user, used) in self.allowed or self.of[used] < self.of[user]:
            return None
        if self.of[used] > self.of[user]:
            return f"{user} (layer {self.of[user]}) includes {used} from layer {self.of[used]} above it"
        return f"{user} includes {used} of the same layer {self.of[user]}; no `allow: {user} -> {used}`"


def check_library(name, module, public):
    for pattern, homes in LIBRARIES:
        if pattern.match(name):
            if public:
                return f"a public header includes the library header <{name}>"
            if module not in homes:
                home = " or ".join("src/" + h for h in sorted(homes)) or "tests"
                return f"<{name}> belongs in {home} only"
            return None
    if public and pathlib.PurePath(name).suffix == ".h" and name.removesuffix(".h") not in STANDARD:
        return f"a public header includes <{name}>, which is not of the C standard library"
    return None


def check_private(path, name, module_directory):
    """A quoted include that is no ft/ header: it must lie in the module itself."""
    target = (path.parent / name).resolve()
    if target.exists():
        inside = module_directory.resolve() in target.parents
    else:  # made by the build, or found through an include path
        inside = ".." not in pathlib.PurePath(name).parts and not name.endswith("_priv.h")
    return None if inside else f'"{name}" is private to another module'


def check_file(root, path, module, public, layers):
    directory = root / "src" / module
    if not public and path.parent == root / "src":
        directory = root / "src"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        quote, name = include.groups()
        used = re.match(r"ft/(\w+)/", name)
        if used:
            fault = layers.fault(module, used[1])
            if not fault and quote == "<":
                fault = f'"{name}" is ours: write it in quotes'
            elif not fault and name.endswith("_priv.h"):
                fault = f'"{name}" is private and cannot stand below include/'
        elif quote == "<":
            fault = check_library(name, module, public)
        elif public:
            fault = f'a public header includes "{name}"; only ft/ headers are public'
        else:
            # A library in quotes is still a library.
            fault = check_library(name, module, public) or check_private(path, name, directory)
        if fault:
            yield f"{path.relative_to(root)}:{number}: {fault}"


def sources(root):
    """(path, module, is it public) of every file that is checked."""
    for top, public in (("include/ft", True), ("src", False)):
        base = root / top
        for path in sorted(base.rglob("*")):
            if path.suffix in {".c", ".h", ".def", ".inc"}:
                parts = path.relative_to(base).parts
                yield path, parts[0] if len(parts) > 1 else path.stem, public


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    try:
        layers = Layers((root / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    except OSError as e:
        print(f"ARCHITECTURE.md: {e.strerror}")
        return 1
    faults = list(layers.faults)
    for path, module, public in sources(root):
        faults.extend(check_file(root, path, module, public, layers))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
