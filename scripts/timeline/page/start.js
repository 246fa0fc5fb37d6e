// What people do, and what tests ask for.

let drag = null;

function pointer(event) {
  const box = plot.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function moved(event) {
  const [x, y] = pointer(event);
  if (drag) {
    drag.far ||= Math.hypot(x - drag.x, y - drag.y) > 4;
    if (drag.overview) return pan(data.cycles * (x - GUTTER) / plotWidth() - (view.t0 + view.t1) / 2);
    if (!drag.far) return;
    plot.classList.add("drag");
    pan((drag.lastX - x) / plotWidth() * (view.t1 - view.t0));
    scroll(drag.lastY - y);
    [drag.lastX, drag.lastY] = [x, y];
    return moveTip(null);
  }
  const at = under(x, y);
  view.hover = at.queue !== undefined && at.cycle !== null ? at : null;
  moveTip(view.hover && describe(at.queue, at.cycle), x, y);
  redraw();
}

function listen() {
  plot.addEventListener("pointerdown", (event) => {
    const [x, y] = pointer(event);
    plot.setPointerCapture(event.pointerId);
    drag = { x, y, lastX: x, lastY: y, far: false, overview: y < OVERVIEW && x >= GUTTER };
    if (drag.overview) moved(event);
  });
  plot.addEventListener("pointerup", (event) => {
    const [x, y] = pointer(event), at = under(x, y), was = drag;
    drag = null;
    plot.classList.remove("drag");
    if (!was || was.far || was.overview) return;
    if (at.group) {
      if (!view.closed.delete(at.group)) view.closed.add(at.group);
      layRows();
      redraw();
    } else if (at.queue !== undefined && at.cycle !== null) pin(at.queue, at.cycle);
    else pin(null);
  });
  plot.addEventListener("pointermove", moved);
  plot.addEventListener("pointerleave", () => { view.hover = null; moveTip(null); redraw(); });
  plot.addEventListener("wheel", (event) => {
    event.preventDefault();
    const [x] = pointer(event), span = view.t1 - view.t0;
    if (x < GUTTER) scroll(event.deltaY);
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX || event.deltaY) / plotWidth() * span);
    else zoomBy(Math.exp(event.deltaY * 0.0016), cycleAt(x));
  }, { passive: false });
  map.addEventListener("pointermove", (event) => {
    const box = map.getBoundingClientRect(), [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const tensor = memoryAt(x, y), name = tensor ? tensor.name : null;
    if (name !== memory.hover) { memory.hover = name; paintMemory(map); }
    moveTip(tensor && describeTensor(tensor), x, y);
  });
  addEventListener("resize", () => { view.height = plot.clientHeight || view.height; layRows(); redraw(); if (!map.hidden) paintMemory(map); });
  addEventListener("keydown", pressed);
  $("search").addEventListener("input", (event) => search(event.target.value));
  $("fit").addEventListener("click", () => zoom(0, data.cycles * 1.05));
  $("unpin").addEventListener("click", () => pin(null));
  $("tab-time").addEventListener("click", () => show("time"));
  $("tab-memory").addEventListener("click", () => show("memory"));
  $("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  $("idle").addEventListener("click", () => {
    view.idle = !view.idle;
    $("idle").setAttribute("aria-pressed", view.idle);
    layRows();
    scroll(0);
  });
  $("cursor").addEventListener("input", (event) => {
    memory.cursor = Number(event.target.value);
    cursorText();
    paintMemory(map);
  });
}

function pressed(event) {
  if (event.target === $("search")) {
    if (event.key === "Escape") { $("search").value = ""; search(""); plot.focus(); }
    if (event.key === "Enter" && hits.length) {
      hit = (hit + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
      go(run.queue[hits[hit]], run.start[hits[hit]]);
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const middle = (view.t0 + view.t1) / 2, part = (view.t1 - view.t0) / 6;
  const keys = {
    w: () => zoomBy(0.75, middle), s: () => zoomBy(1.33, middle), a: () => pan(-part), d: () => pan(part),
    "+": () => zoomBy(0.75, middle), "-": () => zoomBy(1.33, middle), ArrowLeft: () => pan(-part), ArrowRight: () => pan(part),
    ArrowUp: () => scroll(-3 * rowHeight), ArrowDown: () => scroll(3 * rowHeight), 0: () => zoom(0, data.cycles * 1.05),
    Escape: () => pin(null), "/": () => $("search").focus(),
  };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  refreshTheme();
  redraw();
  if (!map.hidden) paintMemory(map);
}

async function start() {
  index(await unpack($("data").textContent));
  $("data").remove();
  for (const d of data.differences) {
    if (!diffByQueue.has(d.queue)) diffByQueue.set(d.queue, []);
    diffByQueue.get(d.queue).push(d);
  }
  [view.width, view.height] = [plot.clientWidth, plot.clientHeight];
  layRows();
  $("cursor").max = data.cycles;
  cursorText();
  showFacts();
  listen();
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  zoom(0, data.cycles * 1.05);
  draw();
}

const queueNamed = (name) => data.queues.findIndex((q) => q.name === name);
// What tests ask and do; names of queues are those of program text.
window.timeline = {
  ready: start(),
  facts: () => ({ runs: run.count, issues: run.n.reduce((sum, n) => sum + n, 0), rows: rows.filter((r) => r.queue !== undefined).length,
    cycles: data.cycles, differences: data.difference_count, marks: data.marks.length, view: [view.t0, view.t1] }),
  describe: (name, cycle) => describe(queueNamed(name), cycle).innerText,
  place: (name, cycle) => {
    const row = rows.find((r) => r.queue === queueNamed(name)), box = plot.getBoundingClientRect();
    return [box.left + xOf(cycle + 0.5), box.top + yOf(row) + row.height / 2];
  },
  links: (name, cycle) => {
    const at = issueAt(queueNamed(name), cycle), { from, to } = links(at), told = (e) => [data.queues[e.queue].name, e.cycle];
    return { from: from.map(told), to: to.map(told) };
  },
  go: (name, cycle) => go(queueNamed(name), cycle),
  usage, search, zoom, show, setTheme, draw, scroll,
  tensor: (name) => {
    const box = memory.boxes.find((one) => one.tensor.name === name), stage = map.getBoundingClientRect();
    return box && [stage.left + box.x + box.w / 2, stage.top + box.y + box.h / 2];
  },
  // Milliseconds that each of some frames takes, while the view zooms in and out.
  frames: (count) => {
    const taken = [];
    for (let n = 0; n < count; n++) {
      const span = data.cycles * 0.5 ** (n % 12), at = data.cycles * ((n * 0.37) % 1);
      zoom(at - span / 2, at + span / 2);
      draw();
      taken.push(drawn);
    }
    return taken;
  },
};
