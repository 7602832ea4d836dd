import { z } from "zod";
import { capabilitySchema } from "./capability.js";

/** Name of a git object: SHA-1 or SHA-256. */
const objectId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const hash256 = z.string().regex(/^[0-9a-f]{64}$/);
const timeMs = z.int().nonnegative();
const name = z.string().min(1).max(256);

/** Media type of a receipt within its envelope. */
export const RECEIPT_PAYLOAD_TYPE = "application/vnd.in-toto+json";

const capabilityUseSchema = z.strictObject({
  ...capabilitySchema.pick({ id: true, agent: true, role: true, phase: true, limits: true, depth: true }).shape,
  /** Hash of its token as it was minted. */
  token: hash256,
  write: capabilitySchema.shape.write,
  /** Ids it descends from, so that revoking one revokes it. */
  ancestors: capabilitySchema.shape.ancestors,
  nbf: timeMs,
  exp: timeMs,
  /** When the first and the last of what it changed was kept. */
  first_effect: timeMs,
  last_effect: timeMs,
});

const predicateSchema = z.strictObject({
  project: name,
  task: name,
  agent: name,
  cycle: z.int().positive(),
  plan: z.strictObject({ id: name, hash: hash256 }),
  issued_at: timeMs,
  /** The commit it was made on. */
  parent: z.strictObject({ commit: objectId, tree: objectId }),
  /** What it changed there, by path; blobs by id, null where absent. */
  changes: z.array(
    z.strictObject({
      path: z.string().min(1).max(4096),
      before: objectId.nullable(),
      after: objectId.nullable(),
      mode: z.enum(["100644", "100755"]).nullable(),
    }),
  ),
  capabilities: z.array(capabilityUseSchema),
  /** The rules' last judgement of exactly this tree, or of that of the stack it was merged in. */
  checks: z.strictObject({
    pass: z.boolean(),
    /** The tree that was judged where it is not the subject: that of the stack's last commit. */
    tree: objectId.optional(),
    commands: z.array(z.strictObject({ role: name, argv: z.array(z.string()), exit_code: z.int().nullable() })),
    waivers: z.array(z.strictObject({ rule: name, reason: z.string() })),
  }),
  /** Events of the log that show it, by id and hash. */
  evidence: z.array(z.strictObject({ event: name, type: name, hash: hash256 })),
  approvals: z.array(
    z.strictObject({
      subject: z.enum(["plan", "task"]),
      id: name,
      hash: z.string(),
      decision: z.enum(["approved", "rejected"]),
      by: z.string(),
      email: z.string().nullable(),
      via: z.string(),
    }),
  ),
});

/**
 * What worknode says of a commit it makes: an in-toto statement v1 about the commit's tree. It is signed in a DSSE
 * envelope and stands in the commit's message as the trailer `Worknode-Receipt`. Times are Unix epoch milliseconds.
 */
export const receiptSchema = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.tuple([z.strictObject({ name: z.literal("commit tree"), digest: z.strictObject({ gitTree: objectId }) })]),
  predicateType: z.literal("urn:worknode:receipt:v1"),
  predicate: predicateSchema,
});
export type Receipt = z.infer<typeof receiptSchema>;
export type ReceiptPredicate = Receipt["predicate"];

/** A DSSE envelope (https://github.com/secure-systems-lab/dsse) with one signature. */
export const envelopeSchema = z.strictObject({
  payload: z.base64(),
  payloadType: z.string().max(256),
  signatures: z.tuple([z.strictObject({ keyid: hash256, sig: z.base64() })]),
});
export type Envelope = z.infer<typeof envelopeSchema>;
