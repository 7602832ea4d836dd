import { z } from "zod";
import type { Config } from "../../schema/config.js";
import { parseYaml } from "../document.js";
import { type Manifest, readManifest } from "./node-manifest.js";
import type { Sources } from "./sources.js";

export type PackageManager = NonNullable<Config["packageManager"]>;

/** Each manager with its lock files and the command that installs exactly what they say. */
const MANAGERS: Readonly<Record<PackageManager, { locks: readonly string[]; install: readonly string[] }>> = {
  npm: { locks: ["package-lock.json", "npm-shrinkwrap.json"], install: ["npm", "ci"] },
  pnpm: { locks: ["pnpm-lock.yaml"], install: ["pnpm", "install", "--frozen-lockfile"] },
  yarn: { locks: ["yarn.lock"], install: ["yarn", "install", "--immutable"] },
  bun: { locks: ["bun.lock", "bun.lockb"], install: ["bun", "install", "--frozen-lockfile"] },
};

/** The package managers whose lock files the repository's top holds. */
function lockedBy(sources: Sources): PackageManager[] {
  const names = Object.keys(MANAGERS) as PackageManager[];
  return names.filter((name) => MANAGERS[name].locks.some((lock) => sources.files.includes(lock)));
}

/** The manager of the repository: the one asked for, the one package.json names, or the one whose lock file is there. */
export function findPackageManager(
  sources: Sources,
  asked: PackageManager | undefined,
): { manager: PackageManager | undefined; rivals: readonly PackageManager[] } {
  const manifest = readManifest(sources, ".");
  const named = asked ?? namedIn(manifest);
  if (named !== undefined) return { manager: named, rivals: [] };
  const locked = lockedBy(sources);
  if (locked.length > 1) return { manager: undefined, rivals: locked };
  return { manager: locked[0] ?? (manifest === undefined ? undefined : "npm"), rivals: [] };
}

function namedIn(manifest: Manifest | undefined): PackageManager | undefined {
  const name = manifest?.packageManager?.split("@")[0] ?? "";
  return Object.hasOwn(MANAGERS, name) ? (name as PackageManager) : undefined;
}

/** The command that installs what the lock file says; undefined without one. */
export function installCommand(sources: Sources, manager: PackageManager): string[] | undefined {
  const { locks, install } = MANAGERS[manager];
  return locks.some((lock) => sources.files.includes(lock)) ? [...install] : undefined;
}

/** Workspace patterns of package.json or pnpm-workspace.yaml. */
export function workspacePatterns(sources: Sources): string[] {
  const workspaces = readManifest(sources, ".")?.workspaces;
  const named = Array.isArray(workspaces) ? workspaces : (workspaces?.packages ?? []);
  return [...named, ...pnpmPatterns(sources.read("pnpm-workspace.yaml") ?? "")];
}

const pnpmSchema = z.object({ packages: z.array(z.string()) });

function pnpmPatterns(text: string): string[] {
  return pnpmSchema.safeParse(parseYaml(text).data).data?.packages ?? [];
}
