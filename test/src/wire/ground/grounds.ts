import { type Address, memoryTransport, type Transport, tcp } from "@rpc/core";

/** Where the two ends of a test meet. */
export interface Ground {
  readonly name: "tcp" | "memory";
  readonly transport: Transport;
  readonly transports: Readonly<Record<string, Transport>>;
  /** Listens on a place that nobody has. */
  readonly listen: Address;
}

export function onTcp(): Ground {
  return { name: "tcp", transport: tcp, transports: { tcp }, listen: "tcp://127.0.0.1:0" };
}

export function inMemory(): Ground {
  const transport = memoryTransport();
  return { name: "memory", transport, transports: { memory: transport }, listen: "memory://" };
}

/** What has to behave alike runs on each. */
export const grounds: readonly (() => Ground)[] = [onTcp, inMemory];
