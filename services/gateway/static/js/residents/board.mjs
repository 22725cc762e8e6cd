// The notice board of a grid; all it does by itself is print.

import { byId } from "../dom.mjs";
import "../shell.mjs";

byId("print").addEventListener("click", () => print());
