import { z } from "zod";
import { tierSchema } from "./tier.js";

/** Entries of the files one capability names. */
export const MAX_CAPABILITY_FILES = 10_000;

const hex256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Numeric limits a capability carries. A child's are never looser than its parent's. */
export const capabilityLimitsSchema = z.strictObject({
  /** Highest cyclomatic complexity of a function it writes. */
  max_complexity: z.int().min(1),
  /** Most own lines of a function it writes. */
  max_function_lines: z.int().min(1),
  /** Executions (tool calls) in its task's chain. */
  max_executions: z.int().min(1),
});
export type CapabilityLimits = z.infer<typeof capabilityLimitsSchema>;

/** Spending a capability allows; null means no bound of its own. */
export const capabilityBudgetSchema = z.strictObject({
  usd: z.number().nonnegative().nullable(),
  tokens: z.int().nonnegative().nullable(),
});

/**
 * Payload of a capability token `wn1.<payload>.<signature>` (DESIGN §6). Strict: an unknown
 * member makes the token invalid. Times are Unix epoch milliseconds.
 */
export const capabilitySchema = z.strictObject({
  v: z.literal(1),
  id: z.string().min(1).max(64),
  project: z.string().min(1).max(64),
  agent: z.string().min(1).max(128),
  role: z.string().min(1).max(128),
  tier: tierSchema,
  /** Task id, or `-` outside tasks. */
  task: z.string().min(1).max(128),
  cycle: z.int().nonnegative(),
  plan_hash: hex256,
  phase: z.string().min(1).max(128),
  /** Names of tools it may call, sorted and unique. */
  tools: z.array(z.string().min(1).max(128)).max(128),
  /** Files it may write: exact repository-relative paths or anchored patterns, sorted and unique. */
  write: z.array(z.string().min(1).max(4096)).max(MAX_CAPABILITY_FILES),
  limits: capabilityLimitsSchema,
  budget: capabilityBudgetSchema,
  /** 0 for one minted by the broker for a plan's agent, parent's + 1 for a delegated one. */
  depth: z.int().min(0).max(4),
  /** SHA-256 of the parent token, null at depth 0. */
  parent: hex256.nullable(),
  /** Id of every ancestor, nearest last, so that revoking one revokes its descendants offline. */
  ancestors: z.array(z.string().min(1).max(64)).max(4),
  /** Project epoch at minting; a token of an earlier epoch is void. */
  epoch: z.int().nonnegative(),
  nbf: z.int().nonnegative(),
  exp: z.int().nonnegative(),
});
export type Capability = z.infer<typeof capabilitySchema>;
