import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callTool } from "../../../src/crew/service/tool-call.js";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import type { ToolReport } from "../../../src/schema/tool-report.js";
import { makeRepo, PROBE_DIR, type Repo } from "../harness.js";
import { lacking } from "./ground.js";

/** Honest work that must pass: what it may change, and what it must say. */
export interface Honest {
  readonly name: string;
  readonly command: string;
  /** Paths kept, exactly; none unless given. */
  readonly changes?: readonly string[];
  /** What standard output must hold. */
  readonly says?: RegExp;
  readonly exit?: number;
  /** Programs it needs beyond a bare machine's. */
  readonly needs?: readonly string[];
}

const PLAN = `
apiVersion: worknode/v1
kind: Plan
id: honest
title: Honest work
project: honest
agents:
  lead: {tier: executive}
  dev: {tier: implementation}
waivers:
  - {rule: tests, tasks: [A], reason: not what is tested here}
  - {rule: coverage, tasks: [A], reason: not what is tested here}
  - {rule: documentation, tasks: [A], reason: not what is tested here}
workspace:
  scratch: [build/]
phases:
  - id: now
    title: Now
    tasks:
      - id: A
        title: Everything honest
        owner: dev
        files:
          write: ["src/**", "lib/*.py", "native/*.c", "test/**", notes.txt, run.sh, dist/bundle.js, data.bin]
`;

const FILES: Record<string, string> = {
  "plan.yaml": PLAN,
  ".gitignore": "node_modules/\ndist/\n*.log\n*.o\n",
  "package.json": JSON.stringify({
    name: "honest",
    version: "1.0.0",
    type: "module",
    scripts: { test: "node --test", generate: "node scripts/generate.js", greet: "dep" },
  }),
  "scripts/generate.js":
    'import { mkdirSync, writeFileSync } from "node:fs";\nmkdirSync("src/made", { recursive: true });\nwriteFileSync("src/made/table.js", "export const table = [1, 2, 3];\\n");\n',
  "src/sum.js": "export const sum = (a, b) => a + b;\n",
  "src/serve.js":
    'import { createServer } from "node:http";\nexport const serve = () => createServer((_, r) => r.end("hello")).listen(0);\n',
  "test/sum.test.js":
    'import { test } from "node:test";\nimport assert from "node:assert";\nimport { sum } from "../src/sum.js";\ntest("sums", () => assert.equal(sum(1, 2), 3));\n',
  "test/serve.test.js":
    'import { test } from "node:test";\nimport assert from "node:assert";\nimport { serve } from "../src/serve.js";\ntest("serves", async () => { const s = serve(); const r = await fetch(`http://127.0.0.1:${s.address().port}`); assert.equal(await r.text(), "hello"); s.close(); });\n',
  "lib/sum.py": "def total(a, b):\n    return a + b\n",
  "lib/test_sum.py":
    "import unittest\nfrom sum import total\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(total(1, 2), 3)\n",
  "native/main.c": '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n',
  Makefile: "build/main: native/main.c\n\tmkdir -p build\n\tcc -o build/main native/main.c\n",
  "notes.txt": "one\ntwo\n",
  "run.sh": "#!/bin/sh\necho running\n",
};

const sandbox = await probeBackends({ stateDir: PROBE_DIR });

const missing = sandbox.chosen === null;
const why = missing ? " (needs a sandbox)" : "";

/** Does each piece of work in one repository, in order: it passes, and changes exactly what it says. */
export function honestSuite(title: string, works: readonly Honest[]): void {
  describe.skipIf(missing)(`${title}${why}`, () => honestWork(works));
}

function honestWork(works: readonly Honest[]): void {
  let repo: Repo;
  beforeAll(() => {
    repo = makeRepo(FILES);
    repo.write(
      "node_modules/dep/package.json",
      JSON.stringify({ name: "dep", version: "1.0.0", main: "i.js", bin: "b.js" }),
    );
    repo.write("node_modules/dep/i.js", "module.exports = 42;\n");
    repo.write("node_modules/.bin/dep", "#!/bin/sh\necho hello from dep\n");
    repo.chmod("node_modules/.bin/dep", 0o755);
  });
  afterAll(() => repo.remove());

  for (const work of works) {
    const absent = lacking(work.needs);
    it.skipIf(absent !== "")(`${work.name}${absent}`, async () => {
      const { effects, result, workspace } = await run(repo, work.command);
      expect(effects).toMatchObject({ kept: true, refused: [] });
      expect(effects?.changes.map(({ path }) => path)).toEqual(work.changes ?? []);
      expect(result).toMatchObject({ exit_code: work.exit ?? 0 });
      expect((result as { stdout: string }).stdout).toMatch(work.says ?? /^/);
      for (const path of work.changes ?? []) expect(existsSync(join(workspace ?? "", path))).toBe(true);
    });
  }

  it("leaves the user's checkout alone", () => {
    expect(repo.git("status", "--porcelain", "--", ":!.worknode")).toBe("");
  });
}

async function run(repo: Repo, command: string): Promise<ToolReport> {
  const { report } = await callTool({
    cwd: repo.dir,
    env: repo.env,
    signal: new AbortController().signal,
    yes: true,
    planPath: "plan.yaml",
    task: "A",
    tool: "Bash",
    input: { command, timeout: 60_000 },
    dryRun: false,
  });
  return report;
}
