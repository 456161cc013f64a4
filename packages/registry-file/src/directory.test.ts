import assert from "node:assert/strict";
import { chmod, chown, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { defaultRoot, directoryOf, prepareDirectory } from "./directory.js";
import { withFolder } from "./temporary.fixture.js";

const posix = process.getuid !== undefined;
const isRoot = process.getuid?.() === 0;

describe("the registry's directory", () => {
  test("is by default one for each user, so that no set-up is needed", () => {
    assert.equal(defaultRoot(), join(tmpdir(), `rpc-${process.getuid?.()}`));
  });

  test("cannot be led astray by the name of a cluster", () => {
    for (const cluster of ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\0b", "x".repeat(65), "ü"]) {
      assert.throws(() => directoryOf("/tmp/x", cluster), TypeError, JSON.stringify(cluster));
    }
    assert.equal(directoryOf("/tmp/x", "shop-1.eu").path, join("/tmp/x", "shop-1.eu"));
  });

  test("is made with all folders above it, and open to nobody else", { skip: !posix }, async () => {
    await withFolder(async (folder) => {
      const directory = directoryOf(join(folder, "new", "one"), "default");
      await prepareDirectory(directory);
      await prepareDirectory(directory);
      for (const path of [directory.root, directory.path, directory.heartbeats, directory.drafts]) {
        assert.equal((await stat(path)).mode & 0o777, 0o700, path);
      }
    });
  });

  test("is refused where others may write to any of its folders, and the error says what to run", {
    skip: !posix,
  }, async () => {
    await withFolder(async (folder) => {
      for (const [mode, place] of [
        [0o777, "root"],
        [0o770, "path"],
        [0o720, "heartbeats"],
        [0o1777, "drafts"],
      ] as const) {
        const directory = directoryOf(join(folder, place), "default");
        await prepareDirectory(directory);
        await chmod(directory[place], mode);
        await assert.rejects(prepareDirectory(directory), refusal(`chmod 700 ${directory[place]}`));
        await chmod(directory[place], 0o755);
        await prepareDirectory(directory);
      }
    });
  });

  test("is refused where everybody could replace it, unless the folder above is sticky", { skip: !posix }, async () => {
    await withFolder(async (folder) => {
      const above = join(folder, "above");
      await mkdir(above);
      await chmod(above, 0o777);
      const directory = directoryOf(join(above, "root"), "default");
      await assert.rejects(prepareDirectory(directory), refusal(`chmod +t ${above}`));
      await chmod(above, 0o1777);
      await prepareDirectory(directory);
    });
  });

  test("is refused where it is a symbolic link, and the error names what to name instead", {
    skip: !posix,
  }, async () => {
    await withFolder(async (folder) => {
      const target = join(folder, "target");
      await mkdir(target);
      await symlink(target, join(folder, "link"));
      await assert.rejects(
        prepareDirectory(directoryOf(join(folder, "link"), "default")),
        refusal(`name ${target} itself`),
      );
    });
  });

  test("is refused where somebody else planted it", { skip: !isRoot }, async () => {
    await withFolder(async (folder) => {
      const planted = join(folder, "planted");
      await mkdir(planted, { mode: 0o700 });
      await chown(planted, 12_345, 12_345);
      await assert.rejects(prepareDirectory(directoryOf(planted, "default")), refusal("belongs to user 12345"));
    });
  });

  test("that cannot be made names itself and another way", async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      const directory = directoryOf(join(folder, "file", "root"), "default");
      await assert.rejects(
        prepareDirectory(directory),
        (error) =>
          error instanceof RpcError &&
          error.processed === "no" &&
          error.message.includes(directory.path) &&
          error.message.includes("fileRegistry({ directory })"),
      );
    });
  });
});

function refusal(mentioning: string) {
  return (error: unknown) =>
    error instanceof RpcError &&
    error.code === "permission_denied" &&
    error.reason === "REGISTRY_UNTRUSTED" &&
    error.message.includes(mentioning);
}
