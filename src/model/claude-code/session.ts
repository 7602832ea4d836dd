import type { ProgramEnd, ProgramProcess, ProgramStart } from "../../effect/program/claude-program.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { Message, ModelReply, TextBlock, ToolResultBlock, Usage } from "../../schema/message.js";
import { isToolUse } from "../../schema/message.js";
import { protocolFailure } from "../classify.js";
import type { ModelFailure } from "../failure.js";
import { assembleReply, type ReplyAssembly } from "../reply-assembly.js";
import type { AttemptOptions, ModelClient, ModelRequest } from "../request.js";
import { argumentsFor, environmentFor } from "./arguments.js";
import { claudeFailure, failureOfText } from "./failures.js";
import { answerLine, type ClaudeLine, readLine, userLine } from "./lines.js";
import { newestText, wholeText } from "./opening-text.js";
import { callIds, ownCall } from "./own-call.js";
import { added, NOTHING, sum } from "./stray-usage.js";
import { isOurs, openToolServer, SERVER, type ToolServer } from "./tool-server.js";

/** Longest silence while a reply is awaited (ms). */
const SILENCE_MS = 10 * 60_000;
/** What it says when it has no record of the session it is to resume. */
const NO_RECORD = /No conversation found/;

/** How a session is held. */
export interface ClaudeSessionOptions {
  readonly path: string;
  /** Where it runs: an empty folder, always the same, as its records are found by it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Id of a session begun before, to be resumed. */
  readonly resume: string | undefined;
  /** Makes the id of a new session, a UUID. */
  newSessionId(): string;
  /** Told of each start, before it. */
  onStart(session: { id: string; resumed: boolean }): void;
  start(what: ProgramStart): ProgramProcess;
  readonly silenceMs?: number;
}

/** A conversation with Claude Code as a client of its model. */
export interface ClaudeSession extends ModelClient {
  /** Ends the program and waits for its end, and for that of those ended before. The session can be resumed. */
  close(): Promise<void>;
}

/** One run of the program. */
interface Run {
  readonly process: ProgramProcess;
  readonly tools: ToolServer;
  /** What it was told begins a session that it has a record of. */
  readonly resuming: boolean;
  /** Blocks of the user's that it has. */
  seen: number;
  /** Its own ids of calls that had to be renamed, by their new ones. */
  readonly renamed: Map<string, string>;
  assembly: ReplyAssembly;
  /** Whether a reply has begun. */
  begun: boolean;
  said: string;
}

interface State {
  readonly options: ClaudeSessionOptions;
  run: Run | undefined;
  /** Comes when all programs that were ended are gone. */
  gone: Promise<unknown>;
  /** The session whose record has all but the newest message; undefined where a new one must be told everything. */
  id: string | undefined;
  asked: { request: ModelRequest; attempt: AttemptOptions; settle: Settle } | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Usage of requests that were not asked for, charged with the next reply. */
  stray: Usage;
}

type Settle = (result: Result<ModelReply, ModelFailure>) => void;

/**
 * Holds a session with the user's own Claude Code, seen as a client of the Messages API: each attempt gives it the
 * results of the calls it waits for (or a message of the user) and takes its model's next reply, as it streamed.
 *
 *     attempt ──► results ──► the program asks its model ──► stream_event … message_stop ──► reply
 *
 * It has no tools of its own (`--tools ''`): the model's calls are for the one MCP server that is this process. A call
 * is carried out by whoever asked for the reply, through the gate, and answered with what was recorded; until then the
 * program waits and cannot ask its model again. A request it begins without being asked ends it (fails closed); the
 * next attempt resumes the session.
 */
export function openClaudeSession(options: ClaudeSessionOptions): ClaudeSession {
  const state: State = {
    options,
    run: undefined,
    gone: Promise.resolve(),
    id: options.resume,
    asked: undefined,
    timer: undefined,
    stray: NOTHING,
  };
  return {
    attempt: (request, attempt) => ask(state, request, attempt),
    async close() {
      end(state);
      await state.gone;
    },
  };
}

async function ask(
  state: State,
  request: ModelRequest,
  attempt: AttemptOptions,
): Promise<Result<ModelReply, ModelFailure>> {
  const cancel = (): void => fail(state, claudeFailure("aborted", "the request was cancelled", CHARGED));
  try {
    return await new Promise((settle) => {
      state.asked = { request, attempt, settle };
      attempt.signal?.addEventListener("abort", cancel, { once: true });
      if (attempt.signal?.aborted === true) return cancel();
      watch(state);
      if (state.run === undefined) begin(state, request);
      else goOn(state.run, request.messages);
    });
  } finally {
    attempt.signal?.removeEventListener("abort", cancel);
    clearTimeout(state.timer);
  }
}

const CHARGED = { bytesReceived: false, charged: true } as const;

/** Starts the program: with the session it has a record of, or with a new one that is told everything. */
function begin(state: State, request: ModelRequest): void {
  const { options } = state;
  const resuming = state.id !== undefined;
  const id = state.id ?? options.newSessionId();
  state.id = id;
  options.onStart({ id, resumed: resuming });
  const mine = (): boolean => state.run === run;
  const process = options.start({
    path: options.path,
    args: [...argumentsFor(request), resuming ? "--resume" : "--session-id", id],
    cwd: options.cwd,
    env: environmentFor(request, { env: options.env, headers: { ...state.asked?.attempt.headers } }),
    onLine: (line) => {
      if (mine()) hear(state, run, line);
    },
  });
  const tools = openToolServer(request.tools, (line) => process.send(line));
  const seen = userBlocks(request.messages).length;
  const fresh = { renamed: new Map<string, string>(), assembly: assembleReply(), begun: false, said: "" };
  const run: Run = { process, tools, resuming, seen, ...fresh };
  state.run = run;
  void process.ended.then((how) => {
    if (mine()) ended(state, run, how);
  });
  process.send(userLine(resuming ? newestText(request.messages) : wholeText(request.messages)));
}

/** What the user's side has said, calls' results among it; messages are joined where nothing was said between them. */
function userBlocks(messages: readonly Message[]): (TextBlock | ToolResultBlock)[] {
  return messages.flatMap(({ role, content }) => (role === "user" ? content : []));
}

/** Gives a program under way what was added to the conversation since. */
function goOn(run: Run, messages: readonly Message[]): void {
  const blocks = userBlocks(messages);
  const fresh = blocks.slice(run.seen);
  run.seen = blocks.length;
  run.assembly = assembleReply();
  run.begun = false;
  run.said = "";
  const texts = fresh.filter((block) => block.type === "text");
  const results = fresh.filter((block) => block.type === "tool_result");
  run.tools.give(
    results.map((each) => ({ ...each, tool_use_id: run.renamed.get(each.tool_use_id) ?? each.tool_use_id })),
  );
  if (texts.length > 0) run.process.send(userLine(texts.map(({ text }) => text).join("\n\n")));
}

function hear(state: State, run: Run, line: string): void {
  if (state.asked !== undefined) watch(state);
  const heard = readLine(line);
  if (heard === undefined) return;
  const fault = typeof heard === "string" ? heard : understand(state, run, heard);
  if (fault !== undefined) fail(state, protocolFailure(fault));
}

/** Acts on a line; a string says how it breaks the protocol. */
function understand(state: State, run: Run, line: ClaudeLine): string | undefined {
  switch (line.type) {
    case "control_request":
      return answer(run, line);
    case "stream_event":
      if (line.parent_tool_use_id !== null) return "it has started an agent of its own";
      return takeEvent(state, run, line.event);
    case "assistant":
      note(run, line);
      return undefined;
    default:
      if (line.is_error) fail(state, failureOfText(run.said || line.result || line.subtype, run.begun));
      return undefined;
  }
}

/** What it has to say itself may be why a turn fails. */
function note(run: Run, { message }: Extract<ClaudeLine, { type: "assistant" }>): void {
  if (message.model === "<synthetic>") run.said = message.content.map(({ text = "" }) => text).join("\n");
}

/** An MCP message for our server is answered; whatever else it asks for is refused. */
function answer(
  run: Run,
  { request_id, request }: Extract<ClaudeLine, { type: "control_request" }>,
): string | undefined {
  const { subtype, server_name, message } = request;
  if (subtype === "mcp_message" && server_name === SERVER && message !== undefined)
    return run.tools.take(request_id, message);
  run.process.send(answerLine(request_id, { error: `${subtype} is not offered` }));
  return undefined;
}

function takeEvent(state: State, run: Run, event: unknown): string | undefined {
  run.begun = true;
  const fault = run.assembly.take(event);
  if (state.asked === undefined) {
    state.stray = added(state.stray, event);
    end(state);
    return undefined;
  }
  if (fault !== undefined) return fault;
  const whole = run.assembly.finish();
  if (whole === undefined) return undefined;
  if (!whole.ok) return whole.error;
  deliver(state, run, whole.value);
  return undefined;
}

/** Hands a whole reply on. A program that would now go on by itself is ended. */
function deliver(state: State, run: Run, reply: ModelReply): void {
  const calls = reply.content.filter(isToolUse);
  const waits = reply.stop_reason === "tool_use" && calls.length > 0 && calls.every(({ name }) => isOurs(name));
  const rests = reply.stop_reason === "end_turn" && calls.length === 0;
  const taken = callIds(state.asked?.request.messages ?? []);
  const content = reply.content.map((block) => (isToolUse(block) ? ownCall(run.renamed, block, taken) : block));
  const usage = sum(reply.usage, state.stray);
  state.stray = NOTHING;
  if (!waits && !rests) end(state);
  settle(state, ok({ ...reply, content, usage }));
}

/** The program ended by itself. Where it had no record of the session, a new one is told everything. */
function ended(state: State, run: Run, { code, stderr }: ProgramEnd): void {
  state.run = undefined;
  const { asked } = state;
  if (asked === undefined) return;
  if (run.resuming && !run.begun && NO_RECORD.test(stderr)) {
    state.id = undefined;
    begin(state, asked.request);
    return;
  }
  const said = [run.said, stderr.trim()].filter((text) => text !== "").join(" ");
  fail(state, failureOfText(`it ended (${code ?? "killed"}). ${said}`, run.begun));
}

/** What a failed attempt left in the session's record is not known: the next one begins a new session. */
function fail(state: State, failure: ModelFailure): void {
  state.id = undefined;
  end(state);
  settle(state, err(failure));
}

/** Ends the program by force; what it still says is not heard. */
function end(state: State): void {
  const { run } = state;
  state.run = undefined;
  run?.process.kill();
  state.gone = Promise.all([state.gone, run?.process.ended]);
}

function settle(state: State, result: Result<ModelReply, ModelFailure>): void {
  const { asked } = state;
  state.asked = undefined;
  asked?.settle(result);
}

function watch(state: State): void {
  clearTimeout(state.timer);
  const { silenceMs = SILENCE_MS } = state.options;
  const silent = claudeFailure("timeout", "it stayed silent for too long", CHARGED);
  state.timer = setTimeout(() => fail(state, silent), silenceMs);
}
