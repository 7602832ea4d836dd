import type { ServerResponse } from "node:http";
import { garbageOf } from "./garbage.js";
import { type BuiltReply, documentOf, type StreamEvent, streamOf, wireForm } from "./reply.js";
import { sendError, standardHeaders } from "./response.js";
import type { ScriptedFault } from "./script.js";

/** A reply on its way to one client. */
export interface Delivery {
  readonly res: ServerResponse;
  readonly reply: BuiltReply;
  readonly stream: boolean;
  /** Whether each event is written by itself; otherwise the whole stream is one write. */
  readonly eventByEvent: boolean;
}

/** Sends a whole reply. `onSent` is called once the last byte has left the server. */
export function playReply(delivery: Delivery, onSent: () => void): void {
  const { res, reply } = delivery;
  res.once("finish", onSent);
  if (!delivery.stream) {
    res.writeHead(200, { ...standardHeaders(), "content-type": "application/json" });
    res.end(JSON.stringify(documentOf(reply)));
    return;
  }
  openStream(res);
  if (delivery.eventByEvent) writeEvents(res, streamOf(reply));
  else res.write(streamOf(reply).map(wireForm).join(""));
  res.end();
}

function openStream(res: ServerResponse, contentType = "text/event-stream; charset=utf-8"): void {
  res.writeHead(200, { ...standardHeaders(), "content-type": contentType, "cache-control": "no-cache" });
  res.flushHeaders();
}

function writeEvents(res: ServerResponse, events: readonly StreamEvent[]): void {
  for (const event of events) res.write(wireForm(event));
}

/** Plays one misbehaviour in place of a reply, and returns the status it showed. */
export function playFault(delivery: Delivery, fault: ScriptedFault): number {
  const { res } = delivery;
  switch (fault.type) {
    case "status":
      sendError(res, { status: fault.status, message: fault.message ?? "scripted fault", headers: hints(fault) });
      return fault.status;
    case "reset":
      res.socket?.resetAndDestroy();
      return 0;
    case "garbage":
      sendGarbage(delivery, fault.variant);
      return 200;
    default:
      playPart(delivery, fault);
      return 200;
  }
}

function hints(fault: Extract<ScriptedFault, { type: "status" }>): Record<string, string> {
  return {
    ...(fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) }),
    ...(fault.shouldRetry === undefined ? {} : { "x-should-retry": String(fault.shouldRetry) }),
  };
}

function sendGarbage(delivery: Delivery, variant: Extract<ScriptedFault, { type: "garbage" }>["variant"]): void {
  const { contentType, body } = garbageOf(variant, delivery.reply);
  openStream(delivery.res, contentType);
  delivery.res.end(body);
}

/** A stream that begins well: some events, then silence, an error, an early end or a cut. */
function playPart(delivery: Delivery, fault: Extract<ScriptedFault, { afterEvents: number }>): void {
  const { res } = delivery;
  const events = streamOf(delivery.reply).slice(0, fault.afterEvents);
  if (fault.type === "hang" && events.length === 0) return;
  openStream(res);
  writeEvents(res, events);
  if (fault.type === "error_event")
    writeEvents(res, [{ type: "error", error: { type: fault.error, message: "scripted fault" } }]);
  if (fault.type === "cut") setImmediate(() => res.socket?.destroy());
  else if (fault.type !== "hang") res.end();
}
