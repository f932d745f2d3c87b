import { openEmbedded } from "../../src/store/libsql/embedded.ts";
import { migrate } from "../../src/store/libsql/migrate.ts";
import { addAudience } from "../support/audience.ts";
import { PROJECT } from "./child.ts";
import { startGateway } from "./gateway.ts";
import { watched } from "./watch.ts";

/** Making the messages of a campaign: everybody decided and stored. Nothing leaves meanwhile, which would be another measurement. */
export interface CampaignFigure {
  text: keyof typeof TEXTS;
  recipients: number;
  seconds: number;
  peakMiB: number;
}

/** One text for all is decided once for all who differ in nothing; with a name in it each is decided by itself; a link is each one's own and decided once. */
export const TEXTS = {
  "one text": "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !",
  "with a name": "{name|Cher client}, soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !",
  "with a link": "Soldes d'hiver : -50% sur tout le magasin ! {link https://shop.example/winter?x=1}",
} as const;

const SENDER = "36105";
const LOOK_MS = 20;

export async function measureCampaign(text: keyof typeof TEXTS, recipients: number): Promise<CampaignFigure> {
  const folder = await Deno.makeTempDir({ prefix: "parley-bench-campaign-" });
  const url = `file:${folder}/parley.db`;
  try {
    const db = await openEmbedded({ url });
    await migrate(db, `${PROJECT}migrations`);
    await addAudience(db, { count: recipients, now: Date.now() });
    await db.close();
    const gateway = await startGateway({ clock: "2026-11-24T10:00:00+01:00", database: url });
    try {
      const get = async (path: string) => {
        const response = await fetch(gateway.origin + path, { headers: { authorization: `Bearer ${gateway.key}` } });
        return await response.json();
      };
      await gateway.call("PUT", `/v1/senders/${SENDER}`, {
        carrier_id: "sandbox",
        country: "FR",
        rate_per_second: 0.01,
      });
      await gateway.call("POST", "/v1/campaigns", { name: "bench", from: SENDER, text: TEXTS[text], audience: {} });
      const { data: [{ id }] } = await get("/v1/campaigns");
      const { seconds, peakMiB } = await watched(gateway.pid, async () => {
        await gateway.call("POST", `/v1/campaigns/${id}/start`, undefined);
        while (!(await get(`/v1/campaigns/${id}`)).complete) {
          await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        }
      });
      const { messages, counts } = await get(`/v1/campaigns/${id}`);
      if (messages !== recipients) {
        throw new Error(`${messages} messages for ${recipients} recipients: ${JSON.stringify(counts)}`);
      }
      return { text, recipients, seconds, peakMiB };
    } finally {
      await gateway.stop();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export function campaignLine({ text, recipients, seconds, peakMiB }: CampaignFigure): string {
  return `campaign, ${text}, ${recipients} recipients: ${seconds.toFixed(1)} s, ${
    Math.round(recipients / seconds)
  }/s, ` +
    `peak ${peakMiB} MiB`;
}
