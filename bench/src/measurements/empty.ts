/* What importing a module is compared with. */
export {};
