import { existsSync, lstatSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Fault } from "../../kernel/fault.js";
import { gitPart, SHOWN_GIT } from "./git-part.js";
import { hostSockets, socketsIn } from "./host-socket.js";
import {
  credentialFiles,
  emptyFile,
  finishPart,
  type Host,
  isSystemPath,
  maskDirectory,
  maskFile,
  maskSocket,
  part,
  STAGE_PARTS,
  STAGE_ROOT,
  type StagePart,
  stageDirectory,
  systemPart,
} from "./host-view.js";
import { bindReadOnly, bindWritable, type HostMount, isWithin, overlay, readHostMounts } from "./mount-table.js";
import type { SandboxSpec } from "./spec.js";

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

/** Plans what the set-up makes for one command. Throws Fault SANDBOX_SETUP, naming what cannot be mounted and why. */
export function planStage(spec: SandboxSpec): StagePart {
  refuseRoot(spec.shownRoot);
  const mounts = readHostMounts();
  const host = { mounts, sockets: hostSockets() };
  const parts = [
    systemPart(host, spec.network),
    finishPart(),
    toolchainPart(spec, host),
    workspacePart(spec, mounts),
    ...spec.links.map((_, index) => linkPart(spec, index)),
    gitPart(spec, mounts),
    maskPart(spec),
  ];
  const lock = { source: "worknode", target: STAGE_ROOT, type: "none", options: ["remount", "bind", "ro"] };
  return {
    mounts: [...parts.flatMap((part) => part.mounts), lock],
    directories: parts.flatMap((part) => part.directories),
    files: parts.flatMap((part) => part.files),
    copies: parts.flatMap((part) => part.copies),
  };
}

function refuseRoot(root: string): void {
  if (RESERVED_ROOTS.has(root) || RESERVED_TREES.some((tree) => isWithin(root, tree)))
    throw setupFault(`a workspace at ${root} cannot be shown in the sandbox; move the repository elsewhere`);
}

function setupFault(reason: string): Fault {
  return new Fault("SANDBOX_SETUP", `the sandbox could not be set up: ${reason}`, { exitCode: 2 });
}

/** Programs outside the system directories, with files that may hold credentials and the host's sockets masked. */
function toolchainPart(spec: SandboxSpec, { mounts, sockets }: Host): StagePart {
  const wanted = spec.toolchains.filter((path) => !isSystemPath(path) && !isWithin(path, spec.shownRoot));
  const all = [...new Set(wanted)].sort().map((path) => ({ path, directory: isDirectory(path) }));
  const links = all.filter(({ path, directory }) => !directory && isShownLink(path, wanted)).map(({ path }) => path);
  const found = all.filter(({ path }) => !links.includes(path));
  return part({
    mounts: found.flatMap(({ path }) => [
      ...bindReadOnly(path, STAGE_ROOT + path, mounts),
      ...credentialFiles(path).map((file) => maskFile(STAGE_ROOT + file)),
      ...socketsIn(path, sockets).map((file) => maskSocket(STAGE_ROOT + file)),
    ]),
    directories: found.map(({ path, directory }) => stageDirectory(directory ? path : dirname(path))),
    files: found.filter(({ directory }) => !directory).map(({ path }) => emptyFile(stageDirectory(path))),
    copies: links,
  });
}

/** Whether a program is a link to what is shown as well: it stays one, as a program looks for its parts from where it lies. */
function isShownLink(path: string, toolchains: readonly string[]): boolean {
  if (!lstatSync(path).isSymbolicLink()) return false;
  const target = resolve(dirname(path), readlinkSync(path));
  return isSystemPath(target) || toolchains.some((other) => other !== path && isWithin(target, other));
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

/** Denied paths that exist: empty and read-only, so that a blocked write does not look as if it had worked. */
function maskPart(spec: SandboxSpec): StagePart {
  const targets = new Map<string, Stats>();
  const mask = (root: string, path: string, below: string): void => {
    const place = maskedPlace(root, path);
    if (place !== undefined) targets.set(join(below, place), lstatSync(join(root, place)));
  };
  for (const path of spec.masks) mask(spec.lower, path, "");
  for (const { path, source, masks } of spec.links)
    for (const inner of masks ?? []) mask(realpathSync(source), inner, path);
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
