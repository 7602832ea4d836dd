import { type Proposal, proposalSchema } from "../schema/proposal.js";

/**
 * Whether a value is a proposal, exactly as `proposalSchema` says, at a fraction of its cost: the gate
 * looks at every call. Throws nothing that a plain object does not throw by itself.
 */
export function isProposal(value: unknown): value is Proposal {
  if (!hasOnly(value, PROPOSAL_KEYS)) return false;
  return (
    isText(value["call_id"], 256) &&
    isLine(value["verification"]) &&
    isLine(value["action"]) &&
    isTexts(value["expectedOutcomes"]) &&
    isTexts(value["failureModes"]) &&
    isQuestion(value) &&
    isEvidence(value)
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

type Members = Record<string, unknown>;

const PROPOSAL_KEYS = [
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
/** SHA-256 in hex. */
const HASH_CHARS = 64;
const TIERS = new Set<unknown>(["executive", "implementation", "validation"]);
const TRUST = new Set<unknown>(["trusted", "untrusted"]);

function isQuestion({ what, when, who }: Members): boolean {
  return isWhat(what) && isWhen(when) && isWho(who);
}

function isWhat(value: unknown): boolean {
  if (!hasOnly(value, ["tool", "args", "args_hash"])) return false;
  return isText(value["tool"], 128) && isRecord(value["args"]) && isHash(value["args_hash"]);
}

function isWhen(value: unknown): boolean {
  return hasOnly(value, ["phase", "cycle"]) && typeof value["phase"] === "string" && isCount(value["cycle"]);
}

function isWho(value: unknown): boolean {
  if (!hasOnly(value, ["agent", "tier", "task"])) return false;
  return typeof value["agent"] === "string" && TIERS.has(value["tier"]) && typeof value["task"] === "string";
}

function isEvidence({ observation, analysis }: Members): boolean {
  return isObservation(observation) && isAnalysis(analysis);
}

function isObservation(value: unknown): boolean {
  if (!hasOnly(value, ["data", "sources", "signals"])) return false;
  return isRecord(value["data"]) && isTexts(value["signals"]) && isList(value["sources"], isSource);
}

function isAnalysis(value: unknown): boolean {
  if (!hasOnly(value, ["meaning", "probabilities", "risks"])) return false;
  const { meaning, probabilities, risks } = value as Record<"meaning" | "probabilities" | "risks", unknown>;
  if (typeof meaning !== "string" || !isTexts(risks) || !isRecord(probabilities)) return false;
  return Object.values(probabilities).every((chance) => typeof chance === "number" && chance >= 0 && chance <= 1);
}

function isSource(value: unknown): boolean {
  return hasOnly(value, ["name", "trust"]) && typeof value["name"] === "string" && TRUST.has(value["trust"]);
}

function isRecord(value: unknown): value is Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function hasOnly(value: unknown, keys: readonly string[]): value is Members {
  if (!isRecord(value) || Object.keys(value).length !== keys.length) return false;
  return keys.every((key) => Object.hasOwn(value, key));
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
  return isList(value, (item) => typeof item === "string");
}

/** Counts by index, because `every` skips what a sparse array lacks. */
function isList(value: unknown, accepts: (item: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (let index = 0; index < value.length; index += 1) if (!accepts(value[index])) return false;
  return true;
}
