import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { NOTHING_RAN } from "../../../src/crew/call/verify.js";
import type { Crew } from "../../../src/crew/state/context.js";
import { joinedCoverageFaults, judgeLayer, type LayerWork } from "../../../src/crew/task/joined-rules.js";
import { createGit } from "../../../src/effect/git/git.js";
import type { TaskWorkspace } from "../../../src/effect/workspace/workspace.js";
import { MAX_FILE_BYTES } from "../../../src/kernel/bounds.js";
import type { PlanTask } from "../../../src/schema/plan-task.js";

const crew = {
  plan: { waivers: [] },
  limits: {
    implementation: { maxComplexity: 8, maxFunctionLines: 60 },
    validation: { requireDocs: false, powerOfTen: "warn", minLineCoverage: 0.95, maxUntestedFunctions: 0 },
  },
} as unknown as Crew;
const task = { id: "A", files: { write: ["big.js"], read: [] } } as unknown as PlanTask;
/** Three quarters of what can be read: two pieces of work that each were short enough. */
const PIECE = `${"// text\n".repeat((MAX_FILE_BYTES * 3) / 4 / 8)}`;
const HIDDEN = "export function hidden() {\n  return 1;\n}\n";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "worknode-joined-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (...args: string[]): string => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim();

/** A worktree in which two pieces of work were joined into one file; answers the commits before and after. */
function joined(): { workspace: TaskWorkspace; before: string; after: string } {
  git("init", "-q");
  const commit = (text: string): string => {
    writeFileSync(join(folder, "big.js"), text);
    git("add", "big.js");
    git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t");
    return git("rev-parse", "HEAD");
  };
  const before = commit(PIECE);
  const after = commit(`${PIECE}${PIECE}${HIDDEN}`);
  const workspace = {
    git: createGit({ gitDir: join(folder, ".git"), workTree: folder, privateDir: join(folder, ".git") }),
    worktree: folder,
    shownRoot: folder,
    baseCommit: before,
  };
  return { workspace: workspace as unknown as TaskWorkspace, before, after };
}

it("refuses a layer whose code is too long to be read once it is joined with what it lies on", async () => {
  const { workspace, before, after } = joined();
  const changes = [{ path: "big.js", kind: "modify" }];
  const layer = { task: "A", from: after, below: before, tree: after, changes } as unknown as LayerWork["layer"];
  const { faults } = await judgeLayer(crew, { task, layer, view: workspace, tree: after, ran: NOTHING_RAN });
  expect(faults).toEqual([expect.stringContaining(`ERROR_PARSE: big.js is longer than ${MAX_FILE_BYTES} bytes`)]);
});

it("refuses to land code that is too long to be read once it is joined with the user's", async () => {
  const { workspace, after } = joined();
  expect(await joinedCoverageFaults(crew, { task, workspace, tree: after, report: null })).toEqual([
    expect.stringContaining(`A: ERROR_PARSE: big.js is longer than ${MAX_FILE_BYTES} bytes`),
  ]);
});
