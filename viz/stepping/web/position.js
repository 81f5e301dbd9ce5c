// --- the list of every gradient ---
const list = data.nodes.map(([name, , , label]) => {
  const row = make("tr", undefined, get("gradients").tBodies[0]);
  make("td", name, row).title = label ?? name;
  return { row, data: make("td", "", row), grad: make("td", "", row) };
});

let position = 0;
let allowed = last; // how far one may step: practice asks first

// a box in words: its name for a screen reader, and what a mouse is told
const said = (place, known, grad) => {
  const [name, kind, value, label] = data.nodes[place];
  return `${label ?? name}, ${kind}: ${known ? value : "not computed yet"}, gradient: ${grad || "not there yet"}`;
};

// --- a node, in the picture and in the list, as it is now ---
const paint = (place) => {
  const [, kind, value] = data.nodes[place];
  const step = steps[position - 1];
  const box = boxes[place];
  const known = computed[place] < position;
  const found = adds[place].findLast((add) => add.row < position);
  const full = complete[place] < position;
  const receives = step?.to === place && position > begins;
  const classes = { off: !known, full, part: found && !full, to: receives, on: receives, now: step?.node === place };
  for (const element of [box, list[place].row]) {
    for (const name in classes) element?.classList.toggle(name, Boolean(classes[name]));
  }
  const exact = found?.few ?? found?.after ?? (kind === "input" ? "none" : "");
  write(list[place].data, known ? value : "");
  write(list[place].grad, exact);
  if (!box) return;
  write(box.querySelector(".d"), known || data.shapes ? value : "·");
  write(box.querySelector(".g"), found?.after ?? (exact || "·"));
  write(box.querySelector("title") ?? draw("title", {}, box, true), said(place, known, exact));
};

// --- one position: only what changes is painted, so that large graphs step at once ---
const show = (wanted) => {
  const before = position;
  position = Math.max(0, Math.min(allowed, wanted));
  const step = steps[position - 1];
  const back = position > begins;
  const between = steps.slice(Math.min(before, position), Math.max(before, position));
  const ends = [steps[before - 1], step].filter(Boolean);
  new Set([...between, ...ends].flatMap((one) => [one.to, one.node])).forEach(paint);
  for (const i of [before, position]) rows[i - 1]?.classList.toggle("on", i === position);
  note("");
  if (svg) {
    svg.classList.toggle("back", back);
    between.forEach(flow);
    mark(step);
  }
  tell(step, back);
  explain(step);
  follow(step);
  reveal(get("list"), list[step?.to ?? 0].row);
  reveal(get("all"), rows[position - 1] ?? rows[0]);
  shown.forEach((listener) => listener(step));
};
