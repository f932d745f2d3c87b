/**
 * What the form of an import says, as parameters of the API: each `column` with what it `is` and, for a field, how it is called
 * (`as`); or, without scripts, `number` and `name` as typed.
 */
export function importQuery(typed: URLSearchParams): [name: string, value: string][] {
  const [columns, meanings, names] = ["column", "is", "as"].map((name) => typed.getAll(name));
  const mapped = columns!.flatMap((column, index): [string, string][] => {
    const meaning = meanings![index] ?? "ignore";
    if (meaning === "ignore") return [];
    return [[meaning === "field" ? `field.${names![index]?.trim() || column}` : meaning, column]];
  });
  const given = (name: string): [string, string][] => {
    const value = typed.get(name)?.trim() ?? "";
    return value === "" ? [] : [[name, value]];
  };
  const tags = (typed.get("tag") ?? "").split(",").map((tag) => tag.trim()).filter((tag) => tag !== "");
  return [
    ...mapped,
    ...["number", "name"].flatMap(given),
    ...tags.map((tag): [string, string] => ["tag", tag]),
    ...given("list"),
    ...given("country").map(([name, value]): [string, string] => [name, value.toUpperCase()]),
    ["dry_run", typed.get("dry_run") === "true" ? "true" : "false"],
  ];
}
