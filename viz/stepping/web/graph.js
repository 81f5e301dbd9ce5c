// --- the active edge ---
const mark = (step) => {
  const edges = step.kind === BACKWARD
    ? [get(`e${step.node}_${step.index}`)]
    : step.kind === FORWARD ? svg.querySelectorAll(`[id^="e${step.node}_"]`) : [];
  edges.forEach((edge) => edge?.classList.add("hot"));
  if (step.kind !== BACKWARD || !step.local || !edges[0]) return;
  // the local derivative, on the edge it belongs to
  const path = edges[0];
  const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
  const ns = "http://www.w3.org/2000/svg";
  const label = svg.appendChild(document.createElementNS(ns, "g"));
  label.id = "times";
  const box = label.appendChild(document.createElementNS(ns, "rect"));
  const text = label.appendChild(document.createElementNS(ns, "text"));
  text.textContent = `× ${step.local}`;
  const width = text.getComputedTextLength() + 10;
  const left = Math.max(1, Math.min(svg.viewBox.baseVal.width - width - 1, x - width / 2));
  text.setAttribute("x", left + width / 2);
  text.setAttribute("y", y + 4);
  for (const [key, value] of Object.entries({ x: left, y: y - 9, width, height: 18 }))
    box.setAttribute(key, value);
};

// --- keep the active part of the graph in view ---
const fit = () => {
  if (!svg) return;
  const { width, height } = svg.viewBox.baseVal;
  const room = get("graph");
  const scale = Math.min((room.clientWidth - 8) / width, (room.clientHeight - 8) / height);
  const chosenScale = Math.max(0.9, Math.min(1.2, scale));
  svg.setAttribute("width", Math.round(width * chosenScale));
  svg.setAttribute("height", Math.round(height * chosenScale));
};

const follow = (step) => {
  if (!svg) return;
  const room = get("graph");
  const parts = step
    ? [boxes[step.node], step.kind === BACKWARD ? boxes[step.to] : null].filter(Boolean)
    : [boxes[0]];
  const view = room.getBoundingClientRect();
  const areas = parts.map((part) => part.getBoundingClientRect());
  const left = Math.min(...areas.map((area) => area.left)) - view.left;
  const right = Math.max(...areas.map((area) => area.right)) - view.left;
  const top = Math.min(...areas.map((area) => area.top)) - view.top;
  const bottom = Math.max(...areas.map((area) => area.bottom)) - view.top;
  if (left >= 0 && top >= 0 && right <= room.clientWidth && bottom <= room.clientHeight) return;
  // the node that receives stays in view where both do not fit
  const goal = areas[areas.length - 1];
  const both = right - left <= room.clientWidth && bottom - top <= room.clientHeight;
  const x = both ? (left + right) / 2 : (goal.left + goal.right) / 2 - view.left;
  const y = both ? (top + bottom) / 2 : (goal.top + goal.bottom) / 2 - view.top;
  const by = { left: x - room.clientWidth / 2, top: y - room.clientHeight / 2 };
  // gliding over several screens would make one dizzy
  const far = Math.abs(by.left) > room.clientWidth || Math.abs(by.top) > room.clientHeight;
  room.scrollBy({ ...by, behavior: far || calm.matches ? "instant" : "smooth" });
};
