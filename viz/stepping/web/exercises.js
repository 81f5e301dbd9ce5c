// Several exercises in one page: it is written anew for each, and the window keeps the count.
const course = (window.practice ??= { at: 0, right: 0, asked: 0 });
if (!course.page) {
  const whole = document.documentElement.cloneNode(true);
  whole.querySelector("body").lastElementChild.remove(); // this program, which it unpacks again
  course.page = `<!doctype html>${whole.outerHTML}`;
}
const exercise = exercises[course.at];
document.getElementById("what").textContent = exercise.what;
document.getElementById("graph").innerHTML = exercise.svg;
document.getElementById("all").insertAdjacentHTML("beforeend", exercise.table);
const data = exercise.data;
const another = (at) => {
  course.at = at;
  document.open();
  document.write(course.page);
  document.close();
};
