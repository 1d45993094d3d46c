// Macros: "/" at the beginning of a word in an answer offers them; letters narrow, arrows walk, Enter puts one in.
let found;
let slash = -1;

const field = () => document.querySelector(".composer-body[data-macros-from]");
const picker = () => document.querySelector(".macro-picker");
const options = () => [...picker().querySelectorAll('[role="option"]:not([hidden])')];
const open = () => slash >= 0;

function choose(option) {
  picker().querySelectorAll('[role="option"]').forEach((one) => one.setAttribute("aria-selected", String(one === option)));
  if (option) { field().setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
  else field().removeAttribute("aria-activedescendant");
}

function narrow() {
  const body = field();
  const asked = body.value.slice(slash + 1, body.selectionStart);
  if (body.selectionStart <= slash || body.value[slash] !== "/" || asked.includes("\n") || asked.length > 40) { close(); return; }
  picker().querySelectorAll('[role="option"]').forEach((one) => { one.hidden = !one.dataset.name.includes(asked.trim().toLowerCase()); });
  picker().querySelector(".macro-none").hidden = options().length > 0;
  choose(options()[0]);
}

async function offer(at) {
  slash = at;
  // As they read in this conversation; asked for once a page.
  found ??= fetch(field().dataset.macrosFrom).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)));
  try {
    const told = await found;
    if (!open()) return;
    const list = picker().querySelector("ul");
    if (!list.children.length) list.innerHTML = told;
    picker().hidden = false;
    narrow();
  } catch { found = undefined; close(); }
}

function close() {
  slash = -1;
  if (!picker()) return;
  picker().hidden = true;
  field()?.removeAttribute("aria-activedescendant");
}

function put(option) {
  const body = field();
  body.setRangeText(option.dataset.text, slash, body.selectionStart, "end");
  close();
  body.dispatchEvent(new Event("input", { bubbles: true }));
  body.focus();
}

function onInput(event) {
  if (event.target !== field()) return;
  if (open()) { if (!picker().hidden) narrow(); return; }
  const at = event.target.selectionStart - 1;
  if (event.data === "/" && event.target.value[at] === "/" && /^$|\s/.test(event.target.value[at - 1] ?? "")) offer(at);
}

function onKey(event) {
  if (!open() || event.target !== field()) return;
  const all = options();
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (all.length) choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
  } else if ((event.key === "Enter" || event.key === "Tab") && all[at] && !event.ctrlKey && !event.metaKey) put(all[at]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

export function start() {
  document.addEventListener("input", onInput);
  document.addEventListener("keydown", onKey);
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest('.macro-picker [role="option"]');
    if (option) { event.preventDefault(); put(option); }
    else if (open() && !event.target.closest(".macro-picker, [data-macros-open]")) close();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-macros-open]")) return;
    const body = field();
    body.focus();
    if (open()) { close(); return; }
    body.setRangeText("/", body.selectionStart, body.selectionEnd, "end");
    offer(body.selectionStart - 1);
  });
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target.id === "composer") close(); });
}
