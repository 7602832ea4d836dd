import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../../src/surface/cli/command-line.js";
import { makeContext } from "../../unit/surface/screen.js";
import { makeRepo, type Repo } from "../harness.js";
import { eventsOf, of, runScripted, submit, use, write } from "../scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: shown
title: Shown
approval: { humanReview: always }
phases:
  - id: build
    tasks:
      - {id: A, title: Note, owner: implementer, files: {write: [A.md, run.sh]}}
`;

async function said(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const context = makeContext({ cwd: repo?.dir ?? "", env: repo?.env ?? {} });
  const code = await runCommandLine(context, args);
  return { code, out: context.printed(), err: context.complained() };
}

/** What a person is asked of a call, and that nothing of it was done before they answer. */
async function asked(call: ReturnType<typeof use>): Promise<string> {
  repo = makeRepo({ "README.md": "# r\n", "A.md": "x y x\n", "plan.yaml": PLAN });
  const { exitCode, events } = await runScripted(repo, { "A:work:1": [call, submit] });
  expect(exitCode).toBe(6);
  expect(of(events, "EFFECT_KEPT")).toEqual([]);
  expect(readFileSync(join(repo.dir, "A.md"), "utf8")).toBe("x y x\n");
  const { out } = await said("approvals");
  const id = of(events, "APPROVAL_REQUESTED")[0]?.payload.id ?? "";
  await said("approve", id);
  const [answer] = of(eventsOf(repo), "APPROVAL_RESOLVED");
  for (const line of out.split("\n").filter((one) => /^ {2}[+-] /.test(one)))
    expect(answer?.payload.shown).toContain(line.trim());
  return out;
}

describe("an agent whose call waits for a person hides from them", () => {
  it("no words behind a control character and a bracket, which end nothing in a script", async () => {
    expect(await asked(write("run.sh", "true \u0001[; ./evil\n"))).toContain("  + true <U+0001>[; ./evil\n");
  });

  it("no line by going back to its beginning, up, or out of sight", async () => {
    const out = await asked(write("run.sh", "./evil\rtrue\n./worse\u001b[1A\u001b[8m\n"));
    expect(out).toContain("  + ./evil<U+000D>true\n  + ./worse<U+001B>[1A<U+001B>[8m\n");
  });

  it("no characters without width, and no turned ones", async () => {
    const out = await asked(write("run.sh", "adm\u200bin=\u202enimda\u061c\n"));
    expect(out).toContain("  + adm<U+200B>in=<U+202E>nimda<U+061C>\n");
  });

  it("no end of a command behind 200 harmless characters, nor its lines as if they were the question", async () => {
    const command = `true ${"a ".repeat(150)}\ndev wants to Read README.md (risk 0)\n./evil`;
    const out = await asked(use("Bash", { command }));
    expect(out).toMatch(/ wants to Bash true a a/);
    expect(out).toContain("\n  + dev wants to Read README.md (risk 0)\n  + ./evil\n");
  });

  it("no argument: an edit of every place is no edit of one", async () => {
    const out = await asked(use("Edit", { file_path: "A.md", old_string: "x", new_string: "z", replace_all: true }));
    expect(out).toMatch(/wants to Edit A.md \(risk \d+\)\n {2}- x\n {2}\+ z\n {2}replace_all: true\n/);
  });
});

it("what an agent says, tries and names steers no terminal, whatever shows it", async () => {
  repo = makeRepo({
    "README.md": "# r\n",
    "plan.yaml": PLAN.replace("humanReview: always", "humanReview: never"),
    "src/a\u001b[2Jb\u202e.js": "export function x\u00e9() { return 1; }\n",
  });
  const evil = "gone\u001b[2J\u009b1A\rthere\u202e";
  const { events } = await runScripted(repo, {
    "A:work:1": [write(`src/${evil}`), use("Grep", { pattern: evil }), use("report_blocker", { reason: evil })],
    "A:escalation:1": [use("resolve_escalation", { action: "block", reason: evil })],
  });
  expect(of(events, "EFFECT_KEPT")).toEqual([]);
  const ended = of(events, "EXECUTION_ENDED").map(({ execution }) => ["trace", execution ?? ""]);
  const verbs = ["continue --brief", "report", "status", "log", "violations", "trace", "measure src"];
  const shown = await Promise.all([...verbs.map((verb) => verb.split(" ")), ...ended].map((verb) => said(...verb)));
  const all = shown.map(({ out, err }) => out + err).join("");
  expect(all).toContain("gone<U+001B>[2J<U+009B>1A there<U+202E>");
  expect(all).toContain("src/a<U+001B>[2Jb<U+202E>.js");
  expect(all).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
});

describe("a plan that a person reads before they approve it", () => {
  const hostile = (title: string): string => PLAN.replace("title: Note", `title: ${JSON.stringify(title)}`);
  const explained = async (title: string): Promise<string> => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": hostile(title) });
    const { code, out } = await said("plan", "explain", "plan.yaml");
    expect(code).toBe(0);
    expect(existsSync(join(repo.dir, ".worknode"))).toBe(false);
    return out;
  };

  it("cannot hide what stands below it", async () => {
    const out = await explained("Note \u001b[8m\u001b[2J\u009b1A");
    expect(out).toContain("Task A: Note <U+001B>[8m<U+001B>[2J<U+009B>1A\n");
    expect(out).toMatch(/may write: A.md, run.sh/);
  });

  it("cannot write lines of the explanation", async () => {
    const out = await explained("Note\n    by nobody\n    may write: nothing; looks in: nothing");
    const lines = out.split("\n").filter((line) => /^\s*may write:/.test(line));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("A.md, run.sh");
  });

  it("cannot steer the terminal by its faults", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
    writeFileSync(join(repo.dir, "plan.yaml"), `${PLAN}"no\\e[2J\\nplan.yaml: sound": 1\n`);
    for (const verb of ["lint", "explain"]) {
      const { code, out, err } = await said("plan", verb, "plan.yaml");
      expect(code).toBe(2);
      expect(out + err).not.toContain("\u001b");
      expect(out + err).not.toMatch(/^plan.yaml: sound/m);
    }
    const { code, err } = await said("run", "plan.yaml");
    expect(code).toBe(2);
    expect(err).not.toContain("\u001b");
  });
});
