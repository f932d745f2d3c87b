/** Days of the week as rule files name them, in the order in which people read them. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** `{ "mon-fri": "08:00-20:00" }` as one entry a day, so that another way to write the same week is no change. */
export function expandWeek(open: Readonly<Record<string, string>>): Record<string, string> {
  const hours = Object.entries(open).flatMap(([days, window]) => {
    const [first, last = first] = days.split("-") as [typeof DAYS[number], typeof DAYS[number]?];
    return DAYS.slice(DAYS.indexOf(first), DAYS.indexOf(last) + 1).map((day) => [day, window] as const);
  });
  return Object.fromEntries(hours);
}

/** `Monday to Friday and Sunday`. */
export function sayDays(days: Iterable<string>): string {
  const at = [...days].map((day) => DAYS.indexOf(day as typeof DAYS[number])).sort((a, b) => a - b);
  const runs: number[][] = [];
  for (const day of at) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  const said = runs.flatMap((run) =>
    run.length > 2 ? [`${NAMES[run[0]!]} to ${NAMES[run.at(-1)!]}`] : run.map((day) => NAMES[day]!)
  );
  return said.length < 2 ? said.join() : `${said.slice(0, -1).join(", ")} and ${said.at(-1)}`;
}

/** `Monday to Saturday 08:00-20:00, Sunday closed`. */
export function sayWeek(hours: Iterable<readonly [string, unknown]>): string {
  const days = new Map<string, string[]>();
  for (const [day, window] of hours) days.set(String(window), [...days.get(String(window)) ?? [], day]);
  return [...days].map(([window, of]) => `${sayDays(of)} ${window}`).join(", ");
}
