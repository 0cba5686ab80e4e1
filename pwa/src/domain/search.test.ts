import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CustomerEntry } from './views'
import { SearchIndex } from './search'

function entry(name: string, pinyin: string, initials: string, phone: string | null, address: string): CustomerEntry {
  return { id: name, kind: 'household', name, pinyin, initials, phone, address, grid_id: null, owner_id: null, lon: null, lat: null }
}

const people = [
  entry('谢金枝', 'xiejinzhi', 'xjz', '138 1234 2260', '铜钟镇大湾村3组'),
  entry('吴水清', 'wushuiqing', 'wsq', '13987654321', '铜钟镇大湾村5组'),
  entry('金水发百货', 'jinshuifabaihuo', 'jsfbh', null, '城关镇谢家街1号'),
  entry('Li Ming', 'liming', 'lm', '', 'South Street'),
]
const index = new SearchIndex(people)
const find = (text: string): string[] => index.search(text).map((one) => one.name)

test.each([
  ['金枝', ['谢金枝']],
  ['金', ['金水发百货', '谢金枝']],
  ['谢', ['谢金枝', '金水发百货']],
  ['wsq', ['吴水清']],
  ['shuiq', ['吴水清']],
  ['xie jin', ['谢金枝']],
  ['XJZ', ['谢金枝']],
  ['2260', ['谢金枝']],
  ['1381234', ['谢金枝']],
  ['大湾村', ['谢金枝', '吴水清']],
  ['大湾 wsq', ['吴水清']],
  ['5组', ['吴水清']],
  ['li ming', ['Li Ming']],
  ['south', ['Li Ming']],
  ['查无此人', []],
  ['\n', people.map((one) => one.name)],
])('%j finds %j', (text, names) => {
  expect(find(text)).toEqual(names)
})

test('an empty query shows the list, a limit cuts it, an empty index finds nothing', () => {
  expect(find('')).toHaveLength(4)
  expect(index.search('', 2)).toHaveLength(2)
  expect(new SearchIndex([]).search('a')).toEqual([])
})

test('it finds exactly what a plain look through all names finds', () => {
  const name = fc.string({ unit: fc.constantFrom('谢', '金', '水', '李'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), fc.string({ unit: fc.constantFrom('谢', '金', '水', '李'), minLength: 1, maxLength: 2 }), (names, needle) => {
      const entries = names.map((one, i) => ({ ...entry(one, '', '', null, ''), id: String(i) }))
      const found = new SearchIndex(entries).search(needle, 1000).map((one) => one.id)
      const plain = entries.filter((one) => one.name.includes(needle)).map((one) => one.id)
      return found.length === plain.length && plain.every((id) => found.includes(id))
    }),
  )
})
