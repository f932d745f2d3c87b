import { type Api, router } from "./context.ts";

export function unsubscribeRoutes(_api: Api) {
  return router();
}
