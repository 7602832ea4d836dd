import { z } from "zod";
import {
  DEVIATION_ALERT,
  MAX_COMPLEXITY,
  MAX_FUNCTION_LINES,
  MIN_COVERAGE,
  REVIEW_INTERVAL_MS,
} from "../kernel/bounds.js";
import { err, ok, type Result } from "../kernel/result.js";
import { durationSchema } from "../schema/plan-scalar.js";
import { type Tier, tierSchema } from "../schema/tier.js";
import { isClientTool, isStewardTool, isToolName } from "../schema/tool.js";
import { describeIssues, readYaml } from "./agent-file.js";

/** Where a tier may write, whatever a plan says (DESIGN §5). */
const WRITES: Readonly<Record<Tier, string>> = {
  executive: "docs/**",
  implementation: "by task",
  validation: "reports/validation/**",
};

const profileSchema = z.strictObject({
  tier: tierSchema,
  /** Alias or literal id of the tier's model. */
  model: z.string().min(1),
  writes: z.string(),
  deletes: z.literal("never"),
  limits: z.strictObject({
    maxComplexity: z.int().min(1).max(MAX_COMPLEXITY).optional(),
    maxFunctionLines: z.int().min(1).max(MAX_FUNCTION_LINES).optional(),
    maxExecutions: z.int().min(1).optional(),
    minLineCoverage: z.number().min(MIN_COVERAGE).max(1).optional(),
    maxUntestedFunctions: z.literal(0).optional(),
    requireDocs: z.literal(true).optional(),
    planDeviationAlert: z.number().positive().max(DEVIATION_ALERT).optional(),
    /** Milliseconds once parsed. */
    reviewEvery: durationSchema.refine((ms) => ms <= REVIEW_INTERVAL_MS, "must be at most 1h").optional(),
  }),
  tools: z.array(z.string()).min(1),
});

/** What a tier's agents get at most: model, tools, limits. */
export type TierProfile = z.infer<typeof profileSchema>;

/** Reads a tier profile. Numbers looser than the built-in ones, other folders and unknown tools are errors (S3:50). */
export function parseTierProfile(text: string, path: string): Result<TierProfile, string> {
  const data = readYaml(text, path);
  if (!data.ok) return data;
  const parsed = profileSchema.safeParse(data.value);
  if (!parsed.success) return err(`${path}: ${describeIssues(parsed.error.issues)}`);
  const { tier, writes, tools } = parsed.data;
  if (writes !== WRITES[tier]) return err(`${path}: the ${tier} tier writes '${WRITES[tier]}' and nothing else`);
  const unknown = tools.find((tool) => !isToolName(tool) || isStewardTool(tool) || isClientTool(tool));
  return unknown === undefined ? ok(parsed.data) : err(`${path}: there is no tool '${unknown}'`);
}
