// --- practice: what backward adds next is asked for before it is shown ---
{
const form = make("form");
form.id = "ask";
get("step").prepend(form);
const question = make("label", "", form);
question.htmlFor = "answer";
question.setAttribute("aria-live", "polite");
const line = make("div", undefined, form);
const field = make("input", undefined, line);
Object.assign(field, { id: "answer", autocomplete: "off", spellcheck: false, placeholder: "number or term" });
field.setAttribute("autocapitalize", "none");
make("button", "Check", line);
const [hint, give, onwards] = ["Hint", "Show", ""].map((text) => make("button", text, line));
hint.type = give.type = onwards.type = "button";
const reply = make("p", "", form);
reply.setAttribute("role", "status");
const rule = make("div", undefined, form);
const score = make("p", "", form);

let at = 0; // which question
let tries = 0;
let helped = false;
const task = () => data.tasks[at];
const near = (x, y) => Math.abs(x - y) <= 0.01 * Math.abs(y) + 1e-9;

const ask = () => {
  const asked = task();
  allowed = asked ? asked.row : last;
  rows.forEach((row, i) => (row.hidden = i >= allowed));
  for (const part of [field, hint, give, field.nextSibling]) part.hidden = !asked;
  onwards.hidden = Boolean(asked);
  write(question, asked ? asked.question : "All gradients of this graph are there.");
  write(onwards, course.at + 1 < exercises.length ? "Next exercise" : "Start again");
  write(score, `${course.right} of ${course.asked} right at the first try`);
  rule.replaceChildren();
};

// the rule of the edge that is asked about
const showRule = () => {
  const { rule: index, formula } = steps[task().row];
  const [source, mathml] = data.rules[index];
  rule.innerHTML = mathml;
  make("code", source, rule);
  if (formula) make("p", `here: ${formula}`, rule);
};

const settle = (first, text) => {
  course.asked += 1;
  course.right += first;
  at += 1;
  tries = 0;
  helped = false;
  field.value = "";
  ask();
  go(allowed);
  write(reply, text);
  (task() ? field : onwards).focus();
};

form.onsubmit = (event) => {
  event.preventDefault();
  const asked = task();
  const text = field.value.trim();
  if (!asked || !text) return write(reply, "Type a number, or a term such as −3 × 0.42.");
  let number;
  try {
    const upstream = gradient(steps[asked.row].node);
    number = evaluate(text, { g: asked.upstream, y: asked.result, [upstream]: asked.upstream, ...data.known });
  } catch (error) {
    return write(reply, error.message);
  }
  if (near(number, asked.answer)) return settle(!tries && !helped, `Right: ${asked.solved}`);
  tries += 1;
  field.select();
  const known = asked.mistakes.find(([wrong]) => near(number, wrong));
  write(reply, `Not ${text}. ${known ? known[1] : asked.hint}`);
  if (tries > 1) showRule();
};
hint.onclick = () => {
  if (helped) showRule();
  helped = true;
  write(reply, task().hint);
};
give.onclick = () => settle(false, task().solved);
onwards.onclick = () => {
  pause();
  const next = (course.at + 1) % exercises.length;
  if (!next) course.right = course.asked = 0;
  another(next);
};
shown.push(() => {
  if (!svg || !task() || position !== allowed) return;
  const next = steps[allowed];
  mark(next);
  label({ ...next, local: "?" }, true);
  look(around([areas[next.node], areas[next.to]]));
});
write(get("all").firstElementChild, "The steps so far, as a table");
ask();
queueMicrotask(() => {
  show(allowed);
  if (course.at) field.focus();
});
}
