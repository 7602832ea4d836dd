import { expect, it } from "vitest";
import { argumentsFor, environmentFor } from "../../../src/model/claude-code/arguments.js";
import { claudeFailure } from "../../../src/model/claude-code/failures.js";
import { readLine } from "../../../src/model/claude-code/lines.js";
import { newestText, wholeText } from "../../../src/model/claude-code/opening-text.js";
import { ownCall } from "../../../src/model/claude-code/own-call.js";
import { added, NOTHING } from "../../../src/model/claude-code/stray-usage.js";
import type { Message } from "../../../src/schema/message.js";

const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });
const assistant = (text: string): Message => ({ role: "assistant", content: [{ type: "text", text }] });

it("starts the program with none of its own tools, settings, servers or commands, and nobody to ask", () => {
  const args = argumentsFor({ model: "m", system: "--dangerously-skip-permissions" });
  const after = (name: string): string | undefined => args[args.indexOf(name) + 1];
  const values = ["--setting-sources", "--tools", "--permission-mode", "--allowedTools", "--model"].map(after);
  expect(values).toEqual(["", "", "dontAsk", "mcp__worknode", "m"]);
  expect(args).toEqual(expect.arrayContaining(["-p", "--strict-mcp-config", "--disable-slash-commands"]));
  expect(JSON.parse(after("--mcp-config") ?? "")).toEqual({
    mcpServers: { worknode: { type: "sdk", name: "worknode" } },
  });
  expect(args.at(-1)).toBe("--system-prompt=--dangerously-skip-permissions");
});

it("gives it the login it was given, the length of a reply and whose request it is", () => {
  const headers = { "x-one": "1", "x-two": "2" };
  expect(environmentFor({ maxTokens: 10 }, { env: { HOME: "/h" }, headers })).toEqual({
    HOME: "/h",
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: "10",
    ANTHROPIC_CUSTOM_HEADERS: "x-one: 1\nx-two: 2",
  });
});

it("reads what it knows, passes over information, and says of the rest that it breaks the protocol", () => {
  expect(readLine('{"type":"system"}')).toBeUndefined();
  for (const line of ["7", "null", '"text"', "{}", "[]", "x", '{"type":"result","is_error":1}'])
    expect(typeof readLine(line), line).toBe("string");
});

it("gives two calls of one id in one reply two names", () => {
  const renamed = new Map<string, string>();
  const taken = new Set<string>();
  const call = { type: "tool_use", id: "t", name: "mcp__worknode__Read", input: {} } as const;
  expect([1, 2, 3].map(() => ownCall(renamed, call, taken).id)).toEqual(["t", "t_2", "t_3"]);
  expect([...renamed]).toEqual([
    ["t_2", "t"],
    ["t_3", "t"],
  ]);
});

it("tells a session that resumes where it stood, with what failed as such, and a new one the end of a long story", () => {
  expect(newestText([])).toBe("Go on.");
  expect(newestText([user("a"), assistant("b")])).toBe("You were interrupted. Your last reply was:\nb\n\nGo on.");
  const failed = { type: "tool_result", tool_use_id: "t", content: "no", is_error: true } as const;
  expect(newestText([{ role: "user", content: [failed] }])).toBe("Error of your call t:\nno");
  const long = wholeText([user("first"), assistant("x".repeat(500_000)), user("last")]);
  expect(long).toMatch(/^first\n/);
  expect(long).toMatch(/x\n\nlast$/);
  expect(long.length).toBeLessThan(401_000);
});

it("says of a failure no more than fits, and charges an unasked request by what it began with alone", () => {
  const { message } = claudeFailure("transport", "x".repeat(5_000), { bytesReceived: false, charged: true });
  expect(message).toHaveLength(500);
  const usage = { input_tokens: 3 };
  expect(added(NOTHING, { type: "message_start", message: { usage } })).toMatchObject({ input_tokens: 3 });
  expect(added(NOTHING, { type: "message_delta", message: { usage } })).toEqual(NOTHING);
});
