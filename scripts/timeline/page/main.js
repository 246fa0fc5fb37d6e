// Drawing of the whole plot, and everything that people do with it.

const plot = $("plot"), map = $("map");
const diffByQueue = new Map();
let pending = false, drawn = 0;

function refreshTheme() {
  for (const name of ["back", "panel", "line", "text", "dim", "accent", "bad", "parked", "soft"]) {
    theme[name] = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }
}

function draw() {
  pending = false;
  const begun = performance.now(), ratio = devicePixelRatio || 1;
  [view.width, view.height] = [plot.clientWidth, plot.clientHeight];
  if (plot.width !== Math.round(view.width * ratio) || plot.height !== Math.round(view.height * ratio)) {
    [plot.width, plot.height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
  }
  const g = plot.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.textBaseline = "middle";
  g.fillStyle = theme.back;
  g.fillRect(0, 0, view.width, view.height);
  paintAxis(g);
  g.save();
  g.beginPath();
  g.rect(0, topOf(), view.width, view.height - topOf());
  g.clip();
  for (const row of rows) paintRow(g, row);
  paintLinks(g);
  g.restore();
  paintLanes(g);
  paintOverview(g);
  showUsage();
  drawn = performance.now() - begun;
}

function paintRow(g, row) {
  const y = yOf(row);
  if (y + row.height < topOf() || y > view.height) return;
  if (row.group) {
    const busy = row.queues.reduce((sum, q) => sum + data.issued[q], 0);
    g.fillStyle = theme.soft;
    g.fillRect(0, y + 2, view.width, row.height - 4);
    paintStrip(g, row.queues, y + 6, row.height - 12, [view.t0, view.t1], [GUTTER, plotWidth()], 3);
    gutter(g, `${view.closed.has(row.group) ? "▸" : "▾"} ${row.group}`, y, row.height, share(busy, row.queues.length * data.cycles), true);
    return;
  }
  const found = diffByQueue.get(row.queue), compared = data.compared !== null;
  const height = compared ? row.height - 7 : row.height - 2;
  paintRuns(g, row.queue, y + 1, height);
  // What happened, under what was promised: a thin line where they coincide, red where they do not.
  if (compared) {
    g.globalAlpha = 0.75;
    paintStrip(g, [row.queue], y + height + 2, 3, [view.t0, view.t1], [GUTTER, plotWidth()], 1);
    g.globalAlpha = 1;
  }
  const wide = Math.max(3, plotWidth() / (view.t1 - view.t0));
  if (found) {
    for (const d of found) {
      if (d.cycle < view.t0 - 1 || d.cycle > view.t1) continue;
      g.fillStyle = g.strokeStyle = theme.bad;
      if (["missing", "absent", "meta"].includes(d.kind)) {
        g.fillStyle = theme.back;
        if (d.kind === "missing" && compared) g.fillRect(xOf(d.cycle), y + height + 1, wide, 5);
        g.lineWidth = 2;
        g.strokeRect(xOf(d.cycle), y + 1.5, wide, row.height - 3);
      }
      else g.fillRect(xOf(d.cycle), y, wide, row.height);
    }
  }
  for (const m of data.marks) {
    if (m[1] !== row.queue || m[0] < view.t0 - 1 || m[0] > view.t1) continue;
    const x = xOf(m[0]) + wide / 2;
    g.fillStyle = theme.bad;
    g.beginPath();
    g.moveTo(x - 6, y);
    g.lineTo(x + 6, y);
    g.lineTo(x, y + 10);
    g.fill();
  }
  for (const [at, width] of [[view.hover, 1], [view.pin, 2]]) {
    if (!at || at.queue !== row.queue) continue;
    const issued = issueAt(at.queue, at.cycle);
    g.strokeStyle = theme.text;
    g.lineWidth = width;
    if (issued) g.strokeRect(xOf(run.start[issued.run]) - 0.5, y + 0.5, xOf(run.end[issued.run]) - xOf(run.start[issued.run]), row.height - 1);
    if (width === 2) { g.fillStyle = theme.text; g.fillRect(xOf(at.cycle), y - 1, Math.max(2, wide - 1), 2); }
  }
  gutter(g, data.queues[row.queue].name, y, row.height, share(data.issued[row.queue], data.cycles), false);
}

function gutter(g, text, y, height, percent, head) {
  g.fillStyle = head ? theme.soft : theme.panel;
  g.fillRect(0, y + (head ? 2 : 0), GUTTER - 4, height - (head ? 4 : 0));
  g.font = head ? "600 11.5px system-ui, 'DejaVu Sans', sans-serif" : "11.5px system-ui, 'DejaVu Sans', sans-serif";
  g.fillStyle = theme.text;
  g.fillText(text, head ? 10 : 22, y + height / 2 + 0.5, GUTTER - 84);
  g.fillStyle = theme.dim;
  g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
  g.textAlign = "right";
  g.fillText(`${percent.toFixed(1)} %`, GUTTER - 12, y + height / 2 + 0.5);
  g.textAlign = "left";
}

function paintLinks(g) {
  if (!view.pin || !view.links) return;
  const center = (queue) => {
    const row = rows.find((r) => r.queue === queue) || rows.find((r) => r.group === data.queues[queue].group);
    return row ? yOf(row) + row.height / 2 : null;
  };
  const half = plotWidth() / (view.t1 - view.t0) / 2, x = xOf(view.pin.cycle) + half, y = center(view.pin.queue);
  g.lineWidth = 1.4;
  for (const [ends, color] of [[view.links.from, theme.accent], [view.links.to, theme.text]]) {
    for (const end of ends) {
      const [ex, ey] = [xOf(end.cycle) + half, center(end.queue)];
      if (ey === null || y === null) continue;
      g.strokeStyle = g.fillStyle = color;
      g.beginPath();
      g.moveTo(x, y);
      g.bezierCurveTo((x + ex) / 2, y, (x + ex) / 2, ey, ex, ey);
      g.stroke();
      g.beginPath();
      g.arc(ex, ey, 3, 0, 7);
      g.fill();
    }
  }
}

function redraw() {
  if (!pending) { pending = true; requestAnimationFrame(draw); }
}

function zoom(t0, t1) {
  const least = Math.min(8, data.cycles), span = Math.min(Math.max(t1 - t0, least), data.cycles * 1.05);
  const middle = (t0 + t1) / 2;
  view.t0 = Math.max(-0.02 * span, Math.min(middle - span / 2, data.cycles * 1.02 - span));
  if (span >= data.cycles) view.t0 = -0.01 * (span - data.cycles) / 0.05;
  view.t1 = view.t0 + span;
  redraw();
}

const zoomBy = (factor, at) => zoom(at - (at - view.t0) * factor, at + (view.t1 - at) * factor);
const pan = (cycles) => zoom(view.t0 + cycles, view.t1 + cycles);

function scroll(by) {
  view.top = Math.max(0, Math.min(view.top + by, rows.total - (view.height - topOf()) + 20));
  redraw();
}

function pin(queue, cycle) {
  view.pin = queue === null ? null : { queue, cycle };
  const at = view.pin && issueAt(queue, cycle);
  view.links = at ? links(at) : { from: [], to: [] };
  showPin();
  redraw();
}

// Show a queue in a cycle, and pin it.
function go(queue, cycle) {
  show("time");
  view.closed.delete(data.queues[queue].group);
  if (!rows.some((row) => row.queue === queue)) { view.idle ||= !data.issued[queue]; layRows(); }
  const row = rows.find((r) => r.queue === queue), span = view.t1 - view.t0;
  if (row && (yOf(row) < topOf() || yOf(row) > view.height - 40)) view.top = 0, scroll(row.y - view.height / 3);
  if (cycle < view.t0 + span * 0.05 || cycle > view.t1 - span * 0.05) pan(cycle - (view.t0 + view.t1) / 2);
  pin(queue, cycle);
}

let hits = [], hit = -1;
function search(text) {
  const wanted = text.trim().toLowerCase();
  [hits, hit, view.matched] = [[], -1, null];
  if (wanted) {
    view.matched = new Uint8Array(run.count);
    const named = data.labels.map((label) => label.toLowerCase().includes(wanted));
    for (let i = 0; i < run.count; i++) {
      const found = data.queues[run.queue[i]].name.toLowerCase().includes(wanted) || (run.label[i] >= 0 && named[run.label[i]]) ||
        spell(i, 0).toLowerCase().includes(wanted) ||
        tensorsOf(i, 0, run.start[i]).some(({ tensor }) => tensor.name.toLowerCase().includes(wanted));
      if (found) { view.matched[i] = 1; hits.push(i); }
    }
    hits.sort((a, b) => run.start[a] - run.start[b]);
  }
  $("found").textContent = wanted ? `${number(hits.length)} runs` : "";
  redraw();
  return hits.length;
}

function show(tab) {
  const time = tab === "time";
  [plot.hidden, map.hidden, $("clock").hidden] = [!time, time, time];
  $("tab-time").setAttribute("aria-selected", time);
  $("tab-memory").setAttribute("aria-selected", !time);
  $("tip").hidden = true;
  if (time) redraw();
  else paintMemory(map);
}

function moveTip(content, x, y) {
  const tip = $("tip"), stage = $("stage");
  tip.hidden = !content;
  if (!content) return;
  tip.replaceChildren(content);
  tip.style.left = `${Math.max(4, Math.min(x + 16, stage.clientWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${y + 18 + tip.offsetHeight > stage.clientHeight ? Math.max(4, y - tip.offsetHeight - 12) : y + 18}px`;
}

// The queue and cycle under the pointer, the group whose head it is on, or nothing.
function under(x, y) {
  if (y < topOf()) return {};
  const row = rows.find((r) => y >= yOf(r) && y < yOf(r) + r.height);
  if (!row) return {};
  return row.group ? { group: row.group } : { queue: row.queue, cycle: x < GUTTER ? null : Math.floor(cycleAt(x)) };
}

function cursorText() {
  const at = memory.cursor, live = data.tensors.filter((t) => at < 0 || lives(t, at));
  const rowsHere = live.reduce((sum, t) => sum + t.rows, 0);
  $("cursor-text").textContent = at < 0 ? "whole run" : `${number(at)}: ${number(rowsHere)} rows live`;
}
