import { expect, test } from 'vitest'
import { noticeFor, readPayload } from './notices'

test('only our own payloads are read', () => {
  expect(readPayload({ v: 1, inbox: 'a', kind: 'task_returned' })).toEqual({ v: 1, inbox: 'a', kind: 'task_returned' })
  expect(readPayload({ v: 2, inbox: 'a', kind: 'x' })).toBeNull()
  expect(readPayload('hello')).toBeNull()
  expect(readPayload(null)).toBeNull()
})

test('a known kind leads to its page, an unknown one to the inbox', () => {
  expect(noticeFor('approval_waiting', 'zh-CN')).toEqual({ title: '田格', body: '有新的待审', path: '/approvals' })
  expect(noticeFor('approval_waiting', 'en-GB').body).toBe('Something waits for your approval')
  expect(noticeFor('something_new', 'zh').path).toBe('/inbox')
})
