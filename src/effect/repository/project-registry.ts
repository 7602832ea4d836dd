import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RepositoryLocation, stateHome } from "./repository-location.js";

/** Name of the file in a project's state directory that says where its repository is. */
const ROOT_FILE = "root";
/** Projects looked at. */
const MAX_PROJECTS = 1_000;

/** Notes where a project is, for the commands over every project of the user: its path and nothing of what it holds. */
export function registerProject({ stateDir, root }: RepositoryLocation): void {
  const file = join(stateDir, ROOT_FILE);
  if (readRoot(file) === root) return;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${root}\n`);
}

/** Roots of every project of the user, in order of their paths; some may have been moved or removed since. */
export function listProjects(env: NodeJS.ProcessEnv): string[] {
  const base = join(stateHome(env), "worknode");
  const roots = foldersIn(base).map((name) => readRoot(join(base, name, ROOT_FILE)));
  return [...new Set(roots.filter((root) => root !== undefined))].sort().slice(0, MAX_PROJECTS);
}

function foldersIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}

function readRoot(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replace(/\n$/, "");
  } catch {
    return undefined; // no project's folder, or one that was never registered
  }
}
