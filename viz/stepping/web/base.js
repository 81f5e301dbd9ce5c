// What every part of the page uses.  The files of this folder are one script, in the order that
// `program.py` gives; each knows those before it.
//
// The table of steps in the page is the one place where equations stand; `data`, declared before
// all files, says which node and edge each row is about.  A position p means: the first p rows
// have happened.
const get = (id) => document.getElementById(id);
const rows = [...get("all").querySelectorAll("tbody tr")];
const steps = data.steps.map(([kind, node, index, to, rule, formula, local, few], row) => {
  const [equation, running] = rows[row].querySelectorAll("td");
  const [before, after] = running.textContent.split(" → ");
  return { kind, node, index, to, rule, formula, local, few, row, equation, before, after };
});
const FORWARD = 0, SEED = 1, BACKWARD = 2;
const names = data.nodes.map((node) => node[0]);
const last = steps.length;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const svg = document.querySelector("svg.graph");
const boxes = data.nodes.map((_, place) => get(`n${place}`));
const gradient = (place) => `∂${data.root}/∂${names[place]}`;

// where each node's gradient is complete: after the last row that adds to it
const complete = [];
steps.forEach((step, row) => {
  if (step.kind === SEED) complete[step.node] = row;
  if (step.kind === BACKWARD) complete[step.to] = row;
});
const begins = steps.findIndex((step) => step.kind !== FORWARD);


const make = (tag, text, parent) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
const write = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

// what else is told of each new position, and of a node that was chosen in the picture
const shown = [];
const picked = [];

// a part of the panel that opens and closes, for what not everybody needs at every step
const section = (id, title) => {
  const part = make("details");
  part.id = id;
  part.className = "part";
  get("every").before(part);
  make("summary", title, part);
  return part;
};
