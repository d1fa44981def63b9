// Two aligned faces: side by side, wiped or flickered, with zoom and pan linked.
"use strict";
(() => {
  const stage = document.getElementById("stage");
  if (!stage) return;
  const panes = [...stage.querySelectorAll(".pane")];
  const line = stage.querySelector(".line");
  const zoom = document.getElementById("zoom");
  const wipe = document.getElementById("wipe");
  const pause = document.getElementById("pause");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let x = 0, y = 0, timer = 0;
  if (still) pause.value = "0";

  const mode = () => document.querySelector("input[name=mode]:checked").value;
  const scale = () => Number(zoom.value);

  function draw() {
    const size = panes[0].clientWidth, room = size * (scale() - 1);
    x = Math.min(0, Math.max(-room, x));
    y = Math.min(0, Math.max(-room, y));
    for (const pane of panes) pane.querySelector(".layer").style.transform = `translate(${x}px, ${y}px) scale(${scale()})`;
    const share = Number(wipe.value);
    panes[1].style.clipPath = mode() === "wipe" ? `inset(0 0 0 ${share}%)` : "";
    line.style.left = `${share}%`;
  }

  function setMode() {
    stage.classList.remove("side", "wipe", "flicker");
    stage.classList.add(mode());
    for (const one of document.querySelectorAll("[data-for]")) one.hidden = one.dataset.for !== mode();
    panes[1].classList.remove("front");
    clearInterval(timer);
    // Never faster than twice a second, which is safe for people who react to flashes; 0 stops it.
    if (mode() === "flicker" && Number(pause.value) > 0) timer = setInterval(swap, 1000 * Math.max(0.5, Number(pause.value)));
    draw();
  }

  function swap() { panes[1].classList.toggle("front"); }

  function zoomTo(value, atX, atY) {
    const before = scale();
    zoom.value = String(value);
    const ratio = scale() / before;
    x = atX - (atX - x) * ratio;
    y = atY - (atY - y) * ratio;
    draw();
  }

  const middle = () => panes[0].clientWidth / 2;
  for (const input of document.querySelectorAll("input[name=mode]")) input.addEventListener("change", setMode);
  pause.addEventListener("input", setMode);
  wipe.addEventListener("input", draw);
  let last = 1;
  zoom.addEventListener("input", () => { const value = zoom.value; zoom.value = String(last); zoomTo(value, middle(), middle()); last = scale(); });
  addEventListener("resize", draw);

  for (const pane of panes) {
    const held = new Map();
    pane.addEventListener("pointerdown", (event) => { pane.setPointerCapture(event.pointerId); held.set(event.pointerId, event); });
    pane.addEventListener("pointermove", (event) => {
      const before = held.get(event.pointerId);
      if (!before) return;
      if (held.size === 2) {
        const [one, other] = [...held.values()];
        const distance = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
        held.set(event.pointerId, event);
        const [first, second] = [...held.values()];
        const now = Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY);
        const place = pane.getBoundingClientRect();
        zoomTo(scale() * now / (distance || 1), (first.clientX + second.clientX) / 2 - place.left, (first.clientY + second.clientY) / 2 - place.top);
        last = scale();
        return;
      }
      x += event.clientX - before.clientX;
      y += event.clientY - before.clientY;
      held.set(event.pointerId, event);
      draw();
    });
    for (const kind of ["pointerup", "pointercancel"]) pane.addEventListener(kind, (event) => held.delete(event.pointerId));
    pane.addEventListener("wheel", (event) => {
      event.preventDefault();
      const place = pane.getBoundingClientRect();
      zoomTo(scale() * Math.exp(-event.deltaY / 400), event.clientX - place.left, event.clientY - place.top);
      last = scale();
    }, { passive: false });
  }

  for (const [box, kind] of [["points", ".points"], ["map", ".map"]]) {
    document.getElementById(box)?.addEventListener("change", (event) => {
      for (const one of stage.querySelectorAll(kind)) one.toggleAttribute("hidden", !event.target.checked);
    });
  }

  // An enhanced face is computed when it is first asked for; its band is in the picture, and the pane says it, too.
  async function enhance(box) {
    const pane = stage.querySelector(`.pane[data-pane=${box.dataset.enhance}]`);
    const picture = pane.querySelector(".enhanced");
    if (box.checked && !picture.src) {
      box.disabled = true;
      const answer = await fetch(picture.dataset.src, { headers: { "X-Part": "1" } }).catch(() => null);
      box.disabled = false;
      if (!answer?.ok) {
        box.checked = false;
        if (answer) document.getElementById("toasts").insertAdjacentHTML("beforeend", await answer.text());
        return;
      }
      picture.src = URL.createObjectURL(await answer.blob());
      box.focus({ preventScroll: true });
    }
    picture.hidden = !box.checked;
    pane.querySelector("[data-enhanced]").hidden = !box.checked;
  }
  for (const box of document.querySelectorAll("[data-enhance]")) box.addEventListener("change", () => enhance(box));

  const step = 40;
  const keys = {
    "+": () => zoomTo(scale() + 0.5, middle(), middle()), "=": () => zoomTo(scale() + 0.5, middle(), middle()),
    "-": () => zoomTo(scale() - 0.5, middle(), middle()), "0": () => zoomTo(1, 0, 0),
    a: () => { x += step; draw(); }, d: () => { x -= step; draw(); }, w: () => { y += step; draw(); }, s: () => { y -= step; draw(); },
    x: swap,
    ArrowLeft: () => document.querySelector("a[rel=prev]")?.click(),
    ArrowRight: () => document.querySelector("a[rel=next]")?.click(),
  };
  for (const [number, name] of [["1", "side"], ["2", "wipe"], ["3", "flicker"]]) {
    keys[number] = () => { document.querySelector(`input[name=mode][value=${name}]`).checked = true; setMode(); };
  }
  // A review answers by keys; there, arrows move the faces, and the letters that move them elsewhere are answers.
  const review = document.getElementById("review");
  if (review) {
    keys.ArrowLeft = () => { x += step; draw(); };
    keys.ArrowRight = () => { x -= step; draw(); };
    keys.ArrowUp = () => { y += step; draw(); };
    keys.ArrowDown = () => { y -= step; draw(); };
    for (const key of ["w", "a"]) delete keys[key];
    for (const choice of review.querySelectorAll("[data-key]")) keys[choice.dataset.key] = () => { choice.checked = true; choice.focus({ preventScroll: true }); };
  }
  document.addEventListener("keydown", (event) => {
    if (writes(event.target)) return;
    const control = event.target.closest?.("input[type=range], input[type=radio]");
    if (event.ctrlKey || event.metaKey || event.altKey || (control && event.key.startsWith("Arrow"))) return;
    const work = keys[event.key];
    if (!work) return;
    event.preventDefault();
    work();
    last = scale();
  });
  setMode();
})();
