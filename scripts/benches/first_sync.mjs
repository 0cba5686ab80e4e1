// 15,000 records to a queryable phone, processor slowed four times, beside PouchDB's replication of the same records.
import { start } from './support/start.mjs'

await start('firstSync')
