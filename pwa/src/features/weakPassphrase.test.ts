import { expect, test } from 'vitest'
import { weakPassphrase } from './weakPassphrase'

test.each([
  ['铜钟水库拖拉机', null],
  ['correct horse battery', null],
  ['铜钟水库', 'short'],
  ['short one', 'short'],
  ['            ', 'short'],
  ['aaaaaaaaaaaaaaa', 'plain'],
  ['123456789012345', 'plain'],
  ['abcdefghijklmnop', 'plain'],
  ['ababababababab', 'plain'],
  ['password12345!', 'plain'],
])('%s is %s', (text, weak) => expect(weakPassphrase(text)).toBe(weak))
