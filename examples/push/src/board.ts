import { type Client, currentCall, type Peer } from "@rpc/core";
import { Method, Service } from "@rpc/decorators";
import type { Connected } from "./connected.js";
import { Inbox } from "./inbox.js";

/** What the server offers: clients post, and whoever is connected hears of it. */
@Service("Board")
export class Board {
  constructor(private readonly connected: Connected) {}

  /** Tells everybody, and returns how many that were. */
  @Method()
  post(text: string): number {
    return this.connected.tellAll(`${nameOf(currentCall().peer)}: ${text}`);
  }

  /** Tells one user, at each of the places where that user is connected, and returns how many those were. */
  @Method()
  whisper(to: string, text: string): number {
    return this.connected.tell(to, `${nameOf(currentCall().peer)} whispers: ${text}`);
  }

  /** Asks the caller before it does anything: the caller's handler answers while the caller waits. */
  @Method()
  async wipe(): Promise<string> {
    const caller: Client<Inbox> = this.connected.inboxOf(currentCall().peer!);
    return (await caller.confirm("really?")) ? "wiped" : "kept";
  }
}

/** Who a peer has proved to be, which outlives its connection. */
function nameOf(peer: Peer | undefined): string {
  return peer?.identity?.name ?? "somebody";
}
