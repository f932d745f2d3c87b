// Keeps what a page shows as it is now: `data-parts` names the address of its parts, which are put in the place of those of the same id.
// What has the focus keeps it, and what somebody reads stays where it is.

const root = document.querySelector("[data-parts]");

/** Puts the children of `fresh` in the place of those of the same id in `old`; with `keep`, none goes. */
function merge(old, fresh) {
  const keep = old.dataset.merge === "keep";
  const atEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 60;
  const known = new Map([...old.children].filter((one) => one.id !== "").map((one) => [one.id, one]));
  const children = [...fresh.children].filter((one) => !(keep && one.id === "older"));
  let last = keep ? old.lastElementChild : null;
  for (const child of children) {
    const there = known.get(child.id);
    known.delete(child.id);
    const same = there?.isEqualNode(child);
    const held = there?.contains(document.activeElement) ?? false;
    let node = there ?? child;
    if (there !== undefined && !same) {
      there.replaceWith(child);
      node = child;
    }
    if (keep) {
      if (there === undefined) old.append(child);
    } else {
      const place = last === null ? old.firstElementChild : last.nextElementSibling;
      if (place !== node) old.insertBefore(node, place);
      last = node;
    }
    if (node === child) htmx.process(child);
    if (held) (node.querySelector("a, button") ?? node).focus({ preventScroll: true });
  }
  for (const [, gone] of known) if (!keep || "passing" in gone.dataset) gone.remove();
  if (keep && atEnd) old.scrollTop = old.scrollHeight;
}

/** A part with lists in it: each is merged, the rest is put in its place when it is another. */
function renew(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.dataset.merge !== undefined) return merge(old, fresh);
  const inner = [...fresh.querySelectorAll("[data-merge]")].filter(({ id }) => old.querySelector(`#${CSS.escape(id)}`));
  if (inner.length > 0) {
    for (const child of [...fresh.children]) {
      const there = child.id === "" ? null : old.querySelector(`:scope > #${CSS.escape(child.id)}`);
      if (there !== null) renew(there, child);
      else if (child.id !== "") old.prepend(child);
    }
    for (const child of [...old.children]) {
      if (child.id !== "" && fresh.querySelector(`:scope > #${CSS.escape(child.id)}`) === null && !child.isConnected) {
        child.remove();
      }
    }
    return;
  }
  // Somebody is choosing in it: it waits for the next time.
  if (old.querySelector("select:focus, input:focus, textarea:focus, details[open] :focus") !== null) return;
  const focused = old.contains(document.activeElement);
  old.replaceWith(fresh);
  htmx.process(fresh);
  if (focused) fresh.querySelector("button, a, select")?.focus({ preventScroll: true });
}

let asking = false;
let again = false;
async function look() {
  if (asking) return void (again = true);
  asking = true;
  try {
    const answer = await fetch(root.dataset.parts, { headers: { "hx-request": "true" } });
    if (answer.redirected || answer.status === 401) return location.reload();
    if (answer.ok) {
      // Made outside of the page: nothing in it runs or loads.
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const fresh of [...page.body.children]) {
        const old = document.getElementById(fresh.id);
        if (old !== null) renew(old, document.adoptNode(fresh));
      }
      root.dispatchEvent(new CustomEvent("parley:renewed", { bubbles: true }));
    }
  } catch {
    // No connection: the stream comes back by itself, and asks for everything then.
  } finally {
    asking = false;
    if (again) {
      again = false;
      look();
    }
  }
}

if (root !== null) {
  const notices = document.getElementById("notices");
  const stream = new EventSource("/console/live");
  stream.addEventListener("conversation", look);
  stream.addEventListener("refresh", look);
  stream.addEventListener("open", () => {
    root.dataset.live = "on";
    notices.querySelector("[data-offline]")?.remove();
  });
  stream.addEventListener("error", () => {
    root.dataset.live = "off";
    const text = root.dataset.offline;
    if (stream.readyState === EventSource.CLOSED) return location.reload();
    if (text === undefined || notices.querySelector("[data-offline]") !== null) return;
    const notice = document.createElement("div");
    notice.className = "notice warn";
    notice.dataset.offline = "";
    notice.textContent = text;
    notices.append(notice);
  });
  addEventListener("pagehide", () => stream.close());
  document.body.addEventListener("parley:changed", look);
}
