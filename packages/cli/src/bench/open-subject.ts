import type { Duplex } from "node:stream";
import type { Connector, ConnectSettings, Endpoint } from "@rpc/core";
import { anyOfThem, listedOnce } from "../target/listed-once.js";
import type { Target } from "../target/open-target.js";

/** What is put under load, connected. */
export interface Subject {
  readonly connector: Connector;
  /** Closes the connections, whatever is under way on them. */
  close(): Promise<void>;
}

/** What would hide how the target does: a call is one attempt, and none is held back or thrown away here. */
const undisturbed = { retry: false, throttle: false, ejection: false, warmUpMs: 0, whenFull: "wait" } as const;

/** Connects to instances, for calls that are measured. To be closed. */
export async function openSubject(
  target: Target,
  endpoints: readonly Endpoint[],
  options: Pick<ConnectSettings, "connections" | "timeoutMs">,
): Promise<Subject> {
  const { connect } = await import("@rpc/core");
  const streams = new Set<Duplex>();
  const settings: ConnectSettings = {
    ...target.settings,
    ...undisturbed,
    ...options,
    onConnect: ({ stream }) => {
      streams.add(stream);
      stream.once("close", () => streams.delete(stream));
    },
  };
  // To one address calls go without being picked for.
  const connector =
    target.registry === undefined
      ? connect({ ...settings, address: endpoints[0]!.address })
      : connect({ ...settings, registry: listedOnce(endpoints), balancer: anyOfThem });
  return {
    connector,
    close() {
      const closed = connector.close();
      for (const stream of streams) stream.destroy();
      return closed;
    },
  };
}
