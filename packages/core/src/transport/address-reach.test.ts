import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOf, staysHere } from "./address-reach.js";
import { tcp } from "./tcp.js";

test("what stays on this machine is told from what leaves it: in doubt it leaves", () => {
  const here = ["memory://a", "unix:///run/a.sock", "tcp://127.0.0.1:1", "tls://127.9.9.9:1", "tcp://[::1]:1"];
  const away = [
    "tcp://0.0.0.0:1",
    "tcp://[::]:1",
    "tcp://10.0.0.1:1",
    "tls://a.example:1",
    "quic://127.0.0.1",
    "x://y",
  ];
  assert.deepEqual(
    here.filter((address) => !staysHere(address, tcp)),
    [],
  );
  assert.deepEqual(
    away.filter((address) => staysHere(address, tcp)),
    [],
  );
});

test("a transport that never leaves the machine says so, whatever its addresses look like", () => {
  assert.equal(staysHere("sim://one", { ...tcp, local: true }), true);
  assert.equal(staysHere("sim://one", tcp), false);
});

test("a place is a host whatever its port, and of IPv6 the 64 bits that one machine has to itself", () => {
  const rows: readonly [string, string][] = [
    ["tcp://10.0.0.1:5", "10.0.0.1"],
    ["tls://10.0.0.1:6", "10.0.0.1"],
    ["tcp://[::ffff:10.0.0.1]:7", "10.0.0.1"],
    ["tcp://[2001:db8:1:2:3:4:5:6]:7", "2001:db8:1:2::/64"],
    ["tcp://[2001:db8:1:2::9]:7", "2001:db8:1:2::/64"],
    ["tcp://[2001:db8::1]:7", "2001:db8:0:0::/64"],
    ["tcp://[::1]:7", "0:0:0:0::/64"],
    ["unix:///run/a.sock#17", "unix:///run/a.sock"],
    ["memory://dialler-3", "memory:"],
  ];
  for (const [address, place] of rows) assert.equal(placeOf(address), place, address);
});
