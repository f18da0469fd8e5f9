"""The parts of the page in the browser: reading pane, map, and the link between them and Python.

They speak over one BroadcastChannel, so that a click lights up the other side at once, without
a round trip; Python hears of it from the link alone.  Names of messages: ``hello``, ``data``,
``control``, ``select``, ``picked``, ``cancel``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st
import streamlit.components.v1 as components_v1

from mapper.webmap.layer import ASSETS

_PACKAGE = "incident_assets"

_READER_JS = """
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const S = parentElement._im || (parentElement._im = { selected: null });
  S.set = setStateValue;
  if (!S.box) {
    S.scroll = document.createElement("div");
    S.scroll.className = "rd-scroll";
    S.scroll.tabIndex = 0;
    S.scroll.setAttribute("role", "region");
    S.scroll.setAttribute("aria-label",
      "Article text. Press N or P for the next or previous incident.");
    S.box = document.createElement("div");
    S.scroll.append(S.box);
    parentElement.append(S.scroll);
    S.scroll.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const by = { n: 1, j: 1, p: -1, k: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation(); // the page's own keys do the same
      const ids = [...new Set(IncidentReading.cites(S.box)
        .filter((node) => !node.classList.contains("off"))
        .flatMap((node) => JSON.parse(node.dataset.ids)))];
      if (!ids.length) return;
      const next = ids[(ids.indexOf(S.selected) + by + ids.length) % ids.length];
      S.choose(next);
      const node = IncidentReading.mark(S.box, next, S.scroll);
      if (node) node.focus({ preventScroll: true });
    });
    // Numbered, so that the same words can be marked again.
    const told = (range) => S.set("selection", [...range, S.turn = (S.turn || 0) + 1]);
    S.box.addEventListener("mouseup", () => setTimeout(() => {
      const range = selected(S.box);
      if (range) told(range);
    }, 0));
    // A click on a sentence that tells of nothing yet: it can be made an incident.
    S.box.addEventListener("click", (event) => {
      const selection = document.getSelection();
      if (event.target.closest(".cite") || (selection && !selection.isCollapsed)) return;
      const span = event.target.closest("[data-at]");
      if (!span) return;
      const caret = document.caretRangeFromPoint
        ? document.caretRangeFromPoint(event.clientX, event.clientY) : null;
      const inside = caret && span.contains(caret.startContainer)
        ? Array.from(span.textContent.slice(0, caret.startOffset)).length : 0;
      const at = Number(span.dataset.at) + inside;
      told([at, at]);
    });
    S.box.addEventListener("keyup", (event) => {
      if (!event.shiftKey) return;
      const range = selected(S.box);
      if (range) told(range);
    });
    S.choose = (id) => {
      S.selected = id;
      IncidentReading.mark(S.box, id, S.scroll);
      S.channel.postMessage({ type: "select", id, from: "text" });
    };
  }
  const head = headOf(data);
  S.scroll.style.maxHeight = head.height + "px";
  if (S.name !== head.channel) {
    if (S.channel) S.channel.close();
    S.name = head.channel;
    S.channel = new BroadcastChannel(head.channel);
    S.channel.onmessage = ({ data: message }) => {
      if (message.type === "select" && message.from !== "text") {
        S.selected = message.id;
        IncidentReading.mark(S.box, message.id, S.scroll);
      } else if (message.type === "control") {
        if ("dark" in message && message.dark !== S.dark) { S.dark = message.dark; S.draw(); }
        if ("visible" in message) {
          S.visible = message.visible;
          IncidentReading.dim(S.box, S.visible);
        }
      }
    };
  }
  S.draw = () => {
    IncidentReading.draw(S.box, S.article, S.styles, {
      dark: S.dark, onSelect: S.choose, current: () => S.selected,
    });
    IncidentReading.mark(S.box, S.selected, S.scroll);
    IncidentReading.dim(S.box, S.visible || null);
  };
  if (S.version !== head.version) {
    const made = JSON.parse(new TextDecoder().decode(data.subarray(head.end)));
    const other = S.article && S.article.id !== made.article.id;
    S.version = head.version; S.article = made.article; S.styles = made.styles;
    if (other) S.scroll.scrollTop = 0;
    S.draw();
    S.channel.postMessage({ type: "hello", from: "text" });
  }
}
function selected(box) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  if (!box.contains(range.startContainer) || !box.contains(range.endContainer)) return null;
  const touched = [...box.querySelectorAll("[data-at]")].filter((s) => range.intersectsNode(s));
  if (!touched.length) return null;
  const first = touched[0], last = touched[touched.length - 1];
  const points = (text) => Array.from(text).length;
  const inside = (span, node, offset) => span.contains(node) && node.nodeType === 3
    ? points(node.textContent.slice(0, offset)) : null;
  const a = Number(first.dataset.at)
    + (inside(first, range.startContainer, range.startOffset) ?? 0);
  const b = Number(last.dataset.at)
    + (inside(last, range.endContainer, range.endOffset) ?? points(last.textContent));
  return b - a < 3 ? null : [a, b];
}
"""

_LINK_JS = """
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const S = parentElement._im || (parentElement._im = { n: null });
  S.set = setStateValue;
  S.data = data;
  const control = () => ({ type: "control", visible: S.data.visible, dark: S.dark,
    tiles: S.data.tiles, pick: S.data.pick, fit: S.data.fit, draft: S.data.draft });
  if (S.name !== data.channel) {
    if (S.channel) S.channel.close();
    S.name = data.channel;
    S.channel = new BroadcastChannel(data.channel);
    S.channel.onmessage = ({ data: message }) => {
      if (message.type === "hello") {
        S.channel.postMessage(control());
        if (S.data.selected) {
          S.channel.postMessage({ type: "select", id: S.data.selected, from: "link" });
        }
      } else if (message.type === "select") S.set("selected", message.id);
      else if (message.type === "picked") S.set("picked", message.points);
      else if (message.type === "cancel") S.set("cancelled", S.turn = (S.turn || 0) + 1);
    };
    S.dark = isDark();
    S.timer = setInterval(() => {
      const dark = isDark();
      if (dark !== S.dark) { S.dark = dark; S.channel.postMessage({ type: "control", dark }); }
    }, 400);
  }
  S.channel.postMessage(control());
  // What is to be clicked must be in sight: the panel that asks for it may have scrolled it away.
  if (data.pick && data.pick !== S.pick) {
    const map = document.querySelector('iframe[title="streamlit_folium.st_folium"]');
    if (map) {
      map.style.scrollMarginTop = "68px"; // the page's own head lies over what is scrolled to it
      map.scrollIntoView({ block: "nearest" });
    }
  }
  S.pick = data.pick;
  if (S.n !== data.n) {
    S.n = data.n;
    S.channel.postMessage({ type: "select", id: data.selected, from: "link" });
  }
  return () => { clearInterval(S.timer); if (S.channel) S.channel.close(); S.name = null; };
}
function isDark() {
  const app = document.querySelector(".stApp") || document.body;
  const parts = (getComputedStyle(app).backgroundColor.match(/[\\d.]+/g) || [255, 255, 255]);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] < 110;
}
"""

_STORE_JS = """
export default function (component) {
  const { data, parentElement } = component;
  const S = parentElement._im || (parentElement._im = {});
  const head = headOf(data), before = S.head;
  S.head = head;
  if (!before || before.version !== head.version) S.lines = data.slice(head.end);
  // On a channel of its own: whoever listens to the other one would have to unpack it.
  const send = (keep) => S.rows.postMessage({ type: "data", lines: S.lines, keep });
  if (S.name !== head.channel) {
    if (S.channel) { S.channel.close(); S.rows.close(); }
    S.name = head.channel;
    S.channel = new BroadcastChannel(head.channel);
    S.rows = new BroadcastChannel(head.channel + "-rows");
    S.channel.onmessage = ({ data: message }) => {
      if (message.type === "hello" && message.from === "map") send(false);
    };
    send(false);
  } else if (before.version !== head.version || before.scope !== head.scope) {
    send(before.scope === head.scope);
  }
  return () => { if (S.channel) { S.channel.close(); S.rows.close(); } S.name = null; };
}
"""

# What comes as bytes begins with a line of JSON that says what it is: the rest, which may be
# large, is looked at only where that changed.
_HEAD_JS = """
function headOf(data) {
  const end = data.indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(data.subarray(0, end)));
  head.end = end + 1;
  return head;
}
"""


@lru_cache(maxsize=1)
def _reader_parts() -> tuple[str, str]:
    script = (ASSETS / "reading.js").read_text(encoding="utf-8") + _READER_JS + _HEAD_JS
    style = (ASSETS / "reading.css").read_text(encoding="utf-8") + (
        ".rd-scroll { overflow-y: auto; padding: 4px 14px 4px 4px; position: relative; }"
        ".rd-scroll:focus-visible { outline: 2px solid #0059b3; outline-offset: 2px; }"
    )
    return script, style


@st.cache_resource(show_spinner=False)
def _components() -> tuple[Any, Any, Any]:
    script, style = _reader_parts()
    make = st.components.v2.component
    return (
        make("incident_reader", js=script, css=style, isolate_styles=False),
        make("incident_link", js=_LINK_JS, isolate_styles=False),
        make("incident_store", js=_STORE_JS + _HEAD_JS, isolate_styles=False),
    )


@st.cache_resource(show_spinner=False)
def _assets_component() -> str:
    """Register the folder of assets with Streamlit's own server; gives its name there."""
    declared = components_v1.declare_component(_PACKAGE, path=str(ASSETS))
    return str(declared.name)


def asset_address(name: str) -> str:
    """Where an asset lies as seen from the map's frame; works under any base path."""
    return f"../{_assets_component()}/{name}"


def reader(
    *,
    key: str,
    channel: str,
    version: str,
    article: bytes,
    height: int,
    on_selection: Callable[[], None],
) -> Any:
    """The reading pane; ``selection`` of its result is [start, end] in code points.

    ``article`` is JSON of ``article`` and ``styles``, ``version`` a name for what it says.  What
    is selected comes over the channel: as long as the text is the same, so is this message, and
    Streamlit sends it only once.
    """
    return _components()[0](
        key=key,
        data=_headed({"channel": channel, "version": version, "height": height}, article),
        on_selection_change=on_selection,
    )


def _headed(head: Mapping[str, Any], rest: bytes) -> bytes:
    return json.dumps(head).encode() + b"\n" + rest


def link(
    *,
    key: str,
    channel: str,
    visible: Sequence[str] | None,
    selected: str | None,
    n: int,
    tiles: bool,
    pick: str,
    draft: Mapping[str, Any],
    fit: int,
    on_selected: Callable[[], None],
    on_picked: Callable[[], None],
    on_cancelled: Callable[[], None],
) -> Any:
    """The link: tells Python what was clicked, and the page what Python decides.

    ``n`` grows whenever Python itself selects; only then the page follows.  ``pick``: what a
    click on the map is to give, ``point``, ``outline`` (corners of an area) or nothing; ``draft``
    has the ``points`` chosen so far as [lat, lon], and ``n``, which grows when Python changes them.
    """
    return _components()[1](
        key=key,
        data={
            "channel": channel, "visible": visible, "selected": selected, "n": n, "tiles": tiles,
            "pick": pick, "draft": draft, "fit": fit,
        },
        on_selected_change=on_selected,
        on_picked_change=on_picked,
        on_cancelled_change=on_cancelled,
    )  # fmt: skip


def store(*, key: str, channel: str, scope: str, version: str, lines: bytes) -> None:
    """Hand the rows to the map; a new ``scope`` (what is shown) fits the view anew.

    ``version`` names what the ``lines`` say.
    """
    head = {"channel": channel, "scope": scope, "version": version}
    _components()[2](key=key, data=_headed(head, lines))
