import { realpathSync } from "node:fs";
import { userInfo } from "node:os";
import { locateRepository } from "../../effect/repository/repository-location.js";
import { invalid } from "../../kernel/fault.js";
import { projectBrief, renderBrief } from "../../memory/brief.js";
import { createNote } from "../../memory/notes.js";
import { describeNothing } from "../../memory/nothing.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import { claimTask } from "../../memory/own-tasks.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { HookEvent, HookEventOf, HookOutput } from "../../schema/hook-event.js";
import type { TaskRow } from "../../store/cycle-rows.js";
import { holderOf, isHolderAlive } from "../../store/lease.js";
import type { Project } from "../cycle/project.js";
import type { RunOptions } from "../cycle/session.js";
import { taskOf } from "../state/context.js";
import { tell } from "./answer.js";
import { type CheckoutPlace, CLIENT, checkoutPlace, isKilled } from "./checkout-place.js";
import { currentClaim, type HeldCycle, holdCycle, openApproved, takeNext } from "./claim.js";
import { completeTask, judgeSoFar, runOf } from "./completion.js";
import { holdToClaim } from "./held-claim.js";
import type { HookPlace } from "./place.js";
import type { HookDesk } from "./service.js";
import { taskPlace } from "./task-place.js";

/** The prompt that takes the next task and says where the work stands. */
const CONTINUE = "continue";
/** Said where nothing is claimed. */
const UNCLAIMED =
  "worknode: no task is claimed, so only its hard deny list is guarded (its own files, git, CI, hook settings, secrets). " +
  "The prompt `continue` claims the next task; then the gate decides every call for it.";

/** A desk for people's sessions in a repository, until it is closed. */
export interface SessionDesk extends HookDesk {
  close(): Promise<void>;
}

interface Standing {
  readonly project: Project;
  readonly options: Pick<RunOptions, "signal" | "env">;
  cycle: HeldCycle | undefined;
  /** The place calls are judged at now, and the claim it is for: `<cycle>/<task>`, or `-`. */
  place: { readonly claim: string; readonly at: HookPlace } | undefined;
  checkout: CheckoutPlace | undefined;
  /** What is claimed, as of a count of the store's changes. */
  claim: { readonly asOf: number; readonly row: TaskRow | undefined } | undefined;
  /**
   * Sessions that have not ended, each with what was claimed when its person spoke last: what they share is left when the
   * last one goes.
   */
  readonly sessions: Map<string, string>;
}

/**
 * Opens the desk for the sessions of people's Claude Code in one repository. They share one claim: whoever works here
 * works on the same task. Throws Fault DESK_BUSY (exit 2) where another process serves this repository already.
 */
export function openSessionDesk(project: Project, options: Pick<RunOptions, "signal" | "env">): SessionDesk {
  const { store } = project;
  const name = `cycle:${OUTSIDE_CYCLES}`;
  const lease = store.lease.acquire(name, holderOf(process.pid, userInfo().username), isHolderAlive);
  if (!lease.ok) throw invalid("DESK_BUSY", `process ${lease.error.pid} serves the hooks of this repository already.`);
  const standing: Standing = {
    project,
    options,
    cycle: undefined,
    place: undefined,
    checkout: undefined,
    claim: undefined,
    sessions: new Map(),
  };
  return {
    place: (event) => inTurn(standing, () => placeFor(standing, event)),
    start: (event) => inTurn(standing, () => start(standing, event)),
    prompt: (event) => inTurn(standing, () => prompted(standing, event)),
    stop: (event) => inTurn(standing, () => stopped(standing, event)),
    compact: () => inTurn(standing, () => handOver(standing)),
    end: (event) => inTurn(standing, () => ended(standing, event)),
    async close() {
      await leavePlaces(standing);
      store.lease.release(name, lease.value.fence);
    },
  };
}

const turns = new WeakMap<Standing, Promise<unknown>>();

/** One after the other: a session starts several calls at once, and a place is opened once. */
function inTurn<T>(standing: Standing, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(standing) ?? Promise.resolve()).then(work, work);
  turns.set(
    standing,
    mine.catch(() => undefined),
  );
  return mine;
}

/** Where an event's call is judged. Throws where the session is of another repository. */
async function placeFor(standing: Standing, event: HookEvent): Promise<HookPlace> {
  checkRepository(standing, event.cwd);
  const row = claimNow(standing);
  holdToClaim(standing.sessions, event, row);
  const claim = row === undefined ? "-" : `${row.cycle}/${row.id}/${row.files.join(",")}`;
  if (standing.place?.claim === claim) return standing.place.at;
  const at =
    row === undefined || row.cycle === OUTSIDE_CYCLES ? await checkoutFor(standing, row) : await planFor(standing, row);
  standing.place = { claim, at };
  return at;
}

/** Throws where a folder is of another repository. Sessions mostly stand at the top of this one's checkout. */
function checkRepository({ project: { repository }, options: { env } }: Standing, cwd: string): void {
  if (realpathSync.native(cwd) === repository.root) return;
  if (locateRepository(cwd, env)?.commonDir !== repository.commonDir)
    throw invalid("OTHER_REPOSITORY", `${cwd} is not of the repository ${repository.root} these hooks are for.`);
}

/** What is claimed now: read again only where something may have changed. */
function claimNow(standing: Standing): TaskRow | undefined {
  const asOf = standing.project.store.changes();
  if (standing.claim?.asOf !== asOf) standing.claim = { asOf, row: currentClaim(standing.project) };
  return standing.claim.row;
}

async function checkoutFor(standing: Standing, row: TaskRow | undefined): Promise<HookPlace> {
  await standing.checkout?.close();
  standing.checkout = await checkoutPlace(standing.project, row, standing.options);
  return standing.checkout;
}

async function planFor(standing: Standing, row: TaskRow): Promise<HookPlace> {
  const { crew } = await cycleOf(standing, row.cycle);
  return await taskPlace(crew, row.id);
}

async function cycleOf(standing: Standing, number: number): Promise<HeldCycle> {
  if (standing.cycle?.crew.cycle === number) return standing.cycle;
  standing.cycle?.leave();
  standing.cycle = undefined;
  standing.cycle = await holdCycle(standing.project, number, standing.options);
  return standing.cycle;
}

async function leavePlaces(standing: Standing): Promise<void> {
  standing.cycle?.leave();
  await standing.checkout?.close();
  standing.cycle = undefined;
  standing.checkout = undefined;
  standing.place = undefined;
}

/** A person starts a session: what was killed before is over, and the brief is told. */
async function start(standing: Standing, event: HookEventOf<"SessionStart">): Promise<HookOutput> {
  if (standing.place !== undefined && isKilled(standing.place.at)) await leavePlaces(standing);
  const brief = briefOf(standing);
  const place = await placeFor(standing, event);
  return tell(event.hook_event_name, [brief, standingOf(place)].filter((text) => text !== "").join("\n"));
}

function briefOf({ project: { store } }: Standing): string {
  const brief = projectBrief(store);
  return brief === undefined ? "" : renderBrief(brief);
}

/** What a session is told of its task: what it may do, and how it ends. */
function standingOf(place: HookPlace): string {
  const { task, workspace, held, claimed, crew } = place;
  if (!claimed) return UNCLAIMED;
  const { write, limits } = held.minted.capability;
  const spec = taskOf(crew, task).task;
  const commands = verifyCommands(spec).map(({ argv }) => argv.join(" "));
  return [
    `worknode: task ${task} is claimed. ${spec.description ?? spec.title}`,
    `Work in ${workspace.worktree} and name files by their absolute paths there.`,
    `You may write: ${write.join(", ")}. Every function: complexity at most ${limits.max_complexity}, at most ${limits.max_function_lines} lines.`,
    "Commands run in a sandbox without network, at that folder; what they change is judged like a write.",
    commands.length === 0
      ? "When you stop, the work is judged."
      : `When you stop, these must succeed there: ${commands.join("; ")}.`,
  ].join("\n");
}

async function prompted(standing: Standing, event: HookEventOf<"UserPromptSubmit">): Promise<string> {
  if (event.prompt.trim() !== CONTINUE) return "";
  const problem = currentClaim(standing.project) === undefined ? await claimNext(standing) : undefined;
  const brief = briefOf(standing);
  const place = await placeFor(standing, event);
  const nothing = brief === "" ? describeNothing(standing.project.store).error : brief;
  return [nothing, problem ?? "", standingOf(place)].filter((text) => text !== "").join("\n");
}

/** Takes the next task of the open cycle, of an approved plan nobody has started, or outside plans; or says why not. */
async function claimNext(standing: Standing): Promise<string | undefined> {
  const { store } = standing.project;
  const number = store.queries.latestIncompleteCycle()?.number ?? openApproved(standing.project);
  if (number === undefined) {
    const claimed = claimTask(store, { by: CLIENT });
    return claimed.ok ? undefined : claimed.error.message;
  }
  const taken = await takeNext((await cycleOf(standing, number)).crew);
  return taken.ok ? undefined : taken.error.message;
}

/** The end of a turn: a claimed task of a plan is judged, and the session goes on until it is accepted. */
async function stopped(standing: Standing, event: HookEventOf<"Stop" | "SubagentStop">): Promise<HookOutput> {
  const place = await placeFor(standing, event);
  if (!place.claimed || place.crew.cycle === OUTSIDE_CYCLES) return {};
  if (event.hook_event_name === "SubagentStop") {
    const fault = event.stop_hook_active ? undefined : await judgeSoFar(place);
    return fault === undefined ? {} : { decision: "block", reason: `worknode: not finished. ${fault}` };
  }
  const completion = await completeTask(place, `done in Claude Code by ${place.agent.id}`);
  if (completion.kind === "accepted") {
    standing.place = undefined;
    return {
      systemMessage: `worknode: task ${place.task} is done: ${completion.files.join(", ")}. \`continue\` takes the next.`,
    };
  }
  const { feedback, waits } = completion;
  if (waits === undefined)
    return { decision: "block", reason: `worknode: task ${place.task} is not accepted. ${feedback}` };
  const told = `worknode: task ${place.task} is NOT done; it was rejected ${runOf(place).state.rejections.length} times.`;
  return { systemMessage: `${told} ${waits} ${feedback}` };
}

/** What a session would forget is kept as a note: where its task stands, and which of its files changed. */
async function handOver(standing: Standing): Promise<HookOutput> {
  const { store } = standing.project;
  const row = currentClaim(standing.project);
  if (row === undefined) return {};
  const paths = store.queries.filesKeptBy({ cycle: row.cycle, task: row.id, afterSeq: 0, limit: 200 });
  const files = paths.length === 0 ? "no file changed yet" : `changed: ${paths.join(", ")}`;
  const text = `Hand-over of ${row.id} (${row.title}) before the conversation was shortened: ${files}.`;
  const note = createNote(
    store,
    { text, ...(paths.length === 0 ? {} : { paths }) },
    { actor: CLIENT, cycle: row.cycle, task: row.id },
  );
  return note.ok ? {} : { systemMessage: `worknode: ${note.error.message}` };
}

/** The task stays claimed for the next session; the cycle is free for a run meanwhile. */
async function ended(standing: Standing, event: HookEventOf<"SessionEnd">): Promise<HookOutput> {
  standing.sessions.delete(event.session_id);
  if (standing.sessions.size === 0) await leavePlaces(standing);
  return {};
}
