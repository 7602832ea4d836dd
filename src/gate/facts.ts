import type { WriteSet } from "../capability/write-set.js";
import type { Result } from "../kernel/result.js";
import type { Capability } from "../schema/capability.js";
import type { Change, RefusedChange } from "../schema/effect.js";
import type { Proposal } from "../schema/proposal.js";
import type { Denial, Verdict } from "../schema/verdict.js";
import type { Permit } from "./permit.js";

/** What is at a path a call names, seen without following links. */
export interface ObservedPath {
  readonly path: string;
  readonly kind: "missing" | "file" | "directory" | "other";
  readonly linkOnTheWay: boolean;
}

/** What a written file is (null: missing) and would become. */
export interface Image {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
  /** Text at the task's base commit (null: missing there), where it was looked up: an earlier state of it is no worse. */
  readonly base?: string | null;
  /** Why the text cannot be judged: it is code and no text, or too long. */
  readonly fault?: string;
}

/** A policy of the plan, already evaluated. */
export interface PolicyFact {
  readonly id: string;
  readonly level: "mandatory" | "overridable" | "advisory";
  readonly pass: boolean;
  readonly reason: string;
  /** Whether a person overrode it for this proposal (`overridable` only). */
  readonly overridden: boolean;
}

/** An auditor's or a person's sign-off; it counts only for the proposal whose hash it names. */
export interface SignOff {
  readonly by: string;
  readonly proposalHash: string;
  readonly decision: "approved" | "rejected";
  readonly expiresMs: number;
}

/** What is left to spend; null is no bound. Compared before the call. */
export interface BudgetFacts {
  readonly executionsLeft: number;
  readonly tokensLeft: number | null;
  readonly usdLeft: number | null;
  readonly timeLeftMs: number | null;
}

/** What the risk score is made of besides the call itself (notes: approval gate). */
export interface RiskFacts {
  readonly auto: number;
  readonly auditor: number;
  readonly human: number;
  readonly humanReview: "never" | "on-risk" | "always";
  readonly violatedWithinDay: boolean;
  readonly rejectedBefore: boolean;
  /** Only for actions on targets; left out for calls in a task's own worktree. */
  readonly action?: ActionFacts;
}

/** What an action on targets does. */
export interface ActionFacts {
  readonly kind: "network" | "deploy" | "start" | "teardown";
  /** Hosts it touches. */
  readonly targets: number;
  readonly irreversible: boolean;
  /** Age of what is known about the targets; null where they were not probed. */
  readonly probeAgeMs: number | null;
}

/** Everything a decision depends on besides the proposal. A missing fact is a denial, never a pass. */
export interface GateFacts {
  readonly nowMs: number;
  readonly shownRoot: string;
  /** The caller's token, verified. */
  readonly capability: Result<Capability, string>;
  /** Hash of the plan the run is on; the capability must be for it. */
  readonly planHash?: string;
  /** The kill switch. */
  readonly killed: boolean;
  /** Set where this machine can confine no command: nobody is given `Bash` there, and who calls it all the same is told why. */
  readonly unconfined?: boolean;
  /** Whether the capability's phase is active. */
  readonly phaseActive: boolean;
  /** The capability's write list, compiled. */
  readonly writes: WriteSet;
  /** Files of tasks of later phases. */
  readonly laterFiles: WriteSet;
  /** Plan, agent and capability files this run was loaded from, repository-relative. */
  readonly loadedFiles: ReadonlySet<string>;
  /** `workspace.deny`. */
  isDenied(path: string): boolean;
  /** One for each path the call names. */
  readonly paths: readonly ObservedPath[];
  /** One for each file a structured write changes. */
  readonly images: readonly Image[];
  /** Why the input cannot be carried out although it fits its schema (`old_string` not found): an ordinary error. */
  readonly inputFault?: string;
  /** Token hashes of the base's functions by hash: code that merely moved is not new. */
  readonly elsewhere?: ReadonlySet<string>;
  readonly budget: BudgetFacts;
  readonly policies: readonly PolicyFact[];
  readonly risk: RiskFacts;
  readonly review: {
    readonly auditor: SignOff | null;
    readonly humans: readonly SignOff[];
    readonly excluded: readonly string[];
    /** Whether the author may sign for its own proposal; it may not unless the plan says so. */
    readonly selfReview?: boolean;
  };
}

/** What a check looks at: the call, the facts, and the risk score of both (NaN where there is none). */
export interface JudgedCall {
  readonly proposal: Proposal;
  readonly facts: GateFacts;
  readonly risk: number;
}

/** The decision with everything that follows from it. `permit` is there only when approved. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly denials: readonly Denial[];
  readonly risk: number;
  /** Sign-offs that are missing and could still be given. */
  readonly requires: readonly ("auditor" | "human")[];
  /** How many people must approve. */
  readonly humans: number;
  readonly permit?: Permit;
}

/** A command's net effects, for judgement after it ran. Every path changed has one of each but scratch. */
export interface EffectFacts {
  readonly proposal: Proposal;
  /** Those of the command; its policies are those of a `Write`. */
  readonly facts: GateFacts;
  readonly changes: readonly Change[];
  /** One for each added or modified file. */
  readonly images: readonly Image[];
  /** Permission bits, special ones included, of every regular file that was added, modified or got another mode. */
  readonly modes: ReadonlyMap<string, number>;
  /** The limit that stopped the command, when one did: it is refused whole. */
  readonly stopped?: string;
  /** Untracked paths that are neither judged nor kept; hard deny and `workspace.deny` come before it. */
  isScratch?(path: string): boolean;
}

/**
 * What is forbidden among a command's effects. One refusal discards them all; without any there is a
 * permit to keep exactly these changes, bound to the call and to the hash of their list.
 */
export interface EffectJudgement {
  readonly refused: readonly RefusedChange[];
  readonly denials: readonly Denial[];
  readonly permit?: Permit;
}
