import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "vitest";
import { type TestGateway, testGateway } from "../../support/gateway.ts";
import { PUBLIC_URL } from "../../support/instance.ts";

/** An MO as the carrier posts it, signed for the address that it calls: the public one, whatever host the request itself names. */
interface Posted {
  headers: Record<string, string>;
  body: string;
}

interface Signed {
  kind: string;
  config: Record<string, unknown>;
  /** `seconds`: of the signature, since 1970. */
  stop: (url: string, seconds: number) => Posted;
  /** The signature tells its time, so that a late copy is refused. */
  timed: boolean;
}

const PERSON = "+12025550101";
const SENDER = "+12025550100";
const UUID = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab";
const SECRET = "signature-secret-of-tests";

const ed25519 = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 1)]),
  format: "der",
  type: "pkcs8",
});
const base64Url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sha256 = (text: string) => createHash("sha256").update(text);
const hmac = (text: string) => createHmac("sha256", SECRET).update(text);

function token(claims: Record<string, unknown>): string {
  const text = `${base64Url({ alg: "HS256", typ: "JWT" })}.${base64Url(claims)}`;
  return `${text}.${hmac(text).digest("base64url")}`;
}

const CARRIERS: Signed[] = [
  {
    kind: "telnyx",
    config: {
      api_key: "KEY",
      public_key: createPublicKey(ed25519).export({ format: "der", type: "spki" }).subarray(-32).toString("base64"),
    },
    timed: true,
    stop(_url, seconds) {
      const payload = { id: UUID, from: { phone_number: PERSON }, to: [{ phone_number: SENDER }], text: "STOP" };
      const body = JSON.stringify({ data: { event_type: "message.received", id: "x", payload } });
      const signature = sign(null, Buffer.from(`${seconds}|${body}`), ed25519).toString("base64");
      return { headers: { "telnyx-signature-ed25519": signature, "telnyx-timestamp": String(seconds) }, body };
    },
  },
  {
    kind: "vonage",
    config: {
      api_key: "a1b2c3d4",
      application_id: UUID,
      private_key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
        .export({ type: "pkcs8", format: "pem" }) as string,
      signature_secret: SECRET,
    },
    timed: true,
    stop(_url, iat) {
      const message = { message_uuid: UUID, from: PERSON.slice(1), to: SENDER.slice(1), channel: "sms", text: "STOP" };
      const body = JSON.stringify(message);
      const payload_hash = sha256(body).digest("hex");
      const claims = { iat, jti: "x", iss: "Vonage", payload_hash, api_key: "a1b2c3d4", application_id: UUID };
      return { headers: { authorization: `Bearer ${token(claims)}` }, body };
    },
  },
  {
    kind: "plivo",
    config: { auth_id: "MA000000000000000001", auth_token: SECRET },
    timed: false,
    stop(url) {
      const params = {
        From: PERSON.slice(1),
        MessageIntent: "optout",
        MessageUUID: UUID,
        Text: "STOP",
        To: SENDER.slice(1),
      };
      const signed = `${url}?${Object.entries(params).flat().join("")}.7`;
      return {
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          "X-Plivo-Signature-V3": hmac(signed).digest("base64"),
          "X-Plivo-Signature-V3-Nonce": "7",
        },
        body: new URLSearchParams(params).toString(),
      };
    },
  },
  {
    kind: "sinch",
    config: { service_plan_id: "plan", api_token: "token", signature_secret: SECRET },
    timed: true,
    stop(_url, seconds) {
      const body = JSON.stringify({
        type: "mo_text",
        id: UUID,
        from: PERSON.slice(1),
        to: SENDER.slice(1),
        body: "STOP",
      });
      const name = "x-sinch-webhook-signature";
      return {
        headers: {
          [name]: hmac(`${body}.7.${seconds}`).digest("base64"),
          [`${name}-algorithm`]: "HmacSHA256",
          [`${name}-nonce`]: "7",
          [`${name}-timestamp`]: String(seconds),
        },
        body,
      };
    },
  },
  {
    kind: "messagebird",
    config: { access_key: "key", signing_key: SECRET },
    timed: true,
    stop(url, nbf) {
      const body = JSON.stringify({ id: UUID, originator: PERSON.slice(1), recipient: SENDER.slice(1), body: "STOP" });
      const [url_hash, payload_hash] = [url, body].map((text) => sha256(text).digest("hex"));
      const claims = { iss: "MessageBird", nbf, exp: nbf + 60, jti: "x", url_hash, payload_hash };
      return { headers: { "messagebird-signature-jwt": token(claims) }, body };
    },
  },
  {
    kind: "bird",
    config: { access_key: "key", workspace_id: UUID, channel_id: UUID, sender: SENDER, signing_key: SECRET },
    timed: true,
    stop(url, seconds) {
      const sender = { contact: { identifierValue: PERSON } };
      const payload = { id: UUID, channelId: UUID, sender, body: { type: "text", text: { text: "STOP" } } };
      const body = JSON.stringify({ service: "channels", event: "sms.inbound", payload });
      const signature = hmac(`${seconds}\n${url}\n`).update(sha256(body).digest()).digest("base64");
      return {
        headers: { "messagebird-signature": signature, "messagebird-request-timestamp": String(seconds) },
        body,
      };
    },
  },
  {
    kind: "android",
    config: { url: "http://phone", username: "sms", password: "p", signing_key: SECRET, numbers: [SENDER] },
    timed: true,
    stop(_url, seconds) {
      const payload = { messageId: "x", sender: PERSON, recipient: null, simNumber: 1, message: "STOP" };
      const body = JSON.stringify({ event: "sms:received", id: UUID, payload });
      const signature = hmac(body + seconds).digest("hex");
      return { headers: { "X-Signature": signature, "X-Timestamp": String(seconds) }, body };
    },
  },
  {
    kind: "http",
    config: {
      webhook_secret: SECRET,
      verify: { scheme: "hmac", header: "X-S", signed: "{url}{body}{timestamp}", timestamp_header: "X-T" },
      send: { url: "https://api.example.com/send?to={to}&text={text}", method: "GET" },
      inbound: { id: "id", from: "from", to: "to", text: "text" },
    },
    timed: true,
    stop(url, seconds) {
      const body = JSON.stringify({ id: UUID, from: PERSON, to: SENDER, text: "STOP" });
      return { headers: { "X-S": hmac(url + body + seconds).digest("hex"), "X-T": String(seconds) }, body };
    },
  },
];

/** What is stored: messages of handsets, and standing opt-outs. */
async function stored({ db }: TestGateway): Promise<[inbound: number, suppressed: number]> {
  const { rows } = await db.client.execute(
    "select (select count(*) from messages where direction = 'inbound') as i, (select count(*) from suppressions) as s",
  );
  return [Number(rows[0]!["i"]), Number(rows[0]!["s"])];
}

test.each(CARRIERS)(
  "$kind: STOP counts once, a forged one and a late copy not at all",
  async ({ kind, config, stop, timed }) => {
    const gateway = await testGateway();
    const account = await gateway.call("PUT", `/v1/carriers/${kind}`, { kind, config });
    expect(account.status).toBe(201);
    expect(account.text).not.toContain(SECRET);
    const sender = { carrier_id: kind, countries: ["US"], brand: "Acme" };
    expect((await gateway.call("PUT", `/v1/senders/${encodeURIComponent(SENDER)}`, sender)).status).toBe(201);

    const url = `${PUBLIC_URL}/carriers/${kind}/inbound`;
    const { headers, body } = stop(url, gateway.clock.now() / 1000);
    const post = (body: string) => gateway.call("POST", `http://10.0.0.7:8787/carriers/${kind}/inbound`, body, headers);

    expect((await post(`${body} `)).status).toBe(403);
    expect(await stored(gateway)).toEqual([0, 0]);
    expect((await post(body)).status).toBe(200);
    const once = await stored(gateway);
    expect(once).toEqual([1, expect.any(Number)]);
    expect(once[1]).toBeGreaterThan(0);

    expect((await post(body)).status).toBe(200);
    // While some repeat what was not answered, and later, when nobody does.
    for (const [hours, statuses] of [[1, [200, 403]], [72, timed ? [403] : [200]]] as const) {
      gateway.clock.advance(hours * 3_600_000);
      expect(statuses).toContain((await post(body)).status);
      expect(await stored(gateway)).toEqual(once);
    }
  },
);

test("aws: while the certificate of SNS is out of reach, the webhook is refused for now and nothing is stored", async () => {
  const gateway = await testGateway();
  const TopicArn = "arn:aws:sns:us-east-1:000000000001:parley";
  const config = {
    region: "us-east-1",
    access_key_id: "AKIDTEST000000000001",
    secret_access_key: SECRET,
    topic_arns: [TopicArn],
  };
  expect((await gateway.call("PUT", "/v1/carriers/aws", { kind: "aws", config })).status).toBe(201);
  const envelope = {
    Type: "Notification",
    MessageId: UUID,
    TopicArn,
    Message: JSON.stringify({ originationNumber: PERSON, destinationNumber: SENDER, messageBody: "STOP" }),
    Timestamp: new Date(gateway.clock.now()).toISOString(),
    SignatureVersion: "2",
    Signature: "AAAA",
    SigningCertURL: "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-unreachable.pem",
  };
  const answer = await gateway.call("POST", "/carriers/aws/inbound", envelope);
  expect([answer.status, answer.body.code]).toEqual([503, "credentials_unverifiable"]);
  expect(await stored(gateway)).toEqual([0, 0]);
});

test("a thousand reports in one webhook are taken; what no carrier sends is not", async () => {
  const g = await testGateway();
  const config = { base_url: "https://x.api.infobip.com", api_key: "KEY", webhook_secret: "0123456789abcdef" };
  await g.call("PUT", "/v1/carriers/ib", { kind: "infobip", config });
  const results = Array.from({ length: 1_000 }, (_, i) => ({
    bulkId: UUID,
    messageId: `msg_${i}`,
    to: "33612345678",
    callbackData: "x".repeat(300),
    status: { groupId: 3, groupName: "DELIVERED", id: 5, name: "DELIVERED_TO_HANDSET", description: "Delivered" },
    error: { groupId: 0, groupName: "OK", id: 0, name: "NO_ERROR", description: "No Error", permanent: false },
  }));
  const post = (more: object) => g.call("POST", "/carriers/ib/status?key=0123456789abcdef", { results, ...more });
  expect((await post({})).status).toBe(200);
  expect((await post({ more: "x".repeat(2_000_000) })).body.code).toBe("body_too_large");
});

test("what is not understood beside what is, and so will not come again, stands in the log without anybody's words", async () => {
  const g = await testGateway();
  const config = { base_url: "https://x.api.infobip.com", api_key: "KEY", webhook_secret: "0123456789abcdef" };
  await g.call("PUT", "/v1/carriers/ib", { kind: "infobip", config });
  const results = [{ messageId: "1", from: PERSON, to: SENDER, text: "Hello" }, { messageId: "2", text: "STOP" }];
  const answer = await g.call("POST", "/carriers/ib/inbound?key=0123456789abcdef", { results });
  expect(answer.status).toBe(200);
  expect((await g.call("GET", "/v1/messages?direction=inbound")).body.data).toHaveLength(1);
  const lines = g.logged.filter(({ event }) => event === "webhook.items_lost");
  expect(lines).toEqual([{
    level: "error",
    event: "webhook.items_lost",
    fields: { carrier: "ib", items: 1, detail: expect.stringContaining("from") },
  }]);
  expect(JSON.stringify(lines)).not.toContain("STOP");
});
