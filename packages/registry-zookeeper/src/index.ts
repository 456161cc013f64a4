export { type ZookeeperRegistryOptions, zookeeperRegistry } from "./zookeeper-registry.js";
