import { afterEach, describe, expect, it, vi } from "vitest";
import type { ProgramEnd, ProgramStart } from "../../../src/effect/program/claude-program.js";
import { type ClaudeSession, openClaudeSession } from "../../../src/model/claude-code/session.js";
import { openToolServer } from "../../../src/model/claude-code/tool-server.js";
import { requestHeaders } from "../../../src/model/request.js";
import type { Message } from "../../../src/schema/message.js";

/** A program in the test's hands: what it was told, and a way to let it speak and end. */
interface Program extends ProgramStart {
  readonly told: { type: string; message?: { content: string }; response?: Record<string, never> }[];
  killed: boolean;
  say(line: object | string): void;
  end(how: ProgramEnd): void;
}

const ASKED: Message = { role: "user", content: [{ type: "text", text: "Write it" }] };
const request = (...messages: Message[]) => ({
  model: "m",
  system: "s",
  tools: [{ name: "Write", description: "d", input_schema: { type: "object" } }],
  messages,
  maxTokens: 10,
});
const headers = requestHeaders({ agent: "a", tier: "implementation", task: "T", execution: "1:T:work:1:1" });
const said = (id: string, text: string): Message => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: id, content: text }],
});
const called = (...ids: string[]): Message => ({
  role: "assistant",
  content: ids.map((id) => ({ type: "tool_use", id, name: "Write", input: {} })),
});

function open({ lingers = false, ...more }: { resume?: string; silenceMs?: number; lingers?: boolean } = {}): {
  session: ClaudeSession;
  programs: Program[];
  begun: { id: string; resumed: boolean }[];
  ask: (...messages: Message[]) => ReturnType<ClaudeSession["attempt"]>;
} {
  const programs: Program[] = [];
  const begun: { id: string; resumed: boolean }[] = [];
  let count = 0;
  const session = openClaudeSession({
    path: "claude",
    cwd: "/",
    env: {},
    resume: undefined,
    newSessionId: () => `s${++count}`,
    onStart: (what) => begun.push(what),
    start: (what) => {
      let end: (how: ProgramEnd) => void = () => undefined;
      const ended = new Promise<ProgramEnd>((done) => {
        end = done;
      });
      const program: Program = {
        ...what,
        told: [],
        killed: false,
        say: (line) => what.onLine(typeof line === "string" ? line : JSON.stringify(line)),
        end,
      };
      programs.push(program);
      const kill = (): void => {
        program.killed = true;
        if (!lingers) end({ code: null, stderr: "" });
      };
      return { send: (line) => void program.told.push(JSON.parse(line) as never), kill, ended };
    },
    ...more,
  });
  return { session, programs, begun, ask: (...messages) => session.attempt(request(...messages), { headers }) };
}

const event = (type: string, more: object = {}): object => ({
  type: "stream_event",
  event: { type, ...more },
  parent_tool_use_id: null,
});
const start = (input = 5): object =>
  event("message_start", { message: { id: "msg", model: "m", usage: { input_tokens: input, output_tokens: 1 } } });

/** The lines of a whole reply. */
function reply(calls: { id: string; name: string }[], stop = calls.length > 0 ? "tool_use" : "end_turn"): object[] {
  const blocks = calls.flatMap(({ id, name }, index) => [
    event("content_block_start", { index, content_block: { type: "tool_use", id, name, input: {} } }),
    event("content_block_stop", { index }),
  ]);
  const end = event("message_delta", { delta: { stop_reason: stop }, usage: { output_tokens: 2 } });
  return [start(), ...blocks, end, event("message_stop")];
}

const WRITE = { id: "t1", name: "mcp__worknode__Write" };
const mcp = (method: string, params: object = {}): object => ({
  type: "control_request",
  request_id: `r-${method}`,
  request: { subtype: "mcp_message", server_name: "worknode", message: { jsonrpc: "2.0", id: 7, method, params } },
});
const call = (id: string): object =>
  mcp("tools/call", { name: "Write", arguments: {}, _meta: { "claudecode/toolUseId": id } });

function speak(program: Program | undefined, lines: readonly (object | string)[]): void {
  for (const line of lines) program?.say(line);
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
const synthetic = (text: string, model = "<synthetic>"): object => ({
  type: "assistant",
  message: { model, content: [{ type: "text", text }] },
});
afterEach(() => vi.useRealTimers());

describe("a session with Claude Code", () => {
  it("answers a call with the result recorded for it, and not before there is one", async () => {
    const { programs, ask, session } = open();
    const first = ask(ASKED);
    const [program] = programs;
    speak(program, [mcp("tools/list"), ...reply([WRITE]), call("t1")]);
    expect(await first).toMatchObject({ ok: true, value: { content: [{ id: "t1", name: "Write" }] } });
    expect(program?.told.map(({ type }) => type)).toEqual(["user", "control_response"]);
    const second = ask(ASKED, called("t1"), said("t1", "written"));
    expect(JSON.stringify(program?.told.at(-1))).toContain('"text":"written"');
    speak(program, reply([]));
    expect((await second).ok).toBe(true);
    const nudged = ask(ASKED, called("t1"), said("t1", "written"), { role: "assistant", content: [] }, ASKED);
    expect(program?.told.at(-1)).toMatchObject({ type: "user", message: { content: "Write it" } });
    speak(program, reply([]));
    expect((await nudged).ok).toBe(true);
    expect([programs.length, program?.killed]).toEqual([1, false]);
    await session.close();
    expect(program?.killed).toBe(true);
  });

  it("answers a repeated id with its own result, under a name of its own", async () => {
    const { programs, ask } = open();
    const first = ask(ASKED);
    speak(programs[0], reply([WRITE]));
    await first;
    const second = ask(ASKED, called("t1"), said("t1", "one"));
    speak(programs[0], [call("t1"), ...reply([WRITE]), call("t1")]);
    expect(await second).toMatchObject({ value: { content: [{ id: "t1_2" }] } });
    const answers = programs[0]?.told.length;
    const third = ask(ASKED, called("t1"), said("t1", "one"), called("t1_2"), said("t1_2", "two"));
    expect(programs[0]?.told.length).toBe((answers ?? 0) + 1);
    expect(JSON.stringify(programs[0]?.told.at(-1))).toContain('"text":"two"');
    speak(programs[0], reply([]));
    await third;
  });

  it("ends a program that asks its model unasked, charges what that took, and resumes the session", async () => {
    const { programs, ask, begun } = open();
    const first = ask(ASKED);
    speak(programs[0], [...reply([WRITE]), start(90)]);
    await first;
    expect(programs[0]?.killed).toBe(true);
    const second = ask(ASKED, called("t1"), said("t1", "written"));
    expect(programs[1]?.args).toContain("--resume");
    expect(programs[1]?.told[0]?.message?.content).toBe(
      "You were interrupted. Your last reply was:\n(call t1) Write {}\n\nResult of your call t1:\nwritten",
    );
    speak(programs[1], reply([]));
    expect(await second).toMatchObject({ value: { usage: { input_tokens: 95, output_tokens: 3 } } });
    const third = ask(ASKED, called("t1"), said("t1", "written"), { role: "assistant", content: [] }, ASKED);
    speak(programs[1], reply([]));
    expect(await third).toMatchObject({ value: { usage: { input_tokens: 5, output_tokens: 2 } } });
    expect(begun).toEqual([
      { id: "s1", resumed: false },
      { id: "s1", resumed: true },
    ]);
  });

  it.each([
    ["a tool of its own", reply([{ id: "t1", name: "Bash" }])],
    ["a call beside one of its own", reply([WRITE, { id: "t2", name: "Bash" }])],
    ["a tool of another server", reply([{ id: "t1", name: "mcp__other__Write" }])],
    ["a reply cut by its limit", reply([WRITE], "max_tokens")],
    ["a pause", reply([], "pause_turn")],
  ])("ends a program that would go on by itself after %s", async (_what, lines) => {
    const { programs, ask } = open();
    const first = ask(ASKED);
    speak(programs[0], lines);
    expect((await first).ok).toBe(true);
    expect(programs[0]?.killed).toBe(true);
  });

  it("grants nothing that is asked for otherwise", async () => {
    const { programs, ask } = open();
    const first = ask(ASKED);
    const asked = { type: "control_request", request_id: "p", request: { subtype: "can_use_tool" } };
    const list = { server_name: "worknode", message: { jsonrpc: "2.0", id: 1, method: "tools/list" } };
    const others = [
      { subtype: "mcp_message", ...list, server_name: "other" },
      { subtype: "can_use_tool", ...list },
    ].map((request) => ({ type: "control_request", request_id: "o", request }));
    speak(programs[0], [...others, asked, mcp("resources/list"), mcp("toString"), ...reply([])]);
    await first;
    const told = programs[0]?.told.slice(1);
    expect(told).toMatchObject([
      { response: { subtype: "error", error: "mcp_message is not offered" } },
      { response: { subtype: "error", error: "can_use_tool is not offered" } },
      { response: { subtype: "error", error: "can_use_tool is not offered" } },
      { response: { response: { mcp_response: { error: { code: -32_601 } } } } },
      { response: { response: { mcp_response: { error: { code: -32_601 } } } } },
    ]);
  });

  it.each([
    ["no JSON", "no JSON"],
    ["a form not known", { type: "control_request" }],
    ["an agent of its own", { ...start(), parent_tool_use_id: "t" }],
    ["an event out of order", event("message_stop")],
    ["a call of no known id", mcp("tools/call", { name: "Write" })],
  ])("ends with a protocol failure on %s", async (_what, line) => {
    const { programs, ask } = open();
    const first = ask(ASKED);
    programs[0]?.say(line);
    expect(await first).toMatchObject({ ok: false, error: { failure_class: "protocol", retry: "never" } });
    expect(programs[0]?.killed).toBe(true);
  });

  it.each([
    ["Failed to authenticate. API Error: 401 nope", "auth", false],
    ["API Error: 529 busy", "overloaded", false],
    ["Not logged in · Please run /login", "auth", false],
    ["API Error: Unable to connect to API (ECONNREFUSED)", "transport", false],
    ["something else", "transport", true],
  ])("tells what went wrong from what it says: %s", async (text, failure_class, charged) => {
    const { programs, ask, begun } = open();
    const first = ask(ASKED);
    speak(programs[0], [synthetic(text), { type: "result", subtype: "success", is_error: true }]);
    expect(await first).toMatchObject({ ok: false, error: { failure_class, charged } });
    const second = ask(ASKED);
    expect(begun.at(-1)).toEqual({ id: "s2", resumed: false });
    speak(programs[1], reply([]));
    expect((await second).ok).toBe(true);
  });

  it("tells how it ended where it ended by itself", async () => {
    const { programs, ask } = open();
    const first = ask(ASKED);
    programs[0]?.end({ code: 3, stderr: "unknown option --tools" });
    expect(await first).toMatchObject({
      error: { failure_class: "transport", message: "Claude Code: it ended (3). unknown option --tools" },
    });
  });

  it("tells a new session everything where the one to resume is gone", async () => {
    const { programs, ask, begun } = open({ resume: "old" });
    const first = ask(ASKED, called("t1"), said("t1", "written"));
    expect(programs[0]?.told[0]?.message?.content).toBe(
      "You were interrupted. Your last reply was:\n(call t1) Write {}\n\nResult of your call t1:\nwritten",
    );
    programs[0]?.end({ code: 1, stderr: "No conversation found with session ID: old" });
    await Promise.resolve();
    await Promise.resolve();
    const text = programs[1]?.told[0]?.message?.content;
    expect(text).toMatch(/^Write it\n[^]*You said:\n\(call t1\) Write \{\}\n\nResult of your call t1:\nwritten$/);
    expect(begun).toEqual([
      { id: "old", resumed: true },
      { id: "s1", resumed: false },
    ]);
    speak(programs[1], reply([]));
    expect((await first).ok).toBe(true);
  });

  it("ends a program that stays silent, and one whose caller left", async () => {
    const silent = open({ silenceMs: 1 });
    expect(await silent.ask(ASKED)).toMatchObject({ error: { failure_class: "timeout", charged: true } });
    expect(silent.programs[0]?.killed).toBe(true);
    const left = open();
    const stop = new AbortController();
    const first = left.session.attempt(request(ASKED), { headers, signal: stop.signal });
    stop.abort();
    expect(await first).toMatchObject({ error: { failure_class: "aborted" } });
    expect(left.programs[0]?.killed).toBe(true);
    expect(await left.session.attempt(request(ASKED), { headers, signal: stop.signal })).toMatchObject({
      error: { failure_class: "aborted" },
    });
    expect(left.programs).toHaveLength(1);
  });

  it("hears no more of a program that it ended, and is not ended by its end", async () => {
    const { programs, ask } = open({ lingers: true });
    const first = ask(ASKED);
    programs[0]?.say("no JSON");
    expect((await first).ok).toBe(false);
    const second = ask(ASKED);
    speak(programs[0], [synthetic("API Error: 401"), ...reply([WRITE]), "no JSON"]);
    programs[0]?.end({ code: 3, stderr: "boom" });
    await turn();
    speak(programs[1], reply([]));
    expect(await second).toMatchObject({ ok: true, value: { content: [] } });
    expect(programs[1]?.killed).toBe(false);
  });

  it("waits for the end of the program it closes", async () => {
    const { programs, ask, session } = open({ lingers: true });
    const first = ask(ASKED);
    speak(programs[0], reply([]));
    await first;
    let closed = false;
    const closing = session.close().then(() => (closed = true));
    await turn();
    expect([programs[0]?.killed, closed]).toEqual([true, false]);
    programs[0]?.end({ code: null, stderr: "" });
    expect(await closing).toBe(true);
  });

  it("waits for the end of those it ended before, too", async () => {
    const { programs, ask, session } = open({ lingers: true });
    for (const at of [0, 1]) {
      const asked = ask(ASKED);
      programs[at]?.say("no JSON");
      await asked;
    }
    let closed = false;
    const closing = session.close().then(() => (closed = true));
    for (const program of programs) {
      await turn();
      expect([program.killed, closed]).toEqual([true, false]);
      program.end({ code: null, stderr: "" });
    }
    expect(await closing).toBe(true);
  });

  it("takes a missing record for one only where it resumes and nothing was said yet", async () => {
    const gone = { code: 1, stderr: "No conversation found with session ID: x" };
    const fresh = open();
    const first = fresh.ask(ASKED);
    fresh.programs[0]?.end(gone);
    expect(await first).toMatchObject({ ok: false, error: { failure_class: "transport" } });
    const begun = open({ resume: "old" });
    const second = begun.ask(ASKED);
    begun.programs[0]?.say(start());
    begun.programs[0]?.end(gone);
    expect(await second).toMatchObject({ ok: false, error: { failure_class: "stream_cut" } });
    expect([fresh.programs.length, begun.programs.length]).toEqual([1, 1]);
  });

  it("is patient while it hears something, and after a reply", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { programs, ask } = open({ silenceMs: 100 });
    const first = ask(ASKED);
    for (let n = 0; n < 5; n += 1) {
      vi.advanceTimersByTime(60);
      programs[0]?.say({ type: "system" });
    }
    speak(programs[0], reply([WRITE]));
    expect((await first).ok).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect(programs[0]?.killed).toBe(false);
    const second = ask(ASKED, called("t1"), said("t1", "written"));
    vi.advanceTimersByTime(101);
    expect(await second).toMatchObject({ error: { failure_class: "timeout" } });
  });

  it("tells of a turn what was said in it alone, and of no reply that it was a fault", async () => {
    const { programs, ask } = open();
    const first = ask(ASKED);
    speak(programs[0], [synthetic("API Error: 401"), ...reply([WRITE])]);
    expect((await first).ok).toBe(true);
    const second = ask(ASKED, called("t1"), said("t1", "written"));
    programs[0]?.say(synthetic("API Error: 401", "m"));
    programs[0]?.end({ code: 3, stderr: "" });
    expect(await second).toMatchObject({
      error: { failure_class: "transport", bytesReceived: false, message: "Claude Code: it ended (3). " },
    });
  });
});

describe("the tools of a session", () => {
  const asks = (id: string) => ({
    id: 7,
    method: "tools/call",
    params: { _meta: { "claudecode/toolUseId": id } },
  });
  const result = (content: string, more = {}) =>
    ({ type: "tool_result", tool_use_id: "t1", content, ...more }) as const;

  it("answer a call once, and say of an error that it is one", () => {
    const sent: string[] = [];
    const tools = openToolServer([], (line) => sent.push(line));
    tools.take("r1", asks("t1"));
    tools.give([result("no", { is_error: true })]);
    tools.give([result("late")]);
    expect(sent.map((line) => JSON.parse(line) as object)).toMatchObject([
      { response: { request_id: "r1", response: { mcp_response: { result: { isError: true } } } } },
    ]);
    tools.take("r2", asks("t1"));
    expect(sent).toHaveLength(2);
    expect(sent[1]).toContain('"isError":false');
    expect(sent[1]).toContain("late");
  });
});
