import { afterEach, describe, expect, it } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { violationReportSchema } from "../../src/schema/violation-report.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo } from "./harness.js";
import { of, runScripted, type ScriptedRun, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

/**
 * The owner may write all that its critic and its auditor are about to touch: an auditor looks at a write of such a file
 * first, and the tier alone would let a validator write the report.
 */
const PLAN = `apiVersion: worknode/v1
kind: Plan
id: judged
title: Judged
phases:
  - id: p
    tasks:
      - { id: A, title: A, owner: implementer, files: { write: [package.json, more/new.md, reports/validation/r.md] } }
`;

/** Commands of a judge and what is not theirs to do, by rule and object. */
const EFFECTS: readonly [string, string, readonly [string, string][]][] = [
  ["changes the file it judges", "sed -i s/./2/ package.json", [["tier-write", "package.json"]]],
  ["adds a file its task may write", "mkdir -p more && echo x > more/new.md", [["tier-write", "more/new.md"]]],
  ["removes the file it judges", "rm package.json", [["no-delete", "package.json"]]],
  ["makes it a program", "chmod 755 package.json", [["tier-write", "package.json"]]],
  ["leaves a link", "ln -s package.json more.md", [["path", "more.md"]]],
  [
    "writes a report",
    "mkdir -p reports/validation; echo ok > reports/validation/r.md",
    [["file-whitelist", "reports/validation/r.md"]],
  ],
];

const bash = (command: string): object => use("Bash", { command });
const accept = use("submit_verdict", { decision: "ACCEPT" });

async function judge(kind: "critic" | "audit", calls: readonly object[]): Promise<ScriptedRun> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN, "package.json": "{}\n", ".gitignore": "*.log\n" });
  return await runScripted(repo, {
    "A:work:1": [write("package.json", '["one"]\n'), submit],
    [`A:${kind}:1`]: [...calls, accept],
  });
}

const by = (events: readonly AnyEvent[], agent: string): AnyEvent[] => events.filter(({ actor }) => actor === agent);

async function listed(): Promise<unknown[]> {
  const context = makeContext({ cwd: repo?.dir ?? "", env: repo?.env ?? {} });
  expect(await runCommandLine(context, ["violations", "--output-format", "json"])).toBe(0);
  return violationReportSchema.parse(JSON.parse(context.printed())).violations;
}

describe.skipIf(sandboxMissing)(`an agent that judges${reason}`, () => {
  for (const kind of ["critic", "audit"] as const)
    it.each(EFFECTS)(
      `as ${kind} and %s has it discarded whole, as a violation that is told`,
      async (_, command, found) => {
        const { exitCode, events } = await judge(kind, [bash(`${command}; echo > a.log`)]);
        expect(exitCode).toBe(0);
        const own = by(events, "validator");
        expect(of(own, "EFFECT_KEPT")).toEqual([]);
        expect(of(own, "EFFECT_DISCARDED")).toHaveLength(1);
        const seen = of(own, "SECURITY_VIOLATION").map(({ payload }) => [payload.rule, payload.object]);
        expect(seen).toEqual(found);
        const told = of(own, "ALERT").map(({ payload }) => [payload.to, payload.key]);
        expect(told).toEqual(found.map(([rule, object]) => ["executive", `validator:${rule}:${object}`]));
        expect(await listed()).toMatchObject(found.map(([rule, object]) => ({ agent: "validator", rule, object })));
        expect(repo?.git("show", "worknode/judged/1:package.json")).toBe('["one"]\n');
        expect(repo?.git("ls-tree", "-r", "--name-only", "worknode/judged/1")).not.toMatch(/more|reports/);
      },
    );

  it("may leave scratch, which is no violation and merged nowhere", async () => {
    const { exitCode, events } = await judge("critic", [
      bash("cat package.json; mkdir coverage; echo x > coverage/a; echo x > a.log"),
    ]);
    expect(exitCode).toBe(0);
    expect(of(events, "SECURITY_VIOLATION")).toEqual([]);
    expect(repo?.git("ls-tree", "-r", "--name-only", "worknode/judged/1")).not.toMatch(/coverage|log/);
  });

  it("holds no tool that writes", async () => {
    const { events } = await judge("critic", [write("package.json", "2\n"), write("reports/validation/r.md")]);
    const seen = of(events, "SECURITY_VIOLATION").map(({ payload }) => [payload.subject, payload.code, payload.object]);
    expect(seen).toEqual([
      ["validator", "ERROR_CAPABILITY", "Write"],
      ["validator", "ERROR_CAPABILITY", "Write"],
    ]);
    expect(repo?.git("show", "worknode/judged/1:package.json")).toBe('["one"]\n');
  });
});
