/** Codes of what the measures find (DESIGN §7). */
export type FindingCode =
  | "ERROR_COMPLEXITY_VIOLATION"
  | "ERROR_LENGTH_VIOLATION"
  | "ERROR_PARSE"
  | "ERROR_SUPPRESSION"
  | "ERROR_UNDOCUMENTED"
  | "ERROR_INSUFFICIENT_COVERAGE"
  | "ERROR_UNTESTED_FUNCTIONS"
  | "ERROR_POWER_OF_TEN";

/** What a rule found. `message` of a complexity finding is contract (S3:212-225). */
export interface Finding {
  readonly rule: string;
  readonly code: FindingCode;
  /** Repository-relative path. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Qualified name; null where it is about no function. */
  readonly function: string | null;
  readonly figure: number;
  readonly limit: number;
  readonly message: string;
  /** What would be accepted. */
  readonly remedy: string;
  /** False: a warning. */
  readonly blocks: boolean;
  /** Whether it was read from what a command wrote. */
  readonly reported?: boolean;
}
