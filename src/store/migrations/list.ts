import { firstSchema } from "./0001-first-schema.js";
import { searchSchema } from "./0002-search.js";

/**
 * Every migration in order, numbered from 1. Append only: a released one is never edited, because
 * databases that have run it will not run it again.
 */
export const migrations: readonly string[] = [firstSchema, searchSchema];
