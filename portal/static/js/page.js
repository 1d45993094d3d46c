// What every page has.
import { start as csrf } from "./csrf.js";
import { start as toasts } from "./toast.js";
import { start as forms } from "./forms.js";
import { start as colours } from "./colours.js";

csrf();
toasts();
forms();
colours();
