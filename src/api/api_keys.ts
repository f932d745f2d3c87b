import { type Api, router } from "./context.ts";

export function apiKeyRoutes(_api: Api) {
  return router();
}
