import { logSchema } from "./0001-log.js";
import { memorySchema } from "./0001-memory.js";
import { workSchema } from "./0001-work.js";

/** The event log and every projection of version 1. */
export const firstSchema = logSchema + workSchema + memorySchema;
