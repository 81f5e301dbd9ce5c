// --- one leaf changed: what its gradient predicts, and what happens ---
const root = graph.length - 1;
const all = isLeaf.flatMap((leaf, place) => (leaf ? place : []));
const free = all.filter((place) => !why && keeps[place] === undefined);
{
  const part = section("nudge", "Nudge a leaf");
  if (why) make("p", `Nothing can be changed here: ${why}.`, part);
  for (const op of new Set(all.map((place) => !why && data.ops[keeps[place]]))) {
    const those = all.filter((place) => data.ops[keeps[place]] === op).map((place) => names[place]);
    if (op) make("p", `${op} (dotted) is not run again in a page: ${those.join(", ")} cannot be changed.`, part);
  }
  graph.forEach((row, place) => !why && row[0] < 0 && boxes[place]?.classList.add("kept"));
  if (free.length) {
    const fields = bar(part);
    const choice = select("leaf", free, fields);
    const number = field("=", "input", { type: "number", step: "any" }, fields);
    reset(fields);
    const slider = make("input", undefined, part);
    Object.assign(slider, { type: "range", min: -100, max: 100 });
    const told = make("p", "", part);
    told.ariaLive = "polite";
    const chart = make("div", undefined, part);
    const body = tabled(["node", "value", "predicted", "real"], part);

    const leaf = () => Number(choice.value);
    const with_leaf = (x) => leaves.map((old, place) => (place === leaf() ? x : old));
    // the slider's reach: 1, 2, 5, 10, … from 1 and from the number's size on
    const reach = () => {
      const size = Math.max(1, Math.abs(original[leaf()]) || 1);
      return [1, 2, 5, 10].map((x) => x * 10 ** Math.floor(Math.log10(size))).find((x) => x >= size) || 1;
    };
    // what the graph as it was predicts of each node: its derivatives times the changes
    const predicted = () => {
      const by = leaves.map((x, place) => (isLeaf[place] && !Object.is(x, original[place]) ? x - original[place] : 0));
      edges.forEach((those, place) => {
        for (const [x, i] of those) if (by[x]) by[place] += was.locals[place][i] * by[x];
      });
      return by;
    };
    const moved = (place) =>
      Object.is(now.values[place], was.values[place]) ? 0 : now.values[place] - was.values[place];
    const say = (place, by, slope) => {
      const Δ = leaves[place] - original[place];
      if (!changed()) return `A small change Δ of ${names[place]} changes ${data.root} by ${slope} × Δ. Move the slider.`;
      const alone = all.every((other) => other === place || Object.is(leaves[other], original[other]));
      const real = moved(root);
      const off = Math.abs(by[root] - real);
      const share = off && real ? ` (${brief(Number(((100 * off) / Math.abs(real)).toPrecision(2)))} %)` : "";
      return `${alone ? `${slope} × ${brief(Δ)}` : "gradient × Δ of all leaves that were changed"} predicts ${signed(by[root])} for ${data.root}; really it changes by ${signed(real)}. Off by ${brief(off)}${share}.`;
    };
    const update = () => {
      if (!part.open) return;
      const place = leaf(), x = leaves[place], by = predicted();
      const slope = was.grads[place] / seed;
      slider.value = Math.round((100 * (x - original[place])) / reach()) || 0;
      slider.disabled = !Number.isFinite(original[place]);
      slider.ariaLabel = `change of ${names[place]}`;
      slider.setAttribute("aria-valuetext", `${names[place]} = ${brief(x)}`);
      if (number !== document.activeElement) number.value = Number.isFinite(x) ? x : "";
      write(told, say(place, by, brief(slope)));
      // the result over the leaf, and what is predicted of it
      const xs = slider.disabled ? [] : Array.from({ length: 81 }, (_, i) => original[place] + ((i - 40) * reach()) / 40);
      plot(chart, [
        xs.map((x) => [x, forward(with_leaf(x))[root]]),
        xs.map((other) => [other, was.values[root] + by[root] + slope * (other - x)]),
      ], [x, now.values[root]], `${data.root} over ${names[place]}; dashed: what its gradient predicts`);
      body.replaceChildren();
      graph.forEach((_, i) => {
        const [old, y] = [was.values[i], now.values[i]];
        const same = Object.is(old, y);
        if (same && !by[i] && i !== place && i !== root) return;
        const row = make("tr", undefined, body);
        make("td", names[i], row);
        put(make("td", undefined, row), y, same ? brief(y) : `${brief(old)} → ${brief(y)}`);
        for (const change of [by[i], moved(i)]) put(make("td", undefined, row), change, signed(change));
      });
    };
    slider.oninput = () => {
      const by = (slider.value * reach()) / 100;
      change(with_leaf(by ? Number((original[leaf()] + by).toPrecision(12)) : original[leaf()]));
    };
    number.oninput = () => number.value !== "" && change(with_leaf(Number(number.value)));
    number.onblur = choice.onchange = part.ontoggle = update;
    changes.push(update);
    picked.push((place) => {
      if (!free.includes(place)) return;
      choice.value = place;
      update();
    });
  }
}
