import { isUtf8 } from "node:buffer";
import { compileWriteSet, patternCanMatch } from "../../capability/write-set.js";
import { lookInto, namesBelow, type Sameness, sameAs, type Wanted } from "../../effect/git/first-look.js";
import type { CheckMode } from "../../schema/check-policy.js";
import type { CliContext } from "../cli/context.js";
import { folderOf, type Guess, guessFrom } from "./checkout-guess.js";
import { baseOfCi } from "./ci-target.js";
import { defaultPolicy } from "./default-policy.js";
import { CHECK_FORMATS, type CheckFormat } from "./format/render.js";
import { nothingChanged } from "./nothing-changed.js";
import { type PlainPolicy, type PolicyShape, plainPolicy } from "./plain-policy.js";
import { POLICY_PATH } from "./rule-path.js";
import { selectFiles } from "./selection.js";
import { writeReport } from "./write-report.js";

const MODES: readonly CheckMode[] = ["observe", "warn", "enforce"];

/** What the build gives the start of the single file: worknode's version, the schema of a policy, and what tells a plan. */
export interface CheckStart {
  readonly version: string;
  readonly policy: PolicyShape;
  /** Whether a plan, by its text and path, is plainly one without an error. */
  readonly isPlainPlan: (text: string, path: string) => boolean;
}

/**
 * Does `check [--base REF] [--mode MODE] [--format FORMAT] [--output FILE]` where nothing differs and the base has no
 * policy, or one that is plain, as is its plan: the most frequent check of all, and start-up is nearly all it costs.
 * Answers the exit code, or undefined, having printed nothing, where more has to be looked at. Throws the Faults of
 * `selectFiles` and `nothingChanged` (exit 2).
 */
export function checkUnchanged(
  context: Pick<CliContext, "cwd" | "env" | "out">,
  args: readonly string[],
  start: CheckStart,
): number | undefined {
  const options = plainOptions(args);
  const wish = options === undefined ? undefined : wishOf(options, context.env);
  if (wish === undefined) return undefined;
  const guess = guessFrom(context.cwd, start.policy);
  const same = sameAs(wish.base, wantedBy(guess), context);
  if (same === undefined) return undefined;
  const policy = policyOf(same, start.policy);
  if (policy === undefined || !holds(policy, { ...start, same, guess, context })) return undefined;
  const subject = { from: same.base, head: same.head, scope: "change" } as const;
  const report = nothingChanged(subject, wish.mode ?? policy.mode);
  writeReport(context, report, { ...wish, version: start.version });
  return report.exit_code;
}

function wantedBy({ plan, names }: Guess): Wanted {
  return { files: plan === undefined ? [POLICY_PATH] : [POLICY_PATH, plan], names };
}

interface Wish {
  readonly base: string;
  readonly mode: CheckMode | undefined;
  readonly format: CheckFormat;
  readonly output: string | undefined;
}

/** What is asked for, in words that are known here. */
function wishOf(options: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): Wish | undefined {
  const base = options.get("--base") ?? baseOfCi(env);
  const given = options.get("--mode");
  const mode = MODES.find((each) => each === given);
  const format = CHECK_FORMATS.find((each) => each === (options.get("--format") ?? "text"));
  if (base === undefined || format === undefined || mode !== given) return undefined;
  return { base, mode, format, output: options.get("--output") };
}

/** A mode that is given stands in for the policy's; the policy has to hold all the same. */
function policyOf({ seen }: Sameness, shape: PolicyShape): PlainPolicy | undefined {
  const content = seen.content(POLICY_PATH);
  return content === null ? defaultPolicy : plainPolicy(textOf(content) ?? "", shape);
}

function textOf(content: Buffer | null | undefined): string | undefined {
  return content instanceof Buffer && isUtf8(content) ? content.toString("utf8") : undefined;
}

interface Looking extends CheckStart {
  readonly same: Sameness;
  readonly guess: Guess;
  readonly context: Pick<CliContext, "cwd" | "env">;
}

/** Whether all that a policy names is there, and its plan is one. */
function holds({ exclude, plan }: PlainPolicy, looking: Looking): boolean {
  return (plan === undefined || hasPlan(plan, looking)) && (exclude.length === 0 || leavesOut(exclude, looking));
}

/** A guess that was wrong costs one more run of git. */
function hasPlan(path: string, { same, guess, context, isPlainPlan }: Looking): boolean {
  const wanted = { files: [path], names: [] };
  const seen = path === guess.plan ? same.seen : lookInto(same.base, wanted, context);
  const text = textOf(seen?.content(path));
  return text !== undefined && isPlainPlan(text, path);
}

/** Whether patterns each leave a file out and something is left over. Throws the Faults of `selectFiles` (exit 2). */
function leavesOut(exclude: PlainPolicy["exclude"], { same, guess, context }: Looking): boolean {
  const listed = guess.names.filter((name) => same.seen.lists(name));
  if (isShownBy(exclude, listed)) return true;
  const names = namesBelow(same.base, placesOf(exclude), context);
  if (names === undefined) return false;
  selectFiles({ exclude }, () => [POLICY_PATH, ...names]);
  return true;
}

/** Whether a few files of the base show it: one for each pattern, and the policy's own, which is one, for what is left. */
function isShownBy(exclude: readonly string[], listed: readonly string[]): boolean {
  const fits = (pattern: string): boolean => {
    const set = compileWriteSet([pattern]);
    return patternCanMatch(pattern) && listed.some((name) => set.has(name));
  };
  return !compileWriteSet(exclude).has(POLICY_PATH) && exclude.every(fits);
}

/**
 * Where files are that patterns fit: below what they begin with. Whether any file is left over the policy's own says,
 * which is one; a pattern that it fits as well makes every file count.
 */
function placesOf(patterns: readonly string[]): readonly string[] {
  return compileWriteSet(patterns).has(POLICY_PATH) ? [""] : patterns.map(folderOf);
}

const OPTIONS: ReadonlySet<string> = new Set(["--base", "--mode", "--format", "--output"]);

/** Options that each have one value and are given once; undefined where there is anything else. */
function plainOptions(args: readonly string[]): ReadonlyMap<string, string> | undefined {
  const names = args.filter((_, index) => index % 2 === 0);
  const given = new Map(names.map((name, index) => [name, args[2 * index + 1] ?? ""]));
  const isPlain = args.length === 2 * given.size && names.every((name) => OPTIONS.has(name));
  return isPlain ? given : undefined;
}
