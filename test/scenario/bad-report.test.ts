import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRepo, type Repo } from "./harness.js";
import { of, runScripted, type ScriptedRun, submit, use, write } from "./scripted-run.js";

/** What a verification's command leaves where the report is to be, or does instead. */
interface Bad {
  readonly format: string;
  readonly text?: string;
  /** In place of one that copies the text. */
  readonly command?: string;
  /** A report that the agent writes itself, in place of one in `coverage`. */
  readonly forged?: string;
  readonly why: RegExp;
}

const lcovOf = (id: string): string =>
  `SF:src/${id}.js\nFN:2,next\nFNDA:1,next\nDA:2,1\nDA:3,1\nDA:4,1\nend_of_record\n`;

const REPORTS: Readonly<Record<string, Bad>> = {
  NONE: { format: "lcov", command: '[sleep, "0"]', why: /: the commands wrote no report coverage\/NONE/ },
  HALF: { format: "lcov", text: "SF:src/HALF.js\nDA:1,", why: /coverage\/HALF: .*DA:1,/ },
  JSON: { format: "istanbul", text: '{"src/JSON.js":{"s":', why: /coverage\/JSON: .*JSON/ },
  LAUGHS: {
    format: "cobertura",
    text: '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><coverage>&b;</coverage>',
    why: /coverage\/LAUGHS: the report declares entities or types of its own/,
  },
  DEEP: { format: "jacoco", text: "<report>".repeat(5_000), why: /coverage\/DEEP: / },
  OUTSIDE: {
    format: "jacoco",
    text: '<!DOCTYPE report [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><report/>',
    why: /coverage\/OUTSIDE: the report declares entities or types of its own/,
  },
  GCOV: {
    format: "gcov",
    text: '{"files":[{"file":"src/GCOV.js","lines":[{"line_number":"2","count":1}]}]}',
    why: /coverage\/GCOV: files\.0\.lines\.0\.line_number: .*expected number/,
  },
  PYTHON: {
    format: "coverage.py",
    text: '{"files":{"src/PYTHON.js":{"executed_lines":[2,1e400],"missing_lines":[]}}}',
    why: /coverage\/PYTHON: files\.src\/PYTHON\.js\.executed_lines\.1: /,
  },
  GO: {
    format: "go",
    text: "mode: set\nsrc/GO.js:1.1,4.2 1 1\nsrc/GO.js:no line\n",
    why: /coverage\/GO: line 3: cannot read 'src\/GO\.js:no line'/,
  },
  SPAN: {
    format: "go",
    text: `mode: set\n${"src/SPAN.js:1.1,4000000.1 1 1\n".repeat(2)}`,
    why: /coverage\/SPAN: the blocks span more than 5000000 lines/,
  },
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
  LINK: { format: "lcov", command: "[ln, -s, /etc/passwd, coverage/LINK]", why: /coverage\/LINK: a link is there/ },
  PIPE: { format: "lcov", command: "[mkfifo, coverage/PIPE]", why: /coverage\/PIPE: no regular file is there/ },
  FOLDER: { format: "lcov", command: "[mkdir, coverage/FOLDER]", why: /coverage\/FOLDER: a folder is there/ },
  LONG: {
    format: "lcov",
    command: "[truncate, -s, 65M, coverage/LONG]",
    why: /coverage\/LONG is longer than 67108864/,
  },
  LIST: { format: "istanbul", text: "[]", why: /coverage\/LIST: not a report of this format: .*expected record/ },
  TOUCHED: {
    format: "lcov",
    command: "[touch, docs/TOUCHED.info]",
    forged: "docs/TOUCHED.info",
    why: /docs\/TOUCHED\.info: the report holds no file/,
  },
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
  ([id, { format, command, forged }]) => `      - id: ${id}
        title: Write ${id}
        owner: implementer
        files: { write: [src/${id}.js${forged === undefined ? "" : `, ${forged}`}] }
        verify:
          compile: [mkdir, -p, coverage]
          test: ${command ?? `[cp, reports/${id}, coverage/${id}]`}
          coverage: { report: ${forged ?? `coverage/${id}`}, format: ${format} }
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
      Object.fromEntries(
        TASKS.map(([id, { forged }]) => {
          const own = forged === undefined ? [] : [write(forged, lcovOf(id))];
          return [`${id}:work:1`, [write(`src/${id}.js`, code), ...own, submit, blocked]];
        }),
      ),
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
