import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { receiptVerb } from "../../src/surface/cli/receipt.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { branchy, checkReport } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";
import { runScripted, submit, write } from "./scripted-run.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Notes
phases:
  - id: only
    tasks:
      - { id: N-1, title: One, owner: implementer, files: { write: [src/one.ts] },
          verify: { test: [node, verify.mjs, one], coverage: { report: coverage/lcov.info, format: lcov } } }
      - { id: N-2, title: Two, owner: implementer, needs: [N-1], files: { write: [two.md] },
          verify: { test: [node, verify.mjs, two] } }
      - { id: N-3, title: Three, owner: implementer, needs: [N-2], files: { write: [three.md] } }
waivers: [{ rule: documentation, tasks: [N-1], reason: short }]
`;
/** Fails a task's verification, or covers nothing, on trees that hold \`red\` and not yet what a later task wrote. */
const VERIFY = `import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
const red = existsSync("red") && !existsSync("two.md") ? readFileSync("red", "utf8") : "";
if (red === process.argv[2]) process.exit(7);
const hits = red === "uncovered" ? 0 : 1;
mkdirSync("coverage", { recursive: true });
if (red !== "no report") writeFileSync("coverage/lcov.info", \`SF:src/one.ts\\nFN:2,one\\nFNDA:\${hits},one\\nDA:2,\${hits}\\nDA:3,\${hits}\\nend_of_record\\n\`);
`;
const BRANCH = "worknode/notes/1";
const ARGS = ["--base", "side", "--head", "moved", "--provenance", "require", "--mode", "enforce"];

const TOLD =
  /^Commit \w+: the work of (N-\d) stands on another base than the one it was verified on(?:, and was not verified there: )?/;

let repo: Repo;

beforeAll(async () => {
  if (sandboxMissing) return;
  repo = makeRepo({ "plan.yaml": PLAN, "verify.mjs": VERIFY, ".worknode/check.yaml": "version: 1\nplan: plan.yaml\n" });
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  await receiptVerb(context, ["key"]);
  repo.write(".worknode/trust.pem", context.printed());
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", "rules");
  const replies = {
    "N-1:work:1": [write("src/one.ts", branchy("one", 2)), submit],
    "N-2:work:1": [write("two.md"), submit],
    "N-3:work:1": [write("three.md"), submit],
  };
  expect((await runScripted(repo, replies)).exitCode).toBe(0);
});
afterAll(() => repo?.remove());

/** Rebases the first tasks' commits onto a branch on which files were written meanwhile, and checks them there. */
async function rebased(
  tasks: number,
  meanwhile: Record<string, string>,
  ...args: string[]
): Promise<{ standings: string[]; faults: string[]; rules: string[] }> {
  repo.git("switch", "-q", "--discard-changes", "-C", "side", "main");
  for (const [path, text] of Object.entries({ "other.md": "o\n", ...meanwhile })) repo.write(path, text);
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", "meanwhile");
  repo.git("switch", "-q", "-C", "moved", `${BRANCH}~${3 - tasks}`);
  repo.git("rebase", "-q", "side");
  const report = await checkReport(repo, ...ARGS, ...args);
  const told = report.findings.filter(({ rule }) => rule === "provenance-rebased");
  return {
    standings: report.notes.flatMap((note) => /^\w{12} ([a-z-]+ N-\d) by/.exec(note)?.[1] ?? []),
    faults: told.map(({ message }) => message.replace(TOLD, "$1: ")),
    rules: report.findings.filter(({ severity }) => severity === "error").map(({ rule }) => rule),
  };
}

describe.skipIf(sandboxMissing)(`commits of worknode's that were rebased${reason}`, () => {
  it("are not believed while nothing is run, and the finding says what to do", async () => {
    const { standings, faults } = await rebased(2, {});
    expect({ standings, faults }).toEqual({ standings: ["rebased N-1", "rebased N-2"], faults: ["N-1: ", "N-2: "] });
  });

  it("are verified again one by one, each by its own task's commands, and the report says that it was done", async () => {
    const { standings, rules } = await rebased(2, {}, "--run");
    expect({ standings, rules }).toEqual({ standings: ["verified-again N-1", "verified-again N-2"], rules: [] });
    expect((await rebased(2, {}, "--run", "--task", "N-2")).faults).toEqual([]);
  });

  it.each([
    ["its commands fail", { red: "one" }, "test command node verify.mjs one ended with 7"],
    ["its report covers none of what it changed", { red: "uncovered" }, expect.stringMatching(/cover/i)],
    ["its report is not written", { red: "no report" }, "the commands wrote no report coverage/lcov.info"],
  ])("are not believed where on the commit's own tree %s, though all passes on the head", async (_, files, why) => {
    const { standings, faults, rules } = await rebased(2, files, "--run");
    expect(standings).toEqual(["rebased N-1", "verified-again N-2"]);
    expect(faults.map((fault) => fault.replace("N-1: ", ""))).toEqual([why]);
    expect(rules).toEqual(["provenance-rebased"]);
  });

  it("are not believed where the base's plan has no command for their task, has no such task, or is another plan", async () => {
    expect((await rebased(3, {}, "--run")).faults).toEqual(["N-3: plan.yaml names no command that verifies N-3"]);
    const renamed = PLAN.replaceAll("N-1", "N-9");
    expect((await rebased(2, { "plan.yaml": renamed }, "--run")).faults).toEqual([
      "N-1: plan.yaml has no task N-1 to verify it by",
    ]);
    const other = PLAN.replace("id: notes", "id: other");
    expect((await rebased(1, { "plan.yaml": other }, "--run")).faults).toEqual([
      "N-1: N-1 is of plan notes of notes, and plan.yaml is plan other of other",
    ]);
  });
});
