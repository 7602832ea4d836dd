import type { Command } from "../../schema/plan-scalar.js";
import { type DataPath, error, type Finding } from "../plan-fault.js";
import type { LintRule, LintSubject } from "./subject.js";

const SHELLS = new Set([
  "sh",
  "bash",
  "dash",
  "zsh",
  "ksh",
  "mksh",
  "fish",
  "csh",
  "tcsh",
  "ash",
  "cmd",
  "powershell",
  "pwsh",
]);
/** Programs that run another program given in their arguments. */
const WRAPPERS = new Set([
  "env",
  "sudo",
  "doas",
  "nice",
  "nohup",
  "timeout",
  "xargs",
  "busybox",
  "exec",
  "setsid",
  "time",
  "stdbuf",
  "find",
]);
const RUNNERS = new Set(["npx", "npm", "pnpm", "yarn", "bunx"]);
const SCRIPT = /\.(sh|bash|zsh|ksh|csh|fish|bat|cmd|ps1|command)$/i;

/** File name of an argument without its folders and `.exe`. */
function nameOf(argument: string): string {
  return (argument.split(/[\\/]/).at(-1) ?? "").replace(/\.exe$/i, "").toLowerCase();
}

/** Whether the argument at `index` starts a shell: as the program, after a wrapper, or followed by `-c`. */
function startsShell(command: Command, index: number): boolean {
  if (!SHELLS.has(nameOf(command[index] ?? ""))) return false;
  if (index === 0 || WRAPPERS.has(nameOf(command[0] ?? ""))) return true;
  return /^(-[a-z]*c|\/c|-command)$/i.test(command[index + 1] ?? "");
}

/** Whether a package runner is told to interpret a string (`npx -c "..."`). */
function runsString(command: Command): boolean {
  if (!RUNNERS.has(nameOf(command[0] ?? ""))) return false;
  const end = command.indexOf("--");
  return command.slice(1, end === -1 ? undefined : end).some((argument) => /^(-c|--call(=.*)?)$/.test(argument));
}

function commandFindings(path: DataPath, command: Command): Finding[] {
  const findings = command.flatMap((argument, index) => {
    const at = [...path, index];
    if (argument.includes("$" + "{{")) {
      return [
        error(at, "expression-in-command", "expressions are never put into commands; pass the value through `with`"),
      ];
    }
    if (startsShell(command, index)) {
      return [error(at, "shell-command", `'${argument}' runs a shell; name the program and its arguments instead`)];
    }
    return SCRIPT.test(argument)
      ? [error(at, "script-file", `'${argument}' hides logic in a script file; write its commands in the plan`)]
      : [];
  });
  if ((command[0] ?? "").trim() === "")
    findings.push(error([...path, 0], "empty-command", "the program's name is empty"));
  if (runsString(command))
    findings.push(error(path, "shell-command", "-c runs a shell string; name the program instead"));
  return findings;
}

/** Every command of a plan with its place. */
export function commandsOf({ plan, tasks }: LintSubject): { path: DataPath; command: Command }[] {
  const ofTasks = tasks.flatMap(({ task, path }) => [
    ...(["compile", "lint", "test"] as const).map((role) => ({
      path: [...path, "verify", role],
      command: task.verify?.[role],
    })),
    ...task.steps.map((step, index) => ({
      path: [...path, "steps", index, "check", "command"],
      command: step.kind === "check" ? step.check.command : undefined,
    })),
  ]);
  const ofPhases = plan.phases.flatMap((phase, index) =>
    phase.checkpoints.map((checkpoint, at) => ({
      path: ["phases", index, "checkpoints", at, "command"],
      command: checkpoint.command,
    })),
  );
  const prepare = { path: ["workspace", "prepare", "command"], command: plan.workspace.prepare?.command };
  return [...ofTasks, ...ofPhases, prepare].flatMap(({ path, command }) =>
    command === undefined ? [] : [{ path, command }],
  );
}

/** Shells, script files and expressions in commands (DESIGN §11, S4:61-65). */
export const findHiddenCommands: LintRule = (subject) =>
  commandsOf(subject).flatMap(({ path, command }) => commandFindings(path, command));
