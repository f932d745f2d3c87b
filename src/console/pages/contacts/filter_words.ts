import type { ContactFilter } from "../../../api/contacts/filter.ts";
import type { ContactList } from "../../api_types.ts";
import type { Language } from "../../words.ts";
import { contactWords } from "./words.ts";

/** A filter of contacts as somebody would say it; "" when it is for everybody. What the form does not know keeps the API's name. */
export function filterText(filter: ContactFilter, language: Language, lists: readonly ContactList[] = []): string {
  const words = contactWords(language);
  const { tags = [], lists: on = [], fields = {}, language: theirs, time_zone, q, ...others } = filter;
  const said: [string, string | undefined][] = [
    [words.tags, tags.join(", ")],
    [words.lists, on.map((id) => lists.find((one) => one.id === id)?.name ?? id).join(", ")],
    ...Object.entries(fields),
    [words.language, theirs],
    [words.time_zone, time_zone],
    [words.q, q],
    ...Object.entries(others).map(([name, value]): [string, string] => [name, String(value)]),
  ];
  const colon = language === "fr" ? "\u00a0: " : ": ";
  return said.filter(([, value]) => value !== undefined && value !== "").map((one) => one.join(colon)).join("; ");
}
