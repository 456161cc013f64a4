import { chmod, lstat, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
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
    connect: async (address, signal) => connectSocket({ path: pathOf(address) }, address, signal),

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
      const listener = await listen().catch(async (error: unknown) => {
        await takeOver(path, address, error as RpcError);
        return listen();
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

/** Removes the file that a killed process left behind. Throws `taken` where somebody listens on it, and where it is no socket. */
async function takeOver(path: string, address: Address, taken: RpcError): Promise<void> {
  if ((taken.cause as NodeJS.ErrnoException | undefined)?.code !== "EADDRINUSE") throw taken;
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw listenFailed(address, "a file that is no socket is there: remove it, or use another path");
  if (await answers(path, address)) throw listenFailed(address, "another process listens on it", taken.cause);
  // Moved first and asked again: between the question and the removal another process may have taken it over.
  const aside = join(dirname(path), `.${process.pid.toString(36)}`);
  await rename(path, aside).catch(() => {});
  if (await answers(aside, address)) {
    await rename(aside, path).catch(() => {});
    throw listenFailed(address, "another process listens on it", taken.cause);
  }
  await unlink(aside).catch(() => {});
}

async function answers(path: string, address: Address): Promise<boolean> {
  try {
    (await connectSocket({ path }, address, new AbortController().signal)).destroy();
    return true;
  } catch (error) {
    // Full is not gone, nor is who may not be asked.
    const code = ((error as RpcError).cause as NodeJS.ErrnoException | undefined)?.code;
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  }
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
