import { startGateway } from "./gateway.ts";
import { watched } from "./watch.ts";

/** Import and export of contacts through HTTP: time, and the memory of the gateway's process. */
export interface ImportFigure {
  lines: number;
  importSeconds: number;
  importPeakMiB: number;
  exportSeconds: number;
  exportPeakMiB: number;
}

const COUNTED = 500;

/** Each size in a gateway of its own, on an empty database. */
export async function measureImport(lines: number): Promise<ImportFigure> {
  const gateway = await startGateway();
  const authorization = `Bearer ${gateway.key}`;
  try {
    const sending = watched(gateway.pid, async () => {
      const response = await fetch(
        `${gateway.origin}/v1/contacts/imports?number=Mobile&name=Nom&field.city=Ville&field.store=Magasin&tag=vip&country=FR`,
        {
          method: "POST",
          headers: { authorization, "content-type": "text/csv" },
          body: ReadableStream.from(file(lines)),
        },
      );
      const imported = await response.json();
      if (imported.created !== lines) throw new Error(`imported ${JSON.stringify(imported)} of ${lines}`);
    });
    const { seconds: importSeconds, peakMiB: importPeakMiB } = await sending;
    const { seconds: exportSeconds, peakMiB: exportPeakMiB } = await watched(gateway.pid, async () => {
      const response = await fetch(`${gateway.origin}/v1/contacts/export`, { headers: { authorization } });
      let breaks = 0;
      for await (const chunk of response.body!) for (const byte of chunk) if (byte === 10) breaks++;
      if (breaks !== lines + 1) throw new Error(`exported ${breaks} lines of ${lines}`);
    });
    return { lines, importSeconds, importPeakMiB, exportSeconds, exportPeakMiB };
  } finally {
    await gateway.stop();
  }
}

export function importLine(figure: ImportFigure): string {
  const rate = (seconds: number) => `${Math.round(figure.lines / seconds)} lines/s`;
  return `import ${figure.lines}: ${figure.importSeconds.toFixed(1)} s, ${rate(figure.importSeconds)}, peak ` +
    `${figure.importPeakMiB} MiB; export ${figure.exportSeconds.toFixed(1)} s, ${rate(figure.exportSeconds)}, peak ` +
    `${figure.exportPeakMiB} MiB`;
}

/** About 60 bytes a line: a name, two custom fields, numbers in national form and in an order of no use to an index. */
async function* file(lines: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const encoder = new TextEncoder();
  yield encoder.encode("Mobile;Nom;Ville;Magasin\n");
  for (let from = 0; from < lines; from += COUNTED) {
    let text = "";
    for (let index = from; index < Math.min(lines, from + COUNTED); index++) {
      // 7,368,787 is prime, and so each number comes once in a hundred million.
      const digits = String(index * 7_368_787 % 100_000_000).padStart(8, "0");
      text += `06 ${digits};Client ${index};Ville ${index % 977};Magasin du centre ${index % 50}\n`;
    }
    yield encoder.encode(text);
  }
}
