import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { type CodeName, RpcError } from "@rpc/core";
import { agentOf, type ConsulRegistryOptions } from "./consul-options.js";

/** Longest answer that is read, in bytes. */
const maxAnswerBytes = 64 * 1_024 * 1_024;

/** What Consul answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Counted up with every change of what was asked about; goes back where Consul has lost its data. */
  readonly index: number;
}

/** Consul's HTTP API. Not `fetch`, which cannot be given authorities and a certificate. */
export interface Agent {
  /** What it is and where, for messages. */
  readonly name: string;
  /** Resolves to the answer, whatever its status. Rejects where there is none in time. */
  ask(
    method: "GET" | "PUT",
    path: string,
    body?: unknown,
    more?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<Answer>;
  close(): void;
}

export function openAgent(options: ConsulRegistryOptions): Agent {
  const url = agentOf(options);
  const secure = url.protocol === "https:";
  // Nothing switches verification off, no variable of the environment either.
  const connections = secure
    ? new HttpsAgent({ keepAlive: true, ...options.tls, rejectUnauthorized: true })
    : new HttpAgent({ keepAlive: true });
  const headers = { ...(options.token !== undefined && { "x-consul-token": options.token }) };
  const name = `Consul at ${url.host}`;
  return {
    name,
    ask: (method, path, body, { timeoutMs = options.timeoutMs ?? 2_000, signal } = {}) =>
      new Promise((resolve, reject) => {
        const settings: RequestOptions = {
          method,
          agent: connections,
          headers,
          ...(signal !== undefined && { signal }),
        };
        const request = (secure ? httpsRequest : httpRequest)(new URL(path, url), settings);
        const timer = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
        const fail = (error: Error): void => {
          clearTimeout(timer);
          reject(error);
        };
        request.on("error", fail);
        request.on("response", (response) => {
          read(response).then((text) => {
            clearTimeout(timer);
            const index = Number(response.headers["x-consul-index"]);
            resolve({ status: response.statusCode ?? 0, text, index: Number.isSafeInteger(index) ? index : 0 });
          }, fail);
        });
        request.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    close: () => connections.destroy(),
  };
}

/** Throws where the answer is no success, with what to do. */
export function checked(answer: Answer, name: string, doing: string): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const [code, advice]: readonly [CodeName, string] =
    answer.status === 403
      ? ["permission_denied", "let the token write its services and the node rpc-state, and read services and nodes"]
      : answer.status === 401
        ? ["unauthenticated", "give consulRegistry a token"]
        : ["unavailable", "see whether the agent has joined a cluster with a leader"];
  const message = `cannot ${doing} in ${name}: status ${answer.status}, ${answer.text.slice(0, 200).trim()}; ${advice}`;
  throw new RpcError(code, message, { reason: "REGISTRY_FAILED", processed: "no" });
}

async function read(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxAnswerBytes) throw new Error(`its answer is above ${maxAnswerBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
