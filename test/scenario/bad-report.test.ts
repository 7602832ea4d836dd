import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRepo, type Repo } from "./harness.js";
import { of, runScripted, type ScriptedRun, submit, use, write } from "./scripted-run.js";

/** What a verification's command leaves where the report is to be, by task: its text, or the command that makes it. */
const REPORTS: Readonly<Record<string, { format: string; text?: string; command?: string; why: RegExp }>> = {
  NONE: { format: "lcov", command: '[sleep, "0"]', why: /: the commands wrote no report coverage\/NONE/ },
  HALF: { format: "lcov", text: "SF:src/HALF.js\nDA:1,", why: /coverage\/HALF: .*DA:1,/ },
  JSON: { format: "istanbul", text: '{"src/JSON.js":{"s":', why: /coverage\/JSON: .*JSON/ },
  LAUGHS: {
    format: "cobertura",
    text: '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><coverage>&b;</coverage>',
    why: /coverage\/LAUGHS: the report declares entities or types of its own/,
  },
  DEEP: { format: "jacoco", text: "<report>".repeat(5_000), why: /coverage\/DEEP: / },
  AWAY: {
    format: "lcov",
    text: "SF:../../../../etc/passwd\nDA:1,1\nend_of_record\nSF:/etc/passwd\nDA:1,1\nend_of_record\n",
    why: /coverage\/AWAY: the report names no file of the tree/,
  },
  STALE: {
    format: "lcov",
    text: "SF:src/STALE.js\nFN:40,old\nFNDA:1,old\nDA:40,1\nDA:41,1\nend_of_record\n",
    why: /src\/STALE\.js/,
  },
  LINK: { format: "lcov", command: "[ln, -s, /etc/passwd, coverage/LINK]", why: /wrote no report coverage\/LINK/ },
  PIPE: { format: "lcov", command: "[mkfifo, coverage/PIPE]", why: /wrote no report coverage\/PIPE/ },
  FOLDER: { format: "lcov", command: "[mkdir, coverage/FOLDER]", why: /wrote no report coverage\/FOLDER/ },
};
const TASKS = Object.entries(REPORTS);

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: reports
title: Work whose reports are no good
phases:
  - id: build
    tasks:
${TASKS.map(
  ([id, { format, command }]) => `      - id: ${id}
        title: Write ${id}
        owner: implementer
        files: { write: [src/${id}.js] }
        verify:
          compile: [mkdir, -p, coverage]
          test: ${command ?? `[cp, reports/${id}, coverage/${id}]`}
          coverage: { report: coverage/${id}, format: ${format} }
`,
).join("")}`;

describe("a report that says nothing of the work", () => {
  let repo: Repo;
  let ran: ScriptedRun;
  beforeAll(async () => {
    const texts = TASKS.flatMap(([id, { text }]) => (text === undefined ? [] : [[`reports/${id}`, text] as const]));
    repo = makeRepo({ "package.json": '{"type":"module"}\n', "plan.yaml": PLAN, ...Object.fromEntries(texts) });
    const code = "/** The one that follows. */\nexport function next(a) {\n  return a + 1;\n}\n";
    const blocked = use("report_blocker", { reason: "the report is not mine" });
    ran = await runScripted(
      repo,
      Object.fromEntries(TASKS.map(([id]) => [`${id}:work:1`, [write(`src/${id}.js`, code), submit, blocked]])),
    );
  }, 300_000);
  afterAll(() => repo.remove());

  it.each(TASKS)(
    "%s is refused by name, with the output it was looked for in, and nothing is merged",
    (id, { why }) => {
      const [rejected] = of(ran.events, "TASK_REJECTED").filter(({ task }) => task === id);
      const [output] = of(ran.events, "COMMANDS_RAN").filter(({ task }) => task === id);
      expect(rejected?.payload.feedback).toMatch(/^ERROR_(INSUFFICIENT_COVERAGE|UNTESTED_FUNCTIONS): /);
      expect(rejected?.payload.feedback).toMatch(why);
      expect(rejected?.payload.feedback).toContain(`[output: ${output?.id}]`);
      expect(rejected?.payload.feedback).not.toContain("root:");
      expect(of(ran.events, "ESCALATION").filter(({ task }) => task === id)[0]?.payload.reason).toContain("not mine");
    },
  );

  it("leaves the branch as it was, and the run waits for a person", () => {
    expect(ran.exitCode).toBe(6);
    expect(repo.git("diff", "--stat", "main", "worknode/reports/1")).toBe("");
    expect(repo.git("status", "--porcelain", "--", ":!.worknode")).toBe("");
  });
});
