import { connect, defineService } from "@rpc/core";
import { settings } from "./settings.js";

// The readiness probe of k8s/: `node dist/ready.js Orders` ends with code 0 where the process of this pod lets callers of
// Orders in. It connects as they do, with TLS and token. A probe that only opens the port would succeed for a process that
// hangs, since the system accepts for it, and each would be logged as a handshake that failed.
const [service = ""] = process.argv.slice(2);
const { listen, cluster = "", transports, connect: { credentials } = {} } = settings(process.env);
if (!listen) throw new Error("POD_IP is missing: this is for pods");

const connector = connect({
  address: listen,
  cluster,
  ...(transports && { transports }),
  ...(credentials && { credentials }),
});
try {
  await connector.ready(defineService(service, {}));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await connector.close();
}
