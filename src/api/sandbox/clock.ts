import { createRoute, z } from "@hono/zod-openapi";
import type { ClockSetting } from "../../gateway/clock.ts";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import { hasRealCarrier } from "../../gateway/settings.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { setTestClock } from "../../store/sandbox/test_clock.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden } from "../http/fields.ts";
import { invalidField, problem } from "../http/problem.ts";
import { Instant, json, problems } from "../http/schemas.ts";

const DAY = 86_400_000;
/** Enough for the end of a month; further on the retention file would let go what a newcomer has only just written. */
const FURTHEST_MS = 31 * DAY;

const TOLD =
  "The clock went back. What was stored at later times keeps them: caps on advertising and limits on automatic answers " +
  "count it, and what was planned for then waits for it, until that time comes again; of two consents the one with the later time " +
  "holds. An opt-out stands whatever the time. Threads stay in the order in which things happened.";

export const ClockView = z.object({
  at: z.string().openapi({ description: "What the gateway takes for now" }),
  set: z.boolean().openapi({ description: "A test clock is set, and runs on from there" }),
  own: z.string().openapi({ description: "What it would be without" }),
  settable: z.boolean().openapi({ description: "False beside a real carrier" }),
  told: z.string().nullable().openapi({ description: "After a step back: what that means for what is stored" }),
}).openapi("TestClock");

const conflict = {
  409: { description: "`real_carrier`: real people must not get messages at a made-up time" },
} as const;

/** A clock for trying a Sunday night on a Tuesday, where nothing but the sandbox is configured. */
export function sandboxClockRoutes({ deps }: Api) {
  const routes = router();
  const { settings, clocks } = deps;

  const view = async (wentBack = false): Promise<z.infer<typeof ClockView>> => ({
    at: instant(deps.now()),
    set: settings.clock().setting !== null,
    own: instant(clocks.own()),
    settable: !hasRealCarrier(await settings.current()),
    told: wentBack ? TOLD : null,
  });

  const change = async (setting: ClockSetting | null, now: number, actor: string) => {
    const before = deps.now();
    const was = settings.clock().setting;
    const action = setting === null ? "clock.cleared" : "clock.set";
    const details = {
      from: instant(before),
      to: instant(now),
      real: instant(clocks.real()),
      was: instantOrNull(was?.at),
    };
    const entry = auditRow({ at: before, actor, action, subject: "clock", details }, deps.newId);
    if (!await setTestClock(deps.db.client, { setting, now, before }, entry)) {
      const detail = "A real carrier is configured: real people must not get messages at a made-up time.";
      throw problem(409, "real_carrier", "Real carrier", detail);
    }
    await settings.refresh();
    return await view(now < before);
  };

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/sandbox/clock",
      summary: "What the gateway takes for now",
      tags: ["Sandbox"],
      responses: { 200: json(ClockView, "The clock"), ...problems },
    }),
    async (c) => {
      await settings.refresh();
      return c.json(await view(), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "put",
      path: "/v1/sandbox/clock",
      summary: "Set the clock of a sandbox",
      description:
        "For all instances within two seconds, also after a restart. What is due by then is handed over. Refused beside a real " +
        "carrier, and a real carrier is refused while it is set; at most 31 days before or after the own time.",
      tags: ["Sandbox"],
      request: {
        body: { required: true, content: { "application/json": { schema: z.strictObject({ at: Instant }) } } },
      },
      responses: { 200: json(ClockView, "Set"), ...conflict, ...problems, ...forbidden },
    }),
    async (c) => {
      const at = Date.parse(c.req.valid("json").at);
      await settings.refresh();
      if (Math.abs(at - clocks.own()) > FURTHEST_MS) {
        throw invalidField("at", `must lie within 31 days of ${instant(clocks.own())}`);
      }
      return c.json(await change({ at, set_at: clocks.real() }, at, c.get("principal").actor), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/sandbox/clock",
      summary: "Go back to the own time",
      tags: ["Sandbox"],
      responses: { 200: json(ClockView, "As it is now"), ...problems, ...forbidden },
    }),
    async (c) => {
      await settings.refresh();
      if (settings.clock().setting === null) return c.json(await view(), 200);
      return c.json(await change(null, clocks.own(), c.get("principal").actor), 200);
    },
  );

  return routes;
}
