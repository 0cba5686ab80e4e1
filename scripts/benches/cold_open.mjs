// From the unlocked key to the usable Today list, 100,000 records on the phone, processor slowed four times.
import { start } from './support/start.mjs'

await start('coldOpen')
