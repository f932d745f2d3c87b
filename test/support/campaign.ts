import { expect } from "vitest";
import type { Reply } from "./call.ts";

/** Whatever can be called: a gateway of a test, another instance on its database, a process. */
export interface Callable {
  call(method: string, path: string, body?: unknown): Promise<Reply>;
}

export const CAMPAIGN_TEXT = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";

/** Writes a campaign for everybody, with what `more` says otherwise, and starts it. */
export async function startCampaign(gateway: Callable, more: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await gateway.call("POST", "/v1/campaigns", {
    name: "Winter sale",
    from: "36105",
    text: CAMPAIGN_TEXT,
    audience: {},
    fuse: { after: 1_000_000 },
    ...more,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  await step(gateway, body.id, "start");
  return body.id;
}

/** Takes a step that must be possible; resolves with the campaign as it is then. */
export async function step(gateway: Callable, id: string, what: string, body?: unknown): Promise<Reply["body"]> {
  const answer = await gateway.call("POST", `/v1/campaigns/${id}/${what}`, body);
  expect([what, answer.status], JSON.stringify(answer.body)).toEqual([what, 200]);
  return answer.body;
}
