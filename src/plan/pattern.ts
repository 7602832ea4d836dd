import { createContext, runInContext } from "node:vm";
import { MAX_EXPRESSION_TEXT_CHARS, PATTERN_TIMEOUT_MS } from "../kernel/bounds.js";
import { messageOf } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";

/** What is wrong with a regular expression's text; undefined when it compiles. */
export function patternFault(pattern: string): string | undefined {
  try {
    new RegExp(pattern, "mu");
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/**
 * Searches `text` (its first MAX_EXPRESSION_TEXT_CHARS characters) for a plan's regular expression
 * (`expect.stdout`). A pattern that backtracks beyond PATTERN_TIMEOUT_MS is an error, never a hang.
 */
export function testPattern(pattern: string, text: string): Result<boolean, string> {
  const fault = patternFault(pattern);
  if (fault !== undefined) return err(fault);
  const context = createContext({ pattern, text: text.slice(0, MAX_EXPRESSION_TEXT_CHARS) });
  try {
    const found: unknown = runInContext('new RegExp(pattern, "mu").test(text)', context, {
      timeout: PATTERN_TIMEOUT_MS,
    });
    return ok(found === true);
  } catch (thrown) {
    return err(`pattern ${pattern}: ${messageOf(thrown)}`);
  }
}
