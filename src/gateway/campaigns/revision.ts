import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type CampaignText, TEXT } from "../../store/campaigns/campaigns.ts";

/** Names what staff wrote, and nothing that the gateway counts: the same words have the same one. */
export function revisionOf(text: CampaignText): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(TEXT.map((column) => text[column]))))).slice(0, 32);
}
