import { Hono } from "hono";
import type { ConsoleEnv } from "../console.ts";
import { formOf } from "../form.ts";
import { keepChoice } from "../reader.ts";
import { LANGUAGES } from "../words.ts";

/** The switches of the frame: language and theme. */
export function choiceRoutes(): Hono<ConsoleEnv> {
  return new Hono<ConsoleEnv>().post("/choices", async (c) => {
    const form = await formOf(c);
    const [language, theme] = [form.text("language"), form.text("theme")];
    if (LANGUAGES.some((one) => one === language)) keepChoice(c, "language", String(language));
    if (theme === "auto" || theme === "light" || theme === "dark") keepChoice(c, "theme", theme);
    return c.redirect(ownPath(form.typed.get("back")), 303);
  });
}

/** A path of the console, so that a forged form leads nowhere else. */
export function ownPath(given: unknown): string {
  return typeof given === "string" && /^\/console(?:[/?][\w\-./?=&%+~]*)?$/.test(given) && !given.includes("..")
    ? given
    : "/console";
}
