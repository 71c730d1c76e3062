// Apart from the kernel's index, because it loads the migrator, which a boot without pending migrations does not need.
// biome-ignore lint/performance/noBarrelFile: public entry for module authors
export { Migration } from '@mikro-orm/migrations'
