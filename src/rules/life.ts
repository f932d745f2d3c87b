import type { Rulebook } from "../core/rulebook/rulebook.ts";
import type { NewId } from "../gateway/ids.ts";
import { activeRulebook, readSources } from "../store/carriers/settings.ts";
import type { Db } from "../store/libsql/client.ts";
import { auditRow } from "../store/oversight/audit.ts";
import { proposalAlone, standingOf } from "../store/rules/approved_alone.ts";
import {
  addProposal,
  findProposal,
  findVersion,
  latestActivations,
  listProposals,
  OPEN_PROPOSAL,
  type Proposal,
  publishProposal,
  rollBack,
  settleProposal,
  storeRulebook,
  type Version,
} from "../store/rules/rulebooks.ts";
import { type Checked, checkRulebook, hashSources, loadRulebook } from "./check.ts";
import { contentsOf, type Problem, type Sources } from "./parse.ts";
import type { SimulationSummary } from "./simulate/summary.ts";

/**
 * The life of a rulebook: draft (stored, checked), proposed, approved by somebody else, active, superseded; and back. The API and
 * the command line both stand on these functions. Whoever acts is named by the id of an API key or a user.
 */

export interface LifeDeps {
  db: Db;
  newId: NewId;
  now: () => number;
}

/** An expected failure; `code` is stable. */
export interface LifeFailure {
  code:
    | "no_such_rulebook"
    | "no_such_proposal"
    | "rulebook_invalid"
    | "already_active"
    | "already_proposed"
    | "approval_by_proposer"
    | "only_the_proposer"
    | "approved_alone"
    | "proposal_state"
    | "base_moved"
    | "nothing_to_roll_back"
    | "never_active";
  detail: string;
  /** Present with `rulebook_invalid`. */
  problems?: Problem[];
}

export type LifeResult<T> = { ok: true; value: T } | { ok: false; failure: LifeFailure };

const done = <T>(value: T): LifeResult<T> => ({ ok: true, value });
const failed = (code: LifeFailure["code"], detail: string): LifeResult<never> => ({
  ok: false,
  failure: { code, detail },
});

/** Checks rule files and keeps them as a version; what does not check is not kept. */
export async function draft(
  { db, now }: LifeDeps,
  sources: Sources,
): Promise<LifeResult<Checked & { rulebook: NonNullable<Checked["rulebook"]> }>> {
  const checked = await checkRulebook(sources);
  const { rulebook, problems } = checked;
  if (rulebook === null) return invalid(hashSources(sources), problems);
  await storeRulebook(db.client, { hash: rulebook.hash, sources, contents: contentsOf(sources), at: now() });
  return done({ ...checked, rulebook });
}

/** The version that `ref` names: `active` or a hash. */
export async function resolveVersion(db: Db, ref: string): Promise<LifeResult<string>> {
  if (ref === "active") {
    const { active } = await activeRulebook(db.client);
    return active === null ? failed("no_such_rulebook", "No rulebook is active yet.") : done(active);
  }
  return await findVersion(db.client, ref) === null
    ? failed("no_such_rulebook", `There is no rulebook ${ref}.`)
    : done(ref);
}

export const VERSION_STATES = ["draft", "proposed", "approved", "rejected", "active", "superseded"] as const;

/** Where a version stands; what is under way says more than what was. */
export function stateOf({ active, activated_at, proposal_state }: Version): (typeof VERSION_STATES)[number] {
  if (active) return "active";
  if (proposal_state === "proposed" || proposal_state === "approved") return proposal_state;
  if (activated_at !== null) return "superseded";
  return proposal_state === "rejected" ? "rejected" : "draft";
}

/**
 * Proposes a stored version in the place of the active one, which the proposal remembers as its base. `candidate` is compiled: what
 * this build cannot use is not proposed.
 */
export async function propose(
  { db, newId, now }: LifeDeps,
  { candidate, note, by, simulation }: { candidate: Rulebook; note: string; by: string; simulation: SimulationSummary },
): Promise<LifeResult<Proposal>> {
  const rulebook = candidate.hash;
  const { active } = await activeRulebook(db.client);
  if (rulebook === active) return failed("already_active", `${rulebook} is the active version.`);
  for (const state of OPEN_PROPOSAL) {
    const [same] = (await listProposals(db, { limit: 1, state, rulebook })).rows;
    if (same?.base === active) {
      return failed("already_proposed", `${rulebook} is ${state} already, as ${same.id}.`);
    }
  }
  const proposal: Proposal = {
    id: newId("prp"),
    rulebook,
    base: active,
    note,
    state: "proposed",
    proposed_by: by,
    proposed_at: now(),
    decided_by: null,
    decided_at: null,
    decision_note: null,
    simulation: JSON.stringify(simulation),
    approved_alone: false,
  };
  const details = { rulebook, base: active };
  const { proposed_at: at } = proposal;
  await addProposal(
    db,
    proposal,
    auditRow({ at, actor: by, action: "rulebook.proposed", subject: proposal.id, details }, newId),
  );
  return done(proposal);
}

/** Each decision on a proposal: from which states it leads, to which, and who may take it. */
const DECISIONS = {
  approve: { from: ["proposed"], to: "approved", by: "another" },
  reject: { from: ["proposed", "approved"], to: "rejected", by: "another" },
  withdraw: { from: ["proposed", "approved"], to: "withdrawn", by: "proposer" },
} as const satisfies Record<
  string,
  { from: readonly Proposal["state"][]; to: Proposal["state"]; by: "another" | "proposer" }
>;
export type ProposalDecision = keyof typeof DECISIONS;

/**
 * Approves, rejects or withdraws a proposal. Of two decisions at once the first stands. Somebody who is alone in the sandbox approves
 * what they proposed themselves (store/approved_alone.ts); somebody else may then approve it too, in their place, also when it is published.
 */
export async function decideProposal(
  { db, newId, now }: LifeDeps,
  decision: ProposalDecision,
  { id, by, note }: { id: string; by: string; note: string | null },
): Promise<LifeResult<Proposal>> {
  const { by: who, ...decided } = DECISIONS[decision];
  const proposal = await findProposal(db, id);
  if (proposal === null) return noSuchProposal(id);
  const { yours: mine, alone } = await standingOf(db, by, proposal.proposed_by);
  const somebodyElse = failed(
    "approval_by_proposer",
    `${id} was proposed by the same person, as ${proposal.proposed_by}. Somebody else must ${decision} it.`,
  );
  const self = decision === "approve" && mine && alone;
  if (who === "another" && mine && !self) return somebodyElse;
  if (who === "proposer" && !mine) {
    return failed("only_the_proposer", `${id} was proposed by ${proposal.proposed_by}; others approve or reject it.`);
  }
  const at = now();
  const instead = decision === "approve" && !mine && proposal.approved_alone;
  const from = instead ? [proposal.state] : decided.from;
  const details = {
    rulebook: proposal.rulebook,
    note,
    ...(self ? { alone_in_sandbox: true } : {}),
    ...(instead ? { instead_of: proposal.decided_by } : {}),
  };
  const audit = auditRow({ at, actor: by, action: `rulebook.${decided.to}`, subject: id, details }, newId);
  const settled = await settleProposal(db, id, from, {
    state: instead ? proposal.state : decided.to,
    by,
    at,
    note,
    way: self ? "alone" : instead ? "instead" : "anyhow",
  }, audit);
  const after = await findProposal(db, id);
  if (after === null) return noSuchProposal(id);
  if (settled) return done(after);
  // Somebody joined, or a real carrier was connected, meanwhile.
  return self && after.state === "proposed" ? somebodyElse : wrongState(after, from);
}

/** Makes an approved proposal the active version; its base must still be active. */
export async function publish(
  { db, newId, now }: LifeDeps,
  { id, by, note }: { id: string; by: string; note: string | null },
): Promise<LifeResult<{ proposal: Proposal; active: string; previous: string | null }>> {
  const proposal = await findProposal(db, id);
  if (proposal === null) return noSuchProposal(id);
  if (proposal.state !== "approved") return wrongState(proposal, ["approved"]);
  const usable = await stillUsable(db, proposal.rulebook);
  if (!usable.ok) return usable;
  const at = now();
  const details = { way: "publish", previous: proposal.base, proposal_id: id, note };
  const audit = auditRow({ at, actor: by, action: "rulebook.activated", subject: proposal.rulebook, details }, newId);
  if (await publishProposal(db.client, proposal, { by, at, note }, audit)) {
    const published: Proposal = { ...proposal, state: "published" };
    return done({ proposal: published, active: proposal.rulebook, previous: proposal.base });
  }
  const after = await findProposal(db, id);
  if (after?.state !== "approved") return after === null ? noSuchProposal(id) : wrongState(after, ["approved"]);
  const { active } = await activeRulebook(db.client);
  if (active === proposal.base && after.approved_alone) return approvedAlone(proposal.rulebook, id);
  return baseMoved(proposal.base, active, "Propose it again, compared with that one.");
}

/**
 * Brings a version back that was active before; without `to` the one before the active one. It needs no second person: it
 * is for when something is wrong, and what it brings back was active already. `from`: the version that is believed to be active.
 */
export async function rollback(
  { db, newId, now }: LifeDeps,
  { to, from, by, note }: { to: string | null; from: string | null; by: string; note: string },
): Promise<LifeResult<{ active: string; previous: string }>> {
  const { active } = await activeRulebook(db.client);
  if (active === null) return failed("nothing_to_roll_back", "No rulebook is active yet.");
  if (from !== null && from !== active) {
    return failed("base_moved", `${active} is the active version, not ${from}. Nothing was rolled back.`);
  }
  const target = to ?? await versionBefore(db, active);
  if (target === null) return failed("nothing_to_roll_back", `No other version was active before ${active}.`);
  if (target === active) return failed("already_active", `${active} is the active version.`);
  const usable = await stillUsable(db, target);
  if (!usable.ok) return usable;
  const version = await findVersion(db.client, target);
  if (version?.activated_at === null) {
    return failed("never_active", `${target} was never active: propose it, and have it approved.`);
  }
  const at = now();
  const details = { way: "rollback", previous: active, note };
  const audit = auditRow({ at, actor: by, action: "rulebook.activated", subject: target, details }, newId);
  if (await rollBack(db.client, { from: active, to: target, by, at, note }, audit)) {
    return done({ active: target, previous: active });
  }
  const { active: meanwhile } = await activeRulebook(db.client);
  const alone = meanwhile === active ? await proposalAlone(db.client, target) : null;
  return alone === null ? baseMoved(active, meanwhile, "Nothing was rolled back.") : approvedAlone(target, alone);
}

/**
 * What was active when the active version came to be: going back twice goes back two steps, and does not return to what was
 * just left.
 */
async function versionBefore(db: Db, active: string): Promise<string | null> {
  const history = (await latestActivations(db, HISTORY)).reverse();
  const trail: string[] = [];
  for (const { rulebook, way } of history) {
    const known = trail.lastIndexOf(rulebook);
    if (way === "rollback" && known >= 0) trail.length = known + 1;
    else if (trail.at(-1) !== rulebook) trail.push(rulebook);
  }
  return trail.at(-1) === active ? trail.at(-2) ?? null : trail.at(-1) ?? null;
}

const HISTORY = 1_000;

/** A version is checked when it is stored; this build may read it otherwise than the one that checked it. */
async function stillUsable(db: Db, hash: string): Promise<LifeResult<Rulebook>> {
  if (await findVersion(db.client, hash) === null) {
    return failed("no_such_rulebook", `There is no rulebook ${hash}.`);
  }
  return usable(hash, await readSources(db.client, hash));
}

/** The compiled form of a stored version. */
export function usable(hash: string, sources: Sources): LifeResult<Rulebook> {
  const { rulebook, problems } = loadRulebook(sources);
  return rulebook === null ? invalid(hash, problems) : done(rulebook);
}

function invalid(hash: string, problems: Problem[]): LifeResult<never> {
  const detail = `${hash} has ${
    problems.length === 1 ? "a problem" : `${problems.length} problems`
  } and cannot be used.`;
  return { ok: false, failure: { code: "rulebook_invalid", detail, problems } };
}

function noSuchProposal(id: string): LifeResult<never> {
  return failed("no_such_proposal", `There is no proposal ${id}.`);
}

function wrongState({ id, state, decided_by }: Proposal, wanted: readonly string[]): LifeResult<never> {
  // Of a published one the row knows who approved it, not who published it.
  const by = decided_by === null || state === "published" ? "" : ` (by ${decided_by})`;
  return failed("proposal_state", `${id} is ${state}${by}; it would have to be ${wanted.join(" or ")}.`);
}

function approvedAlone(rulebook: string, proposal: string): LifeResult<never> {
  return failed(
    "approved_alone",
    `Whoever made the proposal ${proposal} approved it alone. It is in ${rulebook}, which would decide for ` +
      "real people now that there is a real carrier account: let somebody else approve the proposal first.",
  );
}

function baseMoved(from: string | null, to: string | null, advice: string): LifeResult<never> {
  return failed("base_moved", `${from ?? "no version"} was active then, ${to ?? "no version"} is now. ${advice}`);
}
