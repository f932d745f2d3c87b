// Keeps what a page shows as it is now: `data-parts` names the address of its parts, which are put in the place of those of the same id.
// What has the focus keeps it, and what somebody reads stays where it is.

const root = document.querySelector("[data-parts]");
// The newest message of a telephone is what one came for.
for (const screen of document.querySelectorAll(".screen")) screen.scrollTop = screen.scrollHeight;
/** Before asking again for a stream that was refused. */
const RETRY_MS = 5_000;

/** Puts the children of `fresh` in the place of those of the same id in `old`, in their order; with `keep`, none goes. */
function merge(old, fresh) {
  const keep = old.dataset.merge === "keep";
  const atEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 60;
  const known = new Map([...old.children].filter((one) => one.id !== "").map((one) => [one.id, one]));
  // From the end: what is new comes before what it stood before.
  let next = null;
  for (const child of [...fresh.children].reverse()) {
    // How far back one has read is not told by the newest page.
    if (keep && child.id === "older") continue;
    const there = known.get(child.id);
    known.delete(child.id);
    const held = there?.contains(document.activeElement) ?? false;
    const node = there?.isEqualNode(child) ? there : child;
    if (there !== undefined && node !== there) there.replaceWith(node);
    if (node.parentNode !== old || !keep && node.nextElementSibling !== next) old.insertBefore(node, next);
    if (node === child) htmx.process(child);
    if (held) (node.querySelector("a, button") ?? node).focus({ preventScroll: true });
    next = node;
  }
  for (const gone of known.values()) if (!keep || "passing" in gone.dataset) gone.remove();
  if (keep && atEnd) old.scrollTop = old.scrollHeight;
}

function renew(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.dataset.merge !== undefined) return merge(old, fresh);
  // Somebody is choosing in it: it waits for the next time.
  if (old.querySelector("select:focus, input:focus, textarea:focus") !== null) return;
  const focused = old.contains(document.activeElement);
  old.replaceWith(fresh);
  htmx.process(fresh);
  if (focused) fresh.querySelector("button, a, select")?.focus({ preventScroll: true });
}

/** Between two questions, however much happens. */
const PAUSE_MS = 300;
let asking = false;
let again = false;
/** One question at a time; what happens meanwhile is asked for behind it. */
async function look() {
  if (asking) return void (again = true);
  asking = true;
  again = false;
  try {
    const answer = await fetch(root.dataset.parts, { headers: { "hx-request": "true" } });
    // Signed out: the page leads to where one signs in.
    if (answer.redirected || answer.status === 401) {
      document.dispatchEvent(new Event("parley:signed-out"));
      return location.reload();
    }
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
    // No connection: the stream comes back, and asks for everything then.
  } finally {
    setTimeout(() => {
      asking = false;
      if (again) look();
    }, PAUSE_MS);
  }
}

const notices = document.getElementById("notices");
let stream = null;
let retry;

function listen() {
  clearTimeout(retry);
  stream?.close();
  stream = new EventSource("/console/live");
  stream.addEventListener("conversation", look);
  stream.addEventListener("refresh", look);
  stream.addEventListener("open", () => {
    root.dataset.live = "on";
    notices.querySelector("[data-offline]")?.remove();
  });
  stream.addEventListener("error", () => {
    root.dataset.live = "off";
    tellOffline();
    if (stream.readyState !== EventSource.CLOSED) return;
    look();
    retry = setTimeout(listen, RETRY_MS);
  });
}

function tellOffline() {
  const text = root.dataset.offline;
  if (text === undefined || notices.querySelector("[data-offline]") !== null) return;
  const notice = document.createElement("div");
  notice.className = "notice warn";
  notice.dataset.offline = "";
  notice.textContent = text;
  notices.append(notice);
}

/** Browsers open six connections to a server at most, over HTTP/1.1: pages that nobody sees leave theirs to others. */
function listenWhileSeen() {
  if (document.visibilityState === "visible") return listen();
  clearTimeout(retry);
  stream?.close();
  root.dataset.live = "off";
}

if (root !== null) {
  listenWhileSeen();
  document.addEventListener("visibilitychange", listenWhileSeen);
  addEventListener("pageshow", ({ persisted }) => persisted && listenWhileSeen());
  addEventListener("pagehide", () => stream?.close());
  document.body.addEventListener("parley:changed", look);
}
