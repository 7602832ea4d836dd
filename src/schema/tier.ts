import { z } from "zod";

/** The three tiers (S3:29-64); a tier fixes what an agent can ever be given. */
export const tierSchema = z.enum(["executive", "implementation", "validation"]);
export type Tier = z.infer<typeof tierSchema>;

/** Model aliases a tier, an agent file or a plan may name besides a literal model id. */
export const modelAliasSchema = z.enum(["opus", "sonnet", "haiku"]);
export type ModelAlias = z.infer<typeof modelAliasSchema>;
