// A keystroke in the search over 5,000 customers, processor slowed four times.
import { start } from './support/start.mjs'

await start('search')
