// The palette: Ctrl-K or ⌘K asks /desk/palette?q= and walks its answer by arrow keys.
let asked = 0;
let timer;

const palette = () => document.getElementById("palette");
const input = () => palette().querySelector(".palette-input");
const list = () => palette().querySelector(".palette-list");
const options = () => [...list().querySelectorAll('[role="option"]:not([aria-disabled])')];

function choose(option) {
  options().forEach((one, at) => {
    one.id ||= `palette-option-${at}`;
    one.setAttribute("aria-selected", String(one === option));
  });
  if (!option) { input().removeAttribute("aria-activedescendant"); return; }
  input().setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function walk(by) {
  const all = options();
  if (!all.length) return;
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  choose(all[(at + by + all.length) % all.length]);
}

async function ask() {
  const mine = ++asked;
  const answer = await fetch(`/desk/palette?q=${encodeURIComponent(input().value)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  // A slow answer to an older question must not replace a newer one.
  if (mine !== asked || !answer?.ok) return;
  list().innerHTML = await answer.text();
  choose(options()[0]);
}

export function open() {
  if (!palette() || palette().open) return;
  palette().showModal();
  input().value = "";
  input().focus();
  ask();
}

export function start() {
  const home = palette();
  if (!home) return;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) { event.preventDefault(); open(); }
    if (event.target === home) home.close();
  });
  input().addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  home.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    options().find((one) => one.getAttribute("aria-selected") === "true")?.click();
  });
  home.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); walk(1); }
    if (event.key === "ArrowUp") { event.preventDefault(); walk(-1); }
  });
}
