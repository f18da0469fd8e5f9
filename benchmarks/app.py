"""Measure the app in a real browser: start, pasted text, clicks, filters, corrections, many.

    python benchmarks/app.py [--many 10000] [--runs 3] [--only start,paste,thousand,many,sessions]

For each act it prints the seconds that a user waits (the median of the runs), and the CPU seconds
that the server and the browser spent on it, which say more than the clock on a busy machine:

* ``start``: ``streamlit run app.py`` on an empty workspace, with the files of the models and the
  gazetteer out of the disk cache, until progress is on the page and until the sample's map is;
* ``paste``: a text of 1,000 words, the models loaded, until its map is drawn;
* ``thousand``: a click on a sentence or on a mark until the other side and the panel follow, a
  correction until it is saved and shown, its undoing, a filter, with 1,000 incidents;
* ``many``: 10,000 incidents from the address to the drawn map, and the memory they take;
* ``sessions``: what each further person who opens the 10,000 adds to the server, and a click
  of one of them.

The incidents are made, spread over real towns of the shipped basemap; the pasted text is the
samples' in turn; the app, the server and the store are the real ones.
Needs Linux (/proc), ``requirements-dev.txt`` and Debian's chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from playwright.sync_api import Browser, Locator, Page, sync_playwright  # noqa: E402
from screenshots import FLAGS, FRAME, PATIENCE, drawn, installed, served  # noqa: E402

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
from mapper.samples import samples  # noqa: E402
from mapper.store import GeoPackageStore  # noqa: E402

KINDS = ("battle", "protest", "accident", "explosion_remote_violence", "crime")
MODALITIES: tuple[Modality, ...] = ("occurred", "occurred", "occurred", "denied", "planned")
PARTS = ("start", "paste", "thousand", "many", "sessions")
SESSIONS = 4


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


def thousand_words(turn: int) -> str:
    """1,000 words: the samples' paragraphs again and again, begun at another one each ``turn``."""
    paragraphs = [
        paragraph.strip()
        for sample in samples()
        for paragraph in sample.article.text.split("\n\n")
        if len(paragraph.split()) > 12
    ]
    chosen: list[str] = []
    left = 1000
    for n in range(turn, 1000):
        words = paragraphs[n % len(paragraphs)].split(" ")
        chosen.append(" ".join(words[:left]))
        left -= len(words)
        if left <= 0:
            break
    return "\n\n".join(chosen)


# ---------------------------------------------------------------------------- processes


def _descendants(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # ended meanwhile
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def processes() -> tuple[list[int], list[int]]:
    """The server's processes and the browser's, as started by this one."""
    named = {pid: _name(pid) for pid in _descendants(os.getpid())[1:]}
    return (
        [pid for pid, name in named.items() if "streamlit run" in name],
        [pid for pid, name in named.items() if "chrom" in name.partition(" ")[0]],
    )


def cpu_seconds(pids: list[int]) -> float:
    """User and system seconds spent so far."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pids: list[int]) -> float:
    """MiB held, shared pages counted by share (PSS)."""
    total = 0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            continue
    return total / 1024


@dataclass
class Figures:
    """What was measured: seconds by name, each as (wall, server CPU, browser CPU) of every run."""

    taken: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        server, browser = processes()
        begun = (time.perf_counter(), cpu_seconds(server), cpu_seconds(browser))
        yield
        ended = time.perf_counter()
        server, browser = processes()
        run = (ended - begun[0], cpu_seconds(server) - begun[1], cpu_seconds(browser) - begun[2])
        self.taken.setdefault(name, []).append(run)
        print(f"… {run[0]:.2f} {run[1]:.2f} {run[2]:.2f} {name}", file=sys.stderr, flush=True)

    def show(self) -> None:
        """Print medians, then the notes."""
        print("  wall  server  browser   (seconds; the last two of CPU; medians)")
        for name, runs in self.taken.items():
            wall, server, browser = (
                statistics.median(run[part] for run in runs) for part in range(3)
            )
            print(f"{wall:6.2f}  {server:6.2f}  {browser:7.2f}   {name}", flush=True)
        for note in self.notes:
            print(note)


# --------------------------------------------------------------------------------- acts


def settled(page: Page) -> None:
    """Wait until script and browser have had nothing to do for half a second."""
    page.wait_for_function(
        """() => {
          const app = document.querySelector('[data-testid="stApp"]');
          const busy = !app || app.dataset.testScriptState === "running";
          const now = performance.now();
          if (busy || window.idleSince === undefined) window.idleSince = now;
          const idle = now - window.idleSince > 500;
          if (idle) window.idleSince = undefined;
          return idle;
        }"""
    )


def button(page: Page, words: str) -> Locator:
    """A button by its words: a query by role would have to name every sentence of the text."""
    return page.locator("button", has_text=words)


def version(page: Page) -> int:
    """How often the map has drawn its data."""
    box = page.frame_locator(FRAME).locator("[data-version]")
    return int(box.get_attribute("data-version") or 0)


def redrawn(page: Page, before: int) -> None:
    """Wait until the map has drawn data again."""
    page.frame_locator(FRAME).locator("[data-version]").evaluate(
        """(box, before) => new Promise((done) => {
          const look = () => Number(box.dataset.version) > before ? done() : setTimeout(look, 20);
          look();
        })""",
        before,
    )


def evict() -> None:
    """Put the files of the models and the gazetteer out of the disk cache."""
    for folder in (ROOT / "mapper" / "models", ROOT / "geodata" / "data"):
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def start(figures: Figures, browser: Browser) -> None:
    """From the command to progress, and to the sample's map."""
    with tempfile.TemporaryDirectory() as folder:
        evict()
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE)
        begun = time.perf_counter()
        with served(Path(folder) / "workspace.gpkg") as url:
            answered = time.perf_counter() - begun
            page.goto(url, wait_until="commit")
            page.get_by_text("Loading the language model").or_(
                page.get_by_text("Mapping a sample")
            ).or_(page.locator(".rd")).first.wait_for()
            progress = time.perf_counter() - begun
            page.frame_locator(FRAME).locator("[data-incidents]").wait_for()
            page.locator(".rd .cite").first.wait_for()
            ready = time.perf_counter() - begun
            server, _ = processes()
            spent = cpu_seconds(server)
        for name, seconds in (
            ("start: from the command until the server answers", answered),
            ("start: from the command until progress is on the page", progress),
            ("start: from the command until the sample is mapped (server CPU of all)", ready),
        ):
            figures.taken.setdefault(name, []).append((seconds, spent, float("nan")))
        page.close()


def paste(figures: Figures, page: Page, url: str, runs: int) -> None:
    """A text of 1,000 words pasted, until its map is drawn."""
    page.goto(f"{url}/?article=thousand")
    drawn(page)
    for turn in range(runs + 1):
        settled(page)
        text = thousand_words(turn)
        button(page, "Add articles").click()
        box = page.get_by_label("Text of the article")
        box.fill(text)
        opening = " ".join(text.split()[:6])
        name = "paste: 1,000 words, models warm, until mapped" + ("" if turn else " (first text)")
        with figures.timed(name):
            button(page, "Show on the map").first.click()
            page.locator(".rd .cite").first.wait_for()
            page.locator(".rd", has_text=opening).wait_for()
            frame = page.frame_locator(FRAME)
            frame.locator("[data-incidents]:not([data-incidents='1000'])").wait_for()


def thousand(figures: Figures, page: Page, url: str, runs: int) -> None:
    """The acts with 1,000 incidents on the page."""
    frame = page.frame_locator(FRAME)
    page.goto(f"{url}/?article=thousand")
    drawn(page)
    panel = page.locator('[data-testid="stText"]')
    for turn in range(runs + 1):
        settled(page)
        number, other, third = 5 + 10 * turn, 6 + 10 * turn, 7 + 10 * turn
        spare = Figures() if turn == 0 else figures  # the first one warms what is loaded late
        with spare.timed("1,000: click on a sentence until the map's popup is open"):
            page.locator(".rd .cite", has_text=f"Report {number}:").click()
            frame.locator(".im-popup", has_text=f"Report {number}:").wait_for()
        settled(page)
        with spare.timed("1,000: click on a sentence until the panel below shows it"):
            page.locator(".rd .cite", has_text=f"Report {other}:").click()
            panel.filter(has_text=f"Report {other}:").first.wait_for()
        settled(page)
        mark = frame.locator(f'.im-marker[data-incident="i{third:05d}"]')
        if not mark.count():  # under a cluster: go to its surroundings first
            page.locator(".rd .cite", has_text=f"Report {third}:").click()
            settled(page)
            page.locator(".rd .cite", has_text=f"Report {other}:").click()
            settled(page)
            mark = frame.locator(".im-marker").first
        identity = str(mark.get_attribute("data-incident"))
        words = f"Report {int(identity[1:])}:"
        mark.focus()
        with spare.timed("1,000: a mark on the map chosen until sentence and panel follow"):
            mark.press("Enter")
            page.locator(".rd .cite.on", has_text=words).wait_for()
            panel.filter(has_text=words).first.wait_for()
        settled(page)
        before = version(page)
        with spare.timed("1,000: a correction (verified) until saved and shown"):
            button(page, "Mark as verified").click()
            button(page, "Take the mark off").wait_for()
            redrawn(page, before)
        settled(page)
        before = version(page)
        with spare.timed("1,000: undo until saved and shown"):
            button(page, "Undo").click()
            button(page, "Mark as verified").wait_for()
            redrawn(page, before)
    settled(page)
    button(page, "Filters").click()
    box = page.get_by_label("Words in the quote")
    for turn in range(runs):
        box.fill(f"Report {70 + turn}")
        with figures.timed("1,000: a filter until map and headline follow"):
            box.press("Enter")
            frame.locator('[data-shown="11"]').wait_for()
            page.get_by_text("incidents of 1,000").wait_for()
        settled(page)
        box.fill("")
        with figures.timed("1,000: a filter taken off until map and headline follow"):
            box.press("Enter")
            frame.locator('[data-shown="1000"]').wait_for()
            page.get_by_text("incidents of 1,000").wait_for(state="detached")
        settled(page)
    page.keyboard.press("Escape")


def many(figures: Figures, page: Page, url: str, number: int, runs: int) -> None:
    """From the address to the drawn map, and memory."""
    frame = page.frame_locator(FRAME).locator(f'[data-incidents="{number}"]')
    server, browser = processes()
    before = memory(server)
    for turn in range(runs + 1):
        page.goto("about:blank")
        time.sleep(1)
        with figures.timed(
            f"{number:,} incidents, from the address to the drawn map"
            + ("" if turn else " (first opening of it)")
        ):
            page.goto(f"{url}/?article=many", wait_until="commit")
            frame.wait_for()
        settled(page)
    server, browser = processes()
    figures.notes.append(
        f"{number:,} incidents on the map: the server holds {memory(server):,.0f} MiB "
        f"({memory(server) - before:+,.0f} MiB), the browser {memory(browser):,.0f} MiB"
    )
    for turn in range(runs):
        report = 11 + turn * 3
        settled(page)
        with figures.timed(f"{number:,}: click on a sentence until popup and panel follow"):
            page.locator(".rd .cite", has_text=f"Report {report}:").click()
            page.frame_locator(FRAME).locator(".im-popup", has_text=f"Report {report}:").wait_for()
            page.locator('[data-testid="stText"]', has_text=f"Report {report}:").first.wait_for()


def sessions(figures: Figures, browser: Browser, url: str, number: int, runs: int) -> None:
    """Several people look at the many at once."""
    server, _ = processes()
    before = memory(server)
    contexts, pages = [], []
    for _ in range(SESSIONS):
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{url}/?article=many")
        page.frame_locator(FRAME).locator(f'[data-incidents="{number}"]').wait_for()
        settled(page)
        contexts.append(context)
        pages.append(page)
    server, _ = processes()
    figures.notes.append(
        f"{SESSIONS} further sessions with {number:,} incidents: "
        f"{(memory(server) - before) / SESSIONS:+,.0f} MiB each on the server"
    )
    for turn in range(runs):
        page = pages[turn % SESSIONS]
        report = 21 + turn * 3
        with figures.timed(f"{number:,}: the same with {SESSIONS} sessions open"):
            page.locator(".rd .cite", has_text=f"Report {report}:").click()
            page.frame_locator(FRAME).locator(".im-popup", has_text=f"Report {report}:").wait_for()
            page.locator('[data-testid="stText"]', has_text=f"Report {report}:").first.wait_for()
        settled(page)
    for context in contexts:
        context.close()


def main() -> None:
    """Run all that is asked for and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    given = parser.parse_args()
    wanted = given.only.split(",")
    if unknown := set(wanted) - set(PARTS):
        raise SystemExit(f"no part {', '.join(sorted(unknown))}: choose of {', '.join(PARTS)}")
    basemap = (ROOT / "mapper/webmap/assets/basemap.js").read_text(encoding="utf-8")
    labels = json.loads(basemap[basemap.index(".core=") + 6 : basemap.rindex(";")])["labels"]
    towns = [row for row in labels if row[0] == "city"]
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=installed(), args=FLAGS)
        if "start" in wanted:
            for _ in range(given.runs):
                start(figures, browser)
        workspace = Path(folder) / "workspace.gpkg"
        store = GeoPackageStore.open(workspace)
        for identity, number in (("thousand", 1000), ("many", given.many)):
            analysis = made(number, towns, identity)
            store.put_article(analysis.article)
            store.put_analysis(analysis)
        acts: dict[str, Callable[[Page, str], None]] = {
            "paste": lambda page, url: paste(figures, page, url, given.runs),
            "thousand": lambda page, url: thousand(figures, page, url, given.runs),
            "many": lambda page, url: many(figures, page, url, given.many, given.runs),
            "sessions": lambda _, url: sessions(figures, browser, url, given.many, given.runs),
        }
        if any(part in acts for part in wanted):
            with served(workspace) as url:
                for part in wanted:
                    if part not in acts:
                        continue
                    page = browser.new_page(viewport={"width": 1400, "height": 1000})
                    page.set_default_timeout(PATIENCE)
                    acts[part](page, url)
                    page.close()
        browser.close()
    figures.show()


if __name__ == "__main__":
    main()
