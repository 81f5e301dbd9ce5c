// --- the graph, run again ---
// `kernels`, `graph`, `seed` and `why` were written for this graph: see rerun.py.
const isLeaf = graph.map((row) => !Array.isArray(row));
// of each result, the nodes among its inputs: [place, number of the input]
const edges = graph.map((row, place) =>
  isLeaf[place] ? [] : row[1].map((x, i) => [x, i]).filter(([x]) => !Array.isArray(x)));
const original = graph.map((row, place) => (isLeaf[place] ? row : NaN));

const run = (leaves) => {
  const values = [...leaves];
  const locals = [];
  const grads = [];
  const given = (row) => row[1].map((x) => (Array.isArray(x) ? x[0] : values[x]));
  graph.forEach((row, place) => {
    if (isLeaf[place]) return;
    const inputs = given(row);
    const [forward, ...rules] = kernels[row[0]] ?? [];
    values[place] = forward ? forward(...inputs) : row[2];
    locals[place] = row[3] ?? rules.map((rule) => (rule ? rule(1, values[place], ...inputs) : 0));
  });
  grads[graph.length - 1] = seed;
  for (let place = graph.length - 1; place >= 0; place--) {
    if (isLeaf[place]) continue;
    const row = graph[place];
    const inputs = given(row);
    edges[place].forEach(([x, i]) => {
      const rule = kernels[row[0]]?.[i + 1];
      const part = rule ? rule(grads[place], values[place], ...inputs) : row[3] ? grads[place] * row[3][i] : 0;
      grads[x] = x in grads ? grads[x] + part : part;
    });
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
let before = -1; // the step from which a leaf was changed; -1 while none is
const changes = []; // what is told of it

const changed = () => before >= 0;
const change = (wanted) => {
  if (!changed()) {
    const from = position;
    go(last);
    before = from;
    document.documentElement.classList.add("changed");
    svg?.querySelectorAll(".hot, .to, .now").forEach((part) => part.classList.remove("hot", "to", "now"));
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
  changes.forEach((listener) => listener());
});

// in fields, keys are the field's own
const keysOf = (part) => (part.onkeydown = (event) => {
  if (event.target.closest("input, select")) event.stopPropagation();
});
// a labelled field
const field = (text, tag, options, parent) => {
  const label = make("label", `${text} `, parent);
  const made = make(tag, undefined, label);
  return Object.assign(made, options);
};
// a select of nodes
const select = (text, places, parent) => {
  const made = field(text, "select", {}, parent);
  places.forEach((place) => (make("option", names[place], made).value = place));
  return made;
};
