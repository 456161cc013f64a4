import type { RpcError } from "./errors.js";

/**
 * A class of errors of the user's own: a subclass of `RpcError` with a reason of its own, which a handler throws and a
 * caller catches as an instance of the same class. Both sides name it in their option `errors`.
 */
export interface ErrorClass<E extends RpcError = RpcError> {
  /** What it is known by on the wire: upper snake case, at most 64 characters, e.g. `OUT_OF_STOCK`. */
  readonly reason: string;
  readonly prototype: E;
  /**
   * Makes an error of this class from what arrived: for classes with private fields, or fields beyond `details`. Who
   * leaves it out gets the fields of `RpcError` on the class's prototype, and no constructor runs. What it throws, or
   * returns that is of another class, leaves the caller with the `RpcError` it was given. The details are as the peer sent
   * them: check them here where the peer is not to be trusted.
   */
  fromPeer?(error: RpcError): E;
}
