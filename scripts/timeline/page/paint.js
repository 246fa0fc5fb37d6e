// The canvas: rows of queues by time. Few runs are drawn one by one, many as a strip whose strength is their density.

const COLORS = {
  "mem read": "#3d7fd6", "mem write": "#1fa08a", "mem both": "#2c8fb0", vxm: "#8a5cf0", weights: "#b5832a",
  activations: "#e08a2c", accumulators: "#c9a91f", sxm: "#d4569f", c2c: "#7f9a34", queue: "#8592a3",
};
const LEGEND = [
  ["mem read", "MEM read"], ["mem write", "MEM write"], ["mem both", "MEM read + write"], ["vxm", "VXM"],
  ["weights", "MXM weights"], ["activations", "MXM activations"], ["accumulators", "MXM sums"], ["sxm", "SXM"],
  ["c2c", "C2C"], ["queue", "Sync, Notify, Ifetch"],
];
const GUTTER = 196, LEAST_ROW = 17, MOST_ROW = 28, HEAD = 22, OVERVIEW = 34, AXIS = 22, LANE = 16;
// A strip takes over where runs are narrower than this many pixels on average.
const NARROW = 3;

const view = { t0: 0, t1: 1, top: 0, width: 0, height: 0, idle: false, closed: new Set(), hover: null, pin: null,
  matched: null, links: null };
let rows = [], lanes = [], colorCache = null, rowHeight = LEAST_ROW;

function kindOf(i) {
  const unit = data.queues[run.queue[i]].unit;
  if (!run.unit[i]) return "queue";
  if (unit === "mem") {
    const name = formOf(i).name;
    return name.includes("|") ? "mem both" : name === "Read" || name === "Gather" ? "mem read" : "mem write";
  }
  const [family, part] = unit.split(".");
  return family === "mxm" ? part : family;
}

function colorOf(i) {
  colorCache ||= new Array(run.count);
  return colorCache[i] ||= COLORS[kindOf(i)] || COLORS.queue;
}

const unitColor = (unit) => COLORS[unit] || COLORS[unit.split(".")[1]] || COLORS[unit.split(".")[0]] || COLORS["mem read"];
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
// Colors of the style sheet by name, see refreshTheme.
const theme = {};

// Rows from top to bottom: heads of groups, and queues that issue something or are asked for.
function layRows() {
  rows = [];
  const wrong = new Set(data.differences.map((d) => d.queue));
  const order = data.queues.map((_, q) => q).sort((a, b) => data.queues[a].row - data.queues[b].row);
  const groups = new Map();
  for (const q of order) {
    const name = data.queues[q].group;
    if (!groups.has(name)) groups.set(name, { all: [], shown: [] });
    groups.get(name).all.push(q);
    if (view.idle || data.issued[q] || wrong.has(q) || data.marks.some((m) => m[1] === q)) groups.get(name).shown.push(q);
  }
  // Few rows are higher.
  const many = [...groups.values()].reduce((sum, { shown }) => sum + shown.length, 0);
  const room = view.height - OVERVIEW - AXIS - groups.size * (HEAD + 4) - 60;
  rowHeight = Math.round(Math.max(LEAST_ROW, Math.min(MOST_ROW, room / Math.max(1, many))));
  let y = 0;
  for (const [name, { all, shown }] of groups) {
    if (!shown.length) continue;
    rows.push({ group: name, queues: all, y, height: HEAD });
    y += HEAD;
    if (view.closed.has(name)) continue;
    for (const q of shown) {
      rows.push({ queue: q, y, height: rowHeight });
      y += rowHeight;
    }
    y += 4;
  }
  rows.total = y;
  lanes = [];
  const spans = data.operators.map((o, n) => ({ ...o, n })).sort((a, b) => a.first - b.first);
  for (const span of spans) {
    const free = lanes.find((lane) => lane[lane.length - 1].last < span.first);
    if (free) free.push(span);
    else if (lanes.length < 5) lanes.push([span]);
  }
}

const topOf = () => OVERVIEW + AXIS + lanes.length * LANE + (lanes.length ? 6 : 0);
const plotWidth = () => Math.max(10, view.width - GUTTER);
const xOf = (cycle) => GUTTER + (cycle - view.t0) / (view.t1 - view.t0) * plotWidth();
const cycleAt = (x) => view.t0 + (x - GUTTER) / plotWidth() * (view.t1 - view.t0);
const yOf = (row) => topOf() + row.y - view.top;

const strip = document.createElement("canvas");

// One row of pixels per row of the plot: color of what issues there, alpha by how much of the time it does.
function paintStrip(g, queues, y, height, [t0, t1], [x0, width], pixel) {
  const count = Math.ceil(width / pixel), dt = (t1 - t0) / count;
  if (strip.width !== count) strip.width = count;
  strip.height = 1;
  const c = strip.getContext("2d"), image = c.createImageData(count, 1);
  let from = NaN, to = NaN, sum = 0, busiest = -1;
  for (let x = 0; x < count; x++) {
    // Whole cycles: where a cycle is wider than a pixel, all of its pixels are alike.
    const begin = Math.floor(t0 + x * dt), end = Math.max(begin + 1, Math.floor(t0 + (x + 1) * dt));
    if (begin !== from || end !== to) {
      let most = 0;
      [from, to, sum] = [begin, end, 0];
      for (const q of queues) {
        const some = issuesBefore(q, to) - issuesBefore(q, from);
        sum += some;
        if (some > most) [most, busiest] = [some, q];
      }
    }
    if (!sum) continue;
    const share = sum / (to - from) / queues.length;
    const near = Math.min(firstAround(busiest, from), begins[busiest + 1] - 1);
    const color = rgb(queues.length > 1 ? unitColor(data.queues[busiest].unit) : colorOf(near));
    image.data.set([...color, Math.round(255 * (0.22 + 0.78 * Math.sqrt(share)))], 4 * x);
  }
  c.putImageData(image, 0, 0);
  g.imageSmoothingEnabled = false;
  g.drawImage(strip, 0, 0, count, 1, x0, y, width, height);
}

function paintRuns(g, queue, y, height) {
  const first = firstAround(queue, view.t0), stop = firstFrom(queue, view.t1);
  const scale = plotWidth() / (view.t1 - view.t0);
  for (const [from, to] of data.parked[queue]) {
    const x0 = Math.max(GUTTER, xOf(from)), x1 = Math.min(view.width, xOf(to));
    if (x1 > x0) { g.fillStyle = theme.parked; g.fillRect(x0, y, x1 - x0, height); }
  }
  if ((stop - first) * NARROW > plotWidth() && !view.matched) {
    paintStrip(g, [queue], y, height, [view.t0, view.t1], [GUTTER, plotWidth()], 1);
    return;
  }
  let edge = -1;
  for (let i = first; i < stop; i++) {
    const x0 = Math.max(GUTTER - 2, xOf(run.start[i])), x1 = Math.min(view.width + 2, xOf(run.end[i]));
    const wide = x1 - x0;
    if (x1 < edge + 0.5 && wide < 0.5) continue; // the pixel is taken
    edge = x1;
    const dim = view.matched && !view.matched[i];
    g.fillStyle = colorOf(i);
    const apart = run.d[i] * scale;
    if (run.d[i] > 1 && run.n[i] > 1 && apart >= 3) {
      g.globalAlpha = dim ? 0.06 : 0.25;
      g.fillRect(x0, y + height / 2 - 1, wide, 2);
      g.globalAlpha = dim ? 0.12 : 1;
      const one = Math.max(0, Math.floor((view.t0 - run.start[i]) / run.d[i]));
      for (let n = one; n < run.n[i]; n++) {
        const x = xOf(run.start[i] + n * run.d[i]);
        if (x > view.width) break;
        g.fillRect(x, y, Math.max(1, scale - (scale > 5 ? 1 : 0)), height);
      }
    } else {
      g.globalAlpha = dim ? 0.12 : run.d[i] > 1 ? 0.35 + 0.65 / run.d[i] : 1;
      g.fillRect(x0, y, Math.max(1, wide - (wide > 5 ? 1 : 0)), height);
      if (scale >= 9 && run.n[i] > 1) {
        g.globalAlpha *= 0.3;
        g.fillStyle = theme.panel;
        for (let n = Math.max(1, Math.floor(view.t0 - run.start[i])); n < run.n[i] && xOf(run.start[i] + n) < view.width; n++) {
          g.fillRect(xOf(run.start[i] + n * run.d[i]) - 1, y + 2, 1, height - 4);
        }
      }
      if (wide > 34 && !dim) label(g, i, Math.max(x0, GUTTER) + 4, y, Math.min(x1, view.width) - Math.max(x0, GUTTER) - 7, height);
    }
    g.globalAlpha = 1;
  }
}

// The longest of instruction and mnemonic that fits, in a font whose letters are 6.1 wide.
function label(g, i, x, y, room, height) {
  const name = run.label[i] >= 0 ? `${formOf(i).name} · ${data.labels[run.label[i]]}` : formOf(i).name;
  const texts = [room > 150 ? spell(i, 0) : "", name, formOf(i).name];
  const text = texts.find((t) => t && t.length * 6.1 < room);
  if (!text) return;
  g.globalAlpha = 1;
  g.fillStyle = "#fff";
  g.font = "10.5px ui-monospace, 'DejaVu Sans Mono', monospace";
  g.fillText(text, x, y + height / 2 + 0.5);
}

function paintAxis(g) {
  const about = 110 * (view.t1 - view.t0) / plotWidth(), power = 10 ** Math.floor(Math.log10(Math.max(1, about)));
  const every = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= about) || 1);
  g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
  for (let t = Math.max(0, Math.ceil(view.t0 / every) * every); t <= view.t1; t += every) {
    const x = xOf(t);
    g.fillStyle = theme.line;
    g.fillRect(Math.round(x), OVERVIEW + AXIS - 5, 1, view.height);
    g.fillStyle = theme.dim;
    g.fillText(number(t), x + 4, OVERVIEW + AXIS / 2);
  }
  const x = xOf(data.cycles);
  if (x < view.width) { g.fillStyle = theme.accent; g.fillRect(Math.round(x), OVERVIEW, 2, view.height); }
}

function paintLanes(g) {
  lanes.forEach((lane, n) => lane.forEach((o) => {
    const x0 = Math.max(GUTTER, xOf(o.first)), x1 = Math.min(view.width, xOf(o.last + 1)), y = OVERVIEW + AXIS + n * LANE + 2;
    if (x1 <= GUTTER || x0 >= view.width) return;
    g.fillStyle = hue(o.name, 0.85);
    g.fillRect(x0, y, Math.max(1, x1 - x0 - 1), LANE - 2);
    const room = Math.floor((x1 - x0 - 8) / 6);
    if (room > 3) { g.fillStyle = "#fff"; g.fillText(o.name.slice(0, room), x0 + 4, y + LANE / 2 - 0.5); }
  }));
  if (lanes.length) { g.fillStyle = theme.dim; g.fillText("operators", 14, OVERVIEW + AXIS + LANE / 2 + 1); }
}

// A color for a name: names get hues in turn, far from each other.
const hues = new Map();
function hue(name, alpha) {
  if (!hues.has(name)) hues.set(name, Math.round(210 + hues.size * 137.508) % 360);
  return `hsla(${hues.get(name)}, 42%, 47%, ${alpha})`;
}

// The whole run in little, and the part of it that the plot shows.
let overview = null;
function paintOverview(g) {
  const width = plotWidth(), all = data.queues.map((_, q) => q).filter((q) => data.issued[q]);
  const key = `${width} ${document.documentElement.dataset.theme}`;
  if (overview?.key !== key) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, OVERVIEW - 8];
    const c = canvas.getContext("2d"), groups = [...new Set(all.map((q) => data.queues[q].unit))];
    const high = canvas.height / Math.max(1, groups.length);
    groups.forEach((unit, n) => {
      const own = all.filter((q) => data.queues[q].unit === unit);
      paintStrip(c, own, n * high, Math.max(1, high), [0, data.cycles], [0, width], 2);
    });
    overview = { key, canvas };
  }
  g.fillStyle = theme.panel;
  g.fillRect(0, 0, view.width, OVERVIEW);
  g.drawImage(overview.canvas, GUTTER, 4);
  const x0 = GUTTER + view.t0 / data.cycles * width, x1 = GUTTER + view.t1 / data.cycles * width;
  g.fillStyle = theme.back;
  g.globalAlpha = 0.66;
  g.fillRect(GUTTER, 0, Math.max(0, x0 - GUTTER), OVERVIEW);
  g.fillRect(x1, 0, view.width - x1, OVERVIEW);
  g.globalAlpha = 1;
  g.strokeStyle = theme.accent;
  g.lineWidth = 1.5;
  g.strokeRect(Math.max(GUTTER, x0) + 0.5, 1.5, Math.max(4, Math.min(x1, view.width) - Math.max(GUTTER, x0)) - 2, OVERVIEW - 4);
  g.fillStyle = theme.line;
  g.fillRect(0, OVERVIEW, view.width, 1);
  g.fillStyle = theme.dim;
  g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
  g.fillText("whole run", 14, OVERVIEW / 2);
}
