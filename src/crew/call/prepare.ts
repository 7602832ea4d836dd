import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readBelow } from "../../effect/disk/path-fact.js";
import { TAKEN, tryRename } from "../../effect/disk/try-rename.js";
import { removeTree } from "../../effect/sandbox/layer.js";
import type { PlanCommandRun } from "../../effect/sandbox/plan-commands.js";
import type { PreparedFolders } from "../../effect/workspace/surroundings.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { assert } from "../../kernel/assert.js";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { hashOf, sha256Hex } from "../../kernel/canonical.js";
import { type Fault, invalid } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import type { Crew } from "../state/context.js";
import { runPlanned } from "./verify.js";
import { headWorkspace } from "./workspaces.js";

/** Folders a `prepare` is to fill unless the plan names others (DESIGN §8). */
const FOLDERS = ["node_modules", ".venv", "venv"] as const;
/** Files that say which dependencies are wanted: with them unchanged, what was prepared still fits. */
const LOCK_FILES = [
  "package.json",
  "package-lock.json",
  "npm-shrinkwrap.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "yarn.lock",
  "bun.lock",
  "requirements.txt",
  "pyproject.toml",
  "poetry.lock",
  "uv.lock",
  "Pipfile.lock",
  "Cargo.lock",
  "go.sum",
] as const;
/** Characters of a failing command's output that are shown. */
const MAX_TAIL_CHARS = 2_000;
const DONE = "prepared.json";

/**
 * Runs the plan's `workspace.prepare` where the user's checkout lacks the folders it fills, once for each state of
 * the lock files, in the sandbox and before any agent works. What it made is mounted for every command of the
 * crew. Throws Fault PREPARE_FAILED, MISSING_DEPENDENCY (exit 2).
 */
export async function prepareDependencies(crew: Crew): Promise<void> {
  const { prepare, link } = crew.plan.workspace;
  const absent = absentFolders(crew);
  if (prepare === undefined || absent.length === 0) return;
  const workspace = await headWorkspace(crew);
  const locks = LOCK_FILES.map((path) => lockHash(workspace, path));
  const directory = join(crew.repository.stateDir, "prepared", hashOf({ prepare, absent, locks }).slice(0, 32));
  if (!existsSync(join(directory, DONE))) await fill(crew, workspace, { directory, absent });
  const paths = JSON.parse(readFileSync(join(directory, DONE), "utf8")) as string[];
  const missing = link === undefined ? undefined : absent.find((path) => !paths.includes(path));
  if (missing !== undefined)
    throw invalid("MISSING_DEPENDENCY", `workspace.link names ${missing}, and workspace.prepare did not make it.`);
  crew.prepared = { directory, paths } satisfies PreparedFolders;
}

/** Folders the checkout lacks: those the plan links, or all of the usual ones where it has none of them. */
function absentFolders(crew: Crew): string[] {
  const { link } = crew.plan.workspace;
  const wanted = (link ?? FOLDERS).map((entry) => entry.replace(/\/+$/, ""));
  const absent = wanted.filter((path) => !existsSync(join(crew.repository.checkout, path)));
  return link === undefined && absent.length < wanted.length ? [] : absent;
}

function lockHash(workspace: TaskWorkspace, path: string): string | null {
  const content = readBelow(workspace.worktree, path, MAX_FILE_BYTES);
  return content === null ? null : sha256Hex(content);
}

async function fill(
  crew: Crew,
  workspace: TaskWorkspace,
  { directory, absent }: { directory: string; absent: readonly string[] },
): Promise<void> {
  const { command, network } = crew.plan.workspace.prepare ?? { command: [], network: false };
  const making = `${directory}.${systemRandom.hex(4)}`;
  mkdirSync(making, { recursive: true });
  const where = { task: null, workspace, files: workspace.worktree, prepare: { network } };
  const result = await runPlanned(crew, where, [{ role: "prepare", argv: command }]);
  try {
    const [run] = result.runs;
    assert(run !== undefined, "one command gives one run");
    if (run.exit_code !== 0) throw failed(command, run);
    const made = await result.takeFolders(absent, making);
    writeFileSync(join(making, DONE), JSON.stringify(made));
    mkdirSync(dirname(directory), { recursive: true });
    tryRename(making, directory, TAKEN); // another process may have been first
  } finally {
    await result.discard();
    await removeTree(making);
  }
}

function failed(command: readonly string[], { exit_code, stopped, stdout, stderr }: PlanCommandRun): Fault {
  const end = exit_code ?? `no exit code (${stopped})`;
  const said = `${stdout}\n${stderr}`.trim().slice(-MAX_TAIL_CHARS);
  return invalid("PREPARE_FAILED", `workspace.prepare (${command.join(" ")}) ended with ${end}: ${said}`);
}
