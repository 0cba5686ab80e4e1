// RxDB as it is meant to be set up for a browser: Dexie storage, its own replication.
export { createRxDatabase } from 'rxdb/plugins/core'
export { replicateRxCollection } from 'rxdb/plugins/replication'
export { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
