// --- twin zoom: the Value graph of one element, stepping in time with the array's edge ---
{ // its names are its own
const twin = section("twin", "");
const twinBar = make("div", undefined, twin);
const [twinBack, twinPlay, twinOn] = ["‹", "Play", "›"].map((text) => make("button", text, twinBar));
twinBack.setAttribute("aria-label", "one edge back");
twinOn.setAttribute("aria-label", "one edge on");
const twinCount = make("output", "", twinBar);
const twinSay = make("p", "", twin);
twinSay.setAttribute("role", "status");
const twinRoom = make("div", undefined, twin);
twinRoom.tabIndex = 0;
twinRoom.setAttribute("role", "group");
const twinNote = make("p", "", twin);

let zoomed; // what is drawn: its boxes, its edges, its numbers
let edge = 0; // how many of its edges, or ops, have happened
let twinTimer = 0;
let left = 0; // the page's position that was shown before

const paint = (tag, attributes, parent, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return parent.appendChild(element);
};
const brief = (text) => (text.length > 17 ? `${text.slice(0, 6)}…${text.slice(-10)}` : text);

// which element is looked at: that of the grid, or the one number there is
const lookedAt = () => {
  const step = steps[position - 1];
  if (!step || step.kind === SEED) return {};
  const of = step.kind === FORWARD ? step.node : step.to;
  const cells = data.cells[step.row];
  const i = cells ? chosen : 0;
  const shape = data.nodes[of][2];
  // of an array with too many numbers, a place that there is
  const some = shape.startsWith("(") && !/\b0\b/.test(shape) && shape.replace(/\d+/g, 0);
  const place = cells && (cells.places[i].includes(",") ? `(${cells.places[i]})` : cells.places[i]);
  return { row: step.row, array: names[of], found: twins.rows[step.row]?.[i], place: place ?? some,
    name: cells ? `${names[of]}[${cells.places[i]}]` : names[of] };
};

const draw = () => {
  const { row, name, place, array, found } = lookedAt();
  zoomed = undefined;
  twin.hidden = !found && !place;
  if (twin.hidden) return;
  write(twin.firstChild, `Value graph of ${name}`);
  const drawn = Array.isArray(found);
  twinBar.hidden = twinRoom.hidden = twinSay.hidden = !drawn;
  write(twinNote, drawn ? found[5] : found ??
    `Not drawn here, to keep the page small: step_through(…, elements={"${array}": ${place}}) draws it.`);
  if (!drawn || !twin.open) return;
  const [shape, titles, values, seeds, flows] = found;
  const [width, height, places, order] = twins.shapes[shape];
  const back = steps[row].kind === BACKWARD;
  twinRoom.setAttribute("aria-label", `graph of ${name}, ${places.length} boxes`);
  twinRoom.replaceChildren();
  const art = paint("svg", { class: back ? "graph back" : "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `graph of ${name}` }, twinRoom);
  const lines = places.map(([, , , , ...inputs]) => inputs.map(([, d]) => paint("path", { d }, art)));
  const ends = new Set(places.flatMap(([, , , , ...inputs]) => inputs.map(([from]) => from)));
  const drawnBoxes = places.map(([symbol, x, y, tall, ...inputs], i) => {
    const kind = inputs.length ? (ends.has(i) ? "result" : "output") : titles[i] ? "leaf" : "constant";
    const box = paint("g", { class: `node ${kind}`, transform: `translate(${x},${y})` }, art);
    paint("title", {}, box, titles[i] || symbol || "constant");
    paint("rect", { width: 122, height: tall, rx: inputs.length ? 2 : 9 }, box);
    paint("text", { x: 7, y: 13, class: symbol ? "t" : "" }, box, symbol || brief(titles[i]) || "constant");
    if (symbol) paint("text", { x: 115, y: 13, class: "r" }, box, brief(titles[i]));
    paint("text", { x: 115, y: 27, class: "r d" }, box, values[i]);
    if (tall > 40) paint("text", { x: 7, y: 42 }, box, "grad");
    if (tall > 40) paint("text", { x: 115, y: 42, class: "r g" }, box);
    return box;
  });
  const ops = places.flatMap(([symbol], i) => (symbol ? [i] : []));
  zoomed = { back, boxes: drawnBoxes, lines, places, titles, values, seeds, flows, order, ops, art, name,
    last: back ? flows.length : ops.length };
};

const called = (i) => zoomed.titles[i] || zoomed.places[i][0];
const told = () => {
  const { back, places, values, flows, order, ops, seeds } = zoomed;
  if (!edge) return back ? `backward begins: ${Object.entries(seeds).map(([i, g]) => `gradient of ${called(i)} = ${g}`).join(", ")}` : "nothing is computed yet";
  if (back) {
    const [upstream, local, part, before, after] = flows[edge - 1];
    const [box, index] = order[edge - 1];
    return `${upstream} × ${local} = ${part}, added to ${called(places[box][4 + index][0])}: ${before} → ${after}`;
  }
  const i = ops[edge - 1];
  const [symbol, , , , ...inputs] = places[i];
  const numbers = inputs.map(([from]) => values[from]);
  const made = symbol === "=" ? numbers[0]
    : numbers.length > 1 && symbol.length < 3 ? numbers.join(` ${symbol} `) : `${symbol}(${numbers.join(", ")})`;
  return `${zoomed.titles[i] ? `${zoomed.titles[i]} = ` : ""}${made} = ${values[i]}`;
};

// the first `wanted` edges have happened
const reach = (wanted) => {
  if (!zoomed) return;
  const { back, boxes: all, lines, places, values, seeds, flows, order, ops, art, last: end } = zoomed;
  edge = Math.max(0, Math.min(end, wanted));
  const grads = { ...seeds };
  const to = (k) => places[order[k][0]][4 + order[k][1]][0];
  flows.slice(0, edge).forEach((flow, k) => (grads[to(k)] = flow[4]));
  const open = new Set(flows.map((_, k) => k).slice(edge).map(to));
  const now = edge ? (back ? order[edge - 1][0] : ops[edge - 1]) : -1;
  all.forEach((box, i) => {
    const known = back || !places[i][0] || ops.indexOf(i) < edge;
    box.classList.toggle("off", !known);
    box.classList.toggle("now", i === now);
    box.classList.toggle("to", back && edge > 0 && to(edge - 1) === i);
    box.classList.toggle("full", i in grads && !open.has(i));
    write(box.querySelector(".d"), known ? values[i] : "·");
    write(box.querySelector(".g"), grads[i] ?? "·");
  });
  art.querySelectorAll(".hot,.times").forEach((old) => (old.matches("path") ? old.classList.remove("hot") : old.remove()));
  if (now >= 0) {
    const hot = back ? [lines[now][order[edge - 1][1]]] : lines[now];
    hot.forEach((line) => line.classList.add("hot"));
    if (back) {
      const length = hot[0].getTotalLength();
      const { x, y } = hot[0].getPointAtLength(length > 150 ? length - 115 : length / 2);
      paint("text", { class: "times", x, y: y + 4 }, art, `× ${flows[edge - 1][1]}`);
    }
    // only the drawing is scrolled, not the page around it
    const [seen, box] = [twinRoom, all[back ? to(edge - 1) : now]].map((one) => one.getBoundingClientRect());
    const over = (low, high) => Math.min(0, box[low] - seen[low] - 8) + Math.max(0, box[high] - seen[high] + 8);
    twinRoom.scrollBy(over("left", "right"), over("top", "bottom"));
  }
  write(twinCount, `${edge} / ${end}`);
  write(twinSay, told());
};

const rest = () => {
  clearInterval(twinTimer);
  twinTimer = 0;
  write(twinPlay, "Play");
};
const run = (pace) => {
  rest();
  write(twinPlay, "Pause");
  twinTimer = setInterval(() => {
    reach(edge + 1);
    if (!zoomed || edge === zoomed.last) rest();
  }, pace);
};
// all of it at once, or edge by edge: within the page's own beat, when that plays
const look = (flowing) => {
  rest();
  draw();
  if (!zoomed) return;
  const flows = flowing && !calm.matches;
  reach(flows ? 0 : zoomed.last);
  if (flows) run(timer ? 1000 / get("speed").value / zoomed.last : Math.min(500, 2400 / zoomed.last));
};
// past its last edge, the page goes on
const step = (by) => {
  rest();
  if (!zoomed) return;
  const wanted = edge + by;
  if (wanted >= 0 && wanted <= zoomed.last) return reach(wanted);
  go(position + by);
  rest();
  reach(by > 0 ? 0 : Infinity);
};

twinBack.onclick = () => step(-1);
twinOn.onclick = () => step(1);
twinPlay.onclick = () => {
  if (twinTimer) return rest();
  if (edge === zoomed.last) reach(0);
  run(500);
};
twin.onkeydown = (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || !zoomed) return;
  event.preventDefault();
  event.stopPropagation();
  step(by);
};
twin.ontoggle = () => {
  if (!zoomed || !twin.open) look(true); // a click on an element has drawn it already
  fit();
  follow(steps[position - 1]);
};
get("grid").addEventListener("click", () => {
  twin.open = true;
  look(true);
  if (!broad.matches) twin.scrollIntoView({ block: "nearest" }); // it is below what was chosen
});
shown.push(() => {
  look(position === left + 1);
  left = position;
});

// beside a narrow panel there is room for it under the graph
const broad = matchMedia("(min-width: 900px)");
const move = () => (broad.matches ? get("graph").after(twin) : get("elements").after(twin));
broad.onchange = move;
move();
}
