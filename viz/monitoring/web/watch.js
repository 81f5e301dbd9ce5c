// The page: asks for new lines, and shows the run at the step that the slider is at.

import {Chart, html} from "./charts.js";
import {Run, Series, short} from "./run.js";

const POLL = 1000; // milliseconds; server.py waits for a page by this
const SHOWN = 7; // lines in a chart, as there are colours
const ROWS = 20; // of the run as a table

const $ = (selector) => document.querySelector(selector);
const run = new Run();
let cursor = "", following = true, step = 0, pages = [];
const chosen = {parameters: null, layers: null}; // sets of names; null: nobody chose

// --- the charts ---

const charts = new Map(); // title → Chart
let placed = 0; // how many stand where they are to stand, as not all come with the first step

function chart(title, options = {}) {
  if (!charts.has(title)) charts.set(title, new Chart($("#charts"), {title, pick: goTo, ...options}));
  const {section} = charts.get(title), there = $("#charts").children[placed++];
  if (there !== section) there.before(section);
  return charts.get(title);
}

const line = (series) => ({series, style: "line"});

function named(series, name) {
  return Object.assign(new Series(name), {steps: series.steps, values: series.values});
}

// Series beside loss and learning rate: validation_accuracy stands with accuracy.
function metrics() {
  const groups = new Map();
  for (const [name, series] of run.series) {
    const kind = name.replace(/^validation_/, "");
    if (["loss", "lr", "norm", "seconds", "epoch"].includes(kind)) continue;
    if (!groups.has(kind)) groups.set(kind, []);
    groups.get(kind).push(series);
  }
  return groups;
}

function drawLoss() {
  const loss = run.series.get("loss"), validation = run.series.get("validation_loss");
  const lines = [];
  if (loss) {
    const many = loss.values.length > 30;
    lines.push({series: named(loss, many ? "each step" : "training"), style: many ? "faint" : "line"});
    if (many) lines.push({series: named(loss, "training, mean around"), style: "mean", of: loss});
  }
  if (validation) lines.push({series: named(validation, "validation"), style: "dots"});
  chart("Loss").show(lines, run);
}

function drawCharts() {
  placed = 0;
  drawLoss();
  for (const [name, found] of metrics()) {
    const fraction = found.every((s) => s.values.every((x) => x >= 0 && x <= 1));
    const one = chart(capital(name));
    one.whole = fraction ? [0, 1] : undefined;
    one.show(found.map(line), run);
  }
  const rate = run.series.get("lr"), norm = run.series.get("norm");
  const of = (table, names, what) => names.map((name) => table.get(name).get(what)).filter(Boolean).map(line);
  const parameters = shown("parameters"), layers = shown("layers");
  chart("Norm of all gradients", {log: true}).show(norm ? [line(named(norm, "all parameters"))] : [], run);
  chart("Gradient norm by parameter", {log: true}).show(of(run.parameters, parameters, "norm"), run);
  chart("Update : data", {log: true, guide: {at: 1e-3, name: "about 1/1000 is good"}})
    .show(of(run.parameters, parameters, "ratio"), run);
  chart("Dead units", {whole: [0, 1]}).show(of(run.layers, layers, "dead"), run);
  chart("Saturated units", {whole: [0, 1]}).show(of(run.layers, layers, "saturated"), run);
  const changes = rate?.values.some((x) => x !== rate.values[0]); // else it is said above
  chart("Learning rate").show(changes ? [{series: named(rate, "lr"), style: "exact"}] : [], run);
}

const capital = (name) => name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");

// --- which parameters and layers ---

// The names whose lines are drawn: those that were chosen, else weights before the rest.
function shown(kind) {
  const names = [...run[kind].keys()];
  if (chosen[kind]) return names.filter((name) => chosen[kind].has(name));
  if (names.length <= SHOWN) return names;
  const weights = kind === "parameters" ? names.filter((name) => !name.endsWith("bias")) : names;
  const from = weights.length >= SHOWN ? weights : names;
  const spread = Array.from({length: SHOWN}, (_, i) => from[Math.round((i * (from.length - 1)) / (SHOWN - 1))]);
  return names.filter((name) => spread.includes(name));
}

function drawChoice() {
  const parts = [];
  for (const kind of ["parameters", "layers"]) {
    const names = [...run[kind].keys()];
    if (names.length <= SHOWN) continue;
    const on = new Set(shown(kind));
    const boxes = names.map((name) => {
      const box = html("input", {type: "checkbox", "data-kind": kind, value: name});
      box.checked = on.has(name);
      box.disabled = !box.checked && on.size >= SHOWN;
      return html("label", {}, box, ` ${name}`);
    });
    parts.push(html("fieldset", {}, html("legend", {}, `${capital(kind)}, ${SHOWN} at most of ${names.length}`), ...boxes));
  }
  $("#choice").hidden = parts.length === 0;
  $("#choice div").replaceChildren(...parts);
}

$("#choice").addEventListener("change", ({target}) => {
  const {kind} = target.dataset, {value} = target;
  chosen[kind] = new Set(shown(kind));
  if (target.checked) chosen[kind].add(value);
  else chosen[kind].delete(value);
  drawChoice();
  drawCharts();
  show();
  $(`#choice input[data-kind=${kind}][value="${CSS.escape(value)}"]`)?.focus();
});

// --- the run at a step ---

// The steps that the slider stops at: those that were measured, if there are such.
const stops = () => (run.measured.length ? run.measured : run.steps);

function last(steps, at) {
  const place = Object.assign(new Series(""), {steps}).place(at);
  return Math.max(0, place);
}

function goTo(wanted) {
  const steps = stops();
  const place = Math.min(last(steps, wanted), steps.length - 1);
  follow(place === steps.length - 1 && wanted >= run.last);
  step = following ? run.last : wanted < steps[place] ? steps[place] : wanted;
  $("#slider").value = place;
  show();
}

function follow(on) {
  following = on;
  $("#follow").setAttribute("aria-pressed", on);
}

$("#slider").addEventListener("input", ({target}) => {
  const steps = stops();
  const place = Number(target.value);
  follow(place === steps.length - 1);
  step = following ? run.last : steps[place];
  show();
});
$("#follow").addEventListener("click", () => goTo(following ? step : Infinity));

let asked = false; // whether a picture is on its way: many moves make one
function show() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    for (const one of charts.values()) one.cursor(step);
    drawStep();
  });
}

function drawStep() {
  const said = `step ${step.toLocaleString("en")}`;
  $("#step").textContent = `${step.toLocaleString("en")} of ${run.last.toLocaleString("en")}`;
  $("#slider").setAttribute("aria-valuetext", `${said} of ${run.last}`);
  $("#now .at").textContent = said;
  const pairs = [...run.series.values()].filter((series) => series.at(step) !== undefined);
  $("#now dl").replaceChildren(...pairs.map((series) =>
    html("div", {}, html("dt", {}, series.name), html("dd", {}, short(series.at(step))))));
  const at = run.measured.length ? run.measured[last(run.measured, step)] : 0;
  for (const place of document.querySelectorAll(".measured")) place.textContent = `step ${at.toLocaleString("en")}`;
  drawFlow(at);
  drawLayers(at);
}

// A bar from 0 to 1; its number stands in a cell of its own.
function bar(fraction, odd) {
  const inner = html("span", {class: "bar"});
  inner.style.width = `${100 * Math.min(1, Math.max(0, fraction))}%`;
  return html("td", {class: "bars"}, odd ? html("span", {class: "none"}, odd) : inner);
}

const cell = (x) => html("td", {class: "n"}, short(x));

// Whether a series has a number of this very step.
const exactly = (series, at) => (series && series.steps[series.place(at)] === at ? series.at(at) : undefined);

let decades = [-1, 0]; // that the norms of all gradients span

function drawFlow(at) {
  $("#flow").hidden = run.parameters.size === 0;
  const [low, high] = decades;
  $("#flow tbody").replaceChildren(...[...run.parameters].map(([name, row]) => {
    const find = (what) => exactly(row.get(what), at);
    const norm = find("norm");
    const odd = norm === undefined ? "none came" : !Number.isFinite(norm) ? short(norm) : norm === 0 ? "zero" : "";
    return html("tr", {}, html("th", {scope: "row"}, name),
      bar(0.03 + 0.97 * (Math.log10(norm) - low) / (high - low), odd),
      cell(norm), cell(find("max")), cell(find("zeros")), cell(find("ratio")));
  }));
}

// The decades that numbers span.
function span(all) {
  let low = Infinity, high = -Infinity;
  for (const series of all) {
    for (const x of series?.values ?? []) {
      if (!(x > 0 && x < Infinity)) continue;
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
  }
  return low < high ? [Math.log10(low), Math.log10(high)] : [-1, 0];
}

function drawLayers(at) {
  $("#layers").hidden = run.layers.size === 0;
  $("#layers tbody").replaceChildren(...[...run.layers].map(([name, row]) => {
    const find = (what) => exactly(row.get(what), at);
    const dead = find("dead");
    return html("tr", {}, html("th", {scope: "row"}, name),
      bar(dead, dead === undefined ? "not measured" : dead > 0 ? "" : Number.isNaN(dead) ? "nan" : "none"),
      cell(dead), cell(find("zeros")), cell(find("saturated")), cell(find("mean")), cell(find("std")));
  }));
}

// --- what went wrong, and the run as a table ---

function why(what, at) {
  const loss = short(exactly(run.series.get("loss"), at));
  if (what === "spike") return `a spike, the loss is ${loss}`;
  if (what === "nan") return loss === "nan" || loss.endsWith("inf") ? `the loss is ${loss}` : "a gradient is not finite";
  const dead = [...run.layers].filter(([, row]) => exactly(row.get("dead"), at) === 1).map(([name]) => name);
  return `${dead.join(", ")}: dead, all units are 0 for the whole batch`;
}

function drawEvents() {
  $("#events").hidden = run.caught.length === 0;
  $("#events ul").replaceChildren(...run.caught.map(([at, what]) => {
    const button = html("button", {}, `Step ${at.toLocaleString("en")}`);
    button.addEventListener("click", () => goTo(at));
    const page = pages.includes(`${what}-${at}`)
      ? html("a", {href: `caught/${what}-${at}`}, "its graph and backward, step by step")
      : html("span", {class: "note"}, "history.caught in Python has its batch");
    return html("li", {}, button, ` ${why(what, at)}: `, page);
  }));
}

function drawNumbers() {
  if (!$("#numbers").open) return;
  const names = [...run.series.keys()];
  const steps = stops();
  const count = Math.min(ROWS, steps.length);
  const rows = Array.from({length: count}, (_, i) => steps[Math.round((i * (steps.length - 1)) / Math.max(1, count - 1))]);
  $("#numbers thead").replaceChildren(html("tr", {}, ...["step", ...names].map((name) => html("th", {scope: "col"}, name))));
  $("#numbers tbody").replaceChildren(...rows.map((at) =>
    html("tr", {}, html("th", {scope: "row"}, at.toLocaleString("en")), ...names.map((name) => cell(run.series.get(name).at(at))))));
}

$("#numbers").addEventListener("toggle", drawNumbers);

// --- following ---

function state(text) {
  if ($("#state").textContent !== text) $("#state").textContent = text;
}

function told(answer) {
  $("#name").textContent = answer.name;
  document.title = `${answer.name} – training, watched`;
  if (answer.begins && (run.steps.length || run.unread)) {
    run.clear();
    for (const one of charts.values()) one.section.remove();
    charts.clear();
    chosen.parameters = chosen.layers = null;
    follow(true);
  }
  cursor = answer.cursor;
  const news = answer.lines !== "" || answer.pages.length !== pages.length || answer.begins;
  pages = answer.pages;
  run.add(answer.lines);
  const lost = run.unread === 1 ? "1 line of the file is no record" : `${run.unread} lines of the file are no records`;
  const unread = run.unread ? `; ${lost} of a History` : "";
  if (answer.problem) state(`waiting: the file ${answer.problem}`);
  else if (answer.ended) state(`the run is over; this page keeps what it has${unread}`);
  else if (!run.steps.length) state(`waiting for the first step${unread}`);
  else state(`following${unread}`);
  if (news && !answer.more) draw();
}

function draw() {
  const there = run.steps.length > 0;
  $("#run").hidden = $("#bar").hidden = !there;
  if (!there) return;
  const steps = stops();
  $("#slider").max = steps.length - 1;
  if (following) step = run.last;
  $("#slider").value = following ? steps.length - 1 : last(steps, step);
  decades = span([...run.parameters.values()].map((row) => row.get("norm")));
  drawEvents();
  drawCharts();
  drawChoice();
  drawNumbers();
  show();
}

addEventListener("resize", () => run.steps.length && draw());

async function ask() {
  try {
    const answer = await (await fetch(`lines?after=${encodeURIComponent(cursor)}`)).json();
    told(answer);
    if (answer.ended) return;
    setTimeout(ask, answer.more ? 0 : POLL);
  } catch {
    state(run.steps.length ? "nobody answers: watching was stopped; this page keeps what it has" : "nobody answers");
    setTimeout(ask, 5 * POLL);
  }
}

ask();
