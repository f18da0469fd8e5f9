"""Take the screenshots of the README and of docs/ from the running app.

    python scripts/screenshots.py [--out docs]

Starts ``app.py`` on a workspace of its own, opens it in Debian's chromium with every outside
request refused, and writes PNG files.  Needs ``requirements-dev.txt`` and chromium.
"""

from __future__ import annotations

import argparse
import os
import re
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
sys.path.insert(0, str(ROOT))

from mapper.read import article_from_text  # noqa: E402 - found once the root is on the path

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FRAME = 'iframe[title="streamlit_folium.st_folium"]'
PATIENCE = 300_000  # milliseconds
# Written for the pictures: incidents at spots, in a province and in a part of a country.
TEXT = (
    "Strike call empties the streets of southern Iraq\n\n"
    "4 March 2021\n\n"
    "Thousands of teachers and oil workers protested across southern Iraq on Wednesday "
    "against unpaid wages, union leaders said. In Basra, police fired tear gas at a crowd "
    "outside the provincial council, wounding nine people.\n\n"
    "In Nasiriyah, gunmen shot dead a union organiser near Habboubi Square on "
    "Tuesday night. A day earlier a roadside bomb had hit a police patrol in Diyala province, "
    "killing two officers.\n\n"
    "Unions in the southern provinces say that they will march again on Friday."
)
MADE = f"article={article_from_text(TEXT).id}"
POINT, AREA = "police fired tear gas", "protested across southern Iraq"


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
    context = browser.new_context(**{
        "viewport": {"width": 1400, "height": 1000}, "reduced_motion": "reduce", **options,
    })  # fmt: skip
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
    idle(page)
    page.evaluate("document.fonts.ready")


def idle(page: Page) -> None:
    """Wait until the script has run and every chart and table has come."""
    for busy in ("stStatusWidget", "stSkeleton"):
        page.wait_for_function(f"() => !document.querySelector('[data-testid=\"{busy}\"]')")


def pane(page: Page, name: str) -> None:
    """Open a pane or an editor by its name."""
    page.get_by_role("radio", name=name).first.click()
    idle(page)


def chosen(page: Page, words: str) -> None:
    """Choose the incident that these words of the text tell of; its popup is open then."""
    page.locator(".rd .cite", has_text=words).first.click()
    page.frame_locator(FRAME).locator(".im-popup").wait_for()
    page.get_by_role("button", name="Mark as verified").wait_for()
    drawn(page)


def installed() -> str:
    """Debian's chromium, or its build without windows; leaves the program where there is none."""
    for name in ("chromium", "chromium-browser", "chromium-headless-shell"):
        path = shutil.which(name)
        if path is not None:
            return path
    raise SystemExit("needs Debian's chromium: apt-get install chromium")


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    path = installed()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "workspace.gpkg") as url,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        page = opened(browser, url)
        page.screenshot(path=out / "start.png")
        frame = page.frame_locator(FRAME)

        page.get_by_role("button", name="Add articles").click()
        page.get_by_role("textbox", name="Text of the article").fill(TEXT)
        page.get_by_role("dialog").get_by_role("button", name="Show on the map").first.click()
        page.locator(".rd", has_text=POINT).first.wait_for()
        drawn(page)
        chosen(page, POINT)
        page.screenshot(path=out / "popup.png")

        page.set_viewport_size({"width": 1400, "height": 1640})
        pane(page, "Where")
        page.get_by_text("Draw an area", exact=True).click()
        frame.locator(".im-tools").wait_for()
        corners = page.get_by_role("textbox", name=re.compile("^Corners"))
        corners.fill("30.9, 47.3\n30.9, 48.3\n30.2, 48.3\n30.1, 47.5")
        corners.press("Control+Enter")
        frame.locator('[data-corners="4"]').wait_for()
        drawn(page)
        page.screenshot(path=out / "correction.png")
        page.context.close()

        areas = opened(browser, f"{url}/?pane=incident&{MADE}")
        chosen(areas, AREA)
        areas.screenshot(path=out / "areas.png")
        areas.context.close()

        filtered = opened(
            browser, f"{url}/?article=*&pane=table&start=2021-03-01&end=2021-03-31&undated=0",
            viewport={"width": 1400, "height": 1200},
        )  # fmt: skip
        filtered.get_by_test_id("stDataFrame").wait_for()
        filtered.get_by_test_id("stVegaLiteChart").locator("svg.marks").wait_for()
        filtered.screenshot(path=out / "filtered.png")
        filtered.context.close()

        dark = opened(browser, f"{url}/?pane=incident&{MADE}", color_scheme="dark")
        chosen(dark, AREA)
        dark.screenshot(path=out / "dark.png")
        dark.context.close()

        phone = opened(
            browser, f"{url}/?pane=incident&{MADE}", viewport={"width": 390, "height": 844},
            has_touch=True, is_mobile=True, device_scale_factor=2,
        )  # fmt: skip
        chosen(phone, POINT)
        phone.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
        phone.screenshot(path=out / "phone.png")
        phone.context.close()
        browser.close()


if __name__ == "__main__":
    main()
