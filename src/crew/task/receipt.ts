import { compareTrees, type TreeDifference, treeHash, treeOfCommit } from "../../effect/workspace/tree.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import type { AnyEvent, StoredEvent } from "../../schema/event.js";
import type { Receipt, ReceiptPredicate } from "../../schema/receipt.js";
import { type Crew, ownerOf } from "../state/context.js";
import type { TaskRun } from "../state/task-status.js";

/** A task's tree that is about to be committed, and the receipt for it. */
export interface ReceiptedTree {
  readonly tree: string;
  readonly paths: readonly string[];
  readonly receipt: Receipt;
}

/** A tree that is to be a commit, and what it is one of. */
export interface CommitSubject {
  readonly tree: string;
  readonly parent: { readonly commit: string; readonly tree: string };
  readonly changes: readonly TreeDifference[];
  /** The tree that was judged: this one, or that of the stack it is a layer of. */
  readonly judged: string;
}

/** The receipt for what a task's worktree holds. */
export async function receiptFor(crew: Crew, run: TaskRun, workspace: TaskWorkspace): Promise<ReceiptedTree> {
  const tree = await treeHash(workspace);
  const changes = await compareTrees(workspace.git, workspace.baseCommit, tree);
  const parent = { commit: workspace.baseCommit, tree: await treeOfCommit(workspace.git, workspace.baseCommit) };
  const receipt = receiptOf(crew, run, { tree, parent, changes, judged: tree });
  return { tree, paths: changes.map(({ path }) => path), receipt };
}

/**
 * What worknode says of a task's work as it is committed: the tree and what it changed, under which capabilities it was
 * made, how the rules judged exactly this tree or the stack it is a layer of, and who approved. Everything is read from
 * the log and from git.
 */
export function receiptOf(crew: Crew, run: TaskRun, subject: CommitSubject): Receipt {
  const { tree, parent, changes, judged } = subject;
  const log = taskLog(crew, run.task.id);
  const ofTree = log.filter((event) => event.type === "VERIFIED").filter(({ payload }) => payload.tree === judged);
  const verified = ofTree.at(-1);
  const capabilities = capabilitiesOf(log);
  const predicate: ReceiptPredicate = {
    project: crew.plan.project,
    task: run.task.id,
    agent: ownerOf(crew, run.task),
    cycle: crew.cycle,
    plan: { id: crew.plan.id, hash: crew.planHash },
    issued_at: Math.max(crew.clock.nowMs(), ...capabilities.map(({ last_effect }) => last_effect)),
    parent: { ...parent },
    changes: changes.map(({ path, before, after, mode }) => ({ path, before, after, mode: fileMode(mode) })),
    capabilities,
    checks: { ...checksOf(crew, run, verified), ...(judged === tree ? {} : { tree: judged }) },
    evidence: evidenceOf(crew, log, verified),
    approvals: approvalsOf(crew, log),
  };
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "commit tree", digest: { gitTree: tree } }],
    predicateType: "urn:worknode:receipt:v1",
    predicate,
  };
}

const TYPES = ["AGENT_SPAWNED", "VERDICT", "EFFECT_KEPT", "VERIFIED", "EXECUTION_ENDED", "APPROVAL_RESOLVED"] as const;

function taskLog(crew: Crew, task: string): AnyEvent[] {
  return crew.store.events({ run: crew.cycle, task, type: [...TYPES] });
}

/** Of what is no regular file the merge refuses to make a commit. */
function fileMode(mode: string | null): "100644" | "100755" | null {
  return mode === "100644" || mode === "100755" ? mode : null;
}

type CapabilityUse = ReceiptPredicate["capabilities"][number];

/** The capabilities under which calls kept something, each with the time it was used. */
function capabilitiesOf(log: readonly AnyEvent[]): CapabilityUse[] {
  const kept = new Set(log.flatMap((event) => (event.type === "EFFECT_KEPT" ? [event.payload.call_id] : [])));
  const uses = new Map<string, { from: number; until: number; exp: number }>();
  for (const event of log) {
    if (event.type !== "VERDICT" || event.payload.under === undefined || !kept.has(event.payload.call_id)) continue;
    const { capability, at, exp } = event.payload.under;
    const use = uses.get(capability) ?? { from: at, until: at, exp };
    uses.set(capability, {
      from: Math.min(use.from, at),
      until: Math.max(use.until, at),
      exp: Math.max(use.exp, exp),
    });
  }
  const spawned = log.filter((event) => event.type === "AGENT_SPAWNED");
  return [...uses].flatMap(([id, use]) => {
    const found = spawned.find(({ payload }) => payload.capability.id === id);
    return found === undefined ? [] : [useOf(found, use)];
  });
}

function useOf(
  { payload }: StoredEvent<"AGENT_SPAWNED">,
  use: { from: number; until: number; exp: number },
): CapabilityUse {
  const { id, agent, role, phase, limits, depth, write, ancestors, nbf } = payload.capability;
  const claims = { id, agent, role, phase, limits: { ...limits }, depth, write: [...write], ancestors: [...ancestors] };
  return { ...claims, token: payload.token_hash, nbf, exp: use.exp, first_effect: use.from, last_effect: use.until };
}

/** The rules' last judgement of a tree; without one nothing passed. */
function checksOf(crew: Crew, run: TaskRun, verified: StoredEvent<"VERIFIED"> | undefined): ReceiptPredicate["checks"] {
  const commands = verified?.payload.commands ?? [];
  const waivers = crew.plan.waivers.filter(({ tasks }) => tasks.includes(run.task.id));
  return {
    pass: verified?.payload.pass === true,
    commands: commands.map(({ role, argv, exit_code }) => ({ role, argv: [...argv], exit_code })),
    waivers: waivers.map(({ rule, reason }) => ({ rule, reason })),
  };
}

/** The judgement, what its commands wrote, and the critics' last words. */
function evidenceOf(
  crew: Crew,
  log: readonly AnyEvent[],
  verified: StoredEvent<"VERIFIED"> | undefined,
): ReceiptPredicate["evidence"] {
  const verdict = log.findLast((event) => event.type === "EXECUTION_ENDED" && event.stream.includes(":critic:"));
  const output = outputOf(crew, verified?.payload.output_event ?? null);
  const events = [verified, output, verdict].filter((event) => event !== undefined);
  return events.map(({ id, type, hash }) => ({ event: id, type, hash }));
}

/** The event that holds what commands wrote; those of a stack are no single task's. */
function outputOf(crew: Crew, id: string | null): AnyEvent | undefined {
  if (id === null) return undefined;
  const afterSeq = Number(id.replace(/^ev_/, "")) - 1;
  const [event] = crew.store.events({ run: crew.cycle, type: "COMMANDS_RAN", afterSeq, limit: 1 });
  return event?.id === id ? event : undefined;
}

function approvalsOf(crew: Crew, log: readonly AnyEvent[]): ReceiptPredicate["approvals"] {
  const plans = crew.store.events({ type: "PLAN_APPROVED" }).filter((event) => event.type === "PLAN_APPROVED");
  const plan = plans.findLast(({ payload }) => payload.plan_hash === crew.planHash);
  const resolved = log.filter((event) => event.type === "APPROVAL_RESOLVED");
  return [
    ...(plan === undefined ? [] : [planApproval(plan)]),
    ...resolved.map(({ payload }) => ({
      subject: "task" as const,
      id: payload.id,
      hash: payload.proposal_hash,
      decision: payload.decision,
      by: payload.identity?.os_user ?? payload.by,
      email: payload.identity?.git_email ?? null,
      via: payload.by,
    })),
  ];
}

function planApproval({ payload }: StoredEvent<"PLAN_APPROVED">): ReceiptPredicate["approvals"][number] {
  const { plan_id: id, plan_hash: hash, by, via } = payload;
  return { subject: "plan", id, hash, decision: "approved", by: by.os_user, email: by.git_email, via };
}
