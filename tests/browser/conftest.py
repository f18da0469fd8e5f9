"""A real server and a real browser; whatever asks beyond this machine is refused and counted."""

from __future__ import annotations

import shutil
import socket
import time
import urllib.request
from pathlib import Path

import pytest
import serving

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--mute-audio", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
WINDOW = {"viewport": {"width": 1400, "height": 1000}, "reduced_motion": "reduce"}
PATIENCE = 180_000
"""Milliseconds to wait for what must come: slow machines are no failures."""


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """Streamlit's own server on this machine, with a workspace of its own."""

    def __init__(
        self, workspace: Path, script: Path = HERE / "fixture_app.py", port: int | None = None
    ) -> None:
        self.workspace, self.script = workspace, script
        self.port = port or free_port()
        self.process: serving.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Server:
        environment = {"INCIDENT_MAPPER_WORKSPACE": str(self.workspace), "USER": "tester"}
        self.process = serving.start(self.script, self.port, environment)
        until = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                    if answer.status == 200:
                        return self
            except OSError:
                if not self.process.is_alive():
                    raise RuntimeError("the server ended before it was ready") from None
            time.sleep(0.2)
        raise RuntimeError("the server did not become ready")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.join(30)
            if self.process.is_alive():
                self.process.kill()
                self.process.join(30)
            self.process = None


class App:
    """The app in a page: what a user sees and does."""

    def __init__(self, page, url: str, refused: list[str], errors: list[str]) -> None:
        self.page, self.url, self.refused, self.errors = page, url, refused, errors

    @property
    def map(self):
        return self.page.frame_locator('iframe[title="streamlit_folium.st_folium"]')

    @property
    def text(self):
        return self.page.locator(".rd")

    def open(self, query: str = "/?article=w-mena-01", incidents: bool = True) -> App:
        """Open an address; by default one that names an article, and so no earlier view."""
        self.page.goto(self.url + query)
        if incidents:
            self.ready()
        return self

    def ready(self) -> None:
        """Text and map are drawn, and the server has nothing left to do."""
        self.map.locator("[data-incidents]").wait_for(timeout=PATIENCE)
        self.text.first.wait_for(timeout=PATIENCE)
        self.settled()

    def settled(self) -> None:
        """Nothing has been under way for half a second: neither script nor message."""
        self.page.wait_for_function(
            """() => {
              const app = document.querySelector('[data-testid="stApp"]');
              const busy = document.querySelector('[data-testid="stStatusWidget"]')
                || !app || app.dataset.testScriptState === "running";
              const now = performance.now();
              if (busy || window.idleSince === undefined) window.idleSince = now;
              const idle = now - window.idleSince > 500;
              if (idle) window.idleSince = undefined;
              return idle;
            }""",
            timeout=PATIENCE,
            polling=100,  # by default a question a frame, for which the page is drawn each time
        )

    def shown(self) -> int:
        return int(self.map.locator("[data-shown]").get_attribute("data-shown"))

    def incident_of(self, words: str):
        """The stretch of the text that holds these words and cites an incident."""
        return self.text.locator(".cite", has_text=words).first

    def pane(self, name: str) -> None:
        self.page.get_by_role("radio", name=name).or_(
            self.page.get_by_role("button", name=name)
        ).first.click()
        self.settled()

    def frame(self):
        """The map's own frame, to run script in."""
        return next(frame for frame in self.page.frames if "streamlit_folium" in frame.url)

    def option(self, name: str) -> None:
        """Choose one of a row of buttons that exclude each other."""
        self.page.get_by_role("radio", name=name, exact=True).or_(
            self.page.get_by_role("button", name=name, exact=True)
        ).first.click()
        self.settled()

    def way(self, name: str) -> None:
        """Choose one of a list of radio buttons."""
        self.page.get_by_text(name, exact=True).first.click()
        self.settled()

    def headline(self) -> str:
        return (
            self.page.get_by_text("incidents in")
            .or_(self.page.get_by_text("incident in"))
            .or_(self.page.get_by_text("incidents of"))
            .first.inner_text()
        )


@pytest.fixture(scope="session")
def driver():
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def executable() -> str:
    """Debian's chromium; the build without windows draws the same with less work."""
    for name in ("chromium-headless-shell", "chromium", "chromium-browser"):
        path = shutil.which(name)
        if path is not None:
            return path
    pytest.skip("needs Debian's chromium")


@pytest.fixture(scope="session")
def chromium(driver, executable):
    """A browser for windows of other kinds, each new to the app."""
    browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
    yield browser
    browser.close()


class Profile:
    """A browser as a user keeps it: one tab, which has seen the app and kept its scripts.

    To load and compile them anew for each test takes more than the tests themselves.  What an app
    could remember in the browser, cookies and storage, is cleared after each test.
    """

    def __init__(self, driver, executable: str, directory: Path) -> None:
        self.context = driver.chromium.launch_persistent_context(
            str(directory), executable_path=executable, args=FLAGS, **WINDOW
        )
        self.context.set_default_timeout(PATIENCE)
        self.asked: list[str] = []
        self.errors: list[str] = []
        watch(self.context, self.asked)
        self.context.on("weberror", lambda found: self.errors.append(str(found.error)))
        self.tab = self.context.pages[0]
        self.taken = False

    def page(self):
        """The tab, or a further one if it is in use or was closed."""
        if self.tab.is_closed():
            self.tab = self.context.new_page()
            self.taken = False
        if self.taken:
            return self.context.new_page()
        self.taken = True
        return self.tab

    def clear(self) -> None:
        for page in self.context.pages:
            if page is not self.tab:
                page.close()
        if not self.tab.is_closed():
            origin = self.tab.evaluate("location.origin")
            self.tab.goto("about:blank")  # asks no one whether to leave
            if origin.startswith("http"):
                session = self.context.new_cdp_session(self.tab)
                session.send(
                    "Storage.clearDataForOrigin",
                    {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb"},
                )
                session.detach()
        self.taken = False
        self.asked.clear()
        self.errors.clear()


@pytest.fixture(scope="session")
def profile(driver, executable, tmp_path_factory):
    made = Profile(driver, executable, tmp_path_factory.mktemp("profile"))
    yield made
    made.context.close()


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """A server whose workspace holds all coded articles; for tests that change nothing in it."""
    path = tmp_path_factory.mktemp("library") / "workspace.gpkg"
    fill(path)
    made = Server(path).start()
    yield made
    made.stop()


def fill(path: Path) -> None:
    """Put the coded articles into a workspace."""
    import coded

    from mapper.store import GeoPackageStore

    store = GeoPackageStore.open(path)
    for document in coded.documents():
        store.put_analysis(coded.analysis_of(document))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("workspace") / "workspace.gpkg").start()
    yield made
    made.stop()


STILL = """
const animate = Element.prototype.animate;
Element.prototype.animate = function (...given) {
  const made = animate.apply(this, given);
  try { made.finish(); } catch { /* one that never ends */ }
  return made;
};
"""
"""What opens is open at once: a click presses and lets go before a moving button has gone by."""


def watch(context, refused: list[str]) -> None:
    """Note what asks beyond this machine, and let nothing glide.

    The browser's own flags refuse it; deciding here would hold every file up and forbid caching.
    """

    def note(request):
        if not request.url.startswith(("http://127.0.0.1:", "file:", "data:", "blob:")):
            refused.append(request.url)

    context.on("request", note)
    context.add_init_script(STILL)


def context_of(chromium, **options):
    """A browser context that reaches this machine alone, and what it was refused."""
    refused: list[str] = []
    context = chromium.new_context(**{**WINDOW, **options})
    context.set_default_timeout(PATIENCE)
    watch(context, refused)
    return context, refused


@pytest.fixture
def make_app(request, profile):
    """Opens the app at an address; afterwards nothing may have asked beyond this machine.

    By default in the browser that a user keeps; with ``options`` in a new one of that kind.
    """
    opened = []

    def make(url: str, **options) -> App:
        if options:
            context, refused = context_of(request.getfixturevalue("chromium"), **options)
            page, errors = context.new_page(), []
            page.on("pageerror", lambda error: errors.append(str(error)))
            opened.append(context)
        else:
            page, refused, errors = profile.page(), profile.asked, profile.errors
        apps.append(App(page, url, refused, errors))
        return apps[-1]

    apps: list[App] = []
    yield make
    for context in opened:
        context.close()
    seen = [(app, list(app.refused), list(app.errors)) for app in apps]
    profile.clear()
    for app, refused, errors in seen:
        assert refused == getattr(app, "expected", []), "asked beyond this machine"
        assert errors == [], "errors in the page"


@pytest.fixture(scope="session")
def own_port() -> int:
    """One address for all servers that last one test: the browser keeps scripts by address."""
    return free_port()


@pytest.fixture
def own_server(tmp_path, own_port):
    """A server with a workspace of its own, for tests that change things."""
    made = Server(tmp_path / "workspace.gpkg", port=own_port).start()
    yield made
    made.stop()


@pytest.fixture
def app(make_app, server) -> App:
    """The app with the first coded article open."""
    return make_app(server.url).open()
