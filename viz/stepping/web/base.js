// What every part of the page uses.  The files of this folder are one script, in the order that
// `program.py` gives; each knows those before it.
//
// The table of steps in the page is the one place where equations stand; `data`, declared before
// all files, says which node and edge each row is about.  A position p means: the first p rows
// have happened.
const get = (id) => document.getElementById(id);

const make = (tag, text, parent) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
// a part of a picture, before all else in it or after
const draw = (tag, attributes, parent, first) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  parent[first ? "prepend" : "append"](element);
  return element;
};
const write = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

// what stands in `page.html` takes its places around the picture, which gets a box to move in
const view = make("div");
view.id = "view";
view.append(...get("graph").childNodes);
const parts = make("template");
parts.innerHTML = markup;
const [controls, tools, panel, footer] = parts.content.children;
document.querySelector("header").after(controls);
get("graph").append(view, tools);
get("graph").after(panel);
get("say").before(footer);

const rows = [...get("all").querySelectorAll("tbody tr")];
const steps = data.steps.map(([kind, node, index, to, rule, formula, local, flow, few], row) => {
  const [equation, running] = rows[row].cells;
  const [before, after] = running.textContent.split(" → ");
  return { kind, node, index, to: to ?? node, rule, formula, local, flow, few, row, equation, before, after };
});
const FORWARD = 0, SEED = 1, BACKWARD = 2;
const names = data.nodes.map((node) => node[0]);
const last = steps.length;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const svg = document.querySelector("svg.graph");
const boxes = data.nodes.map((_, place) => get(`n${place}`));
const gradient = (place) => `∂${data.root}/∂${names[place]}`;

// for each node: the row that computes it (−1: nothing has to), the steps that add to its gradient,
// and where that is complete
const computed = data.nodes.map(() => -1);
const adds = data.nodes.map(() => []);
steps.forEach((step) => {
  if (step.kind === FORWARD) computed[step.node] = step.row;
  else adds[step.to].push(step);
});
const complete = adds.map((those) => those.at(-1)?.row);
const begins = steps.findIndex((step) => step.kind !== FORWARD);

// what else is told of each new position, and of a node that was chosen in the picture
const shown = [];
const picked = [];

// a part of the panel that opens and closes, for what not everybody needs at every step
const section = (id, title) => {
  const part = make("details", undefined, get("step"));
  part.id = id;
  part.className = "part";
  make("summary", title, part);
  return part;
};

// a word to the reader, until the next step
const note = (text) => write(get("note"), text);
