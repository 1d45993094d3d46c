// The corner button opens the conversation over the page; without scripts it is a link to the chat's own page.
// The panel that /chat answers to htmx connects itself (hx-ext="sse" sse-connect=...).
let frame;

function bottom() {
  const messages = frame?.querySelector(".chat-messages");
  // Where nothing was said yet, who answers stands at the top.
  if (messages?.querySelector(".bubble")) messages.scrollTop = messages.scrollHeight;
}

function close(corner) {
  frame?.remove();
  frame = undefined;
  corner.setAttribute("aria-expanded", "false");
  corner.focus();
}

async function open(corner) {
  frame = document.createElement("aside");
  frame.className = "chat-frame";
  frame.setAttribute("role", "dialog");
  frame.setAttribute("aria-label", corner.textContent.trim());
  frame.tabIndex = -1;
  document.body.append(frame);
  corner.setAttribute("aria-expanded", "true");
  frame.focus();
  const mine = frame;
  await window.htmx.ajax("GET", corner.getAttribute("href"), { target: mine, swap: "innerHTML" });
  if (frame !== mine) return;
  // Nothing came: the chat's own page says why.
  if (!mine.firstElementChild) { location.assign(corner.href); return; }
  bottom();
  mine.querySelector("textarea")?.focus();
}

document.addEventListener("click", (event) => {
  const corner = event.target.closest("[data-chat]");
  if (corner && window.htmx && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (!frame) open(corner);
  }
  if (event.target.closest("[data-chat-close]")) close(document.querySelector("[data-chat]"));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && frame?.contains(event.target)) close(document.querySelector("[data-chat]"));
  const form = event.target.closest?.(".chat-form");
  if (form && event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("textarea")) {
    event.preventDefault();
    if (event.target.value.trim()) form.requestSubmit();
  }
});
// New words scroll into sight, unless the reader has scrolled up to read older ones.
document.addEventListener("htmx:beforeSwap", (event) => {
  const messages = event.target.closest?.(".chat-messages");
  if (messages) messages.dataset.end = String(messages.scrollHeight - messages.scrollTop - messages.clientHeight < 80);
});
// Who sends something looks at the end.
document.addEventListener("htmx:beforeRequest", (event) => {
  const messages = event.target.closest?.(".chat-form")?.closest(".chat-panel").querySelector(".chat-messages");
  if (messages) messages.scrollTop = messages.scrollHeight;
});
document.addEventListener("htmx:afterSettle", (event) => {
  const messages = event.target.closest?.(".chat-messages");
  if (messages && messages.dataset.end !== "false") messages.scrollTop = messages.scrollHeight;
});
