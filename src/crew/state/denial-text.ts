import type { Denial } from "../../schema/verdict.js";

/** A refusal as the model reads it: code and message first, then rule, subject, object, remedy. */
export function renderDenials(denials: readonly Denial[]): string {
  return denials
    .map(({ code, message, rule, subject, object, remedy }) =>
      [`${code}: ${message}`, `rule: ${rule}`, `subject: ${subject}`, `object: ${object}`, `remedy: ${remedy}`].join(
        "\n",
      ),
    )
    .join("\n\n");
}
