// --- an answer: a number, or a term of numbers and names such as −3 × (1 − e²) ---
const functions = { tanh: Math.tanh, exp: Math.exp, log: Math.log, sqrt: Math.sqrt, sin: Math.sin, cos: Math.cos };

// what a text comes to; an Error says what cannot be read
const evaluate = (text, known) => {
  let rest = text.replace(/[−–]/g, "-").replace(/[×·∙⋅]/g, "*").replace(/÷/g, "/").replace(/²/g, "**2").replace(/\^/g, "**");
  if (/\d,\d/.test(rest)) throw Error("Write numbers with a point: 1.5.");
  const words = [...Object.keys(known), ...Object.keys(functions)].sort((a, b) => b.length - a.length);
  const take = (...signs) => {
    rest = rest.trimStart();
    const found = signs.find((sign) => rest.startsWith(sign) && !(sign === "*" && rest[1] === "*"));
    if (found) rest = rest.slice(found.length);
    return found;
  };
  const chain = (part, ...signs) => {
    let x = part();
    for (let sign; (sign = take(...signs)); ) {
      const y = part();
      x = sign === "+" ? x + y : sign === "-" ? x - y : sign === "*" ? x * y : x / y;
    }
    return x;
  };
  const sum = () => chain(product, "+", "-");
  const product = () => chain(signed, "*", "/");
  const signed = () => (take("-") ? -signed() : power());
  const power = () => {
    const base = atom();
    return take("**") ? base ** signed() : base;
  };
  const inside = () => {
    const x = sum();
    if (!take(")")) throw Error("A bracket is not closed.");
    return x;
  };
  const atom = () => {
    if (take("(")) return inside();
    const number = /^\s*(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/i.exec(rest);
    if (number) {
      rest = rest.slice(number[0].length);
      return Number(number[0]);
    }
    const word = take(...words);
    if (word in known) return known[word];
    if (word && take("(")) return functions[word](inside());
    throw Error(rest.trim() ? `I cannot read “${rest.trim()}”.` : "Something is missing at the end.");
  };
  const x = sum();
  if (rest.trim()) throw Error(`I cannot read “${rest.trim()}”.`);
  return x;
};
