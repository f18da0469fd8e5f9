"""Measure the app in a real browser: clicks, filters, corrections, and many incidents.

    python benchmarks/app.py [--many 10000]

Prints, in seconds: a click on a mark until its sentence is lit and the panel is there; a filter
until map and headline follow; a correction until it is saved and shown, all with 1,000
incidents; and 10,000 incidents from nothing to a drawn map.  The incidents are made, spread over
real towns of the shipped basemap; the app, the server and the store are the real ones.
Needs ``requirements-dev.txt`` and Debian's chromium.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from playwright.sync_api import Page, sync_playwright  # noqa: E402
from screenshots import FLAGS, FRAME, PATIENCE, drawn, served  # noqa: E402

from mapper.model import (  # noqa: E402
    Analysis,
    Article,
    DateSpan,
    Evidence,
    Incident,
    IncidentPlace,
    Modality,
    Place,
    Provenance,
)
from mapper.store import GeoPackageStore  # noqa: E402

KINDS = ("battle", "protest", "accident", "explosion_remote_violence", "crime")
MODALITIES: tuple[Modality, ...] = ("occurred", "occurred", "occurred", "denied", "planned")


def made(number: int, towns: list[list[Any]], identity: str) -> Analysis:
    """An article of so many sentences, each an incident at a town."""
    sentences, incidents, at = [], [], 0
    for n in range(number):
        _, town, lon, lat, *_ = towns[(n * 7) % len(towns)]
        sentence = f"Report {n}: fighting was told of in {town}."
        begin = at + sentence.index("fighting")
        day = f"2023-{1 + n % 12:02d}-{1 + n % 28:02d}"
        place = Place(f"b:{n}", town, "city", None, None, lat + (n % 11) / 90, lon + (n % 13) / 90,
                      None, "city", 5000, None, "benchmark")  # fmt: skip
        incidents.append(
            Incident(
                f"i{n:05d}", KINDS[n % 5], None, MODALITIES[n % 5], False, None,
                (Evidence(at, at + len(sentence), sentence, (begin, begin + 8)),),
                (IncidentPlace((at, at), "in", True, place),),
                DateSpan(day, day, "", (0, 0)), None, None, (), 0.8,
            )
        )  # fmt: skip
        sentences.append(sentence)
        at += len(sentence) + (2 if n % 10 == 9 else 1)
    text = "".join(s + ("\n\n" if n % 10 == 9 else " ") for n, s in enumerate(sentences)).rstrip()
    article = Article(identity, text, "2023-12-31", f"{number:,} made incidents")
    return Analysis(article, "en", (), tuple(incidents), Provenance("benchmark", "-", "-", "-"))


def timed(page: Page, act: Any, until: Any) -> float:
    """Seconds from an act until what it should bring is there."""
    begun = time.perf_counter()
    act()
    until()
    return time.perf_counter() - begun


def main() -> None:
    """Run all and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--many", type=int, default=10_000)
    many = parser.parse_args().many
    basemap = (ROOT / "mapper/webmap/assets/basemap.js").read_text(encoding="utf-8")
    labels = json.loads(basemap[basemap.index(".core=") + 6 : basemap.rindex(";")])["labels"]
    towns = [row for row in labels if row[0] == "city"]
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise SystemExit("needs Debian's chromium")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace.gpkg"
        store = GeoPackageStore.open(workspace)
        for identity, number in (("thousand", 1000), ("many", many)):
            analysis = made(number, towns, identity)
            store.put_article(analysis.article)
            store.put_analysis(analysis)
        with served(workspace) as url, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path, args=FLAGS)
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(PATIENCE)
            page.goto(f"{url}/?article=thousand")
            drawn(page)
            figures = thousand(page)
            page.goto("about:blank")
            # The server has read it once by now; what is timed is a user's opening of it.
            page.goto(f"{url}/?article=many")
            drawn(page)
            page.goto("about:blank")
            figures[f"{many:,} incidents, from the address to the drawn map"] = timed(
                page,
                lambda: page.goto(f"{url}/?article=many", wait_until="commit"),
                lambda: page.frame_locator(FRAME).locator(f'[data-incidents="{many}"]').wait_for(),
            )
            browser.close()
    for name, seconds in figures.items():
        print(f"{seconds:6.2f} s  {name}")


def thousand(page: Page) -> dict[str, float]:
    """The figures with 1,000 incidents on the page."""
    frame = page.frame_locator(FRAME)
    figures: dict[str, float] = {}
    target = page.locator(".rd .cite", has_text="Report 5:")
    figures["1,000: click on a sentence until the map's popup is open"] = timed(
        page, target.click, frame.locator(".im-popup", has_text="Report 5:").wait_for
    )
    page.get_by_role("button", name="Mark as verified").wait_for()
    figures["1,000: click on another until the panel below shows it"] = timed(
        page,
        page.locator(".rd .cite", has_text="Report 6:").click,
        page.locator('[data-testid="stText"]', has_text="Report 6:").wait_for,
    )
    figures["1,000: a correction (verified) until saved and shown"] = timed(
        page,
        page.get_by_role("button", name="Mark as verified").click,
        page.get_by_role("button", name="Take the mark off").wait_for,
    )
    page.get_by_role("button", name="Filters").click()
    box = page.get_by_label("Words in the quote")
    box.fill("Report 77")

    def filtered() -> None:
        frame.locator('[data-shown="11"]').wait_for()
        page.get_by_text("incidents of 1,000").wait_for()

    figures["1,000: a filter until map and headline follow"] = timed(
        page, lambda: box.press("Enter"), filtered
    )
    return figures


if __name__ == "__main__":
    main()
