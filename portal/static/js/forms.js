// Small manners of pages: dismissing, copying, steppers, dialogs, menus, and no form sent twice.
function dismiss(event) {
  const button = event.target.closest("[data-dismiss]");
  if (button) button.closest(button.dataset.dismiss)?.remove();
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const use = button.querySelector("use");
  const before = use.getAttribute("href");
  use.setAttribute("href", before.replace(/#.*/, "#check"));
  setTimeout(() => use.setAttribute("href", before), 1600);
}

function step(event) {
  const button = event.target.closest("[data-step]");
  if (!button) return;
  const input = button.closest("[data-quantity]").querySelector("input");
  if (Number(button.dataset.step) > 0) input.stepUp(); else input.stepDown();
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function openDialog(event) {
  const link = event.target.closest("[data-dialog]");
  const dialog = link && document.getElementById(link.dataset.dialog);
  if (!dialog || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  dialog.showModal();
}

// A handler may answer with the header HX-Trigger-After-Swap: {"sheet": {"id": "..."}}.
function openSheet(event) {
  const sheet = document.getElementById(event.detail.id);
  sheet?.showPopover();
  sheet?.querySelector("[popovertarget]")?.focus();
}

function closeMenus(event) {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

function waiting(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.target === "_blank") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  // After this turn, so that the button's own name and value are still posted.
  setTimeout(() => (event.submitter ?? form.querySelector('[type="submit"]'))?.setAttribute("aria-busy", "true"));
  // A form that answers with a file leaves the page standing.
  setTimeout(settle, 8000);
}

function settle() {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  document.querySelectorAll('.button[aria-busy="true"]').forEach((button) => button.removeAttribute("aria-busy"));
}

export function start() {
  document.addEventListener("click", (event) => { dismiss(event); copy(event); step(event); openDialog(event); closeMenus(event); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (event.target.closest?.(".search-slot")) document.activeElement.blur();
    const menu = event.target.closest?.("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("submit", waiting);
  document.body.addEventListener("sheet", openSheet);
  // The page may come back from the browser's memory with its buttons still turning.
  addEventListener("pageshow", settle);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-chosen]")) event.target.form.querySelector("[data-files]").textContent = [...event.target.files].map((file) => file.name).join(", ");
  });
  document.querySelectorAll("dialog[data-open]").forEach((dialog) => dialog.showModal());
  document.querySelector("[data-focus]")?.focus();
}
