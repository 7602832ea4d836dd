import { ensureProjectDir, findRepository } from "../../effect/repository/repository.js";
import type { Result } from "../../kernel/result.js";
import { type Brief, projectBrief, renderBrief } from "../../memory/brief.js";
import type { BriefSubject } from "../../memory/brief-scope.js";
import { createDecision, searchDecisions, setDecisionStatus } from "../../memory/decisions.js";
import { createIssue, recordFixOutcome, resolveIssue, searchIssues } from "../../memory/issues.js";
import { suggestEstimate } from "../../memory/learning.js";
import { createNote } from "../../memory/notes.js";
import { addTask, claimTask, finishTask } from "../../memory/own-tasks.js";
import { pinRecord } from "../../memory/pins.js";
import { pm_assign, pm_get_status, pm_set_deadline } from "../../memory/project-management.js";
import { search } from "../../memory/project-search.js";
import { createTrigger } from "../../memory/triggers.js";
import { registerWorknode, type SelfUpdate, updateSelf } from "../../memory/worknodes.js";
import type { AnyEvent } from "../../schema/event.js";
import type { WorknodeInput, WorknodeRecord } from "../../schema/memory.js";
import { openStore, type Store } from "../../store/store.js";

/** Drops the store from a memory function's arguments. */
type Bound<F> = F extends (store: Store, ...rest: infer Rest) => infer Return
  ? (...rest: Rest) => Promise<Unwrapped<Awaited<Return>>>
  : never;
/** What a Result holds when it is a success; its error is thrown. */
type Unwrapped<R> = R extends { ok: true; value: infer T } ? T : R extends { ok: false } ? never : R;

/**
 * A repository's memory, with the sources' names and shapes (S3). Every call throws a Fault where the
 * underlying one answers with an error.
 */
export interface Worknode {
  createDecision: Bound<typeof createDecision>;
  searchDecisions: Bound<typeof searchDecisions>;
  setDecisionStatus: Bound<typeof setDecisionStatus>;
  createIssue: Bound<typeof createIssue>;
  searchIssues: Bound<typeof searchIssues>;
  resolveIssue: Bound<typeof resolveIssue>;
  recordFixOutcome: Bound<typeof recordFixOutcome>;
  createNote: Bound<typeof createNote>;
  pinRecord: Bound<typeof pinRecord>;
  addTask: Bound<typeof addTask>;
  claimTask: Bound<typeof claimTask>;
  finishTask: Bound<typeof finishTask>;
  suggestEstimate: Bound<typeof suggestEstimate>;
  /** Where the work stands (S3:447-465): of the project, a task or an agent; null when there is nothing to continue. */
  brief(subject?: BriefSubject & { budgetTokens?: number }): Promise<(Brief & { text: string }) | null>;
  search: Bound<typeof search>;
  createTrigger: Bound<typeof createTrigger>;
  /** Registers an agent or a person (S3:180-193); the first one registered here is who `updateSelf` is about. */
  registerWorknode(record: WorknodeInput): Promise<WorknodeRecord>;
  /** Changes the record of whoever opened this: `self`, else the first one registered here (S3:198-203). */
  updateSelf(update: SelfUpdate): Promise<WorknodeRecord>;
  pm_assign: Bound<typeof pm_assign>;
  pm_set_deadline: Bound<typeof pm_set_deadline>;
  pm_get_status: Bound<typeof pm_get_status>;
  /** Told of events as they are committed, here or by another process; answers how to stop. */
  subscribe(listener: (events: readonly AnyEvent[]) => void): () => void;
  /** The events of the log, oldest first. */
  events: Store["events"];
  close(): void;
}

/** Settings of `open`. `self`: id of the agent or person that speaks through it. */
export interface OpenOptions {
  env?: NodeJS.ProcessEnv;
  self?: string;
}

/** Who speaks through a library that was not told and where nobody registered. */
const ANONYMOUS = "user";

/** Opens the project around a directory: any folder or worktree of a git repository. Throws Fault (exit 2). */
export async function open(dir: string, options: OpenOptions = {}): Promise<Worknode> {
  const repository = await findRepository(dir, options);
  await ensureProjectDir(repository);
  const store = openStore(repository.databasePath);
  return { ...memoryOf(store), ...selfOf(store, options.self) };
}

function memoryOf(store: Store): Omit<Worknode, "registerWorknode" | "updateSelf"> {
  return {
    createDecision: bind(store, createDecision),
    searchDecisions: bind(store, searchDecisions),
    setDecisionStatus: bind(store, setDecisionStatus),
    createIssue: bind(store, createIssue),
    searchIssues: bind(store, searchIssues),
    resolveIssue: bind(store, resolveIssue),
    recordFixOutcome: bind(store, recordFixOutcome),
    createNote: bind(store, createNote),
    pinRecord: bind(store, pinRecord),
    addTask: bind(store, addTask),
    claimTask: bind(store, claimTask),
    finishTask: bind(store, finishTask),
    suggestEstimate: bind(store, suggestEstimate),
    brief: async (subject = {}) => {
      const brief = projectBrief(store, subject);
      return brief === undefined ? null : { ...brief, text: renderBrief(brief) };
    },
    search: bind(store, search),
    createTrigger: bind(store, createTrigger),
    pm_assign: bind(store, pm_assign),
    pm_set_deadline: bind(store, pm_set_deadline),
    pm_get_status: bind(store, pm_get_status),
    subscribe: (listener) => store.subscribe(listener),
    events: (filter) => store.events(filter),
    close: () => store.close(),
  };
}

/** A caller changes its own record only: who it is was said at `open` or at its first registration. */
function selfOf(store: Store, given: string | undefined): Pick<Worknode, "registerWorknode" | "updateSelf"> {
  let self = given;
  const register = bind(store, registerWorknode);
  const update = bind(store, updateSelf);
  return {
    async registerWorknode(record) {
      const registered = await register(record);
      self ??= registered.id;
      return registered;
    },
    updateSelf: (changes) => update(self ?? ANONYMOUS, changes),
  };
}

function bind<F extends (store: Store, ...rest: never[]) => unknown>(store: Store, work: F): Bound<F> {
  const bound = async (...rest: unknown[]): Promise<unknown> => {
    const answer = await (work as unknown as (store: Store, ...rest: unknown[]) => unknown)(store, ...rest);
    if (!isResult(answer)) return answer;
    if (answer.ok) return answer.value;
    throw answer.error;
  };
  return bound as Bound<F>;
}

function isResult(value: unknown): value is Result<unknown, unknown> {
  return typeof value === "object" && value !== null && "ok" in value && ("value" in value || "error" in value);
}
