/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { may } from "../../../api/access/roles.ts";
import type { ApiClient } from "../../api_client.ts";
import type { SpelledNumber } from "../../api_types.ts";
import { type Console, type ConsoleContext, viewerOf } from "../../console.ts";
import { attempt } from "../../form.ts";
import { PageTabs } from "../../parts.tsx";
import { registerWords } from "./words.ts";

/** What the pages of the registers share: their tabs, numbers that lead to the person, rules that lead to their text. */

/** Each with the operation of the API that it shows. */
export const REGISTERS = {
  registers: { href: "/console/registers", reads: "GET /v1/reviews" },
  people: { href: "/console/people", reads: "GET /v1/people/{msisdn}" },
  reviews: { href: "/console/registers/reviews", reads: "GET /v1/reviews" },
  suppressions: { href: "/console/registers/suppressions", reads: "GET /v1/suppressions" },
  consents: { href: "/console/registers/consents", reads: "GET /v1/consents" },
  complaints: { href: "/console/registers/complaints", reads: "GET /v1/reviews" },
  overrides: { href: "/console/registers/overrides", reads: "GET /v1/overrides" },
  erasures: { href: "/console/registers/erasures", reads: "GET /v1/erasures" },
  retention: { href: "/console/registers/retention", reads: "GET /v1/retention" },
  audit: { href: "/console/registers/audit", reads: "GET /v1/audit" },
  webhooks: { href: "/console/registers/webhooks", reads: "GET /v1/webhooks" },
} as const;
export type Register = keyof typeof REGISTERS;

/** Registers that somebody of this role may read. */
export function registersFor(c: ConsoleContext): Register[] {
  const { role } = viewerOf(c);
  return (Object.keys(REGISTERS) as Register[]).filter((name) => may(role, REGISTERS[name].reads));
}

interface RegisterPage {
  register: Register;
  /** Of the page; the register's own name unless given. */
  title?: string;
  status?: 200 | 404 | 409 | 422;
  scripts?: readonly string[];
}

/** A page of a register, below the tabs. */
export async function registerPage(
  console: Console,
  c: ConsoleContext,
  { register, title, status = 200, scripts = [] }: RegisterPage,
  content: Child,
): Promise<Response> {
  const words = registerWords(c.get("reader").language);
  const heading = title ?? (register === "registers" ? words.title : words.tabs[register]!);
  return await console.page(
    c,
    { title: heading, place: "registers", scripts, styles: ["registers.css"] },
    <>
      <PageTabs
        label={words.title}
        tabs={registersFor(c).map((name) => (
          { href: REGISTERS[name].href, text: words.tabs[name]!, here: name === register }
        ))}
      />
      <h1>{heading}</h1>
      {content}
    </>,
    status,
  );
}

interface HeadProps {
  c: ConsoleContext;
  register: "consents" | "suppressions";
  intro: string;
  add: string;
  importing: string;
}

/** What a register of many is for, with the ways to add to it and to take it along that are open to whoever reads. */
export function RegisterHead({ c, register, intro, add, importing }: HeadProps) {
  const { role } = viewerOf(c);
  const { href } = REGISTERS[register];
  return (
    <div class="row between">
      <p class="soft">{intro}</p>
      <p class="row">
        {may(role, `POST /v1/${register}`) ? <a class="button" href={`${href}/new`}>{add}</a> : null}
        {may(role, `POST /v1/${register}/import`)
          ? <a class="button quiet" href={`${href}/import`}>{importing}</a>
          : null}
        {may(role, `GET /v1/${register}/export`)
          ? (
            <a class="button quiet" href={`${href}/export`} download>
              {registerWords(c.get("reader").language).export}
            </a>
          )
          : null}
      </p>
    </div>
  );
}

/** The address of a person's dossier. */
export function personPath(number: string): string {
  return `/console/people/${encodeURIComponent(number)}`;
}

/** A number that leads to its dossier; the hash of somebody who was erased leads nowhere. */
export function PersonLink({ number }: { number: string }) {
  return number.startsWith("#")
    ? <span class="mono" title={number}>{number.slice(0, 10)}…</span>
    : <a href={personPath(number)}>{number}</a>;
}

/** The id of a rule, which leads to its text in the workbench. */
export function RuleLink({ id }: { id: string | null }) {
  return id === null ? <>–</> : <a class="mono" href={`/console/rules/${encodeURIComponent(id)}`}>{id}</a>;
}

/**
 * The number (E.164) that a filter means, however it is spelled: the API knows the senders' countries, and whom it has met. What is
 * no number is given back as it is, for the API to refuse.
 */
export async function numberMeant(api: ApiClient, typed: string | undefined): Promise<string | undefined> {
  if (typed === undefined) return undefined;
  const found = await attempt(api.get<SpelledNumber>("/v1/people", { number: typed.slice(0, 60) }));
  return found.ok ? found.value.data[0]?.msisdn ?? typed : typed;
}
