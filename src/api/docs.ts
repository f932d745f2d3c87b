import { router } from "./context.ts";

type App = ReturnType<typeof router>;

/** The machine-readable description of the API. */
export function docsRoutes(app: App) {
  const routes = router();
  routes.get(
    "/openapi.json",
    (c) => c.json(app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "Parley", version: "1" } })),
  );
  return routes;
}
