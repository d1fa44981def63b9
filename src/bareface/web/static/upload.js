// Photos that are dropped, pasted, chosen or taken: one to search with, or many to add, with progress.
"use strict";
(() => {
  const search = document.getElementById("search");
  const add = document.getElementById("add");
  const page = search || add;
  if (!page) return;
  const drop = page.querySelector("[data-drop]");
  const idle = page.querySelector("[data-idle]");
  const busy = page.querySelector("[data-busy]");
  const said = busy.querySelector("[role=status]");
  const bar = busy.querySelector("progress");
  let stopped = false;

  function send(data, headers, progress, address = page.getAttribute("action")) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", address);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => progress(event.loaded, event.total));
      request.addEventListener("load", () => resolve(request));
      request.addEventListener("error", () => reject(request));
      request.send(data);
    });
  }

  function show(working) { idle.hidden = working; busy.hidden = !working; }

  function toast(text) {
    const one = document.createElement("div");
    one.className = "toast failed";
    one.textContent = text;
    document.getElementById("toasts").append(one);
  }

  async function searchWith(file) {
    const data = new FormData(search);
    data.set("photo", file, file.name || "photo");
    show(true);
    said.textContent = search.dataset.sending;
    const picture = busy.querySelector("img");
    picture.src = URL.createObjectURL(file);
    picture.onload = () => { picture.hidden = false; };
    try {
      const answer = await send(data, { "X-Part": "1" }, (loaded, total) => {
        if (loaded < total) { bar.value = loaded / total; return; }
        bar.removeAttribute("value");
        said.textContent = search.dataset.wait;
      });
      const next = answer.getResponseHeader("X-Next");
      if (next) { location.assign(next); return; }
      document.getElementById("toasts").insertAdjacentHTML("beforeend", answer.responseText);
    } catch { toast(search.dataset.broken); }
    URL.revokeObjectURL(picture.src);
    picture.hidden = true;
    show(false);
  }

  // "Root/Ada/1.jpg" is Ada's, "Root/Ada/2019/1.jpg" is of "Ada/2019", so that Bo's 2019 is somebody else;
  // a photo directly in the chosen folder is nobody's yet.
  const foldersOf = (file) => (file.path || file.webkitRelativePath || "").split("/").slice(1, -1);
  const folderOf = (file) => foldersOf(file).join("/");

  // As the command line does: hidden ones, bins, thumbnails of file servers, and whatever is no photo.
  const system = (add?.dataset.leftOut || "").split("|").filter(Boolean).map((pattern) => new RegExp(
    `^${pattern.replace(/[.$+^{}()|\\]/g, "\\$&").replace(/\*/g, ".*")}$`));
  function isLeftOut(file) {
    const folders = foldersOf(file).map((name) => name.normalize("NFC").toLowerCase());
    return [file.name, ...folders].some((name) => name.startsWith("."))
      || folders.some((name) => system.some((pattern) => pattern.test(name)));
  }
  const isPhoto = (file) => file.type.startsWith("image/") || /\.(heic|heif|avif|tiff?)$/i.test(file.name);

  // Requests of some megabytes: few round trips, and each is acknowledged when it is on the disk.
  function bundles(photos) {
    const made = [];
    let last = null;
    for (const file of photos) {
      const folder = folderOf(file);
      if (!last || last.folder !== folder || last.files.length === 32 || last.size + file.size > 8e6) {
        last = { folder, files: [], size: 0 };
        made.push(last);
      }
      last.files.push(file);
      last.size += file.size;
    }
    return made;
  }

  async function addAll(files) {
    const wanted = files.filter((file) => isPhoto(file) && !isLeftOut(file));
    const photos = wanted.filter((file) => file.size <= Number(add.dataset.most));
    const own = new FormData(add);
    const part = { "X-Part": "1" };
    let done = 0;
    stopped = false;
    show(true);
    const post = async (address, fields) => {
      const data = new FormData();
      data.set("_form", own.get("_form"));
      for (const [name, value] of fields) if (value) data.append(name, value, ...(value instanceof File ? [value.name] : []));
      const answer = await send(data, part, () => {}, address);
      if (answer.status >= 400) throw answer;
      return answer;
    };
    try {
      const begun = await post("/jobs", [["kind", "enrolment"], ["basis", own.get("basis")], ["largest", own.get("largest")]]);
      const job = begun.getResponseHeader("X-Next");
      for (const { folder, files: some } of bundles(photos)) {
        if (stopped) break;
        said.textContent = add.dataset.sending.replace("%1", done + 1).replace("%2", photos.length);
        bar.value = done / photos.length;
        await post(`${job}/photos`, [["name", own.get("name") || folder], ...some.map((file) => ["photo", file])]);
        done += some.length;
      }
      await post(`${job}/complete`, [["left_out", files.length - wanted.length], ["too_large", wanted.length - photos.length]]);
      location.assign(job);
    } catch (answer) {
      const text = answer instanceof XMLHttpRequest && answer.responseText;
      if (text) document.getElementById("toasts").insertAdjacentHTML("beforeend", text);
      else toast(add.dataset.broken);
      show(false);
    }
  }

  function take(files) {
    const photos = [...files].filter(isPhoto);
    if (photos.length === 0) return;
    if (search) searchWith(photos[0]);
    else addAll([...files]);
  }

  // Files in folders that were dropped, each with its path.
  async function dropped(items) {
    const files = [];
    async function walk(entry, path) {
      if (entry.isFile) {
        const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
        file.path = path + file.name;
        files.push(file);
      } else if (entry.isDirectory) {
        const reader = entry.createReader();
        for (;;) {
          const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
          if (some.length === 0) break;
          for (const one of some) await walk(one, `${path}${entry.name}/`);
        }
      }
    }
    const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const several = entries.length > 1 && entries.some((entry) => entry.isDirectory);
    for (const entry of entries) await walk(entry, several ? "dropped/" : "");
    return files;
  }

  for (const input of page.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => { take(input.files); input.value = ""; });
  }
  for (const kind of ["dragover", "dragenter"]) {
    document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, () => drop.classList.remove("over"));
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    if (!busy.hidden) return;
    const { files, items } = event.dataTransfer;
    const plain = [...files];
    if (add && [...items].some((item) => item.webkitGetAsEntry?.()?.isDirectory)) take(await dropped(items));
    else take(plain);
  });
  document.addEventListener("paste", (event) => { if (busy.hidden && event.clipboardData.files.length) take(event.clipboardData.files); });
  busy.querySelector("[data-stop]")?.addEventListener("click", () => { stopped = true; });
})();
