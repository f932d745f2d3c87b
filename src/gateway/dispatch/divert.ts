import { allLanes } from "../../store/dispatch/claim.ts";
import { diverted, inLane, type Place } from "../../store/dispatch/divert.ts";
import type { Deps } from "../gateway.ts";
import type { ConfiguredSender, Settings } from "../settings.ts";
import { inService, nextRoute } from "./routes.ts";

const GROUP = 500;
/** Groups of one lane at a time, and as many of them at most in which no message can move. */
const GROUPS = 20;
const IDLE_GROUPS = 4;

/**
 * Gives messages that wait for an account out of service to the next route that may carry them, a piece of each lane each time it
 * is called. What no other route may carry stays and is not looked at again until its lane has been gone through.
 */
export function diverter(deps: Deps): () => Promise<void> {
  /** How far each lane was looked through. For speed only: an instance that starts begins again. */
  const places = new Map<string, Place>();
  return async () => {
    const settings = await deps.settings.current();
    const now = deps.now();
    if ([...settings.carriers.values()].every((account) => inService(account, now))) return places.clear();
    for (const { sender: address, carrier_id } of await allLanes(deps.db.client, now)) {
      const sender = settings.senders.get(address);
      const elsewhere = sender?.routes.some((route) => route.carrier_id !== carrier_id);
      if (!elsewhere || inService(settings.carriers.get(carrier_id), now)) continue;
      const lane = `${address} ${carrier_id}`;
      const place = await divertLane(sender!, carrier_id, places.get(lane) ?? null, settings, deps);
      if (place === null) places.delete(lane);
      else places.set(lane, place);
    }
  };
}

/** Resolves with the place up to which the lane was looked through; null at its end. */
async function divertLane(
  sender: ConfiguredSender,
  carrier_id: string,
  from: Place | null,
  settings: Settings,
  deps: Deps,
): Promise<Place | null> {
  const { client } = deps.db;
  const now = deps.now();
  let after = from;
  for (let groups = 0, idle = 0; groups < GROUPS && idle < IDLE_GROUPS; groups++) {
    const found = await inLane(client, { sender: sender.address, carrier_id, after, limit: GROUP });
    const moving = found.flatMap(({ id, person }) => {
      const to = nextRoute(sender, person, carrier_id, settings, now);
      return to === null ? [] : [{ id, to }];
    });
    if (moving.length > 0) await client.batch(diverted(moving, carrier_id, now));
    else idle++;
    if (found.length < GROUP) return null;
    after = found.at(-1)!.place;
  }
  return after;
}
