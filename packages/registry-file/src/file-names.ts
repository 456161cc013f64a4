import { randomBytes } from "node:crypto";

/*
 * A file's name says all that is needed to tell what is current, and what a name stands for never changes. Names of services and
 * ids of instances are not part of it: they only stand inside the files, where they can be anything.
 *
 *     <lease>.<revision>.lease                      all entries of a lease; of several revisions the highest counts
 *     <lease>.<revision>.<place>.<count>.patch      a changed state of that revision's entry at <place>; the highest <count> counts
 *     heartbeats/<lease>
 *     drafts/<lease>.<random>
 */

/** A lease's id: 24 hexadecimal digits of chance. */
export type LeaseId = string;

export type FileName =
  | { readonly kind: "lease"; readonly lease: LeaseId; readonly revision: number }
  | {
      readonly kind: "patch";
      readonly lease: LeaseId;
      readonly revision: number;
      readonly place: number;
      readonly count: number;
    };

export function newLeaseId(): LeaseId {
  return randomBytes(12).toString("hex");
}

export function leaseName(lease: LeaseId, revision: number): string {
  return `${lease}.${revision}.lease`;
}

export function patchName(lease: LeaseId, revision: number, place: number, count: number): string {
  return `${lease}.${revision}.${place}.${count}.patch`;
}

export function draftName(lease: LeaseId): string {
  return `${lease}.${randomBytes(6).toString("hex")}`;
}

/** Returns what a name says, or undefined for a name that is not ours. */
export function parseName(name: string): FileName | undefined {
  const match = pattern.exec(name);
  if (match === null) return undefined;
  const [, lease, revision, place, count] = match as unknown as [string, string, string, string?, string?];
  if (place === undefined) return { kind: "lease", lease, revision: Number(revision) };
  return { kind: "patch", lease, revision: Number(revision), place: Number(place), count: Number(count) };
}

/** Returns the lease a name in one of the folders belongs to, or undefined for a name that is not ours. */
export function leaseOf(name: string): LeaseId | undefined {
  return /^([0-9a-f]{24})(?:\.|$)/.exec(name)?.[1];
}

const pattern = /^([0-9a-f]{24})\.(\d{1,15})(?:\.lease|\.(\d{1,9})\.(\d{1,15})\.patch)$/;
