// Keys of the inbox, canned replies, and reading as it happens.

const root = document.querySelector(".inbox");
const keys = document.getElementById("keys");
const canned = document.getElementById("canned");
const keysOn = document.getElementById("keys-on");

const KEPT = "parley_single_keys";
keysOn.checked = localStorage.getItem(KEPT) !== "off";
keysOn.addEventListener("change", () => localStorage.setItem(KEPT, keysOn.checked ? "on" : "off"));

const messages = () => document.getElementById("messages");
const text = () => document.getElementById("text");

// The newest message is what one came for.
if (messages() !== null && !new URLSearchParams(location.search).has("before")) {
  messages().scrollTop = messages().scrollHeight;
}

/** What is seen is read, for everybody. */
function markRead() {
  const form = document.getElementById("mark-read");
  if (form === null || document.visibilityState !== "visible" || form.dataset.sent !== undefined) return;
  form.dataset.sent = "";
  fetch(form.action, { method: "POST", body: new URLSearchParams({ read: "true" }), headers: { "hx-request": "true" } })
    .catch(() => {});
}
markRead();
document.addEventListener("visibilitychange", markRead);
root.addEventListener("parley:renewed", markRead);

// A refusal or an agreement that comes while somebody types changes what their text would become.
const standing = () => document.getElementById("standing")?.textContent;
let stood = standing();
root.addEventListener("parley:renewed", () => {
  if (standing() === stood) return;
  stood = standing();
  if (text()?.value) htmx.trigger(text(), "parley:typed");
});

// A reply that is half typed waits in its thread, in this tab, for who typed it: with the key under which it would be one message, if it
// was sent after all.
const DRAFT = "parley_draft ";
const mine = `${DRAFT}${document.body.dataset.viewer} `;
const draftKey = () => mine + text().form.getAttribute("action");
function keepDraft() {
  if (text() === null) return;
  const { text: { value }, at, key } = text().form.elements;
  if (value === "") sessionStorage.removeItem(draftKey());
  else sessionStorage.setItem(draftKey(), JSON.stringify({ text: value, at: at.value, key: key.value }));
}
function takeUpDraft() {
  const kept = text() === null || text().value !== "" ? null : sessionStorage.getItem(draftKey());
  if (kept === null) return;
  const draft = JSON.parse(kept);
  const { at, key } = text().form.elements;
  [text().value, at.value, key.value] = [draft.text, draft.at, draft.key];
  if (draft.at !== "") at.closest("details").open = true;
  // When htmx listens.
  addEventListener("load", () => htmx.trigger(text(), "parley:typed"));
}
for (const key of Object.keys(sessionStorage)) {
  if (key.startsWith(DRAFT) && !key.startsWith(mine)) sessionStorage.removeItem(key);
}
takeUpDraft();
root.addEventListener("input", ({ target }) => {
  if (target.form?.id === "composer") keepDraft();
});
root.addEventListener("parley:typed", keepDraft);
// The field of a reply that was sent comes back empty.
root.addEventListener("htmx:afterSwap", keepDraft);

const opener = () => document.getElementById("open-canned");
function showCanned() {
  if (canned !== null && text() !== null) canned.showModal();
}
if (opener() !== null) opener().hidden = false;
document.body.addEventListener("htmx:afterSwap", () => {
  if (opener() !== null) opener().hidden = false;
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#open-canned")) showCanned();
  const choice = event.target.closest?.("#canned [data-text]");
  if (choice === null || choice === undefined) return;
  canned.close();
  const field = text();
  const before = field.value.slice(0, field.selectionStart);
  field.setRangeText(choice.dataset.text, before === "/" ? 0 : field.selectionStart, field.selectionEnd, "end");
  field.focus();
  htmx.trigger(field, "parley:typed");
});

/** The thread after or before the one that has the focus or is open. */
function step(by) {
  const links = [...document.querySelectorAll("#thread-list a")];
  if (links.length === 0) return;
  const at = links.findIndex((link) => link === document.activeElement);
  const from = at >= 0 ? at : links.findIndex((link) => link.ariaCurrent === "true");
  links[Math.min(Math.max(from + by, 0), links.length - 1)].focus();
}

const SINGLE = {
  j: () => step(1),
  k: () => step(-1),
  r: () => text()?.focus(),
  a: () => document.querySelector("#assign-me button")?.click(),
  n: () => document.getElementById("note")?.focus(),
  s: () => document.getElementById("q").focus(),
  "/": showCanned,
  "?": () => keys.showModal(),
};

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field?.id === "text") {
    event.preventDefault();
    const send = document.querySelector("#verdict button[type=submit]");
    if (!send.disabled) field.form.requestSubmit(send);
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field?.id === "note") {
    event.preventDefault();
    return field.form.requestSubmit();
  }
  if (event.key === "Escape" && field !== null && field !== undefined) return field.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) {
    return;
  }
  // A slash in an empty reply asks for canned ones; anywhere else it is a letter.
  if (field?.id === "text" && event.key === "/" && field.value === "" && keysOn.checked) {
    event.preventDefault();
    return showCanned();
  }
  if (field !== null && field !== undefined || !keysOn.checked || !Object.hasOwn(SINGLE, event.key)) return;
  event.preventDefault();
  SINGLE[event.key]();
});
