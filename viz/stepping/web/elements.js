// --- the elements of an array ---
let chosen = 0;

const elements = (step) => {
  const cells = step && data.cells[step.row];
  get("elements").hidden = !cells;
  if (!cells) return;
  const what = step.kind === FORWARD ? names[step.node] : `added to ${gradient(step.to)}`;
  write(get("elements").firstElementChild, `${what}, shape ${cells.shape}: choose an element`);
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
  const text = cells.written[i] ?? data.unwritten;
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
