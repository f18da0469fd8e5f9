/* The standalone page: everything from one block of data, nothing asked of anyone. */
(function () {
  "use strict";
  const DAY = 86400000;
  function day(prefix, last) {
    const m = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?/.exec(prefix || "");
    if (!m) return null;
    const year = +m[1], month = m[2] ? +m[2] - 1 : last ? 11 : 0;
    return m[3] ? Date.UTC(year, month, +m[3]) : last ? Date.UTC(year, month + 1, 0) : Date.UTC(year, month, 1);
  }
  function iso(time) { return new Date(time).toISOString().slice(0, 10); }
  /* Bars are days, weeks, months or years, as the time they cover and the dates' own precision ask. */
  const STEPS = "DWMY";
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  function stepOf(span) { return span <= 62 * DAY ? "D" : span <= 400 * DAY ? "W" : span <= 5000 * DAY ? "M" : "Y"; }
  function known(row) {
    const given = (row.start || row.end || "").slice(0, 10).length;
    return given <= 4 ? "Y" : given <= 7 ? "M" : "D";
  }
  function binOf(time, step) {
    const date = new Date(time), year = date.getUTCFullYear(), month = date.getUTCMonth();
    if (step === "D") return [time, time + DAY];
    if (step === "W") { const start = time - ((date.getUTCDay() + 6) % 7) * DAY; return [start, start + 7 * DAY]; }
    return step === "M" ? [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)]
      : [Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1)];
  }
  function tick(time, step) {
    const date = new Date(time), month = MONTHS[date.getUTCMonth()], year = date.getUTCFullYear();
    return step === "Y" ? `${year}` : step === "M" ? `${month} ${year}` : `${date.getUTCDate()} ${month} ${year}`;
  }
  function start(base64) {
    const { el, decode, attach } = window.IncidentMap;
    const data = decode(base64);
    const rows = data.rows, styles = data.styles;
    for (const row of rows) {
      row.from = day(row.start, false) ?? day(row.end, false);
      row.to = row.end ? day(row.end, true) : row.from;
      if (row.from === null) row.from = undefined;
    }
    const state = { kind: "", state: "", text: "", from: null, to: null, selected: null, sort: null, up: true, whole: false };
    const app = document.getElementById("app");
    app.className = "pg";
    const title = data.articles.length === 1 ? (data.articles[0].title || "Incident map") : `${data.articles.length} articles`;
    const kinds = [...new Set(rows.map((row) => row.kind))];
    const kind = el("select", { "aria-label": "What happened" }, el("option", { value: "", text: "Anything" }),
      ...kinds.map((k) => el("option", { value: k, text: (styles[k] || styles._other).label })));
    const mood = el("select", { "aria-label": "Did it happen?" }, el("option", { value: "", text: "Everything" }),
      el("option", { value: "happened", text: "Happened or going on" }),
      el("option", { value: "notyet", text: "Did not happen, or not yet" }),
      el("option", { value: "background", text: "Background" }));
    const words = el("input", { type: "search", "aria-label": "Search places, people and quotes" });
    // Not date fields: those write the day as the browser's language does, mm/dd/yyyy or dd/mm/yyyy.
    const dayField = (name) => el("input", { type: "text", "aria-label": name, placeholder: "YYYY-MM-DD",
      size: 11, maxlength: 10, autocomplete: "off" });
    const from = dayField("From"), to = dayField("To");
    const clear = el("button", { type: "button", text: "Show all" });
    const said = el("p", { class: "pg-said", role: "status" });
    const field = (name, node) => el("label", {}, name, node);
    const head = el("header", { class: "pg-head" }, el("h1", { text: title, dir: "auto" }),
      field("What", kind), field("Did it happen?", mood), field("Search", words), field("From", from), field("To", to), clear, said);
    const text = el("section", { class: "pg-text", tabindex: 0, "aria-label": "Article text" });
    const mapBox = el("div", { class: "pg-map", id: "map" });
    const time = el("section", { class: "pg-time", "aria-label": "Time bar" });
    const table = el("section", { class: "pg-table", "aria-label": "Table of incidents" });
    const foot = el("footer", { class: "pg-foot" },
      el("p", { text: [data.attribution, ...(data.versions || [])].filter(Boolean).join(" · ") }));
    app.replaceChildren(head, text, mapBox, time, table, foot);

    const dark = matchMedia("(prefers-color-scheme: dark)");
    const map = L.map(mapBox, { worldCopyJump: true, zoomSnap: 0.5, minZoom: 1.5 }).setView([25, 20], 2);
    const layer = attach(map, base64, { dark: dark.matches, onSelect: (id) => choose(id, "map") });
    const boxes = data.articles.map((article) => {
      const box = el("article", {});
      text.append(box);
      return [box, article];
    });
    function drawTexts() {
      for (const [box, article] of boxes) {
        window.IncidentReading.draw(box, article, styles, {
          dark: dark.matches, current: () => state.selected, onSelect: (id) => choose(id, "text"),
        });
      }
    }
    drawTexts();
    dark.addEventListener("change", () => { layer.setDark(dark.matches); drawTexts(); apply(); });

    function choose(id, by) {
      state.selected = id;
      let found = null;
      for (const [box] of boxes) found = window.IncidentReading.mark(box, id, found ? null : text) || found;
      if (by !== "map") layer.select(id, { fly: true, quiet: true });
      for (const tr of table.querySelectorAll("tr[data-id]")) tr.classList.toggle("on", tr.dataset.id === id);
    }
    const dated = rows.filter((row) => row.from !== undefined);
    // What would press the story into one bar: background far from the time that the texts tell of,
    // and what is dated to no more than a month or a year where the rest is told by days.
    const reach = (some) => Math.max(...some.map((row) => row.from)) - Math.min(...some.map((row) => row.from));
    function ofTheStory(all) {
      const exact = all.filter((row) => known(row) === "D");
      if (exact.length) {
        const step = stepOf(reach(exact));
        all = all.filter((row) => STEPS.indexOf(known(row)) <= STEPS.indexOf(step));
      }
      const told = all.filter((row) => !row.background);
      if (!told.length || reach(all) <= Math.max(3 * reach(told), 62 * DAY)) return all;
      const first = Math.min(...told.map((row) => row.from)), last = Math.max(...told.map((row) => row.from));
      return all.filter((row) => row.from >= first && row.from <= last);
    }
    const near = ofTheStory(dated), far = dated.length - near.length;
    const within = (row) => (state.to === null || row.from <= state.to)
      && (state.from === null || (row.to ?? row.from) >= state.from);
    let drawn = dated, low = 0, high = 1, step = "D";
    function frame() {
      // What is filtered lies wholly outside the story: then that is what is asked for.
      const outside = (state.from !== null || state.to !== null) && !near.some(within);
      drawn = far && !state.whole && !outside ? near : dated;
      step = [stepOf(reach(drawn)), ...drawn.map(known)].reduce((a, b) => (STEPS.indexOf(a) < STEPS.indexOf(b) ? b : a));
      low = Math.min(...drawn.map((row) => binOf(row.from, step)[0]));
      high = Math.max(...drawn.map((row) => binOf(row.from, step)[1]));
    }
    function passes(row, ignoreTime) {
      if (state.kind && row.kind !== state.kind) return false;
      if (state.state && row.state !== state.state) return false;
      if (state.text) {
        const all = [row.title, row.who, ...row.places.map((p) => p.label), ...row.quotes.map((q) => q.join(""))].join(" ").toLowerCase();
        if (!all.includes(state.text)) return false;
      }
      if (!ignoreTime && (state.from !== null || state.to !== null)) {
        if (row.from === undefined) return true; // undated incidents are never lost
        if (state.to !== null && row.from > state.to) return false;
        if (state.from !== null && (row.to ?? row.from) < state.from) return false;
      }
      return true;
    }
    function apply() {
      const shown = rows.filter((row) => passes(row, false));
      const ids = shown.map((row) => row.id);
      layer.setVisible(shown.length === rows.length ? null : ids);
      for (const [box] of boxes) window.IncidentReading.dim(box, shown.length === rows.length ? null : ids);
      const undated = shown.filter((row) => row.from === undefined).length;
      const lost = shown.filter((row) => !row.places.length).length;
      said.textContent = `${shown.length} of ${rows.length} incidents shown`
        + (undated ? `, ${undated} without a date` : "") + (lost ? `, ${lost} not on the map` : "")
        + (state.from !== null && state.to !== null && state.from > state.to ? ". From is after To: nothing lies between them" : "");
      from.value = state.from === null ? "" : iso(state.from);
      to.value = state.to === null ? "" : iso(state.to);
      drawTime();
      drawTable(shown);
      app.dataset.shown = shown.length;
    }
    const NS = "http://www.w3.org/2000/svg";
    const svg = (tag, attributes, content) => {
      const node = document.createElementNS(NS, tag);
      for (const [k, v] of Object.entries(attributes)) node.setAttribute(k, v);
      if (content) node.textContent = content;
      return node;
    };
    const W = 1000, H = 84;
    const x = (t) => 8 + ((t - low) / (high - low)) * (W - 16);
    const t = (px) => low + ((px - 8) / (W - 16)) * (high - low);
    function drawTime() {
      if (!dated.length) { time.replaceChildren(el("p", { class: "pg-foot", text: "No incident carries a full date." })); return; }
      frame();
      const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: "none", role: "img",
        "aria-label": "Incidents over time; drag to choose a time, or use the date fields" });
      const stacks = new Map(), limit = (time) => Math.min(high, Math.max(low, time));
      for (const row of drawn) {
        if (!passes(row, true)) continue;
        const [start] = binOf(row.from, step);
        if (!stacks.has(start)) stacks.set(start, []);
        stacks.get(start).push(row);
      }
      const tallest = Math.max(1, ...[...stacks.values()].map((s) => s.length)), unit = (H - 26) / tallest;
      if (state.from !== null || state.to !== null) {
        const a = x(limit(state.from ?? low)), b = x(limit((state.to ?? high) + DAY));
        picture.append(svg("rect", { x: a, y: 0, width: Math.max(2, b - a), height: H - 16, fill: "currentColor", opacity: 0.16 }));
      }
      for (const [start, stack] of stacks) {
        const left = x(start), width = x(binOf(start, step)[1]) - left;
        stack.sort((p, q) => (p.kind < q.kind ? -1 : 1)).forEach((row, n) => {
          const bar = svg("rect", { x: left + 0.5, y: H - 18 - (n + 1) * unit, width: Math.max(2, width - 1), height: Math.max(1, unit - 0.5),
            fill: (styles[row.kind] || styles._other).colour, stroke: "#5b636a", "stroke-width": 0.5 });
          bar.append(svg("title", {}, row.aria));
          picture.append(bar);
        });
      }
      let begun = null;
      const at = (event) => { const r = picture.getBoundingClientRect(); return Math.min(high, Math.max(low, t(((event.clientX - r.left) / r.width) * W))); };
      picture.addEventListener("pointerdown", (event) => { begun = at(event); picture.setPointerCapture(event.pointerId); });
      picture.addEventListener("pointerup", (event) => {
        if (begun === null) return;
        const end = at(event), a = Math.min(begun, end), b = Math.max(begun, end);
        begun = null;
        if (b - a < (high - low) / 200) { state.from = state.to = null; }
        else { state.from = Math.floor(a / DAY) * DAY; state.to = Math.floor(b / DAY) * DAY; }
        apply();
      });
      const undated = rows.length - dated.length;
      const starts = [];
      for (let time = low; time < high; time = binOf(time, step)[1]) starts.push(time);
      const every = Math.ceil(starts.length / (time.clientWidth < 600 ? 3 : 6));
      const ticks = el("div", { class: "pg-ticks", "aria-hidden": "true" },
        ...starts.filter((_, i) => i % every === 0).map((start) => {
          const node = el("span", { text: tick(start, step) });
          node.style.left = `${x(start) / W * 100}%`;
          return node;
        }));
      const recalled = far ? el("input", { type: "checkbox", onchange: () => { state.whole = !state.whole; drawTime(); } }) : null;
      if (recalled) recalled.checked = state.whole;
      time.replaceChildren(picture, ticks, el("p", { class: "pg-foot",
        text: `${step === "Y" ? [...new Set([tick(low, step), tick(high - DAY, step)])].join(" to ") : [...new Set([iso(low), iso(high - DAY)])].join(" to ")}. Drag over the bars to see only that time.` + (undated ? ` ${undated} without a full date ${undated === 1 ? "is" : "are"} always shown.` : "") }),
      recalled && el("label", { class: "pg-recalled" }, recalled, ` Show recalled (${far})`));
    }
    const COLUMNS = [["What", (r) => r.what], ["Did it happen?", (r) => r.modalityLabel],
      ["Where", (r) => r.places.map((p) => p.label).join("; ") || r.unsure || "–"], ["When", (r) => r.when, (r) => r.start || "~"],
      ["Toll", (r) => r.tolls.map((x) => `${x.label}: ${x.text}`).join("; ")], ["How sure", (r) => r.sure],
      ["Quote", (r) => (r.quotes[0] || []).join("")]];
    function drawTable(shown) {
      const ordered = [...shown];
      if (state.sort !== null) {
        const key = COLUMNS[state.sort][2] || COLUMNS[state.sort][1];
        ordered.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (state.up ? 1 : -1));
      }
      const headings = el("tr", {}, ...COLUMNS.map(([name], i) => el("th", { scope: "col",
        "aria-sort": state.sort === i ? (state.up ? "ascending" : "descending") : null },
      el("button", { type: "button", text: name, onclick: () => { state.up = state.sort === i ? !state.up : true; state.sort = i; apply(); } }))));
      const body = el("tbody", {}, ...ordered.slice(0, 2000).map((row) => {
        const tr = el("tr", { "data-id": row.id, tabindex: 0, class: row.id === state.selected ? "on" : null },
          ...COLUMNS.map(([, value]) => el("td", { text: value(row), dir: "auto" })));
        tr.addEventListener("click", () => choose(row.id, "table"));
        tr.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(row.id, "table"); });
        return tr;
      }));
      table.replaceChildren(el("table", {}, el("thead", {}, headings), body));
    }
    kind.addEventListener("change", () => { state.kind = kind.value; apply(); });
    mood.addEventListener("change", () => { state.state = mood.value; apply(); });
    words.addEventListener("input", () => { state.text = words.value.trim().toLowerCase(); apply(); });
    /* A year or a month stands for its first or last day; what is no date is said to be none. */
    function asked(field, last) {
      const typed = field.value.trim(), time = /^\d{4}(-\d\d){0,2}$/.test(typed) ? day(typed, last) : null;
      const fits = !typed || (time !== null && iso(time).startsWith(typed));
      field.setCustomValidity(fits ? "" : `“${typed}” is no date: write it as 2024-05-14`);
      if (!fits) field.reportValidity();
      return fits ? [typed ? time : null] : null;
    }
    from.addEventListener("change", () => { const found = asked(from, false); if (found) { state.from = found[0]; apply(); } });
    to.addEventListener("change", () => { const found = asked(to, true); if (found) { state.to = found[0]; apply(); } });
    clear.addEventListener("click", () => {
      Object.assign(state, { kind: "", state: "", text: "", from: null, to: null });
      kind.value = mood.value = words.value = "";
      apply();
    });
    apply();
  }
  window.IncidentPage = { start };
})();
