// --- the page as it is at first ---
document.head.append(make("style", style));
document.documentElement.classList.add("js");
get("all").classList.add("js");
get("all").open = false;
get("all").ontoggle = () => reveal(get("all"), rows[position - 1] ?? rows[0]);
get("slider").max = last;
get("halves").style.setProperty("--halves", `minmax(${begins && "min-content"},${begins}fr) minmax(min-content,${last - begins}fr)`);
get("layer").hidden = !data.layers;
get("zoom").hidden = !svg;
data.nodes.forEach(([name, , , label]) => (make("option", undefined, get("places")).value = label ?? name));
boxes.forEach((_, place) => paint(place));
show(0);
linked();
addEventListener("resize", () => follow(steps[position - 1]));

// on paper: all of the table
let closed = false;
addEventListener("beforeprint", () => {
  closed = !get("all").open;
  get("all").open = true;
});
addEventListener("afterprint", () => closed && (get("all").open = false));
