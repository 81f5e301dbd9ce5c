// --- one leaf changed: what its gradient predicts, and what happens ---
{
  const part = section("nudge", "Nudge: change a leaf, and see what follows");
  const root = graph.length - 1;
  const all = isLeaf.flatMap((leaf, place) => (leaf ? place : []));
  const free = all.filter((place) => !why && keeps[place] === undefined);
  if (why) make("p", `Nothing can be changed here: ${why}.`, part);
  for (const op of why ? [] : new Set(all.filter((place) => !free.includes(place)).map((place) => data.ops[keeps[place]]))) {
    const those = all.filter((place) => keeps[place] !== undefined && data.ops[keeps[place]] === op);
    make("p", `${op} is not run again in a page, so what it is made of keeps its numbers: ${those.map((place) => names[place]).join(", ")}.`, part);
  }
  if (free.length) {
    const bar = make("div", undefined, part);
    bar.className = "fields";
    const choice = select("leaf", free, bar);
    const number = field("=", "input", { type: "number", step: "any" }, bar);
    const reset = make("button", "Reset", bar);
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
      const ten = 10 ** Math.floor(Math.log10(size));
      return [1, 2, 5, 10].map((x) => x * ten).find((x) => x >= size) || 1;
    };
    // what the graph as it was predicts of each node: its derivatives times the changes
    const predicted = () => {
      const by = leaves.map((x, place) => (isLeaf[place] && !Object.is(x, original[place]) ? x - original[place] : 0));
      edges.forEach((all, place) => {
        for (const [x, i] of all) if (by[x]) by[place] += was.locals[place][i] * by[x];
      });
      return by;
    };
    // the result over the leaf, and what is predicted of it
    const curve = (by) => {
      const place = leaf();
      const [x, slope] = [leaves[place], was.grads[place] / seed];
      if (!Number.isFinite(original[place])) return chart.replaceChildren();
      const xs = Array.from({ length: 81 }, (_, i) => original[place] + ((i - 40) * reach()) / 40);
      const line = xs.map((x) => [x, forward(with_leaf(x))[root]]);
      const straight = xs.map((other) => [other, was.values[root] + by[root] + slope * (other - x)]);
      plot(chart, [line, straight], [x, now.values[root]], `${data.root} over ${names[place]}; dashed: what the gradient predicts`);
    };
    const say = (by) => {
      const [place, name] = [leaf(), names[leaf()]];
      const slope = brief(was.grads[place] / seed);
      const factor = seed === 1 ? gradient(place) : `${gradient(place)} / ${brief(seed)}`;
      if (!changed()) return `${factor} = ${slope}: a small change Δ of ${name} changes ${data.root} by ${slope} × Δ. Move the slider.`;
      const moved = all.filter((i) => !Object.is(leaves[i], original[i]));
      const only = moved.length === 1 && moved[0] === place;
      const real = now.values[root] - was.values[root];
      const off = Math.abs(by[root] - real);
      const share = off && real ? `, ${brief(Number(((100 * off) / Math.abs(real)).toPrecision(2)))} % of the change` : "";
      return `${only ? `Δ = ${signed(leaves[place] - original[place])}: ${slope} × Δ` : `${moved.length} leaves changed: gradient × Δ, added up,`} predicts ${signed(by[root])} for ${data.root}; really it changes by ${signed(real)}. Off by ${brief(off)}${share}.`;
    };
    const update = () => {
      if (!part.open) return;
      const place = leaf(), x = leaves[place], by = predicted();
      slider.value = Math.round((100 * (x - original[place])) / reach()) || 0;
      slider.disabled = !Number.isFinite(original[place]);
      slider.ariaLabel = `change of ${names[place]}`;
      slider.setAttribute("aria-valuetext", `${names[place]} = ${brief(x)}`);
      if (number !== document.activeElement) number.value = x;
      reset.disabled = !changed();
      write(told, say(by));
      curve(by);
      body.replaceChildren();
      graph.forEach((_, i) => {
        const [old, y] = [was.values[i], now.values[i]];
        if (Object.is(old, y) && !by[i] && i !== place && i !== root) return;
        const row = make("tr", undefined, body);
        make("td", names[i], row);
        put(make("td", undefined, row), y, Object.is(old, y) ? brief(y) : `${brief(old)} → ${brief(y)}`);
        put(make("td", undefined, row), by[i], signed(by[i]));
        const real = Object.is(old, y) ? 0 : y - old;
        put(make("td", undefined, row), real, signed(real));
      });
    };
    slider.oninput = () => {
      const old = original[leaf()];
      const by = (slider.value * reach()) / 100;
      change(with_leaf(by ? Number((old + by).toPrecision(12)) : old));
    };
    number.oninput = () => number.value !== "" && change(with_leaf(Number(number.value)));
    number.onblur = choice.onchange = update;
    reset.onclick = restore;
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
