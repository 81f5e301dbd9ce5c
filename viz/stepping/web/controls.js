// --- controls ---
let timer = 0;

const pause = () => {
  clearInterval(timer);
  timer = 0;
  get("play").classList.remove("on");
  write(get("play").lastElementChild, "Play");
};
const play = () => {
  if (position === last) show(0);
  get("play").classList.add("on");
  write(get("play").lastElementChild, "Pause");
  timer = setInterval(() => {
    if (position + 1 >= last) pause();
    show(position + 1);
  }, 1100);
};
const go = (wanted) => {
  if (timer) pause();
  show(wanted);
};

get("first").onclick = () => go(0);
get("previous").onclick = () => go(position - 1);
get("next").onclick = () => go(position + 1);
get("last").onclick = () => go(last);
get("play").onclick = () => (timer ? (pause(), show(position)) : play());
get("slider").oninput = (event) => go(Number(event.target.value));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const target = event.target instanceof Element ? event.target : document.body;
  const wanted = { ArrowRight: position + 1, ArrowLeft: position - 1, Home: 0, End: last }[event.key];
  if (wanted !== undefined) {
    event.preventDefault(); // the slider would move by itself
    go(wanted);
  } else if (event.key === " " && !target.closest("button, summary")) {
    event.preventDefault();
    get("play").click();
  }
});
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
