import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join, resolve } from "node:path";
import { realClaude } from "./claude-code.js";
import { makeRepo, type Repo } from "./harness.js";

/** The program under test; undefined where there is none. */
export const CLAUDE = realClaude();
const MAIN = resolve("dist/main.js");
/** Longest a headless session may take. */
const SESSION_MS = 120_000;

/** A block of a scripted reply. */
export type Block = { type: "text"; text: string } | { type: "tool_use"; name: string; input: Record<string, unknown> };

/** One reply, or what makes it at the moment it is asked for. */
export type Reply = readonly Block[] | (() => readonly Block[]);

interface Message {
  role: string;
  content: string | { type: string; text?: string; content?: unknown; is_error?: boolean }[];
}

/** What a session asked for: its whole prompt as text, and the messages of each request. */
export interface Asked {
  readonly texts: string[];
}

/** A loopback Messages API whose n-th answer to a conversation is what the script says. */
export interface ScriptedApi {
  readonly url: string;
  readonly asked: Asked;
  /** Replies to come, in order, for the main agent; and for subagents, told apart by their prompt. */
  play(script: { main: Reply[]; sub?: { prompt: string; replies: Reply[] } }): void;
  close(): void;
}

/** Starts the API. */
export async function startApi(): Promise<ScriptedApi> {
  const asked: Asked = { texts: [] };
  let script: Parameters<ScriptedApi["play"]>[0] = { main: [] };
  let serial = 0;
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const isMessage = /^\/v1\/messages(\?|$)/.test(String(request.url));
      const parsed = isMessage ? parse(body) : {};
      if (!Array.isArray(parsed.tools) || parsed.tools.length === 0) return plain(response, isMessage);
      const text = JSON.stringify(parsed.messages);
      asked.texts.push(`${JSON.stringify(parsed.system)}\n${text}`);
      serial += 1;
      stream(response, nextReply(text), serial);
    });
  });
  function nextReply(text: string): readonly Block[] {
    const before = text.split('"tool_use"')[0] ?? "";
    const isSub = script.sub !== undefined && before.includes(script.sub.prompt);
    const reply = (isSub ? script.sub?.replies : script.main)?.shift() ?? [{ type: "text", text: "nothing more" }];
    return typeof reply === "function" ? reply() : reply;
  }
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    play: (next) => (script = { ...next, main: [...next.main] }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function parse(body: string): { system?: unknown; messages?: Message[]; tools?: unknown[] } {
  return JSON.parse(body) as { messages?: Message[] };
}

/** What is asked beside the conversation (a title, a count) gets the least that is valid. */
function plain(response: ServerResponse, isMessage: boolean): void {
  if (isMessage) return stream(response, [{ type: "text", text: "ok" }], 0);
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"input_tokens":1}');
}

function stream(response: ServerResponse, blocks: readonly Block[], serial: number): void {
  const send = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  const usage = { input_tokens: 1, output_tokens: 1 };
  response.writeHead(200, { "content-type": "text/event-stream" });
  const message = {
    id: `msg_${serial}`,
    type: "message",
    role: "assistant",
    model: "scripted",
    content: [],
    stop_reason: null,
    usage,
  };
  send("message_start", { message });
  for (const [index, block] of blocks.entries()) {
    const start =
      block.type === "text"
        ? { type: "text", text: "" }
        : { type: "tool_use", id: `toolu_${serial}_${index}`, name: block.name, input: {} };
    const delta =
      block.type === "text"
        ? { type: "text_delta", text: block.text }
        : { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
    send("content_block_start", { index, content_block: start });
    send("content_block_delta", { index, delta });
    send("content_block_stop", { index });
  }
  const stop = blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
  send("message_delta", { delta: { stop_reason: stop }, usage: { output_tokens: 1 } });
  send("message_stop", {});
  response.end();
}

/** A repository with worknode installed for the real Claude Code. */
export interface ClaudeGround {
  readonly repo: Repo;
  readonly api: ScriptedApi;
  worknode(...args: string[]): string;
  /** A headless session; answers what it printed and ended with. */
  claude(...args: string[]): Promise<{ code: number | null; out: string }>;
  close(): void;
}

/** Makes the ground; the plan's file is approved, the hooks are not installed yet. */
export async function makeClaudeGround(files: Record<string, string>): Promise<ClaudeGround> {
  const repo = makeRepo(files);
  const api = await startApi();
  const temporary = join(repo.dir, "..", "tmp");
  mkdirSync(temporary);
  const bin = join(repo.dir, "..", "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "worknode"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
  const env = {
    ...repo.env,
    PATH: `${bin}${delimiter}${repo.env["PATH"] ?? ""}`,
    TMPDIR: temporary,
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: "sk-none",
    WORKNODE_CLAUDE: CLAUDE,
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
  };
  return {
    repo,
    api,
    worknode: (...args) => execFileSync(process.execPath, [MAIN, ...args], { cwd: repo.dir, env, encoding: "utf8" }),
    claude: (...args) =>
      new Promise((done) => {
        const child = spawn(CLAUDE ?? "", args, {
          cwd: repo.dir,
          env,
          stdio: ["ignore", "pipe", "pipe"],
          timeout: SESSION_MS,
        });
        let out = "";
        child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (out += chunk.toString()));
        child.once("close", (code) => done({ code, out }));
      }),
    close() {
      execFileSync(process.execPath, [MAIN, "hook", "stop"], { cwd: repo.dir, env, stdio: "ignore" });
      api.close();
      repo.remove();
    },
  };
}
