"""Take the screenshots of the README and of docs/ from the running app.

    python scripts/screenshots.py [--out docs]

Starts ``app.py`` on a workspace of its own, opens it in Debian's chromium with every outside
request refused, and writes PNG files.  Needs ``requirements-dev.txt`` and chromium.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FRAME = 'iframe[title="streamlit_folium.st_folium"]'
PATIENCE = 180_000  # milliseconds


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """The app's address while it runs on a workspace of its own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"),
         "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT, env={**os.environ, "INCIDENT_MAPPER_WORKSPACE": str(workspace)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def opened(browser: Browser, url: str, **options: Any) -> Page:
    """A page with the app drawn; nothing outside this machine is reached."""
    context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, **options})
    context.set_default_timeout(PATIENCE)
    context.route(
        "**/*",
        lambda route: (
            route.continue_()
            if route.request.url.startswith("http://127.0.0.1:")
            else route.abort()
        ),
    )
    page = context.new_page()
    page.goto(url)
    drawn(page)
    return page


def drawn(page: Page) -> None:
    """Wait until map and text are there and nothing is under way."""
    page.frame_locator(FRAME).locator("[data-incidents]").wait_for()
    page.locator(".rd").first.wait_for()
    page.wait_for_function("() => !document.querySelector('[data-testid=\"stStatusWidget\"]')")
    page.evaluate("document.fonts.ready")


def pane(page: Page, name: str) -> None:
    """Open a pane or an editor by its name."""
    page.get_by_role("radio", name=name).first.click()
    page.wait_for_function("() => !document.querySelector('[data-testid=\"stStatusWidget\"]')")


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise SystemExit("needs Debian's chromium: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "workspace.gpkg") as url,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        page = opened(browser, url)
        page.screenshot(path=out / "start.png")
        frame = page.frame_locator(FRAME)

        happened = page.locator(".rd .cite.happened")
        happened.nth(min(2, happened.count() - 1)).click()
        frame.locator(".im-popup").wait_for()
        page.get_by_role("button", name="Mark as verified").wait_for()
        page.screenshot(path=out / "popup.png")

        pane(page, "Where")
        page.get_by_text("Other candidates").wait_for()
        page.get_by_text("Other candidates").scroll_into_view_if_needed()
        page.screenshot(path=out / "correction.png")

        page.goto(f"{url}/?pane=table&start=2019-10-01&end=2019-12-31&undated=0")
        drawn(page)
        page.get_by_test_id("stDataFrame").wait_for()
        page.screenshot(path=out / "filtered.png")
        page.context.close()

        dark = opened(browser, url, color_scheme="dark")
        cited = dark.locator(".rd .cite.happened")
        cited.nth(min(2, cited.count() - 1)).click()
        dark.frame_locator(FRAME).locator(".im-popup").wait_for()
        dark.screenshot(path=out / "dark.png")
        dark.context.close()

        phone = opened(
            browser, url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
            device_scale_factor=2,
        )  # fmt: skip
        phone.screenshot(path=out / "phone.png")
        phone.context.close()

        areas = opened(browser, url)
        marks = areas.frame_locator(FRAME).locator(".im-area")
        if marks.count():
            areas.frame_locator(FRAME).get_by_role("button", name="Show all incidents").click()
            areas.locator(FRAME).screenshot(path=out / "areas.png")
        browser.close()


if __name__ == "__main__":
    main()
