// The composer: Ctrl or ⌘ and Enter sends, a macro lands where the cursor stands, files say their names.
function insert(field, text) {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

export function start() {
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-composer]");
    if (!form) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); form.requestSubmit(); return; }
    // "/" in an empty answer offers the macros.
    const macros = form.querySelector("[data-macros]");
    if (event.key === "/" && event.target.matches(".composer-body") && !event.target.value && macros) {
      event.preventDefault();
      macros.focus();
      macros.showPicker?.();
    }
  });
  // What has just been sent is no draft any more.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest?.("#composer")?.querySelector("[data-composer]");
    if (form?.dataset.sent) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-composer]");
    if (!form) return;
    if (event.target.matches("[data-macros]") && event.target.value) {
      insert(form.querySelector(".composer-body"), event.target.value);
      event.target.value = "";
    }
    if (event.target.matches("[data-attach]")) {
      form.querySelector("[data-files]").textContent = [...event.target.files].map((file) => file.name).join(", ");
    }
  });
}
