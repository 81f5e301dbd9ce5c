// A picture of Graphviz's whose modules open and close.  What a closed module leaves free is taken
// out of both axes; so boxes keep their order, and nothing comes to stand on anything else.

const SPACE = "http://www.w3.org/2000/svg";
const NEAR = 12; // around a box, room for arrow heads
const GAP = 30; // what is left where a closed module was
const MANY = 24; // boxes at first
const SMALLEST = 0.9; // pixels a point: smaller text could not be read, so the picture scrolls
const HEAD = 24; // of a frame, where its name is

const place = document.getElementById("picture");
const svg = place.querySelector("svg");
const graph = svg.querySelector(".graph");
const across = place.dataset.direction === "TB";

await shown();
document.documentElement.classList.add("js"); // the tools take room from now on

// Until then nothing has a size: in a frame that is not laid out yet, or stands in a hidden tab.
function shown() {
  return new Promise((done) => {
    const watch = new ResizeObserver(() => {
      if (!place.clientWidth) return;
      watch.disconnect();
      done();
    });
    watch.observe(place);
  });
}

function make(name, attributes = {}, parent = graph, text = "") {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

// --- what there is ---

function rectangle(element) {
  const { x, y, width, height } = element.getBBox();
  return { left: x, top: y, right: x + width, bottom: y + height };
}

function inside(inner, outer) {
  const x = (inner.left + inner.right) / 2;
  const y = (inner.top + inner.bottom) / 2;
  return outer.left < x && x < outer.right && outer.top < y && y < outer.bottom;
}

function words(group) {
  return group.querySelector("title").textContent;
}

const whole = rectangle(graph.querySelector(":scope > polygon"));
const frames = [...graph.querySelectorAll(".cluster")].map(frameOf);
const begins = across ? "top" : "left";
frames.sort((a, b) => a.box[begins] - b.box[begins]); // Tab goes the way the arrows do
const first = graph.querySelector(".node, .edge");
for (const { group } of frames) first.before(group);
const nodes = [...graph.querySelectorAll(".node")].map((group) => {
  const box = rectangle(group);
  return { group, box, text: words(group), around: frames.filter((frame) => inside(box, frame.box)) };
});
const byName = new Map(nodes.map((node) => [node.group.dataset.name, node]));
const edges = [...graph.querySelectorAll(".edge")].map(edgeOf);
const key = keyOf();
const extra = make("g"); // arrows to and from closed modules: on frames, but behind boxes
first.before(extra);
for (const frame of frames) {
  frame.around = frames.filter((other) => other !== frame && inside(frame.box, other.box) && larger(other, frame));
  frame.level = frame.around.length + 1;
  frame.count = nodes.filter((node) => node.around.includes(frame)).length;
  frame.shut = shutOf(frame);
}
for (const unit of [...nodes, ...frames]) unit.around.sort((a, b) => a.level - b.level);

function larger(one, other) {
  return one.box.right - one.box.left > other.box.right - other.box.left;
}

function frameOf(group) {
  const shape = group.querySelector("path, polygon");
  const box = rectangle(shape);
  const name = words(group);
  const look = { rx: 12, fill: shape.getAttribute("fill"), stroke: shape.getAttribute("stroke") };
  const rect = make("rect", look, group);
  const header = make("g", { class: "header", role: "button", tabindex: 0, "aria-expanded": true }, group);
  const hit = make("rect", { fill: "transparent", rx: 4, height: HEAD - 4 }, header);
  const label = group.querySelector("text");
  label.textContent = "▾ " + name;
  header.append(label);
  hit.setAttribute("width", label.getBBox().width + 12);
  hit.setAttribute("x", box.left + 6);
  hit.setAttribute("y", box.top + 5);
  header.setAttribute("aria-label", name);
  shape.remove();
  const frame = { group, box, name, rect, header, closed: false, wide: label.getBBox().width + 24 };
  toggles(header, frame);
  rect.addEventListener("click", () => turn(frame));
  return frame;
}

// The box that stands in the middle of a closed module.
function shutOf(frame) {
  const group = make("g", { class: "shut", role: "button", tabindex: 0, "aria-expanded": false });
  const rect = make("rect", { rx: 6 }, group);
  const name = make("text", { "text-anchor": "middle" }, group, "▸ " + frame.name);
  const count = make("text", { class: "count", "text-anchor": "middle" }, group);
  count.textContent = frame.count === 1 ? " 1 box" : ` ${frame.count} boxes`;
  const wide = Math.max(name.getBBox().width, count.getBBox().width) + 24;
  const width = Math.min(wide, frame.box.right - frame.box.left);
  const [x, y] = middle(frame, width / 2);
  const box = { left: x - width / 2, top: y - 20, right: x + width / 2, bottom: y + 20 };
  const at = { x: box.left, y: box.top, width, height: 40 };
  for (const [name, value] of Object.entries(at)) rect.setAttribute(name, value);
  for (const [text, down] of [[name, -2], [count, 12]]) {
    text.setAttribute("x", x);
    text.setAttribute("y", y + down);
  }
  group.setAttribute("aria-label", frame.name + count.textContent);
  toggles(group, frame);
  return { group, box };
}

// Where a closed module stands: in the middle of what its edges leave or enter, so that arrows run
// the way they ran and a chain of modules is nearly a line.
function middle(frame, half) {
  const { left, top, right, bottom } = frame.box;
  const ends = edges.flatMap(({ tail, head }) => {
    const [from, to] = [tail, head].map((node) => node.around.includes(frame));
    return from === to ? [] : [(from ? tail : head).box];
  });
  const mean = (a, b) => ends.reduce((sum, box) => sum + (box[a] + box[b]) / 2, 0) / ends.length;
  const within = (x, low, high) => Math.min(Math.max(x, low), high);
  if (!ends.length) return [(left + right) / 2, (top + bottom) / 2];
  return [
    within(mean("left", "right"), left + half, right - half),
    within(mean("top", "bottom"), top + 20, bottom - 20),
  ];
}

function edgeOf(group) {
  const [tail, head] = group.dataset.name.split("->").map((name) => byName.get(name));
  const path = group.querySelector("path");
  const numbers = path.getAttribute("d").match(/-?[\d.]+/g).map(Number);
  const points = [];
  for (let i = 0; i < numbers.length; i += 2) points.push([numbers[i], numbers[i + 1]]);
  const texts = [...group.querySelectorAll("text")];
  const labels = texts.map((text) => ({ text, box: rectangle(text) }));
  return { group, tail, head, path, points, tip: group.querySelector("polygon"), labels };
}

// What stands below the picture.
function keyOf() {
  const parts = [...graph.children].filter((part) => /^(text|polygon)$/.test(part.tagName)).slice(1);
  if (!parts.length) return null;
  const group = make("g");
  group.append(...parts);
  return { group, box: rectangle(group) };
}

// --- where things go ---

// The outermost closed module around a node or a frame.
function hiding(unit) {
  return unit.around.find((frame) => frame.closed);
}

function boxOf(node) {
  return hiding(node)?.shut ?? node;
}

// What takes room along an axis: pieces from one number to another.
function pieces(from, to, all) {
  const found = [];
  const add = (box, near) => found.push([box[from] - near, box[to] + near]);
  for (const node of nodes) if (all || !hiding(node)) add(node.box, NEAR);
  for (const frame of frames) {
    if (!all && hiding(frame)) continue;
    if (!all && frame.closed) {
      add(frame.shut.box, NEAR);
      continue;
    }
    const start = frame.box[from];
    found.push([start - 4, start + (from === "top" ? HEAD : Math.min(frame.wide, frame.box.right - start))]);
    found.push([frame.box[to] - 8, frame.box[to] + 4]);
  }
  for (const edge of edges) {
    if (all || (!hiding(edge.tail) && !hiding(edge.head))) for (const label of edge.labels) add(label.box, 2);
  }
  if (key) add(key.box, 4);
  return joined(found);
}

function joined(found) {
  found.sort((a, b) => a[0] - b[0]);
  const result = [];
  for (const [start, end] of found) {
    const last = result[result.length - 1];
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

// From a place in the picture as it was to the place now: gaps that came to be are made short.
function squeezed(from, to) {
  const before = pieces(from, to, true);
  const now = pieces(from, to, false);
  const [start, end] = [whole[from], whole[to]];
  const bends = [[start, start]]; // old, new
  const on = (old, part = 1) => {
    const [x, y] = bends[bends.length - 1];
    bends.push([old, y + (old - x) * part]);
  };
  for (const [left, right] of now) {
    const [last] = bends[bends.length - 1];
    const gap = left - last;
    const freed = before.some((piece) => piece[0] < left - 1 && piece[1] > last + 1);
    if (gap > 0) on(left, freed && gap > GAP ? GAP / gap : 1);
    on(right);
  }
  on(Math.max(end, bends[bends.length - 1][0]));
  return (old) => {
    let i = 1;
    while (i < bends.length - 1 && bends[i][0] < old) i++;
    const [[a, c], [b, d]] = [bends[i - 1], bends[i]];
    return b === a ? c : c + ((old - a) * (d - c)) / (b - a);
  };
}

function draw() {
  const x = squeezed("left", "right");
  const y = squeezed("top", "bottom");
  const moved = (box) => ({ left: x(box.left), top: y(box.top), right: x(box.right), bottom: y(box.bottom) });
  const move = (group, box) =>
    group.setAttribute("transform", `translate(${x(box.left) - box.left} ${y(box.top) - box.top})`);
  for (const node of nodes) {
    node.group.style.display = hiding(node) ? "none" : "";
    move(node.group, node.box);
  }
  for (const frame of frames) {
    const hidden = hiding(frame);
    frame.group.style.display = hidden || frame.closed ? "none" : "";
    frame.shut.group.style.display = hidden || !frame.closed ? "none" : "";
    const { left, top, right, bottom } = moved(frame.box);
    const at = { x: left, y: top, width: right - left, height: bottom - top };
    for (const [name, value] of Object.entries(at)) frame.rect.setAttribute(name, value);
    move(frame.header, frame.box);
    move(frame.shut.group, frame.shut.box);
  }
  if (key) move(key.group, key.box);
  drawEdges(x, y, moved);
  const size = { width: x(whole.right) - whole.left, height: y(whole.bottom) - whole.top };
  const ground = graph.querySelector(":scope > polygon");
  const [l, t, r, b] = [whole.left, whole.top, whole.left + size.width, whole.top + size.height];
  ground.setAttribute("points", `${l},${b} ${l},${t} ${r},${t} ${r},${b}`);
  graph.setAttribute("transform", `translate(${-whole.left} ${-whole.top})`);
  svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  fit(size);
  return size;
}

// As wide as there is room, if it can be read then: else it scrolls.
function fit({ width, height }) {
  const room = Math.min(place.clientWidth / width, place.clientHeight / height);
  const scale = Math.min(Math.max(room, SMALLEST), 4 / 3);
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
}

function drawEdges(x, y, moved) {
  const bundles = new Map();
  for (const edge of edges) {
    const [tail, head] = [boxOf(edge.tail), boxOf(edge.head)];
    const own = tail === edge.tail && head === edge.head;
    edge.group.style.display = own ? "" : "none";
    if (own) {
      const at = edge.points.map((point) => [x(point[0]), y(point[1])].join(","));
      edge.path.setAttribute("d", `M${at[0]}C${at.slice(1).join(" ")}`);
      const [a, b] = edge.points[edge.points.length - 1];
      edge.tip?.setAttribute("transform", `translate(${x(a) - a} ${y(b) - b})`);
      for (const { text, box } of edge.labels) {
        text.setAttribute("transform", `translate(${x(box.left) - box.left} ${y(box.top) - box.top})`);
      }
    } else if (tail !== head) {
      const ends = bundles.get(tail) ?? new Map();
      bundles.set(tail, ends.set(head, [...(ends.get(head) ?? []), edge]));
    }
  }
  extra.replaceChildren();
  for (const [tail, heads] of bundles) {
    for (const [head, some] of heads) bundle(moved(tail.box), moved(head.box), some);
  }
}

// One arrow for all edges between two boxes, one of them a closed module.
function bundle(tail, head, some) {
  const x = (box) => (box.left + box.right) / 2;
  const y = (box) => (box.top + box.bottom) / 2;
  const [start, end] = across ? [[x(tail), tail.bottom], [x(head), head.top]] : [[tail.right, y(tail)], [head.left, y(head)]];
  const [dx, dy] = across ? [0, 1] : [1, 0];
  const bend = Math.max(20, Math.abs((end[0] - start[0]) * dx + (end[1] - start[1]) * dy) / 2);
  const stop = [end[0] - 7 * dx, end[1] - 7 * dy];
  const control = [start[0] + bend * dx, start[1] + bend * dy, stop[0] - bend * dx, stop[1] - bend * dy];
  const hit = some.some((edge) => edge.group.classList.contains("hit")) ? " hit" : "";
  const group = make("g", {}, extra);
  make("title", {}, group, some.length > 1 ? `${some.length} edges` : words(some[0].group));
  make("path", { class: "way" + hit, d: `M${start}C${control} ${stop}` }, group);
  const [u, v] = [4 * dy, 4 * dx];
  make("polygon", { class: "tip" + hit, points: `${stop[0] + u},${stop[1] + v} ${end} ${stop[0] - u},${stop[1] - v}` }, group);
  if (some.length > 1) {
    const at = { class: "times", x: (start[0] + end[0]) / 2 + 6 * dy, y: (start[1] + end[1]) / 2 - 4 };
    make("text", at, group, `×${some.length}`);
  }
}

// --- opening and closing ---

function toggles(element, frame) {
  element.addEventListener("click", () => turn(frame));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    turn(frame);
    (frame.closed ? frame.shut.group : frame.header).focus();
  });
}

function turn(frame) {
  frame.closed = !frame.closed;
  draw();
}

function turnAll(closed) {
  for (const frame of frames) frame.closed = closed;
  draw();
}

// Closes the deepest modules, level by level, until the picture can be taken in and fits.
function start() {
  const deepest = Math.max(1, ...frames.map((frame) => frame.level));
  for (let level = deepest + 1; level > 1; level--) {
    for (const frame of frames) frame.closed = frame.level >= level;
    const { width, height } = draw();
    const few = new Set(nodes.map(boxOf)).size <= MANY;
    if (few && width * SMALLEST <= place.clientWidth && height * SMALLEST <= place.clientHeight) break;
  }
}

// --- finding ---

const field = document.getElementById("find");
const found = document.getElementById("found");
let last = -1; // which of those found was shown

function hits() {
  const text = field.value.trim().toLowerCase();
  return text ? [...nodes, ...frames].filter((unit) => (unit.text ?? unit.name).toLowerCase().includes(text)) : [];
}

function find() {
  const some = new Set(hits());
  last = -1;
  svg.classList.toggle("searching", field.value.trim() !== "");
  for (const node of nodes) node.group.classList.toggle("hit", some.has(node));
  for (const frame of frames) {
    const within = [...some].filter((unit) => unit === frame || unit.around.includes(frame)).length;
    frame.shut.group.classList.toggle("hit", within > 0);
    frame.group.classList.toggle("hit", some.has(frame));
  }
  found.textContent = field.value.trim() ? `${some.size} found${some.size ? ", Enter: next" : ""}` : "";
}

// Opens what the next of those found is in, and brings it into view.
function next() {
  const some = hits();
  if (!some.length) return;
  last = (last + 1) % some.length;
  for (const frame of some[last].around) frame.closed = false;
  draw();
  const unit = some[last];
  const element = unit.shut && unit.closed ? unit.shut.group : unit.group;
  element.scrollIntoView({ block: "center", inline: "center" });
  found.textContent = `${last + 1} of ${some.length}`;
}

field.addEventListener("input", find);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") next();
});
document.getElementById("open").addEventListener("click", () => turnAll(false));
document.getElementById("close").addEventListener("click", () => turnAll(true));
document.getElementById("modules").hidden = !frames.length;
window.addEventListener("resize", draw);
start();
place.classList.add("ready");
