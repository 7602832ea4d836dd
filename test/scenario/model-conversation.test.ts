import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { err, ok } from "../../src/kernel/result.js";
import { createGovernor } from "../../src/model/governor.js";
import { costOf, loadPrices, tokensOf, worstCase } from "../../src/model/prices.js";
import { boundPromptTokens } from "../../src/model/prompt-bound.js";
import { requestHeaders } from "../../src/model/request.js";
import { requestWithRetries } from "../../src/model/retry.js";
import { parseScript } from "../../src/model/scripted/script.js";
import { serve } from "../../src/model/scripted/serve.js";
import { startScriptedServer } from "../../src/model/scripted/server.js";
import {
  isToolUse,
  type Message,
  type ModelReply,
  type ToolResultBlock,
  type Usage,
} from "../../src/schema/message.js";
import { clientOf, plainRequest } from "../unit/model/asking.js";

const script = `
apiVersion: worknode/v1
kind: Script
replies:
  "GT-001:work:1":
    - thinking: "Read it first."
      tools: [{name: Read, input: {file_path: a.ts}}, {name: Glob, input: {pattern: "**"}}]
      faults: [{type: cut, afterEvents: 4}]
    - text: Now the change.
      tools: [{name: Write, input: {file_path: a.ts, content: "export const a = 1;\\n"}}]
      faults: [{type: status, status: 529}, {type: status, status: 429, retryAfter: 1}]
    - {}
    - thinking: "They want the result."
      tools: [{name: submit_result, input: {summary: done}}]
      faults: [{type: reset}, {type: error_event}]
`;

const prices = loadPrices();
const instant = { nowMs: () => 0, sleep: () => Promise.resolve() };

function resultsOf(reply: ModelReply): ToolResultBlock[] {
  return reply.content
    .filter(isToolUse)
    .map((block) => ({ type: "tool_result", tool_use_id: block.id, content: `result of ${block.name}` }));
}

/** What comes after a reply: its tool results, or a nudge; an empty reply is not sent back. */
function next(reply: ModelReply): Message[] {
  const results = resultsOf(reply);
  if (results.length === 0) return [{ role: "user", content: [{ type: "text", text: "Use a tool." }] }];
  return [
    { role: "assistant", content: reply.content },
    { role: "user", content: results },
  ];
}

it("a conversation gets through cuts, overload and resets; no whole reply is asked for twice; the books agree", async () => {
  const parsed = parseScript(script);
  if (!parsed.ok) throw new Error(parsed.error);
  const server = await startScriptedServer({ script: parsed.value });
  const governor = createGovernor({ usd: 1, tokens: 1_000_000 });
  const messages: Message[] = [...plainRequest.messages];
  const replies: ModelReply[] = [];
  let attempts = 0;
  let lastUsage: Usage | undefined;
  let fresh: readonly Message[] = messages;
  while (replies.length < 4) {
    const { system, tools, model, maxTokens } = plainRequest;
    const promptTokens = boundPromptTokens({ messages: fresh, system, tools, ...(lastUsage ? { lastUsage } : {}) });
    const worst = worstCase(prices, model, { promptTokens, maxTokens });
    let reservation = governor.reserve(worst);
    const answer = await requestWithRetries({
      client: clientOf(server.url),
      request: { ...plainRequest, messages },
      headers: requestHeaders({
        agent: "implementer",
        tier: "implementation",
        task: "GT-001",
        execution: `1:GT-001:work:1:${replies.length + 1}`,
      }),
      clock: instant,
      onAttempt: (attempt) => {
        attempts += 1;
        if (attempt > 1) reservation = governor.reserve(worst);
        return reservation.ok ? ok(undefined) : err(reservation.error);
      },
      onFailure: (_attempt, failure) => {
        if (!reservation.ok) return;
        if (failure.charged) governor.keepCharged(reservation.value);
        else governor.release(reservation.value);
      },
    });
    if (!answer.ok || !reservation.ok) throw new Error(JSON.stringify(answer));
    const { reply } = answer.value;
    expect(tokensOf(reply.usage)).toBeLessThanOrEqual(worst.tokens);
    const usd = costOf(prices, model, reply.usage) ?? 0;
    governor.settle(reservation.value, { usd, tokens: tokensOf(reply.usage) });
    replies.push(reply);
    const more = next(reply);
    messages.push(...more);
    fresh = more.filter((message) => message.role === "user");
    lastUsage = reply.usage;
  }
  expect(replies.map((reply) => reply.content.map((block) => block.type))).toEqual([
    ["thinking", "tool_use", "tool_use"],
    ["text", "tool_use"],
    [],
    ["thinking", "tool_use"],
  ]);
  expect(attempts).toBe(9);
  expect(server.repeatedWholeReplies()).toEqual([]);
  expect(server.requests().map((entry) => [entry.index, entry.attempt, entry.fault ?? "whole"])).toEqual([
    [0, 1, "cut"],
    [0, 2, "whole"],
    [1, 1, "status"],
    [1, 2, "status"],
    [1, 3, "whole"],
    [2, 1, "whole"],
    [3, 1, "reset"],
    [3, 2, "error_event"],
    [3, 3, "whole"],
  ]);
  const { tokens } = governor.totals();
  expect(tokens.spent).toBe(replies.reduce((sum, reply) => sum + tokensOf(reply.usage), 0));
  expect(tokens.reserved).toBeGreaterThan(3 * plainRequest.maxTokens);
  await server.close();
});

it("the scripted model runs as a program of its own, and says what it is", async () => {
  const dir = await mkdtemp(join(tmpdir(), "worknode-serve-"));
  const outfile = join(dir, "serve.mjs");
  const options = { bundle: true, platform: "node", format: "esm", outfile } as const;
  const banner = { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" };
  await build({ ...options, banner, entryPoints: ["src/model/scripted/serve.ts"], logLevel: "silent" });
  const program = `import(${JSON.stringify(pathToFileURL(outfile).href)}).then((m) => m.serve(["--calls", "2"]))`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data: Buffer) => resolve(String(data))),
  );
  const { url, pid, scripted } = JSON.parse(line) as { url: string; pid: number; scripted: boolean };
  expect([pid, scripted]).toEqual([child.pid, true]);
  const headers = requestHeaders({ agent: "a", tier: "implementation", task: "T", execution: "1:T:work:1:1" });
  const messages: Message[] = [...plainRequest.messages];
  const names: string[] = [];
  for (let call = 0; call < 3; call += 1) {
    const reply = await clientOf(url).attempt({ ...plainRequest, messages }, { headers });
    if (!reply.ok) throw new Error(reply.error.message);
    names.push(...reply.value.content.filter(isToolUse).map((block) => block.name));
    messages.push(...next(reply.value));
  }
  expect(names).toEqual(["Read", "Read", "submit_result"]);
  const log = (await (await fetch(`${url}/scripted/requests`)).json()) as { requests: unknown[] };
  expect(log.requests.length).toBe(3);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await ended;
  await rm(dir, { recursive: true });
});

it("the program plays a bench's calls and then hands in", async () => {
  const server = await serve(["--calls", "1"]);
  const headers = requestHeaders({ agent: "a", tier: "implementation", task: "T", execution: "1:T:work:1:1" });
  const first = await clientOf(server.url).attempt(plainRequest, { headers });
  if (!first.ok) throw new Error(first.error.message);
  const messages = [...plainRequest.messages, ...next(first.value)];
  const second = await clientOf(server.url).attempt({ ...plainRequest, messages }, { headers });
  const names = [first, second].flatMap((reply) => (reply.ok ? reply.value.content.filter(isToolUse) : []));
  expect(names.map((block) => block.name)).toEqual(["Read", "submit_result"]);
  await server.close();
});

it("the program serves a script file, and refuses one that is no script", async () => {
  const dir = await mkdtemp(join(tmpdir(), "worknode-serve-"));
  const good = join(dir, "good.yaml");
  const bad = join(dir, "bad.yaml");
  await writeFile(good, script);
  await writeFile(bad, "kind: Plan");
  const server = await serve([good]);
  expect((await fetch(`${server.url}/scripted/requests`)).status).toBe(200);
  await server.close();
  await expect(serve([bad])).rejects.toMatchObject({ code: "SCRIPT_INVALID", exitCode: 2 });
  await rm(dir, { recursive: true });
});
