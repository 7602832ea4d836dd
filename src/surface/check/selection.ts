import { compileWriteSet, patternCanMatch } from "../../capability/write-set.js";
import { invalid } from "../../kernel/fault.js";
import { type Language, languageOf } from "../../measure/language.js";
import type { CheckPolicy } from "../../schema/check-policy.js";
import { POLICY_PATH, VENDORED_PATH } from "./rule-path.js";

/** Which files a policy leaves out of the measures. */
export interface Selection {
  /** Whether the policy leaves it out: named as generated or vendored, or code of a language it does not want. */
  readonly isLeftOut: (path: string, text?: string) => boolean;
  /** Whether its functions are measured: of a language the policy wants, and not left out. `text`: as `languageOf` has it. */
  readonly isMeasured: (path: string, text?: string) => boolean;
}

/**
 * Compiles what a policy leaves out. A pattern that matches none of `names` (every file of base and head), and
 * patterns that leave nothing, are faults: a rule that matches nothing is a mistake nobody sees.
 * Throws Fault MATCHES_NOTHING, LEAVES_NOTHING (exit 2).
 */
export function selectFiles(
  policy: Pick<CheckPolicy, "exclude" | "languages">,
  names: () => readonly string[],
): Selection {
  const excluded = compileWriteSet(policy.exclude);
  if (policy.exclude.length > 0) requireMatches(policy.exclude, names());
  const wanted = policy.languages === undefined ? undefined : new Set<Language>(policy.languages);
  const isLeftOut = (path: string, text?: string): boolean => {
    const language = languageOf(path, text);
    const isUnwanted = language !== undefined && wanted !== undefined && !wanted.has(language);
    return isUnwanted || path === VENDORED_PATH || excluded.has(path);
  };
  const isMeasured = (path: string, text?: string): boolean =>
    languageOf(path, text) !== undefined && !isLeftOut(path, text);
  return { isLeftOut, isMeasured };
}

function requireMatches(patterns: readonly string[], names: readonly string[]): void {
  for (const pattern of patterns) {
    const one = compileWriteSet([pattern]);
    if (!patternCanMatch(pattern) || !names.some((name) => one.has(name)))
      throw invalid("MATCHES_NOTHING", `${POLICY_PATH}: exclude '${pattern}' matches no file. Correct or remove it.`);
  }
  const all = compileWriteSet(patterns);
  if (names.every((name) => all.has(name)))
    throw invalid("LEAVES_NOTHING", `${POLICY_PATH}: exclude leaves out every file, so nothing would be checked.`);
}
