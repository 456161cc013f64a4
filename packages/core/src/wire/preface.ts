/**
 * The first bytes either side sends. The first is neither ASCII nor the start of TLS (0x16) or SSLv2 (0x80), so that
 * one look at one byte tells this protocol from others that may share the port.
 */
export const preface = Buffer.from([0xf2, 0x52, 0x50, 0x43]);
