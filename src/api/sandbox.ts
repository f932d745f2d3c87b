import { createRoute, z } from "@hono/zod-openapi";
import { parseAddress } from "../core/msisdn.ts";
import { instant } from "../gateway/message_view.ts";
import { handsetOf } from "../store/sandbox.ts";
import { type Api, router } from "./context.ts";
import { json, problems } from "./schemas.ts";

const HandsetMessage = z.object({
  direction: z.enum(["inbound", "outbound"]).openapi({
    description: "As the gateway sees it: `inbound` was typed on the handset",
  }),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  at: z.string(),
});

/** The virtual handset: what a phone on the sandbox network has sent and received. */
export function sandboxRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/sandbox/handsets/{msisdn}",
      summary: "What a sandbox handset has sent and received, oldest first",
      tags: ["Sandbox"],
      request: { params: z.object({ msisdn: z.string() }) },
      responses: { 200: json(z.object({ data: z.array(HandsetMessage) }), "Its messages"), ...problems },
    }),
    async (c) => {
      const { address } = parseAddress(c.req.valid("param").msisdn);
      const rows = await handsetOf(deps.db, address);
      return c.json({ data: rows.map(({ at, ...message }) => ({ ...message, at: instant(at) })) }, 200);
    },
  );
  return routes;
}
