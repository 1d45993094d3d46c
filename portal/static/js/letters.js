// Letters in frames: as high as what they say, in the colours of the desk where they bring none of their own.
// What is read first is the beginning of the newest message, until somebody scrolls.
let settled = false;

const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

export function settle() {
  const scroll = document.getElementById("thread-scroll");
  if (!scroll || settled) return;
  const said = [...scroll.querySelectorAll(".letter, .bubble, .note")].filter((one) => !one.closest(".automatic")).at(-1);
  if (!said) { scroll.scrollTop = scroll.scrollHeight; return; }
  const top = said.getBoundingClientRect().top - scroll.getBoundingClientRect().top + scroll.scrollTop;
  scroll.scrollTop = Math.min(scroll.scrollHeight, Math.max(0, top - 12));
}

// What comes while somebody reads the end is shown to them; who reads further up stays there.
function follow() {
  const scroll = document.getElementById("thread-scroll");
  const items = document.getElementById("thread-items");
  if (!scroll || !items) return;
  let near = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === items) near = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 160;
  });
  new MutationObserver((changes) => {
    if (near && changes.some((change) => [...change.addedNodes].some((node) => node.dataset?.seq))) { settled = false; settle(); }
  }).observe(items, { childList: true });
}

function fit(frame) {
  const page = frame.contentDocument;
  const mail = page?.querySelector(".mail");
  if (!mail) return;
  const plain = page.body.hasAttribute("data-plain");
  const colour = () => {
    page.body.dataset.theme = dark() ? "dark" : "light";
    frame.classList.toggle("plain", plain);
    document.documentElement.classList.toggle("dark-now", dark());
  };
  const measure = () => {
    const height = Math.ceil(mail.getBoundingClientRect().height) + 2;
    if (frame.offsetHeight !== height) { frame.style.blockSize = `${height}px`; settle(); }
  };
  colour();
  frame.classList.add("measured");
  new ResizeObserver(measure).observe(mail);
  new MutationObserver(colour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  measure();
}

const ready = (frame) => { if (frame.contentDocument?.querySelector(".mail")) fit(frame); };

export function start() {
  document.addEventListener("load", (event) => { if (event.target.matches?.("[data-letter]")) ready(event.target); }, true);
  document.querySelectorAll("[data-letter]").forEach((frame) => { if (frame.contentDocument?.readyState === "complete") ready(frame); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-pictures] a");
    if (link) link.closest("[data-pictures]").hidden = true;
  });
  for (const kind of ["wheel", "pointerdown", "keydown", "touchstart"]) addEventListener(kind, () => { settled = true; }, { passive: true, capture: true });
  settle();
  follow();
}
