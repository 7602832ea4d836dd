import { accessSync, chmodSync, constants, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import type { Repo } from "./harness.js";

/** The real Claude Code: what WORKNODE_TEST_CLAUDE names, else the one on the PATH; undefined where there is none. */
export function realClaude(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = [process.env["WORKNODE_TEST_CLAUDE"] ?? "", ...folders.map((folder) => join(folder, "claude"))];
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path !== "";
    } catch {
      return false;
    }
  });
}

/** Puts the real program first on the repository's PATH. */
export function linkClaude(repo: Repo, path: string): void {
  symlinkSync(path, join(binOf(repo), "claude"));
}

function binOf(repo: Repo): string {
  const bin = join(repo.env["HOME"] ?? "", "bin");
  mkdirSync(bin, { recursive: true });
  repo.env["PATH"] = `${bin}${delimiter}${repo.env["PATH"] ?? ""}`;
  return bin;
}

/** Puts a program `claude` of this source first on the repository's PATH. */
export function installClaude(repo: Repo, source: string): void {
  const path = join(binOf(repo), "claude");
  writeFileSync(path, `#!${process.execPath}\n${source}`);
  chmodSync(path, 0o755);
}

type Body = { messages: { role: string; content: unknown }[]; tools: { name: string }[]; [field: string]: unknown };

/**
 * A server in front of the scripted model that takes off what Claude Code adds to the API's plain form (beta fields,
 * messages of the system, its names for MCP tools) and puts its tool names on again.
 */
export async function frontFor(url: string): Promise<{ url: string; close(): Promise<void>; bodies: Body[] }> {
  const bodies: Body[] = [];
  const server = createServer((asked, answer) => {
    void read(asked).then((text) => {
      bodies.push(JSON.parse(text) as Body);
      const body = JSON.stringify(plain(JSON.parse(text) as Body)).replaceAll('"mcp__worknode__', '"');
      const headers = {
        ...asked.headers,
        "content-length": String(Buffer.byteLength(body)),
        "accept-encoding": "identity",
      };
      const target = new URL("/v1/messages", url);
      const onward = request(target, { method: "POST", headers }, (reply) => {
        answer.writeHead(reply.statusCode ?? 500, reply.headers);
        void read(reply).then((said) =>
          answer.end(
            said.replaceAll(
              /"type":"tool_use","id":("[^"]*"),"name":"/g,
              '"type":"tool_use","id":$1,"name":"mcp__worknode__',
            ),
          ),
        );
      });
      onward.on("error", () => answer.destroy());
      onward.end(body);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.closeAllConnections();
      server.close(() => done());
    });
  return { url: `http://127.0.0.1:${port}`, close, bodies };
}

function plain(asked: Body): Body {
  const { context_management, ...body } = asked;
  if (context_management === undefined) return asked;
  const messages = body.messages
    .filter(({ role }) => role !== "system")
    .map(({ role, content }) => ({ role, content }));
  return { ...body, messages, tools: body.tools.filter(({ name }) => name.startsWith("mcp__worknode__")) };
}

async function read(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
