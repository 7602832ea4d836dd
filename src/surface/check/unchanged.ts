import { type Sameness, sameAs } from "../../effect/first-look.js";
import type { CheckMode } from "../../schema/check-policy.js";
import type { CliContext } from "../cli/context.js";
import { defaultPolicy } from "./default-policy.js";
import { CHECK_FORMATS, renderReport } from "./format/render.js";
import { nothingChanged } from "./nothing-changed.js";
import { type PolicyShape, plainMode } from "./plain-policy.js";
import { POLICY_PATH } from "./rule-path.js";

/** Modes in which a change of nothing is told and not refused. */
const TELLING: readonly CheckMode[] = ["observe", "warn"];

/** What the build gives the start of the single file: worknode's version, and the schema of a policy. */
export interface CheckStart {
  readonly version: string;
  readonly policy: PolicyShape;
}

/**
 * Does `check --base REF [--mode observe|warn] [--format FORMAT]` where nothing differs and the base has no policy, or a
 * plain one: the most frequent check of all, and start-up is nearly all it costs. Answers the exit code, or undefined,
 * having printed nothing, where more has to be looked at.
 */
export function checkUnchanged(
  context: Pick<CliContext, "cwd" | "env" | "out">,
  args: readonly string[],
  { version, policy }: CheckStart,
): number | undefined {
  const options = plainOptions(args);
  const base = options?.get("--base");
  const format = CHECK_FORMATS.find((each) => each === (options?.get("--format") ?? "text"));
  if (options === undefined || base === undefined || format === undefined) return undefined;
  const same = sameAs(base, POLICY_PATH, context);
  const mode = same === undefined ? undefined : modeOf(same, options.get("--mode"), policy);
  if (same === undefined || mode === undefined) return undefined;
  const report = nothingChanged({ from: same.base, head: same.head, scope: "change" }, mode);
  context.out.write(renderReport(report, format, version));
  return report.exit_code;
}

/** A mode that is given stands in for the policy's; the policy has to hold all the same. */
function modeOf({ content }: Sameness, given: string | undefined, shape: PolicyShape): CheckMode | undefined {
  const own = content === null ? defaultPolicy.mode : plainMode(content.toString("latin1"), shape);
  return own === undefined ? undefined : TELLING.find((each) => each === (given ?? own));
}

const OPTIONS: ReadonlySet<string> = new Set(["--base", "--mode", "--format"]);

/** Options that each have one value and are given once; undefined where there is anything else. */
function plainOptions(args: readonly string[]): ReadonlyMap<string, string> | undefined {
  const names = args.filter((_, index) => index % 2 === 0);
  const given = new Map(names.map((name, index) => [name, args[2 * index + 1] ?? ""]));
  const isPlain = args.length === 2 * given.size && names.every((name) => OPTIONS.has(name));
  return isPlain ? given : undefined;
}
