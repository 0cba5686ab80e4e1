import { expect, test } from 'vitest'
import { phoneLabel } from './phoneLabel'

test('the model is named where the phone tells it', () => {
  expect(phoneLabel('Mozilla/5.0 (Linux; Android 12; HUAWEI P50 Build/X) Chrome/120')).toBe('HUAWEI P50')
  expect(phoneLabel('Mozilla/5.0 (Linux; Android 10; K) Chrome/120')).toBe('Android')
  expect(phoneLabel('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)')).toBe('iPhone')
  expect(phoneLabel('')).toBe('')
})
