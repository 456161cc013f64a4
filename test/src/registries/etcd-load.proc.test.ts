import { test } from "node:test";
import { openEtcd, etcdMissing as skip } from "../servers/etcd.js";
import { underLoad } from "./under-load.fixture.js";

test(
  "etcd under load: newcomers are used and leavers left within a second; killed, with a server, and wiped, it fails no idempotent call, and has all back within twice the lease",
  {
    skip,
  },
  (t) => underLoad(t, "etcd", openEtcd),
);
