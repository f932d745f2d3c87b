// A file of contacts: its columns are read from its beginning, then it is streamed from the disk, twice if need be.

const form = document.getElementById("import");
const part = (id) => form.querySelector(`#${id}`);
const [file, second, third] = ["file", "second", "third"].map(part);
const real = form.querySelector('button[value="false"]');
const BEGINNING = 100 * 1024;
const LOOK_MS = 700;

form.hidden = false;

/** Posts CSV and resolves with a part of the page, which the server made. */
async function post(url, body) {
  const answer = await fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "text/csv", "hx-request": "true" },
  });
  return { ok: answer.ok, html: await answer.text() };
}

file.addEventListener("change", async () => {
  const chosen = file.files[0];
  real.disabled = true;
  part("result").replaceChildren();
  if (chosen === undefined) return;
  const { ok, html } = await post(form.dataset.columns, chosen.slice(0, BEGINNING));
  part("mapping").innerHTML = html;
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
  part("result").replaceChildren();
  const look = async () => {
    const answer = await fetch(form.dataset.running);
    if (answer.ok && third.dataset.busy === "true") part("progress").innerHTML = await answer.text();
  };
  third.dataset.busy = "true";
  await look().catch(() => {});
  const timer = setInterval(() => void look().catch(() => {}), LOOK_MS);
  let done = false;
  try {
    const { ok, html } = await post(`${form.dataset.file}?${query}`, chosen);
    part("result").innerHTML = html;
    done = ok;
  } catch {
    part("result").textContent = form.dataset.broke;
  }
  clearInterval(timer);
  third.dataset.busy = "false";
  part("progress").replaceChildren();
  buttons[0].disabled = false;
  // Once for real is enough.
  real.disabled = !(done && dry);
});
