// The pictures of ./scripts/shots: the same harness as the browser tests, but no part of them.
import base from './vitest.config.mjs'

export default { ...base, test: { ...base.test, include: ['shots.ts'], testTimeout: 3_600_000, reporters: ['dot'] } }
