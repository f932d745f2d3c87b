const WATCH_MS = 50;

/** How long `work` takes, and the most memory (resident set) that the process `pid` has meanwhile. */
export async function watched(pid: number, work: () => Promise<void>): Promise<{ seconds: number; peakMiB: number }> {
  let peak = 0;
  const look = async () => {
    const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
    peak = Math.max(peak, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0));
  };
  const timer = setInterval(look, WATCH_MS);
  const started = performance.now();
  try {
    await work();
    await look();
    return { seconds: (performance.now() - started) / 1_000, peakMiB: Math.round(peak / 1_024) };
  } finally {
    clearInterval(timer);
  }
}
