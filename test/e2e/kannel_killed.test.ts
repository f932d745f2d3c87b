import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Box, kannelInstalled } from "../support/kannel.ts";
import { type KannelGateway, kannelGateway, SENDER } from "../support/kannel_gateway.ts";

/** Between two looks the gateway's clock goes on by this, so that its retries come soon. */
const SKIP_MS = 3_000;
const LOOK_MS = 100;
const WITHIN_MS = 12_000;
/** Of a call that ended so, Kannel has surely not taken the message. */
const NOT_TAKEN: (string | number)[] = ["refused", 503];

const installed = kannelInstalled();
const title = installed
  ? "kill -9 of a real Kannel"
  : "NOT RUN: Kannel is not on this machine (Debian packages `kannel` and `kannel-extras`)";

describe.skipIf(!installed)(title, { timeout: 60_000 }, () => {
  let kit: KannelGateway;
  let down = false;
  /** Addresses of calls while the gateway was down. */
  const turnedAway: string[] = [];

  beforeAll(async () => {
    kit = await kannelGateway({
      inboundMethod: "exec",
      instead({ url }) {
        if (!down) return null;
        turnedAway.push(decodeURIComponent(url));
        return new Response("", { status: 503 });
      },
    });
  });

  afterAll(() => kit?.close());

  afterEach(async () => {
    down = false;
    await kit.kannel.restart();
  });

  const intentsOf = async (msisdn: string) => (await kit.inboundOf(msisdn)).map(({ text, intent }) => [text, intent]);
  const arrives = (msisdn: string, text: string) =>
    vi.waitFor(async () => expect(await intentsOf(msisdn)).toEqual([[text, "opt_out"]]), WITHIN_MS);
  const isStored = (msisdn: string) =>
    vi.waitFor(async () => expect((await kit.kannel.stored()).join("\n")).toContain(msisdn), WITHIN_MS);

  test.each<{ boxes: Box[]; prefix: string }>([
    { boxes: ["smsbox"], prefix: "+336121" },
    { boxes: ["bearerbox"], prefix: "+336122" },
    { boxes: ["bearerbox", "smsbox"], prefix: "+336123" },
  ])("$boxes, while messages are sent and a STOP comes: nothing is lost, nothing handed over twice", async (given) => {
    const { boxes, prefix } = given;
    const { kannel, handOvers, send, textsOf, message } = kit;
    const people = Array.from({ length: 60 }, (_, at) => `${prefix}${String(at).padStart(5, "0")}`);
    const leaving = `${prefix}99999`;
    const textTo = (at: number) =>
      `Votre colis ${at} arrive demain. ${at % 3 === 0 ? "Merci de votre patience. ".repeat(9) : ""}`.trim();
    handOvers.length = 0;

    const accepted: { id: string; to: string; text: string }[] = [];
    let killed: Promise<void> | undefined;
    for (const [at, to] of people.entries()) {
      const { status, body } = await send(to, textTo(at));
      expect(status).toBe(202);
      accepted.push(body);
      // Some have been handed over, some are under way, some come while nobody is there.
      if (at === 30) killed = kannel.kill(boxes);
    }
    await killed;
    await kannel.handsetSend(leaving, SENDER, "STOP");
    await kannel.restart();

    await vi.waitFor(async () => {
      kit.skip(SKIP_MS);
      const statuses = await Promise.all(accepted.map(async ({ id }) => (await message(id)).status));
      expect(statuses.filter((status) => status === "queued" || status === "sending")).toEqual([]);
      expect(await kannel.stored()).toEqual([]);
    }, { timeout: WITHIN_MS, interval: LOOK_MS });
    await arrives(leaving, "STOP");
    expect(await kit.suppressionsOf(leaving)).toHaveLength(1);

    for (const { id, to, text } of accepted) {
      const calls = handOvers.filter((call) => call.id === id).map(({ outcome }) => outcome);
      const before = calls.slice(0, -1);
      expect(before.filter((outcome) => !NOT_TAKEN.includes(outcome)), `earlier calls for ${id}`).toEqual([]);
      const { status } = await message(id);
      if (status === "unknown") {
        expect(calls.at(-1)).toBe("reset");
        continue;
      }
      // `sent`: the handset has it, and Kannel has lost the report of it.
      expect(["delivered", "sent"]).toContain(status);
      expect(textsOf(to)).toContain(text);
    }
  });

  test.each<{ boxes: Box[]; person: string }>([
    { boxes: ["smsbox"], person: "+33612400001" },
    { boxes: ["bearerbox"], person: "+33612400002" },
    { boxes: ["bearerbox", "smsbox"], person: "+33612400003" },
  ])("$boxes, while a STOP waits for a gateway that is down: it comes once the gateway is back", async (given) => {
    const { boxes, person } = given;
    down = true;
    await kit.kannel.handsetSend(person, SENDER, "STOP");
    await vi.waitFor(() => expect(turnedAway.join("\n")).toContain(person), WITHIN_MS);
    await kit.kannel.kill(boxes);
    await kit.kannel.restart();
    down = false;
    await arrives(person, "STOP");
    expect(await kit.suppressionsOf(person)).toHaveLength(1);
  });

  test("both, while smsbox is away and STOPs wait in the store", async () => {
    const people = Array.from({ length: 20 }, (_, at) => `+336125${String(at).padStart(5, "0")}`);
    await kit.kannel.kill(["smsbox"]);
    for (const person of people) await kit.kannel.handsetSend(person, SENDER, "STOP");
    for (const person of people) await isStored(person);
    await kit.kannel.kill(["bearerbox"]);
    await kit.kannel.restart();
    for (const person of people) await arrives(person, "STOP");
  });

  test("both, between the parts of a long message: it is one, and the STOP in it counts", async () => {
    const person = "+33612600001";
    const pieces = ["Bonjour, je ne veux plus rien recevoir. ".repeat(3), "Merci. STOP"];
    const [first, last] = pieces.map((text, at) => ({ number: at + 1, total: 2, text }));
    await kit.kannel.handsetSendParts(person, SENDER, 3, [last!]);
    await vi.waitFor(async () => expect(await kit.suppressionsOf(person)).toHaveLength(1), WITHIN_MS);
    await kit.kannel.kill(["bearerbox", "smsbox"]);
    await kit.kannel.restart();
    await kit.kannel.handsetSendParts(person, SENDER, 3, [first!]);
    await arrives(person, pieces.join(""));
  });
});

describe.skipIf(!installed)("a program that calls the gateway for Kannel", () => {
  test("is given any text, and no shell reads it", async () => {
    const kit = await kannelGateway({ inboundMethod: "exec" });
    try {
      const person = "+33612700001";
      const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, at) => at + 32));
      const texts = [
        ascii,
        `' ; echo "$(id)" \`id\` $HOME !! \\' ( ) | & < > * ? ~ #`,
        "'",
        '"',
        "$(false)",
        "été « ' »",
      ];
      for (const text of texts) await kit.kannel.handsetSend(person, SENDER, text);
      await vi.waitFor(async () => {
        const arrived = (await kit.inboundOf(person)).map(({ text }) => text);
        expect(arrived.toSorted()).toEqual(texts.toSorted());
      }, WITHIN_MS);
    } finally {
      await kit.close();
    }
  });
});
