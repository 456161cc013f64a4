import type { TestContext } from "node:test";
import { open } from "../raw/frames.js";
import type { RawPeer } from "../raw/peer.js";
import { raw } from "../raw/raw.js";
import type { Ground } from "./grounds.js";

/** What a hello says of who may send oneway requests. */
const onewayCalls = 8;

/** Connects a raw client that may send oneway requests, and has opened the methods of `serving`. */
export async function agreeing(t: TestContext, ground: Ground, address: string): Promise<RawPeer> {
  const peer = await raw.greeted(t, address, ground.transport, { features: onewayCalls });
  peer.send(open("Probe", ["add", "echo", "nothing", "hang"]));
  await peer.expect("opened");
  return peer;
}
