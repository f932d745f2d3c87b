import { onTestFinished } from "vitest";

/** An app on this machine that receives webhooks, over a real socket. */
export interface WebhookReceiver {
  url: string;
  /** What it was sent, in order of arrival. */
  got: ReceivedWebhook[];
  /** Types of what it was sent. */
  types(): string[];
}

export interface ReceivedWebhook {
  id: string;
  headers: Record<string, string>;
  body: string;
  // deno-lint-ignore no-explicit-any -- a test reads whatever was sent
  json: any;
}

/** `answer` is given each webhook, the one at hand included in `got`. It is gone when the test has finished. */
export function webhookReceiver(
  answer: (webhook: ReceivedWebhook, got: ReceivedWebhook[]) => Response | Promise<Response> = () =>
    new Response(null, { status: 204 }),
): WebhookReceiver {
  const got: ReceivedWebhook[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const body = await request.text();
    const headers = Object.fromEntries(request.headers);
    const webhook = { id: headers["webhook-id"] ?? "", headers, body, json: JSON.parse(body) };
    got.push(webhook);
    return await answer(webhook, got);
  });
  onTestFinished(() => server.shutdown());
  return { url: `http://127.0.0.1:${server.addr.port}/hook`, got, types: () => got.map(({ json }) => json.type) };
}
