// The panels beside the canvas, and the box at the pointer. Text that comes from a program is set as text, never as HTML.

const $ = (id) => document.getElementById(id);

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const entry = (list, name, value) => { if (value) list.append(make("dt", "", name), make("dd", "", value)); };

// What there is to say of a queue in a cycle.
function describe(queue, cycle) {
  const at = issueAt(queue, cycle), box = make("div"), q = data.queues[queue];
  box.append(make("div", "head", `${q.name} `, make("span", "dim", `cycle ${number(cycle)}`)));
  const list = make("dl");
  if (at) {
    const i = at.run;
    box.append(make("span", "code", spell(i, at.issue)));
    const many = run.n[i] > 1;
    const which = at.issue < 0 ? `between two of ${number(run.n[i])}` : `${number(at.issue + 1)} of ${number(run.n[i])}`;
    entry(list, "issue", many ? `${which}${run.d[i] > 1 ? `, every ${number(run.d[i])} cycles` : ""}` : "");
    entry(list, many ? "cycles" : "cycle", many ? `${number(run.start[i])} to ${number(run.end[i] - 1)}` : number(cycle));
    if (run.label[i] >= 0) entry(list, "operator", data.labels[run.label[i]]);
    const form = formOf(i);
    entry(list, "takes", form.inner.map(([role, way]) => `${role} from ${inside(way)}`).join(", "));
    entry(list, "samples", form.samples.length ? sampled(form.samples) : "");
    entry(list, "drives", form.drives.map((d) => `${streams(d)} at cycle ${number(cycle + d[4])}`).join(", "));
    for (const { part, tensor } of tensorsOf(i, at.issue, cycle)) {
      entry(list, part === "r" ? "reads" : "writes", `${tensorText(tensor)}, ${tensorPlace(tensor)}`);
    }
  } else {
    const parked = parkedAt(queue, cycle);
    if (cycle >= data.cycles || cycle < 0) entry(list, "state", cycle < 0 ? "before the start" : "the chip is idle");
    else entry(list, "state", parked ? `parked, cycles ${number(parked[0])} to ${number(parked[1] - 1)}` : "waits");
  }
  for (const m of data.marks) if (m[0] === cycle && m[1] === queue) box.append(make("div", "red", `${m[3]} ${m[4]}`));
  for (const d of data.differences) {
    if (d.cycle !== cycle || d.queue !== queue) continue;
    box.append(make("div", "red", data.meanings[d.kind]));
    entry(list, "promised", d.promised);
    entry(list, "happened", d.happened);
  }
  box.append(list);
  return box;
}

const inside = (way) => ({ sums: "the plane", self: "itself" }[way] || `neighbor ${way}`);

// An Ifetch samples many vectors of one stream: told once.
function sampled(uses) {
  const unique = [...new Set(uses.map(streams))];
  const last = Math.max(...uses.map((u) => u[4]));
  return unique.join(", ") + (last ? `, until cycle +${last}` : "");
}

function describeTensor(tensor) {
  const list = make("dl"), box = make("div", "", make("div", "head", tensorText(tensor)), list);
  entry(list, "place", tensorPlace(tensor));
  entry(list, "rows", `${number(tensor.rows)} of ${number(data.memory[4])} bytes`);
  entry(list, "kind", tensor.role);
  if (tensor.first !== null || tensor.last !== null) {
    entry(list, "lives", `${tensor.first === null ? "start" : number(tensor.first)} to ${tensor.last === null ? "end" : number(tensor.last)}`);
  } else entry(list, "lives", "whole run");
  return box;
}

function listed(text, more, click) {
  const row = make("button", "row", make("span", "", text), make("span", "num", more));
  row.addEventListener("click", click);
  return row;
}

function showPin() {
  $("pin-box").hidden = !view.pin;
  if (!view.pin) return;
  const { queue, cycle } = view.pin;
  $("pin").replaceChildren(describe(queue, cycle));
  for (const [title, ends] of [["operands come from", view.links.from], ["results go to", view.links.to]]) {
    if (!ends.length) continue;
    $("pin").append(make("div", "dim", title));
    for (const end of ends.slice(0, 60)) {
      const text = `${data.queues[end.queue].name} ${formOf(end.run).name} ${end.stream ? streams(end.stream).split(" ")[0] : `(${end.way})`}`;
      $("pin").append(listed(text, number(end.cycle), () => go(end.queue, end.cycle)));
    }
  }
}

function share(used, all) { return all > 0 ? 100 * used / all : 0; }

// Use of each unit in the cycles that the plot shows.
function usage() {
  const t0 = Math.max(0, Math.floor(view.t0)), t1 = Math.min(data.cycles, Math.ceil(view.t1));
  return data.units.map((unit) => {
    const own = data.queues.map((q, n) => (q.unit === unit.name ? n : -1)).filter((n) => n >= 0);
    const issued = own.reduce((sum, q) => sum + issuesBefore(q, t1) - issuesBefore(q, t0), 0);
    return { ...unit, here: issued, percent: share(issued, own.length * Math.max(1, t1 - t0)) };
  });
}

function showUsage() {
  const whole = view.t0 <= 0 && view.t1 >= data.cycles;
  $("use-range").textContent = whole ? "whole run" : `cycles ${number(Math.max(0, Math.floor(view.t0)))} to ${number(Math.min(data.cycles, Math.ceil(view.t1)))}`;
  $("use").replaceChildren(...usage().map((unit) => {
    const dot = make("i", "dot"), bar = make("i"), row = make("tr");
    dot.style.background = bar.style.background = unitColor(unit.name);
    bar.style.width = `${unit.percent}%`;
    row.dataset.unit = unit.name;
    row.title = `${unit.used} of ${unit.queues} queues used, ${number(unit.issued)} instructions in the whole run`;
    row.append(make("td", "", dot, unit.name), make("td", "bar", make("div", "", bar)), make("td", "num", `${unit.percent.toFixed(1)} %`));
    return row;
  }));
}

// What does not change with the view.
function showFacts() {
  document.title = `${data.name} – Superlane timeline`;
  $("name").textContent = data.name;
  const issues = run.n.reduce((sum, n) => sum + n, 0);
  $("facts").textContent = `${data.machine} · ${number(data.cycles)} cycles${data.complete ? "" : " (not to the end)"} · ` +
    `${number(issues)} issues in ${number(run.count)} runs`;
  const claims = data.compared !== null || data.predicted !== null;
  $("verdict").hidden = !claims && !data.difference_count;
  $("verdict").className = data.difference_count ? "bad" : "good";
  $("verdict").textContent = data.difference_count ? `${number(data.difference_count)} difference${data.difference_count > 1 ? "s" : ""}`
    : data.compared === null ? "cycles as predicted" : `${number(data.compared)} issues as promised`;
  $("diff-box").hidden = !data.difference_count;
  $("diff-count").textContent = number(data.difference_count);
  for (const [who, cycles] of data.cycle_differences) $("diffs").append(make("div", "red", `${who} ${number(cycles)} cycles, the program takes ${number(data.cycles)}`));
  $("diffs").className = $("marks").className = $("ops").className = $("tensors").className = "list";
  for (const d of data.differences.slice(0, 300)) {
    $("diffs").append(listed(`${data.queues[d.queue].name} ${data.meanings[d.kind]}`, number(d.cycle), () => go(d.queue, d.cycle)));
  }
  $("mark-box").hidden = !data.marks.length;
  $("mark-count").textContent = number(data.marks.length);
  for (const m of data.marks.slice(0, 300)) $("marks").append(listed(`${data.queues[m[1]].name} ${m[3]}`, number(m[0]), () => go(m[1], m[0])));
  $("op-box").hidden = !data.operators.length;
  $("op-count").textContent = number(data.operators.length);
  for (const o of data.operators) {
    const row = listed(o.name, `${number(o.first)}–${number(o.last)}`, () => zoom(o.first - 0.04 * (o.last - o.first) - 1, o.last + 0.04 * (o.last - o.first) + 2));
    row.title = `${o.source}${o.macs ? `, ${number(o.macs)} MACs` : ""}`;
    $("ops").append(row);
  }
  const [used, all] = memoryUse();
  $("memory-use").textContent = `${number(used)} of ${number(all)} rows, ${share(used, all).toFixed(1)} %`;
  const names = new Map();
  for (const t of data.tensors) names.set(t.name, [...(names.get(t.name) || []), t]);
  for (const [name, parts] of names) {
    const dot = make("i", "dot");
    dot.style.background = hue(name, 1);
    const rows = parts.reduce((sum, t) => sum + t.rows, 0);
    const row = listed(name || "unnamed", `${number(rows)} rows`, () => { memory.hover = name; show("memory"); });
    row.firstChild.prepend(dot);
    $("tensors").append(row);
  }
  for (const [key, text] of LEGEND) {
    const dot = make("i", "dot");
    dot.style.background = COLORS[key];
    $("legend").append(make("span", "", dot, text));
  }
  for (const [color, text] of [["var(--parked)", "parked"], ["var(--bad)", "difference, fault"]]) {
    const dot = make("i", "dot");
    dot.style.background = color;
    dot.style.outline = "1px solid var(--line)";
    $("legend").append(make("span", "", dot, text));
  }
}
