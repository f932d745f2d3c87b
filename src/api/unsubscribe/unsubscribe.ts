import type { Context } from "hono";
import { lapsesAt } from "../../core/consent.ts";
import { SOFT_OPT_IN } from "../../core/message.ts";
import type { Country } from "../../core/rulebook/rulebook_schema.ts";
import { optOutScope } from "../../gateway/dispatch/carrier_opt_out.ts";
import type { Settings } from "../../gateway/settings.ts";
import { auditedRefusal, suppress } from "../../store/consent/suppressions.ts";
import { leaveList } from "../../store/contacts/list_departures.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { findByToken, type LinkedPerson, returnByLink, withdrawPurpose } from "../../store/unsubscribe/unsubscribe.ts";
import { guessLimit } from "../access/guess_limit.ts";
import { type Api, type Env, router } from "../http/context.ts";
import { languageOf, send, strangerAnswer, troubleOnPage } from "./link_answers.ts";
import { type Notice, personPage, type Return, type Shown, STYLE } from "./page.ts";
import { UNSUBSCRIBE_WORDS } from "./words.ts";

/**
 * Until then a link shows what is stored and takes an opt-out back. Numbers get new owners (compliance.md 8.4), and an old message
 * must not tell about them. To stop advertising it works for as long as its message is stored.
 */
const SHOWS_FOR_MS = 90 * 86_400_000;

/**
 * Who presses the button again within that time adds nothing: a link must not be a way to fill the audit log. While somebody asks for the
 * suppression to be lifted every repetition counts (`overrides.ts`).
 */
const SAID_LATELY_MS = 3_600_000;

/**
 * The page that the link in an advertisement opens. The token (`link_tokens.ts`) is the authority: no login, no number
 * asked for. Opening it changes nothing, because scanners and previews open links too; the buttons post.
 */
export function unsubscribeRoutes({ deps }: Api) {
  const routes = router();
  const tooManyGuesses = guessLimit(deps.now, deps.log);
  const linkedBy = async (token: string) =>
    deps.tokens.genuine(token) ? await findByToken(deps.db.client, token) : null;

  routes.get(
    "/u/style.css",
    (c) => c.body(STYLE, 200, { "content-type": "text/css; charset=utf-8", "cache-control": "public, max-age=3600" }),
  );

  routes.use("/u/:token", troubleOnPage);

  routes.get("/u/:token", async (c) => {
    const token = c.req.param("token");
    const linked = await linkedBy(token);
    return linked === null ? strangerAnswer(c, tooManyGuesses()) : await answer(c, token, linked, null);
  });

  routes.post("/u/:token", async (c) => {
    const token = c.req.param("token");
    const linked = await linkedBy(token);
    if (linked === null) return strangerAnswer(c, tooManyGuesses());
    const act = await actOf(c, token);
    const notice = act === null ? null : await perform(c, act, linked);
    if (notice === null) return await answer(c, token, linked, { kind: "again" }, 403);
    return await answer(c, token, await findByToken(deps.db.client, token) ?? linked, notice);
  });

  /** What the request asks for; null when no button of this token's page was pressed. */
  async function actOf(c: Context<Env>, token: string): Promise<string | null> {
    // Every browser of today says so. The page is never a part of another site.
    if (c.req.header("sec-fetch-site") === "cross-site") return null;
    if (!/^application\/x-www-form-urlencoded\b/i.test(c.req.header("content-type") ?? "")) return null;
    const form = new URLSearchParams(await c.req.text());
    // RFC 8058: a mail program asks without having opened the page, in these very words, which no scanner sends by chance.
    if (form.get("List-Unsubscribe") === "One-Click") return "stop";
    const [pressed] = form;
    return pressed !== undefined && deps.tokens.formChecked(token, pressed[1]) ? pressed[0] : null;
  }

  /** Null when the act is none, or is not offered any more: the page is shown as it is now. */
  async function perform(c: Context<Env>, act: string, linked: LinkedPerson): Promise<Notice | null> {
    const { parts, back, brand, language, stopped_at } = shown(c, linked, await deps.settings.current());
    if (act === "stop") {
      const lately = linked.said_at !== null && deps.now() - linked.said_at < SAID_LATELY_MS;
      return stopped_at !== null && lately && !linked.lift_asked ? { kind: "stopped" } : await stop(linked);
    }
    if (act === "resume") {
      // Pressed twice: what was asked for holds.
      if (stopped_at === null && hasReturned(linked)) return { kind: "resumed" };
      if (back.way !== "page") return null;
      const wording = UNSUBSCRIBE_WORDS[language]!.resume_wording(brand);
      return await resume(c, linked, language, wording) ? { kind: "resumed" } : null;
    }
    const [verb, ...rest] = act.split(" ");
    const object = rest.join(" ");
    const list = parts.lists.find(({ id }) => verb === "leave" && id === object);
    if (list !== undefined) return await leave(linked, list);
    return verb === "withdraw" && parts.purposes.includes(object) ? await withdraw(linked, object) : null;
  }

  async function stop({ person, sender, message_id }: LinkedPerson): Promise<Notice> {
    const now = deps.now();
    const scope = optOutScope(person, await deps.settings.current());
    const suppression = {
      id: deps.newId("sup"),
      recipient: person,
      // As a STOP to this sender: never less than the law of the country ends.
      scope,
      sender: scope === "all" ? sender : "",
      source: "link",
      message_id,
      created_at: now,
    } as const;
    await suppress(deps.db, auditedRefusal(suppression, "person", deps.newId), now);
    return { kind: "stopped" };
  }

  async function resume(c: Context<Env>, linked: LinkedPerson, language: string, wording: string): Promise<boolean> {
    const { person, message_id } = linked;
    const now = deps.now();
    const id = deps.newId("cns");
    const evidence = JSON.stringify({
      page: "unsubscribe",
      user_agent: c.req.header("user-agent")?.slice(0, 300) ?? null,
    });
    const told = { at: now, actor: "person", person } as const;
    return await returnByLink(deps.db, { id, person, wording, language, evidence, message_id, now }, {
      granted: auditRow({
        ...told,
        action: "consent.granted",
        subject: id,
        details: { source: "link", purpose: "commercial", message_id },
      }, deps.newId),
      lifted: auditRow({
        ...told,
        action: "suppression.lifted",
        subject: id,
        details: { source: "link", consent_id: id, message_id },
      }, deps.newId),
    });
  }

  async function leave({ person, message_id }: LinkedPerson, { id: list, name }: { id: string; name: string }) {
    const now = deps.now();
    const fact = {
      at: now,
      actor: "person",
      action: "list.left",
      subject: list,
      person,
      details: { message_id },
    } as const;
    await leaveList(deps.db, { person, list, message_id, now }, auditRow(fact, deps.newId));
    return { kind: "left" as const, list: name };
  }

  async function withdraw({ person, message_id }: LinkedPerson, purpose: string) {
    const now = deps.now();
    const id = deps.newId("cns");
    const details = { source: "link", purpose, message_id };
    const fact = { at: now, actor: "person", action: "consent.withdrawn", subject: id, person, details } as const;
    await withdrawPurpose(deps.db, { id, person, purpose, message_id, now }, auditRow(fact, deps.newId));
    return { kind: "withdrew" as const, purpose };
  }

  /** What the page tells, but for what the request did. */
  function shown(c: Context<Env>, linked: LinkedPerson, settings: Settings): Omit<Shown, "check" | "notice"> {
    const { rulebook, senders } = settings;
    const { person, sender, suppressions, lists } = linked;
    const { country } = rulebook.locate(person);
    const { table } = rulebook.country(country);
    const now = deps.now();
    const consents = linked.consents.map((one) => ({ ...one, expires_at: endOf(one, linked.heard_at, table) }));
    const everything = optOutScope(person, settings) === "all";
    const standing = suppressions.find((one) =>
      !everything || one.scope === "all" && (one.sender === "" || one.sender === sender)
    );
    const fresh = now - linked.sent_at < SHOWS_FOR_MS;
    const partial = fresh && !everything;
    return {
      language: languageOf(c, linked, country !== null && rulebook.countries.includes(country) ? table.languages : []),
      country,
      brand: senders.get(sender)?.brand ?? rulebook.deployment.brand,
      sender,
      everything,
      stopped_at: standing?.created_at ?? null,
      held: fresh ? { ...linked, consents, senders: linked.senders.filter((one) => senders.has(one)) } : null,
      parts: {
        lists: partial ? lists : [],
        purposes: partial ? consents.filter((one) => isPart(one, now)).map(({ purpose }) => purpose) : [],
      },
      back: fresh && linked.returnable && table.opt_out.resume === "page"
        ? { way: "page" }
        : wayBack(linked, country, settings),
      reporting: table.reporting?.number ?? null,
      now,
    };
  }

  async function answer(
    c: Context<Env>,
    token: string,
    linked: LinkedPerson,
    notice: Notice | null,
    status: 200 | 403 = 200,
  ): Promise<Response> {
    const content = shown(c, linked, await deps.settings.current());
    const page = personPage({ ...content, check: deps.tokens.formCheck(token), notice });
    return await send(c, content.language, page, status);
  }

  return routes;
}

/** True when the consent to advertising that holds was given on this page. */
function hasReturned({ consents }: LinkedPerson): boolean {
  return consents.some(({ purpose, status, source }) =>
    purpose === "commercial" && status === "granted" && source === "link"
  );
}

/** When a consent runs out: on the day it was given until, or when the country's period is over. */
function endOf(
  { purpose, source, granted_at: at, expires_at }: LinkedPerson["consents"][number],
  heard_at: number | null,
  { consent }: Country,
): number | null {
  const lapses_at = lapsesAt({ at, soft: source === SOFT_OPT_IN }, purpose, consent, heard_at);
  return expires_at === null || lapses_at === null ? expires_at ?? lapses_at : Math.min(expires_at, lapses_at);
}

/** A consent that holds, to something else than the brand's own advertising, which the main button ends. */
function isPart({ purpose, status, expires_at }: LinkedPerson["consents"][number], now: number): boolean {
  return purpose !== "commercial" && status === "granted" && (expires_at === null || expires_at > now);
}

/** A number in the person's own country to which START can be sent, else whom to write to. */
function wayBack(
  { senders: known, sender, suppressions }: LinkedPerson,
  country: string | null,
  settings: Settings,
): Return {
  const contact: Return = { way: "contact", contact: settings.rulebook.deployment.contact };
  // What staff entered no word lifts, and START lifts for the sender it is sent to what ended everything from that one.
  if (suppressions.some(({ source, scope }) => source === "operator" || scope === "all")) return contact;
  for (const address of [sender, ...known]) {
    const one = settings.senders.get(address);
    if (one === undefined || country === null || one.country !== country) continue;
    const number = one.kind === "alphanumeric" ? one.stop_number : one.address;
    if (number !== null) return { way: "start", number };
  }
  return contact;
}
