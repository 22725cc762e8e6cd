// Sets light or dark before anything is drawn.
const chosen = localStorage.getItem("gridward.theme");
const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = dark ? "dark" : "light";
