// Live parts take nothing away that somebody is using: no menu closes under the hand, no focus falls to nowhere.
let row = -1;

const inUse = (part) => part.querySelector("details[open]");

function beforeSwap(event) {
  const part = event.detail.target;
  const list = part.closest?.("[data-rows]");
  if (list) row = [...list.querySelectorAll("[data-row]")].indexOf(document.activeElement?.closest?.("[data-row]"));
  if (!part.matches(".thread-top, .pane-context") || !inUse(part)) return;
  event.detail.shouldSwap = false;
  part.dataset.stale = "yes";
}

function afterSwap(event) {
  const list = event.detail.target.closest?.("[data-rows]");
  if (!list || row < 0 || document.activeElement !== document.body) return;
  const rows = list.querySelectorAll("[data-row]");
  rows[Math.min(row, rows.length - 1)]?.focus({ preventScroll: true });
}

export function start() {
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  document.addEventListener("htmx:afterSwap", afterSwap);
  document.addEventListener("toggle", (event) => {
    const part = event.target.closest?.("[data-stale]");
    if (!part || inUse(part)) return;
    delete part.dataset.stale;
    htmx.trigger(part, "refresh");
  }, true);
}
