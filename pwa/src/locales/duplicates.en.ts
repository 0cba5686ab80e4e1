import type zh from './duplicates.zh-CN'

const en: typeof zh = {
  maybe: 'Perhaps on file already',
  headIs: 'head {name}',
  because_phone: 'the same phone',
  because_name: 'the same name',
  because_sound: 'the name sounds the same',
  because_letter: 'one character differs',
  because_surname: 'the same surname',
  because_birth: 'the same birth date',
  because_birth_near: 'nearly the same birth date',
  open: 'Open',
  openOf: 'Open {name}',
  another: 'Somebody else',
  anotherThan: 'Somebody else than {name}',
  saidAnother: 'Not {name}: nobody will be asked again',
}
export default en
