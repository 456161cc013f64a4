/** A place in a chain. */
export interface Link<T> {
  readonly item: T;
  before: Link<T> | undefined;
  after: Link<T> | undefined;
}

/** A list that things are put at either end of, and taken from anywhere in, at the same small cost. */
export class Chain<T> {
  first: Link<T> | undefined;
  last: Link<T> | undefined;
  size = 0;

  append(item: T): Link<T> {
    const link: Link<T> = { item, before: this.last, after: undefined };
    if (this.last === undefined) this.first = link;
    else this.last.after = link;
    this.last = link;
    this.size++;
    return link;
  }

  prepend(item: T): Link<T> {
    const link: Link<T> = { item, before: undefined, after: this.first };
    if (this.first === undefined) this.last = link;
    else this.first.before = link;
    this.first = link;
    this.size++;
    return link;
  }

  /** Takes a link of this chain out; to be done once. What follows it may still be found through it. */
  remove(link: Link<T>): void {
    if (link.before === undefined) this.first = link.after;
    else link.before.after = link.after;
    if (link.after === undefined) this.last = link.before;
    else link.after.before = link.before;
    this.size--;
  }
}
