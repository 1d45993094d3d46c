// Files of an answer: chosen, dropped or pasted, one after another; each can be left out again.
let held = [];

const field = (form) => form.querySelector("[data-attach]");

function show(form) {
  const carrier = new DataTransfer();
  held.forEach((file) => carrier.items.add(file));
  field(form).files = carrier.files;
  const list = form.querySelector("[data-files]");
  list.hidden = held.length === 0;
  list.replaceChildren(...held.map((file, place) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.className = "clip";
    name.textContent = file.name;
    const out = document.createElement("button");
    out.type = "button";
    out.textContent = "\u00d7";
    out.setAttribute("aria-label", `${list.dataset.leaveOut} ${file.name}`);
    out.addEventListener("click", () => { held.splice(place, 1); show(form); field(form).focus(); });
    item.append(name, out);
    return item;
  }));
}

function take(form, files) {
  held = held.concat([...files]);
  show(form);
}

export function start() {
  const composer = (event) => event.target.closest?.("[data-composer]");
  document.addEventListener("change", (event) => {
    const form = composer(event);
    if (form && event.target.matches("[data-attach]")) take(form, event.target.files);
  });
  document.addEventListener("paste", (event) => {
    const form = composer(event);
    if (!form || !event.clipboardData?.files.length) return;
    event.preventDefault();
    take(form, event.clipboardData.files);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const form = composer(event);
      if (!form || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("composer-dropping", kind === "dragover");
      if (kind === "drop") take(form, event.dataTransfer.files);
    });
  }
  // Another road is another form: the files go along.
  document.addEventListener("htmx:afterSwap", () => {
    const form = document.querySelector("#composer [data-composer]");
    if (form && held.length && field(form).files.length !== held.length) show(form);
  });
}
