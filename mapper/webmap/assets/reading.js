/* The reading pane, drawn from data by textContent alone; used by the app and the standalone page. */
(function () {
  "use strict";
  function mix(hex, share, onto) {
    const a = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    return `rgb(${a.map((v, i) => Math.round(v * share + onto[i] * (1 - share))).join(",")})`;
  }
  function draw(box, article, styles, options) {
    const dark = !!options.dark, ground = dark ? [20, 25, 30] : [255, 255, 255];
    box.className = dark ? "rd rd-dark" : "rd";
    box.dir = article.direction || "ltr";
    if (article.language) box.lang = article.language;
    const nodes = [];
    let first = true;
    for (const paragraph of article.paragraphs) {
      const p = document.createElement(paragraph.heading ? (first ? "h2" : "h3") : "p");
      first = false;
      for (const group of paragraph.groups) {
        const holder = document.createElement("span");
        if (group.ids) {
          const style = styles[group.kind] || styles._other;
          holder.className = "cite " + group.state;
          holder.style.setProperty("--mark", dark ? mix(style.colour, 0.85, [255, 255, 255]) : style.ink);
          holder.style.setProperty("--tint", mix(style.colour, dark ? 0.24 : 0.14, ground));
          holder.style.setProperty("--tint2", mix(style.colour, dark ? 0.38 : 0.26, ground));
          holder.style.setProperty("--on", dark ? "#ffe08a" : "#ffe9a8");
          holder.style.setProperty("--on-text", "#14191d");
          holder.setAttribute("role", "button");
          holder.tabIndex = 0;
          holder.dataset.ids = JSON.stringify(group.ids);
          holder.title = style.label + (group.ids.length > 1 ? ` (${group.ids.length} incidents)` : "");
          const act = () => {
            const at = group.ids.indexOf(options.current ? options.current() : null);
            options.onSelect(group.ids[(at + 1) % group.ids.length]);
          };
          holder.addEventListener("click", () => {
            const selection = (box.getRootNode().getSelection || document.getSelection).call(
              box.getRootNode().getSelection ? box.getRootNode() : document);
            if (!selection || selection.isCollapsed) act();
          });
          holder.addEventListener("keydown", (event) => {
            if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); }
          });
        }
        let at = group.at;
        for (const run of group.runs) {
          const span = document.createElement("span");
          span.textContent = run.t;
          span.dataset.at = at;
          at += Array.from(run.t).length;
          const names = [];
          if (run.role) { names.push("place", run.role); if (!run.placed && run.role !== "metonymic") names.push("lost"); span.title = run.tip; }
          if (run.trigger) names.push("trig");
          if (names.length) span.className = names.join(" ");
          holder.append(span);
        }
        p.append(holder);
      }
      nodes.push(p);
    }
    box.replaceChildren(...nodes);
  }
  function cites(box) { return [...box.querySelectorAll(".cite")]; }
  function mark(box, id, scroll) {
    let first = null;
    for (const node of cites(box)) {
      const on = id !== null && JSON.parse(node.dataset.ids).includes(id);
      node.classList.toggle("on", on);
      if (on) { node.setAttribute("aria-pressed", "true"); first = first || node; }
      else node.removeAttribute("aria-pressed");
    }
    if (first && scroll) {
      const holder = scroll, a = first.getBoundingClientRect(), b = holder.getBoundingClientRect();
      if (a.top < b.top + 20 || a.bottom > b.bottom - 20) {
        holder.scrollTop += a.top - b.top - holder.clientHeight / 3;
      }
    }
    return first;
  }
  function dim(box, visible) {
    const set = visible ? new Set(visible) : null;
    for (const node of cites(box)) {
      node.classList.toggle("off", !!set && !JSON.parse(node.dataset.ids).some((id) => set.has(id)));
    }
  }
  (typeof window !== "undefined" ? window : self).IncidentReading = { draw, mark, dim, cites };
})();
