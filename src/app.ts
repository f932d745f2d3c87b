import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { apiKeyRoutes } from "./api/access/api_keys.ts";
import { requireKey } from "./api/access/auth.ts";
import { meRoutes } from "./api/access/me.ts";
import { userRoutes } from "./api/access/users.ts";
import { campaignRoutes } from "./api/campaigns/campaigns.ts";
import { campaignExportRoutes } from "./api/campaigns/export.ts";
import { campaignProgressRoutes } from "./api/campaigns/progress.ts";
import { shortLinkRoutes } from "./api/campaigns/short_links.ts";
import { campaignStepRoutes } from "./api/campaigns/steps.ts";
import { carrierRoutes } from "./api/carriers/carriers.ts";
import { carrierWebhookRoutes } from "./api/carriers/inbound.ts";
import { senderRoutes } from "./api/carriers/senders.ts";
import { consentRoutes } from "./api/consent/consents.ts";
import { overrideRoutes } from "./api/consent/overrides.ts";
import { suppressionRoutes } from "./api/consent/suppressions.ts";
import { contactRoutes } from "./api/contacts/contacts.ts";
import { contactExportRoutes } from "./api/contacts/export.ts";
import { contactImportColumnRoutes } from "./api/contacts/import_columns.ts";
import { contactImportRoutes } from "./api/contacts/imports.ts";
import { contactListRoutes } from "./api/contacts/lists.ts";
import { type Api, router } from "./api/http/context.ts";
import { docsRoutes } from "./api/http/docs.ts";
import { methodsAt } from "./api/http/methods.ts";
import {
  asProblem,
  nothingHere,
  problem,
  type ProblemError,
  problemResponse,
  unsupportedType,
} from "./api/http/problem.ts";
import { utf8Json } from "./api/http/utf8_body.ts";
import { cannedReplyRoutes } from "./api/inbox/canned_replies.ts";
import { conversationRoutes } from "./api/inbox/conversations.ts";
import { liveRoutes } from "./api/inbox/live.ts";
import { unsupportedImport } from "./api/messages/bulk.ts";
import { explainRoutes } from "./api/messages/explain.ts";
import { messageRoutes } from "./api/messages/messages.ts";
import { reviewRoutes } from "./api/messages/reviews.ts";
import { messageSettlementRoutes } from "./api/messages/settlement.ts";
import { auditRoutes } from "./api/oversight/audit.ts";
import { auditVerificationRoutes } from "./api/oversight/audit_verification.ts";
import { bookRoutes } from "./api/oversight/books.ts";
import { operationsRoutes } from "./api/oversight/operations.ts";
import { overviewRoutes } from "./api/oversight/overview.ts";
import { erasureRoutes } from "./api/people/erasures.ts";
import { peopleExportRoutes } from "./api/people/export.ts";
import { peopleRoutes } from "./api/people/people.ts";
import { retentionRoutes } from "./api/people/retention.ts";
import { peopleSearchRoutes } from "./api/people/search.ts";
import { ruleDraftRoutes } from "./api/rules/drafts.ts";
import { ruleSchemaRoutes } from "./api/rules/file_schemas.ts";
import { proposalRoutes } from "./api/rules/proposals.ts";
import { rulebookReadingRoutes } from "./api/rules/rulebook_reading.ts";
import { rulebookTrialRoutes } from "./api/rules/rulebook_trials.ts";
import { rulebookRoutes } from "./api/rules/rulebooks.ts";
import { sandboxClockRoutes } from "./api/sandbox/clock.ts";
import { sandboxRoutes } from "./api/sandbox/sandbox.ts";
import { unsubscribeRoutes } from "./api/unsubscribe/unsubscribe.ts";
import { webhookDeliveryRoutes } from "./api/webhooks/deliveries.ts";
import { webhookRoutes } from "./api/webhooks/webhooks.ts";

const KIB = 1024;
/** Bodies that carry many items at once; everything else is one thing and small. */
const LARGE_BODY = 8 * KIB * KIB;
const SMALL_BODY = 128 * KIB;
/**
 * Of carriers, which bring many reports at once: Infobip 100, or what `maxBucketSize` of its subscription says (Infobip, "Receive outbound
 * SMS message report"), each of about 800 bytes. Nobody is known before all of it is read.
 */
const WEBHOOK_BODY = 2 * KIB * KIB;
const WEBHOOKS = /^\/carriers\/[^/]+\/(inbound|status)$/;
/** Read while it arrives, whatever its length: each line of it is bounded. */
const STREAMED_BODY = "/v1/contacts/imports";
const LARGE_BODIES =
  /\/(batch|import)$|^\/v1\/lists\/[^/]+\/members(\/remove)?$|^\/v1\/rulebooks(\/(validate|diff|drafts)|\/drafts\/[^/]+|\/[^/]+\/(simulate|try))?$/;

/** The whole HTTP surface; the same on a server and at the edge. */
export function createApp(api: Api) {
  const app = router();
  app.onError((error, c) => {
    const answer = error instanceof HTTPException ? refusal(error, c.req.path) : asProblem(error);
    if (answer.problem.status >= 500) {
      api.deps.log("error", "request.failed", {
        method: c.req.method,
        route: c.req.routePath,
        code: answer.problem.code,
        error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      });
    }
    return problemResponse(c, answer);
  });
  app.notFound((c) => problemResponse(c, nothingHere(methodsAt(app, c.req.path))));

  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    referrerPolicy: "no-referrer",
    // For browsers that are gone; each header costs every answer something.
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }));
  // Before the body: a stranger must not make us read eight megabytes.
  app.use("/v1/*", requireKey(api.keys));
  const [large, webhook, small] = [limited(LARGE_BODY), limited(WEBHOOK_BODY), limited(SMALL_BODY)];
  const limitOf = (path: string) => LARGE_BODIES.test(path) ? large : WEBHOOKS.test(path) ? webhook : small;
  app.use((c, next) => c.req.path === STREAMED_BODY ? next() : limitOf(c.req.path)(c, next));
  app.use("/v1/*", (c, next) => c.req.path === STREAMED_BODY ? next() : utf8Json(c, next));

  for (
    const routes of [
      messageRoutes,
      messageSettlementRoutes,
      explainRoutes,
      conversationRoutes,
      cannedReplyRoutes,
      liveRoutes,
      // Before the contacts, one of which is not called `imports` or `export`.
      contactExportRoutes,
      contactImportColumnRoutes,
      contactImportRoutes,
      contactRoutes,
      contactListRoutes,
      campaignExportRoutes,
      campaignRoutes,
      campaignStepRoutes,
      campaignProgressRoutes,
      consentRoutes,
      suppressionRoutes,
      reviewRoutes,
      overrideRoutes,
      senderRoutes,
      carrierRoutes,
      apiKeyRoutes,
      // Before the users, one of whom is not called `me`.
      meRoutes,
      userRoutes,
      webhookRoutes,
      webhookDeliveryRoutes,
      // Before the rulebooks, one of which is not called `proposals`, `drafts` or `schemas`.
      proposalRoutes,
      ruleDraftRoutes,
      ruleSchemaRoutes,
      rulebookRoutes,
      rulebookReadingRoutes,
      rulebookTrialRoutes,
      auditRoutes,
      auditVerificationRoutes,
      peopleSearchRoutes,
      peopleRoutes,
      erasureRoutes,
      peopleExportRoutes,
      retentionRoutes,
      sandboxRoutes,
      sandboxClockRoutes,
      carrierWebhookRoutes,
      unsubscribeRoutes,
      shortLinkRoutes,
      bookRoutes,
      overviewRoutes,
      operationsRoutes,
    ]
  ) app.route("/", routes(api));
  // Last, so that the document knows every route.
  app.route("/", docsRoutes(app));
  return app;
}

/** What the validators of the routes refuse before they look at fields. */
function refusal({ status, message }: HTTPException, path: string): ProblemError {
  if (status === 415) return path.endsWith("/import") ? unsupportedImport(path) : unsupportedType();
  return problem(status, status === 400 ? "invalid_json" : "http_error", message);
}

/** Counts what comes only where the length is not told: that makes a stream of the body, and streams are slow. */
function limited(limit: number): MiddlewareHandler {
  const onError = () => {
    throw problem(413, "body_too_large", "Body too large", `At most ${limit / KIB} KiB are taken here.`);
  };
  const counted = bodyLimit({ maxSize: limit, onError });
  return async function limited(c, next) {
    const { headers } = c.req.raw;
    const length = headers.get("content-length");
    if (length === null || headers.has("transfer-encoding")) return await counted(c, next);
    return parseInt(length, 10) > limit ? onError() : await next();
  };
}
