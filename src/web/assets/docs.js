// The page of all routes: a filter, and links that open what they lead to. All else works without script.

const routes = [...document.querySelectorAll(".route")];
const filter = document.querySelector("#filter");
const status = document.querySelector("#filter-status");

const textOf = new Map(
  routes.map((route) => [route, route.querySelector("summary").textContent.toLowerCase()]),
);

function apply() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const route of routes) {
    route.hidden = !words.every((word) => textOf.get(route).includes(word));
    found += route.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector(".route:not([hidden])");
  }
  status.textContent = words.length === 0 ? "" : `${found} of ${routes.length} routes`;
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }
}

document.querySelector("#filter-box").hidden = false;
filter.addEventListener("input", apply);
window.addEventListener("hashchange", openTarget);
// A browser that comes back fills the field itself.
apply();
openTarget();
