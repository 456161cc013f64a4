import type { TestContext } from "node:test";
import type { HelloParts, OpenedPart } from "../raw/frames.js";
import { opened, response, welcome } from "../raw/frames.js";
import type { RawPeer } from "../raw/peer.js";
import { type RawServer, raw } from "../raw/raw.js";
import { type Calling, type ConnectSettings, calling } from "./calling.js";
import type { Ground } from "./grounds.js";

/** A real client connected to a raw server, which has opened the service for it. */
export interface Meeting extends Calling {
  readonly server: RawServer;
  /** The server's end of the connection. */
  readonly peer: RawPeer;
}

/** The id of the first call that is made after a meeting. */
export const firstId = 3;

const methods: readonly OpenedPart[] = ["add", "echo", "nothing", "hang"].map((name, index) => ({ name, index }));

export interface MeetingParts {
  readonly welcome?: HelloParts;
  readonly methods?: readonly OpenedPart[];
}

/** Lets a real client connect to a raw server and make one call, `nothing`, so that all is open and known. */
export async function meeting(
  t: TestContext,
  ground: Ground,
  settings: ConnectSettings = {},
  parts: MeetingParts = {},
): Promise<Meeting> {
  const server = await raw.server(t, ground.listen, ground.transport);
  const made = calling(t, ground, server.address, { retry: false, ...settings });
  const answered = made.probe.nothing();
  const peer = await server.accept();
  await greet(peer, parts);
  await peer.expect("request", { id: 2, target: 2 });
  peer.send(response(2));
  await answered;
  return { ...made, server, peer };
}

/** Answers a client's hello and opens the service it asks for. */
export async function greet(peer: RawPeer, parts: MeetingParts = {}): Promise<void> {
  await peer.expect("hello");
  peer.send(welcome(parts.welcome));
  await peer.expect("open", { id: 1 });
  peer.send(opened(1, parts.methods ?? methods));
}
