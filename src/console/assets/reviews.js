/** After the next one has come a key is not taken for so long: a second press was meant for the one before. */
const PAUSE_MS = 400;
let shownAt = -PAUSE_MS;

// Each answer has a key, shown on its button: a review is settled with one press.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest?.("input, textarea, select, summary, [contenteditable]")) return;
  const button = document.querySelector(`#desk button[data-key="${CSS.escape(event.key)}"]`);
  if (button === null || performance.now() - shownAt < PAUSE_MS) return;
  event.preventDefault();
  button.click();
});

// The next one is read from its beginning, by screen readers too.
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.id !== "desk") return;
  shownAt = performance.now();
  const next = document.querySelector("#desk article, #desk .empty");
  next?.setAttribute("tabindex", "-1");
  next?.focus({ preventScroll: true });
});
