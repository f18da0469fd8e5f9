/* The reading pane, drawn from data by textContent alone; used by the app and the standalone page. */
(function () {
  "use strict";
  const LONG = 400; // paragraphs from which those out of sight are not laid out
  const SOON = 60; // paragraphs of a long text that are filled before anything else is done
  function mix(hex, share, onto) {
    const a = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    return `rgb(${a.map((v, i) => Math.round(v * share + onto[i] * (1 - share))).join(",")})`;
  }
  function colours(style, dark) {
    const ground = dark ? [20, 25, 30] : [255, 255, 255];
    return `--mark:${dark ? mix(style.colour, 0.85, [255, 255, 255]) : style.ink};`
      + `--tint:${mix(style.colour, dark ? 0.24 : 0.14, ground)};`
      + `--tint2:${mix(style.colour, dark ? 0.38 : 0.26, ground)};`
      + `--on:${dark ? "#ffe08a" : "#ffe9a8"};--on-text:#14191d`;
  }
  function holder(paragraph, first) {
    const p = document.createElement(paragraph.heading ? (first ? "h2" : "h3") : "p");
    let length = 0;
    for (const group of paragraph.groups) for (const run of group.runs) length += run.t.length;
    // About as high as it will be, so that little moves when it comes into sight.
    p.style.setProperty("--lines", Math.ceil(length / 62));
    return p;
  }
  function fill(p, paragraph, look, hidden) {
    for (const group of paragraph.groups) {
      const holder = document.createElement("span");
      if (group.ids) {
        const { style, css } = look(group.kind);
        holder.className = "cite " + group.state + (hidden(group.ids) ? " off" : "");
        holder.setAttribute("style", css);
        holder.setAttribute("role", "button");
        holder.tabIndex = 0;
        holder.dataset.ids = JSON.stringify(group.ids);
        holder.imIds = group.ids;
        holder.title = style.label + (group.ids.length > 1
          ? ` (${group.ids.length} incidents: click again for the next)` : "");
      }
      let at = group.at;
      for (const run of group.runs) {
        const span = document.createElement("span");
        span.textContent = run.t;
        span.dataset.at = at;
        for (const _ of run.t) at += 1; // code points
        const names = [];
        if (run.role) { names.push("place", run.role); if (!run.placed && run.role !== "metonymic") names.push("lost"); span.title = run.tip; }
        if (run.trigger) names.push("trig");
        if (run.by) span.imBy = run.by;
        if (names.length) span.className = names.join(" ");
        holder.append(span);
      }
      p.append(holder);
    }
  }
  /* A long text is filled from its beginning while the page has nothing else to do, so that the
   * map need not wait for it; what is asked for before its turn is filled at once. */
  const whenIdle = window.requestIdleCallback
    ? (act) => requestIdleCallback(act, { timeout: 5000 })
    : (act) => setTimeout(() => act({ timeRemaining: () => 0 }), 20);
  function later(state) {
    if (state.waiting || !state.empty.size) return;
    state.waiting = true;
    whenIdle((idle) => {
      state.waiting = false;
      for (const part of state.empty) {
        state.fill(part);
        if (idle.timeRemaining() < 3) break;
      }
      later(state);
    });
  }
  function finish(state) { for (const part of [...state.empty]) state.fill(part); }
  /* Draw an article; paragraphs that say what they said before stay as they are. */
  function draw(box, article, styles, options) {
    const dark = !!options.dark;
    box.className = (dark ? "rd rd-dark" : "rd") + (article.paragraphs.length > LONG ? " rd-long" : "");
    box.dir = article.direction || "ltr";
    if (article.language) box.lang = article.language;
    const looks = new Map();
    const look = (kind) => {
      if (!looks.has(kind)) {
        const style = styles[kind] || styles._other;
        looks.set(kind, { style, css: colours(style, dark) });
      }
      return looks.get(kind);
    };
    const state = box.imReading || (box.imReading = { listens: false, visible: null, empty: new Set() });
    const scope = JSON.stringify([article.id, dark, styles]);
    const old = state.scope === scope ? state.parts : [];
    const parts = article.paragraphs.map((paragraph, index) => {
      const said = JSON.stringify(paragraph);
      return old[index] && old[index].said === said ? old[index]
        : { said, paragraph, node: holder(paragraph, index === 0), empty: true };
    });
    state.empty = new Set(parts.filter((part) => part.empty));
    const hidden = (ids) => !!state.visible && !ids.some((id) => state.visible.has(id));
    state.fill = (part) => {
      part.empty = false;
      state.empty.delete(part);
      state.nodes = null;
      fill(part.node, part.paragraph, look, hidden);
    };
    const soon = article.paragraphs.length > LONG ? SOON : Infinity;
    parts.forEach((part, index) => {
      if (part.empty && (index < soon || (old.length === parts.length && !old[index].empty))) state.fill(part);
    });
    if (old.length === parts.length) {
      parts.forEach((part, index) => { if (part !== old[index]) old[index].node.replaceWith(part.node); });
    } else box.replaceChildren(...parts.map((part) => part.node));
    Object.assign(state, { scope, parts, options, nodes: null });
    later(state);
    if (!state.listens) {
      state.listens = true;
      // Bold words choose what they tell of; the rest of a sentence goes through all it tells of.
      const act = (node, bold) => {
        const { current, onSelect } = state.options, now = current ? current() : null;
        const ids = bold && bold.length && !(bold.length === 1 && bold[0] === now) ? bold : node.imIds;
        onSelect(ids[(ids.indexOf(now) + 1) % ids.length]);
      };
      box.addEventListener("click", (event) => {
        const node = event.target.closest(".cite");
        const root = box.getRootNode();
        const selection = root.getSelection ? root.getSelection() : document.getSelection();
        if (node && (!selection || selection.isCollapsed)) act(node, event.target.imBy);
      });
      box.addEventListener("keydown", (event) => {
        const node = event.target.closest(".cite");
        if (node && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); act(node); }
      });
    }
  }
  function cites(box) {
    if (box.imReading) finish(box.imReading);
    return [...box.querySelectorAll(".cite")];
  }
  /* The stretches that cite an incident. */
  function citing(box, id) {
    const state = box.imReading;
    if (!state) return [];
    for (const part of [...state.empty]) {
      if (part.paragraph.groups.some((group) => group.ids && group.ids.includes(id))) state.fill(part);
    }
    if (!state.nodes) {
      state.nodes = new Map();
      for (const node of box.querySelectorAll(".cite")) {
        for (const one of node.imIds) {
          if (!state.nodes.has(one)) state.nodes.set(one, []);
          state.nodes.get(one).push(node);
        }
      }
    }
    return state.nodes.get(id) || [];
  }
  function mark(box, id, scroll) {
    const now = id === null || id === undefined ? [] : citing(box, id);
    for (const node of box.querySelectorAll(".cite.on")) {
      if (now.includes(node)) continue;
      node.classList.remove("on");
      node.removeAttribute("aria-pressed");
    }
    for (const node of now) {
      node.classList.add("on");
      node.setAttribute("aria-pressed", "true");
    }
    const first = now[0] || null;
    const bring = () => {
      const a = first.getBoundingClientRect(), b = scroll.getBoundingClientRect();
      if (a.top < b.top + 20 || a.bottom > b.bottom - 20) {
        scroll.scrollTop += a.top - b.top - scroll.clientHeight / 3;
        return true;
      }
      return false;
    };
    // What was not laid out may turn out higher than it was taken for.
    if (first && scroll && bring() && box.classList.contains("rd-long")) requestAnimationFrame(bring);
    return first;
  }
  function dim(box, visible) {
    const set = visible ? new Set(visible) : null;
    if (box.imReading) box.imReading.visible = set;
    for (const node of box.querySelectorAll(".cite")) {
      node.classList.toggle("off", !!set && !node.imIds.some((id) => set.has(id)));
    }
  }
  (typeof window !== "undefined" ? window : self).IncidentReading = { draw, mark, dim, cites };
})();
