// --- one leaf changed: what its gradient predicts, and what happens ---
{
  const part = section("nudge", "Nudge: change a leaf, and see who follows");
  const free = isLeaf.flatMap((leaf, place) => (leaf && !why && keeps[place] === undefined ? place : []));
  const kept = isLeaf.flatMap((leaf, place) => (leaf && keeps[place] !== undefined ? place : []));
  if (why) make("p", `Nothing can be changed here: ${why}.`, part);
  for (const op of new Set(kept.map((place) => data.ops[keeps[place]]))) {
    const those = kept.filter((place) => data.ops[keeps[place]] === op).map((place) => names[place]);
    if (!why) make("p", `${op} is not run again in a page, so what it is made of keeps its numbers: ${those.join(", ")}.`, part);
  }
  if (free.length) {
    const choice = select("leaf", free, part);
    const slider = field("by", "input", { type: "range", min: -100, max: 100, value: 0 }, part);
    const number = field("to", "input", { type: "number", step: "any" }, part);
    const reset = make("button", "Reset", part);
    const told = make("p", "", part);
    told.setAttribute("aria-live", "polite");
    const curve = make("div", undefined, part);
    const table = make("table", undefined, part);
    const heads = make("tr", undefined, make("thead", undefined, table));
    ["node", "value", "predicted", "real"].forEach((text) => (make("th", text, heads).scope = "col"));
    const body = make("tbody", undefined, table);
    const leaf = () => Number(choice.value);
    // the slider's reach: 1, 2, 5, 10, … from 1 and from the number's size on
    const reach = () => {
      const size = Math.max(1, Math.abs(original[leaf()]) || 1);
      const ten = 10 ** Math.floor(Math.log10(size));
      return [1, 2, 5, 10].map((x) => x * ten).find((x) => x >= size) || 1;
    };
    const with_leaf = (x) => leaves.map((old, place) => (place === leaf() ? x : old));
    // what the graph as it was predicts of each node: its derivatives times the changes
    const predicted = () => {
      const by = leaves.map((x, place) => (isLeaf[place] ? x - original[place] : 0));
      graph.forEach((_, place) => {
        if (!isLeaf[place]) by[place] = edges[place].reduce((sum, [x, i]) => (by[x] ? sum + was.locals[place][i] * by[x] : sum), 0);
      });
      return by;
    };
    const update = () => {
      if (!part.open) return;
      const place = leaf(), root = graph.length - 1;
      const x = leaves[place], by = predicted();
      const steps = Math.round((100 * (x - original[place])) / reach()) || 0;
      slider.value = steps;
      slider.disabled = !Number.isFinite(original[place]);
      slider.setAttribute("aria-valuetext", `${names[place]} = ${brief(x)}`);
      if (document.activeElement !== number) number.value = x;
      reset.disabled = !changed();
      const real = now.values[root] - was.values[root];
      const moved = leaves.filter((y, i) => isLeaf[i] && !Object.is(y, original[i]));
      const grad = was.grads[place];
      const name = names[place];
      write(told, !changed() ? `${name} = ${brief(x)}, ${gradient(place)} = ${brief(grad)}: a change Δ of ${name} changes ${data.root} by ${brief(grad)} × Δ, as long as it is small.`
        : `${moved.length === 1 && !Object.is(x, original[place]) ? `${name} by ${signed(x - original[place])}: ${brief(grad)} × ${brief(x - original[place])}` : `${moved.length} leaves changed: gradient × Δ, added up,`} predicts ${signed(by[root])} for ${data.root}; it changes by ${signed(real)}. The prediction is off by ${brief(Math.abs(by[root] - real))}.`);
      body.replaceChildren();
      graph.forEach((_, i) => {
        const [old, y] = [was.values[i], now.values[i]];
        if (Object.is(old, y) && !by[i] && i !== place && i !== root) return;
        const row = make("tr", undefined, body);
        make("td", names[i], row);
        put(make("td", undefined, row), y, Object.is(old, y) ? brief(y) : `${brief(old)} → ${brief(y)}`);
        put(make("td", undefined, row), by[i], signed(by[i]));
        put(make("td", undefined, row), y - old, signed(y - old));
        row.dataset.node = i;
      });
    };
    slider.oninput = () => {
      const old = original[leaf()];
      const by = (slider.value * reach()) / 100;
      change(with_leaf(by ? Number((old + by).toPrecision(12)) : old));
    };
    number.oninput = () => number.value !== "" && change(with_leaf(Number(number.value)));
    number.onchange = update;
    reset.onclick = restore;
    choice.onchange = update;
    part.ontoggle = () => {
      update();
      if (part.open) part.scrollIntoView({ block: "nearest" });
    };
    changes.push(update);
    picked.push((place) => {
      if (!free.includes(place)) return;
      choice.value = place;
      update();
    });
  }
  keysOf(part);
}
