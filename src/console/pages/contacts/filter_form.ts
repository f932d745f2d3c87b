import type { ContactFilter } from "../../../api/contacts/filter.ts";
import type { Form } from "../../form.ts";

/**
 * The filter of contacts that a form means, as the API takes it: `tag` (several by commas), `list`, `language`, `q`, one field. What was
 * filled in by halves goes to the API as it is, to be refused: overlooked, it would mean more people than were meant.
 */
export function filterOf({ text }: Pick<Form, "text">): ContactFilter {
  const [tag, list, language, q] = ["tag", "list", "language", "q"].map(text);
  const [field, value] = [text("field_name"), text("field_value")];
  return {
    ...(tag === undefined ? {} : { tags: tag.split(",").map((one) => one.trim()).filter((one) => one !== "") }),
    ...(list === undefined ? {} : { lists: [list] }),
    ...(field === undefined && value === undefined ? {} : { fields: { [field ?? ""]: value ?? "" } }),
    ...(language === undefined ? {} : { language }),
    ...(q === undefined ? {} : { q }),
  };
}
