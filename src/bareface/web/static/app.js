// What all pages share: the class that says that scripts run, signing in by a link, choosing, asking, keys.
"use strict";
document.documentElement.classList.add("js");

const form = () => document.body.dataset.form || "";
// Where somebody writes, keys are letters and no commands; every handler of keys asks this first.
const writes = (target) => target.closest?.("input:not([type=checkbox], [type=radio], [type=range], [type=file]), textarea, select");

// A link printed by the service carries the token behind "#", which no browser sends to a server.
const door = document.getElementById("sign-in");
const secret = /^#token=([\w-]+)$/.exec(location.hash);
if (secret) history.replaceState(null, "", location.pathname + location.search);
if (door && secret) {
  door.elements.token.value = secret[1];
  if (door.elements.name.required) door.elements.name.focus();
  else door.submit();
}

// The face that is shown is the one that is marked.
function markFace() {
  const shown = document.querySelector("[data-face-shown]");
  if (!shown) return;
  for (const one of document.querySelectorAll("[data-face]")) {
    if (one.dataset.face === shown.dataset.faceShown) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
}
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "answer") return;
  markFace();
  document.getElementById("verdict").focus({ preventScroll: true });
});
document.addEventListener("click", (event) => {
  const box = event.target.closest?.(".photo a[data-face]");
  const thumb = box && document.querySelector(`.faces a[data-face="${box.dataset.face}"]`);
  if (thumb) { event.preventDefault(); thumb.click(); }
});

// Chosen references, and questions before what cannot be undone.
const chosen = document.getElementById("references");
if (chosen) {
  const hand = chosen.querySelector(".hand");
  const count = () => {
    const some = chosen.querySelectorAll('input[name="reference"]:checked').length;
    hand.classList.toggle("some", some > 0);
    hand.querySelector("output").textContent = chosen.dataset.count.replace("%1", String(some));
  };
  chosen.addEventListener("change", count);
  count();
}
document.addEventListener("submit", (event) => {
  const ask = event.submitter?.dataset.ask;
  if (ask && !confirm(ask)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const writing = writes(event.target);
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
    if (!writing) document.querySelector("[data-up]")?.click();
  }
  if (writing) return;
  if (event.key === "/") {
    const find = document.querySelector("[data-find]");
    if (find) { event.preventDefault(); find.focus(); }
  }
  if (event.key === "u") document.querySelector("#toasts [name=undo]")?.click();
});
for (const toast of document.querySelectorAll(".toast:not(.failed)")) setTimeout(() => toast.remove(), 15000);
