/** Who a peer has proved to be, as the server's authenticator says: a name, and whatever else handlers and the authoriser want to know. */
export interface Identity {
  /** For people, logs and rules, e.g. `checkout`. Not a secret. */
  readonly name: string;
  readonly [claim: string]: unknown;
}

/** What a client sent to prove who it is. Printing, inspecting or serialising it shows none of it. */
export interface Credentials {
  readonly bytes: Uint8Array;
  /** The bytes as UTF-8; empty where the client sent none. */
  readonly text: string;
}

/** The certificate that a peer showed, and that its transport verified. */
export interface PeerCertificate {
  /** The subject's common name; undefined where it has none. */
  readonly commonName: string | undefined;
  /** The names it is good for, each with its type: `DNS:a.example`, `IP:10.1.2.3`, `URI:spiffe://shop/orders`, `email:a@b.example`. */
  readonly altNames: readonly string[];
  /** SHA-256 of the certificate, in hex digits with colons. */
  readonly fingerprint: string;
  /** From when on it is no good any more, in ms since 1970. */
  readonly expiresAt: number;
}
