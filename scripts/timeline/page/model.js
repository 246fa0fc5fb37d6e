// The program as columns, and what is asked of them: which run is here, how many issues are before, what it says.

let data = null;
// Columns of runs, sorted by queue and start: Float64Array holds every cycle exactly.
const run = {};
// First run of each queue, and one behind the last queue.
let begins = null;
// Instructions of the unit in the runs of a queue before each run.
let before = null;

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

function index(packed) {
  data = packed;
  const count = data.runs.queue.length;
  for (const name of ["start", "n", "d", "repeat"]) run[name] = Float64Array.from(data.runs[name]);
  for (const name of ["queue", "word", "label", "unit"]) run[name] = Int32Array.from(data.runs[name]);
  run.end = Float64Array.from(run.start, (start, i) => start + (run.n[i] - 1) * run.d[i] + 1);
  run.count = count;
  begins = new Int32Array(data.queues.length + 1);
  for (let i = 0; i < count; i++) begins[run.queue[i] + 1]++;
  for (let q = 0; q < data.queues.length; q++) begins[q + 1] += begins[q];
  before = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) before[i + 1] = before[i] + (run.unit[i] ? run.n[i] : 0);
  data.forms = data.forms.map(([name, text, parts, samples, drives, ranges, inner]) =>
    ({ name, text, parts, samples, drives, ranges, inner }));
  data.tensors = data.tensors.map(([name, side, slice, address, rows, shape, type, role, first, last]) =>
    ({ name, side, slice, address, rows, shape, type, role, first, last }));
  data.operators = data.operators.map(([name, source, first, last, macs]) => ({ name, source, first, last, macs }));
  data.differences = data.differences.map(([kind, cycle, queue, promised, happened]) =>
    ({ kind, cycle, queue, promised, happened }));
  delete data.runs;
}

// First run of a queue that starts in a cycle or later.
function firstFrom(queue, cycle) {
  let low = begins[queue], high = begins[queue + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.start[middle] < cycle) low = middle + 1;
    else high = middle;
  }
  return low;
}

// First run of a queue that is not over before a cycle.
function firstAround(queue, cycle) {
  const i = firstFrom(queue, cycle);
  return i > begins[queue] && run.end[i - 1] > cycle ? i - 1 : i;
}

// Instructions of the unit that a queue issues before a cycle.
function issuesBefore(queue, cycle) {
  const i = firstFrom(queue, cycle);
  if (i === begins[queue]) return 0;
  const j = i - 1;
  const own = run.unit[j] ? Math.min(run.n[j], Math.ceil((cycle - run.start[j]) / run.d[j])) : 0;
  return before[j] - before[begins[queue]] + own;
}

// Run of a queue in a cycle, and the number of the issue in it; the issue is -1 between two issues of the run.
function issueAt(queue, cycle) {
  const i = firstFrom(queue, cycle + 1) - 1;
  if (i < begins[queue] || run.end[i] <= cycle) return null;
  const late = cycle - run.start[i];
  return { run: i, queue, cycle, issue: late % run.d[i] ? -1 : late / run.d[i] };
}

const formOf = (i) => data.forms[data.words[run.word[i]][0]];

// Values that strides move, in an issue: an offset wraps within its bank, other numbers count on.
function valuesOf(i, issue) {
  const word = data.words[run.word[i]], form = formOf(i), times = run.repeat[i] + Math.max(issue, 0);
  const offsets = 1 << data.memory[3];
  return form.parts.map((part, n) => {
    const value = word[1 + 2 * n], moved = word[2 + 2 * n] * times;
    if (part === "n") return value + moved;
    const bank = Math.floor(value / offsets);
    return bank * offsets + ((((value % offsets) + moved) % offsets) + offsets) % offsets;
  });
}

function spellAddress(value) {
  const offsets = 1 << data.memory[3];
  return `${Math.floor(value / offsets)}:${value % offsets}`;
}

function spell(i, issue) {
  const form = formOf(i);
  const values = valuesOf(i, issue);
  return form.text.replace(/\{(\d)\}/g, (_, n) => form.parts[n] === "n" ? values[n] : spellAddress(values[n]));
}

// Addresses that an issue touches: [{part: "r" or "w", from, to}], one bank each.
function touches(i, issue) {
  const form = formOf(i), offsets = 1 << data.memory[3], found = [];
  valuesOf(i, issue).forEach((value, n) => {
    if (form.parts[n] !== "n") found.push({ part: form.parts[n], from: value, to: value });
  });
  for (const [part, banks, low, high] of form.ranges) {
    for (let bank = 0; bank < data.memory[1]; bank++) {
      if (banks >> bank & 1) found.push({ part, from: bank * offsets + low, to: bank * offsets + high });
    }
  }
  return found;
}

// Tensors at addresses of a slice in a cycle; those that live then, if any does.
function tensorsAt(side, slice, from, to, cycle) {
  const here = data.tensors.filter((t) =>
    t.side === side && t.slice === slice && t.address <= to && from < t.address + t.rows);
  const live = here.filter((t) => lives(t, cycle));
  return live.length ? live : here;
}

const lives = (t, cycle) => (t.first === null || t.first <= cycle) && (t.last === null || cycle <= t.last);

function tensorText(t) {
  const kind = [t.type, t.shape.length ? `[${t.shape.join(", ")}]` : ""].filter(Boolean).join(" ");
  return `${t.name || "unnamed"}${kind ? ` ${kind}` : ""}`;
}

function tensorPlace(t) {
  const end = t.address + t.rows - 1;
  return `${"WE"[t.side]}.mem${t.slice} ${spellAddress(t.address)}${t.rows > 1 ? ` to ${spellAddress(end)}` : ""}`;
}

// Tensors that an issue reads or writes: [{part, tensor}].
function tensorsOf(i, issue, cycle) {
  const queue = data.queues[run.queue[i]];
  if (queue.unit !== "mem") return [];
  return touches(i, issue).flatMap(({ part, from, to }) =>
    tensorsAt(queue.side, queue.number, from, to, cycle).map((tensor) => ({ part, tensor })));
}

function parkedAt(queue, cycle) {
  return data.parked[queue].find(([first, last]) => first <= cycle && cycle < last) || null;
}

const number = (value) => value.toLocaleString("en-US");
const streams = ([role, direction, stream, width]) =>
  `${"EW"[direction]}${stream}${width > 1 ? `–${stream + width - 1}` : ""} (${role})`;
