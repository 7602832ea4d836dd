import { z } from "zod";
import { MAX_RECORD_KEY_CHARS, MAX_RECORD_TEXT_CHARS } from "../kernel/bounds.js";

/** Half of a UTF-16 pair: what broken UTF-8 or a cut through a character leaves behind. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Text of a record: no NUL, whole characters only, bounded. Empty is fine where `min` is not added. */
export const recordTextSchema = z
  .string()
  .max(MAX_RECORD_TEXT_CHARS)
  .refine((text) => !text.includes("\0"), "it holds a NUL character")
  .refine((text) => !LONE_SURROGATE.test(text), "it is not valid Unicode");

/** Text that a new record must say: what is blank names nothing and is found by nothing. Records of before may be blank. */
export const saidTextSchema = recordTextSchema.refine((text) => text.trim() !== "", "it is blank");

/** Id, name or path of a record: one line. */
export const recordKeySchema = recordTextSchema
  .min(1)
  .max(MAX_RECORD_KEY_CHARS)
  .refine((text) => !/[\r\n]/.test(text), "it holds a line break");

/** Any text as one a record may hold: without NUL, broken characters replaced, cut at `limit` characters. */
export function toRecordText(text: string, limit = MAX_RECORD_TEXT_CHARS): string {
  return text
    .slice(0, limit)
    .replaceAll("\0", "")
    .replace(/\p{Surrogate}/gu, "\uFFFD");
}
