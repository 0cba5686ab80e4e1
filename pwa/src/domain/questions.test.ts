import { describe, expect, test } from 'vitest'
import { canHave, FILE_SECTIONS, MISMATCHES, oldSections, openSections, questionFigures, questionsOf, sectionPath, sectionPoints, type QuestionFigures } from './questions'
import type { FileRow, MemberRow, RecordRow } from './rows'
import type { CustomerView } from './views'

const TODAY = '2026-11-30'
const WEIGHTS = { phone: 10, point: 10, members: 20, income: 25, spending: 10, home: 5, assets: 20 }
const FIGURES: QuestionFigures = { weights: WEIGHTS, mark: 80, ageDays: { income: 365, home: 1095, assets: 730, debt: 180 }, oldPercent: 50, againDays: { unknown: 90, refused: 180 } }
const AGENT: QuestionFigures = { ...FIGURES, weights: null }

const member = (row: Partial<MemberRow>) => ({ id: 'm1', relation: 'head', name: '谢金枝', whereabouts: null, ...row }) as MemberRow
const record = (row: Partial<RecordRow>) => ({ id: 'r1', kind: 'farmland', label: '茶叶', observed_on: TODAY, source: 'collected', detail: null, value_fen: null, area_m2: null, quantity: null, ...row }) as RecordRow
function view(file: Partial<FileRow>, more: { kind?: 'household' | 'business'; members?: MemberRow[]; records?: RecordRow[] } = {}): CustomerView {
  const { kind = 'household', members = [], records = [] } = more
  return { customer: { id: 'c1', kind, lon: null, lat: null }, file: { id: 'c1', values: {}, open_sections: [], points: 60, ...file }, members, records } as unknown as CustomerView
}
const keys = (v: CustomerView, figures = FIGURES) => questionsOf(v, figures, TODAY).open.map(({ key }) => key)

describe('what is missing', () => {
  test('the most valuable first, with what an answer is worth and how many are left to the mark', () => {
    const found = questionsOf(view({ open_sections: ['spending', 'income', 'home'], points: 60 }), FIGURES, TODAY)
    expect(found.open.map(({ key, points, path }) => [key, points, path])).toEqual([
      ['income', 25, 'income?field=income_planting_fen'],
      ['spending', 10, 'spending?field=spending_living_fen'],
      ['home', 5, 'home?field=home_type'],
    ])
    expect(found.left).toBe(1)
    expect(questionsOf(view({ open_sections: ['spending', 'home'], points: 65 }), FIGURES, TODAY).left).toBe(2)
    expect(questionsOf(view({ open_sections: ['home'], points: 65 }), FIGURES, TODAY).left).toBeNull()
    expect(questionsOf(view({ open_sections: ['home'], points: 85 }), FIGURES, TODAY).left).toBeNull()
  })

  test('an agent gets the same questions in the bank’s order, and no points', () => {
    const { open, left } = questionsOf(view({ open_sections: ['income', 'assets', 'home'], points: undefined } as Partial<FileRow>), AGENT, TODAY)
    expect(open.map(({ key, points }) => [key, points])).toEqual([['income', null], ['assets', null], ['home', null]])
    expect(left).toBeNull()
  })

  test('what was filled in on this phone is not asked again', () => {
    const open = ['income', 'assets', 'members', 'phone']
    const v = view({ open_sections: open, values: { income_wages_fen: [0, 'collected', TODAY, 's1'] } }, { members: [member({ phone: '13900000001' })], records: [record({})] })
    expect(openSections(v)).toEqual([])
    expect(openSections(view({ open_sections: open, values: { income_wages_fen: [null, 'collected', TODAY, 's1'] } }))).toEqual(open)
  })

  test('a household that was made on this phone is asked for all that was not said of it', () => {
    const made = view({ open_sections: [...FILE_SECTIONS], points: 0 }, { members: [member({ phone: '13900000001' })] })
    expect(openSections({ ...made, customer: { ...made.customer, lon: 114, lat: 29 } })).toEqual(['income', 'assets', 'spending', 'home'])
  })

  test('the phone is asked of who leads, and a place without a form is no question', () => {
    const people = [member({ id: 'm2', relation: 'child' }), member({ id: 'm1' })]
    expect(sectionPath(view({}, { members: people }), 'phone')).toBe('member/m1?field=phone')
    expect(keys(view({ open_sections: ['point', 'phone'] }, { members: people }))).toEqual(['phone'])
  })

  test('a business has no home, and turnover for income', () => {
    const v = view({ open_sections: ['income', 'spending', 'home'] }, { kind: 'business' })
    expect(questionsOf(v, FIGURES, TODAY).open.map(({ path }) => path)).toEqual(['income?field=turnover_year_fen', 'income?field=costs_year_fen'])
    expect(openSections(v)).toEqual(['income', 'spending'])
    expect([canHave('business', 'home'), canHave('household', 'home'), canHave('business', 'assets')]).toEqual([false, true, true])
    const points = sectionPoints('business', WEIGHTS)
    expect(Object.values(points).reduce((a, b) => a + b, 0)).toBeCloseTo(100)
    expect(points).not.toHaveProperty('home')
  })
})

describe('what was left', () => {
  const left = (why: 'unknown' | 'refused', day: string) => view({ open_sections: ['income', 'spending'], unanswered: { income: [why, day, 's1'] } })
  test('rests for the days of policy, and is asked again after them', () => {
    const found = questionsOf(left('refused', '2026-11-01'), FIGURES, TODAY)
    expect(found.open.map(({ key }) => key)).toEqual(['spending'])
    expect(found.resting).toEqual([{ about: 'income', why: 'refused', until: '2027-04-30', staff: 's1' }])
    // what rests is no answer that is left
    expect(found.left).toBeNull()
    // answered since
    expect(questionsOf(view({ unanswered: { income: ['refused', '2026-11-01', 's1'] } }), FIGURES, TODAY).resting).toEqual([])
    expect(keys(left('unknown', '2026-09-01'))).toEqual(['income', 'spending'])
    expect(keys(left('unknown', '2026-09-02'))).toEqual(['spending'])
  })
})

describe('what does not fit together', () => {
  const income = (fen: number) => ({ income_planting_fen: [fen, 'collected', TODAY, 's1'] as [number, string, string, string] })
  const wages = { income_wages_fen: [1, 'collected', TODAY, 's1'] as [number, string, string, string] }
  test('land without income, and income without land', () => {
    expect(keys(view({ values: wages }, { records: [record({})] }))).toEqual(['land_without_income'])
    expect(keys(view({ values: { ...wages, ...income(0) } }, { records: [record({})] }))).toEqual(['land_without_income'])
    expect(keys(view({ values: income(500_000) }, { records: [record({})] }))).toEqual([])
    expect(keys(view({ values: income(500_000) }))).toEqual(['income_without_land'])
    expect(keys(view({ values: wages }, { records: [record({ detail: { tenure: 'rented_out' } })] }))).toEqual([])
  })

  test('a part that is open is asked as a whole, one that rests not at all', () => {
    expect(keys(view({ open_sections: ['income'] }, { records: [record({})] }))).toEqual(['income'])
    expect(keys(view({ open_sections: ['income'], unanswered: { income: ['refused', '2026-11-01', null] } }, { records: [record({})] }))).toEqual([])
    expect(keys(view({ open_sections: ['assets'], values: income(500_000) }))).toEqual(['assets'])
  })

  test('more people than were listed, and fewer', () => {
    const people = (n: number) => view({ values: { ...income(1), residents_count: [n, 'collected', TODAY, 's1'] } }, { members: [member({})], records: [record({})] })
    expect(questionsOf(people(3), FIGURES, TODAY).open.map(({ path }) => path)).toEqual(['member'])
    expect(questionsOf(people(0), FIGURES, TODAY).open.map(({ path }) => path)).toEqual(['home?field=residents_count'])
    expect(keys(people(1))).toEqual([])
  })

  test('somebody away, and the field that is asked', () => {
    const v = view({ values: wages }, { members: [member({ whereabouts: 'away_work' })] })
    expect(questionsOf(v, FIGURES, TODAY).open.map(({ key, path }) => [key, path])).toEqual([['away_without_income', 'income?field=income_migrant_fen']])
  })

  test('an agent is asked only about what the agent said: the rest may be there', () => {
    const agents = (values: FileRow['values'], records: RecordRow[]) => keys(view({ values, points: undefined } as Partial<FileRow>, { records }), AGENT)
    expect(agents({}, [record({})])).toEqual([])
    expect(agents(income(500_000), [])).toEqual([])
    expect(agents(income(0), [record({})])).toEqual(['land_without_income'])
  })

  test('each leads to a form', () => {
    const members = [member({ whereabouts: 'away_work' }), member({ id: 'm2', whereabouts: 'studying' })]
    const records = [record({}), record({ id: 'r2', kind: 'livestock' })]
    const values = { residents_count: [9, 'collected', TODAY, null], spending_living_fen: [1, 'collected', TODAY, null] } as FileRow['values']
    const there = keys(view({ values }, { members, records }))
    const sold = keys(view({ values: { income_planting_fen: [1, 'collected', TODAY, null], income_breeding_fen: [1, 'collected', TODAY, null] } as FileRow['values'] }))
    expect([...there, ...sold].sort()).toEqual(Object.keys(MISMATCHES).sort())
  })
})

describe('what is old counts in part', () => {
  const wages = (day: string) => ({ income_wages_fen: [5, 'collected', day, 's1'] }) as FileRow['values']
  test('what it still adds stands in line with what is missing, and is one of the answers that are left', () => {
    const v = view({ values: wages('2025-11-20'), open_sections: ['spending', 'home'], points: 71 })
    const found = questionsOf(v, FIGURES, TODAY)
    expect(found.open.map(({ key, points }) => [key, points])).toEqual([['old:income', 12.5], ['spending', 10], ['home', 5]])
    expect(found.left).toBe(1)
    expect(oldSections(v, FIGURES, TODAY)).toEqual(['income'])
    expect(oldSections(view({ values: wages('2026-11-20') }), FIGURES, TODAY)).toEqual([])
  })

  test('of several old things no single answer adds, the last one does', () => {
    const things = [record({ observed_on: '2020-01-01' }), record({ id: 'r2', kind: 'vehicle', observed_on: '2020-01-01' })]
    const points = (records: RecordRow[]) => questionsOf(view({}, { records }), FIGURES, TODAY).open.filter(({ why }) => why === 'old').map((one) => one.points)
    expect(points(things)).toEqual([null, null])
    expect(points(things.slice(1))).toEqual([10])
    // a debt is no thing that somebody owns
    expect(points([record({ kind: 'debt', observed_on: '2020-01-01' })])).toEqual([null])
    expect(oldSections(view({}, { records: things }), FIGURES, TODAY)).toEqual(['assets'])
  })

  test('agents are told of no points, and policy may count the old as the new', () => {
    const v = view({ values: wages('2025-11-20') })
    expect(questionsOf(v, AGENT, TODAY).open.map(({ points }) => points)).toEqual([null])
    expect(questionsOf(v, { ...FIGURES, oldPercent: 100 }, TODAY).open.map(({ points }) => points)).toEqual([null])
  })
})

describe('what is old', () => {
  test('a section is asked once, at its oldest field, and can be said to be still so', () => {
    const values: FileRow['values'] = {
      income_wages_fen: [5, 'collected', '2025-11-20', 's1'],
      income_trade_fen: [7, 'collected', '2025-06-01', 's1'],
      income_planting_fen: [9, 'collected', '2026-06-01', 's1'],
      income_transfers_fen: [9, 'core', '2020-06-01', null],
    }
    const [one, ...none] = questionsOf(view({ values }, { records: [record({})] }), FIGURES, TODAY).open
    expect(none).toEqual([])
    expect(one).toMatchObject({ key: 'old:income', why: 'old', about: 'income', path: 'income?field=income_trade_fen', since: '2025-06-01' })
    expect(one?.same).toEqual({ edits: [{ field: 'income_trade_fen', seen: 7, value: 7 }, { field: 'income_wages_fen', seen: 5, value: 5 }] })
  })

  test('a record by its kind, else as a thing, the oldest first; what no age is set for is never old', () => {
    const records = [
      record({ id: 'car', kind: 'vehicle', observed_on: '2024-11-01' }),
      record({ id: 'owed', kind: 'debt', observed_on: '2026-01-01' }),
      record({ id: 'new', kind: 'debt', observed_on: '2026-10-01' }),
      record({ id: 'medal', kind: 'honour', observed_on: '2010-01-01' }),
    ]
    expect(keys(view({}, { records }))).toEqual(['car', 'owed'])
    expect(questionsOf(view({}, { records }), FIGURES, TODAY).open[0]).toMatchObject({ leavable: false, path: 'record/vehicle/car' })
  })

  test('until the bank’s figures have arrived nothing is old', () => {
    const none = questionFigures(() => undefined)
    expect(keys(view({ values: { income_wages_fen: [5, 'collected', '2001-01-01', 's1'] } }), none)).toEqual([])
    expect(none).toMatchObject({ weights: null, mark: 80 })
  })
})
