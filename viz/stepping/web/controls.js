// --- controls ---
let timer = 0;

const pause = () => {
  clearInterval(timer);
  timer = 0;
  get("play").classList.remove("on");
  write(get("play").lastElementChild, "Play");
};
const play = () => {
  if (position === allowed) show(0);
  get("play").classList.add("on");
  write(get("play").lastElementChild, "Pause");
  timer = setInterval(() => {
    if (position + 1 >= allowed) pause();
    show(position + 1);
  }, 1100 / get("speed").value);
};
const go = (wanted) => {
  if (timer) pause();
  show(wanted);
};

// Over all steps of an op, or of a layer: to where the next begins; or back to where this one began.
const sameOp = (a, b) => a.node === b.node;
const sameLayer = (a, b) => data.layers[a.node] === data.layers[b.node];
const over = (same, by) => {
  let to = position;
  const alike = () => {
    const a = steps[to - 1], b = steps[to];
    return a && b && (a.kind === FORWARD) === (b.kind === FORWARD) && same(a, b);
  };
  do to += by; while (alike());
  go(to);
};

// to where the gradient of a node is complete; without one, to where it is computed
const jump = (wanted) => {
  const known = (name) => data.nodes.findIndex(([short, , , label]) => name(label ?? short) || name(short));
  let place = known((name) => name === wanted);
  if (place < 0) place = known((name) => name.toLowerCase().startsWith(wanted.toLowerCase()));
  if (place < 0) return note(`No node is called ${wanted}.`);
  go((complete[place] ?? computed[place]) + 1);
  if (complete[place] === undefined) note(`No gradient goes to ${names[place]}.`);
};

const faster = (by) => {
  const speed = get("speed");
  speed.selectedIndex = Math.max(0, Math.min(speed.length - 1, speed.selectedIndex + by));
  speed.onchange();
};

const keys = {
  ArrowRight: () => go(position + 1), ArrowLeft: () => go(position - 1),
  "Shift ArrowRight": () => over(sameOp, 1), "Shift ArrowLeft": () => over(sameOp, -1),
  Home: () => go(0), End: () => go(last),
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => fit(),
  "<": () => faster(-1), ">": () => faster(1),
  "/": () => get("jump").focus(),
};
if (data.layers) {
  keys.PageDown = () => over(sameLayer, 1);
  keys.PageUp = () => over(sameLayer, -1);
}
const buttons = {
  first: "Home", previous: "ArrowLeft", next: "ArrowRight", last: "End",
  op: "Shift ArrowRight", layer: "PageDown", in: "+", out: "-", fit: "0",
};
for (const id in buttons) get(id).onclick = keys[buttons[id]];
get("play").onclick = () => (timer ? (pause(), show(position)) : play());
get("speed").onchange = () => timer && (pause(), play());
get("slider").oninput = (event) => go(Number(event.target.value));
get("jump").onchange = (event) => event.target.value && jump(event.target.value);
get("jump").oninput = (event) => names.includes(event.target.value) && jump(event.target.value);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest("input:not(#slider), select, textarea")) return; // the key is theirs
  const shift = event.shiftKey && event.key.startsWith("Arrow") ? "Shift " : "";
  const action = keys[shift + event.key] ?? (event.key === " " && !target.closest("button, summary") && get("play").onclick);
  if (!action) return;
  event.preventDefault(); // the slider would move by itself
  action();
});

// --- a link to a step: #step=11 ---
const linked = () => {
  const [, wanted] = location.hash.match(/^#step=(.*)$/) ?? [];
  if (wanted === undefined) return;
  const found = /^\d+$/.test(wanted) && Number(wanted) <= last;
  if (found && Number(wanted) !== position) go(Number(wanted));
  if (!found) note(`There is no step ${wanted}: the steps are 0 to ${last}.`);
};
let writing = 0;
shown.push(() => {
  if (location.protocol === "about:") return; // a frame in a notebook has no address of its own
  clearTimeout(writing); // browsers stop a page that changes its address all the time
  writing = setTimeout(() => history.replaceState(null, "", `#step=${position}`), 300);
});
addEventListener("hashchange", linked);

rows.forEach((row, i) => (row.onclick = () => go(i + 1)));
// A click on a node leads to the next step that changes it.  Tab reaches one box of the picture:
// from there ↑ and ↓ go from box to box, inputs before results.
svg?.setAttribute("role", "group");
boxes.forEach((box, place) => {
  if (!box) return;
  box.setAttribute("role", "button");
  box.setAttribute("tabindex", place ? -1 : 0);
  box.onfocus = () => boxes.forEach((other) => other.setAttribute("tabindex", other === box ? 0 : -1));
  box.onkeydown = (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by) boxes[place + by]?.focus();
    else if (event.key === "Enter" || event.key === " ") box.onclick();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  box.onclick = () => {
    const touches = (step) => (step.kind === BACKWARD ? step.to : step.node) === place;
    const next = steps.findIndex((step, i) => i >= position && touches(step));
    const found = next >= 0 ? next : steps.findIndex(touches);
    if (found >= 0) go(found + 1);
    picked.forEach((listener) => listener(place));
  };
});
