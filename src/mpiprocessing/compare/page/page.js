// The full text of a bar or arrow, by pointer or keyboard, in the panel below the pictures; and the pictures that a long
// page holds packed. Everything else works without a script.
"use strict";

function setUp(trace) {
  const panel = trace.querySelector(".panel");
  panel.textContent = panel.dataset.hint;
  const show = event => {
    const text = event.querySelector("title").textContent;
    const line = lineOf(trace, text);
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
  for (const picture of trace.querySelectorAll("svg[role=group]")) walkable(picture);
  trace.addEventListener("change", () => unpack(trace));
  unpack(trace);  // a page that is loaded again may have its switches where they were
}

// the line of the user's program that an event names
function lineOf(trace, text) {
  const [, file, number] = /\nline: (?:.*\/)?(.+):(\d+)$/.exec(text) ?? [];
  const program = [...trace.closest(".pattern").querySelectorAll("[data-file]")].find(one => one.dataset.file === file);
  return program?.querySelectorAll(".l:not(.none)")[number - 1];
}

async function unpack(trace) {
  for (const view of trace.querySelectorAll("[data-packed]")) {
    if (getComputedStyle(view).display === "none") continue;
    const bytes = Uint8Array.from(atob(view.dataset.packed), letter => letter.charCodeAt(0));
    delete view.dataset.packed;
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    view.innerHTML = await new Response(stream).text();
    walkable(view.querySelector("svg"));
  }
}

// one event of a picture is a tab stop, the arrow keys go from there to the others
function walkable(picture) {
  const place = event => {
    const bar = event.querySelector("rect");
    if (bar) return { x: +bar.getAttribute("x"), y: +bar.getAttribute("y") };
    const [x, y] = event.querySelector("path").getAttribute("d").slice(1).split(/[LC ]/).map(Number);
    return { x, y };
  };
  let order = null;
  const inOrder = () => order ??= [...picture.querySelectorAll(".event")]
    .map(event => ({ event, ...place(event) })).sort((a, b) => a.x - b.x || a.y - b.y);
  const enter = event => {
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

// on paper nothing scrolls or opens: a wide picture is cut into pieces that stand below each other
const undo = [];

function toPaper() {
  const most = 1200;
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    undo.push(() => part.open = false);
  }
  for (const picture of document.querySelectorAll(".view > svg")) {
    const [, , width, height] = picture.getAttribute("viewBox").split(" ").map(Number);
    if (width <= most || getComputedStyle(picture.parentNode).display === "none") continue;
    const count = Math.ceil(width / most), wide = Math.ceil(width / count);
    for (let number = count - 1; number >= 0; number--) {
      const piece = picture.cloneNode(true);
      piece.setAttribute("viewBox", `${number * wide} 0 ${wide} ${height}`);
      piece.setAttribute("width", wide);
      picture.after(piece);
      undo.push(() => piece.remove());
    }
    picture.classList.add("whole");
    undo.push(() => picture.classList.remove("whole"));
  }
}

function fromPaper() {
  while (undo.length) undo.pop()();
}

for (const trace of document.querySelectorAll(".trace")) setUp(trace);
addEventListener("beforeprint", toPaper);
addEventListener("afterprint", fromPaper);
