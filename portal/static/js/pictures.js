// Pictures of a product: dropped onto their form, and dragged into another order. Without it, buttons do both.
function files(event) { return [...(event.dataTransfer?.types ?? [])].includes("Files"); }

document.querySelectorAll("[data-drop]").forEach((form) => {
  const input = form.querySelector('input[type="file"]');
  form.addEventListener("dragover", (event) => { if (files(event)) { event.preventDefault(); form.dataset.over = ""; } });
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) delete form.dataset.over; });
  form.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    delete form.dataset.over;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
});

document.querySelectorAll("[data-pictures]").forEach((form) => {
  let moving = null;
  const rows = () => [...form.querySelectorAll("[data-picture]")];
  const order = () => rows().map((row) => row.dataset.picture).join(" ");
  form.querySelectorAll("[data-grip]").forEach((grip) => {
    grip.draggable = true;
    grip.querySelector("img").draggable = false;
    grip.addEventListener("dragstart", (event) => {
      moving = grip.closest("[data-picture]");
      moving.dataset.moving = "";
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setDragImage(moving, 20, 20);
    });
    grip.addEventListener("dragend", () => {
      if (!moving) return;
      delete moving.dataset.moving;
      moving = null;
      const before = form.elements.order.value;
      form.elements.order.value = order();
      if (form.elements.order.value !== before) form.requestSubmit();
    });
  });
  form.addEventListener("dragover", (event) => {
    const over = moving && event.target.closest("[data-picture]");
    if (!over || over === moving) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(moving); else over.after(moving);
  });
});
