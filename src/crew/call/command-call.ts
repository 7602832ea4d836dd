import { isPattern } from "../../capability/pattern.js";
import type { HostAttempt } from "../../dispatch/dispatch.js";
import { observePath } from "../../effect/disk/path-fact.js";
import { type RanCommand, runCommandTool } from "../../effect/tool/command-tool.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { judgeEffects } from "../../gate/effects.js";
import type { EffectFacts, EffectJudgement } from "../../gate/facts.js";
import { hardDenied } from "../../gate/hard-deny.js";
import type { Permit } from "../../gate/permit.js";
import { MAX_SHELL_OUTPUT_CHARS, SHELL_TIMEOUT_MS } from "../../kernel/bounds.js";
import { hashOf } from "../../kernel/canonical.js";
import { oneLine } from "../../kernel/visible.js";
import { languagesOf } from "../../measure/language.js";
import { learnFromCommand } from "../../memory/failing-command.js";
import type { CommandResult } from "../../schema/effect.js";
import type { ToolInput } from "../../schema/tool.js";
import type { Denial } from "../../schema/verdict.js";
import { timeLeftMs } from "../agent/agent-time.js";
import type { Crew } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { loadMeasures } from "../state/grammars.js";
import { eventAt } from "../state/records.js";
import { stopIfKilled } from "../state/stop.js";
import { type CallRequest, type CarriedOut, resultEvent, violationEvents, violationsOf } from "./call-record.js";
import { gatherFacts, holdsCapability, movedFrom, withBase, writePolicies } from "./facts.js";
import { sandboxSetting } from "./verify.js";
import { keepAllowed } from "./write-call.js";

/** Refusals that an earlier state of the file, or code that moved, may lift. */
const LIMIT_CODES: ReadonlySet<string> = new Set([
  "ERROR_COMPLEXITY_VIOLATION",
  "ERROR_LENGTH_VIOLATION",
  "ERROR_PARSE",
  "ERROR_SUPPRESSION",
]);

/**
 * Runs an agent's shell command on a layer, judges what it did by the rules of a structured write, and keeps
 * it whole or discards it whole. A command interrupted by a person, or by the kill switch, leaves no result: it
 * runs again when the cycle continues.
 */
export async function runCommand(
  crew: Crew,
  request: CallRequest,
  { permit, keeps }: Pick<HostAttempt, "permit" | "keeps">,
): Promise<CarriedOut> {
  const { workspace } = request.place;
  if (workspace === undefined) return await refuse(request, "There is no workspace to run a command in.");
  const watch = watchCapability(crew, request);
  try {
    const ran = await start(crew, request, { workspace, permit, signal: watch.signal });
    try {
      stopIfKilled(crew);
      return await settle(crew, request, { keeps, ran, workspace });
    } finally {
      await ran.discard();
    }
  } finally {
    watch.end();
  }
}

async function refuse(request: CallRequest, content: string): Promise<CarriedOut> {
  await request.append([resultEvent(request, { content, is_error: true }, content)]);
  return { content, isError: true, effects: undefined };
}

/** Ends a running command the moment its agent is terminated, its capability revoked, or everything killed. */
function watchCapability(crew: Crew, request: CallRequest): { signal: AbortSignal; end(): void } {
  const revoked = new AbortController();
  const end = crew.store.subscribe(() => {
    if (!holdsCapability(crew, request.place.held)) revoked.abort();
  });
  return { signal: AbortSignal.any([crew.signal, revoked.signal]), end };
}

async function start(
  crew: Crew,
  request: CallRequest,
  at: { workspace: TaskWorkspace; permit: Permit; signal: AbortSignal },
): Promise<RanCommand> {
  const { workspace, permit, signal } = at;
  const args = request.proposal.what.args as ToolInput<"Bash">;
  const { write } = request.place.held.minted.capability;
  return await runCommandTool(
    permit,
    workspace,
    { callId: request.proposal.call_id, args },
    {
      setting: await sandboxSetting(crew, workspace),
      timeoutMs: Math.min(args.timeout ?? SHELL_TIMEOUT_MS, timeLeft(crew, request)),
      signal,
      scratch: {
        patterns: crew.plan.workspace.scratch,
        isDenied: (path) => workspace.isDenied(path) || hardDenied(path, crew.loadedFiles),
        named: write.filter((entry) => !isPattern(entry)),
      },
    },
  );
}

function timeLeft(crew: Crew, { place }: CallRequest): number {
  return Math.max(1, timeLeftMs(crew, place.held) ?? Number.MAX_SAFE_INTEGER);
}

interface Ran {
  readonly keeps: boolean;
  readonly ran: RanCommand;
  readonly workspace: TaskWorkspace;
}

async function settle(crew: Crew, request: CallRequest, at: Ran): Promise<CarriedOut> {
  const { keeps, ran } = at;
  const judged = await judgeRan(crew, request, at);
  if (judged.permit === undefined) return await discard(crew, request, { ran, judged });
  const { noted, fixes } = learn(crew, request, ran);
  return await keepAllowed(crew, noted, {
    keeps,
    permit: judged.permit,
    prepared: { argsHash: hashOf(ran.changes), changes: ran.keep },
    content: [describe(ran, keptText(ran)), ...fixes.map((line) => `Known fix: ${line}`)].join("\n\n"),
    command: resultOf(ran),
    alongside: () => ran.keepScratch(),
  });
}

/** What the command's end teaches is recorded with its result; fixes known for its errors are told after it. */
function learn(crew: Crew, request: CallRequest, ran: RanCommand): { noted: CallRequest; fixes: readonly string[] } {
  const { actor, run: cycle, task, execution = null } = request.records;
  const { command } = request.proposal.what.args as ToolInput<"Bash">;
  const { exit_code: exitCode, stdout, stderr } = resultOf(ran);
  const lesson = learnFromCommand(crew.store, { actor, cycle, task, execution }, { command, exitCode, stdout, stderr });
  const append: CallRequest["append"] = (events) => request.append([...events, ...lesson.events]);
  return { noted: { ...request, append }, fixes: lesson.fixes };
}

/** Judges the net effects by what is true now: the capability may have ended while the command ran. */
async function judgeRan(crew: Crew, request: CallRequest, { ran, workspace }: Ran): Promise<EffectJudgement> {
  const { facts } = await gatherFacts(crew, request.proposal, request.place);
  const paths = await Promise.all(ran.changes.map(({ path }) => observePath(workspace.worktree, path)));
  const { changes, images, modes, stopped } = ran;
  await loadMeasures(languagesOf(images));
  const effects: EffectFacts = {
    proposal: request.proposal,
    facts: { ...facts, paths, policies: writePolicies(crew, request.proposal) },
    changes,
    images,
    modes,
    ...(stopped === null ? {} : { stopped }),
  };
  const judged = judgeEffects(effects);
  if (!judged.denials.some(({ code }) => LIMIT_CODES.has(code))) return judged;
  const based = await withBase(workspace, images);
  const elsewhere = await movedFrom(workspace, based);
  return judgeEffects({ ...effects, images: based, facts: { ...effects.facts, elsewhere } });
}

/** Effect, a violation with its notice for each rule, and result in one transaction (S3:86-90). */
async function discard(
  crew: Crew,
  request: CallRequest,
  at: { ran: RanCommand; judged: EffectJudgement },
): Promise<CarriedOut> {
  const { ran, judged } = at;
  const { proposal, records } = request;
  const [changes, refused] = [[...ran.changes], [...judged.refused]];
  const content = describe(ran, discardText(judged.denials, ran));
  const reason = judged.denials
    .map(({ code, object }) => `${code} ${object}`)
    .join("; ")
    .slice(0, 500);
  await request.append([
    eventAt(records, "EFFECT_DISCARDED", { call_id: proposal.call_id, changes, refused, reason }),
    ...violationsOf(judged.denials).flatMap((violation) => violationEvents(crew, request, violation)),
    resultEvent(request, { content, is_error: true }, reason),
  ]);
  return {
    content,
    isError: true,
    effects: { kept: false, changes, refused },
    denials: judged.denials,
    command: resultOf(ran),
  };
}

function resultOf({ run, stopped }: RanCommand): CommandResult {
  const { exit_code, stdout, stderr } = run;
  return { exit_code: stopped === null ? exit_code : null, stdout, stderr };
}

function keptText({ keep }: RanCommand): string {
  if (keep.length === 0) return "It changed no file outside scratch.";
  return `Kept: ${keep.map(({ path, kind }) => `${path} (${kind})`).join(", ")}`;
}

function discardText(denials: readonly Denial[], { changes }: RanCommand): string {
  const all = changes.map(({ path, kind }) => `${oneLine(path)} (${kind})`).join(", ");
  const lost = changes.length === 0 ? "" : `\n\nNothing the command did was kept. It had changed: ${all}`;
  return `${renderDenials(denials)}${lost}`;
}

/** What the model reads: first what became of the command, then what it said. */
function describe({ run, stopped, excess }: RanCommand, became: string): string {
  const why = excess === undefined ? "" : `: ${excess}`;
  const end = stopped === null ? `Exit code: ${run.exit_code}` : `Stopped by a limit: ${stopped}${why}`;
  const said = [
    ["Standard output", run.stdout],
    ["Standard error", run.stderr],
  ]
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `${name}:\n${shorten(text ?? "")}`);
  return [became.slice(0, MAX_SHELL_OUTPUT_CHARS / 2), end, ...said].join("\n\n");
}

/** The beginning and the end: errors stand at either. */
function shorten(text: string): string {
  if (text.length <= MAX_SHELL_OUTPUT_CHARS) return text;
  const half = MAX_SHELL_OUTPUT_CHARS / 2;
  return `${text.slice(0, half)}\n(${text.length - 2 * half} characters left out)\n${text.slice(-half)}`;
}
