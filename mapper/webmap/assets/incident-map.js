/* Incidents on a Leaflet map: basemap, markers, areas, popups, legend.
 *
 * Everything that came from outside arrives as data (base64 of JSON) and reaches the page by
 * textContent and attributes alone; no string is ever parsed as markup or code.
 */
(function () {
  "use strict";
  if (window.IncidentMap) return;
  const SVG = "http://www.w3.org/2000/svg";
  const NARROW = 480; // pixels of width up to which a popup takes all of it
  const SMALL = 560; // pixels of width up to which the legend is folded at first
  const LOW = 380; // pixels of height up to which it is too
  /* The zoom beyond which a place of this precision would seem better known than it is. */
  const NEAREST = { facility: 15, neighbourhood: 14, city: 12, district: 10, province: 9, region: 8,
    country: 6, sea: 6 };
  const LIGHT = {
    sea: "#dbe7ee", land: "#f7f5f0", border: "#8f9aa3", admin: "#c9ccca", river: "#b5cfdd",
    country: "#4a545c", admin1: "#7c858b", city: "#3c444a", seaText: "#5b7f96", halo: "#ffffff",
    dot: "#6a747b",
  };
  const DARK = {
    sea: "#0f1b24", land: "#232b31", border: "#6d7a84", admin: "#3b454d", river: "#284557",
    country: "#c3ccd3", admin1: "#8e9aa3", city: "#d5dce1", seaText: "#7ba3bd", halo: "#14191d",
    dot: "#a3aeb6",
  };

  /* ---- small helpers ---- */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "text") node.textContent = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children) {
      if (child === null || child === undefined || child === false) continue;
      node.append(child);
    }
    return node;
  }
  function svgEl(tag, attributes, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  function decode(base64) {
    const text = atob(base64), bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    return JSON.parse(new TextDecoder().decode(bytes));
  }
  /* A row as it is sent lacks what is empty. */
  function whole(sent) {
    const row = { background: false, places: [], unsure: "", tolls: [], who: "", quotes: [],
      reasons: [], candidates: [], corrected: [], added: false, verified: false, ...sent };
    row.aria = row.aria || `${row.title}. ${row.modalityLabel}. ${row.when}`;
    return row;
  }

  /* Whether the legend was left open or closed. A page may be forbidden to remember anything. */
  const LEGEND = "incident-map-legend";
  function remembered() {
    try { return localStorage.getItem(LEGEND); } catch { return null; }
  }
  function remember(state) {
    try { localStorage.setItem(LEGEND, state); } catch { /* the next page asks again */ }
  }

  /* ---- the basemap: a canvas of land, borders, water ---- */
  const merc = (lat) => {
    const s = Math.sin((Math.max(-85.0511, Math.min(85.0511, lat)) * Math.PI) / 180);
    return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
  };
  function unpack(numbers, unit) {
    const n = numbers.length / 2;
    const xy = new Float64Array(numbers.length);
    let x = 0, y = 0, x0 = 9, y0 = 9, x1 = -9, y1 = -9;
    for (let i = 0; i < n; i++) {
      x += numbers[2 * i]; y += numbers[2 * i + 1];
      const px = x / unit / 360 + 0.5, py = merc(y / unit);
      xy[2 * i] = px; xy[2 * i + 1] = py;
      if (px < x0) x0 = px; if (px > x1) x1 = px;
      if (py < y0) y0 = py; if (py > y1) y1 = py;
    }
    return { xy, x0, y0, x1, y1 };
  }
  const unpacked = {};
  function part(name) {
    const raw = (window.IncidentBasemap || {})[name];
    if (!raw) return null;
    if (!unpacked[name]) {
      const get = (key) => (raw[key] || []).map((numbers) => unpack(numbers, raw.unit));
      unpacked[name] = {
        land: get("land"), borders: get("borders"), admin1: get("admin1"),
        rivers: get("rivers"), lakes: get("lakes"),
        labels: (raw.labels || []).map(([kind, text, lon, lat, zoom, rank]) => (
          { kind, text, x: lon / 360 + 0.5, y: merc(lat), zoom, rank }
        )),
      };
    }
    return unpacked[name];
  }

  const CanvasLayer = L.Layer.extend({
    initialize(pane, draw) { this._paneName = pane; this._draw = draw; },
    onAdd(map) {
      this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated im-canvas");
      this._canvas.setAttribute("aria-hidden", "true");
      map.getPane(this._paneName).appendChild(this._canvas);
      map.on("moveend resize viewreset", this.redraw, this);
      map.on("zoomanim", this._animate, this);
      this.redraw();
    },
    onRemove(map) {
      this._canvas.remove();
      map.off("moveend resize viewreset", this.redraw, this);
      map.off("zoomanim", this._animate, this);
    },
    _animate(event) {
      const scale = this._map.getZoomScale(event.zoom, this._zoom);
      const offset = this._map._latLngBoundsToNewLayerBounds(
        this._bounds, event.zoom, event.center).min;
      L.DomUtil.setTransform(this._canvas, offset, scale);
    },
    redraw() {
      const map = this._map;
      if (!map || !map._loaded) return;
      const size = map.getSize(), pad = Math.round(Math.max(size.x, size.y) * 0.25);
      const min = map.containerPointToLayerPoint([-pad, -pad]);
      const full = size.add([2 * pad, 2 * pad]);
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      const canvas = this._canvas;
      canvas.width = full.x * ratio; canvas.height = full.y * ratio;
      canvas.style.width = full.x + "px"; canvas.style.height = full.y + "px";
      L.DomUtil.setTransform(canvas, min, 1);
      this._zoom = map.getZoom();
      this._bounds = L.latLngBounds(
        map.layerPointToLatLng(min), map.layerPointToLatLng(min.add(full)));
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      const world = 256 * Math.pow(2, this._zoom);
      const origin = map.getPixelOrigin().add(min);
      this._draw(context, { world, ox: origin.x, oy: origin.y, w: full.x, h: full.y,
        zoom: this._zoom, pad });
    },
  });

  function trace(context, view, shape, shift) {
    const { world, ox, oy } = view, xy = shape.xy;
    let lastX = NaN, lastY = NaN;
    for (let i = 0; i < xy.length; i += 2) {
      const x = (xy[i] + shift) * world - ox, y = xy[i + 1] * world - oy;
      if (i === 0) context.moveTo(x, y);
      else if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.8 && i < xy.length - 2) continue;
      else context.lineTo(x, y);
      lastX = x; lastY = y;
    }
  }
  function smooth(context, view, shape, shift) {
    const { world, ox, oy } = view, xy = shape.xy, last = xy.length - 2;
    const at = (i) => [(xy[i] + shift) * world - ox, xy[i + 1] * world - oy];
    context.moveTo(...at(0));
    for (let i = 2; i < last; i += 2) {
      const [x, y] = at(i), [nx, ny] = at(i + 2);
      context.quadraticCurveTo(x, y, (x + nx) / 2, (y + ny) / 2);
    }
    context.lineTo(...at(last));
  }
  function each(view, shapes, action) {
    const { world, ox, oy, w, h } = view;
    const first = Math.floor(ox / world), last = Math.floor((ox + w) / world);
    for (let shift = first; shift <= last; shift++) {
      for (const shape of shapes) {
        if ((shape.x1 + shift) * world < ox || (shape.x0 + shift) * world > ox + w
          || shape.y1 * world < oy || shape.y0 * world > oy + h) continue;
        action(shape, shift);
      }
    }
  }
  function drawBasemap(context, view, colours) {
    const core = part("core");
    context.fillStyle = colours.sea;
    context.fillRect(0, 0, view.w, view.h);
    if (!core) return;
    const detail = view.zoom >= 6 ? part("detail") : null;
    context.lineJoin = "round";
    context.beginPath();
    each(view, (detail || core).land, (shape, shift) => trace(context, view, shape, shift));
    context.fillStyle = colours.land;
    context.fill("evenodd");
    context.strokeStyle = colours.border; context.lineWidth = 0.6; context.stroke();
    context.beginPath();
    each(view, core.lakes, (shape, shift) => trace(context, view, shape, shift));
    context.fillStyle = colours.sea; context.fill();
    context.strokeStyle = colours.river; context.lineWidth = 0.6; context.stroke();
    if (view.zoom >= 4) {
      context.beginPath();
      each(view, core.rivers, (shape, shift) => smooth(context, view, shape, shift));
      context.lineWidth = view.zoom >= 7 ? 1.6 : 0.9; context.stroke();
      context.beginPath();
      each(view, core.admin1, (shape, shift) => trace(context, view, shape, shift));
      context.strokeStyle = colours.admin; context.lineWidth = view.zoom >= 7 ? 1.1 : 0.7;
      context.setLineDash([4, 3]); context.stroke(); context.setLineDash([]);
    }
    context.beginPath();
    each(view, (detail || core).borders, (shape, shift) => trace(context, view, shape, shift));
    context.strokeStyle = colours.border; context.lineWidth = 1.1; context.stroke();
  }
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
  function drawLabels(context, view, colours, near) {
    const core = part("core");
    if (!core) return;
    const detail = view.zoom >= 7 ? part("detail") : null;
    const all = [near, core.labels, detail ? detail.labels : []];
    const visible = [];
    const first = Math.floor(view.ox / view.world);
    const last = Math.floor((view.ox + view.w) / view.world);
    for (const labels of all) {
      for (const label of labels) {
        if (label.zoom > view.zoom + 0.5) continue;
        if (label.kind === "country" && view.zoom > 8) continue;
        if (label.kind === "admin1" && view.zoom > 10) continue;
        for (let shift = first; shift <= last; shift++) {
          const x = (label.x + shift) * view.world - view.ox;
          const y = label.y * view.world - view.oy;
          if (x > -80 && x < view.w + 80 && y > -20 && y < view.h + 20) {
            visible.push({ label, x, y });
          }
        }
      }
    }
    visible.sort((a, b) => b.label.rank - a.label.rank);
    const taken = [];
    const free = (box) => taken.every((t) => box[2] < t[0] || box[0] > t[2]
      || box[3] < t[1] || box[1] > t[3]);
    const names = new Set();
    context.textBaseline = "middle"; context.lineJoin = "round";
    let drawn = 0;
    for (const { label, x, y } of visible) {
      if (drawn > 260) break;
      const style = {
        country: [`600 ${view.zoom >= 5 ? 13 : 11.5}px ${FONT}`, colours.country, 1.5],
        admin1: [`11px ${FONT}`, colours.admin1, 0.5],
        sea: [`italic ${label.rank > 700 ? 13 : 11}px ${FONT}`, colours.seaText, 1],
        capital: [`600 ${view.zoom >= 6 ? 12.5 : 11.5}px ${FONT}`, colours.city, 0],
        city: [`${view.zoom >= 8 ? 12 : 11}px ${FONT}`, colours.city, 0],
        town: [`11px ${FONT}`, colours.city, 0],
      }[label.kind] || [`11px ${FONT}`, colours.city, 0];
      const key = label.text + Math.round(x / 60) + "," + Math.round(y / 60);
      if (names.has(key)) continue;
      context.font = style[0];
      if ("letterSpacing" in context) context.letterSpacing = style[2] + "px";
      const width = context.measureText(label.text).width;
      const point = label.kind === "city" || label.kind === "capital" || label.kind === "town";
      const left = point ? x + 6 : x - width / 2;
      const box = [left - (point ? 10 : 3), y - 8, left + width + 4, y + 8];
      if (!free(box)) continue;
      taken.push(box); names.add(key); drawn += 1;
      context.strokeStyle = colours.halo; context.lineWidth = 3;
      context.strokeText(label.text, left, y);
      context.fillStyle = style[1];
      context.fillText(label.text, left, y);
      if (point) {
        context.beginPath();
        if (label.kind === "capital") context.rect(x - 2.5, y - 2.5, 5, 5);
        else context.arc(x, y, 2.2, 0, 7);
        context.fillStyle = colours.dot; context.fill();
        context.strokeStyle = colours.halo; context.lineWidth = 1; context.stroke();
      }
    }
  }

  /* ---- symbols ---- */
  const SHAPES = {
    circle: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z",
    square: "M4 4h16v16h-16z",
    diamond: "M12 1.5L22.5 12L12 22.5L1.5 12z",
    triangle: "M12 2.5L22.5 21h-21z",
    star: "M12 .5l3.2 7.3l8 .7l-6.100 5.200l1.900 7.800l-7-4.200l-7 4.200l1.900-7.800l-6.100-5.200l8-.7z",
    cross_fill: "M8 2h8v6h6v8h-6v6h-8v-6h-6v-8h6z",
    pentagon: "M12 2l10.500 7.600l-4 12.400h-13l-4-12.400z",
    hexagon: "M6.500 2.500h11l5.500 9.500l-5.500 9.500h-11l-5.500-9.500z",
    octagon: "M8 2.500h8l6 6v7l-6 6h-8l-6-6v-7z",
    shield: "M4 2.500h16v10c0 5-4 8-8 10c-4-2-8-5-8-10z",
  };
  function symbol(style, state, size) {
    const happened = state === "happened";
    const path = svgEl("path", {
      d: SHAPES[style.shape] || SHAPES.circle,
      fill: happened ? style.colour : "#ffffff",
      stroke: happened ? "#1b1f22" : style.ink,
      "stroke-width": happened ? 1.6 : 2.6,
      "stroke-linejoin": "round",
    });
    if (!happened) path.setAttribute("stroke-dasharray", state === "background" ? "1.5 2.5" : "4 2.4");
    const halo = svgEl("path", {
      d: SHAPES[style.shape] || SHAPES.circle, fill: "none", stroke: "#ffffff",
      "stroke-width": 5, "stroke-linejoin": "round", opacity: 0.9,
    });
    const node = svgEl("svg", {
      viewBox: "-2 -2 28 28", width: size, height: size, "aria-hidden": "true", focusable: "false",
    }, halo, path);
    if (state === "notyet") {
      node.append(svgEl("circle", { cx: 12, cy: 12, r: 2.4, fill: style.ink }));
    }
    return node;
  }
  /* An area's sign stands on a dashed plate: it says "somewhere in here", not "at this point". */
  function plate(drawing) {
    drawing.prepend(svgEl("rect", { x: -6, y: -6, width: 36, height: 36, rx: 8, fill: "#ffffff",
      "fill-opacity": 0.88, stroke: "#3d4246", "stroke-width": 1.6, "stroke-dasharray": "4 3" }));
    return drawing;
  }

  const IncidentIcon = L.Icon.extend({
    options: { iconSize: [26, 26], iconAnchor: [13, 13], popupAnchor: [0, -12] },
    createIcon(old) {
      const { row, styles, area } = this.options;
      const node = old && old.tagName === "DIV" ? old : document.createElement("div");
      const drawing = symbol(styles[row.kind] || styles._other, row.state,
        row.state === "background" ? 22 : 26);
      node.replaceChildren(area ? plate(drawing) : drawing);
      this._setIconStyles(node, "icon");
      node.className += " im-marker im-" + row.state + (area ? " im-area-marker" : "")
        + (row.corrected.length || row.added ? " im-corrected" : "");
      node.setAttribute("aria-label", row.aria);
      node.setAttribute("data-incident", row.id);
      return node;
    },
    createShadow() { return null; },
  });

  /* A mark makes its icon when it is first drawn: most marks lie in clusters. */
  const IncidentMarker = L.Marker.extend({
    options: { keyboard: true, riseOnHover: true },
    _initIcon() {
      if (!Object.hasOwn(this.options, "icon")) {
        this.options.icon = new IncidentIcon({ row: this.imRow, styles: this.imGroup.imStyles,
          area: !!this.imPlace.geometry });
      }
      L.Marker.prototype._initIcon.call(this);
    },
  });

  function clusterIcon(cluster) {
    const rows = cluster.getAllChildMarkers().map((marker) => marker.imRow);
    const styles = cluster._group.imStyles;
    const count = rows.length, size = count < 10 ? 34 : count < 100 ? 40 : count < 1000 ? 46 : 54;
    const counts = new Map();
    for (const row of rows) counts.set(row.kind, (counts.get(row.kind) || 0) + 1);
    return new ClusterIcon({
      iconSize: [size, size], count, styles,
      shares: [...counts.entries()].sort((a, b) => b[1] - a[1]),
    });
  }
  function areaClusterIcon(cluster) {
    const markers = cluster.getAllChildMarkers();
    const counts = new Map();
    for (const { imRow } of markers) counts.set(imRow.kind, (counts.get(imRow.kind) || 0) + 1);
    const names = [...new Set(markers.map((marker) => marker.imPlace.name || ""))];
    return new AreaClusterIcon({
      iconSize: [46, 36], count: markers.length, styles: cluster._group.imStyles,
      name: names.length === 1 ? names[0] : "",
      shares: [...counts.entries()].sort((a, b) => b[1] - a[1]),
    });
  }
  const AreaClusterIcon = L.Icon.extend({
    createIcon() {
      const { count, shares, styles, name } = this.options;
      const node = document.createElement("div");
      const drawing = svgEl("svg", { viewBox: "-23 -18 46 36", width: 46, height: 36, "aria-hidden": "true" },
        svgEl("rect", { x: -22, y: -17, width: 44, height: 34, rx: 8, fill: "#ffffff",
          stroke: "#3d4246", "stroke-width": 1.6, "stroke-dasharray": "4 3" }));
      let at = -16;
      for (const [kind, share] of shares) {
        const width = (share / count) * 32;
        drawing.append(svgEl("rect", { x: at, y: 6, width, height: 6,
          fill: (styles[kind] || styles._other).colour }));
        at += width;
      }
      const text = svgEl("text", { "text-anchor": "middle", y: 1, "font-size": 14, "font-weight": 700,
        fill: "#1b1f22" });
      text.textContent = count;
      drawing.append(text);
      node.append(drawing);
      this._setIconStyles(node, "icon");
      node.className += " im-cluster im-area-cluster";
      node.setAttribute("aria-label", `${count} incidents somewhere in ${name || "this area"}: open`);
      return node;
    },
    createShadow() { return null; },
  });
  const ClusterIcon = L.Icon.extend({
    createIcon() {
      const { count, shares, iconSize, styles } = this.options, r = 16;
      const node = document.createElement("div");
      const drawing = svgEl("svg", { viewBox: "-20 -20 40 40", width: iconSize[0],
        height: iconSize[0], "aria-hidden": "true" });
      drawing.append(svgEl("circle", { r: 19, fill: "#ffffff", stroke: "#1b1f22", "stroke-width": 1 }));
      let angle = -Math.PI / 2;
      for (const [kind, share] of shares) {
        const turn = (share / count) * 2 * Math.PI;
        const style = styles[kind] || styles._other;
        if (share === count) {
          drawing.append(svgEl("circle", { r, fill: "none", stroke: style.colour, "stroke-width": 5 }));
        } else {
          const a = [Math.cos(angle) * r, Math.sin(angle) * r];
          const b = [Math.cos(angle + turn) * r, Math.sin(angle + turn) * r];
          drawing.append(svgEl("path", {
            d: `M${a[0]} ${a[1]}A${r} ${r} 0 ${turn > Math.PI ? 1 : 0} 1 ${b[0]} ${b[1]}`,
            fill: "none", stroke: style.colour, "stroke-width": 5,
          }));
        }
        angle += turn;
      }
      const text = svgEl("text", { "text-anchor": "middle", y: 4.5, "font-size": count < 1000 ? 13 : 10.5,
        "font-weight": 700, fill: "#1b1f22" });
      text.textContent = count;
      drawing.append(text);
      node.append(drawing);
      this._setIconStyles(node, "icon");
      node.className += " im-cluster";
      node.setAttribute("aria-label", `${count} incidents close together: open`);
      return node;
    },
    createShadow() { return null; },
  });

  /* ---- popup ---- */
  function popupContent(row, options) {
    const box = el("div", { class: "im-popup", "data-incident": row.id });
    const style = options.styles[row.kind] || options.styles._other;
    const head = el("h3", { class: "im-popup-title" });
    head.append(symbol(style, row.state, 20), el("span", { text: row.title, dir: "auto" }));
    box.append(head);
    const badges = el("p", { class: "im-badges" });
    badges.append(el("span", { class: "im-badge im-badge-" + row.state, text: row.modalityLabel }));
    if (row.background) badges.append(el("span", { class: "im-badge", text: "Background: recalled from earlier" }));
    if (row.added) badges.append(el("span", { class: "im-badge im-badge-hand", text: "Added by hand" }));
    else if (row.corrected.length) badges.append(el("span", { class: "im-badge im-badge-hand", text: "Corrected by hand" }));
    if (row.verified) badges.append(el("span", { class: "im-badge im-badge-hand", text: "Verified" }));
    box.append(badges);
    const list = el("dl", {});
    const line = (name, value, extra) => {
      if (!value) return;
      list.append(el("dt", { text: name }), el("dd", { dir: "auto" }, value, extra || null));
    };
    line("What", row.what);
    if (row.places.length) {
      for (const place of row.places) {
        line("Where", place.label, el("span", { class: "im-fine", text: place.precise }));
      }
    } else line("Where", "The text names no place that could be found");
    line("When", row.when, row.whenQuote ? el("span", { class: "im-fine", text: "“" + row.whenQuote + "”" }) : null);
    for (const toll of row.tolls) {
      line(toll.label, toll.text, toll.note ? el("span", { class: "im-fine", text: toll.note }) : null);
    }
    line("Who", row.who);
    line("How sure", row.sure);
    box.append(list);
    for (const quote of row.quotes.slice(0, 3)) {
      const block = el("blockquote", { dir: "auto" });
      block.append("“", quote[0], el("mark", { text: quote[1] }), quote[2], "”");
      box.append(block);
    }
    if (row.quotes.length > 3) {
      box.append(el("p", { class: "im-fine", text: `and ${row.quotes.length - 3} more sentences in the text` }));
    }
    box.append(el("p", { class: "im-source", dir: "auto", text: row.source }));
    if (row.reasons.length || row.candidates.length) {
      const why = el("details", {});
      why.append(el("summary", { text: "Why here?" }));
      if (row.reasons.length) {
        why.append(el("ul", {}, ...row.reasons.map((reason) => el("li", { text: reason, dir: "auto" }))));
      }
      if (row.candidates.length) {
        why.append(el("p", { class: "im-fine", text: "Places considered:" }));
        why.append(el("ol", {}, ...row.candidates.map((c) => el("li", { text: c, dir: "auto" }))));
      }
      box.append(why);
    }
    return box;
  }

  /* ---- the layer ---- */
  class IncidentLayer {
    constructor(map, options) {
      this.map = map;
      this.options = Object.assign({ dark: false, legend: true, channel: null, onSelect: null }, options);
      this.rows = new Map();
      this.markers = new Map();
      this.visible = null;
      this.selected = null;
      this.near = [];
      map.getContainer().classList.add("im-map");
      for (const [name, z] of [["im-base", 150], ["im-labels", 420]]) {
        map.createPane(name).style.zIndex = z;
        map.getPane(name).style.pointerEvents = "none";
      }
      map.attributionControl.setPrefix(false);
      map.attributionControl.addAttribution("Natural Earth · GeoNames (CC BY 4.0) · OurAirports · India Post (GODL) · Leaflet");
      L.control.scale({ imperial: true, position: "bottomright", maxWidth: 90 }).addTo(map);
      const colours = () => (this.options.dark ? DARK : LIGHT);
      this.base = new CanvasLayer("im-base", (c, v) => drawBasemap(c, v, colours())).addTo(map);
      this.names = new CanvasLayer("im-labels", (c, v) => {
        if (!this.tiles) drawLabels(c, v, colours(), this.near);
      }).addTo(map);
      this.shapes = L.layerGroup().addTo(map);
      // Points and areas are gathered apart: an area's sign must not pass for a spot.
      const gathered = (radius, icon) => {
        const group = L.markerClusterGroup({
          maxClusterRadius: radius, showCoverageOnHover: false, spiderfyOnMaxZoom: false,
          zoomToBoundsOnClick: false, chunkedLoading: false, iconCreateFunction: icon,
          animate: false, spiderLegPolylineOptions: { weight: 2, color: "#24292d", opacity: 0.9 },
        });
        group.on("clusterclick clusterkeypress", (event) => {
          const key = event.originalEvent && event.originalEvent.key;
          if (event.type === "clusterclick" || key === "Enter" || key === " ") this._open(event.layer);
        });
        group.on("click keypress", ({ type, layer, originalEvent }) => {
          if (layer.imRow && (type === "click" || (originalEvent && originalEvent.key === "Enter"))) {
            this.select(layer.imRow.id, { marker: layer });
          }
        });
        group.on("unspiderfied", () => this._settle());
        return map.addLayer(group) && group;
      };
      this.areaSigns = gathered(30, areaClusterIcon);
      this.clusters = gathered(26, clusterIcon);
      this.draft = L.layerGroup().addTo(map);
      this.outline = [];
      this.picking = "";
      this.patterns();
      this._detail();
      map.on("zoomend", () => this._detail());
      map.on("click", (event) => {
        if (!this.picking) return;
        const { lat, lng } = event.latlng.wrap();
        this.outline = this.picking === "outline" ? [...this.outline, [lat, lng]] : [[lat, lng]];
        this._drawOutline();
        this._tellOutline();
      });
      map.on("popupclose", () => { map.getContainer().classList.remove("im-open"); this._ring(null); this._foldLegend(!!this.picking); });
      if (this.options.legend) this._legendControl();
      this._fitControl();
      this._pictureControl();
      map.getContainer().addEventListener("keydown", (event) => this._keys(event));
      if (window.ResizeObserver) new ResizeObserver(() => this._resized()).observe(map.getContainer());
      this.setDark(this.options.dark);
      if (this.options.channel) this._connect(this.options.channel);
    }

    /* -- messages: the page's other parts speak over one channel -- */
    _connect(name) {
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => {
        if (!data) return;
        if (data.type === "select" && data.from !== "map") this.select(data.id, { fly: true, quiet: true });
        else if (data.type === "control") this.control(data);
      };
      this.channel = channel;
      this.incoming = new BroadcastChannel(name + "-rows");
      this.incoming.onmessage = ({ data }) => this.setLines(data.lines, data.keep);
      channel.postMessage({ type: "hello", from: "map" });
    }
    _emit(message) {
      if (this.channel) this.channel.postMessage(message);
      if (message.type === "select" && this.options.onSelect) this.options.onSelect(message.id);
    }
    control(message) {
      if ("visible" in message) this.setVisible(message.visible);
      if ("dark" in message) this.setDark(message.dark);
      if ("tiles" in message) this.setTiles(message.tiles);
      if ("pick" in message) this.setPick(message.pick);
      if (message.draft && message.draft.n !== this._draftN) {
        this._draftN = message.draft.n;
        this.outline = message.draft.points;
        this._drawOutline();
      }
      if ("fit" in message && message.fit !== this._fit) { this._fit = message.fit; this.fit(); }
    }

    setDark(dark) {
      this.options.dark = !!dark;
      this.map.getContainer().classList.toggle("im-dark", !!dark);
      for (const group of [this.areaSigns, this.clusters]) {
        group.options.spiderLegPolylineOptions.color = dark ? "#e8ecef" : "#24292d";
      }
      this.base.redraw(); this.names.redraw();
    }
    setTiles(on) {
      if (on && !this.tiles) {
        this.tiles = L.tileLayer("https://tile.openstreetmap.org/{z}/{x}/{y}.png", {
          maxZoom: 19, attribution: "Street map: © OpenStreetMap contributors",
        }).addTo(this.map);
      } else if (!on && this.tiles) { this.tiles.remove(); this.tiles = null; }
      this.names.redraw();
    }
    /* What a click on the map gives: "" an incident, "point" a place, "outline" an area's corner. */
    setPick(mode) {
      const wanted = mode || "";
      if (wanted === this.picking) return;
      this.picking = wanted;
      this.map.getContainer().classList.toggle("im-picking", !!wanted);
      if (this.tools) { this.tools.remove(); this.tools = null; }
      if (wanted) {
        this.map.closePopup();
        const row = this.rows.get(this.selected);
        if (row) this._ring(row, (this.markers.get(row.id) || [])[0]); // where it lies now
        this._pickTools(wanted);
      }
      this._foldLegend(!!wanted);
      this._drawOutline();
    }
    /* What is to be done on the map, and the buttons that take corners back or leave it all. */
    _pickTools(mode) {
      this.tools = L.control({ position: "topright" });
      this.tools.onAdd = () => {
        const area = mode === "outline";
        const button = (text, act) => el("button", { type: "button", text, onclick: act });
        const box = el("div", { class: "im-tools", role: "group",
          "aria-label": area ? "Drawing an area" : "Choosing a spot" },
        el("p", { role: "status", text: area
          ? "Click the corners of the area one after the other; drag a corner to move it."
          : "Click the spot where it happened. Drag its mark to move it." }),
        area && button("Take back the last corner", () => this._reshape(this.outline.slice(0, -1))),
        area && button("Begin again", () => this._reshape([])),
        button("Cancel", () => this._emit({ type: "cancel" })));
        L.DomEvent.disableClickPropagation(box);
        return box;
      };
      this.tools.addTo(this.map);
    }
    _reshape(points) {
      this.outline = points;
      this._drawOutline();
      this._tellOutline();
    }
    _drawOutline() {
      this.draft.clearLayers();
      this.map.getContainer().setAttribute("data-corners", String(this.picking ? this.outline.length : 0));
      if (!this.picking) return;
      if (this.outline.length > 1) {
        L.polygon(this.outline, { color: "#0b0d0e", weight: 2.5, dashArray: "6 4", fillColor: "#56b4e9",
          fillOpacity: 0.25, interactive: false, className: "im-outline" }).addTo(this.draft);
      }
      this.outline.forEach((point, index) => {
        const corner = L.marker(point, {
          draggable: true, keyboard: false, zIndexOffset: 2000000, bubblingMouseEvents: false,
          icon: L.divIcon({ className: "im-corner", iconSize: [16, 16], html: "" }),
        });
        corner.on("dragend", () => {
          const { lat, lng } = corner.getLatLng().wrap();
          this._reshape(this.outline.map((old, i) => (i === index ? [lat, lng] : old)));
        });
        corner.addTo(this.draft);
      });
    }
    _tellOutline() {
      clearTimeout(this._telling);
      const points = this.outline.map(([lat, lon]) => [lat, lon]);
      this._telling = setTimeout(() => this._emit({ type: "picked", points }), 250);
    }
    patterns() {
      const defs = svgEl("defs", {});
      const holder = svgEl("svg", { width: 0, height: 0, "aria-hidden": "true", style: "position:absolute" }, defs);
      this.map.getContainer().append(holder);
      this.defs = defs;
    }
    _pattern(kind, state) {
      const id = `im-fill-${kind}-${state}`.replace(/[^\w-]/g, "");
      if (!this.defs.querySelector("#" + id)) {
        const style = this.styles[kind] || this.styles._other, happened = state === "happened";
        const pattern = svgEl("pattern", { id, patternUnits: "userSpaceOnUse", width: 9, height: 9,
          patternTransform: `rotate(${happened ? 45 : -45})` },
        svgEl("rect", { width: 9, height: 9, fill: style.colour, opacity: happened ? 0.22 : 0.06 }),
        svgEl("line", { x1: 0, y1: 0, x2: 0, y2: 9, stroke: style.ink, "stroke-width": happened ? 2.4 : 1.2,
          opacity: 0.55 }));
        this.defs.append(pattern);
      }
      return `url(#${id})`;
    }

    /* -- data -- */
    /* A line of JSON a row, after one with all else; a line known from before is its row still. */
    setLines(bytes, keep) {
      const [head, ...lines] = new TextDecoder().decode(bytes).split("\n");
      const known = this._lines || new Map();
      this._lines = new Map();
      const payload = JSON.parse(head);
      payload.rows = lines.map((line) => {
        const row = known.get(line) || whole(JSON.parse(line));
        this._lines.set(line, row);
        return row;
      });
      this.setData(payload, keep);
    }
    setData(payload, keep) {
      const styled = this.styles && JSON.stringify(this.styles) === JSON.stringify(payload.styles);
      this.styles = payload.styles;
      this.options.styles = payload.styles;
      this.clusters.imStyles = this.areaSigns.imStyles = payload.styles;
      if (!styled) { this.defs.replaceChildren(); this.shapes.clearLayers(); this._shapesDrawn = null; }
      const before = this.rows, marked = this.markers;
      this.rows = new Map(payload.rows.map((row) => [row.id, row]));
      this.near = (payload.labels || []).map(([text, lon, lat, zoom, rank]) => ({
        kind: "town", text, x: lon / 360 + 0.5, y: merc(lat), zoom, rank: rank / 1e4,
      }));
      this.markers = new Map();
      for (const row of payload.rows) {
        if (styled && before.get(row.id) === row) {
          this.markers.set(row.id, marked.get(row.id));
          continue;
        }
        this.markers.set(row.id, row.places.map((place, index) => {
          const marker = new IncidentMarker([place.lat, place.lon]);
          marker.imRow = row; marker.imPlace = place; marker.imIndex = index;
          marker.imGroup = place.geometry ? this.areaSigns : this.clusters;
          if (place.geometry) marker.options.zIndexOffset = -2000;
          marker.feature = { type: "Feature", properties: { id: row.id } };
          return marker;
        }));
      }
      this.geometries = payload.geometries || {};
      this._bounds = new Map();
      const chosen = this.selected;
      this.selected = null;
      const open = this.popup && this.popup.isOpen();
      this._show();
      if (!keep || !this._fitted) this.fit();
      // What the popup says may have been corrected.
      if (chosen && this.rows.has(chosen)) this.select(chosen, { quiet: true, fly: false, still: !open });
      else if (open) this.map.closePopup();
      this.map.getContainer().setAttribute("data-incidents", String(this.rows.size));
      this._ready();
    }
    _ready() {
      const shown = this.visible ? this.visible.size : this.rows.size;
      const box = this.map.getContainer();
      box.setAttribute("data-shown", String(shown));
      box.setAttribute("data-version", String(Number(box.getAttribute("data-version") || 0) + 1));
    }
    setVisible(ids) {
      const next = ids === null || ids === undefined ? null : new Set(ids);
      const same = next === this.visible || (next && this.visible && next.size === this.visible.size
        && [...next].every((id) => this.visible.has(id)));
      if (same) return;
      this.visible = next;
      this._show();
      if (this.selected && next && !next.has(this.selected)) { this.map.closePopup(); this.selected = null; }
      if (this._fitted && !this.picking && this._lost()) this.fit();
      this._ready();
    }
    _shown() {
      return [...this.rows.values()].filter((row) => !this.visible || this.visible.has(row.id));
    }
    _show() {
      if (!this.styles) return;
      const rows = this._shown();
      const wanted = new Set(rows.flatMap((row) => this.markers.get(row.id)));
      const drawn = this._drawn || new Set();
      for (const group of [this.areaSigns, this.clusters]) {
        const mine = (set, other) => [...set].filter((m) => m.imGroup === group && !other.has(m));
        const gone = mine(drawn, wanted), come = mine(wanted, drawn), none = new Set();
        // Taking a mark out of its clusters costs more than putting one in.
        if (3 * gone.length + come.length < mine(wanted, none).length) {
          group.removeLayers(gone);
          group.addLayers(come);
        } else if (gone.length || come.length) {
          group.clearLayers();
          group.addLayers(mine(wanted, none));
        }
      }
      this._drawn = wanted;
      this._drawShapes(rows);
      this._legend(rows);
    }
    /* Circles and areas; those that say what they said before stay as they are. */
    _drawShapes(rows) {
      const areas = new Map();
      const wanted = new Map(); // what is to be drawn, by all that its looks depend on
      const round = new Set();
      let circles = 0;
      for (const row of rows) {
        for (const place of row.places) {
          const style = this.styles[row.kind] || this.styles._other;
          if (place.geometry && this.geometries[place.geometry]) {
            if (!areas.has(place.geometry)) areas.set(place.geometry, []);
            areas.get(place.geometry).push([row, place]);
          } else if (place.uncertainty > 0 && circles < 400) {
            const key = [place.lat, place.lon, place.uncertainty].join();
            if (round.has(key)) continue;
            round.add(key);
            circles += 1;
            wanted.set(`${key},${row.kind},${row.state}`, () => L.circle([place.lat, place.lon], {
              radius: place.uncertainty, color: style.ink, weight: 1, opacity: 0.55,
              dashArray: row.state === "happened" ? null : "3 4", fillColor: style.colour,
              fillOpacity: 0.08, interactive: false, className: "im-circle",
            }));
          }
        }
      }
      const order = { sea: 0, country: 1, region: 2, province: 3, district: 4 };
      const sorted = [...areas.entries()].sort((a, b) =>
        (order[a[1][0][1].precision] ?? 5) - (order[b[1][0][1].precision] ?? 5));
      for (const [key, users] of sorted) {
        const happened = users.find(([row]) => row.state === "happened");
        const [row, place] = happened || users[0];
        const style = this.styles[row.kind] || this.styles._other;
        const wide = place.precision === "country" || place.precision === "sea";
        const said = [key, row.kind, row.state, wide, ...users.map(([one]) => one.id)].join();
        wanted.set(said, () => {
          const shape = L.geoJSON(this.geometries[key], {
            style: {
              color: style.ink, weight: wide ? 1.4 : 2.2, opacity: wide ? 0.6 : 0.9,
              dashArray: row.state === "happened" ? null : "7 5",
              fillColor: this._pattern(row.kind, row.state), fillOpacity: wide ? 0.1 : 0.75,
              className: "im-area im-area-" + row.state,
            },
          });
          let turn = 0;
          shape.on("click", (event) => {
            if (this.picking) return;
            L.DomEvent.stopPropagation(event);
            const next = users[turn % users.length][0];
            turn += 1;
            this.select(next.id, { at: event.latlng });
          });
          return shape;
        });
      }
      const drawn = this._shapesDrawn || new Map();
      this._shapesDrawn = new Map();
      for (const [said, shape] of drawn) if (!wanted.has(said)) this.shapes.removeLayer(shape);
      let added = false;
      for (const [said, make] of wanted) {
        const shape = drawn.get(said) || make();
        if (!drawn.has(said)) { shape.addTo(this.shapes); added = true; }
        this._shapesDrawn.set(said, shape);
      }
      // A small area that was there already must not lie under a large one that came later.
      if (added && sorted.length > 1) {
        for (const shape of this._shapesDrawn.values()) if (shape.eachLayer) shape.bringToFront();
      }
    }
    /* Whether nothing of what is shown is in sight, or all of it from too near. */
    _lost() {
      const places = this._shown().flatMap((row) => row.places), sight = this.map.getBounds();
      if (!places.length) return false;
      const seen = places.filter((place) => sight.contains([place.lat, place.lon]));
      return !seen.length || this.map.getZoom() > Math.max(...seen.map((place) => this._nearest(place))) + 1;
    }
    /* How near to look at a place: no nearer than it is known. */
    _nearest(place) {
      const by = NEAREST[place.precision] ?? 12;
      if (place.geometry || !(place.uncertainty > 0)) return by;
      const around = L.latLng(place.lat, place.lon).toBounds(2 * Math.min(place.uncertainty, 1e6));
      return Math.max(2, Math.min(by, this.map.getBoundsZoom(around) + 2));
    }
    /* Frame what is shown; at first the region that most of it lies in, on demand all of it. */
    fit(all) {
      let points = [];
      const places = this._shown().flatMap((row) => row.places);
      const users = new Map();
      for (const { geometry } of places) users.set(geometry, (users.get(geometry) || 0) + 1);
      const framed = new Set();
      for (const place of places) {
        const bounds = this._areaBounds(place);
        // A country is framed only where much of the article is about it.
        const wide = place.precision === "country" || place.precision === "sea";
        const about = bounds && (!wide || (users.get(place.geometry) >= places.length / 3
          && bounds.getEast() - bounds.getWest() < 40));
        if (about && !framed.has(place.geometry)) {
          framed.add(place.geometry);
          points.push(bounds.getSouthWest(), bounds.getNorthEast());
        } else if (!about) points.push(L.latLng(place.lat, place.lon));
      }
      if (!all && points.length > 3) {
        const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
        const lat = middle(points.map((p) => p.lat)), lon = middle(points.map((p) => p.lng));
        const close = points.filter((p) => Math.abs(p.lat - lat) < 22 && Math.abs(p.lng - lon) < 30);
        if (close.length >= 0.7 * points.length) points = close;
      }
      if (points.length) {
        const legend = this.map.getContainer().querySelector(".im-legend");
        const below = legend ? Math.min(legend.offsetHeight, this.map.getSize().y / 3) + 34 : 40;
        const nearest = Math.min(11, Math.max(...places.map((place) => this._nearest(place))));
        this.map.fitBounds(L.latLngBounds(points), { paddingTopLeft: [62, 46],
          paddingBottomRight: [46, below], maxZoom: nearest, animate: false });
      } else this.map.setView([25, 20], 2, { animate: false });
      this._fitted = true;
    }

    /* -- selection -- */
    select(id, how) {
      const { fly = false, quiet = false, marker = null, at = null, still = false } = how || {};
      const row = this.rows.get(id);
      if (!row) { this.map.closePopup(); this._ring(null); this.selected = null; return; }
      this.selected = id;
      if (!quiet) this._emit({ type: "select", id, from: "map" });
      const target = marker || (this.markers.get(id) || [])[0];
      if (!target) { this.map.closePopup(); this._ring(null); return; }
      if (at) { this._popup(row, at); this._ring(row); return; }
      if (!target.imGroup.hasLayer(target)) { this.map.closePopup(); this._ring(null); return; }
      if (fly) this._approach(row, target);
      const show = () => {
        if (this.selected !== id) return;
        if (!still) this._popup(row, target.getLatLng(), target);
        this._ring(row, target);
      };
      if (still) show();
      else this._reveal(target, show);
    }
    /* Another width, as on a phone that is turned: what was framed is framed again. */
    _resized() {
      const before = this._width || this.map.getSize().x;
      this.map.invalidateSize();
      this._limitLegend();
      const now = this._width = this.map.getSize().x;
      const box = this.legendBody && this.legendBody.parentElement;
      if (box && now <= SMALL && before > SMALL) { box.open = false; this._folded = false; }
      if (!now || Math.abs(now - before) < 0.15 * before || !this._fitted || this.picking) return;
      const row = this.rows.get(this.selected), target = (this.markers.get(this.selected) || [])[0];
      if (row && target) this._approach(row, target);
      else this.fit();
    }
    /* Bring a place into view, from as far off as it is large. */
    _approach(row, target) {
      const map = this.map, zoom = map.getZoom(), point = target.getLatLng();
      let bounds = this._areaBounds(target.imPlace);
      if (row.places.length > 1) {
        // All places of the incident, so that none of them is missed.
        bounds = L.latLngBounds(row.places.flatMap((place) => {
          const area = this._areaBounds(place);
          return area ? [area.getSouthWest(), area.getNorthEast()] : [[place.lat, place.lon]];
        }));
        if (map.getZoom() < map.getBoundsZoom(bounds) + 0.5 && map.getBounds().contains(bounds)) return;
        map.fitBounds(bounds, { padding: [50, 50], maxZoom: Math.min(row.zoom || 6, 10), animate: false });
        return;
      }
      if (bounds) {
        const wanted = map.getBoundsZoom(bounds);
        const seen = map.getBounds().contains(point);
        if (!seen || zoom > wanted + 1 || zoom < wanted - 3) {
          map.fitBounds(bounds, { padding: [40, 40], maxZoom: 9, animate: false });
        }
        return;
      }
      const nearest = this._nearest(target.imPlace), wanted = Math.min(row.zoom || 6, nearest, 11);
      const seen = this._clear(point);
      if (!seen || zoom > nearest + 1) {
        map.setView(point, seen || zoom < wanted ? wanted : Math.min(zoom, wanted + 2, nearest), { animate: false });
      }
    }
    /* Whether a mark at this point can be seen whole: not at the edge, not under the legend. */
    _clear(point) {
      const map = this.map, size = map.getSize(), { x, y } = map.latLngToContainerPoint(point);
      if (x < 60 || y < 40 || x > size.x - 40 || y > size.y - 44) return false;
      const legend = map.getContainer().querySelector(".im-legend");
      if (!legend) return true;
      const box = legend.getBoundingClientRect(), frame = map.getContainer().getBoundingClientRect();
      return x > box.right - frame.left + 20 || y < box.top - frame.top - 20;
    }
    _areaBounds(place) {
      const key = place.geometry;
      if (!key || !this.geometries[key]) return null;
      if (!this._bounds.has(key)) this._bounds.set(key, L.geoJSON(this.geometries[key]).getBounds());
      return this._bounds.get(key);
    }
    /* A mark inside a cluster: spread the cluster where it stands, or zoom until it falls apart. */
    _reveal(target, done) {
      const holder = target.imGroup.getVisibleParent(target);
      if (!holder || holder === target) { done(); return; }
      const corners = holder.getBounds();
      const one = corners.getNorthEast().distanceTo(corners.getSouthWest()) < 400;
      if (one || holder.getChildCount() <= 30) { holder.spiderfy(); done(); return; }
      target.imGroup.zoomToShowLayer(target, done);
    }
    /* A cluster that was clicked: nearer where that tells its members apart, else spread. */
    _open(cluster) {
      if (this.picking) return;
      const bounds = cluster.getBounds(), zoom = this.map.getZoom();
      // No nearer than the vaguest of its places is known: it would lie in empty land at any spot.
      const nearest = Math.min(...cluster.getAllChildMarkers().map((m) => this._nearest(m.imPlace)));
      const wanted = Math.min(this.map.getBoundsZoom(bounds, false, L.point(60, 60)), nearest);
      const same = bounds.getNorthEast().distanceTo(bounds.getSouthWest()) < 400;
      const few = cluster.getChildCount() <= 30;
      if (same || zoom >= nearest || (few && wanted <= zoom)) cluster.spiderfy();
      else if (wanted > zoom) this.map.fitBounds(bounds, { padding: [60, 60], maxZoom: nearest, animate: false });
      else this.map.setZoomAround(cluster.getLatLng(), zoom + 1, { animate: false });
    }
    /* The spread marks went back into their cluster: ring and popup go with them. */
    _settle() {
      const row = this.rows.get(this.selected), target = this.target;
      if (!row || !target || !this.ring) return;
      this._ring(row, target);
      if (this.popup && this.popup.isOpen()) this.popup.setLatLng([target.imPlace.lat, target.imPlace.lon]);
    }
    _popup(row, at, target) {
      this.target = target || null;
      // On a narrow map the buttons go while it is open, and it has the whole width.
      const size = this.map.getSize(), narrow = size.x <= NARROW;
      this.map.getContainer().classList.toggle("im-narrow", narrow);
      const popup = L.popup({
        maxWidth: Math.min(360, size.x - (narrow ? 50 : 104)), minWidth: Math.min(250, size.x - 104),
        maxHeight: Math.max(160, size.y - (narrow ? 110 : 165)), autoPanPaddingTopLeft: [narrow ? 8 : 56, 12],
        autoPanPaddingBottomRight: [narrow ? 8 : 12, 64], offset: [0, -8],
        className: "im-popup-shell",
      });
      popup.setLatLng(at).setContent(popupContent(row, this.options));
      popup.openOn(this.map);
      this.popup = popup;
      this.map.getContainer().classList.add("im-open");
      const why = popup.getContent().querySelector("details");
      if (why) {
        why.addEventListener("toggle", () => {
          if (this.popup !== popup || !popup.isOpen()) return;
          // As high as the map lets it be, and what was opened in sight.
          popup._updateLayout(); popup._updatePosition(); popup._adjustPan();
          const scroll = popup._contentNode;
          if (why.open) scroll.scrollTop += why.getBoundingClientRect().top - scroll.getBoundingClientRect().top - 6;
        });
      }
      this._foldLegend(true);
      const shell = popup.getElement();
      if (shell) {
        shell.setAttribute("role", "dialog");
        shell.setAttribute("aria-label", row.aria);
        const close = shell.querySelector(".leaflet-popup-close-button");
        if (close) close.setAttribute("aria-label", "Close");
      }
    }
    _ring(row, target) {
      if (this.ring) { this.ring.remove(); this.ring = null; }
      if (!row) return;
      this.ring = L.layerGroup().addTo(this.map);
      for (const [index, place] of row.places.entries()) {
        // A mark spread out of its cluster stands beside its place.
        const at = target && target.imIndex === index ? target.getLatLng() : [place.lat, place.lon];
        L.circleMarker(at, {
          radius: place.geometry ? 24 : 19, color: this.options.dark ? "#ffffff" : "#0b0d0e", weight: 3, fill: false,
          interactive: false, className: "im-ring",
        }).addTo(this.ring);
        if (place.geometry && this.geometries[place.geometry]) {
          L.geoJSON(this.geometries[place.geometry], {
            interactive: false,
            style: { color: this.options.dark ? "#fff" : "#0b0d0e", weight: 3, fill: false },
          }).addTo(this.ring);
        }
      }
    }
    step(by) {
      const ids = this._shown().filter((row) => row.places.length).map((row) => row.id);
      if (!ids.length) return;
      const at = ids.indexOf(this.selected);
      this.select(ids[(at + by + ids.length) % ids.length], { fly: true });
    }
    _keys(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "n" || event.key === "j") this.step(1);
      else if (event.key === "p" || event.key === "k") this.step(-1);
      else return;
      event.preventDefault();
    }

    /* -- furniture -- */
    _detail() {
      if (this.map.getZoom() < 6 || this._asked || part("detail") || !this.options.detail) return;
      this._asked = true;
      const script = document.createElement("script");
      script.src = this.options.detail;
      script.onload = () => { this.base.redraw(); this.names.redraw(); };
      document.head.append(script);
    }
    _fitControl() {
      const control = L.control({ position: "topleft" });
      control.onAdd = () => {
        const button = el("button", { type: "button", class: "im-button", title: "Show all incidents",
          "aria-label": "Show all incidents", text: "⤢" });
        L.DomEvent.disableClickPropagation(button);
        button.addEventListener("click", () => this.fit(true));
        return el("div", { class: "leaflet-bar" }, button);
      };
      control.addTo(this.map);
    }
    _pictureControl() {
      const control = L.control({ position: "topleft" });
      control.onAdd = () => {
        const button = el("button", { type: "button", class: "im-button", title: "Save a picture of the map",
          "aria-label": "Save a picture of the map" },
        svgEl("svg", { viewBox: "0 0 24 24", width: 17, height: 17, fill: "none", stroke: "currentColor",
          "stroke-width": 2, "aria-hidden": "true", style: "vertical-align:-3px" },
        svgEl("path", { d: "M3 8h4l2-3h6l2 3h4v12h-18z" }), svgEl("circle", { cx: 12, cy: 13.5, r: 3.6 })));
        L.DomEvent.disableClickPropagation(button);
        button.addEventListener("click", async () => {
          const link = el("a", { download: "incidents.png", href: await this.picture() });
          document.body.append(link);
          link.click();
          link.remove();
        });
        return el("div", { class: "leaflet-bar" }, button);
      };
      control.addTo(this.map);
    }
    /* The map as it stands, without tiles: a PNG as a data address. */
    async picture() {
      const size = this.map.getSize(), scale = 2;
      const canvas = el("canvas", { width: size.x * scale, height: size.y * scale });
      const context = canvas.getContext("2d");
      // The legend stands under the map, so that it covers no incident.
      const dark = this.options.dark, ground = dark ? "#1d252b" : "#ffffff", ink = dark ? "#e8ecef" : "#24292d";
      context.font = `12px ${FONT}`;
      const lines = [...this.map.getContainer().querySelectorAll(".im-legend-row")].map((row) => ({
        picture: row.querySelector("svg"), swatch: row.querySelector(".im-swatch"),
        text: [...row.querySelectorAll("span:not(.im-swatch)")].map((span) => span.textContent).join("  "),
      }));
      let x = 12, y = 8;
      for (const line of lines) {
        const width = 24 + context.measureText(line.text).width;
        if (x > 12 && x + width > size.x - 12) { x = 12; y += 21; }
        Object.assign(line, { x, y });
        x += width + 16;
      }
      const strip = lines.length ? y + 27 : 0;
      canvas.height = (size.y + strip) * scale; // which clears it, and forgets its state
      context.scale(scale, scale);
      context.fillStyle = ground;
      context.fillRect(0, 0, size.x, size.y + strip);
      const frame = this.map.getContainer().getBoundingClientRect();
      const drawn = (node) => new Promise((done) => {
        const copy = node.cloneNode(true);
        copy.setAttribute("xmlns", SVG);
        copy.removeAttribute("style");
        copy.append(this.defs.cloneNode(true));
        const picture = new Image();
        picture.onload = () => done(picture);
        picture.onerror = () => done(null);
        picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
      });
      const put = (picture, node) => {
        const box = node.getBoundingClientRect();
        if (picture) context.drawImage(picture, box.left - frame.left, box.top - frame.top, box.width, box.height);
      };
      put(this.base._canvas, this.base._canvas);
      for (const node of this.map.getContainer().querySelectorAll(".leaflet-overlay-pane > svg")) put(await drawn(node), node);
      put(this.names._canvas, this.names._canvas);
      for (const node of this.map.getContainer().querySelectorAll(".im-marker > svg, .im-cluster > svg")) {
        const mark = node.parentElement;
        // A cluster whose marks are spread out beside it stands faded on the map: it counts nothing.
        if (mark.classList.contains("im-cluster") && Number(getComputedStyle(mark).opacity) < 0.9) continue;
        put(await drawn(node), node);
        if (!mark.classList.contains("im-corrected")) continue;
        const box = mark.getBoundingClientRect();
        context.font = `11px ${FONT}`;
        context.textBaseline = "middle";
        this._swatch(context, "hand", box.right - frame.left - 9, box.top - frame.top - 10, "#0b0d0e");
      }
      context.font = `12px ${FONT}`;
      context.textBaseline = "middle";
      context.fillStyle = ground;
      context.fillRect(0, size.y, size.x, strip); // what hangs over the map's edge ends there
      for (const line of lines) {
        const left = line.x, top = size.y + line.y;
        if (line.picture) {
          const picture = await drawn(line.picture);
          if (picture) context.drawImage(picture, left, top, 18, 18);
        } else if (line.swatch) this._swatch(context, line.swatch.className, left, top, ink);
        context.fillStyle = ink;
        context.fillText(line.text, line.picture || line.swatch ? left + 24 : left, top + 10);
      }
      context.font = `10.5px ${FONT}`;
      const credit = "Natural Earth; GeoNames (CC BY 4.0); OurAirports; India Post (GODL-India)";
      context.fillStyle = ground;
      context.fillRect(size.x - context.measureText(credit).width - 12, size.y - 17, size.x, 17);
      context.fillStyle = ink;
      context.fillText(credit, size.x - context.measureText(credit).width - 6, size.y - 8);
      return canvas.toDataURL("image/png");
    }
    /* The legend's signs that the page draws by style sheet: area, circle, changed by hand. */
    _swatch(context, name, left, top, ink) {
      context.save();
      context.strokeStyle = ink;
      context.lineWidth = 1.4;
      context.beginPath();
      if (name.includes("circle")) context.arc(left + 9, top + 9, 7.5, 0, 7);
      else if (name.includes("area")) {
        context.rect(left + 1, top + 3, 16, 12);
        for (let i = 0; i < 3; i++) {
          context.moveTo(left + 2 + 5 * i, top + 15);
          context.lineTo(left + 6 + 5 * i, top + 3);
        }
      } else {
        context.arc(left + 9, top + 9, 7.5, 0, 7);
        context.fillStyle = "#0b0d0e";
        context.fill();
        context.fillStyle = "#ffffff";
        context.textAlign = "center";
        context.fillText("✎", left + 9, top + 10);
      }
      context.stroke();
      context.restore();
    }
    _legendControl() {
      const control = L.control({ position: "bottomleft" });
      control.onAdd = () => {
        this.legendBody = el("div", { class: "im-legend-body" });
        const size = this.map.getSize(), before = remembered();
        const open = size.x > SMALL && size.y > LOW && before !== "closed";
        const summary = el("summary", { text: "Legend" });
        const box = el("details", { class: "im-legend", open }, summary, this.legendBody);
        // Only what a person does: it also folds by itself, for a popup.
        summary.addEventListener("click", () => {
          this._folded = false;
          remember(box.open ? "closed" : "open");
        });
        this._limitLegend();
        L.DomEvent.disableClickPropagation(box);
        L.DomEvent.disableScrollPropagation(box);
        return box;
      };
      control.addTo(this.map);
    }
    /* About a fifth of the map with its heading, and the rest scrolls: marks lie under it. */
    _limitLegend() {
      if (!this.legendBody) return;
      const most = Math.max(44, Math.round(this.map.getSize().y / 5) - 26);
      this.legendBody.style.maxHeight = `${most}px`;
    }
    /* The legend makes room while a popup is open. */
    _foldLegend(fold) {
      const box = this.legendBody && this.legendBody.parentElement;
      if (!box) return;
      if (fold && box.open) { box.open = false; this._folded = true; }
      else if (!fold && this._folded) { box.open = true; this._folded = false; }
    }
    _legend(rows) {
      if (!this.legendBody) return;
      const kinds = new Map(), states = new Set();
      let area = false, circle = false, hand = false;
      for (const row of rows) {
        kinds.set(row.kind, (kinds.get(row.kind) || 0) + 1);
        states.add(row.state);
        if (row.corrected.length || row.added) hand = true;
        for (const place of row.places) {
          if (place.geometry) area = true;
          else if (place.uncertainty > 0) circle = true;
        }
      }
      const line = (picture, text, count) => el("div", { class: "im-legend-row" }, picture,
        el("span", { text }), count ? el("span", { class: "im-count", text: count }) : null);
      const lines = [];
      for (const [kind, style] of Object.entries(this.styles)) {
        if (kinds.has(kind)) lines.push(line(symbol(style, "happened", 18), style.label, kinds.get(kind)));
      }
      const plain = { shape: "circle", colour: "#8a8f94", ink: "#3d4246" };
      if (states.has("happened")) lines.push(line(symbol(plain, "happened", 18), "Happened, or going on"));
      if (states.has("notyet")) lines.push(line(symbol(plain, "notyet", 18), "Did not happen, or not yet"));
      if (states.has("background")) lines.push(line(symbol(plain, "background", 18), "Background, recalled from earlier"));
      const swatch = (name) => el("span", { class: "im-swatch im-swatch-" + name, "aria-hidden": "true" });
      if (area) lines.push(line(swatch("area"), "Somewhere in this area"));
      if (circle) lines.push(line(swatch("circle"), "Within this circle"));
      if (hand) lines.push(line(swatch("hand"), "Changed by hand"));
      if (!lines.length) lines.push(el("div", { class: "im-legend-row", text: "No incidents to show" }));
      this.legendBody.replaceChildren(...lines);
    }
  }

  window.IncidentMap = {
    attach(map, base64, options) {
      const settings = Object.assign({}, options);
      if (settings.dark === undefined) settings.dark = matchMedia("(prefers-color-scheme: dark)").matches;
      if (map.attributionControl === undefined || map.attributionControl === null) {
        L.control.attribution().addTo(map);
      }
      map.options.maxZoom = 17;
      // Whole numbers alone: with others the clusters never draw a mark that is the only one.
      map.setMinZoom(1);
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) map._fadeAnimated = false;
      map.getContainer().setAttribute("role", "region");
      map.getContainer().setAttribute("aria-label", "Map of incidents. Use Tab to reach markers, N and P for next and previous.");
      const layer = new IncidentLayer(map, settings);
      map.incidents = layer;
      window.incidentLayer = layer;
      if (base64) layer.setData(decode(base64));
      return layer;
    },
    decode, el, symbol, popupContent,
  };
})();
