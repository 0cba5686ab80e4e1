import { expect, test } from 'vitest'
import type { OpportunityItem, OpportunityRow } from '../../domain/opportunities'
import type { CustomerEntry } from '../../domain/views'
import { byVillage, dimensionsOf, linesOf } from './list'

const item = (id: string, priority: number, until: string, dimension = 'customer_value', stage: OpportunityItem[5] = 'assigned'): OpportunityItem => [id, `event_${id}`, dimension, 'loan', priority, stage, '2026-11-01', until]
const row = (id: string, ...items: OpportunityItem[]): OpportunityRow => ({ id, revision: 1, items })
const customer = (id: string, grid_id: string): [string, CustomerEntry] => [id, { id, kind: 'household', name: id, pinyin: '', initials: '', phone: null, address: '', grid_id, owner_id: null, lon: null, lat: null }]
const known = new Map([customer('wang', 'east'), customer('li', 'east'), customer('zhao', 'west')])
const rows = [
  row('wang', item('a', 2, '2026-12-10'), item('over', 1, '2026-11-29'), item('won', 1, '2026-12-31', 'customer_value', 'won')),
  row('li', item('b', 1, '2026-12-20', 'supply_chain')),
  row('zhao', item('c', 2, '2026-12-01')),
  row('elsewhere', item('d', 1, '2026-12-20')),
]

test('open ones of customers on this phone, by priority, then by the last day; what is past its day is not shown', () => {
  expect(linesOf(rows, known, '2026-11-30').map((one) => one.key)).toEqual(['b', 'c', 'a'])
})

test('by village and by dimension, those with more first', () => {
  const lines = linesOf(rows, known, '2026-11-30')
  expect(byVillage(lines).map((one) => [one.gridId, one.lines.map((line) => line.key)])).toEqual([['east', ['b', 'a']], ['west', ['c']]])
  expect(dimensionsOf(lines)).toEqual([{ code: 'customer_value', n: 2 }, { code: 'supply_chain', n: 1 }])
})
