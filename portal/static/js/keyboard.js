// The desk by keyboard. Pages only say what is what: rows are [data-row] inside [data-rows], an act is [data-key="e"],
// a place is [data-go="i"]. A key clicks its element, or focuses it when it is a field.
import { open as openPalette } from "./palette.js";

let led = 0;

const typing = (target) => target.closest("input:not([type=radio], [type=checkbox], [type=button], [type=submit]), textarea, select, [contenteditable]");
const seen = (element) => element.getClientRects().length > 0;
const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")].filter(seen);
const link = (row) => (row.matches("a[href]") ? row : row.querySelector("a[href]"));

function here() { return rows().find((row) => row.classList.contains("here") || row.contains(document.activeElement)); }

function go(to) {
  rows().forEach((row) => row.classList.toggle("here", row === to));
  link(to)?.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

function walk(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(here() ?? all.find((row) => row.querySelector("[aria-current]") || row.matches("[aria-current]")));
  go(all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
}

function press(element) {
  if (element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit], [type=button])")) {
    element.focus();
    element.select?.();
    return;
  }
  if (element.matches("details")) {
    element.open = !element.open;
    (element.open ? items(element)[0] ?? element.querySelector("summary") : element.querySelector("summary")).focus();
    return;
  }
  element.click();
  if (element.matches("[data-road]")) document.querySelector(".composer-body")?.focus();
}

const items = (menu) => [...menu.querySelectorAll(".menu-item")].filter(seen);

// Within an open menu the arrows walk, and a letter goes to what begins with it.
function walkMenu(event) {
  const menu = event.target.closest("details[data-menu][open]");
  if (!menu) return false;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]?.focus();
    return true;
  }
  if (event.key.length !== 1 || event.key === " ") return false;
  [...all.slice(at + 1), ...all.slice(0, at + 1)].find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  return true;
}

function act(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((element) => seen(element) || element.matches("[data-road]"));
  if (!found.length) return false;
  press(found[0]);
  return true;
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && typing(event.target) && !event.target.closest("dialog")) { event.target.blur(); return; }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (walkMenu(event)) { event.preventDefault(); return; }
  if (Date.now() - led < 1200) {
    led = 0;
    const place = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (place) { event.preventDefault(); place.click(); }
    return;
  }
  let done = true;
  if (event.key === "j" || event.key === "k") walk(event.key === "j" ? 1 : -1);
  else if (event.key === "g") led = Date.now();
  else if (event.key === "?") document.getElementById("shortcuts")?.showModal();
  else if (event.key === "Enter") { const row = here(); done = Boolean(row) && event.target === document.body; if (done) link(row)?.click(); }
  else if (event.key === "z") { const undo = document.querySelector(".toast:last-child .toast-act"); done = Boolean(undo); undo?.click(); }
  else if (event.key === "/") { if (!act("/")) openPalette(); }
  else if (event.key.length === 1) done = act(event.key);
  else done = false;
  if (done) event.preventDefault();
}

export function start() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shortcuts]")) document.getElementById("shortcuts")?.showModal();
  });
}
