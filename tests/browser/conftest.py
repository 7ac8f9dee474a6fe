# SPDX-License-Identifier: Apache-2.0
"""Renders the sample pages, serves them on loopback with the server's security header, opens them in Chromium."""
import contextlib
import functools
import http.server
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

import pytest

HERE = pathlib.Path(__file__).resolve().parent
RENDER_PAGES = os.environ.get("FT_RENDER_PAGES")
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
POLICY = ("default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'")


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".html": "text/html; charset=utf-8"}

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_):
        pass


def chromium_options(profile):
    from selenium.webdriver.chrome.options import Options
    options = Options()
    options.binary_location = shutil.which("chromium")
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--hide-scrollbars", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return options


class Browser:
    """One Chromium; sizes are those of the page in CSS pixels."""

    def __init__(self, driver, root):
        self.driver, self.root = driver, root

    def open(self, path, width=360, height=640):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.driver.get(self.root + path)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def complaints(self):
        """What the console holds against the page: policy violations, failed requests."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def axe(self):
        """Violations of WCAG 2.2 A and AA, one line each."""
        if not self.run("return 'axe' in window"):
            self.run(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
               .then(result => done(result.violations), error => done([{id: String(error), nodes: []}]));""")
        return [f"{violation['id']}: {[node['html'] for node in violation['nodes']][:3]}" for violation in found]


@contextlib.contextmanager
def chromium(root):
    """A browser for pages below `root`."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="python3-selenium is not installed")
    from selenium.webdriver.chrome.service import Service
    program, driver_program = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver_program:
        pytest.skip("chromium or chromium-driver is not installed")
    with tempfile.TemporaryDirectory(prefix="ft-chromium-", ignore_cleanup_errors=True) as profile:
        driver = webdriver.Chrome(service=Service(driver_program), options=chromium_options(profile))
        try:
            yield Browser(driver, root)
        finally:
            driver.quit()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """The directory with every rendered page."""
    if not RENDER_PAGES:
        pytest.skip("FT_RENDER_PAGES is not set: run through meson")
    directory = tmp_path_factory.mktemp("pages")
    subprocess.run([RENDER_PAGES, str(directory)], check=True, timeout=60)
    return directory


@pytest.fixture(scope="session")
def browser(pages):
    handler = functools.partial(Handler, directory=str(pages))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with chromium(f"http://127.0.0.1:{server.server_port}/") as opened:
                yield opened
        finally:
            server.shutdown()
