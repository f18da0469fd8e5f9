"""Text and map: drawn offline, each following the other, everything cited."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from mapper.model import Article
from mapper.store import GeoPackageStore

import coded  # isort: skip


def test_the_sample_is_mapped_on_opening_with_nothing_asked_of_anyone(app):
    assert app.shown() == 7
    expect(app.text).to_contain_text("Iraqi infantry")
    expect(app.map.locator(".im-marker, .im-cluster").first).to_be_visible()
    expect(app.map.locator(".im-legend")).to_contain_text("Battle")
    assert app.refused == []


def test_a_click_on_a_sentence_opens_its_mark_on_the_map(app):
    app.incident_of("defused by").click()
    popup = app.map.locator(".im-popup")
    expect(popup).to_contain_text("Bartella")
    expect(popup.locator("blockquote mark").first).to_have_text(re.compile("car bomb"))
    expect(popup).to_contain_text("Foiled")
    expect(app.incident_of("defused by")).to_have_class(re.compile(r"\bon\b"))


def test_a_click_on_a_mark_lights_up_its_sentence(app):
    marker = app.map.locator('.im-marker[aria-label*="Silopi"]')
    marker.click()
    expect(app.map.locator(".im-popup")).to_contain_text("Silopi")
    expect(app.text.locator(".cite.on")).to_contain_text("two dozen tanks")
    app.settled()
    expect(app.page.get_by_text("Mark as verified")).to_be_visible()
    # The popup outlives the server's answer.
    expect(app.map.locator(".im-popup")).to_contain_text("Silopi")


def test_a_popup_cites_what_where_when_who_and_why(app):
    app.map.locator('.im-marker[aria-label*="Silopi"]').click()
    popup = app.map.locator(".im-popup")
    for words in ("What", "Where", "When", "How sure", "Known to", "give or take"):
        expect(popup).to_contain_text(words)
    popup.get_by_text("Why here?").click()
    expect(popup).to_contain_text("Places considered")


def test_card_and_popup_tell_the_sureness_of_the_place_apart(app):
    """Its place is surer than that it happened at all; one word for both would hide that."""
    app.incident_of("denied that one of its jets").click()
    said = "Unsure of what (55%), please check; quite sure of where (90%)"
    expect(app.map.locator(".im-popup")).to_contain_text(said)
    expect(app.page.get_by_text(f"How sure: {said}")).to_be_visible()


def test_what_why_here_opens_is_in_sight_and_the_popup_on_the_map(app):
    app.map.locator('.im-marker[aria-label*="Silopi"]').click()
    popup = app.map.locator(".leaflet-popup")
    popup.get_by_text("Why here?").focus()
    app.page.keyboard.press("Enter")
    reasons = popup.locator("details li").first
    expect(reasons).to_be_in_viewport()
    app.page.wait_for_function(
        """() => {
          const frame = document.querySelector('iframe[title="streamlit_folium.st_folium"]');
          const popup = frame.contentDocument.querySelector(".leaflet-popup");
          const inner = popup.querySelector(".leaflet-popup-content").getBoundingClientRect();
          const li = popup.querySelector("details li").getBoundingClientRect();
          return popup.getBoundingClientRect().top >= 0
            && li.top >= inner.top && li.bottom <= inner.bottom + 1;
        }"""
    )
    assert popup.get_by_text("Why here?").evaluate("(node) => document.activeElement === node")


def test_what_did_not_happen_is_drawn_apart(app):
    denied = app.map.locator('.im-marker[aria-label*="Denied"]').first
    happened = app.map.locator('.im-marker[aria-label*="Silopi"]')
    dashed = denied.locator("path").nth(1).get_attribute("stroke-dasharray")
    assert dashed
    assert happened.locator("path").nth(1).get_attribute("stroke-dasharray") is None
    expect(app.incident_of("denied that one of its jets")).to_have_class(re.compile("notyet"))


def test_the_keyboard_walks_through_the_incidents(app):
    app.page.locator(".rd-scroll").focus()
    app.page.keyboard.press("n")
    first = app.text.locator(".cite.on").first.inner_text()
    expect(app.map.locator(".im-popup")).to_be_visible()
    app.page.keyboard.press("n")
    app.page.keyboard.press("n")
    assert app.text.locator(".cite.on").first.inner_text() != first
    app.page.keyboard.press("p")
    app.page.keyboard.press("p")
    expect(app.text.locator(".cite.on").first).to_have_text(first)


def test_keys_step_through_the_incidents_from_anywhere_but_not_while_typing(app):
    page = app.page
    chosen = app.text.locator(".cite.on")
    page.get_by_role("radio", name="Check and correct").focus()
    page.keyboard.press("n")
    expect(chosen.first).to_be_visible()
    page.wait_for_url(re.compile("incident=i1"))
    app.settled()
    page.keyboard.press("n")
    page.wait_for_url(re.compile("incident=i2"))
    app.settled()
    # Arrows move along a row of buttons, and the incident stays.
    app.option("Where")
    page.get_by_role("radio", name="Other candidates").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("textbox", name="Name of the place")).to_be_visible()
    app.settled()
    assert "incident=i2" in page.url
    # In a field they are letters.
    page.get_by_role("textbox", name="Name of the place").press_sequentially("np")
    expect(page.get_by_role("textbox", name="Name of the place")).to_have_value("np")
    app.settled()
    assert "incident=i2" in page.url
    page.locator(".rd-scroll").focus()
    page.keyboard.press("p")
    page.wait_for_url(re.compile("incident=i1"))


def test_a_marker_opens_by_keyboard(app):
    marker = app.map.locator('.im-marker[aria-label*="Silopi"]')
    marker.focus()
    app.page.keyboard.press("Enter")
    expect(app.map.locator(".im-popup")).to_contain_text("Silopi")
    expect(app.text.locator(".cite.on")).to_contain_text("two dozen tanks")


def test_clusters_open_by_mouse_and_keyboard(app):
    mark = app.map.locator('.im-marker[aria-label*="Nimrud"]')
    cluster = app.map.locator(".im-cluster").first
    for _ in range(3):  # nearer first where that helps, then spread
        if mark.count():
            break
        cluster.focus()
        app.page.keyboard.press("Enter")
    expect(mark.first).to_be_visible()


def test_incidents_at_one_spot_are_spread_for_the_one_that_is_chosen(make_app, library):
    app = make_app(library.url).open("/?article=w-mena-05")
    marks = app.map.locator('.im-marker[aria-label*="Nabatieh"]')
    expect(marks).to_have_count(0)
    app.text.locator(".cite", has_text="In Nabatieh the shopkeepers").first.click()
    expect(app.map.locator(".im-popup")).to_contain_text("Nabatieh")
    expect(marks).to_have_count(2)
    first, second = marks.nth(0).bounding_box(), marks.nth(1).bounding_box()
    assert abs(first["x"] - second["x"]) + abs(first["y"] - second["y"]) > 20

    # The other of the two, and the popup is its own.
    other = app.map.locator('.im-marker[aria-label^="Violence against civilians"]')
    other.dispatch_event("click")
    expect(app.map.locator(".im-popup h3")).to_contain_text("Violence against civilians")


def test_a_mark_that_is_the_only_one_is_drawn(make_app, library):
    app = make_app(library.url).open("/?article=w-mena-01&text=defused")
    assert app.shown() == 1
    expect(app.map.locator('.im-marker[aria-label*="Bartella"]')).to_be_visible()


def test_no_place_is_looked_at_from_nearer_than_it_is_known(app):
    """A country stays a country: neither its cluster nor its mark leads to a street."""
    near = app.frame().evaluate(
        """() => {
          const layer = incidentLayer, map = layer.map;
          const one = [...layer.rows.values()].find((row) => row.places.length === 1);
          const at = (id, lat, lon, precision, uncertainty) => ({ ...one, id, zoom: 5, places: [
            { lat, lon, precision, uncertainty, name: id, label: id, precise: "" }] });
          layer.setData({ styles: layer.styles, rows: [
            at("v0", 33, 44, "country", 400000), at("v1", 33.02, 44.02, "facility", 300)] });
          const first = map.getZoom();
          map.setView([33, 44], 6, { animate: false });
          const cluster = layer.clusters.getVisibleParent(layer.markers.get("v0")[0]);
          layer._open(cluster);
          const opened = map.getZoom();
          layer.setVisible(["v0"]);
          layer.fit();
          const alone = map.getZoom();
          // A filter that leaves nothing in sight frames what it leaves.
          map.setView([60, -100], 15, { animate: false });
          layer.setVisible(["v1"]);
          const seen = map.getBounds().contains([33.02, 44.02]);
          map.setView([33, 44], 15, { animate: false });
          layer.setVisible(["v0"]);
          return [first, opened, alone, seen, map.getZoom()];
        }"""
    )
    first, opened, alone, seen, again = near
    assert first <= 11 and opened == 6 and alone <= 6 and seen and again <= 6


def test_the_legend_makes_room_for_a_popup(app):
    legend = app.map.locator(".im-legend")
    expect(legend).to_have_attribute("open", "")
    app.incident_of("defused by").click()
    app.map.locator(".im-popup").wait_for()
    expect(legend).not_to_have_attribute("open", "")
    app.map.get_by_role("button", name="Close", exact=True).click()
    expect(legend).to_have_attribute("open", "")


def test_the_legend_leaves_the_map_in_sight_and_stays_closed_once_it_was_closed(app):
    legend = app.map.locator(".im-legend")
    expect(legend).to_have_attribute("open", "")
    # However much there is to say, and however small the map: the rest scrolls.
    shares = app.frame().evaluate(
        """() => {
          const map = document.querySelector(".im-map"), legend = map.querySelector(".im-legend");
          const rows = [...legend.querySelectorAll(".im-legend-row")];
          for (let n = 0; n < 12; n++) rows.forEach((row) => row.after(row.cloneNode(true)));
          const share = () => legend.offsetHeight / map.offsetHeight;
          const tall = share();
          const before = map.style.height;
          map.style.height = "400px";
          incidentLayer._resized();
          const low = share(), body = legend.querySelector(".im-legend-body");
          map.style.height = before;
          incidentLayer._resized();
          return [tall, low, body.scrollHeight > body.clientHeight];
        }"""
    )
    tall, low, scrolls = shares
    assert tall < 0.25 and low < 0.25 and scrolls
    legend.locator("summary").click()
    expect(legend).not_to_have_attribute("open", "")
    app.page.reload()
    app.ready()
    expect(legend).not_to_have_attribute("open", "")
    # A popup that is closed again does not open it, and whoever opens it has it open again.
    app.incident_of("defused by").click()
    app.map.locator(".im-popup").wait_for()
    app.map.get_by_role("button", name="Close", exact=True).click()
    expect(legend).not_to_have_attribute("open", "")
    legend.locator("summary").click()
    app.settled()
    app.open()  # the address of a chosen incident would open its popup, which folds it
    expect(legend).to_have_attribute("open", "")


def test_the_view_is_in_the_address(app, make_app, server):
    app.map.locator('.im-marker[aria-label*="Silopi"]').click()
    app.page.wait_for_url(re.compile("incident="))
    again = make_app(server.url).open("/?" + app.page.url.partition("?")[2])
    expect(again.text.locator(".cite.on")).to_contain_text("two dozen tanks")


def test_the_map_follows_the_theme(make_app, server):
    dark = make_app(server.url, color_scheme="dark").open()
    expect(dark.map.locator(".im-map")).to_have_class(re.compile("im-dark"))
    # Scroll bars of popup and legend too.
    expect(dark.map.locator(".im-map")).to_have_css("color-scheme", "dark")


def test_a_phone_can_use_it(make_app, server):
    phone = make_app(server.url, viewport={"width": 390, "height": 844}, has_touch=True).open()
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    phone.incident_of("defused by").click()
    expect(phone.map.locator(".im-popup")).to_contain_text("Bartella")

    def inside():
        popup = phone.map.locator(".leaflet-popup").bounding_box()
        frame = phone.page.locator('iframe[title="streamlit_folium.st_folium"]').bounding_box()
        right = popup["x"] + popup["width"] <= frame["x"] + frame["width"] + 1
        return popup["x"] >= frame["x"] - 1 and right

    for _ in range(100):  # the map makes room for it, at its own pace
        if inside():
            break
        phone.page.wait_for_timeout(100)
    assert inside()
    # Nothing lies over it, and nothing of it is cut off.
    covered = """(popup) => {
      const box = popup.querySelector(".leaflet-popup-content-wrapper").getBoundingClientRect();
      const over = [];
      for (let x = box.left + 6; x < box.right; x += 20) {
        for (let y = box.top + 6; y < box.bottom; y += 20) {
          const found = document.elementFromPoint(x, y);
          if (!found || !popup.contains(found)) over.push([x, y, found && found.className]);
        }
      }
      return over;
    }"""
    phone.page.wait_for_timeout(500)  # the map makes room for it
    assert phone.map.locator(".leaflet-popup").evaluate(covered) == []
    phone.map.get_by_role("button", name="Close", exact=True).click()
    expect(phone.map.get_by_role("button", name="Show all incidents")).to_be_visible()
    phone.page.get_by_role("button", name="Mark as verified").scroll_into_view_if_needed()
    expect(phone.page.get_by_role("button", name="Mark as verified")).to_be_in_viewport()


def test_a_long_text_is_there_to_its_end_whatever_is_asked_first(make_app, own_server):
    """It is filled from the top while the page is idle; what is asked for earlier is there."""
    own_server.stop()
    text = "\n\n".join(f"Report {n}: an attack was told of." for n in range(900))
    store = GeoPackageStore.open(own_server.workspace)
    store.put_analysis(coded.Analyser().analyse(Article("long", text)))
    own_server.start()
    app = make_app(own_server.url).open("/?article=long&incident=a870")
    expect(app.text.locator(".cite.on")).to_contain_text("Report 870:")
    expect(app.text.locator(".cite.on")).to_be_in_viewport()
    expect(app.text.locator(".cite")).to_have_count(900)
    expect(app.text.locator("p, h2, h3").last).to_have_text("Report 899: an attack was told of.")

    filtered = make_app(own_server.url).open("/?article=long&text=Report 7")
    assert filtered.shown() == 111
    expect(filtered.text.locator(".cite")).to_have_count(900)
    expect(filtered.text.locator(".cite:not(.off)")).to_have_count(111)


@pytest.mark.parametrize("address", ["http://example.org/x", "http://93.184.216.34/x"])
def test_a_request_beyond_this_machine_is_refused_and_counted(make_app, library, address):
    app = make_app(library.url).open()
    tried = f"fetch('{address}', {{mode: 'no-cors'}}).then(() => 'answered', () => 'refused')"
    assert app.page.evaluate(tried) == "refused"
    assert app.refused == [address]
    app.expected = [address]
