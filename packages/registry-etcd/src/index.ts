export { type EtcdRegistryOptions, etcdRegistry } from "./etcd-registry.js";
export type { EtcdTls, Pem } from "./tls.js";
