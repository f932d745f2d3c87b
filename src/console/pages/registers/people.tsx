/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { ApiProblem } from "../../api_client.ts";
import type { Campaign, ContactList, Erasure, Person, Retained, SpelledNumber } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, type Form, formOf, passOn, wrongWith } from "../../form.ts";
import { Badge, described, Field } from "../../parts.tsx";
import { staffNames } from "../../staff_names.ts";
import { Refused } from "../../told.tsx";
import { Dossier } from "./dossier.tsx";
import { evidenceWords } from "./evidence_words.ts";
import { FindPerson } from "./find_person.tsx";
import { personPath, registerPage } from "./frame.tsx";
import { peopleWords } from "./people_words.ts";

/** Messages shown at once; as many as one request gives, for printing. */
const SHOWN = 50;
const PRINTED = 1_000;
/** Campaigns and lists whose names are looked up. */
const NAMED = 20;

/** One person: found by any spelling of the number, shown whole, exported, erased. */
export function peoplePageRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/people", async (c) => {
    const words = peopleWords(c.get("reader").language);
    const typed = c.req.query("number")?.trim() ?? "";
    if (typed === "") return await registerPage(console, c, { register: "people" }, <FindPerson c={c} />);
    const found = await attempt(
      console.api(c).get<SpelledNumber>("/v1/people", { number: typed.slice(0, 60) }),
    );
    const meant = found.ok ? found.value.data : [];
    const known = meant.filter((one) => one.known);
    const [only, ...others] = known.length === 0 ? meant : known;
    if (only !== undefined && others.length === 0) return c.redirect(personPath(only.msisdn));
    return await registerPage(
      console,
      c,
      { register: "people", status: found.ok ? 200 : 422 },
      <>
        <FindPerson c={c} value={typed} error={found.ok ? undefined : words.no_number} />
        {found.ok ? <Several c={c} found={found.value} /> : null}
      </>,
    );
  });

  routes.get("/people/:number", async (c) => {
    const { language } = c.get("reader");
    const api = console.api(c);
    const number = c.req.param("number");
    const all = c.req.query("messages") === "all";
    const [person, nameOf] = await Promise.all([
      api.get<Person>(`/v1/people/${encodeURIComponent(number)}`, {
        limit: all ? PRINTED : SHOWN,
        cursor: c.req.query("cursor"),
      }),
      staffNames(api, language),
    ]);
    const campaigns = new Set(person.messages.data.flatMap(({ campaign_id }) => campaign_id ?? []));
    // What was deleted since is shown by its id.
    const named = async <T extends { id: string; name: string }>(path: string, ids: Iterable<string>) => {
      const found = await Promise.all([...ids].slice(0, NAMED).map((id) => attempt(api.get<T>(`${path}/${id}`))));
      return new Map(found.flatMap((one) => one.ok ? [[one.value.id, one.value.name] as const] : []));
    };
    const [campaignNames, listNames] = await Promise.all([
      named<Campaign>("/v1/campaigns", campaigns),
      named<ContactList>("/v1/lists", person.contact?.lists ?? []),
    ]);
    c.header("cache-control", "no-store");
    return await registerPage(
      console,
      c,
      { register: "people", title: peopleWords(language).dossier_of(person.msisdn), scripts: ["print.js"] },
      <Dossier c={c} person={person} nameOf={nameOf} campaigns={campaignNames} lists={listNames} />,
    );
  });

  routes.get(
    "/people/:number/export",
    async (c) => passOn(await console.api(c).raw(`/v1/people/${encodeURIComponent(c.req.param("number"))}/export`)),
  );

  routes.get("/people/:number/erase", async (c) => await erasePage(console, c));

  routes.post("/people/:number/erase", async (c) => {
    const form = await formOf(c);
    // Every browser asks for it; whoever gets here without has read nothing.
    if (!form.has("confirm")) return await erasePage(console, c, form);
    const begun = await attempt(
      console.api(c).delete<Erasure>(`/v1/people/${encodeURIComponent(c.req.param("number")!)}`, {
        reason: form.text("reason") ?? "",
        requested_by: form.text("requested_by"),
        suppress: form.has("suppress"),
      }),
    );
    if (!begun.ok) return await erasePage(console, c, form, begun.problem);
    return c.redirect(`/console/registers/erasures/${begun.value.id}`, 303);
  });

  return routes;
}

function Several({ c, found }: { c: ConsoleContext; found: SpelledNumber }) {
  const words = peopleWords(c.get("reader").language);
  return (
    <>
      <p>{words.several}</p>
      <ul>
        {found.data.map(({ msisdn, country, known }) => (
          <li>
            <a href={personPath(msisdn)}>{msisdn}</a> {country}{" "}
            <Badge tone={known ? "info" : "neutral"}>{known ? words.known : words.unknown}</Badge>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What goes and what stays, before anybody is erased. */
async function erasePage(console: Console, c: ConsoleContext, form?: Form, problem?: ApiProblem): Promise<Response> {
  const { language } = c.get("reader");
  const words = peopleWords(language);
  const number = c.req.param("number")!;
  const { data } = await console.api(c).get<{ data: Retained[] }>("/v1/retention");
  const days = (kind: Retained["data"]) => {
    const kept = data.find((one) => one.data === kind)?.days ?? null;
    return kept === null ? evidenceWords(language).for_good : words.stays_days(String(kept));
  };
  const wrong = (name: string) => wrongWith(problem, name);
  const stays = [
    [words.stays.suppressions, evidenceWords(language).for_good],
    [words.stays.consents, days("consents")],
    [words.stays.messages, days("messages")],
    [words.stays.audit, evidenceWords(language).for_good],
  ] as const;
  return await registerPage(
    console,
    c,
    { register: "people", title: words.erase_title(number), status: problem === undefined ? 200 : 422 },
    <form method="post" action={`${personPath(number)}/erase`} class="card">
      <Refused c={c} problem={problem} />
      <h2>{words.erase_goes}</h2>
      <p>{words.erase_goes_text}</p>
      <h2>{words.erase_stays}</h2>
      <ul>{stays.map(([text, until]) => <li>{text} ({until})</li>)}</ul>
      <Field label={words.reason} name="reason" hint={words.reason_hint} error={wrong("reason")}>
        <textarea {...described("reason", { hint: true, error: wrong("reason") })} required maxlength={500}>
          {form?.text("reason") ?? ""}
        </textarea>
      </Field>
      <Field label={words.requested_by} name="requested_by">
        <select {...described("requested_by")}>
          {Object.entries(evidenceWords(language).requesters).map(([value, text]) => (
            <option value={value} selected={form?.text("requested_by") === value}>{text}</option>
          ))}
        </select>
      </Field>
      <p>
        <label class="inline">
          <input type="checkbox" name="suppress" value="true" checked={form === undefined || form.has("suppress")} />
          {words.suppress}
        </label>
      </p>
      <p>
        <label class="inline">
          <input type="checkbox" name="confirm" value="true" required />
          {words.confirm}
        </label>
      </p>
      <button type="submit" class="danger">{words.erase_now}</button>
    </form>,
  );
}
