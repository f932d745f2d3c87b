import { diverted, inLane, type Place } from "../store/divert.ts";
import type { Deps } from "./gateway.ts";
import { inService, nextRoute } from "./routes.ts";
import type { Settings } from "./settings.ts";

/** How far each lane was looked through, by sender and account. For speed only: who forgets it begins again. */
export type Places = Map<string, Place>;

const GROUP = 500;

/**
 * Gives messages that wait for an account out of service to the next route that may carry them, a piece of each lane at a time.
 * Whatever no other route may carry stays and is not looked at again until the lane has been gone through. True when there is more.
 */
export async function divert(deps: Deps, settings: Settings, places: Places): Promise<boolean> {
  const { client } = deps.db;
  const now = deps.now();
  let more = false;
  for (const sender of settings.senders.values()) {
    if (sender.routes.length < 2) continue;
    for (const { carrier_id } of sender.routes) {
      if (inService(settings.carriers.get(carrier_id), now)) continue;
      const lane = `${sender.address} ${carrier_id}`;
      const found = await inLane(client, {
        sender: sender.address,
        carrier_id,
        after: places.get(lane) ?? null,
        limit: GROUP,
      });
      const moving = found.flatMap(({ id, person }) => {
        const to = nextRoute(sender, person, carrier_id, settings, now);
        return to === null ? [] : [{ id, to }];
      });
      if (moving.length > 0) await client.batch(diverted(moving, carrier_id, now));
      if (found.length < GROUP) places.delete(lane);
      else {
        places.set(lane, found.at(-1)!.place);
        more = true;
      }
    }
  }
  return more;
}
