import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
 * worknode installed. Answers what was done, for people.
 */
export function installHooks(folder: string, names: readonly string[], program: HookProgram): string[] {
  mkdirSync(folder, { recursive: true });
  return names.map((name) => {
    const path = join(folder, name);
    const chained = existsSync(path) && !isOurs(path);
    if (chained && existsSync(`${path}${BEFORE}`) && !isSame(path, `${path}${BEFORE}`))
      throw invalid(
        "HOOK_IN_THE_WAY",
        `${path} was replaced by another hook since worknode kept ${name}${BEFORE}. Remove one of them.`,
      );
    if (chained) renameSync(path, `${path}${BEFORE}`);
    writeFileSync(path, hookScript(name, program, shellOf(`${path}${BEFORE}`)));
    chmodSync(path, 0o755);
    return chained ? `${path} installed; the hook that was there runs first` : `${path} installed`;
  });
}

/** Takes worknode's hooks away and puts back what was there before. Others' are left as they are. */
export function uninstallHooks(folder: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const path = join(folder, name);
    if (!existsSync(path) || !isOurs(path)) return [];
    rmSync(path);
    if (!existsSync(`${path}${BEFORE}`)) return [`${path} removed`];
    renameSync(`${path}${BEFORE}`, path);
    return [`${path} removed; the hook that was there before is back`];
  });
}

function isOurs(path: string): boolean {
  return readFileSync(path, "latin1").includes(MARK);
}

/** A tool such as husky writes its hooks anew: then what was kept is what is there. */
function isSame(one: string, other: string): boolean {
  return readFileSync(one).equals(readFileSync(other));
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
    ...(reads ? ["updates=$(cat)"] : []),
    `if [ -x ${before} ]; then`,
    `  ${from}${run} "$@" || exit $?`,
    "fi",
    `if [ ! -e ${quote(main)} ]; then`,
    `  echo "worknode is gone from" ${quote(main)} "- install it again, or remove $0" >&2`,
    "  exit 1",
    "fi",
    `${from}${command} --hook ${name} -- "$@"`,
    "",
  ].join("\n");
}
