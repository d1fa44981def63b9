// Suggestions: one key answers, and the next pair is shown at once while the answer is kept.
"use strict";
(() => {
  const place = document.getElementById("suggestion");
  const asking = () => place.querySelector("details.confirm[open]");

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.closest?.(".answers")) return;
    const now = place.querySelector(".now"), ahead = place.querySelector(".ahead");
    place.setAttribute("aria-busy", "true");
    for (const button of now.querySelectorAll("button")) button.disabled = true;
    if (!ahead?.querySelector(".pair")) return;
    now.hidden = true;
    ahead.hidden = false;
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const ahead = event.target.closest?.(".answers") && place.querySelector(".ahead");
    if (ahead) event.detail.parameters.set("start", ahead.dataset.from);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== place) return;
    place.removeAttribute("aria-busy");
    place.querySelector("#question")?.focus({ preventScroll: true });
  });
  const failed = () => location.reload();  // nothing is known of the answer: ask again
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);

  // Before the keys of all pages, where Escape leads up.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const open = asking();
    if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      open.open = false;
      open.querySelector("summary").focus();
      return;
    }
    if (place.hasAttribute("aria-busy")) return;
    const key = event.key.toLowerCase();
    const control = place.querySelector(`.now [data-key="${CSS.escape(key)}"]`);
    if (!control) return;
    event.preventDefault();
    if (!control.matches("summary")) { control.click(); return; }
    if (open) { open.querySelector("button").click(); return; }
    control.parentElement.open = true;
    control.parentElement.querySelector("button").focus();
  }, true);
})();
