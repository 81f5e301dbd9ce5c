// --- the list of every gradient ---
const list = data.nodes.map(([name, kind, value, label]) => {
  const row = make("tr", undefined, get("gradients").tBodies[0]);
  make("td", name, row).title = label ?? name;
  const cells = { row, kind, value, data: make("td", "", row), grad: make("td", "", row) };
  return cells;
});

let position = 0;

// a box in words: its name for a screen reader, and what a mouse is told
const said = (place, known, grad) => {
  const [name, kind, value, label] = data.nodes[place];
  return `${label ?? name}, ${kind}: ${known ? value : "not computed yet"}, gradient: ${grad || "not there yet"}`;
};

// --- one position ---
const show = (wanted) => {
  position = Math.max(0, Math.min(last, wanted));
  const step = steps[position - 1];
  const back = position > begins;
  const grads = new Map();
  const done = new Set();
  for (const past of steps.slice(0, position)) {
    if (past.kind === FORWARD) done.add(past.node);
    else grads.set(past.kind === SEED ? past.node : past.to, past);
  }
  svg?.classList.toggle("back", back);
  data.nodes.forEach(([, kind, value], place) => {
    const known = done.has(place) || kind === "leaf" || kind === "input";
    const found = grads.get(place);
    const full = found && complete[place] < position;
    const receives = Boolean(step) && (step.kind === BACKWARD ? step.to : back ? step.node : -1) === place;
    for (const element of [boxes[place], list[place].row]) {
      if (!element) continue;
      element.classList.toggle("off", !known);
      element.classList.toggle("full", Boolean(full));
      element.classList.toggle("part", Boolean(found) && !full);
      element.classList.toggle("to", receives);
      element.classList.toggle("now", Boolean(step) && step.node === place);
      element.classList.toggle("on", receives);
    }
    write(boxes[place]?.querySelector(".d"), known || data.shapes ? value : "·");
    write(boxes[place]?.querySelector(".g"), found ? found.after : kind === "input" ? "none" : "·");
    write(list[place].data, known ? value : "");
    const exact = found?.few ?? found?.after ?? (kind === "input" ? "none" : "");
    write(list[place].grad, exact);
    write(boxes[place]?.firstElementChild, said(place, known, exact));
  });
  svg?.querySelectorAll(":scope > .hot").forEach((edge) => edge.classList.remove("hot"));
  get("times")?.remove();
  rows.forEach((row, i) => row.classList.toggle("on", i === position - 1));
  if (step && svg) mark(step);
  tell(step, back);
  explain(step);
  elements(step);
  follow(step);
  shown.forEach((listener) => listener(step));
};
