// Runs before the first paint (a plain script, not a module): the chosen colours, and a mark that scripts run.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const found = document.cookie.match(/(?:^|; )theme=(light|dark)/);
  if (found) root.dataset.theme = found[1];
})();
