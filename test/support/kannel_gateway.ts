import { type Clock, testClock } from "../../src/gateway/clock.ts";
import { systemResolve } from "../../src/gateway/network/deno_network.ts";
import { guardedFetch } from "../../src/gateway/network/outgoing_http.ts";
import { pinnedTransport } from "../../src/gateway/network/pinned_transport.ts";
import { runDispatcher, type Runner } from "../../src/gateway/runner.ts";
import type { Reply } from "./call.ts";
import { migratedDatabase } from "./database.ts";
import { consentOf, type Instance, instance, prepare, TUESDAY } from "./instance.ts";
import { type Kannel, type KannelOptions, startKannel } from "./kannel.ts";

export const SECRET = "e2e-webhook-secret_1";
export const SENDER = "36111";

/** How a call to `sendsms` ended, for one message. */
export interface HandOver {
  /** Ours: `msg_…`. */
  id: string;
  /** Status of the answer, or why there is none. */
  outcome: number | string;
}

/** A gateway that serves webhooks and hands over by itself, with a real Kannel as the carrier of `SENDER`. */
export interface KannelGateway {
  gateway: Instance;
  kannel: Kannel;
  url: string;
  /** Every call to `sendsms`, in the order in which they ended. */
  handOvers: HandOver[];
  /** Lets time pass for the gateway, so that nobody waits for its retries. */
  skip(ms: number): void;
  send(to: string, text: string): Promise<Reply>;
  consented(to: string): Promise<void>;
  /** Texts that this handset has received, oldest first. */
  textsOf(to: string): string[];
  message(id: string): Promise<Reply["body"]>;
  inboundOf(msisdn: string): Promise<Reply["body"][]>;
  suppressionsOf(msisdn: string): Promise<Reply["body"][]>;
  close(): Promise<void>;
}

export interface KannelGatewayOptions extends Omit<KannelOptions, "inboundUrl"> {
  /** What a webhook is answered instead of being served: a gateway that is down, say. */
  instead?: (request: Request) => Response | null;
}

/** On a database of its own, at ten o'clock on a Tuesday. */
export async function kannelGateway({ instead, ...options }: KannelGatewayOptions): Promise<KannelGateway> {
  const db = await migratedDatabase();
  await prepare(db, TUESDAY);
  const running = testClock(TUESDAY);
  let skipped = 0;
  const now: Clock = () => running() + skipped;
  const handOvers: HandOver[] = [];
  const transport = pinnedTransport();
  let runner: Runner | undefined;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => instead?.(request) ?? gateway.app.fetch(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const gateway = instance(db, {
    now,
    publicUrl: url,
    fetch: ({ allowPrivate }) => recorded(guardedFetch({ allowPrivate, resolve: systemResolve, transport }), handOvers),
    stored: () => runner?.wake(),
  });
  let kannel: Kannel | undefined;
  const close = async () => {
    await runner?.stop();
    await kannel?.stop();
    await server.shutdown();
    await db.close();
  };
  const put = async (path: string, body: unknown) => {
    const answer = await gateway.call("PUT", path, body);
    if (answer.status !== 201) throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  try {
    kannel = await startKannel({
      inboundUrl: `${url}/carriers/kannel-fr/inbound?key=${SECRET}`,
      ...options,
    });
    const { sendsmsUrl, username, password } = kannel;
    const config = { url: sendsmsUrl, username, password, webhook_secret: SECRET };
    await put("/v1/carriers/kannel-fr", { kind: "kannel", config });
    await put(`/v1/senders/${SENDER}`, { carrier_id: "kannel-fr", country: "FR" });
    runner = runDispatcher(gateway.dispatcher, now, () => {});
  } catch (error) {
    await close();
    throw error;
  }
  const { handsetReceived } = kannel;
  const listed = async (path: string) => (await gateway.call("GET", path)).body.data;
  return {
    gateway,
    kannel,
    url,
    handOvers,
    skip(ms) {
      skipped += ms;
      runner?.wake();
    },
    send: (to, text) => gateway.call("POST", "/v1/messages", { to, from: SENDER, text }),
    async consented(to) {
      const { status } = await gateway.call("POST", "/v1/consents", consentOf(to));
      if (status !== 201) throw new Error(`the consent was answered ${status}`);
    },
    textsOf: (to) => handsetReceived().filter((sms) => sms.to === to).map((sms) => sms.text),
    message: async (id) => (await gateway.call("GET", `/v1/messages/${id}`)).body,
    inboundOf: (msisdn) => listed(`/v1/messages?direction=inbound&msisdn=${encodeURIComponent(msisdn)}`),
    suppressionsOf: (msisdn) => listed(`/v1/suppressions?recipient=${encodeURIComponent(msisdn)}`),
    close,
  };
}

type Fetch = ReturnType<typeof guardedFetch>;

function recorded(fetch: Fetch, handOvers: HandOver[]): Fetch {
  return async (url, init) => {
    const id = /[?&]id=([^&]+)/.exec(new Headers(init?.headers).get("X-Kannel-DLR-Url") ?? "")?.[1] ?? "";
    try {
      const response = await fetch(url, init);
      handOvers.push({ id, outcome: response.status });
      return response;
    } catch (error) {
      handOvers.push({ id, outcome: (error as { kind?: string }).kind ?? String(error) });
      throw error;
    }
  };
}
