import { createHash } from "node:crypto";
import { chmod, lstat, unlink } from "node:fs/promises";
import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";
import { checkOptions } from "../service/check-options.js";
import { connectSocket, listenFailed, listenForSockets } from "./sockets.js";

/** What fits into the kernel's `sockaddr_un`, without the zero byte at its end. */
const maxPathBytes = process.platform === "linux" ? 107 : 103;

export interface UnixOptions {
  /** Who may connect, as the permissions of the socket's file. Defaults to 0o600: processes of the same user. */
  readonly mode?: number;
}

/**
 * Returns a transport of Unix sockets, `unix:///run/shop.sock`: processes of one machine, faster than TCP. The file of a
 * process that was killed is taken over; that of a process that listens is left alone. Closing removes the file.
 */
export function unixTransport(options: UnixOptions = {}): Transport {
  checkOptions("unixTransport", options, { mode: "count" });
  const { mode = 0o600 } = options;
  return {
    local: true,
    connect: async (address, signal, hints) => connectSocket({ path: pathOf(address) }, address, signal, hints),

    async listen(address, accept, { refused } = {}) {
      const path = pathOf(address);
      let accepted = 0;
      const listen = () =>
        listenForSockets(
          { path },
          address,
          () => address,
          (socket) => accept(socket, `${address}#${++accepted}`),
          refused,
        );
      const listener = await listen().catch((error: unknown) => {
        if (codeOf(error) !== "EADDRINUSE") throw error;
        return alone(path, address, async () => {
          await makeRoom(path, address);
          return listen();
        });
      });
      try {
        await chmod(path, mode);
      } catch (cause) {
        await listener.close();
        throw listenFailed(address, "the permissions of its file cannot be set", cause);
      }
      return listener;
    },
  };
}

/** Unix sockets that processes of the same user may connect to, `unix:///run/shop.sock`. */
export const unix: Transport = unixTransport();

/** Removes the file that a killed process left behind. Throws where somebody listens on it, and where it is no socket. */
async function makeRoom(path: string, address: Address): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw listenFailed(address, "a file that is no socket is there: remove it, or use another path");
  if (await answers(path, address)) throw listenFailed(address, "another process listens on it");
  await unlink(path).catch(() => {});
}

/**
 * Runs `take` while nobody else takes this path over: of two that find the same dead file, one would remove the other's
 * new one. The lock is an abstract socket, which the kernel lets go with its process; where there are none, there is no
 * lock.
 */
async function alone<T>(path: string, address: Address, take: () => Promise<T>): Promise<T> {
  if (process.platform !== "linux") return take();
  const name = `\0rpc-${createHash("sha256").update(path).digest("hex")}`;
  const lock = await listenForSockets(
    { path: name },
    address,
    () => address,
    (socket) => void socket.destroy(),
    undefined,
  ).catch(() => {
    throw listenFailed(address, "another process is taking it over");
  });
  try {
    return await take();
  } finally {
    await lock.close();
  }
}

async function answers(path: string, address: Address): Promise<boolean> {
  try {
    (await connectSocket({ path }, address, new AbortController().signal)).destroy();
    return true;
  } catch (error) {
    // Full is not gone, nor is who may not be asked.
    const code = codeOf(error);
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  }
}

/** The system's code of an error of ours. */
function codeOf(error: unknown): string | undefined {
  return ((error as RpcError).cause as NodeJS.ErrnoException | undefined)?.code;
}

/** Throws `invalid_argument` / `BAD_ADDRESS` where an address is not `unix://` and an absolute path that the kernel takes. */
function pathOf(address: Address): string {
  const path = /^unix:\/\/(\/[^\0]*[^/\0])$/.exec(address)?.[1];
  if (path === undefined) {
    throw badAddress(
      `"${address.slice(0, 200)}" is not the address of a Unix socket: write an absolute path, such as "unix:///run/shop.sock"`,
    );
  }
  const size = Buffer.byteLength(path);
  if (size > maxPathBytes) {
    throw badAddress(
      `the path of ${address} has ${size} bytes, and the system takes ${maxPathBytes} for a socket: use a shorter one`,
    );
  }
  return path;
}

function badAddress(message: string): RpcError {
  return new RpcError("invalid_argument", message, { reason: "BAD_ADDRESS", processed: "no" });
}
