import type { RuleFinding } from "../file-measure.js";
import type { PowerOfTenRule } from "./rule.js";

/** What a deeper check says about one file. */
export interface DeepFinding extends RuleFinding {
  /** Repository-relative path. */
  readonly file: string;
}

/** How a program that checks deeper came to its end. `exit_code` is null when it was stopped or did not run. */
export interface DeepRun {
  readonly exit_code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that looks deeper into C and C++ than the text alone tells (DESIGN §9). It runs nothing of the project. */
export interface DeepTool {
  readonly program: string;
  /** Arguments that check these files (absolute paths). Nothing the project configures is read. */
  readonly args: (files: readonly string[], root: string) => string[];
  /** One entry a diagnostic, in whatever file. */
  readonly read: (run: DeepRun) => Diagnostic[];
}

/** One line of a program's output. */
interface Diagnostic {
  readonly file: string;
  readonly line: number;
  /** The program's own name of the check. */
  readonly check: string;
  readonly message: string;
}

const CLANG_LINE = /^(.+?):(\d+):\d+: (?:warning|error): (.*) \[([\w.,-]+)\]$/gm;
const CPPCHECK_LINE = /^([^\t\n]+)\t(\d+)\t(\S+)\t([^\n]*)$/gm;
/** `bugprone-infinite-loop` and the like say more than the compiler; style is nobody's business here. */
const CLANG_CHECKS =
  "-*,clang-diagnostic-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,bugprone-infinite-loop,bugprone-unused-return-value,cert-err33-c,misc-no-recursion";

/** The programs, where they are installed. */
export const DEEP_TOOLS: readonly DeepTool[] = [
  {
    program: "clang-tidy",
    // With a configuration and `--` neither `.clang-tidy` nor `compile_commands.json` is read: both can name plug-ins.
    args: (files, root) => [
      "--quiet",
      `--config={Checks: "${CLANG_CHECKS}", InheritParentConfig: false}`,
      ...files,
      "--",
      "-Wall",
      "-Wextra",
      "-fno-caret-diagnostics",
      ...["", "/include", "/src"].map((folder) => `-I${root}${folder}`),
    ],
    read: ({ stdout }) => diagnostics(stdout, CLANG_LINE, [1, 2, 4, 3]),
  },
  {
    program: "cppcheck",
    args: (files) => [
      "--quiet",
      "--enable=warning,portability",
      "--template={file}\t{line}\t{id}\t{message}",
      ...files,
    ],
    read: ({ stderr }) => diagnostics(stderr, CPPCHECK_LINE, [1, 2, 3, 4]),
  },
];

function diagnostics(output: string, pattern: RegExp, [file, line, check, message]: number[]): Diagnostic[] {
  return [...output.matchAll(pattern)].map((found) => ({
    file: found[file ?? 0] ?? "",
    line: Number(found[line ?? 0]),
    check: found[check ?? 0] ?? "",
    message: found[message ?? 0] ?? "",
  }));
}

/** The rule a check stands for; every other one is a warning. */
const RULES: Readonly<Record<string, PowerOfTenRule>> = {
  "bugprone-infinite-loop": "p10-2-loop-bound",
  "bugprone-unused-return-value": "p10-7-return",
  "cert-err33-c": "p10-7-return",
  "misc-no-recursion": "p10-1-recursion",
};
/** What says that the file could not be understood: the rest of its findings, and their absence, prove nothing. */
const NOT_UNDERSTOOD =
  /^(?:clang-diagnostic-error|syntaxError|internalError|internalAstError|unknownMacro|preprocessorErrorDirective|cppcheckError)$/;

/**
 * What a program's run says of the files it was asked about, as findings of the Power of Ten. Without a run, after one
 * that did not come to its end, and where a file could not be understood it is `unknown`, never nothing.
 */
export function readDeepRun(
  tool: DeepTool,
  run: DeepRun | undefined,
  asked: { readonly root: string; readonly files: readonly string[] },
): DeepFinding[] {
  const why = notRun(tool, run);
  if (run === undefined || why !== undefined) return asked.files.map((file) => unknown(file, 1, why ?? ""));
  const known = new Map(asked.files.map((file) => [absoluteOf(file, asked.root), file]));
  const found = tool.read(run).flatMap((diagnostic) => {
    const file = known.get(diagnostic.file);
    return file === undefined ? [] : [findingOf(tool, file, diagnostic)];
  });
  if (LEFT_OUT.test(run.stdout) || LEFT_OUT.test(run.stderr))
    return [...found, ...asked.files.map((file) => unknown(file, 1, `${tool.program} said more than is kept`))];
  if (found.length > 0 || run.exit_code === 0) return found;
  return asked.files.map((file) => unknown(file, 1, `${tool.program} ended with ${run.exit_code}`));
}

/** Where a program wrote more than is kept of it. */
const LEFT_OUT = /^\[\d+ bytes left out\]$/m;

function notRun({ program }: DeepTool, run: DeepRun | undefined): string | undefined {
  if (run === undefined || run.exit_code === NOT_FOUND) return `${program} is not installed`;
  return run.exit_code === null ? `${program} did not come to its end` : undefined;
}

/** What a shell and the sandbox end with where there is no such program. */
const NOT_FOUND = 127;

/** The absolute path of a file as a deeper check is asked for it. */
export function absoluteOf(file: string, root: string): string {
  return file.startsWith("/") ? file : `${root}/${file.replace(/^(?:\.\/)+/, "")}`;
}

function findingOf({ program }: DeepTool, file: string, { line, check, message }: Diagnostic): DeepFinding {
  if (NOT_UNDERSTOOD.test(check)) return unknown(file, line, `${program} cannot read this: ${message}`);
  const rule = RULES[check.split(",")[0] ?? ""] ?? "p10-10-warnings";
  return { file, rule, line: Math.max(line, 1), verdict: "fail", message: `${program}: ${message} [${check}]` };
}

function unknown(file: string, line: number, message: string): DeepFinding {
  return { file, rule: "p10-10-warnings", line: Math.max(line, 1), verdict: "unknown", message };
}
