import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { DENIED_NAMES } from "../../unit/gate/denied-names.js";
import { PROBE_DIR } from "../harness.js";
import { type HookGround, makeHookGround, PLAN } from "../hook-ground.js";
import { type Ground, prepareGround } from "./ground.js";

const sandbox = await probeBackends({ stateDir: PROBE_DIR });
/** Each in a folder of its own, because one's folder may be another's file. */
const PATHS = DENIED_NAMES.map((name, index) => `gen/${index}/${name}`);

describe.skipIf(sandbox.chosen === null)("every name of the hard deny list, made by one command", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround();
  });
  afterAll(() => ground.end());

  it("is refused by that rule, in a folder that is listed whole", async () => {
    await ground.call("Read", { file_path: "README.md" }, "B");
    const before = ground.fingerprint();
    const made = PATHS.map((path) => `mkdir -p ${dirname(path)}; echo x > ${path}`).join("\n");
    const { exitCode, report } = await ground.call("Bash", { command: made }, "B");
    expect(exitCode).toBe(3);
    const refused = report.effects?.refused.filter(({ rule }) => rule === "hard-deny").map(({ path }) => path);
    expect(refused?.sort()).toEqual([...PATHS].sort());
    expect(ground.fingerprint()).toBe(before);
  });

  it("is refused so in scratch and in ignored folders", async () => {
    const paths = PATHS.map((path, index) => path.replace(/^gen/, index % 2 === 0 ? "out" : "dist"));
    const made = paths.map((path) => `mkdir -p ${dirname(path)}; echo x > ${path}`).join("\n");
    const { report } = await ground.call("Bash", { command: made }, "B");
    const refused = report.effects?.refused.filter(({ rule }) => rule === "hard-deny").map(({ path }) => path);
    expect(refused?.sort()).toEqual([...paths].sort());
  });
});

describe("every name of the hard deny list, named by a client that works beside worknode", () => {
  let ground: HookGround;
  let root = "";
  beforeAll(async () => {
    ground = await makeHookGround(
      { "README.md": "# r\n", "plan.yaml": PLAN.replace("notes/one.md,", "'gen/**',") },
      "plan.yaml",
    );
  });
  afterAll(() => ground.close());

  async function answered(tool: string, input: Record<string, unknown>): Promise<string> {
    const { hookSpecificOutput: output } = await ground.call(tool, input);
    return `${output?.permissionDecision}: ${output?.permissionDecisionReason?.split(/[ :]/)[0]}`;
  }

  it("is denied without a task, by the client's own tools and by those of other servers", async () => {
    for (const path of PATHS) {
      const file = join(ground.repo.dir, path);
      expect([path, await answered("Write", { file_path: file, content: "x" })]).toContain("deny: ERROR_HARD_DENY");
      expect([path, await answered("mcp__files__write", { path: file })]).toContain("deny: ERROR_HARD_DENY");
    }
  });

  it("is denied with a task that lists the folder whole", async () => {
    const said = (await ground.send("UserPromptSubmit", { prompt: "continue" })).hookSpecificOutput?.additionalContext;
    root = /Work in (\S+) and/.exec(said ?? "")?.[1] ?? "";
    const allowed = await ground.call("Write", { file_path: `${root}/gen/a.txt`, content: "x" });
    expect(allowed.hookSpecificOutput?.permissionDecision).toBe("allow");
    for (const path of PATHS)
      expect([path, await answered("Write", { file_path: `${root}/${path}`, content: "x" })]).toContain(
        "deny: ERROR_HARD_DENY",
      );
  });
});
