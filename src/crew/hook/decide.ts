import { relative } from "node:path";
import { readBelow } from "../../effect/disk/path-fact.js";
import { resolvePath } from "../../gate/path.js";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { sha256Hex } from "../../kernel/canonical.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { HookEventOf, HookOutput } from "../../schema/hook-event.js";
import { WRITING_TOOLS } from "../../schema/tool.js";
import type { Denial, DenialCode } from "../../schema/verdict.js";
import { performCall, trimInput } from "../call/call.js";
import { type CallOutcome, type CallRequest, resultEvent } from "../call/call-record.js";
import { proposeCall } from "../call/propose.js";
import { renderDenials } from "../state/denial-text.js";
import { allow, ask, deny } from "./answer.js";
import { type ClientCall, clientCall, isForeign } from "./client-call.js";
import { guardForeign, guardOutside, guardText } from "./guard.js";
import { clientPath, isBelow, PATH_MEMBERS } from "./named-path.js";
import { mayReview } from "./person-review.js";
import { callerOf, callPlaceOf, type HookPlace, recordsOf } from "./place.js";

type Call = HookEventOf<"PreToolUse">;

/** A call that was allowed and has not ended: what is to be recorded when it does. */
export interface PendingCall {
  readonly place: HookPlace;
  readonly request: CallRequest;
  /** Events not recorded yet: those of a look, which a crash loses nothing by. */
  readonly events: readonly AnyNewEvent[];
  /** The file it writes, and the SHA-256 it had before (null: missing). */
  readonly writes?: { readonly path: string; readonly before: string | null };
  /** Whether a person is asked: that the call is made is their answer. */
  readonly asked?: true;
  /** Set for a command that waits to be run behind the wall. */
  readonly command?: string;
}

/** What is to be done with a call. */
export interface CallDecision {
  readonly output: HookOutput;
  readonly pending?: PendingCall;
}

/** Gives the command line that runs a waiting command behind the wall, by the client's id for the call. */
export type RunLine = (toolUseId: string) => string;

/** Permission modes in which a person is asked where a hook says so. In others nobody is, or a model. */
const ASKED: ReadonlySet<string | undefined> = new Set([undefined, "default", "manual", "acceptEdits", "plan"]);

const SHELL_MEMBERS: ReadonlySet<string> = new Set(["timeout", "description", "run_in_background"]);

/** With no claimed task these alone are held against a call: nobody may do it, or it cannot be told. */
const GUARDED: ReadonlySet<DenialCode> = new Set<DenialCode>([
  "ERROR_HARD_DENY",
  "ERROR_DENIED_READ",
  "ERROR_PATH",
  "ERROR_KILLED",
  "ERROR_CAPABILITY",
  "ERROR_MISSING_FACT",
]);

/**
 * Decides a client's call by the same gate as those of a run. Touches nothing but the log; may throw, and whoever
 * answers the client then refuses.
 */
export async function decideCall(event: Call, place: HookPlace, runLine: RunLine): Promise<CallDecision> {
  if (!place.claimed && isForeign(event)) return { output: guardForeign(event, place) };
  const named = namePaths(event);
  if (typeof named === "string") return { output: deny(named) };
  const call = clientCall(named, place.workspace);
  if (!call.ok) return { output: deny(`ERROR_INVALID_INPUT: ${call.error}`) };
  switch (call.value.kind) {
    case "free":
      return { output: {} };
    case "foreign":
      return await throughGate(named, place, { tool: call.value.tool, args: named.tool_input });
    case "shell":
      return await decideShell(named, place, { call: call.value, runLine });
    default:
      return await decideFile(named, place, call.value);
  }
}

/** The call with its paths made absolute as the client means them; or why they are refused. */
function namePaths(event: Call): Call | string {
  const input = { ...event.tool_input };
  for (const member of PATH_MEMBERS) {
    const value = input[member];
    if (value === undefined) continue;
    const path = clientPath(value, event.cwd);
    if (!path.ok) return `ERROR_PATH: Path refused: ${path.error}\nremedy: Name the file by its absolute path.`;
    input[member] = path.value;
  }
  return { ...event, tool_input: input };
}

async function decideFile(
  event: Call,
  place: HookPlace,
  call: Extract<ClientCall, { kind: "gate" }>,
): Promise<CallDecision> {
  const outside = place.claimed ? undefined : guardOutside(call.args, place, event);
  return outside === undefined ? await throughGate(event, place, call) : { output: outside };
}

/** A command runs on a layer behind the wall; without one a person is asked, where no task is claimed. */
async function decideShell(
  event: Call,
  place: HookPlace,
  { call, runLine }: { call: Extract<ClientCall, { kind: "shell" }>; runLine: RunLine },
): Promise<CallDecision> {
  if (!place.claimed && (call.outside || !place.crew.confines)) return { output: askForCommand(event, place, call) };
  const command = fromFolder(call.args.command, event.cwd, place);
  const decided = await throughGate(event, place, { tool: "Bash", args: { ...call.args, command } });
  if (decided.pending === undefined) return decided;
  const pending = { ...decided.pending, events: [], command };
  const updatedInput = { ...aboutTheShell(event.tool_input), command: runLine(event.tool_use_id) };
  return { output: withInput(decided.output, updatedInput), pending };
}

/** What the client's own shell may be told: nothing that sets how the program is started which leads behind the wall. */
function aboutTheShell(input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => SHELL_MEMBERS.has(name)));
}

/** A session may stand in a folder of the workspace; a command behind the wall begins at its root. */
function fromFolder(command: string, cwd: string, { workspace: { shownRoot } }: HookPlace): string {
  const folder = isBelow(cwd, shownRoot) ? relative(shownRoot, cwd) : "";
  return folder === "" ? command : `cd '${folder.replaceAll("'", "'\\''")}' || exit\n${command}`;
}

/** Allowed, or asked for: the command that is run is the one that leads behind the wall. */
function withInput({ hookSpecificOutput }: HookOutput, updatedInput: Record<string, unknown>): HookOutput {
  const said = hookSpecificOutput ?? allow({}).hookSpecificOutput;
  return said === undefined ? {} : { hookSpecificOutput: { ...said, updatedInput } };
}

function askForCommand(event: Call, { crew }: HookPlace, { args }: Extract<ClientCall, { kind: "shell" }>): HookOutput {
  const refused = guardText(args.command);
  if (refused !== undefined) return deny(refused);
  const why = crew.confines ? "it asks to run outside worknode's sandbox" : "this machine has no sandbox for it";
  if (!ASKED.has(event.permission_mode))
    return deny(`ERROR_REVIEW: ${why}, and in this permission mode no person is asked.`);
  return ask(`worknode: ${why}. A person decides.`);
}

async function throughGate(
  event: Call,
  place: HookPlace,
  { tool, args: given }: { tool: string; args: Record<string, unknown> },
): Promise<CallDecision> {
  const writes = WRITING_TOOLS.has(tool) ? writtenFile(given, place) : undefined;
  const { args } = trimInput(tool, given);
  const events: AnyNewEvent[] = [];
  const records = recordsOf(place, event.session_id, event.tool_use_id);
  const request: CallRequest = {
    proposal: proposeCall(records.execution, tool, args, callerOf(place)),
    place: callPlaceOf(place),
    records,
    toolUseId: event.tool_use_id,
    dryRun: true,
    append: async (more) => void events.push(...more),
  };
  const outcome = await performCall(place.crew, request);
  const pending = { place, request, events, ...(writes === undefined ? {} : { writes }) };
  return place.claimed ? answerClaimed(event, pending, outcome) : answerGuarded(pending, outcome);
}

/**
 * The gate's verdict, recorded before the client is told it, but not waited for on disk: the client forces to disk nothing of what
 * it does then either (ADR 12). A look's is recorded with its result, as a crash loses nothing by it.
 */
function answerClaimed(event: Call, call: PendingCall, outcome: CallOutcome): CallDecision {
  const { denials, risk } = outcome.judgement;
  const asked = isForPerson(event, call.place, outcome);
  if (denials.length > 0 && !asked) return denied(call, denials);
  const waits = call.writes === undefined && !asked;
  if (!waits) call.place.crew.store.accept(call.events);
  const events = waits ? call.events : [];
  if (!asked) return { output: allow({}), pending: { ...call, events } };
  const why = denials.map(({ message }) => message).join("; ");
  return { output: ask(`worknode: ${why} (risk ${risk}).`), pending: { ...call, events, asked: true } };
}

function answerGuarded(call: PendingCall, { judgement }: CallOutcome): CallDecision {
  const denials = judgement.denials.filter(({ code }) => GUARDED.has(code));
  return denials.length > 0 ? denied(call, denials) : { output: {}, pending: { ...call, events: [] } };
}

function denied({ place, request, events }: PendingCall, denials: readonly Denial[]): CallDecision {
  const content = renderDenials(denials);
  const result = resultEvent(request, { content, is_error: true }, "the gate denied it");
  place.crew.store.accept([...events, result]);
  return { output: deny(content) };
}

/** Whether a sign-off is all that is missing, and the client can ask a person who may give it. */
function isForPerson({ permission_mode: mode }: Call, place: HookPlace, { judgement }: CallOutcome): boolean {
  const waits = judgement.verdict.outcome === "EscalationRequired" && judgement.requires.length > 0;
  return waits && judgement.humans <= 1 && ASKED.has(mode) && mayReview(place);
}

function writtenFile(args: Record<string, unknown>, { workspace }: HookPlace): PendingCall["writes"] {
  const path = resolvePath(String(args["file_path"]), workspace.shownRoot);
  if (!path.ok) return undefined;
  const content = readBelow(workspace.worktree, path.value, MAX_FILE_BYTES);
  return { path: path.value, before: content === null ? null : sha256Hex(content) };
}
