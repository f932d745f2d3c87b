import { type Api, router } from "./context.ts";

/** Liveness and readiness. */
export function operationsRoutes({ deps }: Api) {
  const routes = router();
  routes.get("/healthz", (c) => c.json({ status: "ok" }));
  routes.get("/readyz", async (c) => {
    const { rulebook } = await deps.settings.refresh();
    return c.json({ status: "ok", rulebook: rulebook.hash });
  });
  return routes;
}
