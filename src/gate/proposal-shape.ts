import { type Proposal, proposalSchema } from "../schema/proposal.js";

/**
 * Whether a value is a proposal, exactly as `proposalSchema` says, at a fraction of its cost: the gate
 * looks at every call. Throws nothing that a plain object does not throw by itself.
 */
export function isProposal(value: unknown): value is Proposal {
  if (!hasOnly<Proposal>(value, PROPOSAL_KEYS)) return false;
  const { what, when, who, observation, analysis } = value;
  return (
    isIntent(value) && isWhat(what) && isWhen(when) && isWho(who) && isObservation(observation) && isAnalysis(analysis)
  );
}

/** Why a value is not a proposal, for people. Never throws. */
export function proposalFaults(value: unknown): string {
  try {
    const parsed = proposalSchema.safeParse(value);
    if (parsed.success) return "it is not a proposal";
    return parsed.error.issues.map((issue) => `${issue.path.join(".") || "proposal"}: ${issue.message}`).join("; ");
  } catch {
    return "it cannot be read";
  }
}

/** The members a value of this type would have, none of them looked at yet. */
type Unseen<T> = { readonly [K in keyof T]: unknown };
type What = Proposal["what"];
type When = Proposal["when"];
type Who = Proposal["who"];
type Observation = Proposal["observation"];
type Source = Observation["sources"][number];
type Analysis = Proposal["analysis"];

const PROPOSAL_KEYS: readonly (keyof Proposal)[] = [
  "call_id",
  "what",
  "when",
  "who",
  "verification",
  "action",
  "expectedOutcomes",
  "failureModes",
  "observation",
  "analysis",
];
const WHAT_KEYS: readonly (keyof What)[] = ["tool", "args", "args_hash"];
const WHEN_KEYS: readonly (keyof When)[] = ["phase", "cycle"];
const WHO_KEYS: readonly (keyof Who)[] = ["agent", "tier", "task"];
const OBSERVATION_KEYS: readonly (keyof Observation)[] = ["data", "sources", "signals"];
const SOURCE_KEYS: readonly (keyof Source)[] = ["name", "trust"];
const ANALYSIS_KEYS: readonly (keyof Analysis)[] = ["meaning", "probabilities", "risks"];
/** SHA-256 in hex. */
const HASH_CHARS = 64;
const TIERS = new Set<unknown>(["executive", "implementation", "validation"]);
const TRUST = new Set<unknown>(["trusted", "untrusted"]);

function isIntent({ call_id, verification, action, expectedOutcomes, failureModes }: Unseen<Proposal>): boolean {
  return (
    isText(call_id, 256) && isLine(verification) && isLine(action) && isTexts(expectedOutcomes) && isTexts(failureModes)
  );
}

function isWhat(value: unknown): boolean {
  if (!hasOnly<What>(value, WHAT_KEYS)) return false;
  return isText(value.tool, 128) && isRecord(value.args) && isHash(value.args_hash);
}

function isWhen(value: unknown): boolean {
  return hasOnly<When>(value, WHEN_KEYS) && typeof value.phase === "string" && isCount(value.cycle);
}

function isWho(value: unknown): boolean {
  if (!hasOnly<Who>(value, WHO_KEYS)) return false;
  return typeof value.agent === "string" && TIERS.has(value.tier) && typeof value.task === "string";
}

function isObservation(value: unknown): boolean {
  if (!hasOnly<Observation>(value, OBSERVATION_KEYS)) return false;
  return isRecord(value.data) && isTexts(value.signals) && isList(value.sources, isSource);
}

function isAnalysis(value: unknown): boolean {
  if (!hasOnly<Analysis>(value, ANALYSIS_KEYS)) return false;
  const { meaning, probabilities, risks } = value;
  if (typeof meaning !== "string" || !isTexts(risks) || !isRecord(probabilities)) return false;
  return Object.values(probabilities).every((chance) => typeof chance === "number" && chance >= 0 && chance <= 1);
}

function isSource(value: unknown): boolean {
  return hasOnly<Source>(value, SOURCE_KEYS) && typeof value.name === "string" && TRUST.has(value.trust);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A record with just these members, in any order; those made by worknode have them in this one, which is quickly seen. */
function hasOnly<T>(value: unknown, keys: readonly (keyof T & string)[]): value is Unseen<T> {
  if (!isRecord(value)) return false;
  const found = Object.keys(value);
  if (found.length !== keys.length) return false;
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? "";
    if (found[index] !== key && !Object.hasOwn(value, key)) return false;
  }
  return true;
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= longest;
}

function isLine(value: unknown): boolean {
  return typeof value === "string" && value.length > 0;
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && value.length === HASH_CHARS;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTexts(value: unknown): boolean {
  return isList(value, isString);
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

/** Counts by index, because `every` skips what a sparse array lacks. */
function isList(value: unknown, accepts: (item: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (let index = 0; index < value.length; index += 1) if (!accepts(value[index])) return false;
  return true;
}
