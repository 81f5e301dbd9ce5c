// A run as arrays of numbers: read from History's lines of JSON, asked at a step.

// What a record holds beside its series.
const APART = new Set(["step", "parameters", "activations", "caught"]);
const WORDS = {nan: NaN, NaN: NaN, inf: Infinity, Infinity, "-inf": -Infinity, "-Infinity": -Infinity};

// JSON has no nan and no inf: History writes words; other programs write them bare.
function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    try {
      return JSON.parse(line.replace(/([:,[]\s*)(-?Infinity|NaN)(?=\s*[,\]}])/g, '$1"$2"'));
    } catch {
      return null;
    }
  }
}

function number(x) {
  return typeof x === "number" ? x : typeof x === "string" && x in WORDS ? WORDS[x] : undefined;
}

// Numbers of some steps, in the order of steps.
export class Series {
  constructor(name) {
    this.name = name;
    this.steps = [];
    this.values = [];
  }

  add(step, value) {
    this.steps.push(step);
    this.values.push(value);
  }

  // The place of the last number at or before a step; -1 if there is none.
  place(step) {
    let low = 0, high = this.steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle] <= step) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  at(step) {
    const place = this.place(step);
    return place < 0 ? undefined : this.values[place];
  }
}

export class Run {
  constructor() {
    this.clear();
  }

  clear() {
    this.steps = []; // of which there is a record
    this.measured = []; // those at which parameters or layers were measured
    this.series = new Map(); // name → Series
    this.parameters = new Map(); // name → what → Series
    this.layers = new Map();
    this.caught = []; // [step, what], the first of each kind
    this.unread = 0; // lines that are no record
  }

  get last() {
    return this.steps.length ? this.steps[this.steps.length - 1] : 0;
  }

  // Take in whole lines.
  add(lines) {
    for (const line of lines.split("\n")) {
      if (!line.trim()) continue;
      const record = parsed(line);
      if (record !== null && Number.isInteger(record.step) && record.step >= this.last) this._take(record);
      else this.unread += 1;
    }
  }

  _take(record) {
    const step = record.step;
    if (!this.steps.length || step > this.last) this.steps.push(step);
    for (const name in record) {
      if (APART.has(name)) continue;
      const x = number(record[name]);
      if (x === undefined) continue;
      if (!this.series.has(name)) this.series.set(name, new Series(name));
      this.series.get(name).add(step, x);
    }
    if (record.parameters || record.activations) this.measured.push(step);
    this._measured(this.parameters, step, record.parameters);
    this._measured(this.layers, step, record.activations);
    for (const what in record.caught ?? {}) this.caught.push([step, what]);
  }

  _measured(found, step, rows = {}) {
    for (const name in rows) {
      if (!found.has(name)) found.set(name, new Map());
      const row = found.get(name);
      for (const what in rows[name]) {
        const x = number(rows[name][what]);
        if (x === undefined) continue;
        if (!row.has(what)) row.set(what, new Series(name));
        row.get(what).add(step, x);
      }
    }
  }
}

// Means over the steps around each: those before and those after weigh alike, so that the line
// neither lags behind nor begins too low.  What is not finite is passed over.  For a logarithmic
// scale they are means of logarithms, as one spike would raise all around it.
export function smoothed(series, log) {
  const weight = 1 - 1 / Math.max(5, series.values.length / 60);
  const values = log ? series.values.map((x) => (x > 0 ? Math.log(x) : NaN)) : series.values;
  const before = means(values, weight);
  const after = means(values.toReversed(), weight).reverse();
  const middle = before.map((x, i) => (x + after[i]) / 2);
  return log ? middle.map(Math.exp) : middle;
}

// Exponential means, divided by the weight there is as yet.
function means(values, weight) {
  let mean = 0, total = 0;
  return values.map((x) => {
    if (Number.isFinite(x)) {
      mean = weight * mean + (1 - weight) * x;
      total = weight * total + (1 - weight);
    }
    return total ? mean / total : NaN;
  });
}

// A number in few characters, with at most so many digits.
export function short(x, digits = 4) {
  if (x === undefined) return "–";
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  if (x === 0) return "0";
  const size = Math.abs(x);
  const few = Number(x.toPrecision(digits));
  const text = size >= 1e5 || size < 1e-3 ? few.toExponential().replace(/(\.\d\d)\d+/, "$1") : String(few);
  return text.replace("e+", "e").replaceAll("-", "−");
}
