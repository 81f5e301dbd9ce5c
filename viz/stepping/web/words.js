// --- words and numbers ---
const spoken = (step) => {
  if (!step) return "Start: nothing is computed yet.";
  const text = step.equation.textContent;
  if (step.kind === FORWARD) return `Forward: ${text}`;
  if (step.kind === SEED) return `Backward begins: ${text}`;
  return `Backward: the gradient of ${names[step.to]} changes from ${step.before} to ${step.after}. ${text}`;
};

const tell = (step, back) => {
  const slider = get("slider");
  slider.value = position;
  slider.setAttribute("aria-valuetext", `step ${position} of ${last}. ${spoken(step)}`);
  write(get("count"), `${position} / ${last}`);
  get("first").disabled = get("previous").disabled = position === 0;
  for (const id of ["next", "last", "op", "layer"]) get(id).disabled = position === allowed;
  const [forward, backward] = get("halves").children;
  forward.classList.toggle("on", !back && position > 0);
  backward.classList.toggle("on", back);
  if (!timer) write(get("say"), `Step ${position} of ${last}. ${spoken(step)}`);
};

// the equation, a line for each part: the parts are kept apart by <wbr>
const lines = (cell, into) => {
  into.replaceChildren();
  let line = make("div", undefined, into);
  for (const part of cell.childNodes) {
    if (part.nodeName === "WBR") line = make("div", undefined, into);
    else line.append(part.cloneNode(true));
  }
};

const explain = (step) => {
  const running = get("running");
  running.replaceChildren();
  get("rule").hidden = !step || step.kind !== BACKWARD;
  const halves = step && step.kind !== SEED && data.written[data.ops[step.node]];
  get("written").hidden = !halves;
  if (halves) {
    const [title, code] = get("written").children;
    const half = step.kind === FORWARD ? "forward" : "backward";
    write(title, `What runs: ${half} of ${data.ops[step.node]}, written from its row`);
    write(code.firstChild, halves[step.kind === FORWARD ? 0 : 1]);
  }
  if (!step) {
    write(get("phase"), "Start");
    get("equation").replaceChildren(make("div", data.start));
    return;
  }
  lines(step.equation, get("equation"));
  if (step.kind === FORWARD) {
    write(get("phase"), `Forward · ${data.ops[step.node]}`);
  } else if (step.kind === SEED) {
    write(get("phase"), "Backward begins at the result");
    running.append(`A change of ${names[step.node]} changes ${names[step.node]} just as much.`);
  } else {
    write(get("phase"), `Backward · through ${data.ops[step.node]} to ${names[step.to]}`);
    running.append(`running ${gradient(step.to)}: ${step.before} → `);
    make("b", step.after, running);
    if (complete[step.to] === step.row) running.append(" — complete");
    const [title, formula, code, note] = get("rule").children;
    write(title, `Rule of ${data.ops[step.node]}, for input ${step.index}`);
    const [source, mathml] = data.rules[step.rule];
    formula.innerHTML = mathml;
    write(code.firstChild, source);
    write(note, step.formula ? `here: ${step.formula}` : "");
  }
};
