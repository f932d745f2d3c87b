import type { z } from "zod";
import { ProviderListError } from "./carrier.ts";

/** One page of a provider's list. `provider` names it in the error. @throws ProviderListError. */
export async function listPage<T extends z.ZodType>(
  provider: string,
  call: () => Promise<Response>,
  schema: T,
): Promise<z.infer<T>> {
  let response: Response;
  let body: unknown;
  try {
    response = await call();
    body = await response.json().catch(() => null);
  } catch (error) {
    throw new ProviderListError(`${provider} could not be reached: ${error instanceof Error ? error.message : error}`);
  }
  if (response.status !== 200) throw new ProviderListError(`${provider} answered HTTP ${response.status}`);
  const page = schema.safeParse(body);
  if (!page.success) {
    throw new ProviderListError(
      `${provider} answered something else than a list: ${page.error.issues[0]!.path.join(".")}`,
    );
  }
  return page.data;
}
