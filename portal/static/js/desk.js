// What every page of the desk has.
import { start as palette } from "./palette.js";
import { start as keyboard } from "./keyboard.js";
import { start as composer } from "./composer.js";
import { start as macros } from "./macros.js";
import { start as steady } from "./steady.js";
import { start as letters } from "./letters.js";

palette();
macros();
keyboard();
composer();
steady();
letters();

// The key that a Mac's keyboard shows.
if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  document.querySelectorAll("kbd").forEach((key) => { if (key.textContent === "Ctrl") key.textContent = "⌘"; });
}
