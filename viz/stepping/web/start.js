// --- the page as it is at first ---
document.head.append(make("style", style));
document.documentElement.classList.add("js");
get("controls").hidden = get("panel").hidden = false;
get("all").classList.add("js");
get("all").open = false;
get("slider").max = last;
get("halves").style.setProperty("--halves", `${begins}fr ${last - begins}fr`);
fit();
addEventListener("resize", fit);
show(0);
