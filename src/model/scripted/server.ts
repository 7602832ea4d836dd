import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf } from "../../kernel/fault.js";
import { type Admitted, admit } from "./admission.js";
import { createHolds, type Holds } from "./holds.js";
import type { Place } from "./place.js";
import { playFault, playReply } from "./player.js";
import { buildReply } from "./reply.js";
import {
  createRequestLog,
  type OpenEntry,
  type RepeatedReply,
  type RequestLog,
  type RequestLogEntry,
} from "./request-log.js";
import { sendError } from "./response.js";
import type { Script, ScriptedReply } from "./script.js";
import { type Respond, scriptedReply } from "./source.js";
import { usageOf } from "./usage.js";

/** What a scripted server answers with, and how strictly. */
export interface ScriptedServerOptions {
  readonly script?: Script;
  /** Asked first; the script answers where it gives undefined. */
  readonly respond?: Respond;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Loopback unless told otherwise. */
  readonly host?: string;
  /** The one key accepted. Absent: every key but `invalid`. */
  readonly expectKey?: string;
  /** Whether the four `x-worknode-*` headers are demanded; default true. */
  readonly requireHeaders?: boolean;
  /** `false` writes each stream at once (for benches); default true, event by event. */
  readonly eventByEvent?: boolean;
  /** Serves `GET /scripted/requests` and `POST /scripted/release/<name>` besides; default false. */
  readonly control?: boolean;
  readonly onLog?: (line: string) => void;
  readonly nowMs?: () => number;
}

/** A running scripted model. */
export interface ScriptedServer {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  requests(): RequestLogEntry[];
  /** Replies delivered whole that were asked for again: must be empty whatever is killed. */
  repeatedWholeReplies(): RepeatedReply[];
  release(name: string): void;
  onHold(name: string, callback: () => void): void;
  /** Breaks open connections and stops. */
  close(): Promise<void>;
}

interface State {
  readonly options: ScriptedServerOptions;
  readonly log: RequestLog;
  readonly holds: Holds;
  /** Faults already played, by conversation and index. */
  readonly played: Map<string, number>;
  /** Empty replies that a conversation was given whole: they leave no message to count them by. */
  readonly empty: Map<string, number>;
}

/**
 * Starts the scripted model: a loopback server that speaks `POST /v1/messages`, streamed or whole,
 * and refuses what the real API would refuse. Rejects when the port cannot be had.
 */
export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const state: State = {
    options,
    log: createRequestLog(options.nowMs ?? Date.now),
    holds: createHolds(),
    played: new Map(),
    empty: new Map(),
  };
  const server = createServer((req, res) => {
    handle(state, req, res).catch((thrown: unknown) => {
      options.onLog?.(`scripted model: ${messageOf(thrown)}`);
      if (!res.headersSent) sendError(res, { status: 500, message: `scripted model: ${messageOf(thrown)}` });
    });
  });
  server.keepAliveTimeout = 60_000;
  const host = options.host ?? "127.0.0.1";
  const port = await listen(server, options.port ?? 0, host);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  options.onLog?.(`scripted model (no real model answers here) on ${url}`);
  return {
    url,
    requests: () => state.log.entries(),
    repeatedWholeReplies: () => state.log.repeated(),
    release: (name) => state.holds.release(name),
    onHold: (name, callback) => state.holds.onHold(name, callback),
    close: () => stop(server),
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function handle(state: State, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (state.options.control === true && control(state, req, res)) return;
  const admitted = await admit(req, state.options);
  const place = admitted.place === undefined ? undefined : placeAfterEmpty(state, admitted.place);
  const entry = state.log.open(place, admitted.headers);
  if (!admitted.ok) {
    entry.answered(admitted.error.status, admitted.error.message);
    state.options.onLog?.(`${admitted.place?.key ?? "?"} refused ${admitted.error.status}: ${admitted.error.message}`);
    sendError(res, admitted.error);
    return;
  }
  await answer(state, { ...admitted, place: placeAfterEmpty(state, admitted.place) }, { res, entry });
}

function placeAfterEmpty(state: State, place: Place): Place {
  return { ...place, index: place.index + (state.empty.get(place.conversation) ?? 0) };
}

function control(state: State, req: IncomingMessage, res: ServerResponse): boolean {
  const release = /^\/scripted\/release\/([^/]+)$/.exec(req.url ?? "");
  if (release !== null) state.holds.release(decodeURIComponent(release[1] ?? ""));
  else if (req.url !== "/scripted/requests") return false;
  res.writeHead(200, { "content-type": "application/json" });
  res.end(
    JSON.stringify({
      requests: state.log.entries(),
      repeatedWholeReplies: state.log.repeated(),
      waiting: state.holds.waiting(),
    }),
  );
  return true;
}

async function answer(state: State, admitted: Admitted, to: { res: ServerResponse; entry: OpenEntry }): Promise<void> {
  const { place, body } = admitted;
  const { res, entry } = to;
  const reply = await scriptedReply(state.options, { ...place, attempt: entry.attempt, body });
  if (reply === undefined) {
    const message = `no scripted reply for ${place.key} index ${place.index}`;
    entry.answered(400, message);
    state.options.onLog?.(message);
    sendError(res, { status: 400, message });
    return;
  }
  if (reply.delayMs !== undefined) await pause(reply.delayMs);
  const delivery = {
    res,
    reply: buildReply(reply, place, { model: String(body["model"]), usage: usageOf(body, reply) }),
    stream: body["stream"] === true,
    eventByEvent: state.options.eventByEvent ?? true,
  };
  const fault = nextFault(state, place, reply);
  if (fault !== undefined) {
    entry.answered(playFault(delivery, fault), fault.type);
    return;
  }
  if (reply.hold !== undefined) await state.holds.wait(reply.hold);
  if (res.destroyed) return;
  entry.answered(200);
  playReply(delivery, () => {
    entry.completed();
    if (delivery.reply.blocks.length === 0)
      state.empty.set(place.conversation, (state.empty.get(place.conversation) ?? 0) + 1);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function nextFault(state: State, place: Place, reply: ScriptedReply) {
  const id = `${place.conversation}#${place.index}`;
  const played = state.played.get(id) ?? 0;
  const fault = reply.faults[played];
  if (fault !== undefined) state.played.set(id, played + 1);
  return fault;
}
