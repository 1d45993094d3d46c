// A product's pictures: the small ones lead to the large ones without moving the page, and tell which is to be seen.
const of = (node) => node.closest("[data-gallery]");

function mark(gallery, number) {
  gallery.querySelectorAll(".gallery-small a").forEach((link, place) => {
    if (place === number) { link.setAttribute("aria-current", "true"); link.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    else link.removeAttribute("aria-current");
  });
}

function show(gallery, number) {
  const strip = gallery.querySelector(".gallery-strip");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  strip.scrollTo({ left: strip.clientWidth * number, behavior: calm ? "auto" : "smooth" });
  mark(gallery, number);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".gallery-small a");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  show(of(link), [...link.closest("ul").children].indexOf(link.parentElement));
});

document.addEventListener("keydown", (event) => {
  const strip = event.target.closest?.(".gallery-strip");
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!strip || !by) return;
  event.preventDefault();
  const now = Math.round(strip.scrollLeft / strip.clientWidth);
  show(of(strip), Math.min(Math.max(now + by, 0), strip.children.length - 1));
});

let waits;
// Scrolling does not bubble, so it is caught on its way down.
document.addEventListener("scroll", (event) => {
  const strip = event.target.closest?.(".gallery-strip");
  if (!strip) return;
  clearTimeout(waits);
  waits = setTimeout(() => mark(of(strip), Math.round(strip.scrollLeft / strip.clientWidth)), 80);
}, { capture: true, passive: true });

// Another article was chosen: its picture stands first.
document.addEventListener("htmx:afterSwap", (event) => {
  const gallery = event.target.querySelector?.("[data-gallery]") ?? event.target.closest?.("[data-gallery]");
  if (!gallery) return;
  gallery.querySelector(".gallery-strip").scrollTo({ left: 0 });
  mark(gallery, 0);
});
