import { RpcError } from "@rpc/core";
import { ACL, CreateMode, Exception, Id, Permission, type Stat } from "node-zookeeper-client";
import type { Session } from "./session.js";

/** What a node holds. */
export interface Content {
  readonly bytes: Buffer | undefined;
  readonly stat: Stat;
}

/** The nodes of ZooKeeper as a session sees them, with what may well happen as a result instead of an error. */
export interface Tree {
  /** Resolves to the names of the nodes below; undefined where there is no such node, which is watched all the same. */
  children(session: Session, path: string): Promise<readonly string[] | undefined>;
  /** Resolves to what a node holds; undefined where there is none. Only then is it not watched. */
  watched(session: Session, path: string): Promise<Content | undefined>;
  content(session: Session, path: string): Promise<Content | undefined>;
  /** Makes a node of the session, and those above it, which stay. Resolves to whether there was none. */
  create(session: Session, path: string, bytes: Buffer): Promise<boolean>;
  /** Resolves to whether the node was still of that version. */
  write(session: Session, path: string, bytes: Buffer, version: number): Promise<boolean>;
  remove(session: Session, path: string, version: number): Promise<boolean>;
}

/** Returns the tree. With `secured` nodes belong to the credentials of the session that makes them. */
export function treeOf(name: string, secured: boolean): Tree {
  const acl = [new ACL(Permission.ALL, secured ? new Id("auth", "") : new Id("world", "anyone"))];

  const unless = <T>(codes: readonly number[], otherwise: T) => {
    return (cause: unknown): T => {
      const code = cause instanceof Exception ? cause.getCode() : undefined;
      if (code !== undefined && codes.includes(code)) return otherwise;
      if (code !== Exception.NO_AUTH && code !== Exception.AUTH_FAILED && code !== Exception.INVALID_ACL) throw cause;
      const message = `${name} refuses this process (${(cause as Exception).getName()}); see credentials of zookeeperRegistry`;
      throw new RpcError("permission_denied", message, { reason: "REGISTRY_FAILED", processed: "no", cause });
    };
  };

  const content = (session: Session, path: string, watch: boolean): Promise<Content | undefined> =>
    session
      .ask<[Buffer | undefined, Stat]>((client, done) =>
        watch ? client.getData(path, session.watcher, done) : client.getData(path, done),
      )
      .then(([bytes, stat]): Content => ({ bytes, stat }))
      .catch(unless([Exception.NO_NODE], undefined));

  const tree: Tree = {
    async children(session, path) {
      for (;;) {
        const found = await session
          .ask<[string[]]>((client, done) => client.getChildren(path, session.watcher, done))
          .then(([names]) => names)
          .catch(unless([Exception.NO_NODE], undefined));
        if (found !== undefined) return found;
        const [stat] = await session
          .ask<[Stat | null]>((client, done) => client.exists(path, session.watcher, done))
          .catch(unless<[null]>([], [null]));
        if (stat === null) return undefined;
      }
    },
    watched: (session, path) => content(session, path, true),
    content: (session, path) => content(session, path, false),
    async create(session, path, bytes) {
      for (;;) {
        const made = await session
          .ask<[string]>((client, done) => client.create(path, bytes, acl, CreateMode.EPHEMERAL, done))
          .then(() => true)
          .catch(unless<false | undefined>([Exception.NODE_EXISTS], false))
          .catch(unless([Exception.NO_NODE], undefined));
        if (made !== undefined) return made;
        const above = path.slice(0, path.lastIndexOf("/"));
        await session
          .ask<[string]>((client, done) => client.mkdirp(above, acl, done))
          .catch(unless<unknown>([], undefined));
      }
    },
    write: (session, path, bytes, version) =>
      session
        .ask<[Stat]>((client, done) => client.setData(path, bytes, version, done))
        .then(() => true)
        .catch(unless([Exception.NO_NODE, Exception.BAD_VERSION], false)),
    remove: (session, path, version) =>
      session
        .ask<[]>((client, done) => client.remove(path, version, done))
        .then(() => true)
        .catch(unless([Exception.NO_NODE, Exception.BAD_VERSION], false)),
  };
  return tree;
}
