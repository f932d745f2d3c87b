import { countPiece } from "../../src/store/oversight/totals.ts";
import { addAudience } from "../support/audience.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { walkConsole } from "../support/console_walk.ts";
import { migratedDatabase } from "../support/database.ts";
import { instance, prepare, TUESDAY } from "../support/instance.ts";
import { fillMessages } from "./fill.ts";

/** How long a page of the console takes, from the request to the last byte of its HTML, in one process with the API and the database. */
export interface PageFigure {
  page: string;
  bytes: number;
  medianMs: number;
  maxMs: number;
}

const READS = 15;
const CONTACTS = 200_000;
const SUPPRESSIONS = 100_000;
const MONTH_MS = 30 * 86_400_000;

/** Every page that links lead to, with `messages` stored. */
export async function measurePages(messages: number, page: (figure: PageFigure) => void): Promise<void> {
  const db = await migratedDatabase();
  try {
    await prepare(db, TUESDAY);
    await fillMessages(db, { messages, now: TUESDAY, spreadMs: MONTH_MS });
    await addAudience(db, { count: CONTACTS, now: TUESDAY, list: "Everybody" });
    await db.client.execute({
      sql: `insert into suppressions (id, recipient, scope, source, created_at)
        select 'sup_' || substr(id, 5), msisdn, 'commercial', 'import', :now from contacts order by id limit :most`,
      args: { now: TUESDAY, most: SUPPRESSIONS },
    });
    while (await countPiece(db.client, (person) => person.startsWith("+33") ? "FR" : "US"));
    const now = () => TUESDAY;
    const fetch = consoleFetch({ ...instance(db, { now }), clock: { now } }, () => staff("admin"));
    const read = async (path: string) => {
      const answer = await fetch(new Request(`http://localhost${path}`));
      const html = await answer.text();
      return answer.status === 200 && answer.headers.get("content-type")?.startsWith("text/html") ? html : null;
    };
    for await (const { pattern, path } of walkConsole(read)) {
      const times: number[] = [];
      let bytes = 0;
      for (let turn = 0; turn < READS; turn++) {
        const started = performance.now();
        bytes = new TextEncoder().encode(await read(path) ?? "").length;
        times.push(performance.now() - started);
      }
      times.sort((a, b) => a - b);
      page({ page: pattern, bytes, medianMs: times[READS >> 1]!, maxMs: times.at(-1)! });
    }
  } finally {
    await db.close();
  }
}

export function pageLine({ page, bytes, medianMs, maxMs }: PageFigure): string {
  return `${page.padEnd(44)} ${medianMs.toFixed(1).padStart(7)} ms, at most ${maxMs.toFixed(1).padStart(7)} ms, ${
    (bytes / 1024).toFixed(0).padStart(4)
  } KiB`;
}
