// Printing needs the browser; without scripts its own menu does it.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
// What is folded away belongs on paper too.
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("main details")) one.open = true;
});
