import { expect, test } from 'vitest'
import { openOn, opportunitiesIn, stepped, stepsFrom, type OpportunityItem } from './opportunities'

const full: OpportunityItem = ['o', 'limit_raised', 'customer_value', 'loan', 2, 'assigned', '2026-11-01', '2026-12-30', 1, null, 'm', null, null, 5_000_000, 8_000_000]
const agents: OpportunityItem = ['p', 'harvest', 'business_operation', 'deposit', 3, 'assigned', '2026-11-01', '2026-12-30']
const row = (...items: OpportunityItem[]) => ({ id: 'c', revision: 1, items })
const step = (opportunity_id: string, name: 'contact' | 'follow' | 'win' | 'lose' | 'reopen', reason: 'terms' | null = null) => ({ opportunity_id, customer_id: 'c', step: name, reason })

test('a step shows at once, with who and when, and keeps the amounts', () => {
  const [one] = opportunitiesIn(row(...stepped([full, agents], step('o', 'lose', 'terms'), 'me', 99)))
  expect(one).toMatchObject({ stage: 'lost', outcome: 'lost', reason: 'terms', steppedAt: 99, steppedBy: 'me', beforeFen: 5_000_000, afterFen: 8_000_000 })
  const again = stepped(stepped([full], step('o', 'win'), 'me', 99), step('o', 'reopen'), 'me', 100)
  expect(opportunitiesIn(row(...again))[0]).toMatchObject({ stage: 'followed', outcome: null, reason: null })
})

test('what does not fit stays, as the bank leaves it', () => {
  const won = stepped([full], step('o', 'win'), 'me', 99)
  expect(stepped(won, step('o', 'contact'), 'me', 100)).toEqual(won)
  expect(stepped([full], step('other', 'win'), 'me', 99)).toEqual([full])
})

test('an agent\'s row says no more than before', () => {
  const [one] = stepped([agents], step('p', 'contact'), 'me', 99)
  expect(one).toEqual([...agents.slice(0, 5), 'contacted', ...agents.slice(6)])
})

test('what is past its last day is not open any more, and a closed one never', () => {
  expect(openOn(row(full), '2026-12-30').map((one) => one.id)).toEqual(['o'])
  expect(openOn(row(full), '2026-12-31')).toEqual([])
  expect(openOn(row(...stepped([full], step('o', 'win'), 'me', 1)), '2026-12-01')).toEqual([])
  expect(openOn(null, '2026-12-01')).toEqual([])
  expect(stepsFrom('reviewed')).toEqual([])
})
