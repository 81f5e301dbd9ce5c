// --- the edges ---
const edge = (step) => get(`e${step.node}_${step.index}`);

const LONG = 4000; // a longer line has longer dashes: thousands of short ones take long to draw

// how wide an edge is and of what sign, once backward has passed it
const flow = (step) => {
  if (step.kind !== BACKWARD) return;
  const path = edge(step);
  const sign = Math.floor(step.flow / 100);
  const passed = step.row < position;
  path.classList.toggle(`f${sign}`, passed);
  path.classList.toggle("wide", passed && step.flow % 100 > 40);
  if (passed && path.getTotalLength() > LONG) path.setAttribute("pathLength", LONG / 2);
  path.style.setProperty("--w", passed ? `${(step.flow % 100) / 10}px` : "");
};

let hot = []; // the edges of the step
const mark = (step) => {
  hot.forEach((path) => path.classList.remove("hot"));
  hot = step?.kind === BACKWARD ? [edge(step)] : [];
  if (step?.kind === FORWARD) {
    for (let index = 0, path; (path = edge({ node: step.node, index })); index++) hot.push(path);
  }
  hot.forEach((path) => path.classList.add("hot"));
};

// the local derivative, on the edge it belongs to; near what receives, if not all is in view
const label = (step, all) => {
  get("times")?.remove();
  if (step?.kind !== BACKWARD || !step.local) return [];
  const path = edge(step);
  const length = path.getTotalLength();
  const { x, y } = path.getPointAtLength(all ? length / 2 : Math.min(60, length / 2));
  const group = draw("g", { id: "times" }, svg);
  const box = draw("rect", {}, group);
  const text = draw("text", { y: y + 4 }, group);
  text.textContent = `× ${step.local}`;
  const width = text.getComputedTextLength() + 10;
  const left = Math.max(1, Math.min(size.width - width - 1, x - width / 2));
  text.setAttribute("x", left + width / 2);
  const place = { x: left, y: y - 9, width, height: 18 };
  for (const key in place) box.setAttribute(key, place[key]);
  return [{ left, top: y - 9, right: left + width, bottom: y + 9 }];
};

// --- how large the picture is, and what of it is in view ---
const READABLE = 0.66; // smaller than that, letters are too small to read
const FOLLOWED = 0.9; // what is stepped through is then this large
const LEAST = 0.5; // or smaller, so that both ends of an edge are in view, but not smaller than that
const FAR = 0.35; // smaller than that, lines would be too thin to see: they keep their width
const size = svg?.viewBox.baseVal;
const areas = svg ? boxes.map((box) => {
  const { e, f } = box.transform.baseVal[0].matrix;
  const { x, y, width, height } = box.getBBox();
  return { left: e + x, top: f + y, right: e + x + width, bottom: f + y + height };
}) : [];
const around = (those) => ({
  left: Math.min(...those.map((area) => area.left)), top: Math.min(...those.map((area) => area.top)),
  right: Math.max(...those.map((area) => area.right)), bottom: Math.max(...those.map((area) => area.bottom)),
});
// a frame that is not shown yet has no size
const room = () => [view.clientWidth, view.clientHeight].map((side) => Math.max(1, side - 8));
const fits = (width, height) => Math.min(room()[0] / width, room()[1] / height);

let asked = 0; // how large the reader wants it; 0: as is best
let scale = 1;

// what is in view, in the picture's own measures
const inView = () => {
  const left = view.scrollLeft - Math.max(0, view.clientWidth - size.width * scale) / 2;
  const top = view.scrollTop - Math.max(0, view.clientHeight - size.height * scale) / 2;
  return { left: left / scale, top: top / scale, width: view.clientWidth / scale, height: view.clientHeight / scale };
};

// the point (x, y) of the picture goes to the middle, or as many pixels beside it
const centre = (x, y, besideX = 0, besideY = 0, behavior = "instant") =>
  view.scrollTo({
    left: x * scale - besideX - view.clientWidth / 2, top: y * scale - besideY - view.clientHeight / 2, behavior,
  });

const resize = (wanted) => {
  scale = Math.max(Math.min(0.05, fits(size.width, size.height)), Math.min(3, wanted));
  svg.setAttribute("width", size.width * scale);
  svg.setAttribute("height", size.height * scale);
  svg.classList.toggle("far", scale < FAR);
  overview();
};

// larger or smaller by a factor; what is at the pixel (x, y) of the pane stays there
const zoom = (factor, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
  if (!svg) return;
  const { left, top } = inView();
  const at = [left + x / scale, top + y / scale];
  resize(scale * factor);
  asked = scale;
  centre(...at, x - view.clientWidth / 2, y - view.clientHeight / 2);
};
const fit = () => {
  asked = 0;
  if (svg) resize(Math.min(1.2, fits(size.width, size.height)));
};

// The active edge stays in view.  A picture that is too small to read when all of it is shown
// is so at the start only: then it becomes larger, and moves.
const follow = (step) => {
  if (!svg) return;
  const parts = [areas[step?.node ?? 0]];
  hot.forEach((path) => {
    const { x, y, width, height } = path.getBBox();
    parts.push({ left: x, top: y, right: x + width, bottom: y + height });
  });
  if (step?.kind === BACKWARD) parts.push(areas[step.to]);
  let goal = around(parts);
  const whole = fits(size.width, size.height);
  const active = fits(goal.right - goal.left, goal.bottom - goal.top);
  if (!asked) {
    const most = Math.min(FOLLOWED, active < LEAST ? FOLLOWED : active);
    // no larger or smaller than before, if that will do
    const followed = scale >= READABLE && scale <= most ? scale : most;
    const wanted = whole < READABLE && step ? followed : Math.min(1.2, whole);
    if (wanted !== scale) resize(wanted);
  }
  // what receives stays in view where all does not fit
  const all = active >= scale;
  if (!all) goal = step.kind === BACKWARD ? areas[step.to] : parts[0];
  look(around([goal, ...label(step, all)]));
};
const look = (goal) => {
  const { left, top, width, height } = inView();
  overview();
  if (goal.left >= left && goal.top >= top && goal.right <= left + width && goal.bottom <= top + height) return;
  const x = (goal.left + goal.right) / 2, y = (goal.top + goal.bottom) / 2;
  // gliding over several screens would make one dizzy
  const far = Math.abs(x - left - width / 2) > width || Math.abs(y - top - height / 2) > height;
  centre(x, y, 0, 0, far || calm.matches ? "instant" : "smooth");
};

// --- the small map: all boxes, the active ones, and what is in view ---
const drawn = (those) =>
  those.map(({ left, top, right, bottom }) => `M${left} ${top}H${right}V${bottom}H${left}z`).join("");
const overview = () => {
  const map = get("map");
  const { left, top, width, height } = inView();
  map.classList.toggle("off", size.width * scale <= view.clientWidth + 1 && size.height * scale <= view.clientHeight + 1);
  const step = steps[position - 1];
  map.children[1].setAttribute("d", drawn(step ? [areas[step.node], areas[step.to]] : []));
  const place = { x: left, y: top, width, height };
  for (const key in place) map.children[2].setAttribute(key, place[key]);
};

// --- a row stays in view, inside its own box only: the page does not move ---
const reveal = (box, row) => {
  const head = box.querySelector("thead").offsetHeight;
  const { top, bottom } = box.getBoundingClientRect();
  const at = row.getBoundingClientRect();
  if (at.top < top + head) box.scrollTop += at.top - top - head;
  else if (at.bottom > bottom) box.scrollTop += Math.min(at.bottom - bottom, at.top - top - head);
};

// --- the picture under mouse and fingers ---
if (svg) {
  const wide = get("tip").cloneNode(true); // the tip of a wide edge
  Object.assign(wide, { id: "wide" }).setAttribute("markerWidth", 18);
  wide.setAttribute("markerHeight", 18);
  get("tip").after(wide);
  get("map").setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  get("map").firstElementChild.setAttribute("d", drawn(areas));
  const toMap = (event) => {
    if (!event.buttons) return;
    const { left, top, width, height } = get("map").getBoundingClientRect();
    centre(((event.clientX - left) / width) * size.width, ((event.clientY - top) / height) * size.height);
  };
  get("map").onpointerdown = get("map").onpointermove = toMap;
  view.onscroll = overview;
  const inPane = (x, y) => {
    const { left, top } = view.getBoundingClientRect();
    return [x - left, y - top];
  };
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 200), ...inPane(event.clientX, event.clientY));
  }, { passive: false });
  // a mouse drags the picture (a finger does so by itself); a drag is no click
  let dragged = 0;
  view.onpointerdown = () => (dragged = 0);
  view.onpointermove = (event) => {
    if (event.pointerType !== "mouse" || event.buttons !== 1) return;
    dragged += Math.abs(event.movementX) + Math.abs(event.movementY);
    if (dragged > 4) view.scrollBy({ left: -event.movementX, top: -event.movementY, behavior: "instant" });
  };
  view.addEventListener("click", (event) => dragged > 4 && event.stopPropagation(), true);
  // two fingers make it larger and smaller
  let apart = 0;
  const pinch = (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [a, b] = event.touches;
    const now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    if (event.type === "touchmove")
      zoom(now / apart, ...inPane((a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2));
    apart = now;
  };
  view.addEventListener("touchstart", pinch, { passive: false });
  view.addEventListener("touchmove", pinch, { passive: false });
}
