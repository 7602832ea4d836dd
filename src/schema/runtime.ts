import { z } from "zod";

/** What gives an agent its replies: the Messages API, or the user's own Claude Code. */
export const runtimeSchema = z.enum(["api", "claude-code"]);
export type Runtime = z.infer<typeof runtimeSchema>;
