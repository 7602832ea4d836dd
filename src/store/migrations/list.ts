import { firstSchema } from "./0001-first-schema.js";
import { searchSchema } from "./0002-search.js";
import { notesSchema } from "./0003-notes.js";
import { statusSchema } from "./0004-status.js";
import { pinsSchema } from "./0005-pins.js";
import { intakeSchema } from "./0006-intake.js";
import type { SCHEMA_VERSION } from "./version.js";

/**
 * Every migration in order, numbered from 1. Append only: a released one is never edited, because
 * databases that have run it will not run it again.
 */
export const migrations: readonly string[] & { readonly length: typeof SCHEMA_VERSION } = [
  firstSchema,
  searchSchema,
  notesSchema,
  statusSchema,
  pinsSchema,
  intakeSchema,
] as const;
