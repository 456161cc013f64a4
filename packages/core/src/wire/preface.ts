/**
 * The first bytes either side sends. The first is neither ASCII nor the start of TLS (0x16) or SSLv2 (0x80), so that
 * one look at one byte tells this protocol from others that may share the port.
 */
export const preface = Buffer.from([0xf2, 0x52, 0x50, 0x43]);

/** A protocol that may be spoken on a listener's port, told by its first byte. */
export interface PortProtocol<T> {
  readonly name: string;
  readonly firstByte: number;
  readonly accept: T;
}

/** Returns the protocol that begins with this byte, if one does. */
export function protocolOf<T>(protocols: readonly PortProtocol<T>[], firstByte: number): PortProtocol<T> | undefined {
  return protocols.find((protocol) => protocol.firstByte === firstByte);
}
