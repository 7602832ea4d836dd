import { classOfStatus } from "../classify.js";
import { type FailureClass, type ModelFailure, retryOf } from "../failure.js";

const MAX_MESSAGE_CHARS = 500;
/** What it says where nobody is logged in, or the login is no good. */
const NO_LOGIN = /not logged in|\/login|authenticat|invalid api key|oauth/i;
const NO_CONNECTION = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|unable to connect/i;

/** Makes a failure of one attempt by Claude Code. `charged`: the model may have worked for it. */
export function claudeFailure(
  failureClass: FailureClass,
  message: string,
  facts: { bytesReceived: boolean; charged: boolean },
): ModelFailure {
  return {
    failure_class: failureClass,
    message: `Claude Code: ${message}`.slice(0, MAX_MESSAGE_CHARS),
    retry: retryOf(failureClass),
    ...facts,
  };
}

/** A failure of what Claude Code says went wrong between it and the model. */
export function failureOfText(text: string, bytesReceived: boolean): ModelFailure {
  const status = /API Error: (\d{3})\b/.exec(text)?.[1];
  if (status !== undefined)
    return claudeFailure(classOfStatus(Number(status)), text, { bytesReceived, charged: false });
  if (NO_LOGIN.test(text)) return claudeFailure("auth", text, { bytesReceived, charged: false });
  if (NO_CONNECTION.test(text)) return claudeFailure("transport", text, { bytesReceived, charged: false });
  return claudeFailure(bytesReceived ? "stream_cut" : "transport", text, { bytesReceived, charged: true });
}
