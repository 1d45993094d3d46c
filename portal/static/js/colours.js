// The colour choice: as the system, light, dark. Kept in a cookie, so that the server may draw it from the start.
const order = ["system", "light", "dark"];

function current() { return document.documentElement.dataset.theme ?? "system"; }

function choose(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const life = theme === "system" ? 0 : 31_536_000;
  document.cookie = `theme=${theme}; path=/; max-age=${life}; samesite=lax`;
}

export function start() {
  document.querySelectorAll("[data-theme-next]").forEach((button) => {
    const word = button.querySelector("[data-theme-word]");
    const use = button.querySelector("use");
    const say = () => {
      const now = current();
      word.textContent = button.dataset[`words${now[0].toUpperCase()}${now.slice(1)}`] ?? word.textContent;
      use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, { system: "#monitor", light: "#sun", dark: "#moon" }[now]));
    };
    button.addEventListener("click", () => { choose(order[(order.indexOf(current()) + 1) % 3]); say(); });
    say();
  });
}
