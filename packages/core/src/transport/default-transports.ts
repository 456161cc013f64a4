import type { Transport } from "../contract/transport.js";
import { tcp } from "./tcp.js";
import { tls } from "./tls.js";
import { unix } from "./unix.js";

/** What addresses work without the option `transports`. This `tls` trusts the authorities that come with Node, and cannot listen, as it has no certificate. */
export const defaultTransports: Readonly<Record<string, Transport>> = { tcp, tls: tls(), unix };
