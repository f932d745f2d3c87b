import { type Api, router } from "./context.ts";

export function carrierRoutes(_api: Api) {
  return router();
}
