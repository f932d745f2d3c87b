import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { auditRoutes } from "./api/audit.ts";
import { auditVerificationRoutes } from "./api/audit_verification.ts";
import { apiKeyRoutes } from "./api/api_keys.ts";
import { requireKey } from "./api/auth.ts";
import { bookRoutes } from "./api/books.ts";
import { unsupportedImport } from "./api/bulk.ts";
import { cannedReplyRoutes } from "./api/canned_replies.ts";
import { carrierRoutes } from "./api/carriers.ts";
import { carrierWebhookRoutes } from "./api/carrier_webhooks.ts";
import { consentRoutes } from "./api/consents.ts";
import { contactExportRoutes } from "./api/contact_export.ts";
import { contactImportColumnRoutes } from "./api/contact_import_columns.ts";
import { contactImportRoutes } from "./api/contact_imports.ts";
import { campaignExportRoutes } from "./api/campaign_export.ts";
import { campaignProgressRoutes } from "./api/campaign_progress.ts";
import { campaignStepRoutes } from "./api/campaign_steps.ts";
import { campaignRoutes } from "./api/campaigns.ts";
import { contactListRoutes } from "./api/contact_lists.ts";
import { contactRoutes } from "./api/contacts.ts";
import { type Api, router } from "./api/context.ts";
import { conversationRoutes } from "./api/conversations.ts";
import { docsRoutes } from "./api/docs.ts";
import { erasureRoutes } from "./api/erasures.ts";
import { explainRoutes } from "./api/explain.ts";
import { liveRoutes } from "./api/live.ts";
import { meRoutes } from "./api/me.ts";
import { methodsAt } from "./api/methods.ts";
import { messageRoutes } from "./api/messages.ts";
import { messageSettlementRoutes } from "./api/message_settlement.ts";
import { peopleRoutes } from "./api/people.ts";
import { peopleExportRoutes } from "./api/people_export.ts";
import { peopleSearchRoutes } from "./api/people_search.ts";
import { overrideRoutes } from "./api/overrides.ts";
import { operationsRoutes } from "./api/operations.ts";
import { overviewRoutes } from "./api/overview.ts";
import { asProblem, nothingHere, problem, type ProblemError, problemResponse, unsupportedType } from "./api/problem.ts";
import { proposalRoutes } from "./api/proposals.ts";
import { retentionRoutes } from "./api/retention.ts";
import { ruleDraftRoutes } from "./api/rule_drafts.ts";
import { ruleSchemaRoutes } from "./api/rule_schemas.ts";
import { rulebookReadingRoutes } from "./api/rulebook_reading.ts";
import { rulebookRoutes } from "./api/rulebooks.ts";
import { rulebookTrialRoutes } from "./api/rulebook_trials.ts";
import { reviewRoutes } from "./api/reviews.ts";
import { sandboxRoutes } from "./api/sandbox.ts";
import { sandboxClockRoutes } from "./api/sandbox_clock.ts";
import { senderRoutes } from "./api/senders.ts";
import { shortLinkRoutes } from "./api/short_links.ts";
import { suppressionRoutes } from "./api/suppressions.ts";
import { unsubscribeRoutes } from "./api/unsubscribe.ts";
import { utf8Json } from "./api/utf8_body.ts";
import { userRoutes } from "./api/users.ts";
import { webhookDeliveryRoutes } from "./api/webhook_deliveries.ts";
import { webhookRoutes } from "./api/webhooks.ts";

const KIB = 1024;
/** Bodies that carry many items at once; everything else is one thing and small. */
const LARGE_BODY = 8 * KIB * KIB;
const SMALL_BODY = 128 * KIB;
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
  const [large, small] = [limited(LARGE_BODY), limited(SMALL_BODY)];
  app.use((c, next) =>
    c.req.path === STREAMED_BODY ? next() : (LARGE_BODIES.test(c.req.path) ? large : small)(c, next)
  );
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
