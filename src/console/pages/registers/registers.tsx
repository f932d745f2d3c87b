/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import type { Erasure, Override, Page, Review, Webhook } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { Badge, type Tone } from "../../parts.tsx";
import { FindPerson } from "./find_person.tsx";
import { type Register, registerPage, REGISTERS, registersFor } from "./frame.tsx";
import { registerWords } from "./words.ts";

/** As many as one page of the API counts. */
const COUNTED = 200;

/** The page before the registers: what each is for, and what waits in it. */
export function registersRoutes(console: Console): Hono<ConsoleEnv> {
  return new Hono<ConsoleEnv>().get("/registers", async (c) => {
    const words = registerWords(c.get("reader").language);
    const waiting = await whatWaits(console, c);
    return await registerPage(
      console,
      c,
      { register: "registers" },
      <>
        <p class="soft">{words.intro}</p>
        <FindPerson c={c} />
        <ul class="columns plain">
          {registersFor(c).filter((name) => name !== "registers").map((name) => {
            const badge = waiting[name];
            return (
              <li class="card">
                <h2>
                  <a href={REGISTERS[name].href}>{words.tabs[name]}</a>
                </h2>
                <p>{words.about[name]}</p>
                {badge === undefined ? null : <Badge tone={badge.tone}>{badge.text}</Badge>}
              </li>
            );
          })}
        </ul>
      </>,
    );
  });
}

type Badges = Partial<Record<Register, { tone: Tone; text: string }>>;

async function whatWaits(console: Console, c: ConsoleContext): Promise<Badges> {
  const words = registerWords(c.get("reader").language);
  const api = console.api(c);
  const { role } = viewerOf(c);
  const rows = async <T,>(path: string, query: Record<string, string>): Promise<Page<T>> =>
    may(role, `GET ${path}`) ? await api.get(path, { limit: COUNTED, ...query }) : { data: [], next_cursor: null };
  const [reviews, complaints, overrides, erasures, webhooks] = await Promise.all([
    rows<Review>("/v1/reviews", { state: "open" }),
    rows<Review>("/v1/reviews", { state: "open", kind: "complaint" }),
    rows<Override>("/v1/overrides", { state: "requested" }),
    rows<Erasure>("/v1/erasures", {}),
    rows<Webhook>("/v1/webhooks", {}),
  ]);
  const counted = ({ data, next_cursor }: Page<unknown>) => `${data.length}${next_cursor === null ? "" : "+"}`;
  const badge = (page: Page<unknown>, tone: Tone, text: (count: string) => string) =>
    page.data.length === 0 ? undefined : { tone, text: text(counted(page)) };
  const only = <T,>({ data }: Page<T>, keep: (row: T) => boolean) => ({ data: data.filter(keep), next_cursor: null });
  const badges = {
    reviews: badge(reviews, "warn", words.waiting),
    complaints: badge(complaints, "warn", words.waiting),
    overrides: badge(overrides, "warn", words.waiting),
    erasures: badge(only(erasures, ({ state }) => state === "running"), "info", words.running),
    webhooks: badge(
      only(webhooks, ({ failing_since, state }) => failing_since !== null || state === "disabled"),
      "bad",
      words.failing,
    ),
  };
  return Object.fromEntries(Object.entries(badges).filter(([, one]) => one !== undefined));
}
