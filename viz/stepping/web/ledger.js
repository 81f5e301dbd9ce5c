// --- every path from the result to a node, and what it carries ---
{
  const MOST = 30; // paths that are listed
  const ENDS = 6; // of a longer path: nodes at each end
  const part = section("ledger", "Paths to a leaf");
  const found = data.nodes.flatMap(([, kind], place) => (kind === "input" || place === graph.length - 1 ? [] : place));
  const choice = select("from the result to", found, part);
  const told = make("p", "", part);
  const listed = make("ol", undefined, part);
  const sum = make("p", "", part);
  const size = ({ product }) => (Number.isNaN(product) ? Infinity : Math.abs(product));

  // from the node up to the result, inputs before results: of each node that depends on it the
  // number of paths, what they carry together, and the largest of them, edge after edge
  const paths = (target) => {
    const count = [], total = [], largest = [];
    count[target] = 1n;
    total[target] = 1;
    largest[target] = [{ product: 1 }];
    let along = 0;
    for (let place = target + 1; place < graph.length; place++) {
      edges[place].forEach(([x, i]) => {
        if (!count[x]) return;
        const local = now.locals[place][i];
        along += 1;
        count[place] = (count[place] ?? 0n) + count[x];
        total[place] = (total[place] ?? 0) + local * total[x];
        const longer = largest[x].map((rest) => ({ product: local * rest.product, place, i, local, x, rest }));
        largest[place] = [...(largest[place] ?? []), ...longer];
      });
      largest[place] = largest[place]?.sort((a, b) => size(b) - size(a)).slice(0, MOST);
    }
    const root = graph.length - 1;
    return { along, count: count[root], total: seed * total[root], largest: largest[root] };
  };
  const steps = (path) => {
    const found = [];
    for (let step = path; step.rest; step = step.rest) found.push(step);
    return found;
  };
  const joined = (parts, sign) => {
    const left = parts.length - 2 * ENDS;
    const shown = left > 1 ? [...parts.slice(0, ENDS), `… ${left} more …`, ...parts.slice(-ENDS)] : parts;
    return shown.join(sign);
  };

  const write_ledger = () => {
    if (!part.open) return;
    const target = Number(choice.value);
    const { along, count, total, largest } = paths(target);
    const many = (n, word) => `${n.toLocaleString("en")} ${word}${n == 1 ? "" : "s"}`;
    write(told, `${many(count, "path")} over ${many(along, "edge")}: backward goes along each edge once.`);
    listed.replaceChildren();
    for (const path of largest) {
      const button = make("button", undefined, make("li", undefined, listed));
      const way = steps(path);
      make("span", joined([data.root, ...way.map(({ x }) => names[x])], " → "), button);
      const product = [seed, ...way.map(({ local }) => local)].map(brief);
      put(make("span", undefined, button), seed * path.product, `${joined(product, " × ")} = ${brief(seed * path.product)}`);
      button.edges = way;
    }
    const rest = count - BigInt(largest.length);
    if (rest > 0n) {
      const other = total - largest.reduce((all, { product }) => all + seed * product, 0);
      make("li", `the other ${many(rest, "path")} together: ${brief(other)}`, listed);
    }
    put(sum, total, `sum = ${brief(total)}${why ? `; ${why}` : ` = ${gradient(target)}`}`);
  };

  const light = (button) => {
    svg?.querySelectorAll(".path").forEach((edge) => edge.classList.remove("path"));
    button?.edges?.forEach(({ place, i }) => get(`e${place}_${i}`)?.classList.add("path"));
  };
  const over = (event) => light(event.target.closest("button"));
  listed.onpointerover = over;
  listed.addEventListener("focusin", over);
  listed.onpointerleave = () => light();
  listed.addEventListener("focusout", () => light());
  choice.onchange = part.ontoggle = write_ledger;
  changes.push(write_ledger);
  picked.push((place) => {
    if (!found.includes(place)) return;
    choice.value = place;
    if (isLeaf[place]) part.open = true;
    write_ledger();
  });
}
