import { start as files } from "./enclosures.js";

// The composer: Ctrl or ⌘ and Enter sends, another road takes along what was written, files say their names.
export function start() {
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-composer]");
    if (form && (event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); form.requestSubmit(); }
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    // The page is on its way to its answer: what its live parts would fetch nobody would see.
    if (document.querySelector("[data-composer]")?.dataset.sent && event.target.matches?.("[hx-trigger*='sse:']")) { event.preventDefault(); return; }
    const composer = event.target.closest?.("#composer");
    // What has just been sent is no draft any more.
    if (composer?.querySelector("[data-composer]").dataset.sent) { event.preventDefault(); return; }
    // A letter typed while the road changes would be lost with the field it stood in.
    if (event.target === composer) composer.querySelector(".composer-body").readOnly = true;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id === "composer") event.target.querySelector(".composer-body").readOnly = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const body = event.detail.target.id === "composer" && document.activeElement?.id === "composer-body" ? document.activeElement : null;
    body?.setSelectionRange(body.value.length, body.value.length);
  });
  // Whoever solves with words in the field is told that they were not sent: they go along, newer than the last autosave.
  document.addEventListener("formdata", (event) => {
    const form = event.target.matches("[data-takes-draft]") ? document.querySelector("#composer [data-composer]") : null;
    if (form) for (const name of ["mode", "body"]) event.formData.set(name, form.elements[name].value);
  });
  files();
  // What was taken back stands in the field again: go on at its end.
  const body = document.querySelector(".composer-body[autofocus]");
  body?.focus();
  body?.setSelectionRange(body.value.length, body.value.length);
}
