import { oneLine } from "../../kernel/visible.js";
import type { Denial } from "../../schema/verdict.js";

/**
 * Refusals as the model reads them: code and message first, then rule, subject, object, remedy. Of input that does not
 * fit, what else could not be judged for that reason is left out; what it may not do in any case is not.
 */
export function renderDenials(denials: readonly Denial[]): string {
  const unfit = denials.some(({ check }) => check === "schema");
  return denials
    .filter(({ check, violation }) => !unfit || check === "schema" || violation)
    .map(({ code, message, rule, subject, object, remedy }) =>
      [
        `${code}: ${message}`,
        `rule: ${rule}`,
        `subject: ${oneLine(subject)}`,
        `object: ${oneLine(object)}`,
        `remedy: ${remedy}`,
      ].join("\n"),
    )
    .join("\n\n");
}
