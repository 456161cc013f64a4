/** Parts of class-transformer that its index does not export, and that come without types. */
declare module "class-transformer/cjs/storage.js" {
  import type { MetadataStorage } from "class-transformer/types/MetadataStorage.js";
  /** What the decorators of this process have written down. */
  export const defaultMetadataStorage: MetadataStorage;
}

declare module "class-transformer/cjs/constants/default-options.constant.js" {
  import type { ClassTransformOptions } from "class-transformer";
  /** What a caller who gives no options has given. */
  export const defaultOptions: ClassTransformOptions;
}
