# SPDX-License-Identifier: Apache-2.0
"""Draws QR codes as SVG, PNG and terminal text and reads them back with two independent decoders.

usage: decode_test.py PATH-OF-qr_draw
"""
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

QUIET = 4
TOOLS = ("zbarimg", "ZXingReader", "rsvg-convert")
SKIPPED = 77
PAYLOADS = (
    "https://id.example.cn/t/B7K3F9Q2MX4TC",
    "HTTPS://ID.EXAMPLE.CN/01/06901234567892/10/26A07B19",
    "https://id.example.cn/01/06901234567892/10/A%2FB%25/21/7K3M9QXWTDHRAVB2C4FP?17=261231&3103=001250",
    "http://127.0.0.1:8080/t/K7K3F9Q2MX4TC9Q2M",
    "0123456789",
    " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "https://id.example.cn/" + "x" * (512 - 22),
)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def png_rows(data):
    """Rows of booleans, True is dark, of a 1-bit greyscale or an 8-bit RGB(A) PNG."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, header = 8, b"", None
    while at < len(data):
        length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == int.from_bytes(data[at + 8 + length:at + 12 + length], "big")
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    width, height, depth, colour = (int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big"),
                                    header[8], header[9])
    channels = {0: 1, 2: 3, 6: 4}[colour]
    stride = (width * depth * channels + 7) // 8
    raw, previous, rows = zlib.decompress(packed), bytes(stride), []
    for y in range(height):
        line = unfilter(raw[y * (stride + 1)], raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)], previous, channels)
        previous = line
        if depth == 1:
            rows.append([not line[x // 8] >> (7 - x % 8) & 1 for x in range(width)])
        else:
            rows.append([line[x * channels] < 128 for x in range(width)])
    return rows


def unfilter(kind, line, previous, step):
    out = bytearray(line)
    for i, value in enumerate(line):
        left = out[i - step] if i >= step else 0
        up = previous[i]
        corner = previous[i - step] if i >= step else 0
        if kind == 1:
            out[i] = (value + left) & 255
        elif kind == 2:
            out[i] = (value + up) & 255
        elif kind == 3:
            out[i] = (value + (left + up) // 2) & 255
        elif kind == 4:
            guess = left + up - corner
            near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
            out[i] = (value + near[2]) & 255
    return bytes(out)


def symbol_cells(rows, dots):
    """One boolean a module, quiet zone included; every module must be of one colour throughout."""
    cells = len(rows[0]) // dots
    assert len(rows[0]) % dots == 0, "a module is not a whole number of dots"
    for y in range(cells * dots):
        for x in range(cells * dots):
            assert rows[y][x] == rows[y // dots * dots][x // dots * dots], f"mixed module at pixel {x},{y}"
    return [[rows[y * dots][x * dots] for x in range(cells)] for y in range(cells)]


def check_quiet_zone(cells):
    side = len(cells)
    for y in range(side):
        for x in range(side):
            if min(x, y, side - 1 - x, side - 1 - y) < QUIET:
                assert not cells[y][x], f"dark module {x},{y} in the quiet zone"
    assert all(cells[QUIET][QUIET:QUIET + 7]), "no finder at the edge of the quiet zone"


def check_decoders(path, payload):
    seen = run("zbarimg", "--quiet", "--raw", "-Sbinary", str(path))
    assert seen.rstrip(b"\n") == payload.encode(), f"zbar reads {seen!r}"
    seen = run("ZXingReader", str(path)).decode()
    octets = re.search(r"^Bytes:\s+([0-9A-F ]+)$", seen, re.M)
    assert octets and bytes.fromhex(octets.group(1)) == payload.encode(), f"zxing reads {seen}"
    assert re.search(r"^Format:\s+QRCode$", seen, re.M), seen
    assert re.search(r"^EC Level:\s+M$", seen, re.M), seen
    assert re.search(r"^Identifier:\s+\]Q1$", seen, re.M), seen


def check_png(draw, folder, payload, dots, mark):
    data = run(draw, "png", str(dots), payload, mark)
    path = folder / "symbol.png"
    path.write_bytes(data)
    cells = symbol_cells(png_rows(data), dots)
    check_quiet_zone(cells)
    check_decoders(path, payload)
    return len(cells)


def check_svg(draw, folder, payload, dots, mark, caption):
    data = run(draw, "svg", "500", payload, mark, caption)
    (folder / "symbol.svg").write_bytes(data)
    width, cells = re.search(rb'width="([0-9.]+)mm".*viewBox="0 0 (\d+) ', data).groups()
    assert float(width) == int(cells) * 0.5
    image = run("rsvg-convert", "-w", str(int(cells) * dots), "--keep-aspect-ratio", str(folder / "symbol.svg"))
    path = folder / "symbol-svg.png"
    path.write_bytes(image)
    check_quiet_zone(symbol_cells(png_rows(image), dots))
    check_decoders(path, payload)


def check_terminal(draw, folder, payload):
    """The terminal as a phone sees it: a character is 8 by 16 pixels."""
    text = run(draw, "terminal", "0", payload, "plain").decode()
    grey = bytearray()
    lines = text.splitlines()
    for line in lines:
        assert line.startswith("\x1b[38;5;16;48;5;231m") and line.endswith("\x1b[0m")
        blocks = re.sub("\x1b\\[[0-9;]*m", "", line)
        for dark in ("▀█", "▄█"):
            grey += b"".join((b"\0" if block in dark else b"\xff") * 8 for block in blocks) * 8
    path = folder / "terminal.pgm"
    path.write_bytes(b"P5 %d %d 255\n" % (len(blocks) * 8, len(lines) * 16) + grey)
    check_decoders(path, payload)


def check_sizes(draw, folder, data):
    rows = list(csv.DictReader((data / "qr-size.csv").open(encoding="utf-8")))
    for row in rows:
        cells = check_png(draw, folder, row["payload"], 2, "plain")
        assert cells == 17 + 4 * int(row["version_M"]) + 2 * QUIET, row
        assert abs(cells * 0.5 - float(row["mm_M_203dpi_4dot"])) <= 0.0501, row
        assert abs(cells * 5 / 300 * 25.4 - float(row["mm_M_300dpi_5dot"])) <= 0.0501, row
        assert abs(cells * 10 / 600 * 25.4 - float(row["mm_M_600dpi_10dot"])) <= 0.0501, row
    levels = [r for r in csv.DictReader((data / "qr-capacity.csv").open(encoding="utf-8")) if r["ec"] == "M"]
    for row in levels:
        for column, letter in (("max_bytes", "a"), ("max_alnum", "A"), ("max_digits", "7")):
            if int(row[column]) <= 512:
                assert check_png(draw, folder, letter * int(row[column]), 2, "plain") == int(row["modules"]) + 8
    return len(rows) + len(levels)


def main():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        print("skipped, not installed:", ", ".join(missing))
        return SKIPPED
    draw, count = sys.argv[1], 0
    data = Path(os.environ.get("FARMTRAIL_TEST_DATA", "../shared")) / "digital-link"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for payload in PAYLOADS:
            for mark in ("plain", "test"):
                for dots in (2, 3, 4, 5, 10) if len(payload) < 200 else (2, 4):  # zbar misses some of 1 pixel
                    check_png(draw, folder, payload, dots, mark)
                    count += 1
                for dots in (2, 4, 5):
                    check_svg(draw, folder, payload, dots, mark, "B7K3F9Q2MX4TC")
                    count += 1
            check_terminal(draw, folder, payload)
            count += 1
        if (data / "qr-size.csv").exists():
            count += check_sizes(draw, folder, data)
        else:
            print("sizes skipped: no", data)
    print(count, "drawings read back by both decoders")
    return 0


if __name__ == "__main__":
    sys.exit(main())
