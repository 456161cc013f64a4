import { type OnConnect, type Server, serve } from "@rpc/core";
import { greeter } from "./greeter.js";

/** Counts connections, and refuses those of a place that is not wanted. */
export function serveWatched(banned: string, onCount: (open: number) => void): Promise<Server> {
  let open = 0;
  const onConnect: OnConnect = ({ stream, remote }) => {
    if (remote.includes(banned)) throw new Error(`${remote} is banned`);
    onCount(++open);
    stream.once("close", () => onCount(--open));
  };
  return serve({ services: [greeter], onConnect });
}
