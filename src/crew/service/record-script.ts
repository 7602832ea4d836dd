import { stringify } from "yaml";
import type { AnyEvent } from "../../schema/event.js";

const REMOVED = "[removed]";
/** Names of variables whose values are secrets, and the least length at which a value is one. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i;
const MIN_SECRET_CHARS = 8;
/** Forms of keys that are known by their look. */
const SECRET_FORMS = [
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{20,}/g,
  /\bAKIA[A-Z0-9]{16}\b/g,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,32768}?-----END [A-Z ]*PRIVATE KEY-----/g,
];

/**
 * A script of what the model said in a cycle, in the format of docs/scripted-model.md, with the states it led to as its
 * expectation. Secrets are removed: values of the environment's secret variables, and what looks like a key.
 */
export function recordScript(
  events: readonly AnyEvent[],
  exitCode: number,
  at: { env: NodeJS.ProcessEnv; root: string },
): string {
  const replies: Record<string, object[]> = {};
  for (const event of events) {
    if (event.type !== "MODEL_RESPONSE") continue;
    const key = event.payload.conversation.split(":").slice(1).join(":");
    (replies[key] ??= []).push(replyOf(event.payload.reply.content));
  }
  const script = { apiVersion: "worknode/v1", kind: "Script", replies, expect: { exitCode, tasks: endStates(events) } };
  return stringify(withoutSecrets(script, removerFor(at)), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The state each task stopped in. */
function endStates(events: readonly AnyEvent[]): Record<string, string> {
  const states: Record<string, string> = {};
  for (const { type, task, payload } of events)
    if (type === "TASK_STATUS" && task !== null) states[task] = payload.status;
  return states;
}

type Block = Readonly<Record<string, unknown> & { type: string }>;

function replyOf(content: readonly Block[]): object {
  const text = content.flatMap((block) => (block.type === "text" ? [block["text"]] : [])).join("\n");
  const tools = content.flatMap((block) =>
    block.type === "tool_use" ? [{ name: block["name"], input: block["input"] }] : [],
  );
  return { ...(text === "" ? {} : { text }), ...(tools.length === 0 ? {} : { tools }) };
}

/** Removes secrets, and the repository's own place: a script is run elsewhere. */
function removerFor({ env, root }: { env: NodeJS.ProcessEnv; root: string }): (text: string) => string {
  const values = Object.entries(env).flatMap(([name, value = ""]) =>
    SECRET_NAME.test(name) && value.length >= MIN_SECRET_CHARS ? [value] : [],
  );
  return (text) => {
    const placeless = text.replaceAll(`${root}/`, "");
    const named = values.reduce((left, value) => left.replaceAll(value, REMOVED), placeless);
    return SECRET_FORMS.reduce((left, form) => left.replace(form, REMOVED), named);
  };
}

/** Every text of a value, at any depth a script has, through `remove`. */
function withoutSecrets(value: unknown, remove: (text: string) => string): unknown {
  return JSON.parse(JSON.stringify(value), (_key, each: unknown) => (typeof each === "string" ? remove(each) : each));
}
