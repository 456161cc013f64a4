/** `true` for the same type: not merely one that can be assigned to the other, nor `any`. */
export type Equal<A, B> = (<G>() => G extends A ? 1 : 2) extends <G>() => G extends B ? 1 : 2 ? true : false;

/** Compiles if `T` is `true`. */
export type Expect<T extends true> = T;
