import { beforeAll, expect, test } from 'vitest'
import { alikeOf, byBirth, byName, type Someone, type Typed } from './alike'
import { Sounds } from './pinyin'

const sounds = new Sounds()
const HERE = 'grid-here'
const one = (name: string, more: Partial<Someone> = {}): Someone => ({ person_id: `person-${name}`, business: false, customer_id: 'customer', name, relation: 'head', sex: null, birth_on: null, phone: null, ...more })
const typed = (name: string, more: Partial<Typed> = {}): Typed => ({ kind: 'household', name, ...more })
/** Who is offered and why. */
const offered = (what: Typed, people: Someone[], grid: string | null = null) => alikeOf(what, people, sounds, () => grid).map(({ one: { name }, because }) => [name, ...because])

beforeAll(() => sounds.learn(['谢金枝谢今芝谢金芝卸金枝覃月秀单曾张章李立丽国军民红王芳方刘']))

test('the same name is offered, unless birth date or sex speak against it', () => {
  expect(offered(typed('谢 金枝'), [one('谢金枝')])).toEqual([['谢金枝', 'name']])
  expect(offered(typed('谢金枝', { birth_on: '1960-01-02' }), [one('谢金枝', { birth_on: '1984-11-30' })])).toEqual([])
  expect(offered(typed('谢金枝', { sex: 'm' }), [one('谢金枝', { sex: 'f' })])).toEqual([])
  expect(offered(typed('谢金枝', { sex: 'm', birth_on: '1960-01-02' }), [one('谢金枝', { sex: 'f', birth_on: '1960-01-02' })])).toEqual([['谢金枝', 'name', 'birth']])
})

test('a name that sounds the same, or has one other character, needs the village or the birth date besides', () => {
  expect(byName('谢金枝', '谢今芝', sounds)).toBe('sound')
  expect(byName('谢金枝', '谢军枝', sounds)).toBe('letter')
  expect(byName('谢金枝', '谢枝', sounds)).toBe('letter')
  expect(byName('王芳', '王红', sounds)).toBe('letter')
  expect(byName('张国', '章民', sounds)).toBe('surname')
  expect(byName('王芳', '李国', sounds)).toBeNull()
  for (const name of ['谢今芝', '谢军枝']) {
    expect(offered(typed(name), [one('谢金枝')])).toEqual([])
    expect(offered(typed(name, { grid_id: HERE }), [one('谢金枝')], 'grid-there')).toEqual([])
    expect(offered(typed(name, { grid_id: HERE }), [one('谢金枝')], HERE)).toHaveLength(1)
    expect(offered(typed(name, { birth_on: '1960-01-02' }), [one('谢金枝', { birth_on: '1960-01-02' })])).toHaveLength(1)
  }
  // two characters, one of them another: half the village
  expect(offered(typed('王红', { grid_id: HERE }), [one('王芳')], HERE)).toEqual([])
})

test('a birthday alone says nothing; with the surname it may be a pet name', () => {
  const born = { birth_on: '1960-01-02' }
  expect(offered(typed('李国', born), [one('王芳', born)])).toEqual([])
  expect(offered(typed('李红军', born), [one('李丽', born)])).toEqual([['李丽', 'surname', 'birth']])
  expect(offered(typed('李红军'), [one('李丽')])).toEqual([])
  expect(byBirth('1960-01-02', '1960-02-01')).toBe('birth_near')
  expect(byBirth('1960-01-02', '1980-01-02')).toBe('birth_near')
  expect(byBirth('1960-01-02', '1961-01-03')).toBe('other')
})

test('a phone says it, whatever the name; digits that are still typed do not', () => {
  const people = [one('王芳', { phone: '139 0000 1111', birth_on: '1990-01-01', sex: 'f' })]
  expect(offered(typed('李国', { phone: '13900001111', birth_on: '1960-05-05', sex: 'm' }), people)).toEqual([['王芳', 'phone']])
  expect(offered(typed('李国', { phone: '1390000111' }), people)).toEqual([])
  expect(offered(typed('李国', { phone: '13900001112' }), people)).toEqual([])
})

test('a business is compared with businesses, by its name', () => {
  const shop = one('铜钟农资店', { person_id: null, business: true })
  expect(offered(typed('铜钟农资店', { kind: 'business' }), [shop, one('铜钟农资店')])).toEqual([['铜钟农资店', 'name']])
  expect(offered(typed('铜钟农资店'), [shop])).toEqual([])
})

test('the likeliest come first, three of them', () => {
  const people = [one('谢今芝'), one('谢金枝', { person_id: 'b' }), one('谢金枝', { person_id: 'a', birth_on: '1960-01-02' }), one('谢金芝'), one('卸金枝')]
  const found = alikeOf(typed('谢金枝', { birth_on: '1960-01-02', grid_id: HERE }), people, sounds, () => HERE)
  expect(found.map(({ one: { person_id } }) => person_id).slice(0, 2)).toEqual(['a', 'b'])
  expect(found).toHaveLength(3)
})

test('a character of several readings sounds like each; slips of local speech count as the same', () => {
  for (const [a, b] of [['单', '善'], ['曾', '增'], ['张', '章'], ['刘', '牛']] as const) expect([a, b, byName(`${a}芳`, `${b}芳`, sounds)]).toEqual([a, b, a === '单' || a === '曾' || a === '刘' ? 'letter' : 'sound'])
  return sounds.learn(['善增牛']).then(() => {
    for (const [a, b] of [['单', '善'], ['曾', '增'], ['刘', '牛']] as const) expect(byName(`${a}芳`, `${b}芳`, sounds)).toBe('sound')
  })
})
