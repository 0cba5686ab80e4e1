import { expect, test } from 'vitest'
import { uuid7 } from '../../domain/ids'
import type { MemberRow } from '../../domain/rows'
import { headCommands } from './heads'

const member = (relation: string) => ({ id: uuid7(), person_id: uuid7(), name: relation, relation }) as MemberRow

test('who was the spouse goes before another becomes it, and the new head comes last of those', () => {
  const [spouse, father, mother, child] = [member('spouse'), member('parent'), member('parent'), member('child')]
  const after = uuid7()
  const said = headCommands([father, mother, spouse, child], father.id, uuid7(), after)
  expect(said.map(({ body, needs }) => ('person_id' in body && 'edits' in body ? [body.id, body.edits[0], needs] : []))).toEqual([
    [spouse.id, { field: 'relation', seen: 'spouse', value: 'child_in_law' }, [after]],
    [child.id, { field: 'relation', seen: 'child', value: 'grandchild' }, [after]],
    [father.id, { field: 'relation', seen: 'parent', value: 'head' }, [after]],
    [mother.id, { field: 'relation', seen: 'parent', value: 'spouse' }, [after]],
  ])
  expect(headCommands([spouse, child], null, uuid7(), after)).toEqual([])
})

test('what the bank does itself is not said again', () => {
  const [head, child] = [member('head'), member('child')]
  expect(headCommands([head, child], child.id, uuid7(), uuid7(), true).map(({ body }) => 'edits' in body && body.edits)).toEqual([[{ field: 'relation', seen: 'other', value: 'parent' }]])
})
