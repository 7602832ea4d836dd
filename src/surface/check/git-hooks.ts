import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { invalid } from "../../kernel/fault.js";

/** Hooks of a developer's clone; a server has `pre-receive`. */
export const CLIENT_HOOKS = ["pre-commit", "commit-msg", "pre-push"] as const;
const MARK = "# installed by worknode; `worknode uninstall git-hooks` takes it away";
/** The hook that was there before. It runs first, and its refusal stands. */
const BEFORE = ".before-worknode";

/** A program to be run by a hook: arguments before `check`. */
export interface HookProgram {
  readonly node: string;
  readonly main: string;
  /** Words between the program and the options: none for the single file, which is `check` alone. */
  readonly verb: readonly string[];
}

/**
 * Puts hooks of git's into a folder. What was there is kept beside and runs first. Installing again replaces only what
 * worknode installed. Answers what was done, for people. Throws Fault HOOK_IN_THE_WAY (exit 2), having changed nothing.
 */
export function installHooks(folder: string, names: readonly string[], program: HookProgram): string[] {
  mkdirSync(folder, { recursive: true });
  for (const name of names) refuseSecond(join(folder, name), name);
  return names.map((name) => {
    const path = join(folder, name);
    const chained = isTheirs(path);
    if (chained) renameSync(path, `${path}${BEFORE}`);
    writeFileSync(path, hookScript(name, program, shellOf(`${path}${BEFORE}`)));
    chmodSync(path, 0o755);
    return chained ? `${path} installed; the hook that was there runs first` : `${path} installed`;
  });
}

/** One hook is kept. A tool such as husky writes its hooks anew: then what was kept is what is there. */
function refuseSecond(path: string, name: string): void {
  const kept = contentAt(`${path}${BEFORE}`);
  if (!isTheirs(path) || kept === undefined || kept === contentAt(path)) return;
  throw invalid(
    "HOOK_IN_THE_WAY",
    `${path} was replaced by another hook since worknode kept ${name}${BEFORE}. Remove one of them.`,
  );
}

/** Takes worknode's hooks away and puts back what was there before. Others' are left as they are. */
export function uninstallHooks(folder: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const path = join(folder, name);
    if (contentAt(path) === undefined || isTheirs(path)) return [];
    rmSync(path);
    if (contentAt(`${path}${BEFORE}`) === undefined) return [`${path} removed`];
    renameSync(`${path}${BEFORE}`, path);
    return [`${path} removed; the hook that was there before is back`];
  });
}

function isTheirs(path: string): boolean {
  const content = contentAt(path);
  return content !== undefined && !(content.startsWith("file:") && content.includes(MARK));
}

/** What is at a path, with its kind; undefined where nothing is. A link is what it says, wherever it leads, also nowhere. */
function contentAt(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return `link:${readlinkSync(path)}`;
  if (found.isFile()) return `file:${readFileSync(path, "latin1")}`;
  throw invalid("HOOK_IN_THE_WAY", `${path} is no file. Remove it.`);
}

const SHELL = /^#! *(?:\/usr\/bin\/env +)?(?:\S*\/)?((?:ba|da|k|z)?sh)(?: +(-[a-z]+))? *$/;

/** The shell that a hook is written for, with its flags; undefined where it is none, or there is no hook. */
function shellOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const [, shell, flags] = SHELL.exec(readFileSync(path, "latin1").split("\n", 1)[0] ?? "") ?? [];
  return shell === undefined ? undefined : [shell, flags].filter(Boolean).join(" ");
}

/** A text as one word of the shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Hooks that read what is updated on their standard input: the one before and ours must both see it. */
const READERS: ReadonlySet<string> = new Set(["pre-push", "pre-receive"]);

/** By the shell alone: a client of git may start hooks without the PATH that other programs are found in. */
const READ = `updates=$(while IFS= read -r update || [ -n "$update" ]; do printf '%s\\n' "$update"; done)`;

/** A hook for a shell finds its own name in `$0`, by which many find their files; another has to do with the kept one's. */
function hookScript(name: string, { node, main, verb }: HookProgram, shell: string | undefined): string {
  const command = [node, main, ...verb].map(quote).join(" ");
  const reads = READERS.has(name);
  const before = `"$0${BEFORE}"`;
  const run = shell === undefined ? before : `${shell} -c '. ${before}' "$0"`;
  const from = reads ? `printf '%s\\n' "$updates" | ` : "";
  return [
    "#!/bin/sh",
    MARK,
    ...(reads ? [READ] : []),
    `if [ -f ${before} ] && [ -x ${before} ]; then`,
    `  ${from}${run} "$@" || exit $?`,
    "fi",
    `for needed in ${quote(node)} ${quote(main)}; do`,
    '  if [ ! -e "$needed" ]; then',
    '    echo "worknode is gone: there is no $needed - install it again, or remove $0" >&2',
    "    exit 1",
    "  fi",
    "done",
    `${from}${command} --hook ${name} -- "$@"`,
    "",
  ].join("\n");
}
