import { tmpdir } from "node:os";
import { type Address, memoryTransport, type Transport, tcp, tls, unix } from "@rpc/core";
import { certify } from "../../trust/certificates/certificate.js";

/** Where the two ends of a test meet. */
export interface Ground {
  readonly name: "tcp" | "memory" | "tls" | "unix";
  readonly transport: Transport;
  readonly transports: Readonly<Record<string, Transport>>;
  /** Listens on a place that nobody has: another one each time it is asked for. */
  readonly listen: Address;
}

export function onTcp(): Ground {
  return { name: "tcp", transport: tcp, transports: { tcp }, listen: "tcp://127.0.0.1:0" };
}

export function inMemory(): Ground {
  const transport = memoryTransport();
  return { name: "memory", transport, transports: { memory: transport }, listen: "memory://" };
}

/** Either end trusts the one certificate there is. */
export function onTls(): Ground {
  const { certificate, key } = certify({ name: "ground", altNames: ["IP:127.0.0.1"] });
  const transport = tls({ certificate, key, ca: certificate });
  return { name: "tls", transport, transports: { tls: transport }, listen: "tls://127.0.0.1:0" };
}

let sockets = 0;

export function onUnix(): Ground {
  return {
    name: "unix",
    transport: unix,
    transports: { unix },
    get listen() {
      return `unix://${tmpdir()}/rpc-ground-${process.pid}-${++sockets}.sock`;
    },
  };
}

/** What has to behave alike runs on each. */
export const grounds: readonly (() => Ground)[] = [onTcp, inMemory, onTls, onUnix];
