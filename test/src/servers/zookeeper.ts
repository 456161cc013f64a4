import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ending } from "../wire/ground/at-end.js";
import { ask } from "./ask.js";
import { missing } from "./installed.js";
import { openRealServer, type RealServer } from "./real-server.js";

const archive = "/usr/share/java/zookeeper.jar";
/** What it needs for TLS and does not name itself. */
const codecs = "/usr/share/java/netty-codec.jar";

/** Why tests with ZooKeeper are skipped; false where it and Java are installed. */
export const zookeeperMissing: string | false = existsSync(archive)
  ? missing("java", "default-jre-headless")
  : "ZooKeeper is not installed; where npm test runs as root on Debian it installs libzookeeper-java";

/** How long a tick is, in ms: sessions last from 2 to 20 of them. */
const tickMs = 500;

/** Starts a ZooKeeper of one member. With `pem`, a file with a certificate and its key, it speaks TLS on the next port. */
export function openZookeeper(t: Ending, { pem }: { readonly pem?: string } = {}): Promise<RealServer> {
  return openRealServer(t, {
    name: "zookeeper",
    ports: 2,
    async command(folder, [port, securePort]) {
      const settings = [
        `tickTime=${tickMs}`,
        `dataDir=${join(folder, "data")}`,
        `clientPort=${port}`,
        "clientPortAddress=127.0.0.1",
        "admin.enableServer=false",
        "maxClientCnxns=0",
        "4lw.commands.whitelist=ruok,srvr,stat",
        ...(pem === undefined
          ? []
          : [
              `secureClientPort=${securePort}`,
              "secureClientPortAddress=127.0.0.1",
              "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
              ...[`ssl.keyStore.location=${pem}`, "ssl.keyStore.type=PEM", "ssl.clientAuth=none"],
            ]),
      ];
      await writeFile(join(folder, "zoo.cfg"), `${settings.join("\n")}\n`);
      return [
        "java",
        ...["-Xms64m", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
        ...["-Dzookeeper.forceSync=no", "-cp", [folder, archive, ...(pem === undefined ? [] : [codecs])].join(":")],
        ...["org.apache.zookeeper.server.ZooKeeperServerMain", join(folder, "zoo.cfg")],
      ];
    },
    healthy: async ([port]) => /^Mode: /m.test(await ask(port!, "srvr")),
  });
}
