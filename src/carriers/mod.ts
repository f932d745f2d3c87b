import { android } from "./android.ts";
import { aws } from "./aws.ts";
import { bandwidth } from "./bandwidth.ts";
import { bird } from "./bird.ts";
import type { Carrier } from "./carrier.ts";
import { http, httpPrivate } from "./http.ts";
import { infobip } from "./infobip.ts";
import { kannel } from "./kannel.ts";
import { messagebird } from "./messagebird.ts";
import { plivo } from "./plivo.ts";
import { sandbox } from "./sandbox.ts";
import { sinch } from "./sinch.ts";
import { smsmode } from "./smsmode.ts";
import { telnyx } from "./telnyx.ts";
import { twilio } from "./twilio.ts";
import { vonage } from "./vonage.ts";
import { vonageSms } from "./vonage_sms.ts";

export type * from "./carrier.ts";

/** Every adapter there is: a new one is added here and nowhere else. */
export const carriers: readonly Carrier[] = [
  sandbox,
  kannel,
  twilio,
  telnyx,
  plivo,
  sinch,
  messagebird,
  bird,
  smsmode,
  vonage,
  vonageSms,
  aws,
  infobip,
  bandwidth,
  android,
  http,
  httpPrivate,
];

/** The adapter for the `kind` of an account; null when there is none. */
export function carrierOf(kind: string): Carrier | null {
  return carriers.find((carrier) => carrier.kind === kind) ?? null;
}
