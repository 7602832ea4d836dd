import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type ClaudeProgram, claudeEnvironment, startProgram } from "../../effect/program/claude-program.js";
import { type ClaudeSession, openClaudeSession } from "../../model/claude-code/session.js";
import type { ModelClient } from "../../model/request.js";
import type { Crew, CrewAgent } from "../state/context.js";
import { eventAt } from "../state/records.js";
import { placeOf } from "./chain.js";
import type { Conversation } from "./conversation.js";

const sessions = new WeakMap<Conversation, ClaudeSession>();

/** Where a conversation's replies come from; undefined where no model is configured. */
export function clientFor(crew: Crew, agent: CrewAgent, conversation: Conversation): ModelClient | undefined {
  if (agent.runtime === "api" || crew.claude === undefined) return crew.client;
  const open = sessions.get(conversation) ?? openSession(crew, crew.claude, conversation);
  sessions.set(conversation, open);
  return open;
}

function openSession(crew: Crew, program: ClaudeProgram, conversation: Conversation): ClaudeSession {
  const cwd = join(crew.repository.stateDir, "claude-code");
  mkdirSync(cwd, { recursive: true, mode: 0o700 });
  const { id } = conversation;
  return openClaudeSession({
    path: program.path,
    cwd,
    env: claudeEnvironment(crew.env),
    resume: conversation.session,
    newSessionId: randomUUID,
    onStart: ({ id: session, resumed }) => {
      const started = { conversation: id, runtime: "claude-code" as const, version: program.version, session, resumed };
      crew.store.append([eventAt(placeOf(conversation, null), "RUNTIME_STARTED", started)]);
    },
    start: startProgram,
  });
}

/** Ends the program that holds a conversation, where there is one. A later session resumes it. */
export async function closeSession(conversation: Conversation): Promise<void> {
  await sessions.get(conversation)?.close();
  sessions.delete(conversation);
}
