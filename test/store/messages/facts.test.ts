import { describe, expect, test } from "vitest";
import { loadFacts } from "../../../src/store/messages/facts.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, PROMO, testGateway } from "../../support/gateway.ts";

const PERSON = "+33612000001";
const DAY = 86_400_000;

describe.each(DATABASE_KINDS)("facts of a person, %s", (kind) => {
  test("advertising counts over all senders, and whatever the person wrote to any of them", async () => {
    const g = await testGateway({ kind });
    await consent(g, PERSON);
    const factsFor = async (sender: string) =>
      (await loadFacts(g.api.deps, [{ person: PERSON, sender }], g.clock.now()))[0]!.person;
    expect((await factsFor("36105")).last_inbound_at).toBe(null);

    for (const from of ["36105", "PARLEY", "36105"]) {
      expect((await g.call("POST", "/v1/messages", { to: PERSON, from, text: PROMO })).status).toBe(202);
    }
    await g.mo(PERSON, "+15005550006", "Bonjour");
    const wrote = g.clock.now();
    g.clock.advance(DAY);
    for (const sender of ["36105", "+447700900000"]) {
      const facts = await factsFor(sender);
      expect(facts.advertising_at).toHaveLength(3);
      expect(facts.last_inbound_at).toBe(wrote);
    }
    expect((await factsFor("36105")).last_chat_at).toBe(null);

    for (let more = 3; more < 10; more++) {
      const from = more % 2 === 0 ? "36105" : "PARLEY";
      expect((await g.call("POST", "/v1/messages", { to: PERSON, from, text: PROMO })).status).toBe(202);
    }
    const refused = await g.call("POST", "/v1/messages", { to: PERSON, from: "PARLEY", text: PROMO });
    expect(refused.body.code).toBe("frequency_exceeded");
  });
});
