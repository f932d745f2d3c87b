import { type Api, router } from "./context.ts";

export function senderRoutes(_api: Api) {
  return router();
}
