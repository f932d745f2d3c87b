import { followShortLink } from "../../gateway/campaigns/short_links.ts";
import { recordClick } from "../../store/campaigns/link_clicks.ts";
import { guessLimit } from "../access/guess_limit.ts";
import { type Api, router } from "../http/context.ts";
import { strangerAnswer, troubleOnPage } from "../unsubscribe/link_answers.ts";
import { isPreview } from "./link_previews.ts";

/** No person clicks so often on one link. Each click costs a commit, and one link must not be a way to keep the database busy. */
const MOST_CLICKS = 100;

/**
 * Short links of campaigns. They lead where the text of their campaign says and nowhere else. Of a click nothing is kept but that it
 * was, and when the first one was: no address, no device, no cookie.
 */
export function shortLinkRoutes({ deps }: Api) {
  const routes = router();
  const tooManyGuesses = guessLimit(deps.now, deps.log, "short_link.guessing");

  routes.use("/l/:token", troubleOnPage);
  routes.get("/l/:token", async (c) => {
    const followed = await followShortLink(c.req.param("token"), deps);
    if (followed === null) return await strangerAnswer(c, tooManyGuesses());
    const { message_id, link, target, clicks } = followed;
    if (clicks < MOST_CLICKS && !isPreview(c.req.raw.method, (name) => c.req.header(name))) {
      // Whoever clicked wants the page, whether or not it can be counted.
      await recordClick(deps.db.client, { message_id, link, now: deps.now() }).catch((error: unknown) =>
        deps.log("warn", "short_link.uncounted", { error: error instanceof Error ? error.message : String(error) })
      );
    }
    c.header("cache-control", "no-store");
    c.header("x-robots-tag", "noindex, nofollow");
    return c.redirect(target, 302);
  });

  return routes;
}
