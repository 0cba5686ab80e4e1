// From save() to durable for a visit with the task it does, processor slowed four times.
import { start } from './support/start.mjs'

await start('visitSave')
