import { afterEach, describe, expect, it } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { gather, merged, type Replies } from "./merge-ground.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const TEN_MINUTES_MS = 600_000;
const IDS = ["A", "B", "C"];

/**
 * Writes a coverage report of every file of `src/`: a file's lines are hit unless it says `unhit`, or names as `unhit-with`
 * another file that is there. A file that names as `rewritten-with` another that is there is written anew. What it leaves in
 * scratch must not be there before.
 */
const COVER = `import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
if (existsSync("build/ran")) { console.log("not from empty scratch"); process.exit(1); }
mkdirSync("build", { recursive: true });
writeFileSync("build/ran", "");
const report = readdirSync("src").sort().map((name) => {
  const text = readFileSync("src/" + name, "utf8");
  const other = /unhit-with (\\S+)/.exec(text)?.[1];
  const hit = /unhit$/m.test(text) || (other !== undefined && existsSync("src/" + other)) ? 0 : 1;
  if (existsSync("src/" + /rewritten-with (\\S+)/.exec(text)?.[1])) writeFileSync("src/" + name, text + text);
  const lines = text.split("\\n").flatMap((line, at) => {
    const [, made] = /^export function (\\w+)/.exec(line) ?? [];
    return made === undefined ? [] : ["FN:" + (at + 1) + "," + made, "FNDA:" + hit + "," + made, "DA:" + (at + 1) + "," + hit];
  });
  return ["SF:src/" + name, ...lines, "end_of_record", ""].join("\\n");
});
writeFileSync("build/lcov.info", report.join(""));
if (process.argv[2] !== undefined) console.log("set " + process.argv[2]);
`;
const functionOf = (name: string): string => `/** Is one. */\nexport function ${name}() { return 1; }\n`;
const OLD = Array.from({ length: 40 }, (_, at) => functionOf(`old${at}`)).join("");

interface Ground {
  readonly old?: string;
  /** Members of the plan besides. */
  readonly more?: object;
  readonly sets?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** Runs three tasks, of which the last two wait while the first is merged; each writes a file that its report covers. */
async function runJudged({ old = OLD, more = {}, sets = {}, files = {} }: Ground) {
  const tasks = IDS.map((id) => ({
    id,
    title: `Export ${id}`,
    owner: "implementer",
    files: { write: [`src/${id}.js`] },
    verify: {
      test: ["node", "cover.mjs", ...(sets[id] === undefined ? [] : [sets[id]])],
      coverage: { report: "build/lcov.info", format: "lcov" },
    },
  }));
  const plan = { apiVersion: "worknode/v1", kind: "Plan", id: "batch", title: "Batch", ...more };
  repo = makeRepo({
    ".gitignore": "build/\n",
    "cover.mjs": COVER,
    "src/old.js": old,
    "plan.yaml": JSON.stringify({ ...plan, phases: [{ id: "build", tasks }] }),
  });
  const texts = (id: string): string => files[id] ?? functionOf(id);
  const replies: Replies = Object.fromEntries(
    IDS.map((id) => [`${id}:work:1`, [write(`src/${id}.js`, texts(id)), { ...submit, hold: id }]]),
  );
  const server = await scripted(repo, scriptOf(replies));
  const [{ exitCode, reason }] = await Promise.all([run(repo), gather(repo, server, IDS)]);
  await server.close();
  expect([exitCode, merged(repo)], reason).toEqual([0, IDS]);
  return eventsOf(repo);
}

const batches = (events: readonly AnyEvent[]): { tasks: string[]; pass: boolean }[] =>
  of(events, "BATCH_VERIFIED").map(({ payload: { tasks, pass } }) => ({ tasks, pass }));

describe.skipIf(sandboxMissing)(`what a batch of merges is judged by${reason}`, { timeout: TEN_MINUTES_MS }, () => {
  const waived = { waivers: [{ rule: "coverage", tasks: IDS, reason: "old code" }] };
  it.each<[string, Ground, object[]]>([
    ["its total is held against that of its own base", { old: `${OLD}// unhit\n` }, []],
    [
      "a waived total is held against nothing",
      { old: `${OLD}// unhit\n`, more: waived },
      [{ tasks: ["B", "C"], pass: true }],
    ],
    ["more than its commands looks at it", { more: { limits: { validation: { powerOfTen: "enforce" } } } }, []],
  ])("a task rides with others or not: %s", async (_, ground, expected) => {
    expect(batches(await runJudged(ground))).toEqual(expected);
  });

  it("is each task's coverage on the whole of it: who is covered alone only makes it red", async () => {
    // with a body of its own: a function that is elsewhere in the base has merely moved
    const events = await runJudged({ files: { B: `${functionOf("B").replace("1;", "6 * 7;")}// unhit-with C.js\n` } });
    const [batch, ...others] = of(events, "BATCH_VERIFIED");
    expect(others).toEqual([]);
    expect(batch?.payload).toMatchObject({ tasks: ["B", "C"], pass: false });
    expect(batch?.payload.faults).toEqual([
      expect.stringMatching(/^B: ERROR_INSUFFICIENT_COVERAGE/),
      expect.stringMatching(/^B: ERROR_UNTESTED_FUNCTIONS/),
    ]);
  });

  it("is the files that are merged: what the commands change first makes it red", async () => {
    const events = await runJudged({ files: { B: `${functionOf("B")}// rewritten-with C.js\n` } });
    const [batch] = of(events, "BATCH_VERIFIED");
    const said = expect.stringMatching(/^B: ERROR_TESTS_FAILED: the commands changed src\/B\.js, .*\[output: ev_/);
    expect(batch?.payload).toMatchObject({ tasks: ["B", "C"], pass: false });
    expect(batch?.payload.faults).toContainEqual(said);
  });

  it("is each task's own commands, those of two kinds at once, from empty scratch each", async () => {
    const events = await runJudged({ sets: { B: "one", C: "two" } });
    const [batch] = of(events, "BATCH_VERIFIED");
    expect(batch?.payload).toMatchObject({ tasks: ["B", "C"], pass: true });
    const ran = of(events, "COMMANDS_RAN").filter(({ payload }) => payload.tree === batch?.payload.tree);
    const saidTo = (id: string): string | undefined => {
      const own = of(events, "VERIFIED").findLast(({ task }) => task === id)?.payload.output_event;
      return ran.find((event) => event.id === own)?.payload.commands[0]?.stdout.trim();
    };
    expect(ran).toHaveLength(2);
    expect(["B", "C"].map(saidTo)).toEqual(["set one", "set two"]);
  });
});
