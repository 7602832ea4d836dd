import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { minimalConfig } from "../git/git-directory.js";
import { emptyFile, maskDirectory, part, STAGE_PARTS, STAGE_ROOT, type StagePart } from "./host-view.js";
import { bindReadOnly, type HostMount, type Mount } from "./mount-table.js";
import type { GitView, SandboxSpec } from "./spec.js";

/** The git common directory as commands see it. */
export const SHOWN_GIT = "/run/worknode/git";
/** What of the common directory git needs to read; never its `config` or hooks. The store is worknode's own: it borrows from no other. */
const GIT_PARTS = ["objects", "refs", "packed-refs", "shallow"];

/** Holds the text of the workspace's `.git` file. */
const POINTER = `${STAGE_PARTS}/pointer`;

/** What that folder says of its common directory where it is mounted at `.git`. */
const COMMON = `${STAGE_PARTS}/commondir`;

/** Content of the workspace's `.git` file. */
function gitPointer(git: GitView): string {
  return `gitdir: ${SHOWN_GIT}/worktrees/${basename(git.gitDir)}`;
}

/** The worktree's `.git` as a read-only pointer, and what of the common directory git needs to read. */
export function gitPart(spec: SandboxSpec, host: readonly HostMount[]): StagePart {
  const pointer = pointerPart(spec, host);
  const text = spec.git === undefined ? "" : gitPointer(spec.git);
  const files = [
    emptyFile(`${STAGE_PARTS}/p/.git`),
    { path: POINTER, text: `${text}\n` },
    { path: COMMON, text: `${SHOWN_GIT}\n` },
  ];
  const directories = [`${STAGE_PARTS}/p`];
  if (spec.git === undefined) return part({ mounts: pointer, directories, files });
  const { commonDir, gitDir } = spec.git;
  const shown = STAGE_ROOT + SHOWN_GIT;
  const found = GIT_PARTS.map((name) => ({ from: join(commonDir, name), to: `${shown}/${name}` }));
  const parts = [...found, { from: gitDir, to: `${shown}/worktrees/${basename(gitDir)}` }]
    .filter(({ from }) => existsSync(from))
    .map((one) => ({ ...one, directory: statSync(one.from).isDirectory() }));
  return part({
    mounts: [
      ...parts.flatMap(({ from, to }) => bindReadOnly(from, to, host)),
      { source: `${STAGE_PARTS}/config`, target: `${shown}/config`, type: "none", options: ["bind", "ro"] },
      ...pointer,
    ],
    directories: [...directories, `${shown}/hooks`, ...parts.filter(({ directory }) => directory).map(({ to }) => to)],
    files: [
      ...files,
      { path: `${STAGE_PARTS}/config`, text: `${shownGitConfig(spec.git)}\n` },
      ...[`${shown}/config`, ...parts.filter(({ directory }) => !directory).map(({ to }) => to)].map(emptyFile),
    ],
  });
}

/** What stands at `.git`: the pointer; in a main checkout, where it is a folder, the git directory of the view itself. */
function pointerPart(spec: SandboxSpec, host: readonly HostMount[]): Mount[] {
  const target = `${STAGE_ROOT}${spec.shownRoot}/.git`;
  const inPlace = lstatSync(join(spec.lower, ".git"), { throwIfNoEntry: false })?.isDirectory() === true;
  if (!inPlace) return [{ source: POINTER, target, type: "none", options: ["bind", "ro"] }];
  if (spec.git === undefined) return [maskDirectory(target)];
  const common = { source: COMMON, target: `${target}/commondir`, type: "none", options: ["bind", "ro"] };
  return [...bindReadOnly(spec.git.gitDir, target, host), common];
}

/** How objects and refs are stored, and nothing else of the repository's configuration. */
function shownGitConfig(git: GitView): string {
  const file = join(git.commonDir, "config");
  const text = minimalConfig(existsSync(file) ? readFileSync(file, "utf8") : "");
  // the overlay shows other inode and device numbers than the index was made with
  return `${text}[core]\n\tcheckStat = minimal\n\ttrustctime = false`;
}
