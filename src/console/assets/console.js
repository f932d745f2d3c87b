// What every page needs and HTML alone cannot do.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const kept = document.cookie.split("; ").find((one) => one.startsWith("parley_zone="))?.slice("parley_zone=".length);
if (kept !== encodeURIComponent(zone)) {
  document.cookie = `parley_zone=${encodeURIComponent(zone)}; Path=/console; Max-Age=31536000; SameSite=Lax`;
}

// On a telephone the navigation is wider than the window: the place where one is stands in sight.
for (const list of document.querySelectorAll(".top nav ul, .tabs")) {
  const here = list.querySelector("[aria-current]");
  if (here === null) continue;
  const [box, place] = [list.getBoundingClientRect(), here.getBoundingClientRect()];
  list.scrollLeft = place.left - box.left - (box.width - place.width) / 2;
}

// The menu closes as menus do: on Escape, and when something else is chosen.
const menu = document.querySelector("header details.menu");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

// A second click on a button that sends a form does nothing while the answer is on its way. Listening on the window comes last: what a
// page's own script or htmx sends, they see to themselves. `disabled` waits until the form is read, or the button's value would be left out.
const sending = new Map();
/** No browser tells of a navigation that led nowhere: a file, no content, Escape. By then nobody clicks twice by mistake. */
const SENT_MS = 10_000;
function sendable(form) {
  for (const button of sending.get(form) ?? []) button.disabled = false;
  sending.delete(form);
}
addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sending.has(form)) return event.preventDefault();
  const buttons = submitter === null ? [] : [submitter];
  sending.set(form, buttons);
  setTimeout(() => buttons.forEach((button) => button.disabled = sending.has(form)));
  setTimeout(sendable, SENT_MS, form);
});
// A page that comes back from the browser's memory may be sent again.
addEventListener("pageshow", () => [...sending.keys()].forEach(sendable));
