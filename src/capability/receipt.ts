import type { KeyObject } from "node:crypto";
import { canonicalJson } from "../kernel/canonical.js";
import { err, ok, type Result } from "../kernel/result.js";
import { envelopeSchema, RECEIPT_PAYLOAD_TYPE, type Receipt, receiptSchema } from "../schema/receipt.js";
import { openEnvelope, signEnvelope } from "./dsse.js";

/** Characters of a receipt in a message; one of ten thousand files is about two million. */
const MAX_RECEIPT_CHARS = 4_194_304;
/** Receipts read from one message: a squash may carry those of all it squashed. */
const MAX_RECEIPTS = 1_000;
/** One line, at any indentation: `git merge --squash` indents the messages it collects. */
const TRAILER = /^[ \t]*Worknode-Receipt:[ \t]*(?:(\S+)[ \t]*)?$/gm;

/** A receipt as a trailer line of a commit's message: base64url of the JSON of a signed DSSE envelope. */
export function receiptTrailer(receipt: Receipt, privateKey: KeyObject): string {
  const payload = Buffer.from(canonicalJson(receiptSchema.parse(receipt)), "utf8");
  const envelope = signEnvelope(RECEIPT_PAYLOAD_TYPE, payload, privateKey);
  return `Worknode-Receipt: ${Buffer.from(canonicalJson(envelope), "utf8").toString("base64url")}`;
}

/** The receipts in a commit's message, in their order, as they stand there: not checked yet. */
export function receiptTexts(message: string): string[] {
  return [...message.matchAll(TRAILER)].slice(0, MAX_RECEIPTS + 1).map(([, text = ""]) => text);
}

/** Opens a receipt: signed by one of the keys, of the right type and form. The error says what is wrong, in words. */
export function openReceipt(text: string, keys: ReadonlyMap<string, KeyObject>): Result<Receipt, string> {
  const envelope = envelopeSchema.safeParse(parseText(text));
  if (!envelope.success) return err("it is no signed envelope");
  const opened = openEnvelope(envelope.data, RECEIPT_PAYLOAD_TYPE, keys);
  if (!opened.ok) return err(FAULTS[opened.error]);
  const receipt = receiptSchema.safeParse(parseJson(opened.value.toString("utf8")));
  return receipt.success ? ok(receipt.data) : err("its statement is none of this version");
}

const FAULTS = {
  "another-type": "its envelope holds something else",
  "untrusted-key": "the key that signed it is not trusted",
  "bad-signature": "its signature does not fit what it says",
  "not-canonical": "its encoding was changed",
} as const;

function parseText(text: string): unknown {
  if (text.length > MAX_RECEIPT_CHARS) return undefined;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? parseJson(bytes.toString("utf8")) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a message holds more receipts than are read. */
export function hasTooManyReceipts(texts: readonly string[]): boolean {
  return texts.length > MAX_RECEIPTS;
}
