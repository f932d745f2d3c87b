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
