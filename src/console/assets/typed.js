// What somebody types is not lost when their session ends or the gateway cannot be reached.

const KEPT = "parley_typed";
const viewer = document.body.dataset.viewer;

/** The rule editor and the inbox keep what is written there by themselves. */
const forms = () => [...document.querySelectorAll("main form[method=post]:not(#rule-form, #composer)")];
/** Not buttons, not files, not what the form itself says, and never a password. */
const fieldsOf = (form) =>
  [...form.elements].filter(({ name, type, tagName }) =>
    name !== "" && /^(INPUT|TEXTAREA|SELECT)$/.test(tagName) && !/^(hidden|password|file|submit|button)$/.test(type)
  );
const isChoice = ({ type }) => type === "checkbox" || type === "radio";
const isChanged = (field) =>
  isChoice(field)
    ? field.checked !== field.defaultChecked
    : field.options === undefined
    ? field.value !== field.defaultValue
    : [...field.options].some(({ selected, defaultSelected }) => defaultSelected && !selected);

/** Whole forms: half of one may mean something else, such as an audience without its lists. */
function keep() {
  const typed = forms().filter((form) => fieldsOf(form).some(isChanged)).map((form) => ({
    action: form.getAttribute("action"),
    fields: fieldsOf(form).map(({ name, value, checked = false }) => ({ name, value, checked })),
  }));
  if (typed.length === 0) return sessionStorage.removeItem(KEPT);
  sessionStorage.setItem(KEPT, JSON.stringify({ viewer, page: location.pathname + location.search, typed }));
}

function giveBack(typed) {
  for (const { action, fields } of typed) {
    const form = forms().find((one) => one.getAttribute("action") === action);
    if (form === undefined) continue;
    const left = fieldsOf(form);
    for (const { name, value, checked } of fields) {
      const at = left.findIndex((one) => one.name === name && (!isChoice(one) || one.value === value));
      if (at < 0) continue;
      const [field] = left.splice(at, 1);
      if (isChoice(field)) field.checked = checked;
      else field.value = value;
      if (!isChanged(field)) continue;
      const folded = field.closest("details");
      if (folded !== null) folded.open = true;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

/** Only in this tab, only for who typed it, and only when they had to sign in meanwhile: what was sent does not come back. */
function takeUp() {
  const read = sessionStorage.getItem(KEPT);
  if (read === null) return;
  const kept = JSON.parse(read);
  if (viewer === undefined) return sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, out: true }));
  const here = kept.page === location.pathname + location.search;
  if (kept.out !== true || kept.viewer !== viewer || here) sessionStorage.removeItem(KEPT);
  if (kept.out === true && kept.viewer === viewer && here) giveBack(kept.typed);
}

// When all scripts of the page listen.
addEventListener("load", takeUp);
document.addEventListener("parley:signed-out", keep);
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  if (detail.xhr.status === 401) keep();
});
// Behind every other listener: what a script sends by itself is none of this, and whoever signs out leaves nothing behind.
addEventListener("submit", ({ target, defaultPrevented }) => {
  if (viewer === undefined || defaultPrevented) return;
  // What is under way may still write something.
  if (target.getAttribute("action") === "/console/sign-out") addEventListener("pagehide", () => sessionStorage.clear());
  else if (target.closest("main") === null) sessionStorage.removeItem(KEPT);
  else keep();
});

const notices = document.getElementById("notices");
document.addEventListener("htmx:sendError", () => {
  if (notices.querySelector("[data-unsent]") !== null) return;
  const notice = document.createElement("div");
  notice.className = "notice bad";
  notice.dataset.unsent = "";
  notice.textContent = notices.dataset.unsent;
  notices.append(notice);
});
document.addEventListener("htmx:afterOnLoad", () => notices.querySelector("[data-unsent]")?.remove());
