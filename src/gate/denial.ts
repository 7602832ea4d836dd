import type { CheckName, Denial, DenialCode } from "../schema/verdict.js";

/** A refusal before it is known whose it is. `violation` is true unless said otherwise. */
export interface Refusal {
  readonly code: DenialCode;
  readonly rule: string;
  readonly message: string;
  readonly object: string;
  readonly remedy: string;
  readonly violation?: boolean;
  /** `escalate`: what is missing may still be given by someone else (auditor, person, broker). */
  readonly escalate?: boolean;
}

/** Completes a refusal with who asked and which check refused. */
export function denialOf(subject: string, check: CheckName, refusal: Refusal): Denial {
  const { code, rule, message, object, remedy, violation = true } = refusal;
  return { code, check, rule, message, subject, object, remedy, violation };
}

/** The refusal where a fact is not there to judge by. */
export function missing(what: string): Refusal {
  return {
    code: "ERROR_MISSING_FACT",
    rule: "facts",
    message: `Cannot decide: ${what}`,
    object: what,
    remedy: "Nothing is allowed on a missing fact.",
    violation: false,
    escalate: true,
  };
}

/** Most names of a list that a remedy shows. */
const MAX_SHOWN_NAMES = 5;

/** At most a few names of a list, for remedies. Counts by index: a slice of a frozen list is slow. */
export function few(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const count = Math.min(names.length, MAX_SHOWN_NAMES);
  let shown = names[0] ?? "";
  for (let index = 1; index < count; index += 1) shown += `, ${names[index] ?? ""}`;
  return names.length > count ? `${shown} and ${names.length - count} more` : shown;
}
