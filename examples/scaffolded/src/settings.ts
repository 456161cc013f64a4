import { tls, tokens } from "@rpc/core";
import type { AppOptions } from "@rpc/decorators";
import { dnsRegistry } from "@rpc/registry-dns";
import { fileRegistry } from "@rpc/registry-file";

/** Only processes of one cluster talk to each other. */
const cluster = "shop";
/** Where a pod listens; the manifests in k8s/ name the same port. */
const port = 7000;
/** How long handlers may take to finish after SIGTERM, in ms: less than terminationGracePeriodSeconds in k8s/. */
const drainMs = 20_000;

/** Returns what `createApp` is told, on this machine or in a pod. */
export function settings(env: NodeJS.ProcessEnv): AppOptions {
  return env["POD_IP"] === undefined ? onThisMachine(env) : inPod(env);
}

/** The processes of one user find each other in a folder, and listen on loopback only. */
function onThisMachine({ RPC_FOLDER }: NodeJS.ProcessEnv): AppOptions {
  const registry = fileRegistry({ cluster, ...(RPC_FOLDER !== undefined && { directory: RPC_FOLDER }) });
  return { cluster, registry, serve: { drainMs } };
}

/** Pods find each other by the headless services of k8s/, and prove who they are: TLS and a token, or a visible RPC_INSECURE. */
function inPod(env: NodeJS.ProcessEnv): AppOptions {
  const { POD_IP, POD_NAMESPACE, RPC_TLS_FOLDER, RPC_TOKEN, RPC_INSECURE } = env;
  const at = (scheme: "tcp" | "tls"): AppOptions => ({
    cluster,
    listen: `${scheme}://${POD_IP}:${port}`,
    registry: dnsRegistry({ name: `{service}.${POD_NAMESPACE}.svc.cluster.local:${port}`, scheme }),
  });
  if (RPC_INSECURE === "true") {
    return { ...at("tcp"), insecure: true, serve: { drainMs } };
  }
  if (!RPC_TLS_FOLDER || !RPC_TOKEN) {
    throw new Error("RPC_TLS_FOLDER and RPC_TOKEN are missing. Without encryption only with RPC_INSECURE=true");
  }
  const pem = (name: string) => ({ file: `${RPC_TLS_FOLDER}/${name}` });
  return {
    ...at("tls"),
    // One certificate for all pods, for this name: their addresses change.
    transports: {
      tls: tls({ certificate: pem("tls.crt"), key: pem("tls.key"), ca: pem("ca.crt"), serverName: cluster }),
    },
    serve: { drainMs, authenticate: tokens([RPC_TOKEN]) },
    connect: { credentials: () => RPC_TOKEN },
  };
}
