import { expect, test } from 'vitest'
import { weakPin } from './weakPin'

test.each(['000000', '123456', '654321', '123123', '111111'])('%s is guessed first', (pin) => {
  expect(weakPin(pin)).toBe(true)
})

test.each(['121213', '190411', '274690'])('%s may be used', (pin) => {
  expect(weakPin(pin)).toBe(false)
})
