// --- arrays: their shapes, and their elements ---
// what the arrays of a step are like: `∂L/∂y (4, 2), x (4, 3), w (3, 2) → ∂L/∂w (3, 2)`
const shapes = (step) => {
  if (!step || step.kind === SEED) return "";
  const shape = (place) => (data.nodes[place][2].startsWith("(") ? data.nodes[place][2] : "()");
  const parts = data.inputs[step.node].map((place) => `${names[place]} ${shape(place)}`);
  if (step.kind === FORWARD)
    return `shapes: ${parts.join(", ")} → ${names[step.node]} ${shape(step.node)}`;
  parts.unshift(`${gradient(step.node)} ${shape(step.node)}`);
  return `shapes: ${parts.join(", ")} → ${gradient(step.to)} ${shape(step.to)}`;
};

const part = make("div", undefined, get("step"));
part.id = "elements";
part.innerHTML = '<h2></h2><div id="grid" role="group" aria-label="elements; arrow keys move"></div><div id="element" aria-live="polite"></div>';
let chosen = 0;

const elements = (step) => {
  const cells = step && data.cells[step.row];
  part.hidden = !cells;
  if (!cells) return;
  const what = step.kind === FORWARD ? names[step.node] : `added to ${gradient(step.to)}`;
  write(part.firstElementChild, `${what}, shape ${cells.shape}: choose an element`);
  chosen = Math.min(chosen, cells.values.length - 1);
  const grid = get("grid");
  grid.replaceChildren();
  grid.style.gridTemplateColumns = `repeat(${cells.columns}, minmax(min-content, 5.5rem))`;
  cells.values.forEach((value, i) => {
    const button = make("button", value, grid);
    button.type = "button";
    button.setAttribute("aria-label", `element ${cells.places[i]}: ${value}`);
    button.onclick = () => choose(cells, i);
  });
  choose(cells, chosen);
};

const choose = (cells, i) => {
  chosen = i;
  [...get("grid").children].forEach((button, k) => {
    button.setAttribute("aria-pressed", k === i);
    button.tabIndex = k === i ? 0 : -1;
  });
  const text = cells.written[i] ??
    'not written out here, to keep the page small: step_through(…, elements={"name": (0, 1)}) writes out the elements you name';
  get("element").replaceChildren(...text.split("\n").map((part) => make("div", part)));
};

get("grid").onkeydown = (event) => {
  const buttons = [...get("grid").children];
  const at = buttons.indexOf(document.activeElement);
  const across = data.cells[steps[position - 1].row].columns;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
  if (at < 0 || !by) return;
  event.preventDefault();
  event.stopPropagation();
  const next = buttons[at + by];
  if (next) {
    next.click();
    next.focus();
  }
};

shown.push((step) => {
  write(get("shapes"), shapes(step));
  elements(step);
});
