import { isUtf8 } from "node:buffer";
import { isPattern } from "../../capability/pattern.js";
import { compileWriteSet } from "../../capability/write-set.js";
import { namesBelow, type Sameness, sameAs } from "../../effect/first-look.js";
import type { CheckMode } from "../../schema/check-policy.js";
import type { CliContext } from "../cli/context.js";
import { baseOfCi } from "./ci-target.js";
import { defaultPolicy } from "./default-policy.js";
import { CHECK_FORMATS, type CheckFormat } from "./format/render.js";
import { nothingChanged } from "./nothing-changed.js";
import { type PlainPolicy, type PolicyShape, plainPolicy } from "./plain-policy.js";
import { POLICY_PATH } from "./rule-path.js";
import { selectFiles } from "./selection.js";
import { writeReport } from "./write-report.js";

const MODES: readonly CheckMode[] = ["observe", "warn", "enforce"];

/** What the build gives the start of the single file: worknode's version, and the schema of a policy. */
export interface CheckStart {
  readonly version: string;
  readonly policy: PolicyShape;
}

/**
 * Does `check [--base REF] [--mode MODE] [--format FORMAT] [--output FILE]` where nothing differs and the base has no
 * policy, or one that is plain and names no plan: the most frequent check of all, and start-up is nearly all it costs.
 * Answers the exit code, or undefined, having printed nothing, where more has to be looked at. Throws the Faults of
 * `selectFiles` and `nothingChanged` (exit 2).
 */
export function checkUnchanged(
  context: Pick<CliContext, "cwd" | "env" | "out">,
  args: readonly string[],
  { version, policy: shape }: CheckStart,
): number | undefined {
  const options = plainOptions(args);
  const wish = options === undefined ? undefined : wishOf(options, context.env);
  const same = wish === undefined ? undefined : sameAs(wish.base, POLICY_PATH, context);
  if (wish === undefined || same === undefined) return undefined;
  const policy = policyOf(same, shape);
  if (policy === undefined || !holds(policy, same, context)) return undefined;
  const subject = { from: same.base, head: same.head, scope: "change" } as const;
  const report = nothingChanged(subject, wish.mode ?? policy.mode);
  writeReport(context, report, { ...wish, version });
  return report.exit_code;
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
function policyOf({ content }: Sameness, shape: PolicyShape): PlainPolicy | undefined {
  if (content === null) return defaultPolicy;
  return isUtf8(content) ? plainPolicy(content.toString("utf8"), shape) : undefined;
}

/** Whether all that a policy names is there. A plan is for the whole program to read. */
function holds({ exclude, plan }: PlainPolicy, { base }: Sameness, place: Pick<CliContext, "cwd" | "env">): boolean {
  if (plan !== undefined || exclude.length === 0) return plan === undefined;
  const names = namesBelow(base, placesOf(exclude), place);
  if (names === undefined) return false;
  selectFiles({ exclude }, () => [POLICY_PATH, ...names]);
  return true;
}

/**
 * Where files are that patterns fit: below what they begin with. Whether any file is left over the policy's own says,
 * which is one; a pattern that it fits as well makes every file count.
 */
function placesOf(patterns: readonly string[]): string[] {
  if (compileWriteSet(patterns).has(POLICY_PATH)) return [""];
  return patterns.map((pattern) => {
    const names = pattern.split("/");
    const magic = names.findIndex(isPattern);
    return names.slice(0, magic === -1 ? names.length : magic).join("/");
  });
}

const OPTIONS: ReadonlySet<string> = new Set(["--base", "--mode", "--format", "--output"]);

/** Options that each have one value and are given once; undefined where there is anything else. */
function plainOptions(args: readonly string[]): ReadonlyMap<string, string> | undefined {
  const names = args.filter((_, index) => index % 2 === 0);
  const given = new Map(names.map((name, index) => [name, args[2 * index + 1] ?? ""]));
  const isPlain = args.length === 2 * given.size && names.every((name) => OPTIONS.has(name));
  return isPlain ? given : undefined;
}
