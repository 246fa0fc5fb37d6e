// The other canvas: slices by addresses, with what lies there and when.

const memory = { cursor: -1, hover: null, boxes: [] };
// Empty offsets in a row that are drawn as a narrow band, and its height in pixels.
const EMPTY = 64, BAND = 18;

// Offsets that any slice uses, as intervals far apart; what lies between is left out.
function usedOffsets() {
  const offsets = 1 << data.memory[3], found = [];
  const spans = data.tensors.map((t) => [t.address % offsets, t.address % offsets + t.rows]).sort((a, b) => a[0] - b[0]);
  for (const [from, to] of spans) {
    const last = found.at(-1);
    if (last && from - last[1] < EMPTY) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  if (!found.length) return [[0, Math.min(EMPTY, data.memory[2])]];
  if (found[0][0] < EMPTY) found[0][0] = 0;
  return found;
}

// Where offsets are drawn: pixels of each used interval, in proportion to its rows, with a band between two.
function offsetScale(top, bottom) {
  const used = usedOffsets(), rowsUsed = used.reduce((sum, [from, to]) => sum + to - from, 0);
  const scale = Math.max(1, bottom - top - BAND * (used.length - 1)) / Math.max(rowsUsed, 8);
  let y = top;
  return used.map(([from, to]) => {
    const span = { from, to, y, high: (to - from) * scale };
    y += span.high + BAND;
    return span;
  });
}

function columnOf(side, slice) {
  const slices = data.memory[0];
  return side === 0 ? slices - 1 - slice : slices + slice;
}

function paintMemory(canvas) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const g = canvas.getContext("2d");
  g.scale(ratio, ratio);
  g.textBaseline = "middle";
  const [slices, banks, , bits] = data.memory, offsets = 1 << bits;
  const left = 64, top = 46, bottom = height - 70, gap = 26;
  const column = (width - left - 20 - gap) / (2 * slices), bank = Math.min(70, column * 0.94) / banks;
  const spans = offsetScale(top, bottom);
  const xAt = (side, slice, n) => left + columnOf(side, slice) * column + (side ? gap : 0) + n * bank;
  memory.boxes = [];
  g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
  for (const side of [0, 1]) {
    for (let slice = 0; slice < slices; slice++) {
      for (let n = 0; n < banks; n++) {
        g.fillStyle = theme.parked;
        for (const span of spans) g.fillRect(xAt(side, slice, n), span.y, bank - 1, span.high);
      }
      if (column > 16 || slice % 4 === 0) {
        g.fillStyle = theme.dim;
        g.textAlign = "center";
        g.fillText(slice, xAt(side, slice, 0) + bank * banks / 2, top - 10);
      }
    }
    g.fillStyle = theme.text;
    g.textAlign = "center";
    g.font = "600 12px system-ui, 'DejaVu Sans', sans-serif";
    g.fillText(side ? "E MEM" : "W MEM", (xAt(side, 0, 0) + xAt(side, slices - 1, 0) + column) / 2, 16);
    g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
  }
  g.textAlign = "right";
  g.fillStyle = theme.dim;
  spans.forEach((span, place) => {
    const many = Math.max(1, Math.min(8, Math.floor(span.high / 40)));
    for (let n = 0; n <= many; n++) {
      if (n < many || span.high > 14) g.fillText(number(Math.round(span.from + (span.to - span.from) * n / many)), left - 8, span.y + span.high * n / many);
    }
    if (place) { g.textAlign = "center"; g.fillText("· · ·", width / 2, span.y - BAND / 2); g.textAlign = "right"; }
  });
  g.textAlign = "left";
  for (const tensor of data.tensors) {
    const where = Math.floor(tensor.address / offsets), offset = tensor.address % offsets;
    const span = spans.find((one) => one.from <= offset && offset < one.to), scale = span.high / (span.to - span.from);
    const high = tensor.rows * scale;
    const box = { tensor, x: xAt(tensor.side, tensor.slice, where), y: span.y + (offset - span.from) * scale, w: bank - 1,
      h: Math.max(2, high - (high > 6 ? 1 : 0)) };
    memory.boxes.push(box);
    const live = memory.cursor < 0 || lives(tensor, memory.cursor);
    g.fillStyle = g.strokeStyle = hue(tensor.name, 1);
    g.globalAlpha = live ? 1 : 0.16;
    g.fillRect(box.x, box.y, box.w, box.h);
    g.globalAlpha = 1;
    if (memory.hover === tensor.name) { g.strokeStyle = theme.text; g.lineWidth = 2; g.strokeRect(box.x, box.y, box.w, box.h); }
    if (box.h > 13 && box.w > 8 * tensor.name.length + 6 && live) { g.fillStyle = "#fff"; g.fillText(tensor.name, box.x + 4, box.y + box.h / 2); }
  }
}

function memoryAt(x, y) {
  const found = memory.boxes.filter((b) => x >= b.x && x < b.x + b.w && y >= b.y - 1 && y < b.y + b.h + 1);
  const live = found.filter((b) => memory.cursor < 0 || lives(b.tensor, memory.cursor));
  return (live.at(-1) || found.at(-1))?.tensor || null;
}

// Rows that tensors cover, each once: [used, all].
function memoryUse() {
  const [slices, banks, words] = data.memory, places = new Map();
  for (const t of data.tensors) {
    const key = `${t.side} ${t.slice}`;
    if (!places.has(key)) places.set(key, []);
    places.get(key).push([t.address, t.address + t.rows]);
  }
  let used = 0;
  for (const list of places.values()) {
    let at = -1;
    for (const [from, to] of list.sort((a, b) => a[0] - b[0])) {
      used += Math.max(0, to - Math.max(at, from));
      at = Math.max(at, to);
    }
  }
  return [used, 2 * slices * banks * words];
}
