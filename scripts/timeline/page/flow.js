// Where the operands of an issue come from and where its results go: a value keeps its slot, position minus time.

const step = (direction) => (direction === 0 ? 1 : -1);

// Offsets at which the queues of a unit drive, found once.
let driveOffsets = null;

function offsetsOf(unit) {
  if (!driveOffsets) {
    driveOffsets = {};
    for (let i = 0; i < run.count; i++) {
      const own = driveOffsets[data.queues[run.queue[i]].unit] ||= new Set();
      for (const use of formOf(i).drives) own.add(use[4]);
    }
  }
  return driveOffsets[unit] || new Set();
}

const overlaps = (a, b) => a[1] === b[1] && a[2] < b[2] + b[3] && b[2] < a[2] + a[3];

// Issues whose results an operand finds in a cycle, nearest upstream for each stream of the group.
function producers(queue, cycle, use) {
  const target = data.queues[queue].sample[use[1]], found = [];
  if (target === null) return found;
  for (let q = 0; q < data.queues.length; q++) {
    const place = data.queues[q].drive[use[1]];
    if (place === null) continue;
    const hops = (target - place) * step(use[1]);
    if (hops < 0) continue;
    for (const offset of offsetsOf(data.queues[q].unit)) {
      const issued = issueAt(q, cycle + use[4] - hops - offset);
      if (!issued || issued.issue < 0) continue;
      for (const drive of formOf(issued.run).drives) {
        if (drive[4] === offset && overlaps(drive, use)) found.push({ ...issued, hops, stream: drive });
      }
    }
  }
  return nearest(found, use);
}

// Of several, those that are not hidden by another one further downstream on the same streams.
function nearest(found, use) {
  found.sort((a, b) => a.hops - b.hops);
  const left = new Set();
  for (let n = use[2]; n < use[2] + use[3]; n++) left.add(n);
  return found.filter(({ stream }) => {
    let any = false;
    for (let n = stream[2]; n < stream[2] + stream[3]; n++) any = left.delete(n) || any;
    return any;
  });
}

// Issues that find a result in one of their operands, before another producer overwrites it.
function consumers(queue, cycle, drive) {
  const start = data.queues[queue].drive[drive[1]], found = [];
  if (start === null) return found;
  for (let q = 0; q < data.queues.length; q++) {
    const place = data.queues[q].sample[drive[1]];
    if (place === null) continue;
    const hops = (place - start) * step(drive[1]);
    if (hops < 0) continue;
    const issued = issueAt(q, cycle + drive[4] + hops);
    if (!issued || issued.issue < 0) continue;
    for (const use of formOf(issued.run).samples) {
      if (use[4] !== 0 || !overlaps(use, drive)) continue;
      const from = producers(q, issued.cycle, use);
      if (from.some((p) => p.queue === queue && p.cycle === cycle)) found.push({ ...issued, hops, stream: use });
    }
  }
  return found;
}

// Operands that come by no stream: of the mesh the result a latency ago, or else what the neighbor latched last.
function insideOf(at) {
  const found = [];
  for (const [role, way] of formOf(at.run).inner) {
    const queue = data.queues[at.queue].inner[way], when = at.cycle - data.latency[way === "sums" ? "abc" : "alu"];
    if (queue === undefined) continue;
    const issued = issueAt(queue, when);
    if (issued && issued.issue >= 0) found.push({ ...issued, way: role === way ? way : `${role}: ${way}` });
    else if (way !== "sums") {
      let last = firstFrom(queue, when) - 1;
      while (last >= begins[queue] && !run.unit[last]) last--;
      if (last < begins[queue] || formOf(last).name !== "Latch") continue;
      const issue = Math.min(run.n[last] - 1, Math.floor((when - run.start[last]) / run.d[last]));
      found.push({ run: last, queue, cycle: run.start[last] + issue * run.d[last], issue, way: `${role}: ${way}, latched` });
    }
  }
  return found;
}

// Issues that take a result by no stream, a latency later; what a Latch keeps for later ones is not followed.
function insideTo(at) {
  const found = [];
  data.queues.forEach((queue, q) => {
    for (const [way, from] of Object.entries(queue.inner)) {
      if (from !== at.queue) continue;
      const issued = issueAt(q, at.cycle + data.latency[way === "sums" ? "abc" : "alu"]);
      if (!issued || issued.issue < 0) continue;
      for (const [role, own] of formOf(issued.run).inner) if (own === way) found.push({ ...issued, way: role === way ? way : `${role}: ${way}` });
    }
  });
  return found;
}

// What an issue is connected to.
function links(at) {
  if (at.issue < 0) return { from: [], to: [] };
  const form = formOf(at.run);
  return {
    from: [...form.samples.flatMap((use) => producers(at.queue, at.cycle, use)), ...insideOf(at)],
    to: [...form.drives.flatMap((use) => consumers(at.queue, at.cycle, use)), ...insideTo(at)],
  };
}
