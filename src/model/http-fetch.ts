import http, { type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";

/**
 * What the SDK needs of `fetch`, over node:http: the built-in one costs twice the processor time, most of it in web
 * streams that nothing here reads as such. Sockets are kept alive by Node's own agents. No redirect is followed,
 * so that the key goes only where it was meant to go, and no compression is asked for. Rejects when no head of a
 * response came; a body that breaks off throws where it is read.
 */
export async function httpFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const { request } = url.protocol === "https:" ? https : http;
  const headers = init.headers instanceof Headers ? init.headers : new Headers(init.headers);
  const options: RequestOptions = {
    method: init.method ?? "GET",
    headers: Object.fromEntries(headers),
  };
  if (init.signal) options.signal = init.signal;
  return await new Promise((resolve, reject) => {
    const sent = request(url, options, (received) => resolve(responseOf(url, received)));
    sent.on("error", reject);
    sent.end(Buffer.from(bodyText(init.body)));
  });
}

function bodyText(body: RequestInit["body"]): string {
  if (body === undefined || body === null) return "";
  if (typeof body === "string") return body;
  throw new TypeError("only text is sent to a model");
}

/** The members of a response that the SDK reads. The body is read once, as the bytes come. */
function responseOf(url: URL, received: IncomingMessage): Response {
  const status = received.statusCode ?? 0;
  const read = async (): Promise<string> => {
    let text = "";
    for await (const piece of received.setEncoding("utf8")) text += String(piece);
    return text;
  };
  const response = {
    url: url.href,
    status,
    ok: status >= 200 && status < 300,
    headers: headersOf(received),
    body: received,
    text: read,
    json: async () => JSON.parse(await read()) as unknown,
  };
  return response as unknown as Response;
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  return headers;
}
