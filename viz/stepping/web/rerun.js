// --- the graph, run again ---
// `kernels`, `graph`, `seed` and `why` were written for this graph: see rerun.py.
const isLeaf = graph.map((row) => !Array.isArray(row));
// of each result, the nodes among its inputs: [place, number of the input]
const edges = graph.map((row, place) =>
  isLeaf[place] ? [] : row[1].map((x, i) => [x, i]).filter(([x]) => !Array.isArray(x)));
const original = graph.map((row, place) => (isLeaf[place] ? row : NaN));

const given = (place, values) => graph[place][1].map((x) => (Array.isArray(x) ? x[0] : values[x]));
const forward = (leaves) => {
  const values = [...leaves];
  graph.forEach((row, place) => {
    if (!isLeaf[place]) values[place] = kernels[row[0]]?.[0](...given(place, values)) ?? row[2];
  });
  return values;
};
const run = (leaves) => {
  const values = forward(leaves);
  const locals = [];
  const grads = [];
  grads[graph.length - 1] = seed;
  for (let place = graph.length - 1; place >= 0; place--) {
    if (isLeaf[place]) continue;
    const [kernel, , , kept] = graph[place];
    const inputs = given(place, values);
    // what the edge to input i carries, if g arrives
    const part = (i, g) => (kept ? g * kept[i] : kernels[kernel][i + 1]?.(g, values[place], ...inputs) ?? 0);
    locals[place] = inputs.map((_, i) => part(i, 1));
    for (const [x, i] of edges[place]) {
      const more = part(i, grads[place]);
      grads[x] = x in grads ? grads[x] + more : more;
    }
  }
  return { values, locals, grads };
};
const was = run(original);

// a result without a kernel keeps its number: leaves it is made of must keep theirs
const keeps = [];
for (let place = graph.length - 1; place >= 0; place--) {
  if (isLeaf[place]) continue;
  const found = graph[place][0] < 0 ? place : keeps[place];
  if (found !== undefined) edges[place].forEach(([x]) => (keeps[x] ??= found));
}

// a number as the rest of the page has it: six digits
const brief = (x) => {
  if (!Number.isFinite(x)) return x > 0 ? "inf" : x < 0 ? "−inf" : "nan";
  const [digits, e] = x.toExponential(5).split("e");
  const text = e < -4 || e > 5
    ? `${Number(digits)}e${e[0]}${e.slice(1).padStart(2, "0")}`
    : Object.is(x, -0) ? "-0" : String(Number(x.toPrecision(6)));
  return text.replace(/-/g, "−");
};
const signed = (x) => (x > 0 ? "+" : "") + brief(x);

// a number in an element, to the last bit in its title
const put = (element, x, text = brief(x)) => {
  if (!element) return;
  write(element, text);
  element.title = x;
};

// a number in a box, smaller where it would not fit
let wide; // of each box, looked up all at once
const fill = (place, which, text) => {
  const element = boxes[place]?.querySelector(which);
  write(element, text);
  if (element) element.style.fontSize = `${Math.min(11.5, (1.4 * (wide[place] - 50)) / text.length)}px`;
};

// --- leaves that were changed ---
// Boxes and list then show the graph as it would be, and the steps, which are of the graph as it
// was, are not shown; any step brings it back.
let leaves = [...original];
let now = was;
let before = -1; // the step from which a leaf was changed; -1 while none is
const changes = []; // what is told of it

const changed = () => before >= 0;
const tell_changes = () => {
  document.documentElement.classList.toggle("changed", changed());
  write(get("every"), changed() ? "Every gradient, with the change" : "Every running gradient");
  changes.forEach((listener) => listener());
};
const change = (wanted) => {
  if (!changed()) {
    const from = position;
    go(last);
    before = from;
    for (const name of ["hot", "to", "now", "on"])
      document.querySelectorAll(`svg .${name}, tr.${name}`).forEach((part) => part.classList.remove(name));
    get("times")?.remove();
    note("Picture and list show the graph with the change; any step brings it back as it was.");
  }
  leaves = wanted;
  now = run(leaves);
  wide ??= boxes.map((box) => box?.getBBox().width);
  graph.forEach((_, place) => {
    const value = brief(now.values[place]);
    const grad = data.nodes[place][1] === "input" ? "none" : brief(now.grads[place]);
    const moved = !Object.is(now.values[place], was.values[place]);
    const { row, data: cell, grad: other } = list[place];
    for (const part of [boxes[place], row]) part?.classList.toggle("moved", moved);
    fill(place, ".d", value);
    fill(place, ".g", grad);
    write(boxes[place]?.querySelector("title"), `${names[place]}: ${value}, it was ${brief(was.values[place])}; gradient: ${grad}`);
    put(cell, now.values[place], value);
    put(other, now.grads[place], grad);
  });
  tell_changes();
};
shown.push(() => {
  if (!changed()) return;
  before = -1;
  leaves = [...original];
  now = was;
  names.forEach((_, place) => paint(place));
  document.querySelectorAll(".moved").forEach((part) => part.classList.remove("moved"));
  svg?.querySelectorAll("text[style]").forEach((text) => text.removeAttribute("style"));
  list.forEach(({ row }) => [...row.cells].slice(1).forEach((cell) => cell.removeAttribute("title")));
  tell_changes();
});

// a field with its label
const field = (text, tag, options, parent) =>
  Object.assign(make(tag, undefined, make("label", `${text} `, parent)), options);
const select = (text, places, parent) => {
  const made = field(text, "select", {}, parent);
  places.forEach((place) => (make("option", names[place], made).value = place));
  return made;
};
// fields side by side, with buttons after them
const bar = (part) => {
  const made = make("div", undefined, part);
  made.className = "fields";
  return made;
};
const button = (text, onclick, parent) => Object.assign(make("button", text, parent), { onclick });
const reset = (parent) => {
  const made = button("Reset", () => show(before), parent);
  changes.push(() => (made.disabled = !changed()));
  made.disabled = true;
};
// the body of a table with these heads
const tabled = (heads, parent) => {
  const table = make("table", undefined, parent);
  const row = make("tr", undefined, make("thead", undefined, table));
  heads.forEach((text) => (make("th", text, row).scope = "col"));
  return make("tbody", undefined, table);
};
// lines through points, in a frame around the first of them, a dot, and what they are
const plot = (into, lines, dot, label) => {
  const seen = lines.map((line) => line.filter(([, y]) => Number.isFinite(y)));
  into.replaceChildren();
  if (!seen[0].length) return;
  const [[left, right], [low, high]] = [0, 1].map((i) => {
    const along = seen[0].map((point) => point[i]);
    const [least, most] = [Math.min(...along), Math.max(...along)];
    return least < most ? [least, most] : [least - 1, least + 1];
  });
  // halves, as the whole span of the largest numbers is infinite; what is far outside ends there
  const share = (x, from, to) => Math.max(-9, Math.min(9, (x / 2 - from / 2) / (to / 2 - from / 2) || 0));
  const at = ([x, y]) => [8 + 324 * share(x, left, right), 92 - 84 * share(y, low, high)];
  const text = (number, x, y) => `<text x="${x}" y="${y}">${brief(Number(number.toPrecision(3)))}</text>`;
  const [x, y] = at(dot);
  const drawn = seen.map((line) => `<polyline points="${line.map(at)}"/>`).join("");
  const spot = Number.isFinite(y) ? `<circle cx="${x}" cy="${y}" r="5"/>` : "";
  const ends = [text(left, 4, 108), text(right, 300, 108), text(high, 340, 12), text(low, 340, 96)].join("");
  into.innerHTML = `<svg class="plot" viewBox="0 0 400 112" aria-hidden="true"><svg width="338" height="100">${drawn}${spot}</svg>${ends}</svg>`;
  make("p", label, into);
};
