import { sameWithout } from "../../effect/first-look.js";
import type { CheckMode } from "../../schema/check-policy.js";
import type { CliContext } from "../cli/context.js";
import { CHECK_FORMATS, renderReport } from "./format/render.js";
import { nothingChanged } from "./nothing-changed.js";
import { POLICY_PATH } from "./rule-path.js";

/** Modes in which a change of nothing is told and not refused. */
const TELLING: readonly CheckMode[] = ["observe", "warn"];

/**
 * Does `check --base REF [--mode observe|warn] [--format FORMAT]` where nothing differs and the base has no policy: the
 * most frequent check of all, and start-up is nearly all it costs. Answers the exit code, or undefined, having printed
 * nothing, where more has to be looked at.
 */
export function checkUnchanged(
  context: Pick<CliContext, "cwd" | "env" | "out">,
  args: readonly string[],
  version: string,
): number | undefined {
  const options = plainOptions(args);
  const base = options?.get("--base");
  const mode = TELLING.find((each) => each === (options?.get("--mode") ?? "observe"));
  const format = CHECK_FORMATS.find((each) => each === (options?.get("--format") ?? "text"));
  if (base === undefined || mode === undefined || format === undefined) return undefined;
  const same = sameWithout(POLICY_PATH, base, context);
  if (same === undefined) return undefined;
  const report = nothingChanged({ from: same.base, head: same.head, scope: "change" }, mode);
  context.out.write(renderReport(report, format, version));
  return report.exit_code;
}

const OPTIONS: ReadonlySet<string> = new Set(["--base", "--mode", "--format"]);

/** Options that each have one value and are given once; undefined where there is anything else. */
function plainOptions(args: readonly string[]): ReadonlyMap<string, string> | undefined {
  const names = args.filter((_, index) => index % 2 === 0);
  const given = new Map(names.map((name, index) => [name, args[2 * index + 1] ?? ""]));
  const isPlain = args.length === 2 * given.size && names.every((name) => OPTIONS.has(name));
  return isPlain ? given : undefined;
}
