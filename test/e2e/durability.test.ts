import { expect, test } from "vitest";
import { chance } from "../support/chance.ts";
import { type caller, type Child, gatewayFolder, startGateway } from "../support/child.ts";

const KEY = "pk_test_key_of_durability";
const ROUNDS = 8;
const CALLERS = 16;
const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
/** Another seed tries other instants; it is in the name of the test. */
const SEED = 20261124;

interface Running {
  child: Child;
  call: ReturnType<typeof caller>;
}

const start = (folder: string, clock = "2026-11-24T10:00:00+01:00"): Promise<Running> =>
  startGateway(folder, KEY, { PARLEY_TEST_CLOCK: clock });

test(
  `kill -9 at ${ROUNDS} random instants (seed ${SEED}) loses nothing that was answered`,
  { timeout: 240_000 },
  async () => {
    const random = chance(SEED);
    const folder = await gatewayFolder();
    const accepted = new Set<string>();
    const stopped = new Map<string, string>();
    let person = 0;
    let gateway = await start(folder);
    try {
      for (let round = 0; round < ROUNDS; round++) {
        let killed = false;
        const { child, call } = gateway;
        const load = Array.from({ length: CALLERS }, async (_, one) => {
          while (!killed) {
            const number = `+336121${String(++person).padStart(5, "0")}`;
            try {
              if (one % 4 === 0) {
                const answer = await call("POST", "/carriers/sandbox/inbound", {
                  id: `mo-${number}`,
                  from: number,
                  to: "36105",
                  text: "STOP",
                });
                if (answer.status === 200) stopped.set(number, answer.body.message_id);
              } else {
                const answer = await call("POST", "/v1/messages", { to: number, from: "36105", text: INFO });
                if (answer.status === 202) accepted.add(answer.body.id);
              }
            } catch {
              // The connection broke: nobody was told anything.
            }
          }
        });
        await new Promise((resolve) => setTimeout(resolve, 20 + random() * 300));
        child.kill("SIGKILL");
        killed = true;
        await Promise.all([...load, child.ended]);
        gateway = await start(folder);
      }

      expect(accepted.size).toBeGreaterThan(ROUNDS * 10);
      expect(stopped.size).toBeGreaterThan(ROUNDS * 2);
      const { call } = gateway;
      const listed = async (query: string, call: Running["call"]) => {
        const found = new Map<string, { to: string; text: string; intent: string }>();
        let cursor: string | null = null;
        do {
          const { body } = await call("GET", `/v1/messages?limit=200${query}${cursor ? `&cursor=${cursor}` : ""}`);
          for (const message of body.data) found.set(message.id, message);
          cursor = body.next_cursor;
        } while (cursor !== null);
        return found;
      };
      const outbound = await listed("&direction=outbound", call);
      expect([...accepted].filter((id) => !outbound.has(id))).toEqual([]);
      const inbound = await listed("&direction=inbound", call);
      expect([...stopped.values()].filter((id) => inbound.get(id)?.intent !== "opt_out")).toEqual([]);
      for (const number of stopped.keys()) {
        const { body } = await call("GET", `/v1/suppressions?recipient=${encodeURIComponent(number)}`);
        if (body.data.length !== 1) expect.fail(`${number} has ${body.data.length} suppressions`);
      }

      // Leases of killed instances run out within a minute: some minutes later everything has arrived, and each STOP was confirmed once.
      gateway.child.kill("SIGTERM");
      expect(await gateway.child.ended).toBe(0);
      gateway = await start(folder, "2026-11-24T10:05:00+01:00");
      const { call: later } = gateway;
      await expect.poll(async () => {
        const waiting = await Promise.all(
          ["queued", "sending"].map((status) => later("GET", `/v1/messages?status=${status}`)),
        );
        return waiting.flatMap(({ body }) => body.data).length;
      }, { timeout: 10_000 }).toBe(0);
      const delivered = await listed("&direction=outbound&status=delivered", later);
      expect([...accepted].filter((id) => !delivered.has(id))).toEqual([]);
      const answers = [...delivered.values()].filter(({ text }) => text !== INFO).map(({ to }) => to);
      expect(answers).toHaveLength(new Set(answers).size);
      expect([...stopped.keys()].filter((number) => !answers.includes(number))).toEqual([]);
    } finally {
      gateway.child.kill("SIGKILL");
      await gateway.child.ended;
      await Deno.remove(folder, { recursive: true });
    }
  },
);
