// --- training: w −= lr · gradient, again and again ---
{
  const root = graph.length - 1;
  const found = isLeaf.flatMap((_, place) => (data.nodes[place][1] === "leaf" && !why && keeps[place] === undefined ? place : []));
  if (found.length && !isLeaf[root]) {
    const part = section("train", "Train: w −= lr · gradient, step by step");
    const bar = make("div", undefined, part);
    bar.className = "fields";
    const rate = field("lr", "input", { type: "number", step: "any", value: 0.1 }, bar);
    const [one, run_button, reset] = ["Step", "Run", "Reset"].map((text) => make("button", text, bar));
    const told = make("p", "", part);
    const chart = make("div", undefined, part);
    const body = tabled(["train", "leaf", "value", "gradient", "−lr · gradient"], part);
    const lines = found.map((place) => {
      const row = make("tr", undefined, body);
      const tick = make("input", undefined, make("td", undefined, row));
      Object.assign(tick, { type: "checkbox", checked: true, ariaLabel: `train ${names[place]}`, onchange: () => update() });
      make("td", names[place], row);
      return { place, tick, cells: [1, 2, 3].map(() => make("td", "", row)) };
    });
    let losses = [];
    let timer = 0;

    const stop = () => {
      clearInterval(timer);
      timer = 0;
      write(run_button, "Run");
      told.ariaLive = "polite";
    };
    const lr = () => (rate.value === "" ? NaN : Number(rate.value));
    const by = ({ place, tick }) => (tick.checked ? -lr() * now.grads[place] : 0);
    const update = () => {
      if (!part.open) return;
      for (const line of lines) [leaves[line.place], now.grads[line.place], by(line)].forEach((x, i) => put(line.cells[i], x));
      reset.disabled = !changed();
      if (losses.length) {
        plot(chart, [losses.map((y, x) => [x, y])], [losses.length - 1, losses.at(-1)], `${data.root} over ${losses.length - 1} steps, from ${brief(losses[0])} to ${brief(losses.at(-1))}`);
      } else {
        chart.replaceChildren();
        write(told, `Forward gives ${data.root}, backward its gradients; then every ticked leaf moves against its gradient, by lr times it.`);
      }
    };
    const step = () => {
      if (!Number.isFinite(lr())) {
        stop();
        return write(told, "lr must be a number.");
      }
      const before = now.values[root];
      const moves = new Map(lines.map((line) => [line.place, by(line)]));
      const predicted = lines.reduce((sum, line) => sum + (now.grads[line.place] / seed) * by(line), 0);
      if (losses.at(-1) !== before) losses.push(before);
      // what `change` tells others is drawn with the new loss already
      losses.push(run(leaves.map((x, place) => x + (moves.get(place) ?? 0))).values[root]);
      change(leaves.map((x, place) => x + (moves.get(place) ?? 0)));
      const after = losses.at(-1);
      const count = losses.length - 1;
      write(told, `Step ${count}. Forward: ${data.root} = ${brief(before)}. Backward: ${lines.length} gradient${lines.length > 1 ? "s" : ""}. Update: ${data.root} should change by ${signed(predicted)}, and changes by ${signed(after - before)} to ${brief(after)}.${Number.isFinite(after) ? "" : " Too far: Reset, and take a smaller lr."}`);
      if (!Number.isFinite(after) || count % 500 === 0) stop();
    };
    one.onclick = () => (stop(), step());
    run_button.onclick = () => {
      if (timer) return stop();
      told.ariaLive = "off"; // nobody can listen as fast
      timer = setInterval(step, 250);
      write(run_button, "Pause");
    };
    reset.onclick = restore;
    rate.oninput = part.ontoggle = () => (part.open ? update() : stop());
    changes.push(() => {
      if (!changed()) {
        losses = [];
        stop();
      }
      update();
    });
    keysOf(part);
    stop();
  }
}
