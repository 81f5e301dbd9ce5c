// Charts of series over steps, as SVG: a path for each line, thinned to the pixels there are.

import {short, smoothed} from "./run.js";

const HEIGHT = 190;
const ROOM = {left: 52, right: 10, top: 12, bottom: 24};
const KINDS = 7; // of colour and dash, that CSS tells apart as .k0 … .k6
const SPIKE = 10; // so many times what is usual, a number would hide the rest

export function svg(name, attributes = {}, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text) element.textContent = text;
  return element;
}

export function html(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.append(...children);
  return element;
}

// Round numbers from low to high, about so many.
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((x) => x * power >= rough) * power;
  const found = [];
  for (let i = Math.ceil(low / unit - 1e-9); i * unit <= high + unit * 1e-9; i++) found.push(i * unit);
  return found;
}

// Numbers for a logarithmic scale, so few that their names have room: powers of ten, or 1, 2 and 5
// times such, or what there is between two of these.
function levels(low, high) {
  const from = Math.floor(low), to = Math.ceil(high);
  const every = Math.ceil((to - from) / 5);
  const factors = high - low < 2 ? [1, 2, 5] : [1];
  const found = [];
  for (let i = from; i <= to; i += every) found.push(...factors.map((x) => x * 10 ** i));
  const inside = found.filter((x) => Math.log10(x) >= low && Math.log10(x) <= high);
  return inside.length > 1 ? inside : ticks(10 ** low, 10 ** high, 3);
}

// Whether numbers need a logarithmic scale: all are above 0, and some far above what is usual, in
// the whole run and as it began.
function spiked(lines) {
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  let most = 0, least = Infinity, usual = 0;
  for (const {series, of} of lines) {
    if (of) continue;
    const every = Math.ceil(series.values.length / 2000);
    const some = series.values.filter((x, i) => Number.isFinite(x) && i % every === 0);
    usual = Math.max(usual, middle(some.slice(0, Math.ceil(some.length / 10))), middle(some));
    for (const x of series.values) {
      if (!Number.isFinite(x)) continue;
      if (x > most) most = x;
      if (x < least) least = x;
    }
  }
  return least > 0 && most > SPIKE * usual;
}

// A chart in a section of its own, with a heading, a legend and a button for its scale.
//   title   its name
//   log     whether the scale is logarithmic to begin with; undefined: where a spike asks for it
//   whole   the range that is shown at least, [0, 1] for fractions
//   guide   a number at which a dashed line stands, and its name
export class Chart {
  constructor(parent, {title, log, whole, guide, pick}) {
    Object.assign(this, {title, wanted: log, whole, guide});
    this.lines = [];
    this.section = html("section", {class: "chart", "aria-label": title});
    this.button = html("button", {class: "scale"});
    this.button.addEventListener("click", () => {
      this.wanted = !this.log;
      this.draw(this.last);
      this.cursor(this.step);
    });
    this.note = html("p", {class: "note"});
    this.picture = svg("svg", {height: HEIGHT, role: "img"});
    this.legend = html("ul", {class: "legend"});
    // beside the picture, which is not painted again when it moves
    this.cursorLine = html("div", {class: "cursor", "aria-hidden": "true"});
    const plot = html("div", {class: "plot"}, this.picture, this.cursorLine);
    this.section.append(html("div", {class: "head"}, html("h2", {}, title), this.button), plot, this.legend, this.note);
    parent.append(this.section);
    this.picture.addEventListener("pointerdown", (event) => this._picked(event, pick));
    this.picture.addEventListener("pointermove", (event) => event.buttons && this._picked(event, pick));
  }

  _picked(event, pick) {
    const x = event.clientX - this.picture.getBoundingClientRect().left;
    pick(Math.round(1 + ((x - ROOM.left) / this._wide()) * (this.last - 1)));
  }

  _wide() {
    return Math.max(40, this.width - ROOM.left - ROOM.right);
  }

  // lines: [{series, style}], style "line", "faint", "dots" or "mean", which smoothes the series `of`
  // what the run caught is a line from top to bottom
  show(lines, {last, caught}) {
    Object.assign(this, {lines, caught});
    this.section.hidden = lines.length === 0;
    if (lines.length) this.draw(last);
  }

  draw(last) {
    this.last = Math.max(2, last);
    this.width = this.section.clientWidth - 2 || 320;
    const auto = this.wanted === undefined;
    this.log = auto ? spiked(this.lines) : this.wanted;
    for (const {series, of} of this.lines) if (of) series.values = smoothed(of, this.log);
    this._range();
    this.dense = false;
    const marks = this.lines.map((line, i) => this._line(line, i));
    this.picture.setAttribute("width", this.width);
    this.picture.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    this.picture.replaceChildren(...this._axes(), ...marks);
    this._legend();
    this.button.textContent = this.log ? "Linear scale" : "Log scale";
    this.button.setAttribute("aria-label", `${this.title}: ${this.button.textContent.toLowerCase()}`);
    const notes = this.dense ? ["Pale: from the least to the largest; line: mean around."] : [];
    if (this.log && auto) notes.push("Logarithmic: a spike would hide the rest.");
    if (this.guide) notes.push(`Dotted: ${this.guide.name}.`);
    if (this.odd) notes.push(`▲ ${this.odd} nan or infinite.`);
    if (this.below) notes.push(`${this.below} at or below 0 not drawn on a log scale.`);
    this.note.textContent = notes.join(" ");
  }

  _range() {
    let low = Infinity, high = -Infinity;
    this.odd = this.below = 0;
    const take = (x) => {
      if (!Number.isFinite(x)) return void (this.odd += 1);
      if (this.log && x <= 0) return void (this.below += 1);
      const y = this.log ? Math.log10(x) : x;
      low = Math.min(low, y);
      high = Math.max(high, y);
    };
    for (const {series, style} of this.lines) if (style !== "mean") series.values.forEach(take);
    if (low > high) [low, high] = [0, 1];
    for (const x of [...(this.whole ?? []), ...(this.guide ? [this.guide.at] : [])]) {
      if (this.log && x <= 0) continue;
      low = Math.min(low, this.log ? Math.log10(x) : x);
      high = Math.max(high, this.log ? Math.log10(x) : x);
    }
    if (high - low < 1e-12 * Math.max(1, Math.abs(high))) {
      const margin = this.log ? 0.5 : Math.abs(high) * 0.1 || 1;
      [low, high] = [low - margin, high + margin];
    }
    const margin = this.whole && !this.log ? 0 : (high - low) * 0.04;
    [this.low, this.high] = [low - margin, high + margin];
  }

  x(step) {
    return ROOM.left + ((step - 1) / (this.last - 1)) * this._wide();
  }

  y(value) {
    const at = this.log ? Math.log10(value) : value;
    const tall = HEIGHT - ROOM.top - ROOM.bottom;
    return ROOM.top + (1 - (at - this.low) / (this.high - this.low)) * tall;
  }

  _axes() {
    const marks = [];
    const wide = this._wide(), right = ROOM.left + wide, bottom = HEIGHT - ROOM.bottom;
    for (const level of this.log ? levels(this.low, this.high) : ticks(this.low, this.high, 4)) {
      const y = this.y(level);
      marks.push(svg("line", {class: "grid", x1: ROOM.left, x2: right, y1: y, y2: y}));
      marks.push(svg("text", {x: ROOM.left - 6, y: y + 4, "text-anchor": "end"}, short(level, 3)));
    }
    for (const step of ticks(1, this.last, wide / 80)) {
      if (!Number.isInteger(step)) continue;
      const anchor = this.x(step) > right - 24 ? "end" : "middle";
      marks.push(svg("text", {x: this.x(step), y: bottom + 17, "text-anchor": anchor}, step.toLocaleString("en")));
    }
    marks.push(svg("line", {class: "axis", x1: ROOM.left, x2: right, y1: bottom, y2: bottom}));
    for (const [step, what] of this.caught) {
      const mark = svg("line", {class: "event", x1: this.x(step), x2: this.x(step), y1: ROOM.top, y2: bottom});
      mark.append(svg("title", {}, `${what} at step ${step}`));
      marks.push(mark);
    }
    if (this.guide) {
      const y = this.y(this.guide.at);
      marks.push(svg("line", {class: "guide", x1: ROOM.left, x2: right, y1: y, y2: y}));
    }
    return marks;
  }

  // A line or dots; what is nan or infinite is a triangle at the top.  Of a line with several
  // numbers to a pixel all are pale, with their mean on top.
  _line({series, style}, i) {
    const group = svg("g", {class: `k${i % KINDS} ${style}`});
    const odd = new Set();
    const drawn = (one) => svg("path", {d: thinned(one, (s) => this.x(s), (v) => (this.log && v <= 0 ? null : this.y(v)), odd, style === "dots")});
    const path = drawn(series);
    group.append(path);
    if (style === "line" && series.steps.length > 2 * this._wide()) {
      this.dense = true;
      path.setAttribute("class", "pale");
      group.append(drawn({steps: series.steps, values: smoothed(series, this.log)}));
    }
    for (const x of odd) group.append(svg("path", {class: "odd", d: `M${x - 4} ${ROOM.top - 2}h8l-4 -8z`}));
    return group;
  }

  _legend() {
    this.values = this.lines.map(() => html("b"));
    this.legend.replaceChildren(...this.lines.map(({series, style}, i) => {
      const swatch = svg("svg", {width: 26, height: 10, "aria-hidden": "true", class: `k${i % KINDS} ${style}`});
      swatch.append(svg("path", {d: style === "dots" ? "M13 5h0" : "M1 5h24"}));
      return html("li", {}, swatch, ` ${series.name} `, this.values[i]);
    }));
  }

  // Say what the lines are at a step.
  cursor(step) {
    this.step = step;
    if (this.section.hidden) return;
    const x = Math.min(Math.max(this.x(step), ROOM.left), ROOM.left + this._wide());
    this.cursorLine.style.transform = `translateX(${x}px)`;
    const found = this.lines.map(({series}) => short(series.at(step)));
    found.forEach((text, i) => { this.values[i].textContent = text; });
    const said = this.lines.map(({series}, i) => `${series.name} ${found[i]}`).join(", ");
    this.picture.setAttribute("aria-label", `${this.title} over ${this.last.toLocaleString("en")} steps; at step ${step}: ${said}`);
  }
}

// A path with at most four points for each pixel across: the first, least, most and last there.
// Where one stands alone it is a stroke as wide as a dot.
export function thinned(series, x, y, odd, dots = false) {
  const {steps, values} = series;
  const parts = [];
  let pen = "M";
  const alone = () => parts.at(-1)?.startsWith("M") && !dots && parts.push("m-1.5 0h3");
  let column = null, first = 0, least = 0, most = 0, last = 0;
  const put = (at, level) => {
    parts.push(`${pen}${at.toFixed(1)} ${level.toFixed(1)}`);
    if (dots) parts.push("h0");
    else pen = "L";
  };
  const flush = () => {
    if (column === null) return;
    put(column, first);
    if (most !== first) put(column, most);
    if (least !== most) put(column, least);
    if (last !== least) put(column, last);
    column = null;
  };
  for (let i = 0; i < steps.length; i++) {
    const at = Math.round(2 * x(steps[i])) / 2;
    const level = Number.isFinite(values[i]) ? y(values[i]) : null;
    if (level === null) {
      flush();
      alone();
      pen = "M";
      if (!Number.isFinite(values[i])) odd.add(Math.round(at / 6) * 6);
      continue;
    }
    if (at !== column) {
      flush();
      column = at;
      first = least = most = level;
    }
    least = Math.max(least, level); // y grows downwards
    most = Math.min(most, level);
    last = level;
  }
  flush();
  alone();
  return parts.join("");
}
