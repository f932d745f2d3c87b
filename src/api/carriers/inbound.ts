import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { InboundSms, Verified, WebhookRequest } from "../../carriers/carrier.ts";
import { carrierIo } from "../../gateway/dispatch/carrier_io.ts";
import { keyOf } from "../../gateway/dispatch/hand_over.ts";
import { carries, findSender } from "../../gateway/pipeline/receive.ts";
import { type CarrierAccount, hasRealCarrier, type SettingsCache } from "../../gateway/settings.ts";
import { ASK_FOR_KEY } from "../access/auth.ts";
import { type Api, type Env, router } from "../http/context.ts";
import { problem } from "../http/problem.ts";

/** `/carriers/{id}/inbound` and `/status`: verified by the adapter before anything else happens, stored before the answer. */
export function carrierWebhookRoutes({ deps, receiver, reporter, keys }: Api) {
  const routes = router();
  const accountOf = async (id: string): Promise<CarrierAccount> => {
    const account = (await deps.settings.current()).carriers.get(id);
    if (account === undefined) throw problem(404, "not_found", "No such carrier");
    return account;
  };
  const ioOf = ({ id, adapter }: CarrierAccount) =>
    carrierIo(id, adapter, deps, async (authorization) => {
      const principal = await keys.authenticate(authorization);
      if (principal?.role === "app") await onlySandbox(deps.settings);
      return principal !== null;
    });
  /** What is understood. What is not, though it came beside it, would be gone without a word: the carrier does not come again. */
  const told = <T>({ id: carrier, adapter }: CarrierAccount, result: Verified<T>): T => {
    if (result.ok && result.lost) deps.log("error", "webhook.items_lost", { carrier, ...result.lost });
    return verified(result, adapter);
  };

  routes.on(["GET", "POST"], "/carriers/:id/inbound", async (c) => {
    const account = await accountOf(c.req.param("id"));
    const { adapter, config, id } = account;
    const messages = told(
      account,
      await adapter.inbound(await webhookRequest(c, deps.publicUrl), config, ioOf(account)),
    );
    if (adapter.kind === "sandbox") await ownSenders(messages, id, deps.settings);
    const outcomes = await Promise.all(
      messages.map((sms) => receiver.submit({ carrier_id: id, sms })),
    );
    const { status, contentType, body } = adapter.answer(outcomes, config);
    return c.body(body, status as ContentfulStatusCode, { "content-type": contentType });
  });

  routes.on(["GET", "POST"], "/carriers/:id/status", async (c) => {
    const account = await accountOf(c.req.param("id"));
    const { adapter, config, id } = account;
    const reports = told(account, await adapter.status(await webhookRequest(c, deps.publicUrl), config, ioOf(account)));
    const results = await Promise.all(reports.map((report) => {
      const { carrierMessageId } = report;
      const key = carrierMessageId === null ? null : keyOf(carrierMessageId, "report", account);
      return reporter.submit({ carrier_id: id, report, key });
    }));
    // Answered 200 all the same: a carrier that is told 404 would only repeat a report of a message that is not ours.
    if (results.includes("unmatched")) deps.log("warn", "report.unmatched", { carrier: id });
    return c.body("", 200, { "content-type": "text/plain" });
  });

  return routes;
}

/**
 * Beside real carriers the sandbox is no toy any more: its handsets have the numbers of real people, and START from one of them
 * would undo what only an administrator may. @throws ProblemError 403.
 */
export async function onlySandbox(settings: SettingsCache): Promise<void> {
  if (!hasRealCarrier(await settings.current())) return;
  throw problem(403, "forbidden", "Forbidden", "Beside a real carrier the sandbox needs a key with the role admin.");
}

/** The sandbox brings nothing for the senders of other carriers. @throws ProblemError 409. */
export async function ownSenders(
  messages: readonly Pick<InboundSms, "to">[],
  carrierId: string,
  cache: SettingsCache,
): Promise<void> {
  const settings = await cache.current();
  for (const { to } of messages) {
    const sender = findSender(to, settings);
    if (sender === null || carries(carrierId, sender)) continue;
    const detail = `"${to}" belongs to the carrier "${sender.carrier_id}"; only that one brings messages for it.`;
    throw problem(409, "sender_of_another_carrier", "Sender of another carrier", detail);
  }
}

function verified<T>(result: Verified<T>, { kind }: CarrierAccount["adapter"]): T {
  if (result.ok) return result.value;
  const title = result.status === 400 ? "Not understood" : "Not verified";
  // Others sign, or have their secret in the address.
  const asked = result.status === 401 && kind === "sandbox" ? ASK_FOR_KEY : undefined;
  throw problem(result.status, result.code, title, result.detail, asked);
}

/** Signatures cover the address as the carrier called it: our public one, with the raw path and query of this request. */
async function webhookRequest(c: Context<Env>, publicUrl: string): Promise<WebhookRequest> {
  const raw = c.req.raw.url;
  const path = raw.slice(raw.indexOf("/", raw.indexOf("//") + 2));
  return {
    method: c.req.method,
    url: publicUrl + path,
    headers: c.req.raw.headers,
    body: new Uint8Array(await c.req.arrayBuffer()),
  };
}
