"use strict";
// The table of steps in the page is the one place where equations stand; the data beside it say
// which node and edge each row is about.  A position p means: the first p rows have happened.
(() => {
  const get = (id) => document.getElementById(id);
  const data = JSON.parse(get("data").textContent);
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

  let position = 0;
  let timer = 0;
  let chosen = 0;

  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const write = (element, text) => {
    if (element && element.textContent !== text) element.textContent = text;
  };

  // --- the list of every gradient ---
  const list = data.nodes.map(([name, kind, value, label]) => {
    const row = make("tr", undefined, get("gradients").tBodies[0]);
    make("td", name, row).title = label ?? name;
    const cells = { row, kind, value, data: make("td", "", row), grad: make("td", "", row) };
    return cells;
  });

  // --- one position ---
  const show = (wanted) => {
    position = Math.max(0, Math.min(last, wanted));
    const step = steps[position - 1];
    const back = position > begins;
    const grads = new Map();
    const done = new Set();
    for (const past of steps.slice(0, position)) {
      if (past.kind === FORWARD) done.add(past.node);
      else grads.set(past.kind === SEED ? past.node : past.to, past);
    }
    svg?.classList.toggle("back", back);
    data.nodes.forEach(([, kind, value], place) => {
      const known = done.has(place) || kind === "leaf" || kind === "input";
      const found = grads.get(place);
      const full = found && complete[place] < position;
      const receives = step && (step.kind === BACKWARD ? step.to : back ? step.node : -1) === place;
      for (const element of [boxes[place], list[place].row]) {
        if (!element) continue;
        element.classList.toggle("off", !known);
        element.classList.toggle("full", Boolean(full));
        element.classList.toggle("part", Boolean(found) && !full);
        element.classList.toggle("to", receives);
        element.classList.toggle("now", Boolean(step) && step.node === place);
        element.classList.toggle("on", receives);
      }
      write(boxes[place]?.querySelector(".d"), known || data.shapes ? value : "·");
      write(boxes[place]?.querySelector(".g"), found ? found.after : kind === "input" ? "none" : "·");
      write(list[place].data, known ? value : "");
      const exact = found?.few ?? found?.after ?? (kind === "input" ? "none" : "");
      write(list[place].grad, exact);
    });
    svg?.querySelectorAll(":scope > .hot").forEach((edge) => edge.classList.remove("hot"));
    get("times")?.remove();
    rows.forEach((row, i) => row.classList.toggle("on", i === position - 1));
    if (step && svg) mark(step);
    tell(step, back);
    explain(step);
    elements(step);
    follow(step);
  };

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
    get("last").disabled = get("next").disabled = position === last;
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

  // what the arrays of a step are like: `∂L/∂y (4, 2), x (4, 3), w (3, 2) → ∂L/∂w (3, 2)`
  const shapes = (step) => {
    if (!data.shapes || !step || step.kind === SEED) return "";
    const shape = (place) => (data.nodes[place][2].startsWith("(") ? data.nodes[place][2] : "()");
    const parts = data.inputs[step.node].map((place) => `${names[place]} ${shape(place)}`);
    if (step.kind === FORWARD)
      return `shapes: ${parts.join(", ")} → ${names[step.node]} ${shape(step.node)}`;
    parts.unshift(`${gradient(step.node)} ${shape(step.node)}`);
    return `shapes: ${parts.join(", ")} → ${gradient(step.to)} ${shape(step.to)}`;
  };

  const explain = (step) => {
    write(get("shapes"), shapes(step));
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

  // --- the elements of an array ---
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

  // --- controls ---
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
  // a click on a node leads to the next step that changes it
  boxes.forEach((box, place) => {
    if (!box) return;
    box.onclick = () => {
      const touches = (step) => (step.kind === BACKWARD ? step.to : step.node) === place;
      const next = steps.findIndex((step, i) => i >= position && touches(step));
      const found = next >= 0 ? next : steps.findIndex(touches);
      if (found >= 0) go(found + 1);
    };
  });

  document.documentElement.classList.add("js");
  get("controls").hidden = get("panel").hidden = false;
  get("all").classList.add("js");
  get("all").open = false;
  get("slider").max = last;
  get("halves").style.setProperty("--halves", `${begins}fr ${last - begins}fr`);
  fit();
  addEventListener("resize", fit);
  show(0);
})();
