// --- training: w −= lr · gradient, again and again ---
const trained = free.filter((place) => data.nodes[place][1] === "leaf");
if (trained.length) {
  const part = section("train", "Train: w −= lr · gradient");
  const fields = bar(part);
  const rate = field("lr", "input", { type: "number", step: "any", value: 0.1 }, fields);
  const told = make("p");
  let losses = [];
  let timer = 0;

  const stop = () => {
    clearInterval(timer);
    timer = 0;
    write(runs, "Run");
    told.ariaLive = "polite";
  };
  const by = ({ place, tick }) => (tick.checked ? -rate.value * now.grads[place] : 0);
  const update = () => {
    if (!part.open) return stop();
    for (const line of lines) [leaves[line.place], now.grads[line.place], by(line)].forEach((x, i) => put(line.cells[i], x));
    if (!losses.length) write(told, `Every ticked leaf moves against its gradient, and ${data.root} falls.`);
    const count = losses.length - 1;
    plot(chart, [losses.map((y, x) => [x, y])], [count, losses.at(-1)], `${data.root} over ${count} step${count === 1 ? "" : "s"}, from ${brief(losses[0])} to ${brief(losses.at(-1))}`);
  };
  const step = () => {
    if (rate.value === "") return stop(), write(told, "lr must be a number.");
    const old = now.values[root];
    const moves = new Map(lines.map((line) => [line.place, by(line)]));
    const hope = lines.reduce((sum, line) => sum + (now.grads[line.place] / seed) * by(line), 0);
    const wanted = leaves.map((x, place) => x + (moves.get(place) ?? 0));
    if (losses.at(-1) !== old) losses.push(old);
    losses.push(forward(wanted)[root]); // before what `change` tells is drawn
    change(wanted);
    const y = losses.at(-1), count = losses.length - 1;
    write(told, `Step ${count}. Forward: ${data.root} = ${brief(old)}. Backward: the gradients. Update: ${data.root} should change by ${signed(hope)}, and changes by ${signed(y - old)} to ${brief(y)}.${Number.isFinite(y) ? "" : " Reset, and take a smaller lr."}`);
    if (!Number.isFinite(y) || count % 500 === 0) stop();
  };
  button("Step", () => (stop(), step()), fields);
  const runs = button("Run", () => {
    if (timer) return stop();
    timer = setInterval(step, 250);
    told.ariaLive = "off"; // nobody can listen as fast
    write(runs, "Pause");
  }, fields);
  reset(fields);
  part.append(told);
  const chart = make("div", undefined, part);
  const body = tabled(["train", "leaf", "value", "gradient", "−lr · gradient"], part);
  const lines = trained.map((place) => {
    const row = make("tr", undefined, body);
    const tick = make("input", undefined, make("td", undefined, row));
    Object.assign(tick, { type: "checkbox", checked: true, ariaLabel: `train ${names[place]}`, onchange: update });
    make("td", names[place], row);
    return { place, tick, cells: [1, 2, 3].map(() => make("td", "", row)) };
  });
  rate.oninput = part.ontoggle = update;
  changes.push(() => {
    if (!changed()) {
      losses = [];
      stop();
    }
    update();
  });
  stop();
}
