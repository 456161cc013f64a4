import { test } from "node:test";
import { openZookeeper, zookeeperMissing as skip } from "../servers/zookeeper.js";
import { underLoad } from "./under-load.fixture.js";

test(
  "ZooKeeper under load: newcomers are used and leavers left within a second; killed, with a server, and wiped, it fails no idempotent call, and has all back within twice the lease",
  {
    skip,
  },
  (t) => underLoad(t, "zookeeper", openZookeeper),
);
