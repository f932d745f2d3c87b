// A file of contacts: its columns are read from its beginning, then it is streamed from the disk, twice if need be.

const form = document.getElementById("import");
const [file, second, third, mapping, progress, result] = ["file", "second", "third", "mapping", "progress", "result"]
  .map((id) => form.querySelector(`#${id}`));
const real = form.querySelector('button[value="false"]');
const BEGINNING = 100 * 1024;
const LOOK_MS = 700;

let busy = false;
form.hidden = false;

/** Resolves with a part of the page, which the server made; whoever is signed out meanwhile is led away. */
async function part(url, init = {}) {
  const headers = { ...init.headers, "hx-request": "true", "hx-current-url": location.href };
  const answer = await fetch(url, { ...init, headers });
  const away = answer.headers.get("hx-redirect");
  if (away !== null) location.assign(away);
  return { ok: answer.ok, html: await answer.text() };
}
const post = (url, body) => part(url, { method: "POST", body, headers: { "content-type": "text/csv" } });

file.addEventListener("change", async () => {
  const chosen = file.files[0];
  real.disabled = true;
  result.replaceChildren();
  if (chosen === undefined) return;
  const { ok, html } = await post(form.dataset.columns, chosen.slice(0, BEGINNING));
  mapping.innerHTML = html;
  second.hidden = false;
  third.hidden = !ok;
});

// What was tried is what may be imported; another answer has to be tried first.
second.addEventListener("change", () => void (real.disabled = true));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const dry = event.submitter?.value !== "false";
  const chosen = file.files[0];
  if (chosen === undefined) return;
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  query.set("dry_run", String(dry));
  const buttons = [...third.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  result.replaceChildren();
  const look = async () => {
    const { ok, html } = await part(form.dataset.running);
    if (ok && busy) progress.innerHTML = html;
  };
  busy = true;
  await look().catch(() => {});
  const timer = setInterval(() => void look().catch(() => {}), LOOK_MS);
  let done = false;
  try {
    const { ok, html } = await post(`${form.dataset.file}?${query}`, chosen);
    result.innerHTML = html;
    done = ok;
  } catch {
    result.textContent = form.dataset.broke;
  }
  clearInterval(timer);
  busy = false;
  progress.replaceChildren();
  buttons[0].disabled = false;
  // Once for real is enough.
  real.disabled = !(done && dry);
});
