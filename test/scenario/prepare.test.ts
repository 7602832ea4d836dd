import { existsSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { callTool } from "../../src/crew/service/tool-call.js";
import type { ToolReport } from "../../src/schema/tool-report.js";
import { makeRepo, type Repo } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const SETUP = `import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
mkdirSync("node_modules/dep", { recursive: true });
writeFileSync("node_modules/dep/package.json", JSON.stringify({ name: "dep", main: "i.js" }));
writeFileSync("node_modules/dep/i.js", "module.exports = " + Math.random() + ";\\n");
`;
const planOf = (workspace: string): string => `apiVersion: worknode/v1
kind: Plan
id: prepared
title: Prepare
workspace: ${workspace}
phases:
  - id: build
    tasks:
      - {id: A, title: A note, owner: implementer, files: {write: [notes.md]}}
      - {id: B, title: Another, owner: implementer, files: {write: [more.md]}}
`;

function prepared(workspace: string, files: Record<string, string> = {}): Repo {
  repo = makeRepo({
    "plan.yaml": planOf(workspace),
    "package.json": '{"type":"module"}\n',
    ".gitignore": "node_modules/\n",
    "scripts/setup.js": SETUP,
    ...files,
  });
  return repo;
}

async function bash(at: Repo, command: string, task = "A"): Promise<ToolReport> {
  const { report } = await callTool({
    cwd: at.dir,
    env: at.env,
    signal: new AbortController().signal,
    yes: true,
    planPath: "plan.yaml",
    task,
    tool: "Bash",
    input: { command },
    dryRun: false,
  });
  return report;
}

const LOOK = "node -e 'import(\"dep\").then((m) => console.log(m.default))'";
const COMMAND = "prepare: {command: [node, scripts/setup.js]}";

it("fills what the checkout lacks, once for each state of the lock files, and leaves the checkout alone", async () => {
  const at = prepared(`{link: [node_modules], ${COMMAND}}`);
  const first = await bash(at, LOOK);
  expect(first.result).toMatchObject({ exit_code: 0, stdout: expect.stringMatching(/^0\.\d+\n$/) });
  expect((await bash(at, LOOK)).result).toEqual(first.result);
  expect(existsSync(join(at.dir, "node_modules"))).toBe(false);
  expect((await bash(at, "echo x > node_modules/dep/i.js; cat node_modules/dep/i.js")).effects).toMatchObject({
    kept: true,
    changes: [],
  });
  expect((await bash(at, LOOK)).result).toEqual(first.result);
});

it("is not run where the checkout has its own", async () => {
  const at = prepared(`{link: [node_modules], prepare: {command: [node, scripts/gone.js]}}`);
  at.write("node_modules/dep/package.json", '{"name":"dep","main":"i.js"}');
  at.write("node_modules/dep/i.js", "module.exports = 7;\n");
  expect((await bash(at, LOOK)).result).toMatchObject({ stdout: "7\n" });
});

it("stops everything, naming the command and what it said, when it fails or does not make what it must", async () => {
  const broken = prepared("{prepare: {command: [node, scripts/gone.js]}}");
  await expect(bash(broken, LOOK)).rejects.toMatchObject({
    code: "PREPARE_FAILED",
    exitCode: 2,
    message: expect.stringContaining("Cannot find module"),
  });
  broken.remove();
  const lazy = prepared("{link: [vendor], prepare: {command: [node, scripts/setup.js]}}");
  await expect(bash(lazy, LOOK)).rejects.toMatchObject({
    code: "MISSING_DEPENDENCY",
    message: expect.stringContaining("vendor"),
  });
});

it("has no network unless the approved plan gives it", async () => {
  const tell =
    'import { networkInterfaces } from "node:os";\nif (Object.keys(networkInterfaces()).some((name) => name !== "lo")) process.exit(9);\n';
  const at = prepared(`{${COMMAND}}`, { "scripts/setup.js": `${SETUP}${tell}` });
  expect((await bash(at, LOOK)).result).toMatchObject({ exit_code: 0 });
});

/** Waits, on the host's loopback, until `count` of those who ask have come; then all of them go on. */
async function meeting(count: number): Promise<{ port: number; met: () => number; close: () => void }> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    if (waiting.size === count) for (const each of waiting) each.end("go");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { port: (server.address() as AddressInfo).port, met: () => waiting.size, close: () => server.close() };
}

it("is made once where two prepare at once, and the second goes on with what the first made", async () => {
  const { port, met, close } = await meeting(2);
  try {
    const MEET = `import { connect } from "node:net";\nawait new Promise((go) => connect(${port}, "127.0.0.1").once("data", go));\n`;
    const at = prepared("{link: [node_modules], prepare: {command: [node, scripts/setup.js], network: true}}", {
      "scripts/setup.js": `${MEET}${SETUP}process.exit(0);\n`,
    });
    const both = await Promise.all([bash(at, LOOK), bash(at, LOOK, "B")]);
    expect(met()).toBe(2);
    const [first, second] = both.map(({ result }) => result);
    expect(first).toMatchObject({ exit_code: 0, stdout: expect.stringMatching(/^0\.\d+\n$/) });
    expect(second).toEqual(first);
  } finally {
    close();
  }
});
