// The full text of a bar or arrow in the panel below the pictures, by pointer or keyboard. Everything else works without.
"use strict";
for (const trace of document.querySelectorAll(".trace")) {
  const panel = trace.querySelector(".panel");
  const sources = trace.closest(".pattern").querySelectorAll("[data-file]");
  panel.textContent = panel.dataset.hint;

  const lineOf = text => {  // the line of the user's program that an event names
    const [, file, number] = /\nline: (?:.*\/)?(.+):(\d+)$/.exec(text) ?? [];
    const program = [...sources].find(one => one.dataset.file === file);
    return program?.querySelectorAll(".l:not(.none)")[number - 1];
  };
  const show = event => {
    const text = event.querySelector("title").textContent;
    const line = lineOf(text);
    panel.textContent = line ? `${text}\n${line.textContent.trim()}` : text;
    panel.classList.add("told");
    for (const old of document.querySelectorAll(".here")) old.classList.remove("here");
    line?.classList.add("here");
  };
  for (const kind of ["pointerover", "focusin"])
    trace.addEventListener(kind, ({ target }) => {
      const event = target.closest(".event");
      if (event) show(event);
    });

  for (const picture of trace.querySelectorAll("svg.tl:not([aria-hidden])")) {
    let order = null;
    const place = event => {
      const bar = event.querySelector("rect");
      if (bar) return { x: +bar.getAttribute("x"), y: +bar.getAttribute("y") };
      const [x, y] = event.querySelector("path").getAttribute("d").slice(1).split(/[LC ]/).map(Number);
      return { x, y };
    };
    const inOrder = () => order ??= [...picture.querySelectorAll(".event")]
      .map(event => ({ event, ...place(event) })).sort((a, b) => a.x - b.x || a.y - b.y);
    const enter = event => {  // one of them is a tab stop; the arrow keys go to the others
      picture.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
      event.setAttribute("role", "img");
      event.setAttribute("tabindex", "0");
      return event;
    };
    const first = picture.querySelector(".event");
    if (first) enter(first);
    picture.addEventListener("keydown", key => {
      const all = inOrder(), at = all.findIndex(one => one.event === document.activeElement);
      if (at < 0 || key.ctrlKey || key.altKey || key.metaKey) return;
      const here = all[at], last = all.length - 1;
      const beside = down => all.filter(one => down ? one.y > here.y + 4 : one.y < here.y - 4)
        .map(one => [Math.abs(one.x - here.x) + 3 * Math.abs(one.y - here.y), one])
        .sort((a, b) => a[0] - b[0])[0]?.[1];
      const to = {
        ArrowRight: () => all[Math.min(at + 1, last)], ArrowLeft: () => all[Math.max(at - 1, 0)],
        Home: () => all[0], End: () => all[last], ArrowDown: () => beside(true), ArrowUp: () => beside(false),
      }[key.key];
      if (!to) return;
      key.preventDefault();
      const event = to()?.event;
      if (!event) return;
      enter(event).focus();
      event.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }
}
