// Toasts: they leave by themselves after ten seconds, never while someone looks at them.
const stay = 10_000;

function region() { return document.getElementById("toasts"); }

function leave(toast) {
  toast.classList.add("leaving");
  setTimeout(() => toast.remove(), 200);
}

function watch(toast) {
  if (toast.dataset.watched) return;
  toast.dataset.watched = "yes";
  let timer = setTimeout(() => leave(toast), stay);
  const hold = () => clearTimeout(timer);
  const release = () => { clearTimeout(timer); timer = setTimeout(() => leave(toast), stay); };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", release);
  toast.querySelector("form")?.addEventListener("submit", () => setTimeout(() => leave(toast), 300));
}

export function show(text, tone = "") {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.toast = "";
  if (tone) toast.dataset.tone = tone;
  const words = document.createElement("p");
  words.className = "grow";
  words.textContent = text;
  toast.append(words);
  region()?.append(toast);
  return toast;
}

export function start() {
  const home = region();
  if (!home) return;
  home.querySelectorAll("[data-toast]").forEach(watch);
  new MutationObserver(() => home.querySelectorAll("[data-toast]").forEach(watch)).observe(home, { childList: true, subtree: true });
  // A handler may answer with the header HX-Trigger: {"toast": {"text": "...", "tone": "success"}}.
  document.body.addEventListener("toast", (event) => show(event.detail.text ?? event.detail.value, event.detail.tone));
  document.body.addEventListener("htmx:sendError", () => show(home.dataset.failed, "danger"));
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) show(home.dataset.broken, "danger");
  });
}
