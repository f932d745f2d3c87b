import { expect, test } from "vitest";
import { gatewayFolder, startGateway } from "../support/child.ts";
import { webhookReceiver } from "../support/receiver.ts";

const KEY = "pk_test_key_of_webhooks";
const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const CALLERS = 8;
/** ms under load before each `kill -9`: right after the start, in the middle of the first attempts, and later. */
const ROUNDS = [40, 150, 350, 600];

test("kill -9 in the middle: every event of what was answered reaches the app", { timeout: 180_000 }, async () => {
  const folder = await gatewayFolder();
  // Every third attempt is turned away, so that retries are interrupted too.
  const app = webhookReceiver((_webhook, got) => new Response(null, { status: got.length % 3 === 0 ? 503 : 204 }));
  const start = (clock: string) =>
    startGateway(folder, KEY, { PARLEY_TEST_CLOCK: clock, PARLEY_PRIVATE_WEBHOOKS: "true" });
  let gateway = await start("2026-11-24T10:00:00+01:00");
  try {
    await gateway.call("POST", "/v1/webhooks", { url: app.url });
    const expected = new Set<string>();
    let person = 0;
    for (const ms of ROUNDS) {
      let killed = false;
      const { child, call } = gateway;
      const load = Array.from({ length: CALLERS }, async (_, one) => {
        while (!killed) {
          const number = `+336122${String(++person).padStart(5, "0")}`;
          try {
            if (one % 2 === 0) {
              const body = { id: `mo-${number}`, from: number, to: "36105", text: "Bonjour" };
              const answer = await call("POST", "/carriers/sandbox/inbound", body);
              if (answer.status === 200) expected.add(`message.received ${answer.body.message_id}`);
            } else {
              const answer = await call("POST", "/v1/messages", { to: number, from: "36105", text: INFO });
              if (answer.status === 202) expected.add(`message.delivered ${answer.body.id}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 10));
          } catch {
            // The connection broke: nobody was told anything.
          }
        }
      });
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.kill("SIGKILL");
      killed = true;
      await Promise.all([...load, child.ended]);
      gateway = await start("2026-11-24T10:00:00+01:00");
    }
    expect(expected.size).toBeGreaterThan(ROUNDS.length * 4);

    // Ten minutes on, leases have run out and the first retries are due: starting again sets the test clock there.
    const ids = new Map<string, Set<string>>();
    const missing = () => {
      for (const { id, json } of app.got) {
        const key = `${json.type} ${json.data.id}`;
        ids.set(key, (ids.get(key) ?? new Set()).add(id));
      }
      return [...expected].filter((key) => !ids.has(key));
    };
    gateway.child.kill("SIGTERM");
    expect(await gateway.child.ended).toBe(0);
    gateway = await start("2026-11-24T10:10:00+01:00");
    await expect.poll(missing, { timeout: 15_000 }).toEqual([]);
    // Sent again it may be, but one thing that happened is one event.
    expect([...ids].filter(([, events]) => events.size !== 1)).toEqual([]);
  } finally {
    gateway.child.kill("SIGKILL");
    await gateway.child.ended;
    await Deno.remove(folder, { recursive: true });
  }
});
