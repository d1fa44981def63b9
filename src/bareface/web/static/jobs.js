// A job that runs: its progress and outcomes, as the server sends them.
"use strict";
(() => {
  const progress = document.getElementById("progress");
  if (!progress || !progress.dataset.events) return;
  const list = document.querySelector("#outcomes[data-live]");
  const most = 200;
  const source = new EventSource(progress.dataset.events);
  source.addEventListener("photo", (event) => {
    if (!list) return;
    list.insertAdjacentHTML("afterbegin", event.data);
    while (list.children.length > most) list.lastElementChild.remove();
  });
  source.addEventListener("progress", (event) => { progress.innerHTML = event.data; });
  source.addEventListener("end", (event) => {
    source.close();
    progress.setAttribute("aria-live", "polite");
    progress.innerHTML = event.data;
    for (const one of document.querySelectorAll("[data-while], [data-receiving]")) one.hidden = true;
  });
})();
