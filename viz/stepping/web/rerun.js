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

// --- leaves that were changed ---
// Boxes and list then show the graph as it would be, and the steps, which are of the graph as it
// was, are not shown; any step brings it back.
let leaves = [...original];
let now = was;
const what = get("what").textContent;
let before = -1; // the step from which a leaf was changed; -1 while none is
const changes = []; // what is told of it

const changed = () => before >= 0;
const change = (wanted) => {
  if (!changed()) {
    const from = position;
    go(last);
    before = from;
    document.documentElement.classList.add("changed");
    for (const part of document.querySelectorAll(".hot, .to, .now, .on:is(tr, g)")) part.classList.remove("hot", "to", "now", "on");
    get("times")?.remove();
    write(get("phase"), "A leaf was changed: picture and list show the graph as it is then. Any step brings it back.");
    write(get("every"), "Every gradient, with the change");
  }
  leaves = wanted;
  now = run(leaves);
  graph.forEach((_, place) => {
    const moved = !Object.is(now.values[place], was.values[place]);
    const value = brief(now.values[place]);
    const grad = data.nodes[place][1] === "input" ? "none" : brief(now.grads[place]);
    for (const part of [boxes[place], list[place].row]) part?.classList.toggle("moved", moved);
    write(boxes[place]?.querySelector(".d"), value);
    write(boxes[place]?.querySelector(".g"), grad);
    write(boxes[place]?.firstElementChild, `${names[place]}: ${value}, it was ${brief(was.values[place])}; gradient: ${grad}`);
    put(list[place].data, now.values[place], value);
    put(list[place].grad, now.grads[place], grad);
  });
  const [old, y] = [was, now].map(({ values }) => brief(values[graph.length - 1]));
  write(get("what"), `changed: ${data.root} = ${y}, it was ${old}`);
  changes.forEach((listener) => listener());
};
const restore = () => changed() && show(before);
shown.push(() => {
  if (!changed()) return;
  before = -1;
  leaves = [...original];
  now = was;
  data.nodes.forEach((_, place) => paint(place));
  document.documentElement.classList.remove("changed");
  document.querySelectorAll(".moved").forEach((part) => part.classList.remove("moved"));
  list.forEach(({ data, grad }) => [data, grad].forEach((cell) => cell.removeAttribute("title")));
  write(get("every"), "Every running gradient");
  write(get("what"), what);
  changes.forEach((listener) => listener());
});

// in fields, keys are the field's own
const keysOf = (part) => part.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, button")) event.stopPropagation();
});
// a field with its label
const field = (text, tag, options, parent) => {
  const label = make("label", `${text} `, parent);
  return Object.assign(make(tag, undefined, label), options);
};
const select = (text, places, parent) => {
  const made = field(text, "select", {}, parent);
  places.forEach((place) => (make("option", names[place], made).value = place));
  return made;
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
  const seen = (line) => line.filter(([, y]) => Number.isFinite(y));
  if (!seen(lines[0]).length) return into.replaceChildren();
  const [[left, right], [low, high]] = [0, 1].map((i) => {
    const along = seen(lines[0]).map((point) => point[i]);
    const [least, most] = [Math.min(...along), Math.max(...along)];
    return least < most ? [least, most] : [least - 1, least + 1];
  });
  const at = ([x, y]) => [8 + (324 * (x - left)) / (right - left), 92 - (84 * (y - low)) / (high - low)].map((x) => x.toFixed(1));
  const [x, y] = at(dot);
  const text = (number, x, y, anchor) => `<text x="${x}" y="${y}" text-anchor="${anchor}">${brief(Number(number.toPrecision(3)))}</text>`;
  into.innerHTML = `<svg class="plot" viewBox="0 0 400 112" aria-hidden="true"><svg width="338" height="100">${
    lines.map((line) => `<polyline points="${seen(line).map(at).join(" ")}"/>`).join("")
  }${Number.isFinite(dot[1]) ? `<circle cx="${x}" cy="${y}" r="5"/>` : ""}</svg>${
    text(left, 8, 108, "start")}${text(right, 332, 108, "end")}${text(high, 340, 12, "start")}${text(low, 340, 96, "start")}</svg>`;
  make("p", label, into);
};
