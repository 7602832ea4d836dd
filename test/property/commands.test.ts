import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileWriteSet, type WriteSet } from "../../src/capability/write-set.js";
import { callTool } from "../../src/crew/service/tool-call.js";
import { probeBackends } from "../../src/effect/sandbox/probe.js";
import type { ToolReport } from "../../src/schema/tool-report.js";
import { makeRepo, PROBE_DIR, type Repo } from "../scenario/harness.js";

const LISTED = ["src/a.txt", "src/new.txt", "gen/**", "deep/er/x.txt"];
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: random
title: Random commands
waivers:
  - {rule: tests, tasks: [A], reason: not what is tested here}
  - {rule: coverage, tasks: [A], reason: not what is tested here}
phases:
  - id: p
    tasks:
      - {id: A, title: A, owner: implementer, files: {write: [${LISTED.map((path) => JSON.stringify(path)).join(", ")}]}}
`;

const PATHS = [
  "src/a.txt",
  "src/b.txt",
  "src/new.txt",
  "src",
  "gen",
  "gen/x",
  "gen/y/z",
  "deep",
  "deep/er",
  "deep/er/x.txt",
  "other",
  "out/s",
  "out",
  "deep/too",
  ".",
];
const path = fc.constantFrom(...PATHS);
const step = fc.oneof(
  fc.tuple(path, fc.nat(9)).map(([to, n]) => `echo ${n} > ${to}`),
  fc.tuple(path, fc.nat(9)).map(([to, n]) => `echo ${n} >> ${to}`),
  path.map((to) => `rm -rf ${to}`),
  path.map((to) => `mkdir -p ${to}`),
  path.map((to) => `: > ${to}`),
  fc.tuple(path, path).map(([from, to]) => `mv ${from} ${to}`),
  fc.tuple(path, path).map(([from, to]) => `cp -r ${from} ${to}`),
  fc.tuple(path, path).map(([from, to]) => `ln -s ${from} ${to}`),
  fc.tuple(path, path).map(([from, to]) => `ln ${from} ${to}`),
  fc.tuple(fc.constantFrom("+x", "-w", "000", "4755", "644"), path).map(([mode, to]) => `chmod ${mode} ${to}`),
  path.map((to) => `mkfifo ${to}`),
  fc.tuple(fc.constantFrom("0", "1", "9"), path).map(([size, to]) => `truncate -s ${size} ${to}`),
  fc.tuple(path, path).map(([from, to]) => `cp -rl ${from} ${to}`),
  fc.tuple(path, path).map(([from, to]) => `mv -T ${from} /tmp/x && mkdir -p ${to}`),
  fc.tuple(fc.constantFrom("4755", "0666", "0700"), path).map(([mode, to]) => `install -m ${mode} src/b.txt ${to}`),
);

const confined = (await probeBackends({ stateDir: PROBE_DIR })).chosen !== null;

/** Every file, link and folder of a worktree with what it is. */
function snapshot(root: string, folder = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const at = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) for (const [key, value] of snapshot(root, at).set(at, "folder")) found.set(key, value);
    else found.set(at, entry.isFile() ? describeFile(join(root, at)) : "no file");
  }
  return found;
}

function describeFile(file: string): string {
  return `${lstatSync(file).mode & 0o7777} ${createHash("sha256").update(readFileSync(file)).digest("hex")}`;
}

/** Files and folders of the capability alone, of modes git knows. */
function expectAllowed(changed: readonly (readonly [string, string])[], writes: WriteSet): void {
  for (const [name, what] of changed) {
    expect(writes.has(name) || (what === "folder" && writes.leadsTo(name))).toBe(true);
    expect(what).toMatch(/^(420|493) |^folder$/); // 0644 or 0755
  }
}

/** Of what is said to be kept, nothing is removed or of another kind. */
function expectKeepable(changes: readonly { path: string; kind: string }[], writes: WriteSet): void {
  for (const { path: at, kind } of changes) {
    expect(["add", "modify", "mode"]).toContain(kind);
    expect(writes.has(at) || (kind === "add" && writes.leadsTo(at))).toBe(true);
  }
}

describe.skipIf(!confined)(`random commands${confined ? "" : " (need a sandbox)"}`, () => {
  let repo: Repo;
  beforeAll(() => {
    repo = makeRepo({ "plan.yaml": PLAN, "src/a.txt": "a\n", "src/b.txt": "b\n", ".gitignore": "out/\n" });
  });
  afterAll(() => repo.remove());

  async function bash(command: string): Promise<ToolReport> {
    const signal = new AbortController().signal;
    // a command may wait for the other end of a FIFO it made
    const call = {
      tool: "Bash",
      input: { command, timeout: 3_000 },
      planPath: "plan.yaml",
      task: "A",
      yes: true,
      dryRun: false,
    };
    return (await callTool({ cwd: repo.dir, env: repo.env, signal, ...call })).report;
  }

  it("change nothing but files of the capability, delete nothing, and are kept whole or not at all", async () => {
    const writes = compileWriteSet(LISTED);
    let kept = 0;
    const { workspace } = await bash("true");
    const root = workspace ?? "";
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const before = snapshot(root);
        const report = await bash(steps.map((one) => `${one} 2>/dev/null`).join("; "));
        const after = snapshot(root);
        const changed = [...after].filter(([name, what]) => before.get(name) !== what);
        expect([...before.keys()].filter((name) => !after.has(name))).toEqual([]);
        expectAllowed(changed, writes);
        if (report.effects?.kept === true) expectKeepable(report.effects.changes, writes);
        if (report.effects?.kept !== true) expect(changed).toEqual([]);
        kept += changed.length > 0 ? 1 : 0;
      }),
      { numRuns: 60 },
    );
    expect(kept).toBeGreaterThan(0);
  }, 240_000);
});
