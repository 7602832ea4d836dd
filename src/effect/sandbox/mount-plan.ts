import { existsSync, lstatSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Fault } from "../../kernel/fault.js";
import { minimalConfig } from "../git-directory.js";
import {
  credentialFiles,
  isSystemPath,
  maskDirectory,
  maskFile,
  STAGE_PARTS,
  STAGE_ROOT,
  type StagePart,
  stageDirectory,
  systemPart,
} from "./host-view.js";
import { bindReadOnly, bindWritable, type HostMount, isWithin, overlay, readHostMounts } from "./mount-table.js";
import type { GitView, SandboxSpec } from "./spec.js";

/** The git common directory as commands see it. */
const SHOWN_GIT = "/run/worknode/git";
/** What of the common directory git needs to read; never its `config` or hooks. */
const GIT_PARTS = ["objects", "refs", "packed-refs", "shallow", "reftable", "info"];
/** Directories no workspace can be shown at: the sandbox keeps its own things there. */
const RESERVED_ROOTS = new Set([
  "/",
  "/usr",
  "/etc",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
  "/tmp",
  "/var",
  "/var/tmp",
  "/run",
]);
const RESERVED_TREES = ["/proc", "/sys", "/dev", SHOWN_GIT];

/** Everything the set-up script makes for one command, and the texts it writes. */
export interface MountPlan extends StagePart {
  /** Content of the workspace's `.git` file. */
  readonly gitPointer: string;
  readonly gitConfig: string;
}

/** Plans the mounts of one command. Throws Fault SANDBOX_SETUP, naming what cannot be mounted and why. */
export function planMounts(spec: SandboxSpec): MountPlan {
  refuseRoot(spec.shownRoot);
  const host = readHostMounts();
  const parts = [
    systemPart(host, spec.network),
    toolchainPart(spec, host),
    workspacePart(spec, host),
    ...spec.links.map((_, index) => linkPart(spec, index)),
    gitPart(spec, host),
    maskPart(spec),
  ];
  const lock = { source: "worknode", target: STAGE_ROOT, type: "none", options: ["remount", "bind", "ro"] };
  return {
    mounts: [...parts.flatMap((part) => part.mounts), lock],
    directories: parts.flatMap((part) => part.directories),
    files: parts.flatMap((part) => part.files),
    copies: parts.flatMap((part) => part.copies),
    gitPointer: spec.git === undefined ? "" : `gitdir: ${SHOWN_GIT}/worktrees/${basename(spec.git.gitDir)}`,
    gitConfig: spec.git === undefined ? "" : shownGitConfig(spec.git),
  };
}

function refuseRoot(root: string): void {
  if (RESERVED_ROOTS.has(root) || RESERVED_TREES.some((tree) => isWithin(root, tree)))
    throw setupFault(`a workspace at ${root} cannot be shown in the sandbox; move the repository elsewhere`);
}

function setupFault(reason: string): Fault {
  return new Fault("SANDBOX_SETUP", `the sandbox could not be set up: ${reason}`);
}

function part(content: Partial<StagePart>): StagePart {
  return { mounts: [], directories: [], files: [], copies: [], ...content };
}

/** Programs outside the system directories, with files that may hold credentials masked. */
function toolchainPart(spec: SandboxSpec, host: readonly HostMount[]): StagePart {
  const wanted = spec.toolchains.filter((path) => !isSystemPath(path) && !isWithin(path, spec.shownRoot));
  const found = [...new Set(wanted)].sort().map((path) => ({ path, directory: isDirectory(path) }));
  return part({
    mounts: found.flatMap(({ path }) => [
      ...bindReadOnly(path, STAGE_ROOT + path, host),
      ...credentialFiles(path).map((file) => maskFile(STAGE_ROOT + file)),
    ]),
    directories: found.map(({ path, directory }) => stageDirectory(directory ? path : dirname(path))),
    files: found.filter(({ directory }) => !directory).map(({ path }) => stageDirectory(path)),
  });
}

/** Whether a path, links followed, is a directory. */
function isDirectory(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw setupFault(`${path} does not exist; correct \`workspace.toolchains\``);
  return stats.isDirectory();
}

/** The overlay at the repository's own path. `p` holds mount points the worktree lacks, below everything else. */
function workspacePart(spec: SandboxSpec, host: readonly HostMount[]): StagePart {
  const scratch = spec.scratch === undefined ? [] : bindReadOnly(spec.scratch, `${STAGE_PARTS}/s`, host);
  const lowers = [...(spec.scratch === undefined ? [] : ["s"]), "w", "p"].map((name) => `${STAGE_PARTS}/${name}`);
  return part({
    mounts: [
      bindWritable(spec.layer.dir, `${STAGE_PARTS}/l`),
      ...bindReadOnly(spec.lower, `${STAGE_PARTS}/w`, host),
      ...scratch,
      overlay(STAGE_ROOT + spec.shownRoot, lowers, `${STAGE_PARTS}/l`),
    ],
    directories: [
      ...["l", "w", "s", "p"].map((name) => `${STAGE_PARTS}/${name}`),
      ...(isSystemPath(spec.shownRoot) ? [] : [stageDirectory(spec.shownRoot)]),
    ],
  });
}

/** One linked path: the checkout's directory below a throw-away layer of its own. */
function linkPart(spec: SandboxSpec, index: number): StagePart {
  const link = spec.links[index];
  if (link === undefined) return part({});
  const existing = lstatSync(join(spec.lower, link.path), { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isDirectory())
    throw setupFault(`${link.path} is to be linked from the checkout, but the repository holds a file of that name`);
  if (!existsSync(link.source)) throw setupFault(`${link.source}, linked as ${link.path}, does not exist`);
  const source = realpathSync(link.source);
  const name = `${STAGE_PARTS}/k${index}`;
  const target = join(STAGE_ROOT + spec.shownRoot, link.path);
  return part({
    mounts: [bindWritable(source, name), overlay(target, [name], `${STAGE_PARTS}/l/links/${index}`)],
    directories: [name, join(STAGE_PARTS, "p", link.path)],
  });
}

function gitPart(spec: SandboxSpec, host: readonly HostMount[]): StagePart {
  const target = `${STAGE_ROOT}${spec.shownRoot}/.git`;
  const pointer = { source: `${STAGE_PARTS}/pointer`, target, type: "none", options: ["bind", "ro"] };
  const files = [`${STAGE_PARTS}/p/.git`, `${STAGE_PARTS}/pointer`, `${STAGE_PARTS}/config`];
  if (spec.git === undefined) return part({ mounts: [pointer], files });
  const { commonDir, gitDir } = spec.git;
  const shown = STAGE_ROOT + SHOWN_GIT;
  const found = GIT_PARTS.map((name) => ({ from: join(commonDir, name), to: `${shown}/${name}` }));
  const parts = [...found, { from: gitDir, to: `${shown}/worktrees/${basename(gitDir)}` }]
    .filter(({ from }) => existsSync(from))
    .map((one) => ({ ...one, directory: isDirectory(one.from) }));
  const others = alternates(commonDir).filter((path) => !isSystemPath(path));
  return part({
    mounts: [
      ...parts.flatMap(({ from, to }) => bindReadOnly(from, to, host)),
      ...others.flatMap((path) => bindReadOnly(path, STAGE_ROOT + path, host)),
      { source: `${STAGE_PARTS}/config`, target: `${shown}/config`, type: "none", options: ["bind", "ro"] },
      pointer,
    ],
    directories: [
      `${shown}/hooks`,
      ...parts.filter(({ directory }) => directory).map(({ to }) => to),
      ...others.map(stageDirectory),
    ],
    files: [...files, `${shown}/config`, ...parts.filter(({ directory }) => !directory).map(({ to }) => to)],
  });
}

/** Object stores this one borrows from (`clone --shared`). */
function alternates(commonDir: string): string[] {
  const file = join(commonDir, "objects/info/alternates");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("/") && existsSync(line));
}

/** How objects and refs are stored, and nothing else of the repository's configuration. */
function shownGitConfig(git: GitView): string {
  const file = join(git.commonDir, "config");
  const text = minimalConfig(existsSync(file) ? readFileSync(file, "utf8") : "");
  // the overlay shows other inode and device numbers than the index was made with
  return `${text}[core]\n\tcheckStat = minimal\n\ttrustctime = false`;
}

/** Denied paths that exist: empty and read-only, so that a blocked write does not look as if it had worked. */
function maskPart(spec: SandboxSpec): StagePart {
  const targets = new Map<string, Stats>();
  for (const path of spec.masks) {
    const place = maskedPlace(spec.lower, path);
    if (place !== undefined) targets.set(place, lstatSync(join(spec.lower, place)));
  }
  return part({
    mounts: [...targets].map(([path, stats]) => {
      const target = join(STAGE_ROOT + spec.shownRoot, path);
      return stats.isDirectory() ? maskDirectory(target) : maskFile(target);
    }),
  });
}

/** The path to mask; for a link what it leads to inside the worktree, as outside nothing can be seen anyway. */
function maskedPlace(lower: string, path: string): string | undefined {
  const stats = lstatSync(join(lower, path), { throwIfNoEntry: false });
  if (stats === undefined || !stats.isSymbolicLink()) return stats === undefined ? undefined : path;
  const root = realpathSync(lower);
  try {
    const real = realpathSync(join(lower, path));
    return isWithin(real, root) && real !== root ? real.slice(root.length + 1) : undefined;
  } catch {
    return undefined; // dangling: leads nowhere
  }
}
