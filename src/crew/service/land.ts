import {
  changedInCheckout,
  currentBranch,
  forwardCheckout,
  type JoinOutcome,
  joinBranch,
} from "../../effect/merge/land.js";
import { signsCommits } from "../../effect/repository/checkout-settings.js";
import { claimedIdentity } from "../../effect/repository/identity.js";
import { resolveCommit } from "../../effect/workspace/branch.js";
import { Fault, invalid } from "../../kernel/fault.js";
import type { CycleRow } from "../../store/cycle-rows.js";
import { stewardCall } from "../call/steward.js";
import { type Project, withProject } from "../cycle/project.js";
import { type SessionOptions } from "../cycle/session.js";
import type { Crew } from "../state/context.js";
import { cycleStream, eventAt } from "../state/records.js";
import { type Offer, offerResolution } from "./land-offer.js";
import { type Verified, verifyJoined } from "./land-verify.js";
import { openLanding } from "./landing.js";

/** Times the work is joined again because the user's branch moved meanwhile. */
const MAX_ROUNDS = 3;

/** What is landed, and how. */
export interface LandOptions extends Pick<SessionOptions, "cwd" | "env" | "signal"> {
  /** The newest unless told otherwise. */
  readonly cycle?: number;
  /** Take what is done although the cycle has not ended. */
  readonly partial: boolean;
  /** Verify only, and leave the merge to a request for it. */
  readonly request: boolean;
}

/** What became of a landing. Only `landed` moved the user's branch. */
export interface LandReport {
  readonly outcome: "landed" | "verified" | "there" | "conflict" | "unverified";
  readonly cycle: number;
  readonly title: string;
  /** The cycle's branch, and the user's. */
  readonly branch: string;
  readonly onto: string;
  readonly commit: string | null;
  readonly paths: readonly string[];
  readonly verified: Verified;
  /** What the first failing command said, or what is not covered. */
  readonly said: string;
  /** A task that resolves the conflict, where one can be offered. */
  readonly offer: Offer | null;
  /** The commit behind which none is signed, where the person's git signs what they commit; null elsewhere. */
  readonly unsignedFrom: string | null;
}

/**
 * Joins a cycle's work with the branch that is checked out, verifies it in a worktree, and fast-forwards the branch.
 * Throws Fault NOTHING_TO_LAND (exit 7), CYCLE_OPEN, DETACHED, DIRTY_CHECKOUT, NO_BRANCH, CYCLE_BUSY, NO_SANDBOX,
 * IN_THE_WAY (exit 2).
 */
export async function landCycle(options: LandOptions): Promise<LandReport> {
  return await withProject(options, async (project) => {
    const row = cycleToLand(project, options);
    await requireBranch(project, row);
    const onto = await currentBranch(project.repository);
    await requireCleanCheckout(project);
    return await openLanding(project, row, options, (crew) => land(crew, row, { onto, options }));
  });
}

function cycleToLand({ store }: Project, { cycle, partial }: LandOptions): CycleRow {
  const row = store.queries.cycle(cycle ?? store.queries.maxCycle());
  if (row === undefined)
    throw new Fault("NOTHING_TO_LAND", "There is no cycle to land. `worknode run PLAN` opens one.", { exitCode: 7 });
  if (!partial && row.ended_hlc === null)
    throw invalid(
      "CYCLE_OPEN",
      `cycle ${row.number} has not ended. \`worknode continue\` finishes it; --partial lands what is done already.`,
    );
  return row;
}

/** A branch that is gone can be made again: the log knows its commits. */
async function requireBranch({ repository, store }: Project, row: CycleRow): Promise<void> {
  if ((await resolveCommit(repository.git, `refs/heads/${row.branch}`)) !== undefined) return;
  const last = lastMerged(store, row.number) ?? row.base_commit;
  throw invalid(
    "NO_BRANCH",
    `branch ${row.branch} does not exist any more. \`git branch ${row.branch} ${last}\` makes it again.`,
  );
}

/** The merged commit on which no other lies: after an interruption those of a batch are recorded in any order. */
function lastMerged(store: Project["store"], cycle: number): string | undefined {
  const merged = store.events({ run: cycle, type: "TASK_MERGED" }).filter((event) => event.type === "TASK_MERGED");
  const parents = new Set(merged.map(({ payload }) => payload.parent));
  return merged.findLast(({ payload }) => !parents.has(payload.commit))?.payload.commit;
}

async function requireCleanCheckout({ repository }: Project): Promise<void> {
  const changed = await changedInCheckout(repository);
  if (changed.length === 0) return;
  const shown = changed.slice(0, 5).join(", ");
  throw invalid(
    "DIRTY_CHECKOUT",
    `the checkout has uncommitted changes (${shown}). Commit or stash them, then land again.`,
  );
}

interface Landing {
  readonly onto: string;
  readonly options: LandOptions;
}

async function land(crew: Crew, row: CycleRow, at: Landing): Promise<LandReport> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const from = await resolveCommit(crew.repository.git, "HEAD");
    if (from === undefined) throw invalid("NO_COMMIT", "the checked-out branch has no commit any more.");
    const report = await landOnce(crew, row, { ...at, from });
    if (report !== undefined) return report;
  }
  throw new Fault("BRANCH_BUSY", `${at.onto} kept moving while the work was verified; land again`, {
    retry: "transient",
  });
}

/** One try; undefined when the user's branch moved in the meantime. */
async function landOnce(crew: Crew, row: CycleRow, at: Landing & { from: string }): Promise<LandReport | undefined> {
  const base = {
    cycle: row.number,
    title: row.title,
    branch: row.branch,
    onto: at.onto,
    paths: [],
    said: "",
    offer: null,
    unsignedFrom: null,
  };
  const joined = await join(crew, row, at.from);
  if (joined.kind === "there") return { ...base, outcome: "there", commit: null, verified: [] };
  if (joined.kind === "conflict") {
    const offer = await offerResolution(crew, row, joined);
    return { ...base, outcome: "conflict", commit: joined.commit, paths: joined.paths, verified: [], offer };
  }
  const { verified, said } = await verifyJoined(crew, at.from);
  const done = { ...base, commit: joined.commit, verified, said };
  if (said !== "") return { ...done, outcome: "unverified" };
  if (at.options.request) return { ...done, outcome: "verified" };
  if (!(await forward(crew, { ...at, commit: joined.commit, verified }))) return undefined;
  const signs = await signsCommits(crew.repository);
  return { ...done, outcome: "landed", unsignedFrom: signs ? at.from : null };
}

async function join(crew: Crew, row: CycleRow, onto: string): Promise<JoinOutcome> {
  const message = [
    `Merge ${row.branch}: ${row.title}`,
    "",
    `Worknode-Plan: ${row.plan_hash}`,
    `Worknode-Cycle: ${row.number}`,
    "",
  ].join("\n");
  const args = { branch: row.branch, onto, as: crew.branch, message };
  const joined = await stewardCall(crew, { tool: "branch.join", task: null, args }, async ({ permit, call }) => {
    const value = await joinBranch(permit, crew.repository, call);
    return { value, said: value.kind };
  });
  crew.workspaces.clear();
  return joined;
}

/** Moves the user's branch and records who took what. False where the branch moved meanwhile. */
async function forward(
  crew: Crew,
  { from, commit, verified, onto, options }: Landing & { from: string; commit: string; verified: Verified },
): Promise<boolean> {
  const args = { from, commit, as: crew.branch };
  const moved = await stewardCall(crew, { tool: "branch.land", task: null, args }, async ({ permit, call }) => {
    const value = await forwardCheckout(permit, crew.repository, call);
    return { value, said: value.ok ? `${onto} at ${commit}` : value.error, failed: !value.ok };
  });
  if (!moved.ok) {
    if ((await resolveCommit(crew.repository.git, "HEAD")) !== from) return false;
    throw invalid("IN_THE_WAY", `git would not move ${onto}: ${moved.error}`);
  }
  const by = claimedIdentity(options.env, crew.repository);
  const place = { stream: cycleStream(crew.cycle), actor: by.os_user, run: crew.cycle, task: null };
  crew.store.append([eventAt(place, "LANDED", { cycle: crew.cycle, branch: onto, from, commit, verified, by })]);
  return true;
}
