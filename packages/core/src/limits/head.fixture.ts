import { type Head, noMetadata, type Peer } from "../contract/call.js";
import { defineService } from "../service/define-service.js";

const Prices = defineService<{ quote(): number; list(): number }>("Prices", { quote: {}, list: {} });
const Stock = defineService<{ count(): number }>("Stock", { count: {} });
const methods = [...Prices.methods, ...Stock.methods];

/** Returns a connection's other end, by address and the name of its identity. */
export function peerAt(address: string, name?: string): Peer {
  return {
    address,
    instance: "i-1",
    identity: name === undefined ? undefined : { name },
    ready: true,
    closed: new Promise(() => {}),
    invoke: () => Promise.reject(new Error("not for this test")),
  };
}

/** Returns the head of a call that a peer makes. */
export function headFrom(peer: Peer, path = "Prices/quote"): Head {
  const method = methods.find((each) => each.path === `/${path}`);
  if (method === undefined)
    throw new Error(`no method ${path}; there are ${methods.map((each) => each.path).join(", ")}`);
  return {
    ...{ method, peer, metadata: noMetadata, priority: "normal", deadline: 10_000, sizeBytes: 0 },
    ...{ abandoned: undefined, settled: false },
  };
}
